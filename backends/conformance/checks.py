"""What a backend computes: one check for each function of the contract.

Each check takes a backend and a dtype, and raises `MismatchError` where the backend breaks the clause. All
compare with the NumPy reference, except `check_gradients`, which measures slopes of the loss.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from backends.arrays import Parameters, scale_pixels
from backends.base import Backend
from backends.conformance import cases
from backends.conformance.cases import REFERENCE, layers_text, network_case, soft_targets
from backends.conformance.comparison import MismatchError, about, agree_on_all
from backends.conformance.run import Run
from backends.optimizers import SGD, AdamW, Nesterov, Optimizer

Check = Callable[[Backend, npt.DTypeLike], None]
CHECKS: list[Check] = []


def clause(function: Check) -> Check:
    """Make a function one of the checks."""
    CHECKS.append(function)
    return function


# ---- Kernels ------------------------------------------------------------------------------------


@clause
def check_dense_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.dense_forward(dtype), backend)


@clause
def check_dense_backward_parameters(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.dense_backward_parameters(dtype), backend)


@clause
def check_dense_backward_input(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.dense_backward_input(dtype), backend)


@clause
def check_relu_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.relu_forward(dtype), backend)


@clause
def check_relu_backward(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.relu_backward(dtype), backend)


@clause
def check_softmax_forward(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.softmax_forward(dtype), backend)


@clause
def check_softmax_cross_entropy(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.softmax_cross_entropy(dtype), backend)


@clause
def check_soft_cross_entropy(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.soft_cross_entropy(dtype), backend)


@clause
def check_sgd_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.sgd_update(dtype), backend)


@clause
def check_nesterov_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.nesterov_update(dtype), backend)


@clause
def check_adamw_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.adamw_update(dtype), backend)


@clause
def check_decay_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.decay_update(dtype), backend)


@clause
def check_average_update(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.average_update(dtype), backend)


# ---- Imaging ------------------------------------------------------------------------------------


@clause
def check_draw_lines(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.draw_lines(dtype), backend)


@clause
def check_center_by_mass(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.center_by_mass(dtype), backend)


@clause
def check_warp(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.warp(dtype), backend)


@clause
def check_ink_extent(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.ink_extent(dtype), backend)


@clause
def check_spline_field(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.spline_field(dtype), backend)


@clause
def check_dilate_or_erode(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.dilate_or_erode(dtype), backend)


@clause
def check_blur(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.blur(dtype), backend)


# ---- Compositions -------------------------------------------------------------------------------


@clause
def check_predict_proba(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.predict_proba(dtype), backend)


@clause
def check_loss_and_gradients(backend: Backend, dtype: npt.DTypeLike) -> None:
    agree_on_all(cases.loss_and_gradients(dtype), backend)


@clause
def check_gradients(backend: Backend, dtype: npt.DTypeLike) -> None:
    """Compare the gradients with (loss(p + h) - loss(p - h)) / 2h, for every parameter of a small network.

    Always in float64: the differences are of the size of float32's rounding.
    """
    parameters, images, labels = network_case((6, 5, 4, 3), 8, np.float64)
    x = scale_pixels(images, np.float64)
    h = 1e-6
    with about(f"loss_and_gradients of {layers_text(parameters.layer_sizes)}, batch {len(x)}"):
        _, gradients = backend.loss_and_gradients(parameters, x, labels)
        for p, dp in zip(parameters.tensors(), gradients.tensors(), strict=True):
            for index in np.ndindex(p.shape):
                kept = p[index]
                p[index] = kept + h
                above, _ = backend.loss_and_gradients(parameters, x, labels)
                p[index] = kept - h
                below, _ = backend.loss_and_gradients(parameters, x, labels)
                p[index] = kept
                slope = (above - below) / (2 * h)
                if not np.isclose(dp[index], slope, rtol=1e-5, atol=1e-8):
                    problem = f"gradient {dp[index]:.6g}, but the loss rises by {slope:.6g} per unit"
                    raise MismatchError(
                        problem, float(abs(dp[index] - slope)), f"shape {p.shape}, index {index}"
                    )


@clause
def check_train_minibatches(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A few steps of every optimizer, the last one short; bytes with labels, floats with soft targets.

    Batches of 5 and of 38: a fast backend may go another way with many images.
    """
    many = network_case((70, 65, 33, 5), 150, dtype)
    for parameters, images, labels in (*cases.network_cases(dtype), many):
        order = np.random.default_rng(3).permutation(len(images))[:-1]
        rates = np.linspace(0.05, 0.01, 4)
        batch_size = -(-len(order) // len(rates))
        soft = soft_targets((len(images), parameters.layer_sizes[-1]), dtype)
        for new_optimizer in OPTIMIZERS:
            for pixels, targets in ((images, labels), (scale_pixels(images, dtype), soft)):
                ours = Run(backend, parameters, new_optimizer)
                true = Run(REFERENCE, parameters, new_optimizer)
                with about(f"{ours}, {pixels.dtype} images, batch {batch_size}", "train_minibatches"):
                    for run in (ours, true):
                        run.prepare(pixels, targets)
                        for _ in range(2):
                            run.train(order.copy(), batch_size, rates)
                    ours.agree(true)


OPTIMIZERS: list[Callable[[Parameters], Optimizer]] = [
    lambda parameters: SGD(),
    lambda parameters: SGD(weight_decay=0.1),
    lambda parameters: Nesterov(parameters, weight_decay=0.1),
    # A large epsilon, since Adam's first step is ±learning_rate however small the gradient: with the usual
    # one a gradient of 1e-9 would turn rounding into a whole step.
    lambda parameters: AdamW(parameters, epsilon=1e-3, weight_decay=0.1),
]
