"""Every backend keeps every clause of the contract, and the checks catch one that does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends import imaging
from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.conformance import CHECKS, Failure, failures
from backends.numpy_backend import NumpyBackend


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_backend_conforms(backend: Backend, check: Any, dtype: Any) -> None:
    check(backend, dtype)


class ForgetsBias(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return x @ w


class SumsWithoutLastExample(NumpyBackend):
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        return x.T @ dz, dz[:-1].sum(axis=0)


class SlightlyWrongInputGradient(NumpyBackend):
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        return dz @ w.T * dz.dtype.type(1.0001)


class HidesNaN(NumpyBackend):
    def relu_forward(self, z: Array) -> Array:
        return np.nan_to_num(np.maximum(z, 0))


class PassesGradientAtZero(NumpyBackend):
    def relu_backward(self, da: Array, z: Array) -> Array:
        return np.where(z >= 0, da, 0).astype(da.dtype)


class OverflowingSoftmax(NumpyBackend):
    def softmax_forward(self, z: Array) -> Array:
        p = np.exp(z)
        result: Array = p / p.sum(axis=1, keepdims=True)
        return result


class EpsilonInTheLogarithm(NumpyBackend):
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        _, dz = super().softmax_cross_entropy(z, labels)
        batch = np.arange(len(z))
        return float(-np.log(self.softmax_forward(z)[batch, labels] + 1e-7).mean()), dz


class SumInsteadOfMean(NumpyBackend):
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        loss, dz = super().softmax_cross_entropy(z, labels)
        return loss, dz * len(z)


class IgnoresWeights(NumpyBackend):
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        whole = np.maximum(targets.sum(axis=1, keepdims=True), targets.dtype.type(1e-9))
        return super().soft_cross_entropy(z, targets / whole)


class ClimbsTheHill(NumpyBackend):
    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        p += learning_rate * dp


class PlainMomentum(NumpyBackend):
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        velocity *= momentum
        velocity += dp
        p -= learning_rate * velocity


class AdamWithoutBiasCorrection(NumpyBackend):
    def adamw_update(self, p: Array, dp: Array, m: Array, v: Array, step: int, *rest: float) -> None:
        super().adamw_update(p, dp, m, v, 10**9, *rest)


class DecaysTwice(NumpyBackend):
    def decay_update(self, w: Array, factor: float) -> None:
        w *= factor * factor


class AverageTheWrongWayRound(NumpyBackend):
    def average_update(self, average: Array, p: Array, decay: float) -> None:
        super().average_update(average, p, 1 - decay)


class ReturnsDoublePrecision(NumpyBackend):
    def relu_forward(self, z: Array) -> Array:
        return super().relu_forward(z).astype(np.float64)


class SpoilsItsInput(NumpyBackend):
    def relu_forward(self, z: Array) -> Array:
        return np.maximum(z, 0, out=z)


def _imaging_with(**functions: Any) -> Any:
    """The reference's imaging with some functions replaced."""
    return SimpleNamespace(**{**vars(imaging), **functions})


def _flat_ends(points: Array, joined: Array, *rest: Any) -> Array:
    shorter = points.copy()
    shorter[:, -1] = 0.9 * points[:, -1] + 0.1 * points[:, -2]
    return imaging.draw_lines(shorter, joined, *rest)


class FlatEnds(NumpyBackend):
    imaging = _imaging_with(draw_lines=_flat_ends)


def _counts_from_the_pixels_corner(boxes: Array, side: int) -> Array:
    return np.roll(imaging.center_by_mass(boxes, side), 1, axis=2)


class CountsFromThePixelsCorner(NumpyBackend):
    imaging = _imaging_with(center_by_mass=_counts_from_the_pixels_corner)


def _turns_the_other_way(images: Array, maps: Array, shifts: Array, knots: Array) -> Array:
    return imaging.warp(images, maps.swapaxes(1, 2), shifts, knots)


class TurnsTheOtherWay(NumpyBackend):
    imaging = _imaging_with(warp=_turns_the_other_way)


