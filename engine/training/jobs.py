"""What a process of `engine.training.executor` does: one training run, reported now and then."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from backends.base import Backend
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing
from engine.model.history import EpochRecord
from engine.model.network import Network
from engine.training.diagnosis import Remark
from engine.training.executor import Report
from engine.training.loop import Progress
from engine.training.options import TrainingOptions
from engine.training.recipe import Recipe
from engine.training.trainer import Training

BETWEEN_REPORTS = 0.2  # seconds


@dataclass(frozen=True)
class Shared:
    """What all training runs of a sweep or a cross-validation have in common.

    Attributes
    ----------
    dataset : Dataset
        To learn from; its test examples travel for its hash, and are not looked at.
    backend : Backend
        What computes.
    drawings : sequence of Drawing
        For recipes.
    """

    dataset: Dataset
    backend: Backend
    drawings: Sequence[Drawing] = ()


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes
    ----------
    name : str
        Shown to the user.
    options : TrainingOptions
        How to learn.
    recipe : Recipe or None
        Makes the examples.
    without : tuple of str
        Writers whose drawings are held out.
    """

    name: str
    options: TrainingOptions
    recipe: Recipe | None = None
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Position:
    """How far a training run is.

    Attributes
    ----------
    share : float
        Of the whole run, from 0 to 1.
    words : str
        The epoch, and how well it goes.
    """

    share: float
    words: str


def train(shared: Shared, run: Run, report: Report) -> Network:
    """Train a network.

    Parameters
    ----------
    shared : Shared
        Data and backend.
    run : Run
        How.
    report : callable
        Told a `Position` a few times a second, and in text what is wrong.

    Returns
    -------
    Network
        Trained, not tested.
    """
    drawings = [each for each in shared.drawings if str(each.writer) not in run.without]
    training = Training(shared.dataset, run.options, shared.backend, recipe=run.recipe, drawings=drawings)
    report(Position(0.0, "getting ready"))
    training.warm_up()
    reported = time.monotonic()
    for record in training.run():
        if isinstance(record, Remark):
            report(record.message)
        elif isinstance(record, Progress | EpochRecord) and time.monotonic() > reported + BETWEEN_REPORTS:
            reported = time.monotonic()
            within = record.examples / record.of if isinstance(record, Progress) else 1.0
            words = f"epoch {record.epoch}/{training.epochs}  loss {record.train_loss:.4f}"
            report(Position((record.epoch - 1 + within) / training.epochs, words))
    return training.network
