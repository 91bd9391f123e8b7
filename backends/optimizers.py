"""What an optimizer remembers between steps; the arithmetic of each step is the backend's.

An optimizer changes the parameters in place, given their gradients. Weight decay is decoupled
(Loshchilov and Hutter 2019) and shrinks weights only, never biases: w ← (1 - learning_rate · weight_decay) w,
before the step itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from backends.arrays import Array, Parameters
from backends.base import Backend


class Optimizer(ABC):
    """Base of the optimizers: shared weight decay, and one abstract step."""

    def __init__(self, weight_decay: float = 0.0) -> None:
        self.weight_decay = weight_decay
        self.steps_taken = 0  # counted where the formula needs it

    @property
    def memory(self) -> tuple[Parameters, ...]:
        """What is remembered between steps; with ``steps_taken`` all that a saved run has to keep."""
        return ()

    def update(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        """Take one step. Changes ``parameters`` and this optimizer's memory."""
        if self.weight_decay:
            for w in parameters.weights:
                backend.decay_update(w, 1.0 - learning_rate * self.weight_decay)
        self.step(backend, parameters, gradients, learning_rate)

    @abstractmethod
    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None: ...


class SGD(Optimizer):
    """Plain stochastic gradient descent: no memory."""

    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        for p, dp in _together(parameters, gradients):
            backend.sgd_update(p, dp, learning_rate)


class Nesterov(Optimizer):
    """SGD that remembers a velocity (Nesterov's momentum; Sutskever et al. 2013)."""

    def __init__(self, parameters: Parameters, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(weight_decay)
        self.momentum = momentum
        self.velocity = parameters.zeros_like()

    @property
    def memory(self) -> tuple[Parameters, ...]:
        return (self.velocity,)

    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        for p, dp, velocity in _together(parameters, gradients, self.velocity):
            backend.nesterov_update(p, dp, velocity, learning_rate, self.momentum)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019)."""

    def __init__(
        self,
        parameters: Parameters,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(weight_decay)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.m = parameters.zeros_like()
        self.v = parameters.zeros_like()

    @property
    def memory(self) -> tuple[Parameters, ...]:
        return self.m, self.v

    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        self.steps_taken += 1
        for p, dp, m, v in _together(parameters, gradients, self.m, self.v):
            backend.adamw_update(
                p, dp, m, v, self.steps_taken, learning_rate, self.beta1, self.beta2, self.epsilon
            )


class ExponentialMovingAverage:
    """A moving average of the parameters (EMA), which often reads better than the last step's.

    With few steps behind it the average leans on recent ones, min(decay, (1 + t) / (10 + t)) after
    t steps, so that short runs are not held back by the random start.
    """

    def __init__(self, parameters: Parameters, decay: float) -> None:
        self.decay = decay
        self.steps_taken = 0
        self.parameters = parameters.copy()

    def next_decay(self) -> float:
        """Count a step, and return its decay."""
        self.steps_taken += 1
        return min(self.decay, (1 + self.steps_taken) / (10 + self.steps_taken))

    def update(self, backend: Backend, parameters: Parameters) -> None:
        """Take in the parameters after a step. Changes ``self.parameters``."""
        decay = self.next_decay()
        for average, p in _together(self.parameters, parameters):
            backend.average_update(average, p, decay)


def _together(*parameters: Parameters) -> Iterable[tuple[Array, ...]]:
    """The tensors that belong together: (first layer's weights of each), (its biases of each), ..."""
    return zip(*(each.tensors() for each in parameters), strict=True)