def _measures_between_pixels(images: Array, maps: Array) -> Array:
    extent: Array = imaging.ink_extent(images, maps) - 1
    return extent


class MeasuresBetweenPixels(NumpyBackend):
    imaging = _imaging_with(ink_extent=_measures_between_pixels)


def _bends_the_other_axis(places: Array, knots: Array) -> Array:
    return imaging.spline_field(places, knots)[:, :, ::-1]


class BendsTheOtherAxis(NumpyBackend):
    imaging = _imaging_with(spline_field=_bends_the_other_axis)


def _only_wider(images: Array, amount: Array) -> Array:
    return imaging.dilate_or_erode(images, np.maximum(amount, 0))


class OnlyWider(NumpyBackend):
    imaging = _imaging_with(dilate_or_erode=_only_wider)


def _wraps_around(images: Array, amount: Array) -> Array:
    moved = [np.roll(images, by, axis) for by in (-1, 1) for axis in (1, 2)]
    softened: Array = images + amount[:, None, None] * (np.mean(moved, axis=0) - images)
    return softened.astype(images.dtype)


class WrapsAround(NumpyBackend):
    imaging = _imaging_with(blur=_wraps_around)


class ForgetsSoftmax(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        return self.forward(parameters, x)[1][-1]


class BackpropagatesThroughNewWeights(NumpyBackend):
    def loss_and_gradients(self, parameters: Parameters, x: Array, labels: Array) -> tuple[float, Parameters]:
        loss, gradients = super().loss_and_gradients(parameters, x, labels)
        gradients.weights[0][:] *= 0.999
        return loss, gradients


class DropsTheShortBatch(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        whole = len(order) // rest[0] * rest[0]
        return super().train_minibatches(parameters, optimizer, images, labels, order[:whole], *rest)


class ForgetsTheBiasesOfLargeBatches(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        loss = super().train_minibatches(parameters, optimizer, images, labels, order, *rest)
        if rest[0] >= 32:
            parameters.biases[0][:] = 0
        return loss


WRONG: dict[type[NumpyBackend], str] = {
    ForgetsBias: "dense_forward",
    SumsWithoutLastExample: "dense_backward_parameters",
    SlightlyWrongInputGradient: "dense_backward_input",
    HidesNaN: "relu_forward",
    PassesGradientAtZero: "relu_backward",
    OverflowingSoftmax: "softmax_forward",
    EpsilonInTheLogarithm: "softmax_cross_entropy",
    SumInsteadOfMean: "gradients",
    IgnoresWeights: "soft_cross_entropy",
    ClimbsTheHill: "sgd_update",
    PlainMomentum: "nesterov_update",
    AdamWithoutBiasCorrection: "adamw_update",
    DecaysTwice: "decay_update",
    AverageTheWrongWayRound: "average_update",
    ReturnsDoublePrecision: "relu_forward",
    SpoilsItsInput: "relu_forward",
    FlatEnds: "draw_lines",
    CountsFromThePixelsCorner: "center_by_mass",
    TurnsTheOtherWay: "warp",
    MeasuresBetweenPixels: "ink_extent",
    BendsTheOtherAxis: "spline_field",
    OnlyWider: "dilate_or_erode",
    WrapsAround: "blur",
    ForgetsSoftmax: "predict_proba",
    BackpropagatesThroughNewWeights: "loss_and_gradients",
    DropsTheShortBatch: "train_minibatches",
    ForgetsTheBiasesOfLargeBatches: "train_minibatches",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_wrong_backend_is_caught(wrong: type[NumpyBackend]) -> None:
    with np.errstate(all="ignore"):
        caught = {check for check, _, _ in failures(wrong())}
    assert WRONG[wrong] in caught


def test_every_check_has_caught_something() -> None:
    names = {check.__name__.removeprefix("check_") for check in CHECKS}
    assert names == set(WRONG.values())


def test_missing_kernel_is_named_at_construction() -> None:
    class Unfinished(NumpyBackend):
        relu_forward = Backend.relu_forward

    with pytest.raises(TypeError, match="relu_forward"):
        Unfinished()
