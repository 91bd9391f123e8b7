"""The loop over epochs, over arrays of any width and any number of classes.

The trainer, fine-tuning and an estimator share it. All that changes while a network learns stands in one
object, `Learner`, so that a run can stop after any part of an epoch, be written to a file (see
`engine.training.checkpoint`), and go on as if it had never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.errors import InkdigitsError, blame
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer
from engine.model.history import EpochRecord
from engine.model.network import Network
from engine.training.options import OptionsError, TrainingOptions
from engine.training.schedules import LearningRates
from engine.training.seeds import Purpose, generator

PARTS_OF_EPOCH = 20  # how often an epoch reports, and can be stopped


class TrainingDivergedError(InkdigitsError):
    """The loss is no longer a number: the steps were too large.

    ``best`` is the network of the best epoch before, where there was one and `Training` has run.
    """

    exit_code = 1
    best: Network | None = None


@dataclass(frozen=True)
class Progress:
    """Where an epoch is.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    examples : int
        Seen in this epoch.
    of : int
        Examples in the epoch.
    train_loss : float
        Mean over the examples seen in this epoch.
    """

    epoch: int
    examples: int
    of: int
    train_loss: float


@dataclass
class Learner:
    """A network that is learning, and how far it is.

    Attributes
    ----------
    parameters : Parameters
        Changed by every step.
    optimizer : Optimizer
        With its memory, such as momentum.
    average : ExponentialMovingAverage or None
        The moving average of the parameters, where one is kept.
    epoch : int
        Epochs that are over.
    seen : int
        Examples of the present epoch that have been learned from.
    steps : int
        Steps taken since the run began; the learning rate goes by it.
    loss_sum : float
        Sum of the losses of those examples.
    seconds : float
        Time spent on them.
    history : list of EpochRecord
        The epochs that are over.
    best : Parameters or None
        A copy of what `kept` was after the best epoch; None before the first is over.
    best_epoch : int
        The epoch with the highest validation accuracy or, where nothing is held back, with the lowest loss;
        counted from 1.
    """

    parameters: Parameters
    optimizer: Optimizer
    average: ExponentialMovingAverage | None = None
    epoch: int = 0
    seen: int = 0
    steps: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)
    best: Parameters | None = None
    best_epoch: int = 0

    @property
    def kept(self) -> Parameters:
        """What the run is for: the moving average, or the parameters where there is none."""
        return self.average.parameters if self.average else self.parameters

    def end_epoch(self, record: EpochRecord) -> None:
        """Note that an epoch is over, and remember its parameters if none was better.

        Parameters
        ----------
        record : EpochRecord
            Its outcome.
        """
        self.history.append(record)
        self.epoch, self.seen, self.loss_sum, self.seconds = record.epoch, 0, 0.0, 0.0
        if self.best is None or _score(record) > _score(self.history[self.best_epoch - 1]):
            self.best, self.best_epoch = self.kept.copy(), record.epoch


def _score(record: EpochRecord) -> float:
    """How good an epoch was; higher is better."""
    return -record.train_loss if record.validation_accuracy is None else record.validation_accuracy


def new_learner(parameters: Parameters, options: TrainingOptions) -> Learner:
    """A learner before its first step.

    Parameters
    ----------
    parameters : Parameters
        Where it starts; kept, not copied.
    options : TrainingOptions
        Which optimizer it has, and whether it keeps an average.

    Returns
    -------
    Learner
        With an optimizer, and perhaps an average, of its own.
    """
    average = ExponentialMovingAverage(parameters, options.ema_decay) if options.ema_decay else None
    return Learner(parameters, _new_optimizer(parameters, options), average)


def _new_optimizer(parameters: Parameters, options: TrainingOptions) -> Optimizer:
    if options.optimizer == "sgd":
        return SGD(options.weight_decay)
    if options.optimizer == "nesterov":
        return Nesterov(parameters, options.momentum, options.weight_decay)
    return AdamW(parameters, weight_decay=options.weight_decay)


def held_back(n: int, share: float, seed: int) -> tuple[Array, Array]:
    """Choose examples to be held back for validation.

    Parameters
    ----------
    n : int
        All examples.
    share : float
        Of them to be held back, from 0 to 1.
    seed : int
        The seed of the run.

    Returns
    -------
    learn : (n - count,) array of int64
        Indices of those to learn from, shuffled.
    validate : (count,) array of int64
        Indices of those held back.

    Raises
    ------
    OptionsError
        None are left to learn from.
    """
    count = round(n * share)
    if count == n:
        raise OptionsError(f"validation {share} leaves nothing to learn from")
    shuffled = generator(seed, Purpose.VALIDATION_SPLIT).permutation(n)
    return shuffled[count:], shuffled[:count]


def epoch_order(seed: int, epoch: int, n: int) -> Array:
    """The order in which an epoch takes its examples, (n,): a permutation that depends on nothing else.

    Parameters
    ----------
    seed : int
        The seed of the run.
    epoch : int
        Counted from 0 over the whole run.
    n : int
        Examples in the epoch.

    Returns
    -------
    (n,) int64
        Indices.
    """
    return generator(seed, Purpose.EPOCH_ORDER, epoch).permutation(n)


def train_epochs(
    learner: Learner,
    backend: Backend,
    images: Array,
    targets: Array,
    *,
    until: int,
    batch_size: int,
    learning_rates: Array | LearningRates,
    seed: int,
    validate: Callable[[], float | None] = lambda: None,
    parts: int = PARTS_OF_EPOCH,
) -> Iterator[Progress | EpochRecord]:
    """Learn from arrays until a number of epochs is over, from wherever the learner stands.

    Parameters
    ----------
    learner : Learner
        Changed; whenever this function yields, it can be saved, and training go on from it later.
    backend : Backend
        Computes.
    images : (N, I), or (N, ...) with I pixels each
        Bytes (uint8) in 0-255, or floating point in [0, 1].
    targets : (N,) integers, or (N, C) soft targets
        Labels below C, the number of classes; or how much each class is wanted.
    until : int
        Epochs that are over in the end, counted from the beginning of the run.
    batch_size : int
        Images per step; the last step of an epoch takes what is left.
    learning_rates : (S,) array, or LearningRates
        One for each step of the whole run.
    seed : int
        The order of every epoch follows from it.
    validate : callable
        Called after each epoch; returns the validation accuracy, or None.
    parts : int
        How many parts an epoch has, each a call of the backend.

    Yields
    ------
    Progress or EpochRecord
        After each part of an epoch, and after each epoch.

    Raises
    ------
    TrainingDivergedError
        The loss became NaN or infinite.
    """
    with blame(backend, "training"):
        prepared = backend.prepare_images(images, learner.parameters.dtype)
    n = len(targets)
    part = batch_size * math.ceil(math.ceil(n / batch_size) / parts)
    while learner.epoch < until:
        order = epoch_order(seed, learner.epoch, n)
        while learner.seen < n:
            some = order[learner.seen : learner.seen + part]
            _take_steps(learner, backend, prepared, targets, some, batch_size, learning_rates)
            yield Progress(learner.epoch + 1, learner.seen, n, learner.loss_sum / learner.seen)
        record = EpochRecord(learner.epoch + 1, learner.loss_sum / n, validate(), learner.seconds)
        learner.end_epoch(record)
        yield record


def _take_steps(
    learner: Learner,
    backend: Backend,
    prepared: Any,
    targets: Array,
    order: Array,
    batch_size: int,
    learning_rates: Array | LearningRates,
) -> None:
    """Take the steps of a part of an epoch. Changes ``learner``."""
    steps = math.ceil(len(order) / batch_size)
    rates = learning_rates[learner.steps : learner.steps + steps]
    started = time.perf_counter()
    with np.errstate(all="ignore"), blame(backend, "training"):  # a loss that is no number is reported below
        loss = backend.train_minibatches(
            learner.parameters,
            learner.optimizer,
            prepared,
            targets,
            order,
            batch_size,
            rates,
            average=learner.average,
        )
    learner.seconds += time.perf_counter() - started
    if not math.isfinite(loss):
        raise TrainingDivergedError(f"training diverged in epoch {learner.epoch + 1}: the loss is {loss}")
    learner.loss_sum += loss * len(order)
    learner.seen += len(order)
    learner.steps += steps
