"""Checks that any backend can be held against, one for each clause of the contract.

Every check compares with the NumPy reference, on inputs chosen to hurt: a batch of one, odd sizes, zeros,
ties at 0, logits of ±10,000, NaN; and sees to it that nothing changes but what the contract says.
`check_gradients` does not trust the reference either: it measures slopes of the loss in float64.

A check raises AssertionError. ``inkdigits backends --check`` runs them all, and so can the tests of a backend
of your own:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_conforms(check):
        check(MyBackend(), np.float32)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters, scale_pixels
from backends.base import Backend
from backends.imaging import knots_along
from backends.kernels import Kernels
from backends.numpy_backend import NumpyBackend
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer

Check = Callable[[Backend, npt.DTypeLike], None]
CHECKS: list[Check] = []
REFERENCE = NumpyBackend()
SHAPES = [(1, 1, 1), (1, 784, 10), (3, 7, 5), (64, 33, 10), (65, 128, 64)]  # (B, I, O)
LAYER_SIZES = [(6, 4), (7, 5, 3), (784, 128, 64, 10)]


def _check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def failures(backend: Backend) -> Iterator[tuple[str, str, str]]:
    """Run every check in both precisions; yields (check, dtype, what is wrong) for each that fails."""
    for check in CHECKS:
        for dtype in (np.float32, np.float64):
            try:
                check(backend, dtype)
            except Exception as error:  # a stranger's kernel may raise anything, which is a failure too
                what = " ".join(str(error).split()) or type(error).__name__
                yield check.__name__.removeprefix("check_"), np.dtype(dtype).name, what


# ---- Kernels ------------------------------------------------------------------------------------


@_check
def check_dense_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    for x, w, b, _ in _dense_cases(dtype):
        _agree("dense_forward", backend, x, w, b)


@_check
def check_dense_backward_parameters(backend: Backend, dtype: npt.DTypeLike) -> None:
    for x, _, _, dz in _dense_cases(dtype):
        _agree("dense_backward_parameters", backend, x, dz)


@_check
def check_dense_backward_input(backend: Backend, dtype: npt.DTypeLike) -> None:
    for _, w, _, dz in _dense_cases(dtype):
        _agree("dense_backward_input", backend, dz, w)


@_check
def check_relu_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    for z in _activation_cases(dtype):
        _agree("relu_forward", backend, z)


@_check
def check_relu_backward(backend: Backend, dtype: npt.DTypeLike) -> None:
    for z in _activation_cases(dtype):
        _agree("relu_backward", backend, _normal(z.shape, dtype, seed=1), z)


@_check
def check_softmax_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    for z in _logit_cases(dtype):
        _agree("softmax_forward", backend, z)


@_check
def check_softmax_cross_entropy(backend: Backend, dtype: npt.DTypeLike) -> None:
    for z in _logit_cases(dtype):
        for label_type in (np.uint8, np.int64):
            labels = np.random.default_rng(2).integers(z.shape[1], size=len(z)).astype(label_type)
            _agree("softmax_cross_entropy", backend, z, labels)


@_check
def check_soft_cross_entropy(backend: Backend, dtype: npt.DTypeLike) -> None:
    for z in _logit_cases(dtype):
        _agree("soft_cross_entropy", backend, z, _soft_targets(z.shape, dtype))


@_check
def check_sgd_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    for p, dp, _, _ in _update_cases(dtype):
        _agree("sgd_update", backend, p, dp, 0.1)


@_check
def check_nesterov_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    for p, dp, velocity, _ in _update_cases(dtype):
        _agree("nesterov_update", backend, p, dp, velocity, 0.1, 0.9)


@_check
def check_adamw_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    for p, dp, m, v in _update_cases(dtype):
        for step in (1, 2, 1000):
            _agree("adamw_update", backend, p, dp, m, abs(v), step, 0.01, 0.9, 0.999, 1e-8)


@_check
def check_decay_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    for w, _, _, _ in _update_cases(dtype):
        _agree("decay_update", backend, w, 0.9)


@_check
def check_average_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    for average, p, _, _ in _update_cases(dtype):
        _agree("average_update", backend, average, p, 0.75)


# ---- Imaging ------------------------------------------------------------------------------------


@_check
def check_draw_lines(backend: Backend, dtype: npt.DTypeLike) -> None:
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
            _agree("draw_lines", backend, curves[:n].astype(dtype), joined[:n], pens, 20, width, looser=500)


@_check
def check_center_by_mass(backend: Backend, dtype: npt.DTypeLike) -> None:
    for pictures in _picture_cases(dtype):
        for boxes in (pictures, 255 * pictures, pictures[:, :3, :1], pictures[:, :, :0]):
            _agree("center_by_mass", backend, np.ascontiguousarray(boxes), 28)


@_check
def check_warp(backend: Backend, dtype: npt.DTypeLike) -> None:
    random = np.random.default_rng(0)
    for pictures in _picture_cases(dtype):
        images = (255 * pictures).astype(np.uint8)
        n, height, width = images.shape
        maps, shifts = np.zeros((n, 2, 2), dtype) + np.eye(2, dtype=dtype), np.zeros((n, 2), dtype)
        knots = np.zeros((n, 2, knots_along(height), knots_along(width)), dtype)
        _agree("warp", backend, images, maps, shifts, knots, looser=10)
        for far in (0.1, 1.0, 10.0):
            turned = maps + random.normal(0, 0.3 * far, maps.shape).astype(dtype)
            moved = random.normal(0, far, shifts.shape).astype(dtype)
            bent = random.normal(0, far, knots.shape).astype(dtype)
            _agree("warp", backend, images, turned, moved, bent, looser=100 * far)


@_check
def check_ink_extent(backend: Backend, dtype: npt.DTypeLike) -> None:
    for pictures in _picture_cases(dtype):
        images = (255 * pictures).astype(np.uint8)
        _agree("ink_extent", backend, images, _normal((len(images), 2, 2), dtype))


@_check
def check_spline_field(backend: Backend, dtype: npt.DTypeLike) -> None:
    for rows, columns in ((4, 4), (6, 7)):
        places = np.random.default_rng(0).random((5, 33, 2)) * [columns - 3, rows - 3]
        places[0, 0], places[0, 1] = 0, (columns - 3, rows - 3)  # from the first to the last
        knots = _normal((5, 2, rows, columns), dtype)
        _agree("spline_field", backend, places.astype(dtype), knots, looser=10)


@_check
def check_dilate_or_erode(backend: Backend, dtype: npt.DTypeLike) -> None:
    for images in _picture_cases(dtype):
        _agree("dilate_or_erode", backend, images, np.linspace(-1, 1, len(images)).astype(dtype))


@_check
def check_blur(backend: Backend, dtype: npt.DTypeLike) -> None:
    for images in _picture_cases(dtype):
        _agree("blur", backend, images, np.linspace(0, 1, len(images)).astype(dtype))


# ---- Compositions ---------------------------------------------------------------------------------


@_check
def check_predict_proba(backend: Backend, dtype: npt.DTypeLike) -> None:
    for parameters, images, _ in _network_cases(dtype):
        x = scale_pixels(images, dtype)
        for rows in (x, x[:1], np.zeros_like(x[:1])):
            _close(backend.predict_proba(parameters, rows), REFERENCE.predict_proba(parameters, rows), dtype)


@_check
def check_loss_and_gradients(backend: Backend, dtype: npt.DTypeLike) -> None:
    for parameters, images, labels in _network_cases(dtype):
        x = scale_pixels(images, dtype)
        for batch in (slice(None), slice(1)):
            loss, gradients = backend.loss_and_gradients(parameters, x[batch], labels[batch])
            true_loss, true = REFERENCE.loss_and_gradients(parameters, x[batch], labels[batch])
            _close(loss, true_loss, dtype)
            _close_parameters(gradients, true, dtype)
        targets = _soft_targets((len(x), parameters.layer_sizes[-1]), dtype)
        loss, gradients = backend.loss_and_gradients(parameters, x, targets)
        true_loss, true = REFERENCE.loss_and_gradients(parameters, x, targets)
        _close(loss, true_loss, dtype)
        _close_parameters(gradients, true, dtype)


@_check
def check_gradients(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Compare the gradients with (loss(p + h) - loss(p - h)) / 2h, for every parameter of a small network.

    Always in float64: the differences are of the size of float32's rounding.
    """
    parameters, images, labels = _network_case((6, 5, 4, 3), 8, np.float64)
    x = scale_pixels(images, np.float64)
    _, gradients = backend.loss_and_gradients(parameters, x, labels)
    h = 1e-6
    for p, dp in zip(parameters.tensors(), gradients.tensors(), strict=True):
        for index in np.ndindex(p.shape):
            kept = p[index]
            p[index] = kept + h
            above, _ = backend.loss_and_gradients(parameters, x, labels)
            p[index] = kept - h
            below, _ = backend.loss_and_gradients(parameters, x, labels)
            p[index] = kept
            np.testing.assert_allclose(dp[index], (above - below) / (2 * h), rtol=1e-5, atol=1e-8)


