"""JAX: a whole epoch is one compiled call, a `lax.scan` over the batches.

The parameters are donated, so they are updated in place; a batch is gathered on the device, by index.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from backends.arrays import Array, Parameters, scale_pixels
from benchmarks.peers.contenders import Predictor, Trainer
from engine.data.datasets import Examples

Tree = list[tuple[Any, Any]]  # (w, b) for each layer


def as_tree(parameters: Parameters) -> Tree:
    pairs = zip(parameters.weights, parameters.biases, strict=True)
    return [(jnp.array(w), jnp.array(b)) for w, b in pairs]


def logits(parameters: Tree, x: Any) -> Any:
    for w, b in parameters[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = parameters[-1]
    return x @ w + b


def mean_loss(parameters: Tree, x: Any, labels: Any) -> Any:
    log_p = jax.nn.log_softmax(logits(parameters, x))
    return -jnp.take_along_axis(log_p, labels[:, None], axis=1).mean()


@partial(jax.jit, static_argnames="batch_size", donate_argnames="parameters")
def train(parameters: Tree, x: Any, labels: Any, order: Any, rates: Any, batch_size: int) -> Any:
    def step(parameters: Tree, batch: Any) -> Any:
        indices, rate = batch
        loss, gradients = jax.value_and_grad(mean_loss)(parameters, x[indices], labels[indices])
        return jax.tree.map(lambda p, dp: p - rate * dp, parameters, gradients), loss

    steps, rest = divmod(len(order), batch_size)
    batches = order[: steps * batch_size].reshape(steps, batch_size)
    parameters, losses = lax.scan(step, parameters, (batches, rates[:steps]))
    loss_sum = losses.sum() * batch_size
    if rest:
        parameters, loss = step(parameters, (order[-rest:], rates[steps]))
        loss_sum += loss * rest
    return parameters, loss_sum / len(order)


class JaxTrainer(Trainer):
    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None:
        self.start = start
        self.x = jnp.array(scale_pixels(digits.images, np.float32))
        self.labels = jnp.array(digits.labels.astype(np.int32))
        self.restart()

    def restart(self) -> None:
        self.parameters = as_tree(self.start)

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        rates = np.broadcast_to(np.float32(rate), -(-len(order) // batch_size))
        self.parameters, loss = train(
            self.parameters, self.x, self.labels, order.astype(np.int32), rates, batch_size
        )
        return float(loss)

    def scores(self, x: Array) -> Array:
        return np.asarray(compiled_logits(self.parameters, x))


compiled_logits = jax.jit(logits)


@jax.jit
def probabilities(parameters: Tree, x: Any) -> Any:
    return jax.nn.softmax(logits(parameters, x))


class JaxPredictor(Predictor):
    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        self.parameters, self.x = as_tree(parameters), jnp.array(x)

    def predict(self) -> Any:
        return probabilities(self.parameters, self.x).block_until_ready()
