"""Every backend keeps every clause of the contract, and the checks catch one that does not."""

from __future__ import annotations

import copy
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends import imaging
from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.checks import checked
from backends.conformance import CHECKS, failures
from backends.numpy_backend import NumpyBackend
from backends.optimizers import SGD, Nesterov


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


class MultipliesWithAMask(NumpyBackend):
    def relu_backward(self, da: Array, z: Array) -> Array:
        return da * (z > 0)


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


class NumberOfTheLibrary(NumpyBackend):
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        loss, dz = super().softmax_cross_entropy(z, labels)
        return z.dtype.type(loss), dz


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


# ---- How it is made -----------------------------------------------------------------------------


class WithoutName(NumpyBackend):
    name = None  # type: ignore[assignment]  # as a class that forgets it


class TwoWordsForAName(NumpyBackend):
    name = "my\nbackend"


class IgnoresThreads(NumpyBackend):
    def __init__(self, threads: int = 1) -> None:
        super().__init__()


class KeepsNoThreads(NumpyBackend):
    def __init__(self, threads: int = 1) -> None:
        pass


class TakesNoThreads(NumpyBackend):
    def __init__(self) -> None:
        super().__init__()


class LosesTheLastThreadsShare(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        p[len(p) // self.threads * self.threads :] = 0
        p[len(p) - len(p) // self.threads * (self.threads - 1) :] = 0
        return p


class WarmsUpForFloat32Only(NumpyBackend):
    def warm_up(self, layer_sizes: tuple[int, ...]) -> None:  # type: ignore[override]  # on purpose
        pass


class ForgetsItsThreads(NumpyBackend):
    def __reduce__(self) -> Any:
        return type(self), ()


class CannotTravel(NumpyBackend):
    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle a device")


# ---- What it is given ---------------------------------------------------------------------------


class ForgetsTheDoor(NumpyBackend):
    def decay_update(self, w: Array, factor: float) -> None:
        w[...] = w * w.dtype.type(factor)


class FillsUpNarrowRows(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        wide = np.zeros((len(x), parameters.inputs), x.dtype)
        wide[:, : x.shape[1]] = x
        return super().predict_proba(parameters, wide)


class CountsFromTheEnd(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        return super().train_minibatches(parameters, optimizer, images, labels, order % len(images), *rest)


# ---- What it returns ----------------------------------------------------------------------------


class FortranOrder(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return np.asfortranarray(super().dense_forward(x, w, b))


class FortranGradients(NumpyBackend):
    def loss_and_gradients(self, parameters: Parameters, x: Array, labels: Array) -> tuple[float, Parameters]:
        loss, gradients = super().loss_and_gradients(parameters, x, labels)
        return loss, Parameters(tuple(map(np.asfortranarray, gradients.weights)), gradients.biases)


class ReturnsAView(NumpyBackend):
    def softmax_forward(self, z: Array) -> Array:
        padded = np.pad(super().softmax_forward(z), ((0, 0), (0, 6)))
        return padded[:, : z.shape[1]]


class ReturnsAMatrix(NumpyBackend):
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        class Own(np.ndarray):
            pass

        return super().dense_backward_input(dz, w).view(Own)


class OneBufferForAll(NumpyBackend):
    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._buffers: dict[Any, Array] = {}

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        buffer = self._buffers.setdefault((p.shape, p.dtype), p)
        buffer[:] = p
        return buffer


class ReturnsItsInput(NumpyBackend):
    @checked
    def relu_forward(self, z: Array) -> Array:
        return z if (z >= 0).all() else super().relu_forward(z)


def _blurs_nothing(images: Array, amount: Array) -> Array:
    return imaging.blur(images, amount) if amount.any() else images


class ReturnsTheImageItself(NumpyBackend):
    imaging = _imaging_with(blur=_blurs_nothing)


class Noisy(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        return p + np.random.default_rng().uniform(-1e-6, 1e-6, p.shape).astype(p.dtype)


class NoisyInSinglePrecision(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        z = super().dense_forward(x, w, b)
        if z.dtype == np.float32:
            z += np.random.default_rng().uniform(-1e-6, 1e-6, z.shape).astype(z.dtype)
        return z


class ShufflesWhileTraining(NumpyBackend):
    """Adds up the batch in another order every time."""

    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        shuffled = order.copy()
        for start in range(0, len(order), rest[0]):
            np.random.default_rng().shuffle(shuffled[start : start + rest[0]])
        return super().train_minibatches(parameters, optimizer, images, labels, shuffled, *rest)


class NotThreadSafe(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        self._x = x
        time.sleep(0.001)  # another thread's turn
        return super().predict_proba(parameters, self._x)


class HidesDivergence(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, *rest: Any) -> float:
        return float(np.nan_to_num(super().train_minibatches(parameters, *rest)))


class LossAsAnArray(NumpyBackend):
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        loss, dz = super().soft_cross_entropy(z, targets)
        return np.asarray(loss), dz  # type: ignore[return-value]  # on purpose


class TransposedGradient(NumpyBackend):
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        dw, db = super().dense_backward_parameters(x, dz)
        return np.ascontiguousarray(dw.T), db


class WrongInDoublePrecision(NumpyBackend):
    def softmax_forward(self, z: Array) -> Array:
        return super().softmax_forward(z.astype(np.float32)).astype(z.dtype)


class WrongForBlankImages(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        p[~x.any(axis=1)] = 1 / p.shape[1]
        return p


# ---- Sizes --------------------------------------------------------------------------------------


class WrongForBatchesOver256(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        z = super().dense_forward(x, w, b)
        z[256:] = 0
        return z


class TrainsOn256AtMost(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        order = order[:256] if rest[0] > 256 else order
        return super().train_minibatches(parameters, optimizer, images, labels, order, *rest)


class WrongForWholeTestSets(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        p[4096:] = p[:1]
        return p


class CannotPredictNothing(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        assert len(x) > 0
        return super().predict_proba(parameters, x)


class WrongUnlessAMultipleOf8(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        if len(p) > 18:
            p[len(p) // 8 * 8 :] = 0
        return p


class WrongForWidthsOver256(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        z = super().dense_forward(x, w, b)
        z[:, 256:] = 0
        return z


class WrongForHiddenLayersOver256(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        if max(parameters.layer_sizes[1:-1], default=0) <= 256:
            return super().predict_proba(parameters, x)
        cut = parameters.copy()
        cut.weights[-1][256:] = 0
        return super().predict_proba(cut, x)


# ---- State --------------------------------------------------------------------------------------


class SpoilsTheParameters(NumpyBackend):
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p = super().predict_proba(parameters, x)
        parameters.biases[0][:] += 1e-3
        return p


class CachesByIdentity(NumpyBackend):
    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._known: dict[Any, Parameters] = {}

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        key = id(parameters), parameters.layer_sizes, parameters.dtype
        return super().predict_proba(self._known.setdefault(key, parameters.copy()), x)


class KeepsTheParametersItTrained(NumpyBackend):
    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._trained: tuple[Any, Parameters | None] = None, None

    def train_minibatches(self, parameters: Parameters, *rest: Any) -> float:
        last, kept = self._trained
        if last is parameters and kept is not None:
            for ours, theirs in zip(kept.tensors(), parameters.tensors(), strict=True):
                theirs[:] = ours
        loss = super().train_minibatches(parameters, *rest)
        self._trained = parameters, parameters.copy()
        return loss


class KeepsTheLastImagesOnly(NumpyBackend):
    def prepare_images(self, images: Array, dtype: Any) -> Any:
        self._prepared = super().prepare_images(images, dtype)

    def train_minibatches(self, parameters: Parameters, optimizer: Any, images: Any, *rest: Any) -> float:
        return super().train_minibatches(parameters, optimizer, self._prepared, *rest)


class TakesRowsOnly(NumpyBackend):
    def prepare_images(self, images: Array, dtype: Any) -> Any:
        assert images.ndim == 2
        return images


class TrainsOnEachImageOnce(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        once = np.array(list(dict.fromkeys(order.tolist())))
        return super().train_minibatches(parameters, optimizer, images, labels, once, *rest)


class NeedsAnAverage(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, *rest: Any) -> float:
        assert rest[-1].steps_taken >= 0
        return super().train_minibatches(parameters, *rest)


class IgnoresTheAverage(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, *rest: Any) -> float:
        return super().train_minibatches(parameters, *rest[:6])


class SortsTheOrder(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        loss = super().train_minibatches(parameters, optimizer, images, labels, order, *rest)
        order.sort()
        return loss


class IgnoresWeightDecay(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, optimizer: Any, *rest: Any) -> float:
        decay, optimizer.weight_decay = optimizer.weight_decay, 0
        loss = super().train_minibatches(parameters, optimizer, *rest)
        optimizer.weight_decay = decay
        return loss


class OneLearningRateForAll(NumpyBackend):
    def train_minibatches(
        self, parameters: Parameters, optimizer: Any, images: Any, labels: Any, order: Any, *rest: Any
    ) -> float:
        batch_size, rates, *average = rest
        rates = np.full_like(rates, rates[0])
        return super().train_minibatches(
            parameters, optimizer, images, labels, order, batch_size, rates, *average
        )


class MomentumIsAlways09(NumpyBackend):
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        super().nesterov_update(p, dp, velocity, learning_rate, 0.9)


class KeepsTheVelocityToItself(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, optimizer: Any, *rest: Any) -> float:
        if not isinstance(optimizer, Nesterov):
            return super().train_minibatches(parameters, optimizer, *rest)
        own = copy.copy(optimizer)
        own.velocity = getattr(optimizer, "_own", None) or optimizer.velocity.copy()
        loss = super().train_minibatches(parameters, own, *rest)
        object.__setattr__(optimizer, "_own", own.velocity)
        return loss


class ReplacesTheAverage(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, *rest: Any) -> float:
        loss = super().train_minibatches(parameters, *rest)
        if rest[-1] is not None:
            rest[-1].parameters = rest[-1].parameters.copy()
        return loss


class TakesEveryOptimizerForSGD(NumpyBackend):
    def train_minibatches(self, parameters: Parameters, optimizer: Any, *rest: Any) -> float:
        if isinstance(optimizer, SGD):
            optimizer = SGD(optimizer.weight_decay)
        return super().train_minibatches(parameters, optimizer, *rest)


WRONG: dict[type[NumpyBackend], str] = {
    ForgetsBias: "dense_forward",
    SumsWithoutLastExample: "dense_backward_parameters",
    SlightlyWrongInputGradient: "dense_backward_input",
    HidesNaN: "relu_forward",
    PassesGradientAtZero: "relu_backward",
    MultipliesWithAMask: "relu_backward",
    NumberOfTheLibrary: "softmax_cross_entropy",
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
    WithoutName: "name",
    TwoWordsForAName: "name",
    IgnoresThreads: "threads",
    KeepsNoThreads: "threads",
    LosesTheLastThreadsShare: "threads",
    TakesNoThreads: "construction",
    WarmsUpForFloat32Only: "warm_up",
    ForgetsItsThreads: "pickling",
    CannotTravel: "pickling",
    ForgetsTheDoor: "wrong_arrays",
    FillsUpNarrowRows: "wrong_arguments",
    CountsFromTheEnd: "wrong_arguments",
    FortranOrder: "layout",
    FortranGradients: "layout",
    ReturnsAView: "layout",
    ReturnsAMatrix: "layout",
    OneBufferForAll: "fresh_results",
    ReturnsItsInput: "fresh_results",
    ReturnsTheImageItself: "fresh_results",
    Noisy: "repeatability",
    NoisyInSinglePrecision: "repeatability",
    ShufflesWhileTraining: "repeatability",
    NotThreadSafe: "concurrent_calls",
    HidesDivergence: "divergence",
    LossAsAnArray: "soft_cross_entropy",
    TransposedGradient: "dense_backward_parameters",
    WrongInDoublePrecision: "softmax_forward",
    WrongForBlankImages: "predict_proba",
    WrongForBatchesOver256: "batch_sizes",
    TrainsOn256AtMost: "batch_sizes",
    WrongForWholeTestSets: "batch_sizes",
    CannotPredictNothing: "batch_sizes",
    WrongUnlessAMultipleOf8: "batch_sizes",
    WrongForWidthsOver256: "widths",
    WrongForHiddenLayersOver256: "widths",
    SpoilsTheParameters: "predict_proba",
    CachesByIdentity: "changed_arrays",
    KeepsTheParametersItTrained: "changed_arrays",
    KeepsTheLastImagesOnly: "prepared_images",
    TakesRowsOnly: "prepared_images",
    TrainsOnEachImageOnce: "training_arguments",
    NeedsAnAverage: "training_arguments",
    SortsTheOrder: "training_arguments",
    IgnoresTheAverage: "train_minibatches",
    IgnoresWeightDecay: "train_minibatches",
    OneLearningRateForAll: "train_minibatches",
    MomentumIsAlways09: "optimizer_memory",
    KeepsTheVelocityToItself: "optimizer_memory",
    ReplacesTheAverage: "optimizer_memory",
    TakesEveryOptimizerForSGD: "own_optimizer",
}


BY_NAME = {check.__name__.removeprefix("check_"): check for check in CHECKS}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_wrong_backend_is_caught(wrong: type[NumpyBackend]) -> None:
    with np.errstate(all="ignore"):
        caught = {check for check, _, _ in failures(wrong(), [BY_NAME[WRONG[wrong]]])}
    assert caught == {WRONG[wrong]}


def test_every_check_has_caught_something() -> None:
    assert set(BY_NAME) == set(WRONG.values())


ONE_CHECK_ALONE = [
    ForgetsTheDoor,
    WithoutName,
    IgnoresThreads,
    TakesNoThreads,
    WarmsUpForFloat32Only,
    ForgetsItsThreads,
    FillsUpNarrowRows,
    CountsFromTheEnd,
    FortranOrder,
    ReturnsItsInput,
    ShufflesWhileTraining,
    NotThreadSafe,
    HidesDivergence,
    WrongForBatchesOver256,
    WrongForWidthsOver256,
    KeepsTheParametersItTrained,
    KeepsTheLastImagesOnly,
    TrainsOnEachImageOnce,
    IgnoresWeightDecay,
    KeepsTheVelocityToItself,
    TakesEveryOptimizerForSGD,
]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ONE_CHECK_ALONE, ids=lambda wrong: wrong.__name__)
def test_no_other_check_catches_it(wrong: type[NumpyBackend]) -> None:
    with np.errstate(all="ignore"):
        assert {check for check, _, _ in failures(wrong())} == {WRONG[wrong]}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [ForgetsBias, DropsTheShortBatch, BendsTheOtherAxis, OneBufferForAll])
def test_other_failures_follow_from_the_cause(wrong: type[NumpyBackend]) -> None:
    with np.errstate(all="ignore"):
        found = list(failures(wrong()))
    assert {each.check for each in found if not each.follows_from} == {WRONG[wrong]}
    others = [each for each in found if each.check != WRONG[wrong]]
    assert others
    assert {each.follows_from for each in others} == {(WRONG[wrong],)}


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (ForgetsTheDoor, "`@checked` is missing"),
        (MultipliesWithAMask, "a product with a mask"),
        (NumberOfTheLibrary, "return float(loss)"),
        (ForgetsBias, "b is not added"),
        (HidesNaN, "NaN is replaced by a number"),
        (PassesGradientAtZero, "wrong only where z is 0"),
        (OverflowingSoftmax, "an overflow"),
        (SlightlyWrongInputGradient, "1.0001 times the expected one"),
        (ClimbsTheHill, "its sign is wrong"),
        (DecaysTwice, "the step is 1.9 times"),
        (CountsFromThePixelsCorner, "shifted by +1 along axis 2"),
        (MeasuresBetweenPixels, "-1 everywhere"),
        (BendsTheOtherAxis, "reversed along axis 2"),
        (TransposedGradient, "transposed"),
        (WrongInDoublePrecision, "computed in float32"),
        (ForgetsSoftmax, "softmax is missing"),
        (WrongForBlankImages, "wrong only in rows where x is all zeros"),
        (WrongForBatchesOver256, "right for batches of up to 256, wrong from 257 on"),
        (WrongForWidthsOver256, "right for widths of up to 256, wrong from 257 on"),
        (IgnoresThreads, "does not call super().__init__(threads)"),
    ],
)
def test_a_likely_cause_is_named(wrong: type[NumpyBackend], cause: str) -> None:
    with np.errstate(all="ignore"):
        found = list(failures(wrong(), [BY_NAME[WRONG[wrong]]]))
    assert all(cause in str(each.cause) for each in found), [each.cause for each in found]


def test_a_sum_in_place_of_a_mean_is_recognized() -> None:
    found = next(failures(SumInsteadOfMean(), [BY_NAME["softmax_cross_entropy"]]))
    assert found.case.startswith("softmax_cross_entropy(z[3, 5]")
    assert found.cause == "a sum in place of a mean: 3 times, the size of the batch"


def test_a_failure_says_where_the_largest_difference_is() -> None:
    class OneNumberWrong(NumpyBackend):
        def relu_forward(self, z: Array) -> Array:
            a = super().relu_forward(z)
            if a.shape == (3, 5):
                a[1] += 0.25
                a[2, 4] += 0.5
            return a

    found = next(failures(OneNumberWrong(), [BY_NAME["relu_forward"]]))
    assert (found.check, found.dtype, found.case) == ("relu_forward", "float32", "relu_forward(z[3, 5])")
    assert found.largest == pytest.approx(0.5)
    assert found.where == "the result[2, 4]"
    check, dtype, what = found
    assert (check, dtype) == ("relu_forward", "float32")
    assert what.startswith(
        "relu_forward(z[3, 5]): 6 of 15 numbers are wrong, most of all the result[2, 4] is "
    )


def test_what_a_backend_raises_is_one_clean_line() -> None:
    class Shouts(NumpyBackend):
        def relu_forward(self, z: Array) -> Array:
            raise ValueError("\x1b[31mred\nand long " + "x" * 999)

    _, _, what = next(failures(Shouts(), [BY_NAME["relu_forward"]]))
    assert what.startswith("relu_forward(z[1, 1]): raises ValueError: \\x1b[31mred and long xxx")
    assert what.isprintable()
    assert len(what) < 250


def test_missing_kernel_is_named_at_construction() -> None:
    class Unfinished(NumpyBackend):
        relu_forward = Backend.relu_forward

    with pytest.raises(TypeError, match="relu_forward"):
        Unfinished()
