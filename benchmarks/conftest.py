"""What the benchmarks share: digits, a network, and two backends, compiled before any clock runs."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from backends import Backend, get_backend
from backends.arrays import Parameters
from backends.optimizers import SGD
from engine.data.datasets import DataError, Examples, load_mnist
from engine.model.network import initial_parameters

LAYER_SIZES = (784, 128, 64, 10)


def pytest_report_header() -> str:
    return "one thread for every backend; correctness is checked before each clock starts"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> object:
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def digits() -> Examples:
    """MNIST's training digits: how fast a backend is depends on how much of a picture is paper."""
    try:
        return load_mnist().train
    except DataError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return initial_parameters(LAYER_SIZES, np.random.default_rng(0))


@pytest.fixture(scope="session")
def compiled() -> Backend:
    pytest.importorskip("numba")
    backend = get_backend("numba")
    backend.warm_up(LAYER_SIZES)
    backend.warm_up(LAYER_SIZES, optimizer=SGD())
    return backend


@pytest.fixture(params=["numpy", "numba"])
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "numba":
        compiled: Backend = request.getfixturevalue("compiled")
        return compiled
    return get_backend(request.param)
