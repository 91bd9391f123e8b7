"""The formulas of `backends.numpy_backend` under the same names, as loops that Numba compiles.

81 % of a digit's pixels, and about half of a ReLU's outputs, are exactly zero. The dense kernels skip them:
0 · w adds nothing for any finite w. Whole training steps, in one call and without temporary arrays, are in
`backends.numba_backend.train`.

Dimension letters as in `backends.base`: B batch, I inputs, O outputs, C classes, N images, P pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.arrays import Array
from backends.checks import checked
from backends.numba_backend.compiler import inner, jit
from backends.numba_backend.simd import get, number_like, set

# ---- Kernels ---------------------------------------------------------------------------------


@checked
@jit
def dense_forward(x: Array, w: Array, b: Array) -> Array:
    # z = x @ w + b
    batch, inputs = x.shape
    outputs = w.shape[1]
    z = np.empty((batch, outputs), x.dtype)
    for n in range(batch):
        for o in range(outputs):
            z[n, o] = b[o]
        for i in range(inputs):
            pixel = x[n, i]
            if pixel != 0:
                for o in range(outputs):
                    z[n, o] += pixel * w[i, o]
    return z


@checked
@jit
def dense_backward_parameters(x: Array, dz: Array) -> tuple[Array, Array]:
    # dw = x.T @ dz; db = dz.sum(axis=0)
    batch, inputs = x.shape
    outputs = dz.shape[1]
    dw = np.zeros((inputs, outputs), x.dtype)
    db = np.zeros(outputs, x.dtype)
    for n in range(batch):
        for o in range(outputs):
            db[o] += dz[n, o]
        for i in range(inputs):
            pixel = x[n, i]
            if pixel != 0:
                for o in range(outputs):
                    dw[i, o] += pixel * dz[n, o]
    return dw, db


@checked
@jit
def dense_backward_input(dz: Array, w: Array) -> Array:
    # dx = dz @ w.T
    batch, outputs = dz.shape
    inputs = w.shape[0]
    dx = np.empty((batch, inputs), dz.dtype)
    for n in range(batch):
        for i in range(inputs):
            total = dz.dtype.type(0)
            for o in range(outputs):
                total += dz[n, o] * w[i, o]
            dx[n, i] = total
    return dx


@checked
@jit
def relu_forward(z: Array) -> Array:
    # a = np.maximum(z, 0)
    a = np.empty_like(z)
    for n in range(z.shape[0]):
        for o in range(z.shape[1]):
            a[n, o] = z.dtype.type(0) if z[n, o] < 0 else z[n, o]  # this way round, NaN stays NaN
    return a


@checked
@jit
def relu_backward(da: Array, z: Array) -> Array:
    # dz = np.where(z > 0, da, 0)
    dz = np.empty_like(da)
    for n in range(z.shape[0]):
        for o in range(z.shape[1]):
            dz[n, o] = da[n, o] if z[n, o] > 0 else da.dtype.type(0)
    return dz


@inner
def softmax_row(z: Any, n: int, p: Any, m: int, classes: int) -> Any:
    """Write softmax(z[n]) into p[m]; return max(z[n]) and log(sum(exp(z[n] - max(z[n])))).

    The two are not added up here: beside logits of 10,000 the second would lose its digits.
    No bounds checking: rows outside the arrays, and more classes than columns, are undefined.
    """
    largest = get(z, n, 0)
    for c in range(1, classes):
        if get(z, n, c) > largest:
            largest = get(z, n, c)
    total = number_like(z, 0)
    for c in range(classes):
        power = np.exp(get(z, n, c) - largest)
        set(p, m, c, power)
        total += power
    for c in range(classes):
        set(p, m, c, get(p, m, c) / total)
    return largest, np.log(total)


@checked
@jit
def softmax_forward(z: Array) -> Array:
    # p = np.exp(z - z.max(axis=1, keepdims=True)); p /= p.sum(axis=1, keepdims=True)
    p = np.empty_like(z)
    for n in range(z.shape[0]):
        softmax_row(z, n, p, n, z.shape[1])
    return p


@checked
@jit
def softmax_cross_entropy(z: Array, labels: Array) -> tuple[float, Array]:
    # loss = mean(log(sum(exp(z))) - z[label]); dz = (softmax(z) - onehot(label)) / B
    batch = z.shape[0]
    dz = np.empty_like(z)
    loss = 0.0
    for n in range(batch):
        largest, log_total = softmax_row(z, n, dz, n, z.shape[1])
        loss += largest - z[n, labels[n]] + log_total
        dz[n, labels[n]] -= 1
        for c in range(z.shape[1]):
            dz[n, c] /= batch
    return float(loss / batch), dz  # a float also where this is not compiled


@checked
@jit
def soft_cross_entropy(z: Array, targets: Array) -> tuple[float, Array]:
    # loss = mean(sum(targets * (log(sum(exp(z))) - z))); dz = (sum(targets) * softmax(z) - targets) / B
    batch = z.shape[0]
    dz = np.empty_like(z)
    loss = 0.0
    for n in range(batch):
        largest, log_total = softmax_row(z, n, dz, n, z.shape[1])
        weight = z.dtype.type(0)
        for c in range(z.shape[1]):
            weight += targets[n, c]
            loss += targets[n, c] * (largest - z[n, c] + log_total)
        for c in range(z.shape[1]):
            dz[n, c] = (weight * dz[n, c] - targets[n, c]) / batch
    return float(loss / batch), dz  # a float also where this is not compiled


@checked
@jit
def sgd_update(p: Array, dp: Array, learning_rate: float) -> None:
    # p -= learning_rate * dp
    rate = p.dtype.type(learning_rate)
    p, dp = p.reshape(-1), dp.reshape(-1)
    for i in range(len(p)):
        p[i] -= rate * dp[i]


@checked
@jit
def nesterov_update(p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float) -> None:
    # velocity = momentum * velocity + dp; p -= learning_rate * (dp + momentum * velocity)
    rate, mu = p.dtype.type(learning_rate), p.dtype.type(momentum)
    p, dp, velocity = p.reshape(-1), dp.reshape(-1), velocity.reshape(-1)
    for i in range(len(p)):
        velocity[i] = mu * velocity[i] + dp[i]
        p[i] -= rate * (dp[i] + mu * velocity[i])


@checked
@jit
def adamw_update(
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
    # m = beta1 * m + (1 - beta1) * dp; v = beta2 * v + (1 - beta2) * dp**2
    # p -= learning_rate * (m / (1 - beta1**step)) / (sqrt(v / (1 - beta2**step)) + epsilon)
    real = p.dtype.type
    b1, c1, b2, c2 = real(beta1), real(1 - beta1), real(beta2), real(1 - beta2)
    rate = real(learning_rate / (1 - beta1**step))
    v_scale, eps = real(1 / (1 - beta2**step)), real(epsilon)
    p, dp, m, v = p.reshape(-1), dp.reshape(-1), m.reshape(-1), v.reshape(-1)
    for i in range(len(p)):
        m[i] = b1 * m[i] + c1 * dp[i]
        v[i] = b2 * v[i] + c2 * dp[i] * dp[i]
        p[i] -= rate * m[i] / (np.sqrt(v[i] * v_scale) + eps)


@checked
@jit
def decay_update(w: Array, factor: float) -> None:
    # w *= factor
    keep = w.dtype.type(factor)
    w = w.reshape(-1)
    for i in range(len(w)):
        w[i] *= keep


@checked
@jit
def average_update(average: Array, p: Array, decay: float) -> None:
    # average = decay * average + (1 - decay) * p
    old, new = p.dtype.type(decay), p.dtype.type(1 - decay)
    average, p = average.reshape(-1), p.reshape(-1)
    for i in range(len(p)):
        average[i] = old * average[i] + new * p[i]
