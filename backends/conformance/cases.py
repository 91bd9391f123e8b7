"""The inputs of the checks, chosen to hurt: odd sizes, zeros, ties at 0, logits of ±10,000, NaN.

One generator of cases for each function of the contract, under the function's name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters, scale_pixels
from backends.imaging import knots_along
from backends.numpy_backend import NumpyBackend

REFERENCE = NumpyBackend()
SHAPES = [(1, 1, 1), (1, 784, 10), (3, 7, 5), (64, 33, 10), (65, 128, 64)]  # (B, I, O)
LARGE = 10_000  # numbers
LAYER_SIZES = [(6, 4), (7, 5, 3), (784, 128, 64, 10)]


class Case(NamedTuple):
    """One call of a function of the contract; ``looser`` multiplies the tolerance."""

    function: str
    inputs: tuple[Any, ...]
    looser: float = 1

    @property
    def names(self) -> list[str]:
        """The names of the inputs, those of the reference."""
        return _names(self.function)

    def copies(self) -> list[Any]:
        """The inputs once more, to be changed."""
        return [each.copy() if hasattr(each, "copy") else each for each in self.inputs]

    def __str__(self) -> str:
        described = map(_describe, self.names, self.inputs)
        return f"{self.function}({', '.join(described)})"


def function_of(backend: Any, name: str) -> Callable[..., Any]:
    """A method of a backend, or a function of its imaging."""
    found: Callable[..., Any] = getattr(backend if hasattr(NumpyBackend, name) else backend.imaging, name)
    return found


@cache
def _names(function: str) -> list[str]:
    return list(inspect.signature(function_of(REFERENCE, function)).parameters)


def _describe(name: str, value: Any) -> str:
    if isinstance(value, Parameters):
        return layers_text(value.layer_sizes)
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype.kind == "f" else f" {value.dtype}"
        return f"{name}{list(value.shape)}{dtype}"
    return f"{name}={value}"


def layers_text(layer_sizes: tuple[int, ...]) -> str:
    """Layer sizes as they are written, such as 784-128-64-10."""
    return "-".join(map(str, layer_sizes))


# ---- Kernels ------------------------------------------------------------------------------------


def dense_forward(dtype: npt.DTypeLike) -> Iterator[Case]:
    for x, w, b, _ in _dense_cases(dtype):
        yield Case("dense_forward", (x, w, b))


def dense_backward_parameters(dtype: npt.DTypeLike) -> Iterator[Case]:
    for x, _, _, dz in _dense_cases(dtype):
        yield Case("dense_backward_parameters", (x, dz))


def dense_backward_input(dtype: npt.DTypeLike) -> Iterator[Case]:
    for _, w, _, dz in _dense_cases(dtype):
        yield Case("dense_backward_input", (dz, w))


def relu_forward(dtype: npt.DTypeLike) -> Iterator[Case]:
    for z in _activation_cases(dtype):
        yield Case("relu_forward", (z,))


def relu_backward(dtype: npt.DTypeLike) -> Iterator[Case]:
    for z in _activation_cases(dtype):
        da = normal(z.shape, dtype, seed=1)
        yield Case("relu_backward", (da, z))
        yield Case("relu_backward", (np.where(z > 0, da, np.inf).astype(dtype), z))  # in a net that diverges


def softmax_forward(dtype: npt.DTypeLike) -> Iterator[Case]:
    for z in _logit_cases(dtype):
        yield Case("softmax_forward", (z,))


def softmax_cross_entropy(dtype: npt.DTypeLike) -> Iterator[Case]:
    for z in _logit_cases(dtype):
        for label_type in (np.uint8, np.int64):
            labels = np.random.default_rng(2).integers(z.shape[1], size=len(z)).astype(label_type)
            yield Case("softmax_cross_entropy", (z, labels))


def soft_cross_entropy(dtype: npt.DTypeLike) -> Iterator[Case]:
    for z in _logit_cases(dtype):
        yield Case("soft_cross_entropy", (z, soft_targets(z.shape, dtype)))


def sgd_update(dtype: npt.DTypeLike) -> Iterator[Case]:
    for p, dp, _, _ in _update_cases(dtype):
        yield Case("sgd_update", (p, dp, 0.1))


def nesterov_update(dtype: npt.DTypeLike) -> Iterator[Case]:
    for p, dp, velocity, _ in _update_cases(dtype):
        yield Case("nesterov_update", (p, dp, velocity, 0.1, 0.9))


def adamw_update(dtype: npt.DTypeLike) -> Iterator[Case]:
    for p, dp, m, v in _update_cases(dtype):
        for step in (1, 2, 1000):
            yield Case("adamw_update", (p, dp, m, abs(v), step, 0.01, 0.9, 0.999, 1e-8))


def decay_update(dtype: npt.DTypeLike) -> Iterator[Case]:
    for w, _, _, _ in _update_cases(dtype):
        yield Case("decay_update", (w, 0.9))


def average_update(dtype: npt.DTypeLike) -> Iterator[Case]:
    for average, p, _, _ in _update_cases(dtype):
        yield Case("average_update", (average, p, 0.75))


# ---- Imaging ------------------------------------------------------------------------------------


def draw_lines(dtype: npt.DTypeLike) -> Iterator[Case]:
    """Curves, lifted pens, dots, points outside, no line at all; one drawing and many.

    Looser than the rest, since a small distance is the root of a difference of large numbers; in float32
    still a quarter of a grey level.
    """
    random = np.random.default_rng(0)
    curves = np.cumsum(random.normal(0, 1.5, (7, 40, 2)), axis=1) + 10
    joined = random.random((7, 39)) < 0.9
    curves[0], joined[1] = curves[0, 0], False
    for n in (7, 1):
        for width in (20, 13):
            pens = random.uniform(1, 4, n).astype(dtype)
            yield Case("draw_lines", (curves[:n].astype(dtype), joined[:n], pens, 20, width), looser=500)


def center_by_mass(dtype: npt.DTypeLike) -> Iterator[Case]:
    for images in _image_cases(dtype):
        for boxes in (images, 255 * images, images[:, :3, :1], images[:, :, :0]):
            yield Case("center_by_mass", (np.ascontiguousarray(boxes), 28))


def warp(dtype: npt.DTypeLike) -> Iterator[Case]:
    random = np.random.default_rng(0)
    for floats in _image_cases(dtype):
        images = (255 * floats).astype(np.uint8)
        n, height, width = images.shape
        maps, shifts = np.zeros((n, 2, 2), dtype) + np.eye(2, dtype=dtype), np.zeros((n, 2), dtype)
        knots = np.zeros((n, 2, knots_along(height), knots_along(width)), dtype)
        yield Case("warp", (images, maps, shifts, knots), looser=10)
        for far in (0.1, 1.0, 10.0):
            turned = maps + random.normal(0, 0.3 * far, maps.shape).astype(dtype)
            moved = random.normal(0, far, shifts.shape).astype(dtype)
            bent = random.normal(0, far, knots.shape).astype(dtype)
            yield Case("warp", (images, turned, moved, bent), looser=100 * far)


def ink_extent(dtype: npt.DTypeLike) -> Iterator[Case]:
    for floats in _image_cases(dtype):
        images = (255 * floats).astype(np.uint8)
        yield Case("ink_extent", (images, normal((len(images), 2, 2), dtype)))


def spline_field(dtype: npt.DTypeLike) -> Iterator[Case]:
    for rows, columns in ((4, 4), (6, 7)):
        places = np.random.default_rng(0).random((5, 33, 2)) * [columns - 3, rows - 3]
        places[0, 0], places[0, 1] = 0, (columns - 3, rows - 3)  # from the first to the last
        knots = normal((5, 2, rows, columns), dtype)
        yield Case("spline_field", (places.astype(dtype), knots), looser=10)


def dilate_or_erode(dtype: npt.DTypeLike) -> Iterator[Case]:
    for images in _image_cases(dtype):
        for last in (1, 0):  # no change at all: the image itself must not be returned
            amount = np.linspace(-last, last, len(images)).astype(dtype)
            yield Case("dilate_or_erode", (images, amount))


def blur(dtype: npt.DTypeLike) -> Iterator[Case]:
    for images in _image_cases(dtype):
        for last in (1, 0):
            yield Case("blur", (images, np.linspace(0, last, len(images)).astype(dtype)))


# ---- Compositions -------------------------------------------------------------------------------


def predict_proba(dtype: npt.DTypeLike) -> Iterator[Case]:
    for parameters, images, _ in network_cases(dtype):
        x = scale_pixels(images, dtype)
        for rows in (x, x[:1], np.zeros_like(x[:1])):
            yield Case("predict_proba", (parameters, rows))


def loss_and_gradients(dtype: npt.DTypeLike) -> Iterator[Case]:
    for parameters, images, labels in network_cases(dtype):
        x = scale_pixels(images, dtype)
        for batch in (slice(None), slice(1)):
            yield Case("loss_and_gradients", (parameters, x[batch], labels[batch]))
        targets = soft_targets((len(x), parameters.layer_sizes[-1]), dtype)
        yield Case("loss_and_gradients", (parameters, x, targets))


KERNELS = (
    dense_forward,
    dense_backward_parameters,
    dense_backward_input,
    relu_forward,
    relu_backward,
    softmax_forward,
    softmax_cross_entropy,
    soft_cross_entropy,
    sgd_update,
    nesterov_update,
    adamw_update,
    decay_update,
    average_update,
)
IMAGING = (draw_lines, center_by_mass, warp, ink_extent, spline_field, dilate_or_erode, blur)
COMPOSITIONS = (predict_proba, loss_and_gradients)


def every_case(dtype: npt.DTypeLike) -> list[Case]:
    """The cases of all functions that compute something from arrays, except the few large ones."""
    return _every_case(np.dtype(dtype))


@cache
def _every_case(dtype: np.dtype[Any]) -> list[Case]:
    cases = (case for function in (*KERNELS, *IMAGING, *COMPOSITIONS) for case in function(dtype))
    return [case for case in cases if sum(map(_size, case.inputs)) < LARGE]


def _size(value: Any) -> int:
    return value.count if isinstance(value, Parameters) else int(np.size(value))


def of_size(batch: int, inputs: int, outputs: int, dtype: npt.DTypeLike) -> Iterator[Case]:
    """Each kernel, and each composition of a small network, once with these sizes."""
    x, dz = np.maximum(normal((batch, inputs), dtype), 0), normal((batch, outputs), dtype, 3)
    w, b = normal((inputs, outputs), dtype, 1), normal((outputs,), dtype, 2)
    z, da = 3 * normal((batch, outputs), dtype, 4), normal((batch, outputs), dtype, 5)
    labels = np.random.default_rng(2).integers(outputs, size=batch)
    yield Case("dense_forward", (x, w, b))
    yield Case("dense_backward_parameters", (x, dz))
    yield Case("dense_backward_input", (dz, w))
    yield Case("relu_forward", (z,))
    yield Case("relu_backward", (da, z))
    yield Case("softmax_forward", (z,))
    yield Case("softmax_cross_entropy", (z, labels))
    yield Case("soft_cross_entropy", (z, soft_targets(z.shape, dtype)))
    yield Case("sgd_update", (z, da, 0.1))
    yield Case("nesterov_update", (z, da, dz, 0.1, 0.9))
    yield Case("adamw_update", (z, da, dz, abs(da), 2, 0.01, 0.9, 0.999, 1e-8))
    yield Case("decay_update", (z, 0.9))
    yield Case("average_update", (z, da, 0.75))
    for layer_sizes in ((inputs, 5, outputs), (3, inputs, outputs)):
        parameters, images, labels = network_case(layer_sizes, batch, dtype)
        x = scale_pixels(images, dtype)
        yield Case("predict_proba", (parameters, x))
        yield Case("loss_and_gradients", (parameters, x, labels))


# ---- Inputs -------------------------------------------------------------------------------------


def normal(shape: tuple[int, ...], dtype: npt.DTypeLike, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _dense_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Array, Array, Array, Array]]:
    """(x, w, b, dz) of many shapes; half of x is zero, as pixels and ReLU outputs are."""
    for batch, inputs, outputs in SHAPES:
        x = np.maximum(normal((batch, inputs), dtype), 0)
        w, b = normal((inputs, outputs), dtype, 1), normal((outputs,), dtype, 2)
        dz = normal((batch, outputs), dtype, 3)
        yield x, w, b, dz
        yield np.zeros_like(x), w, b, np.zeros_like(dz)
    broken = x.copy()
    broken[1, 2] = np.nan
    yield broken, w, b, dz


def _activation_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    for batch, _, outputs in SHAPES:
        yield normal((batch, outputs), dtype)
    yield abs(normal((3, 5), dtype))  # ReLU changes nothing: its input must not be returned
    yield np.zeros((3, 4), dtype)  # ties
    yield np.array([[-1e4, -0.0, 0.0, 1e4, np.nan, np.inf, -np.inf]], dtype)


def _logit_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    for batch, _, outputs in SHAPES:
        yield 3 * normal((batch, outputs), dtype)
    yield np.zeros((2, 10), dtype)
    yield np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype)
    yield np.array([[0.0, np.nan, 1.0], [0.0, 1.0, 2.0]], dtype)


def soft_targets(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Targets that weigh differently, the first not at all."""
    targets = np.random.default_rng(4).random(shape)
    targets[:1] = 0
    return targets.astype(dtype)


