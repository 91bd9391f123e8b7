"""What training told of each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.data.shown import Shown


@dataclass(frozen=True)
class EpochRecord:
    """The outcome of one epoch.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    train_loss : float
        Mean cross-entropy over the epoch, each example just before the step that learned from it.
    validation_accuracy : float or None
        None where nothing was held back.
    seconds : float
        Of training alone, without validation.
    """

    epoch: int
    train_loss: float
    validation_accuracy: float | None
    seconds: float


@dataclass(frozen=True)
class History(Shown):
    """The epochs of a training run, in order; its lists can be given to any plotting library.

    Attributes
    ----------
    epochs : tuple of EpochRecord
        One record an epoch.
    """

    epochs: tuple[EpochRecord, ...] = ()

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epochs)"
        last = self.epochs[-1]
        accuracy = last.validation_accuracy
        validation = "" if accuracy is None else f", validation accuracy {accuracy:.2%}"
        return f"History({len(self)} epochs, loss {last.train_loss:.4f}{validation})"

    @property
    def loss(self) -> list[float]:
        """The mean training loss of each epoch."""
        return [each.train_loss for each in self.epochs]

    @property
    def validation_accuracy(self) -> list[float | None]:
        """The validation accuracy after each epoch; None where nothing was held back."""
        return [each.validation_accuracy for each in self.epochs]

    @property
    def seconds(self) -> list[float]:
        """The seconds that each epoch took."""
        return [each.seconds for each in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[EpochRecord]:
        return iter(self.epochs)
