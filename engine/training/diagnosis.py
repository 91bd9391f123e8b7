"""What to say when a network does not learn: the likely cause, and what to try, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from backends.arrays import Array
from engine.model.history import EpochRecord
from engine.training.options import DEFAULT_LEARNING_RATE, TrainingOptions

ENOUGH_STEPS = 100  # after as many, a network should have learned something
NO_BETTER = 0.98  # of the loss of guessing: from here on nothing was learned
BY_LUCK = 0.15  # so much accuracy above that of guessing may be luck
MUCH_WORSE = 0.1  # of the loss of guessing: so much is no accident of an epoch


@dataclass(frozen=True)
class Remark:
    """Something that the user should know of a training run that goes on.

    Attributes
    ----------
    message : str
        One line.
    """

    message: str


class Guessing(NamedTuple):
    """How good a network can be that ignores its input.

    Attributes
    ----------
    loss : float
        The lowest cross-entropy.
    accuracy : float
        The share of the largest class.
    """

    loss: float = 0.0
    accuracy: float = 1.0


def guess(targets: Array, classes: int) -> Guessing:
    """Find how good guessing is.

    With s the share of each class, the loss is -Σ s·log(s).

    Parameters
    ----------
    targets : (N,) integers, or (N, C) soft targets
        What is to be learned.
    classes : int
        C.

    Returns
    -------
    Guessing
        Its loss is 0 where there is only one class.
    """
    if targets.ndim == 1:
        wanted = np.bincount(targets, minlength=classes) / len(targets)
    else:
        wanted = targets.mean(axis=0, dtype=np.float64)
    present = wanted[wanted > 0]
    shares = present / present.sum()
    return Guessing(abs(float((present * np.log(shares)).sum())), float(shares.max()))


def is_much_worse(record: EpochRecord, best: EpochRecord, guessing: Guessing) -> bool:
    """Whether a network has unlearned what it knew.

    Parameters
    ----------
    record, best : EpochRecord
        The epoch in question, and the best one.
    guessing : Guessing
        How good guessing is.

    Returns
    -------
    bool
        The loss rose by more than a tenth of the loss of guessing.
    """
    return record.train_loss > best.train_loss + MUCH_WORSE * guessing.loss


def diagnose(
    history: Sequence[EpochRecord], best_epoch: int, guessing: Guessing, steps: int, options: TrainingOptions
) -> str | None:
    """What is wrong after an epoch.

    Parameters
    ----------
    history : sequence of EpochRecord
        The epochs so far, at least one; the last is looked at.
    best_epoch : int
        Counted from 1.
    guessing : Guessing
        How good guessing is.
    steps : int
        Taken so far.
    options : TrainingOptions
        How the network learns.

    Returns
    -------
    str or None
        One line, or None where nothing is wrong.
    """
    last, best = history[-1], history[best_epoch - 1]
    if is_much_worse(last, best, guessing):
        return (
            f"epoch {last.epoch} is worse than epoch {best.epoch} (loss {last.train_loss:.3g} after "
            f"{best.train_loss:.3g}): {_likely_cause(options)}"
        )
    accuracy = last.validation_accuracy or 0.0
    lucky = accuracy <= guessing.accuracy + BY_LUCK
    if guessing.loss and steps >= ENOUGH_STEPS and last.train_loss >= NO_BETTER * guessing.loss and lucky:
        return (
            f"epoch {last.epoch} is no better than guessing (loss {last.train_loss:.3g}; guessing has "
            f"{guessing.loss:.3g}): {_likely_cause(options)}"
        )
    return None


def after_divergence(options: TrainingOptions) -> str:
    """What to try after the loss became NaN or infinite.

    Parameters
    ----------
    options : TrainingOptions
        How the network learned.

    Returns
    -------
    str
        Names a value that should work.
    """
    rate = options.peak_learning_rate
    if rate * options.weight_decay > 1:  # each step turns the weights round
        return f"use a weight decay below {1 / rate:g}, such as {0.01 / rate:g}"
    return f"use a learning rate below {rate:g}, such as {_working_rate(options):g}"


def remarks_on_data(labels: Array, classes: tuple[str, ...]) -> list[str]:
    """What keeps a network from learning a data set, whatever the options are.

    Parameters
    ----------
    labels : (N,) integers
        Of the examples to learn from.
    classes : tuple of str
        The name of each class.

    Returns
    -------
    list of str
        One line for each flaw.
    """
    counts = np.bincount(labels, minlength=len(classes))
    empty = [name for name, count in zip(classes, counts, strict=True) if not count]
    if not empty:
        return []
    names = ", ".join(empty)
    return [f"no training image is labelled {names:.60}: no answer will be; add some, or name other classes"]


def _likely_cause(options: TrainingOptions) -> str:
    rate, usual = options.peak_learning_rate, DEFAULT_LEARNING_RATE[options.optimizer]
    if rate * options.weight_decay > 0.1:
        return f"a weight decay of {options.weight_decay:g} is much; try {0.01 / rate:g}"
    if rate > usual:
        return f"a learning rate of {rate:g} is large; try {usual:g}"
    if rate < usual / 10:
        return f"a learning rate of {rate:g} is small; try {usual:g}"
    return f"look at the labels, or try a learning rate of {rate / 10:g}"


def _working_rate(options: TrainingOptions) -> float:
    """A learning rate that should work where this one has diverged."""
    return min(DEFAULT_LEARNING_RATE[options.optimizer], options.peak_learning_rate / 10)
