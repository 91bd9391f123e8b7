"""The reference: every formula of the contract in plain NumPy, one short function each.

Read it beside `backends.base`, which tells how the formulas combine into a network, and beside
`backends.numba_backend.kernels`, which has the same functions under the same names, compiled.
It is always installed, it can do the whole job, and every other backend is held against it.

Dimension letters as in `backends.base`: B batch, I inputs, O outputs, C classes.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array
from backends.base import Backend
from backends.checks import checked


class NumpyBackend(Backend):
    """The kernels in NumPy."""

    name = "numpy"

    @checked
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return x @ w + b  # (B, I) (I, O) + (O,) -> (B, O)

    @checked
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        return x.T @ dz, dz.sum(axis=0)  # (I, B) (B, O) -> (I, O); (B, O) -> (O,)

    @checked
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        return dz @ w.T  # (B, O) (O, I) -> (B, I)

    @checked
    def relu_forward(self, z: Array) -> Array:
        return np.maximum(z, 0)

    @checked
    def relu_backward(self, da: Array, z: Array) -> Array:
        dz: Array = np.where(z > 0, da, 0)
        return dz

    @checked
    def softmax_forward(self, z: Array) -> Array:
        exp_z = np.exp(z - z.max(axis=1, keepdims=True))
        p: Array = exp_z / exp_z.sum(axis=1, keepdims=True)
        return p

    @checked
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        batch = np.arange(len(z))
        shifted = z - z.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        loss = -log_p[batch, labels].mean()
        dz = np.exp(log_p)  # softmax(z)
        dz[batch, labels] -= 1
        dz /= len(z)
        return float(loss), dz

    @checked
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        shifted = z - z.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        loss = -(targets * log_p).sum() / len(z)
        dz = (targets.sum(axis=1, keepdims=True) * np.exp(log_p) - targets) / len(z)
        return float(loss), dz

    @checked
    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        p -= learning_rate * dp

    @checked
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        velocity *= momentum
        velocity += dp
        p -= learning_rate * (dp + momentum * velocity)

    @checked
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
        m *= beta1
        m += (1 - beta1) * dp
        v *= beta2
        v += (1 - beta2) * dp**2
        m_hat = m / (1 - beta1**step)  # both start at 0: undo the bias towards it
        v_hat = v / (1 - beta2**step)
        p -= learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)

    @checked
    def decay_update(self, w: Array, factor: float) -> None:
        w *= factor

    @checked
    def average_update(self, average: Array, p: Array, decay: float) -> None:
        average *= decay
        average += (1 - decay) * p
