"""What is particular to the compiled backend: fast-math, the cache, and how images are prepared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.base import Parameters

pytest.importorskip("numba")

from backends import numba_kernels
from backends.numba_backend import NumbaBackend


def test_ink_lists_hold_every_image() -> None:
    images = np.zeros((4, 2, 3), np.uint8)
    images[1] = [[0, 51, 0], [255, 0, 1]]
    images[3] = 102
    lists = NumbaBackend().prepare_images(images, np.float64)
    assert lists.starts.tolist() == [0, 0, 3, 3, 9]
    assert lists.pixels.tolist() == [1, 3, 5, 0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(lists.values, [0.2, 1, 1 / 255] + [0.4] * 6)


def test_divergence_is_not_hidden() -> None:
    """Fast-math may not assume that NaN never happens: a training run that diverges has to be seen."""
    backend = NumbaBackend()
    z = np.array([[np.nan, 1.0]], np.float32)
    assert np.isnan(backend.relu_forward(z)[0, 0])
    assert np.isnan(backend.softmax_forward(z)).all()
    loss, _ = backend.softmax_cross_entropy(z, np.array([1]))
    assert np.isnan(loss)


def test_read_only_install_works_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_place(*args: Any, cache: bool, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba_kernels.numba, "njit", no_place)
    assert numba_kernels.jit(len)([1, 2]) == 2


def test_warm_up_compiles_all_that_training_and_reading_call() -> None:
    backend = NumbaBackend()
    if not hasattr(numba_kernels.minibatch_gradients, "signatures"):
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    layer_sizes = (12, 7, 5, 4)
    backend.warm_up(layer_sizes)
    before = len(numba_kernels.minibatch_gradients.signatures), len(numba_kernels.predict_proba.signatures)
    parameters = Parameters.zeros(layer_sizes)
    backend.predict_proba(parameters, np.zeros((3, 12), np.float32))
    from backends.optimizers import SGD

    images = backend.prepare_images(np.ones((3, 12), np.uint8), np.float32)
    labels = np.zeros(3, np.uint8)
    backend.train_minibatches(parameters, SGD(), images, labels, np.arange(3), 2, np.ones(2))
    after = len(numba_kernels.minibatch_gradients.signatures), len(numba_kernels.predict_proba.signatures)
    assert after == before


def test_same_names_as_the_reference() -> None:
    """Who reads one backend finds the same function in the other."""
    from backends.base import Backend

    source = Path(numba_kernels.__file__).read_text()
    for kernel in Backend.__abstractmethods__:
        assert f"\ndef {kernel}(" in source