def _image_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    """Images of two sizes, mostly background, one blank and one all ink."""
    for n, height, width in [(9, 28, 28), (3, 4, 5)]:
        random = np.random.default_rng(0)
        images = np.maximum(random.uniform(-2, 1, (n, height, width)), 0)
        images[0], images[1] = 0, 1
        yield images.astype(dtype)


def _update_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Four arrays of one shape: weights, biases, a single number, zeros."""
    for shape in [(33, 17), (10,), (1, 1)]:
        p, dp, first, second = (normal(shape, dtype, seed) for seed in range(4))
        yield p, dp, first, second
    zeros = np.zeros((2, 3), dtype)
    yield zeros, zeros, zeros, zeros


def network_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Parameters, Array, Array]]:
    for layer_sizes in LAYER_SIZES:
        yield network_case(layer_sizes, 18, dtype)


def network_case(
    layer_sizes: tuple[int, ...], n: int, dtype: npt.DTypeLike
) -> tuple[Parameters, Array, Array]:
    """A random network, images as bytes (mostly background, one blank, one all ink), and labels."""
    random = np.random.default_rng(0)
    parameters = Parameters.zeros(layer_sizes, dtype)
    for tensor in parameters.tensors():
        tensor[:] = random.standard_normal(tensor.shape) / np.sqrt(len(tensor))
    images = random.integers(256, size=(n, layer_sizes[0])).astype(np.uint8)
    images[random.random(images.shape) < 0.8] = 0
    images[0:1], images[1:2] = 0, 255
    return parameters, images, random.integers(min(layer_sizes[-1], 256), size=n).astype(np.uint8)
