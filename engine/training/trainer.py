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
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import ThreadpoolController

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.errors import InkdigitsError
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer
from engine.data.datasets import Dataset, Examples
from engine.data.drawings import Drawing, drawings_sha256
from engine.data.framing import SIDE
from engine.model.card import Card, DecisionRule
from engine.model.network import Network, initial_parameters
from engine.recognition.evaluation import Evaluation, UnseenWriters, evaluate, evaluate_unseen_writers
from engine.recognition.overlap import images_sha256
from engine.training.examples import CLASSES, ExampleSource, PlainExamples, Preparation, RecipeExamples
from engine.training.options import OptionsError, TrainingOptions
from engine.training.recipe import Recipe
from engine.training.schedules import learning_rates

PARTS_OF_EPOCH = 20  # how often an epoch reports


class TrainingDivergedError(InkdigitsError):
    """The loss is no longer a number: the steps were too large."""

    exit_code = 1


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
        decay = options.ema_decay
        self._average = ExponentialMovingAverage(self._parameters, decay) if decay else None
        learn, self._validate = self._split()
        self._curriculum: ExampleSource = PlainExamples(learn, options.epochs)
        if recipe:
            self._curriculum = RecipeExamples(recipe, learn, drawings, backend)
        kept = self._average.parameters if self._average else self._parameters
        decision = recipe.decision if recipe else DecisionRule()
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

    def test_on_writers(self, drawings: list[Drawing]) -> UnseenWriters:
        """Score drawings of writers that were kept out, and fit on them how answers are to be read.

        Both results are written on the card, the interval as one over writers (`UnseenWriters.interval_95`).
        """
        unseen = evaluate_unseen_writers(self.network, drawings, np.random.default_rng(self.options.seed))
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
        "train_sha256": images_sha256(dataset.train.images, dataset.train.labels),
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
