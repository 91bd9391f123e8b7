"""What is particular to the compiled backend: fast-math, the cache, and how images are prepared."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.arrays import Parameters

pytest.importorskip("numba")

from backends import get_backend, numba_backend
from backends.numba_backend import NumbaBackend
from backends.numba_backend import fused as numba_fused
from backends.numba_backend import kernels as numba_kernels
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov
from engine.model.network import initial_parameters


@pytest.mark.parametrize("pixels", [5, 64, 100, 784])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_ink_is_found_and_turned_round(pixels: int, dtype: Any) -> None:
    x = np.random.default_rng(0).integers(1, 256, (80, pixels)).astype(dtype)
    x[np.random.default_rng(1).random(x.shape) < 0.8] = 0
    x[1], x[2] = 0, 255
    grey = np.arange(256, dtype=np.float32) if dtype == np.uint8 else None
    rows = np.random.default_rng(2).permutation(len(x))
    ink = np.empty((80, pixels), np.int32), np.empty((81, pixels), np.float32), np.empty(80, np.int64)
    bits = np.ones((2, pixels), np.uint64)
    first, last = 4, 79  # an odd number of images: the last one has a list of its own
    numba_fused.find_ink(x, grey, rows, 0, first, last, ink, bits)
    for n in range(first, last):
        mine, pair = x[rows[n]], x[rows[n - n % 2 : min(n - n % 2 + 2, last)]]
        found = ink[0][n - n % 2, : ink[2][n - n % 2]]
        np.testing.assert_array_equal(found, np.flatnonzero(pair.any(axis=0)))
        np.testing.assert_array_equal(ink[1][n, : len(found)], mine[found])
        word, bit = divmod(n - first, 64)
        np.testing.assert_array_equal(bits[word] >> np.uint64(bit) & np.uint64(1), mine != 0)


@pytest.mark.parametrize("layer_sizes", [(30, 10), (30, 100, 7), (70, 64, 33, 10), (784, 128, 64, 10)])
@pytest.mark.parametrize("batch_size", [40, 51, 66, 199])  # the last leave shares of one image, and of none
@pytest.mark.parametrize("kind", [SGD, Nesterov, AdamW])
def test_any_number_of_threads_gives_the_same_bits(
    layer_sizes: tuple[int, ...], batch_size: int, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba_backend, "_cores", lambda: 3)
    random = np.random.default_rng(0)
    x = random.random((200, layer_sizes[0])).astype(np.float32)
    x[random.random(x.shape) < 0.8] = 0
    labels = random.integers(layer_sizes[-1], size=len(x))
    start = initial_parameters(layer_sizes, random)
    results = []
    for threads in (1, 2, 3):
        parameters = start.copy()
        optimizer = SGD() if kind is SGD else kind(parameters, weight_decay=0.1)
        average = None if kind is SGD else ExponentialMovingAverage(parameters, 0.9)
        backend = NumbaBackend(threads)
        loss = backend.train_minibatches(
            parameters, optimizer, x, labels, np.arange(200), batch_size, np.full(12, 0.02), average
        )
        kept = [*parameters.tensors(), *(average.parameters.tensors() if average else ())]
        results.append((loss, *kept, backend.predict_proba(parameters, x)))
    for other in results[1:]:
        for ours, true in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(ours, true)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_start_at_cache_lines(dtype: Any) -> None:
    layers = numba_backend._pack(initial_parameters((784, 128, 64, 10), np.random.default_rng(0), dtype))
    assert all(each.ctypes.data % 64 == 0 and each.flags.c_contiguous for each in layers)
    assert layers[0].shape == (785, 128)


def test_a_thread_that_fails_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba_fused.train

    def train(thread: int, *rest: Any) -> None:
        if thread == 1:
            raise ValueError("on purpose")
        real(thread, *rest)

    monkeypatch.setattr(numba_fused, "train", train)
    monkeypatch.setattr(numba_backend, "_cores", lambda: 2)
    parameters = Parameters.zeros((4, 3))
    x, labels = np.ones((40, 4), np.float32), np.zeros(40, np.uint8)
    with pytest.raises(ValueError, match="on purpose"):
        get_backend("numba", threads=2).train_minibatches(
            parameters, SGD(), x, labels, np.arange(40), 40, np.ones(1)
        )


def test_views_are_taken_of_arguments_only() -> None:
    """A view of an array that the function itself makes outlives it: Numba frees that too early."""
    for function in ast.walk(ast.parse(Path(numba_fused.__file__).read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        arguments = {argument.arg for argument in function.args.args}
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "view":
                root = call.args[0]
                while isinstance(root, ast.Subscript):
                    root = root.value
                assert isinstance(root, ast.Name)
                assert root.id in arguments, f"{function.name} takes a view of {root.id}"


def test_an_optimizer_of_ones_own_is_obeyed() -> None:
    class Still(SGD):
        def step(self, *args: Any) -> None:
            pass

    parameters = Parameters.zeros((4, 3))
    x, labels = np.ones((2, 4), np.float32), np.zeros(2, np.uint8)
    NumbaBackend().train_minibatches(parameters, Still(), x, labels, np.arange(2), 2, np.ones(1))
    assert not parameters.weights[0].any()


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

    monkeypatch.setattr("numba.njit", no_place)
    assert numba_kernels.jit(len)([1, 2]) == 2


def test_warm_up_compiles_all_that_training_and_reading_call() -> None:
    backend = NumbaBackend()
    compiled = [numba_fused.train, numba_fused.predict, numba_fused.predict_few]
    if not hasattr(numba_fused.train, "signatures"):
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    layer_sizes = (12, 7, 5, 4)
    backend.warm_up(layer_sizes)
    before = [len(each.signatures) for each in compiled]
    parameters = Parameters.zeros(layer_sizes)
    for n in (3, 100):
        backend.predict_proba(parameters, np.zeros((n, 12), np.float32))
    images = backend.prepare_images(np.ones((3, 12), np.uint8), np.float32)
    labels = np.zeros(3, np.uint8)
    for optimizer in (SGD(), Nesterov(parameters), AdamW(parameters)):
        average = ExponentialMovingAverage(parameters, 0.9)
        backend.train_minibatches(parameters, optimizer, images, labels, np.arange(3), 2, np.ones(2), average)
    assert [len(each.signatures) for each in compiled] == before


def test_same_names_as_the_reference() -> None:
    """Who reads one backend finds the same function in the other."""
    from backends.base import Backend

    source = Path(numba_kernels.__file__).read_text()
    for kernel in Backend.__abstractmethods__:
        assert f"\ndef {kernel}(" in source


def test_parameters_that_lie_otherwise_in_memory_are_read_all_the_same() -> None:
    """One digit is read by addresses, which holds only for what lies row by row."""
    random = np.random.default_rng(0)
    straight = Parameters(
        (random.normal(size=(12, 7)), random.normal(size=(7, 4))),
        (random.normal(size=7), random.normal(size=4)),
    )
    turned = Parameters(tuple(np.asfortranarray(w) for w in straight.weights), straight.biases)
    x = random.random((1, 12))
    backend = NumbaBackend()
    expected = backend.predict_proba(straight, x)
    np.testing.assert_allclose(backend.predict_proba(turned, x), expected, rtol=1e-12)
    straight.weights[0][:] *= 2  # training changes parameters in place, and the next answer must know
    assert (backend.predict_proba(straight, x) != expected).any()
