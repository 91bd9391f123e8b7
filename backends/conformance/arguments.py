"""What a backend refuses: arguments that do not fit, with which fast code would read foreign memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Parameters, scale_pixels
from backends.base import Backend
from backends.conformance.cases import KERNELS, network_case
from backends.conformance.checks import clause
from backends.conformance.comparison import MismatchError, about
from backends.conformance.run import rates
from backends.errors import ArgumentError, describe
from backends.optimizers import SGD, Nesterov

SMALL = (7, 5, 3)  # layer sizes


@clause
def check_wrong_arrays(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A formula refuses integers where it takes floats, by `ArgumentError`."""
    for formula in KERNELS:
        case = next(iter(formula(dtype)))
        first, *others = case.inputs
        with about(f"{case.function}, {case.names[0]} of integers", case.function):
            try:
                with np.errstate(all="ignore"):
                    getattr(backend, case.function)(first.astype(np.int64), *others)
            except ArgumentError:
                pass
            except Exception as error:
                problem = f"{describe(error, 90)}; expected ArgumentError"
                raise MismatchError(problem, cause="`@checked` is missing") from error
            else:
                raise MismatchError("an answer, expected ArgumentError", cause="`@checked` is missing")


@clause
def check_wrong_arguments(backend: Backend, dtype: npt.DTypeLike) -> None:
    """A composition refuses what does not fit a network, by `ArgumentError`, and changes nothing."""
    parameters, images, labels = network_case(SMALL, 18, dtype)
    x, foreign = scale_pixels(images, dtype), Nesterov(Parameters.zeros((7, 6, 3), dtype))
    wrong_dtype = np.float32 if np.dtype(dtype) == np.float64 else np.float64
    right = (SGD(), backend.prepare_images(images, dtype), labels, np.arange(18), 5, rates(4), None)
    calls: dict[str, tuple[str, tuple[Any, ...]]] = {
        "predict_proba, a column too few": ("predict_proba", (x[:, :-1].copy(),)),
        "predict_proba, one row without its axis": ("predict_proba", (x[0],)),
        f"predict_proba, x in {np.dtype(wrong_dtype)}": ("predict_proba", (x.astype(wrong_dtype),)),
        "loss_and_gradients, a label too few": ("loss_and_gradients", (x, labels[:-1])),
        "train_minibatches, order beyond the images": ("train_minibatches", _with(right, 3, np.array([18]))),
        "train_minibatches, order below 0": ("train_minibatches", _with(right, 3, np.array([-1]))),
        "train_minibatches, a label beyond the classes": ("train_minibatches", _with(right, 2, labels + 3)),
        "train_minibatches, a learning rate too few": ("train_minibatches", _with(right, 5, rates(3))),
        "train_minibatches, another network's memory": (
            "train_minibatches",
            _with(right, 0, foreign),
        ),
    }
    before = parameters.copy()
    for described, (method, arguments) in calls.items():
        with about(described, method):
            try:
                with np.errstate(all="ignore"):
                    getattr(backend, method)(parameters, *arguments)
            except ArgumentError:
                pass
            else:
                raise MismatchError(
                    "an answer, expected ArgumentError", cause="backends.checks is not called"
                )
            if parameters != before:
                raise MismatchError("parameters are changed by a call that is refused")


def _with(arguments: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    return (*arguments[:place], value, *arguments[place + 1 :])
