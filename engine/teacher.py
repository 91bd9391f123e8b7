"""A convolutional network that teaches the small one, and is then thrown away.

A small network learns more from a better one's probabilities than from labels alone: they say which
digits look alike (Hinton, Vinyals and Dean 2015). Nothing of the teacher is needed to read digits.

A convolution is a dense layer on patches: `_patches` lays every patch of a picture out as a row, and the
backend's dense kernels do the rest. Letters: n pictures, H rows, W columns, C channels, k kernel size.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from backends.base import Array, Backend, Parameters
from backends.optimizers import AdamW, WeightAverage
from engine.preprocessing import SIDE
from engine.schedules import learning_rates

AT_ONCE = 32  # pictures; their patches (1.5 MB) are read again while they are still in the cache


class Convolution(NamedTuple):
    kernel: int
    stride: int
    padding: int
    channels: int


CONVOLUTIONS = (Convolution(5, 2, 2, 24), Convolution(3, 2, 1, 48), Convolution(3, 1, 0, 48))
DENSE = (128, 10)
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-2
WARM_UP = 0.05
AVERAGE_DECAY = 0.999


class Teacher:
    """Three convolutions and two dense layers, ReLU between them."""

    def __init__(self, random: np.random.Generator, backend: Backend) -> None:
        self.backend = backend
        self.parameters = _initial_parameters(random)

    def logits(self, images: Array) -> Array:
        """What it makes of pictures (n, 28, 28) uint8: (n, 10) float32."""
        parts = [images[start : start + AT_ONCE] for start in range(0, len(images), AT_ONCE)]
        return np.concatenate([self._forward(part)[2] for part in parts])

    def train(self, batches: Iterator[tuple[Array, Array]], steps: int) -> Iterator[int]:
        """Learn from (images, labels), a step each; yields how many steps are done."""
        average = WeightAverage(self.parameters, AVERAGE_DECAY)
        optimizer = AdamW(self.parameters, weight_decay=WEIGHT_DECAY)
        rates = learning_rates(LEARNING_RATE, steps, "cosine", WARM_UP)
        for step, (images, labels) in zip(range(steps), batches, strict=False):
            gradients = self._gradients(images, labels)
            optimizer.update(self.backend, self.parameters, gradients, float(rates[step]))
            average.update(self.backend, self.parameters)
            yield step + 1
        self.parameters = average.parameters

    def _forward(self, images: Array) -> tuple[list[Array], list[Array], Array]:
        """Each layer's input rows, each layer's pre-activations, and the logits."""
        rows: list[Array] = []
        pre_activations: list[Array] = []
        a = images.reshape(-1, SIDE, SIDE, 1) / np.float32(255)
        for layer, (w, b) in enumerate(zip(self.parameters.weights, self.parameters.biases, strict=True)):
            if layer > 0:
                a = self.backend.relu_forward(pre_activations[-1])
            if layer < len(CONVOLUTIONS):
                side = _sides()[layer]
                patches = _patches(a.reshape(len(images), side, side, -1), CONVOLUTIONS[layer])
                rows.append(patches.reshape(-1, len(w)))
            else:
                rows.append(a.reshape(len(images), -1))
            pre_activations.append(self.backend.dense_forward(rows[-1], w, b))
        return rows, pre_activations, pre_activations[-1]

    def _gradients(self, images: Array, labels: Array) -> Parameters:
        """The gradients of a batch's mean loss, from those of its parts."""
        total = self.parameters.zeros_like()
        for start in range(0, len(images), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            of_some = self._gradients_at_once(images[some], labels[some])
            share = np.float32(len(labels[some]) / len(labels))
            for sum_, gradient in zip(total.tensors(), of_some.tensors(), strict=True):
                sum_ += share * gradient
        return total

    def _gradients_at_once(self, images: Array, labels: Array) -> Parameters:
        """Backpropagation as in `Backend.loss_and_gradients`; `_scatter` is the mirror of `_patches`."""
        rows, pre_activations, logits = self._forward(images)
        _, dz = self.backend.softmax_cross_entropy(logits, labels)
        weights = self.parameters.weights
        dw, db = list(weights), list(self.parameters.biases)
        for layer in reversed(range(len(weights))):
            dw[layer], db[layer] = self.backend.dense_backward_parameters(rows[layer], dz)
            if layer > 0:
                da = self.backend.dense_backward_input(dz, weights[layer])
                if layer < len(CONVOLUTIONS):
                    da = _scatter(da, len(images), _sides()[layer], CONVOLUTIONS[layer])
                before = pre_activations[layer - 1]
                dz = self.backend.relu_backward(da.reshape(before.shape), before)
        return Parameters(tuple(dw), tuple(db))


def _patches(a: Array, convolution: Convolution) -> Array:
    """Every patch of a (n, H, W, C), (n, H', W', k, k, C), laid out in memory."""
    k, stride, padding, _ = convolution
    n, side, _, channels = a.shape
    padded = np.pad(a, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    out = (side + 2 * padding - k) // stride + 1
    reach = stride * (out - 1) + 1
    patches = np.empty((n, out, out, k, k, channels), a.dtype)
    for y in range(k):
        for x in range(k):
            patches[:, :, :, y, x] = padded[:, y : y + reach : stride, x : x + reach : stride]
    return patches


def _scatter(rows: Array, n: int, side: int, convolution: Convolution) -> Array:
    """Add every patch back to where it came from: the transpose of `_patches`, (n, H, W, C)."""
    k, stride, padding, _ = convolution
    out = (side + 2 * padding - k) // stride + 1
    reach = stride * (out - 1) + 1
    patches = rows.reshape(n, out, out, k, k, -1)
    padded = np.zeros((n, side + 2 * padding, side + 2 * padding, patches.shape[-1]), rows.dtype)
    for y in range(k):
        for x in range(k):
            padded[:, y : y + reach : stride, x : x + reach : stride] += patches[:, :, :, y, x]
    return np.ascontiguousarray(padded[:, padding : padding + side, padding : padding + side])


def _sides() -> list[int]:
    """The side of the picture that goes into each convolution, and of the one that comes out of the last."""
    sides = [SIDE]
    for kernel, stride, padding, _ in CONVOLUTIONS:
        sides.append((sides[-1] + 2 * padding - kernel) // stride + 1)
    return sides


def _initial_parameters(random: np.random.Generator) -> Parameters:
    """He-normal weights (He et al. 2015), zero biases; the last layer has no ReLU to make up for."""
    shapes, channels = [], 1
    for convolution in CONVOLUTIONS:
        shapes.append((convolution.kernel**2 * channels, convolution.channels))
        channels = convolution.channels
    width = _sides()[-1] ** 2 * channels
    for units in DENSE:
        shapes.append((width, units))
        width = units
    gains = [2.0] * (len(shapes) - 1) + [1.0]
    weights = tuple(
        random.normal(0, np.sqrt(gain / shape[0]), shape).astype(np.float32)
        for gain, shape in zip(gains, shapes, strict=True)
    )
    return Parameters(weights, tuple(np.zeros(shape[1], np.float32) for shape in shapes))
