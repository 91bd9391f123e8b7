"""How a network learns: options, and the loop over epochs as a stream of records.

Nothing here prints or draws: `Training.run` yields what happened, and its caller makes bars or plots of it.
"""

from __future__ import annotations

import importlib.metadata
import math
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from threadpoolctl import ThreadpoolController

from backends.base import Array, Backend, InkdigitsError, Parameters
from backends.optimizers import SGD, AdamW, Nesterov, Optimizer, WeightAverage
from engine.cross_validation import Unseen, read_unseen
from engine.curriculum import (
    CLASSES,
    Curriculum,
    PlainCurriculum,
    Preparation,
    Recipe,
    RecipeCurriculum,
)
from engine.datasets import Dataset, Examples
from engine.drawings import Drawing, drawings_sha256
from engine.metrics import Evaluation, evaluate
from engine.model_file import Card, Decision
from engine.network import Network, initial_parameters
from engine.preprocessing import SIDE
from engine.schedules import learning_rates

PARTS_OF_EPOCH = 20  # how often an epoch reports
DEFAULT_LEARNING_RATE = {"sgd": 0.1, "nesterov": 0.02, "adamw": 0.002}


class OptionsError(InkdigitsError):
    """Training options that make no sense."""


class TrainingDivergedError(InkdigitsError):
    """The loss is no longer a number: the steps were too large."""

    exit_code = 1


class TrainingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides how a network learns, besides data and backend.

    Attributes
    ----------
    hidden : sizes of the hidden layers
    epochs : passes over the training examples
    batch_size : examples for one step; the last step of an epoch takes what is left
    optimizer : "sgd", "nesterov" or "adamw"
    learning_rate : the largest; None takes one that suits the optimizer
    momentum : of Nesterov
    weight_decay : decoupled, on weights only
    schedule : "constant" or "cosine"
    warm_up : share of all steps over which the rate rises
    average_decay : of the moving average of the weights, which is then what is kept; 0 for none
    validation : share of the training examples held back to watch progress; 0 to learn from all
    seed : of the one random generator that initialises, splits and shuffles
    """

    hidden: tuple[Annotated[int, Meta(ge=1, le=100_000)], ...] = (128, 64)
    epochs: Annotated[int, Meta(ge=1)] = 10
    batch_size: Annotated[int, Meta(ge=1)] = 64
    optimizer: Literal["sgd", "nesterov", "adamw"] = "nesterov"
    learning_rate: Annotated[float, Meta(gt=0, le=1e300)] | None = None
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0
    schedule: Literal["constant", "cosine"] = "cosine"
    warm_up: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    average_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    validation: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    seed: Annotated[int, Meta(ge=0)] = 0

    @classmethod
    def checked(cls, **options: Any) -> TrainingOptions:
        """Options from anywhere; raises `OptionsError` with the one that is wrong."""
        try:
            return msgspec.convert(options, cls)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            name = where.rstrip("`")
            raise OptionsError(f"{name or 'options'}: {what}, not {options.get(name)!r}") from None

    @property
    def peak_learning_rate(self) -> float:
        return self.learning_rate or DEFAULT_LEARNING_RATE[self.optimizer]


@dataclass(frozen=True)
class Progress:
    """Where an epoch is."""

    epoch: int  # from 1
    examples: int  # seen in this epoch
    of: int
    train_loss: float  # mean over the examples seen in this epoch


@dataclass(frozen=True)
class EpochRecord:
    """What an epoch gave."""

    epoch: int  # from 1
    train_loss: float  # mean over the epoch, each example just before the step that learnt from it
    validation_accuracy: float | None  # None where nothing was held back
    seconds: float  # of training alone, without validation


class Training:
    """One training run. Same data, options and backend: the same weights, bit for bit.

    "The same backend" means on the same kind of processor, with the same library versions and as many
    threads; BLAS is held to the backend's number of them, since its sums depend on it.

    Parameters
    ----------
    dataset : digits to learn from, and to be judged by in the end
    options : how to learn
    backend : what computes
    recipe : learn from its lessons, fresh variations of the data set and of the drawings
    drawings : more digits to learn from, for a recipe

    Attributes
    ----------
    network : what is being learnt; its parameters change as `run` goes on
    """

    def __init__(
        self,
        dataset: Dataset,
        options: TrainingOptions,
        backend: Backend,
        recipe: Recipe | None = None,
        drawings: Sequence[Drawing] = (),
    ) -> None:
        self.dataset = dataset
        self.options = options
        self._random = np.random.default_rng(options.seed)
        layer_sizes = (SIDE * SIDE, *options.hidden, CLASSES)
        self._parameters = initial_parameters(layer_sizes, self._random)
        self._optimizer = _new_optimizer(options, self._parameters)
        decay = options.average_decay
        self._average = WeightAverage(self._parameters, decay) if decay else None
        learn, self._validate = self._split()
        self._curriculum: Curriculum = PlainCurriculum(learn, options.epochs)
        if recipe:
            self._curriculum = RecipeCurriculum(recipe, learn, drawings, backend)
        kept = self._average.parameters if self._average else self._parameters
        decision = recipe.decision if recipe else Decision()
        self.network = Network(
            kept,
            backend,
            Card(training=_training_card(dataset, options, backend, recipe, drawings), decision=decision),
        )

    def run(self) -> Iterator[Preparation | Progress | EpochRecord]:
        """Train; yields what is prepared, the progress within each epoch, then the epoch's record.

        Raises
        ------
        TrainingDivergedError
            The loss became NaN or infinite.
        """
        options = self.options
        steps = self._curriculum.steps(options.batch_size)
        rates = learning_rates(options.peak_learning_rate, steps, options.schedule, options.warm_up)
        epoch = 0
        with ThreadpoolController().limit(limits=self.network.backend.threads):
            for lesson in self._curriculum.lessons(self._random):
                if isinstance(lesson, Preparation):
                    yield lesson
                    continue
                images = self.network.backend.prepare_images(lesson.images, self._parameters.dtype)
                for _ in range(lesson.passes):
                    epoch += 1
                    used = math.ceil(len(lesson.targets) / options.batch_size)
                    yield from self._epoch(epoch, images, lesson.targets, rates[:used])
                    rates = rates[used:]

    def _epoch(
        self, epoch: int, images: Any, targets: Array, rates: Array
    ) -> Iterator[Progress | EpochRecord]:
        """Go once through a lesson's digits, shuffled."""
        batch_size = self.options.batch_size
        order = self._random.permutation(len(targets))
        part = batch_size * math.ceil(len(rates) / PARTS_OF_EPOCH)
        loss_sum = seconds = 0.0
        for start in range(0, len(order), part):
            some = order[start : start + part]
            started = time.perf_counter()
            with np.errstate(all="ignore"):
                loss = self.network.backend.train_minibatches(
                    self._parameters,
                    self._optimizer,
                    images,
                    targets,
                    some,
                    batch_size,
                    rates[start // batch_size :],
                    self._average,
                )
            seconds += time.perf_counter() - started
            if not math.isfinite(loss):
                raise TrainingDivergedError(
                    f"training diverged in epoch {epoch}: the loss is {loss}; "
                    f"use a learning rate below {self.options.peak_learning_rate:g}"
                )
            loss_sum += loss * len(some)
            seen = start + len(some)
            yield Progress(epoch, seen, len(order), loss_sum / seen)
        accuracy = evaluate(self.network, self._validate).accuracy if self._validate else None
        if accuracy is not None:
            self.network.card.accuracy["validation"] = accuracy
        yield EpochRecord(epoch, loss_sum / len(order), accuracy, seconds)

    def test(self) -> Evaluation:
        """Score the test set: once, when training is over, and write the result on the card."""
        evaluation = evaluate(self.network, self.dataset.test)
        low, high = evaluation.interval_95
        self.network.card.accuracy.update(
            test=evaluation.accuracy, test_interval_95=[low, high], test_examples=evaluation.n
        )
        return evaluation

    def test_on_writers(self, drawings: list[Drawing]) -> Unseen:
        """Score drawings of writers that were kept out, and fit on them how answers are to be read.

        Both results are written on the card, the interval as one over writers (`Unseen.interval_95`).
        """
        unseen = read_unseen(self.network, drawings, np.random.default_rng(self.options.seed))
        evaluation = unseen.evaluation
        low, high = unseen.interval_95
        self.network.card.accuracy.update(
            unseen_writers=evaluation.accuracy,
            unseen_writers_interval_95=[low, high],
            unseen_writers_top2=evaluation.top2_accuracy,
            unseen_writers_digits=evaluation.n,
        )
        self.network.card.decision = unseen.decision
        return unseen

    def _split(self) -> tuple[Examples, Examples | None]:
        """The examples to learn from, and those held back."""
        everything = self.dataset.train
        held_back = round(len(everything) * self.options.validation)
        if not held_back:
            return everything, None
        if held_back == len(everything):
            raise OptionsError(f"validation {self.options.validation} leaves nothing to learn from")
        shuffled = self._random.permutation(len(everything))
        return everything[shuffled[held_back:]], everything[shuffled[:held_back]]


def _training_card(
    dataset: Dataset,
    options: TrainingOptions,
    backend: Backend,
    recipe: Recipe | None,
    drawings: Sequence[Drawing],
) -> dict[str, Any]:
    """How a network came about, so that it can be made again."""
    card = {
        "backend": backend.name,
        "dataset": dataset.name,
        "data_sha256": dataset.sha256,
        "options": msgspec.to_builtins(options),
        "versions": _versions(("numpy", "numba")),
    }
    if recipe:
        card["recipe"] = msgspec.to_builtins(recipe)
        card["drawings"] = len(drawings)
        card["drawings_sha256"] = drawings_sha256(drawings)
        card["writers"] = sorted({each.writer for each in drawings if each.writer is not None}, key=str)
    return card


def _new_optimizer(options: TrainingOptions, parameters: Parameters) -> Optimizer:
    if options.optimizer == "sgd":
        return SGD(options.weight_decay)
    if options.optimizer == "nesterov":
        return Nesterov(parameters, options.momentum, options.weight_decay)
    return AdamW(parameters, weight_decay=options.weight_decay)


def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    """The versions of those packages that are installed, and of Python."""
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # a machine without Numba
    return versions