@_check
def check_train_minibatches(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A few steps of every optimizer, the last one short; bytes with labels, floats with soft targets.

    Batches of 5 and of 38: a fast backend may go another way with many images.
    """
    many = _network_case((70, 65, 33, 5), 150, dtype)
    for parameters, images, labels in (*_network_cases(dtype), many):
        order = np.random.default_rng(3).permutation(len(images))[:-1]
        rates = np.linspace(0.05, 0.01, 4)
        for new_optimizer in OPTIMIZERS:
            soft = _soft_targets((len(images), parameters.layer_sizes[-1]), dtype)
            for pictures, goals in ((images, labels), (scale_pixels(images, dtype), soft)):
                ours = _trained(backend, parameters, new_optimizer, pictures, goals, order, rates)
                true = _trained(REFERENCE, parameters, new_optimizer, pictures, goals, order, rates)
                _close(ours[0], true[0], dtype)
                _close_parameters(ours[1], true[1], dtype, looser=100)
                _close_parameters(ours[2], true[2], dtype, looser=100)


OPTIMIZERS: list[Callable[[Parameters], Optimizer]] = [
    lambda parameters: SGD(),
    lambda parameters: SGD(weight_decay=0.1),
    lambda parameters: Nesterov(parameters, weight_decay=0.1),
    # A large epsilon, since Adam's first step is ±learning_rate however small the gradient: with the usual
    # one a gradient of 1e-9 would turn rounding into a whole step.
    lambda parameters: AdamW(parameters, epsilon=1e-3, weight_decay=0.1),
]


def _trained(
    backend: Backend,
    start: Parameters,
    new_optimizer: Callable[[Parameters], Optimizer],
    images: Array,
    labels: Array,
    order: Array,
    rates: Array,
) -> tuple[float, Parameters, Parameters]:
    """Train a copy for two calls; returns the last loss, the parameters and their average."""
    parameters = start.copy()
    optimizer, average = new_optimizer(parameters), ExponentialMovingAverage(parameters, 0.9)
    prepared = backend.prepare_images(images, parameters.dtype)
    loss = 0.0
    for _ in range(2):
        batch_size = -(-len(order) // len(rates))
        loss = backend.train_minibatches(
            parameters, optimizer, prepared, labels, order, batch_size, rates, average
        )
    return loss, parameters, average.parameters


# ---- Inputs -----------------------------------------------------------------------------------------


def _normal(shape: tuple[int, ...], dtype: npt.DTypeLike, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def _dense_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Array, Array, Array, Array]]:
    """(x, w, b, dz) of many shapes; half of x is zero, as pixels and ReLU outputs are."""
    for batch, inputs, outputs in SHAPES:
        x = np.maximum(_normal((batch, inputs), dtype), 0)
        w, b = _normal((inputs, outputs), dtype, 1), _normal((outputs,), dtype, 2)
        dz = _normal((batch, outputs), dtype, 3)
        yield x, w, b, dz
        yield np.zeros_like(x), w, b, np.zeros_like(dz)
    broken = x.copy()
    broken[1, 2] = np.nan
    yield broken, w, b, dz


def _activation_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    for batch, _, outputs in SHAPES:
        yield _normal((batch, outputs), dtype)
    yield np.zeros((3, 4), dtype)  # ties
    yield np.array([[-1e4, -0.0, 0.0, 1e4, np.nan, np.inf, -np.inf]], dtype)


def _logit_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    for batch, _, outputs in SHAPES:
        yield 3 * _normal((batch, outputs), dtype)
    yield np.zeros((2, 10), dtype)
    yield np.array([[1e4, -1e4, 0.0], [-1e4, -1e4, -1e4], [1e4, 1e4, 1e4]], dtype)
    yield np.array([[0.0, np.nan, 1.0], [0.0, 1.0, 2.0]], dtype)


def _soft_targets(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """Targets that weigh differently, the first not at all."""
    targets = np.random.default_rng(4).random(shape)
    targets[0] = 0
    return targets.astype(dtype)


def _picture_cases(dtype: npt.DTypeLike) -> Iterator[Array]:
    """Pictures of two sizes, most of it paper, one blank and one all ink."""
    for n, height, width in [(9, 28, 28), (3, 4, 5)]:
        random = np.random.default_rng(0)
        images = np.maximum(random.uniform(-2, 1, (n, height, width)), 0)
        images[0], images[1] = 0, 1
        yield images.astype(dtype)


def _update_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Four arrays of one shape: weights, biases, a single number, zeros."""
    for shape in [(33, 17), (10,), (1, 1)]:
        p, dp, first, second = (_normal(shape, dtype, seed) for seed in range(4))
        yield p, dp, first, second
    zeros = np.zeros((2, 3), dtype)
    yield zeros, zeros, zeros, zeros


def _network_cases(dtype: npt.DTypeLike) -> Iterator[tuple[Parameters, Array, Array]]:
    for layer_sizes in LAYER_SIZES:
        yield _network_case(layer_sizes, 18, dtype)


def _network_case(
    layer_sizes: tuple[int, ...], n: int, dtype: npt.DTypeLike
) -> tuple[Parameters, Array, Array]:
    """A random network, images as bytes (most of them paper, one all paper, one all ink), and labels."""
    random = np.random.default_rng(0)
    parameters = Parameters.zeros(layer_sizes, dtype)
    for tensor in parameters.tensors():
        tensor[:] = random.standard_normal(tensor.shape) / np.sqrt(len(tensor))
    images = random.integers(256, size=(n, layer_sizes[0])).astype(np.uint8)
    images[random.random(images.shape) < 0.8] = 0
    images[0], images[1] = 0, 255
    return parameters, images, random.integers(layer_sizes[-1], size=n).astype(np.uint8)


# ---- Comparisons --------------------------------------------------------------------------------------


def _agree(kernel: str, backend: Backend, *inputs: Any, looser: float = 1) -> None:
    """A kernel returns what the reference returns, changes what it changes, and leaves the rest as it was."""
    ours, true = _copies(inputs), _copies(inputs)
    with np.errstate(all="ignore"):  # NaN and infinity are among the inputs on purpose
        result = _function(backend, kernel)(*ours)
        expected = _function(REFERENCE, kernel)(*true)
    dtype = next(each.dtype for each in inputs if each.dtype.kind == "f")
    if expected is not None:
        _close(result, expected, dtype, looser)
    for before, each, after in zip(inputs, ours, true, strict=True):
        if np.array_equal(before, after, equal_nan=True):
            np.testing.assert_array_equal(each, before, f"{kernel} changed its input")
        else:
            _close(each, after, dtype)


def _function(backend: Backend, name: str) -> Callable[..., Any]:
    """A kernel of a backend, or a function of its imaging."""
    found: Callable[..., Any] = getattr(backend if hasattr(Kernels, name) else backend.imaging, name)
    return found


def _copies(inputs: tuple[Any, ...]) -> list[Any]:
    return [each.copy() if isinstance(each, np.ndarray) else each for each in inputs]


def _close_parameters(ours: Parameters, true: Parameters, dtype: npt.DTypeLike, looser: float = 1) -> None:
    for each, expected in zip(ours.tensors(), true.tensors(), strict=True):
        _close(each, expected, dtype, looser)


def _close(ours: Any, true: Any, dtype: npt.DTypeLike, looser: float = 1) -> None:
    """Equal but for the order of sums: within 16 roundings of the largest number around, times ``looser``."""
    if isinstance(true, tuple):
        assert len(ours) == len(true), "another number of results"
        for each, expected in zip(ours, true, strict=True):
            _close(each, expected, dtype, looser)
        return
    if isinstance(true, np.ndarray):
        assert isinstance(ours, np.ndarray), f"a {type(ours).__name__} where an array is due"
        assert ours.dtype == true.dtype, f"{ours.dtype} where {true.dtype} is due"
        assert ours.shape == true.shape, f"shape {ours.shape} where {true.shape} is due"
    tolerance = 16 * float(np.finfo(np.dtype(dtype)).eps) * looser
    finite = np.abs(true)[np.isfinite(true)] if np.ndim(true) else np.abs(np.atleast_1d(true))
    scale = max(1.0, float(finite.max(initial=0.0)))
    np.testing.assert_allclose(ours, true, rtol=tolerance, atol=tolerance * scale)
