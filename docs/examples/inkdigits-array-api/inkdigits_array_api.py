"""The formulas of a network on any namespace of the Python array API standard (https://data-apis.org/array-api).

Each formula is written once, with `self.xp` in place of NumPy. A subclass names the module.
Arrays come as NumPy arrays and go back as NumPy arrays; between the two they belong to the library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from backends import Array, Backend, Parameters, checks
from backends.checks import checked


class ArrayApiBackend(Backend):
    """The 13 formulas, and prediction without a detour through NumPy after each of them."""

    namespace: str  # the module whose functions compute

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self.xp: Any = import_module(self.namespace)

    def _in(self, array: Array) -> Any:
        """A NumPy array as one of the library's; it may share the memory, and is never written to."""
        return self.xp.asarray(array)

    def _out(self, array: Any) -> Array:
        """One of the library's arrays as a new NumPy array in C order."""
        return np.array(array, order="C")

    # ---- Layers --------------------------------------------------------------------------------------------

    @checked
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return self._out(self._in(x) @ self._in(w) + self._in(b))

    @checked
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        dz_ = self._in(dz)
        return self._out(self._in(x).T @ dz_), self._out(self.xp.sum(dz_, axis=0))

    @checked
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        return self._out(self._in(dz) @ self._in(w).T)

    @checked
    def relu_forward(self, z: Array) -> Array:
        return self._out(self._relu(self._in(z)))

    @checked
    def relu_backward(self, da: Array, z: Array) -> Array:
        da_ = self._in(da)
        return self._out(self.xp.where(self._in(z) > 0, da_, self.xp.zeros_like(da_)))

    # ---- Loss ----------------------------------------------------------------------------------------------

    @checked
    def softmax_forward(self, z: Array) -> Array:
        return self._out(self.xp.exp(self._log_softmax(self._in(z))))

    @checked
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        right = self._in(np.arange(z.shape[1]) == labels[:, None])
        log_p = self._log_softmax(self._in(z))
        loss = -self.xp.sum(self.xp.where(right, log_p, self.xp.zeros_like(log_p))) / len(z)
        dz = self.xp.exp(log_p) - self.xp.astype(right, log_p.dtype)
        return float(loss), self._out(dz / len(z))

    @checked
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        wanted = self._in(targets)
        log_p = self._log_softmax(self._in(z))
        loss = -self.xp.sum(wanted * log_p) / len(z)
        dz = self.xp.sum(wanted, axis=1, keepdims=True) * self.xp.exp(log_p) - wanted
        return float(loss), self._out(dz / len(z))

    # ---- Steps: the NumPy arrays are changed in place ------------------------------------------------------

    @checked
    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        p[...] = self._out(self._in(p) - learning_rate * self._in(dp))

    @checked
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        dp_ = self._in(dp)
        v = momentum * self._in(velocity) + dp_
        p[...] = self._out(self._in(p) - learning_rate * (dp_ + momentum * v))
        velocity[...] = self._out(v)

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
        dp_ = self._in(dp)
        m_ = beta1 * self._in(m) + (1 - beta1) * dp_
        v_ = beta2 * self._in(v) + (1 - beta2) * dp_**2
        size = self.xp.sqrt(v_ / (1 - beta2**step)) + epsilon
        p[...] = self._out(self._in(p) - learning_rate * (m_ / (1 - beta1**step)) / size)
        m[...], v[...] = self._out(m_), self._out(v_)

    @checked
    def decay_update(self, w: Array, factor: float) -> None:
        w[...] = self._out(factor * self._in(w))

    @checked
    def average_update(self, average: Array, p: Array, decay: float) -> None:
        average[...] = self._out(decay * self._in(average) + (1 - decay) * self._in(p))

    # ---- A fused composition -------------------------------------------------------------------------------

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        a = self._in(checks.inputs("predict_proba", parameters, x))
        last = len(parameters.weights) - 1
        for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
            z = a @ self._in(w) + self._in(b)
            a = self._relu(z) if layer < last else self.xp.exp(self._log_softmax(z))
        return self._out(a)

    # ---- On the library's own arrays -----------------------------------------------------------------------

    def _relu(self, z: Any) -> Any:
        return self.xp.where(z < 0, self.xp.zeros_like(z), z)  # NaN is not below 0, and stays NaN

    def _log_softmax(self, z: Any) -> Any:
        shifted = z - self.xp.max(z, axis=1, keepdims=True)
        return shifted - self.xp.log(self.xp.sum(self.xp.exp(shifted), axis=1, keepdims=True))


class NumpyArrays(ArrayApiBackend):
    name = "array-numpy"
    namespace = "array_api_compat.numpy"


class TorchArrays(ArrayApiBackend):
    name = "array-torch"
    namespace = "array_api_compat.torch"

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self.xp.set_num_threads(threads)  # of the whole process: PyTorch knows no other number


class JaxArrays(ArrayApiBackend):
    """JAX chooses its threads itself."""

    name = "array-jax"
    namespace = "jax.numpy"

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        import_module("jax").config.update("jax_enable_x64", True)  # float64 would be float32 without
