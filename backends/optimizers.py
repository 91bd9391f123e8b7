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
    """Base of the optimizers: shared weight decay, and one abstract step.

    Parameters
    ----------
    weight_decay : float
        Strength λ of decoupled weight decay; 0 for none.
    """

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
        """Decay the weights, then take one step.

        Parameters
        ----------
        backend : Backend
            Does the arithmetic.
        parameters : Parameters
            Changed in place, as is this optimizer's state.
        gradients : Parameters
            Gradient of the loss, of the same shapes.
        learning_rate : float
            Step size.
        """
        if self.weight_decay:
            for w in parameters.weights:
                backend.decay_update(w, 1.0 - learning_rate * self.weight_decay)
        self.step(backend, parameters, gradients, learning_rate)

    @abstractmethod
    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        """Take one step, without weight decay.

        Parameters
        ----------
        backend : Backend
            Does the arithmetic.
        parameters : Parameters
            Changed in place, as is this optimizer's state.
        gradients : Parameters
            Gradient of the loss, of the same shapes.
        learning_rate : float
            Step size.
        """


class SGD(Optimizer):
    """Plain stochastic gradient descent, which has no state.

    Parameters
    ----------
    weight_decay : float
        Strength λ of decoupled weight decay; 0 for none.
    """

    def step(
        self, backend: Backend, parameters: Parameters, gradients: Parameters, learning_rate: float
    ) -> None:
        for p, dp in _tensors(parameters, gradients):
            backend.sgd_update(p, dp, learning_rate)


class Nesterov(Optimizer):
    """SGD with Nesterov's momentum (Sutskever et al. 2013), which keeps a velocity.

    Parameters
    ----------
    parameters : Parameters
        Those to be trained; only their shapes and dtype are used.
    momentum : float
        Share of the velocity that is kept at each step, in [0, 1).
    weight_decay : float
        Strength λ of decoupled weight decay; 0 for none.
    """

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
        for p, dp, velocity in _tensors(parameters, gradients, self.velocity):
            backend.nesterov_update(p, dp, velocity, learning_rate, self.momentum)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019).

    Parameters
    ----------
    parameters : Parameters
        Those to be trained; only their shapes and dtype are used.
    beta1, beta2 : float
        Decay of the moving averages of the gradient and of its square, in [0, 1).
    epsilon : float
        Keeps the denominator away from 0.
    weight_decay : float
        Strength λ of decoupled weight decay; 0 for none.
    """

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
        for p, dp, m, v in _tensors(parameters, gradients, self.m, self.v):
            backend.adamw_update(
                p, dp, m, v, self.steps_taken, learning_rate, self.beta1, self.beta2, self.epsilon
            )


class ExponentialMovingAverage:
    """A moving average of the parameters (EMA), which often predicts better than the last step's.

    After t steps the decay is min(decay, (1 + t) / (10 + t)): the average follows the early steps closely,
    so that a short run does not keep the random start.

    Parameters
    ----------
    parameters : Parameters
        Where the average starts; they are copied.
    decay : float
        Share of the average that is kept at each step, in [0, 1).
    """

    def __init__(self, parameters: Parameters, decay: float) -> None:
        self.decay = decay
        self.steps_taken = 0
        self.parameters = parameters.copy()

    def next_decay(self) -> float:
        """Count a step, and give its decay.

        Returns
        -------
        float
            The decay of that step.
        """
        self.steps_taken += 1
        return min(self.decay, (1 + self.steps_taken) / (10 + self.steps_taken))

    def update(self, backend: Backend, parameters: Parameters) -> None:
        """Average in the parameters after a step.

        Parameters
        ----------
        backend : Backend
            Does the arithmetic.
        parameters : Parameters
            Those after the step; ``self.parameters``, the average, is changed in place.
        """
        decay = self.next_decay()
        for average, p in _tensors(self.parameters, parameters):
            backend.average_update(average, p, decay)


def _tensors(*parameters: Parameters) -> Iterable[tuple[Array, ...]]:
    """Corresponding tensors: (first layer's weights of each), (its biases of each), and so on."""
    return zip(*(each.tensors() for each in parameters), strict=True)
