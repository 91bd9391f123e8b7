"""What can be chosen before a network learns in the window: a few sensible values each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.training.options import DEFAULT_LEARNING_RATE, TrainingOptions

OPTIMIZERS = ("nesterov", "adamw", "sgd")
RATES = (0.1, 0.3, 1.0, 3.0, 10.0)  # times the rate that suits the optimizer
HIDDEN: tuple[tuple[int, ...], ...] = ((128, 64), (64,), (32,), (16,), (), (256, 128))
HELD_BACK = 1000  # digits, so that measuring the accuracy fits into a frame
NAMES = {"backend": "Backend", "optimizer": "Optimizer", "rate": "Rate", "hidden": "Hidden"}


@dataclass(frozen=True)
class Choices:
    """One value of each.

    Attributes
    ----------
    backend, optimizer : str
        By name.
    rate : float
        How many times the learning rate that suits the optimizer.
    hidden : tuple of int
        Sizes of the hidden layers.
    """

    backend: str = "numpy"
    optimizer: str = OPTIMIZERS[0]
    rate: float = 1.0
    hidden: tuple[int, ...] = HIDDEN[0]

    def step(self, name: str, by: int, backends: tuple[str, ...]) -> Choices:
        """The same, but for one that is ``by`` further in its list, and around."""
        lists = {"backend": backends, "optimizer": OPTIMIZERS, "rate": RATES, "hidden": HIDDEN}
        values: tuple[Any, ...] = lists[name]
        present = getattr(self, name)
        place = values.index(present) + by if present in values else 0
        return replace(self, **{name: values[place % len(values)]})

    def in_words(self, name: str) -> str:
        """A value as it is shown."""
        if name == "rate":
            return f"{self.learning_rate:.1g}"
        if name == "hidden":
            return ", ".join(map(str, self.hidden)) or "none"
        return str(getattr(self, name))

    @property
    def learning_rate(self) -> float:
        """The peak learning rate."""
        return float(f"{self.rate * DEFAULT_LEARNING_RATE[self.optimizer]:.6g}")

    def options(self, examples: int) -> TrainingOptions:
        """The options of `inkdigits train`, for that many training examples."""
        return TrainingOptions.checked(
            hidden=self.hidden,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            validation=min(0.1, HELD_BACK / examples),
        )
