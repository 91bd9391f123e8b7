"""One epoch over the 60,000 digits of MNIST, plain SGD; and what getting ready costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from backends.arrays import Parameters
from backends.optimizers import SGD
from engine.data.datasets import Examples

ROOT = Path(__file__).parents[1]
LEARNING_RATE = 0.1


def train(
    backend: Backend, parameters: Parameters, images: Any, labels: Any, n: int, batch_size: int
) -> float:
    """Learn from the first n digits, in a fixed order."""
    order = np.random.default_rng(0).permutation(n)
    rates = np.full(-(-n // batch_size), LEARNING_RATE)
    return backend.train_minibatches(parameters, SGD(), images, labels, order, batch_size, rates)


@pytest.mark.parametrize("batch_size", [64, 16])
def test_epoch(
    benchmark: Any, digits: Examples, parameters: Parameters, backend: Backend, batch_size: int
) -> None:
    benchmark.group = f"one epoch, batch {batch_size}"
    images = backend.prepare_images(digits.images, np.float32)

    ours, true = parameters.copy(), parameters.copy()
    reference = get_backend("numpy")
    loss = train(backend, ours, images, digits.labels, 1000, batch_size)
    expected = train(
        reference, true, reference.prepare_images(digits.images, np.float32), digits.labels, 1000, batch_size
    )
    assert loss == pytest.approx(expected, rel=1e-4)
    for a, b in zip(ours.tensors(), true.tensors(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)

    def setup() -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (backend, parameters.copy(), images, digits.labels, len(digits), batch_size), {}

    benchmark.pedantic(train, setup=setup, rounds=5)


def test_prepare_images(benchmark: Any, digits: Examples, backend: Backend) -> None:
    benchmark.group = "prepare 60,000 images, once a training run"
    benchmark.pedantic(backend.prepare_images, args=(digits.images, np.float32), rounds=5)


@pytest.mark.parametrize("cache", ["empty", "filled"])
def test_compile(benchmark: Any, tmp_path: Path, cache: str) -> None:
    """A process that imports Numba and warms up: with nothing compiled yet, and with the cache on disk."""
    pytest.importorskip("numba")
    benchmark.group = "start Numba in a new process and compile"
    code = """
from backends import get_backend
from backends.optimizers import SGD
get_backend("numba").warm_up((784, 128, 64, 10), optimizer=SGD())
"""

    def start() -> None:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)

    if cache == "filled":
        start()
    benchmark.pedantic(start, rounds=1 if cache == "empty" else 3)
