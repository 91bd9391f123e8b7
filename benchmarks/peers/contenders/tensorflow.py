"""TensorFlow: an epoch is one call of a `tf.function`, the loop over batches inside; with and without XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from backends.arrays import Array, Parameters, scale_pixels
from benchmarks.peers.contenders import Predictor, Trainer
from engine.data.datasets import Examples


def logits(parameters: list[Any], x: Any) -> Any:
    """``parameters`` are w, b, w, b, ..."""
    for layer in range(0, len(parameters), 2):
        if layer:
            x = tf.nn.relu(x)
        x = tf.matmul(x, parameters[layer]) + parameters[layer + 1]
    return x


class GraphTrainer(Trainer):
    xla = False

    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None:
        self.start = start
        self.x = tf.constant(scale_pixels(digits.images, np.float32))
        self.labels = tf.constant(digits.labels.astype(np.int32))
        self.parameters = [tf.Variable(each) for each in start.tensors()]
        self.train = tf.function(self.loop, jit_compile=self.xla)

    def restart(self) -> None:
        for variable, value in zip(self.parameters, self.start.tensors(), strict=True):
            variable.assign(value)

    def step(self, indices: Any, rate: Any) -> Any:
        """One step of plain SGD; returns the sum of the losses."""
        with tf.GradientTape() as tape:
            z = logits(self.parameters, tf.gather(self.x, indices))
            labels = tf.gather(self.labels, indices)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z)
            loss = tf.reduce_mean(losses)
        for variable, gradient in zip(self.parameters, tape.gradient(loss, self.parameters), strict=True):
            variable.assign_sub(rate * gradient)
        return tf.reduce_sum(losses)

    def loop(self, order: Any, rates: Any, batch_size: int) -> Any:
        steps, rest = divmod(order.shape[0], batch_size)
        batches = tf.reshape(order[: steps * batch_size], (steps, batch_size))  # rows: XLA knows their length
        loss_sum = tf.zeros(())
        for step in tf.range(steps):
            loss_sum += self.step(batches[step], rates[step])
        if rest:
            loss_sum += self.step(order[-rest:], rates[steps])
        return loss_sum / order.shape[0]

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        rates = np.broadcast_to(np.float32(rate), -(-len(order) // batch_size))
        return float(self.train(tf.constant(order.astype(np.int32)), tf.constant(rates), batch_size))

    def scores(self, x: Array) -> Array:
        return np.asarray(logits(self.parameters, tf.constant(x)))


class XlaTrainer(GraphTrainer):
    xla = True


class GraphPredictor(Predictor):
    xla = False

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        constants = [tf.constant(each) for each in parameters.tensors()]
        self.x = tf.constant(x)
        self.probabilities = tf.function(
            lambda x: tf.nn.softmax(logits(constants, x)), jit_compile=self.xla
        ).get_concrete_function(self.x)

    def predict(self) -> Any:
        return self.probabilities(self.x)


class XlaPredictor(GraphPredictor):
    xla = True
