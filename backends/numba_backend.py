"""The fast path: the contract's kernels compiled by Numba, and two fused compositions.

This file is the thin side that Python sees; the loops are in `backends.numba_kernels`, which is imported
when a backend is made, so that a program that does not ask for Numba does not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends.base import Array, Backend, Parameters, flatten, scale_pixels
from backends.optimizers import SGD, AdamW, Nesterov, Optimizer, WeightAverage


@dataclass(frozen=True)
class InkLists:
    """Images without their blank pixels: image n has ``values[k]`` at ``pixels[k]``, k from starts[n] up."""

    starts: Array  # (N + 1,) int64
    pixels: Array  # (ink,) uint16 or int32, position in the row of P
    values: Array  # (ink,) in (0, 1], in the dtype of the parameters


class NumbaBackend(Backend):
    """The kernels compiled by Numba; raises ImportError where Numba is not installed."""

    name = "numba"

    def __init__(self) -> None:
        from backends import numba_imaging, numba_kernels

        self._kernels = numba_kernels
        self._imaging = numba_imaging

    # ---- Kernels: the reference's formulas, compiled -------------------------------------------

    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        z: Array = self._kernels.dense_forward(x, w, b)
        return z

    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        dw, db = self._kernels.dense_backward_parameters(x, dz)
        return dw, db

    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        dx: Array = self._kernels.dense_backward_input(dz, w)
        return dx

    def relu_forward(self, z: Array) -> Array:
        a: Array = self._kernels.relu_forward(z)
        return a

    def relu_backward(self, da: Array, z: Array) -> Array:
        dz: Array = self._kernels.relu_backward(da, z)
        return dz

    def softmax_forward(self, z: Array) -> Array:
        p: Array = self._kernels.softmax_forward(z)
        return p

    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        loss, dz = self._kernels.softmax_cross_entropy(z, labels)
        return loss, dz

    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        loss, dz = self._kernels.soft_cross_entropy(z, targets)
        return loss, dz

    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        self._kernels.sgd_update(p, dp, learning_rate)

    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        self._kernels.nesterov_update(p, dp, velocity, learning_rate, momentum)

    def adamw_update(
        self,
        p: Array,
        dp: Array,
        m: Array,
        v: Array,
        step: int,
        learning_rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
    ) -> None:
        self._kernels.adamw_update(p, dp, m, v, step, learning_rate, beta1, beta2, epsilon)

    def decay_update(self, w: Array, factor: float) -> None:
        self._kernels.decay_update(w, factor)

    def average_update(self, average: Array, p: Array, decay: float) -> None:
        self._kernels.average_update(average, p, decay)

    # ---- Compositions: fused ----------------------------------------------------------------------

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        p: Array = self._kernels.predict_proba(parameters.weights, parameters.biases, x)
        return p

    def draw_lines(self, points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
        pictures: Array = self._imaging.draw_lines(points, joined, pen_width, height, width)
        return pictures

    def sample_bilinear(self, images: Array, x: Array, y: Array) -> Array:
        seen: Array = self._imaging.sample_bilinear(images, x, y)
        return seen

    def change_width(self, images: Array, amount: Array) -> Array:
        changed: Array = self._imaging.change_width(images, amount)
        return changed

    def soften(self, images: Array, amount: Array) -> Array:
        softened: Array = self._imaging.soften(images, amount)
        return softened

    def prepare_images(self, images: Array, dtype: npt.DTypeLike) -> InkLists:
        """Images as lists of their ink, about 150 of MNIST's 784 pixels; bytes are scaled to [0, 1]."""
        rows = flatten(images)
        if rows.dtype != np.uint8:  # too many grey levels for a table: list positions, then look up
            ink = rows != 0
            starts = np.concatenate([[0], np.cumsum(np.count_nonzero(ink, axis=1))])
            return InkLists(starts, np.nonzero(ink)[1].astype(np.int32), rows[ink].astype(dtype))
        grey = scale_pixels(np.arange(256, dtype=np.uint8)[None], dtype)[0]
        starts = self._kernels.count_ink(rows)
        pixels = np.empty(starts[-1], np.int32)
        values = np.empty(starts[-1], dtype)
        self._kernels.list_ink(rows, grey, starts, pixels, values)
        return InkLists(starts, pixels, values)

    def train_minibatches(
        self,
        parameters: Parameters,
        optimizer: Optimizer,
        images: InkLists,
        labels: Array,
        order: Array,
        batch_size: int,
        learning_rates: Array,
        average: WeightAverage | None = None,
    ) -> float:
        gradients = parameters.zeros_like()
        loss_sum = 0.0
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = order[start : start + batch_size]
            loss = self._kernels.minibatch_gradients(
                parameters.weights,
                parameters.biases,
                gradients.weights,
                gradients.biases,
                images.starts,
                images.pixels,
                images.values,
                labels,
                batch,
            )
            optimizer.update(self, parameters, gradients, float(learning_rates[step]))
            if average is not None:
                average.update(self, parameters)
            loss_sum += loss * len(batch)
        return loss_sum / len(order)

    def warm_up(self, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> None:
        """Compile what training and prediction call, by a step of each optimizer on one blank image."""
        parameters = Parameters.zeros(layer_sizes, dtype)
        images = self.prepare_images(np.zeros((1, layer_sizes[0]), np.uint8), dtype)
        labels, order = np.zeros(1, np.uint8), np.zeros(1, np.int64)
        for optimizer in (SGD(weight_decay=0.1), Nesterov(parameters), AdamW(parameters)):
            self.train_minibatches(
                parameters,
                optimizer,
                images,
                labels,
                order,
                1,
                np.ones(1),
                WeightAverage(parameters, 0.5),
            )
        self.predict_proba(parameters, np.zeros((1, layer_sizes[0]), dtype))
