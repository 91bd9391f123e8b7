"""The kernels of the hot path, on the first layer and a batch of 64 real digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from backends.arrays import Array, Parameters, scale_pixels
from engine.data.datasets import Examples

BATCH = 64


@pytest.fixture(scope="module")
def arguments(digits: Examples, parameters: Parameters) -> dict[str, tuple[Any, ...]]:
    """What each kernel is called with in the middle of a training step."""
    reference = get_backend("numpy")
    x = scale_pixels(digits.images[:BATCH], np.float32)
    labels = digits.labels[:BATCH]
    _, pre_activations = reference.forward(parameters, x)
    _, dlogits = reference.softmax_cross_entropy(pre_activations[-1], labels)
    da = reference.dense_backward_input(dlogits, parameters.weights[2])
    dz = reference.relu_backward(da, pre_activations[1])
    dz1 = reference.dense_backward_input(dz, parameters.weights[1])
    return {
        "dense_forward": (x, parameters.weights[0], parameters.biases[0]),
        "dense_backward_parameters": (x, dz1),
        "dense_backward_input": (dz, parameters.weights[1]),
        "relu_forward": (pre_activations[0],),
        "relu_backward": (dz1, pre_activations[0]),
        "softmax_forward": (pre_activations[-1],),
        "softmax_cross_entropy": (pre_activations[-1], labels),
    }


KERNELS = [
    "dense_forward",
    "dense_backward_parameters",
    "dense_backward_input",
    "relu_forward",
    "relu_backward",
    "softmax_forward",
    "softmax_cross_entropy",
]


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel(benchmark: Any, arguments: Any, backend: Backend, kernel: str) -> None:
    benchmark.group = f"kernel {kernel}, batch {BATCH}"
    result = getattr(backend, kernel)(*arguments[kernel])
    expected = getattr(get_backend("numpy"), kernel)(*arguments[kernel])
    for ours, true in zip(as_tuple(result), as_tuple(expected), strict=True):
        np.testing.assert_allclose(ours, true, rtol=1e-4, atol=1e-5)
    benchmark(getattr(backend, kernel), *arguments[kernel])


def as_tuple(result: Array | tuple[Any, ...]) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)
