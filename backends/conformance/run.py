"""A training run by one backend, to be held against another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.conformance.cases import layers_text
from backends.conformance.comparison import MismatchError, close
from backends.optimizers import SGD, ExponentialMovingAverage, Optimizer

NewOptimizer = Callable[[Parameters], Optimizer]


def plain_sgd(parameters: Parameters) -> Optimizer:
    return SGD()


class Run:
    """Copies of some parameters, an optimizer, perhaps an average, and the images to learn from."""

    def __init__(
        self,
        backend: Backend,
        start: Parameters,
        new_optimizer: NewOptimizer = plain_sgd,
        ema_decay: float | None = 0.9,
    ) -> None:
        self.backend = backend
        self.parameters = start.copy()
        self.optimizer = new_optimizer(self.parameters)
        self.average = ExponentialMovingAverage(self.parameters, ema_decay) if ema_decay else None
        self.loss = 0.0
        self._images: Any = None
        self._targets: Array = np.empty(0)

    def prepare(self, images: Array, targets: Array) -> None:
        self._images, self._targets = self.backend.prepare_images(images, self.parameters.dtype), targets

    def train(self, order: Array, batch_size: int, rates: Array) -> None:
        self.loss = self.backend.train_minibatches(
            self.parameters,
            self.optimizer,
            self._images,
            self._targets,
            order,
            batch_size,
            rates,
            self.average,
        )

    def agree(self, true: Run) -> None:
        """Same loss, parameters and average as the other run."""
        dtype = self.parameters.dtype
        close(self.loss, true.loss, dtype, names=("loss",))
        close(self.parameters, true.parameters, dtype, 100, names=("parameters",))
        if self.average and true.average:
            close(self.average.parameters, true.average.parameters, dtype, 100, names=("average",))

    def agree_in_memory(self, true: Run) -> None:
        """Same memory of the optimizer, and same counts of steps, as the other run."""
        for owner, other in ((self.optimizer, true.optimizer), (self.average, true.average)):
            for name, expected in vars(other).items() if other else ():
                ours, label = getattr(owner, name), f"{type(owner).__name__}.{name}"
                if isinstance(expected, Parameters):
                    close(ours, expected, self.parameters.dtype, 100, names=(label,))
                elif ours != expected:
                    raise MismatchError(f"{label} is {ours}, expected {expected}", where=label)

    def arrays(self) -> list[Array]:
        """Every array that training changes in place."""
        owners = (self.optimizer, self.average)
        memories = [each for owner in owners if owner for each in vars(owner).values()]
        kept = [each for each in memories if isinstance(each, Parameters)]
        return [tensor for each in (self.parameters, *kept) for tensor in each.tensors()]

    def __str__(self) -> str:
        return f"{type(self.optimizer).__name__}, {layers_text(self.parameters.layer_sizes)}"


def rates(steps: int) -> npt.NDArray[np.float64]:
    """A learning rate for each step, all different."""
    return np.linspace(0.05, 0.01, steps)
