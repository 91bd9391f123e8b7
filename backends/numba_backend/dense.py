"""The layers after the first, and the optimizers' step on a vector of weights.

The loops hold four vectors, so that each one that is loaded is used four times. There is no gradient array:
as soon as a weight's gradient is known, the optimizer's step is taken with it.

No bounds checking in this file: rows and outputs outside the arrays are undefined. The comments say what a
loop equals in NumPy, where ``x1`` is x with an input appended that is always 1, the biases'.
"""

from __future__ import annotations

from typing import Any

from backends.numba_backend.compiler import inner
from backends.numba_backend.simd import (
    each_short_vector,
    get,
    load,
    reduce_add,
    relu,
    set,
    splat,
    sqrt,
    store,
    view,
    where_positive,
    zeros,
)
from backends.numba_backend.step import AVERAGE, FIRST, MOMENTUM, PLAIN, SECOND, Step


@inner
def apply_step(
    rule: Any, weight_scale: float, w: Any, memory: Any, inputs: int, i: int, o: int, dw: Any
) -> None:
    """A step with the gradient dw of w[i, o], w[i, o + 1], ...

    ``memory`` has I + 1 rows for each of its parts; undefined where it lacks one that the rule looks at.
    """
    # w *= weight_scale; sgd_update, nesterov_update or adamw_update; average_update
    p = splat(dw, weight_scale) * load(dw, w, i, o)
    rate, beta1 = splat(dw, rule.rate), splat(dw, rule.beta1)
    if memory is None:  # decided when this is compiled: SGD without a moving average
        store(p - rate * dw, w, i, o)
        return
    first, second, average = (
        FIRST * (inputs + 1) + i,
        SECOND * (inputs + 1) + i,
        AVERAGE * (inputs + 1) + i,
    )
    if rule.rule == PLAIN:
        p = p - rate * dw
    elif rule.rule == MOMENTUM:
        velocity = beta1 * load(dw, memory, first, o) + dw
        store(velocity, memory, first, o)
        p = p - rate * (dw + beta1 * velocity)
    else:
        m = beta1 * load(dw, memory, first, o) + splat(dw, 1 - rule.beta1) * dw
        v = splat(dw, rule.beta2) * load(dw, memory, second, o) + splat(dw, 1 - rule.beta2) * dw * dw
        store(m, memory, first, o)
        store(v, memory, second, o)
        root = sqrt(v * splat(dw, rule.scale2))
        p = p - splat(dw, rule.rate * rule.scale1) * m / (root + splat(dw, rule.epsilon))
    store(p, w, i, o)
    if rule.has_average != 0:
        old, new = splat(dw, rule.ema_decay), splat(dw, 1 - rule.ema_decay)
        store(old * load(dw, memory, average, o) + new * p, memory, average, o)


@inner
def bias_update(like: Any, o: int, rule: Any, w: Any, memory: Any, inputs: int, size: int, dz: Any) -> None:
    # db = dz.sum(axis=0), and a step with it; biases do not decay
    db = splat(like, 0)
    for n in range(size):
        db = db + load(like, dz, n, o)
    apply_step(rule, 1.0, w, memory, inputs, inputs, o, db)


@inner
def dense_forward(
    like: Any, o: int, a: Any, first: int, last: int, inputs: int, w: Any, z: Any, hidden: bool
) -> None:
    # z[first:last] = relu(x1 @ w) with x = a[first:last]; the outputs from o on
    n = first
    while n + 4 <= last:
        z0 = z1 = z2 = z3 = load(like, w, inputs, o)
        for i in range(inputs):
            row = load(like, w, i, o)
            z0 = z0 + splat(like, get(a, n, i)) * row
            z1 = z1 + splat(like, get(a, n + 1, i)) * row
            z2 = z2 + splat(like, get(a, n + 2, i)) * row
            z3 = z3 + splat(like, get(a, n + 3, i)) * row
        store(relu(z0) if hidden else z0, z, n, o)
        store(relu(z1) if hidden else z1, z, n + 1, o)
        store(relu(z2) if hidden else z2, z, n + 2, o)
        store(relu(z3) if hidden else z3, z, n + 3, o)
        n += 4
    while n < last:
        z0 = load(like, w, inputs, o)
        for i in range(inputs):
            z0 = z0 + splat(like, get(a, n, i)) * load(like, w, i, o)
        store(relu(z0) if hidden else z0, z, n, o)
        n += 1


@inner
def dense_layers_forward(w: Any, a: Any, first: int, last: int) -> None:
    # for each layer after the first: a = relu(x1 @ w); the last one without relu
    for layer in range(1, len(w)):
        inputs, outputs, hidden = len(w[layer]) - 1, w[layer].shape[1], layer + 1 < len(w)
        below, weights, above = view(a[layer - 1]), view(w[layer]), view(a[layer])
        arguments = (below, first, last, inputs, weights, above, hidden)
        each_short_vector(dense_forward, weights, 0, outputs, arguments)


@inner
def dense_backward_input(
    like: Any, o: int, dz: Any, first: int, last: int, inputs: int, w: Any, dx: Any
) -> None:
    # dx[first:last] += dz[first:last] @ w.T, from the outputs from o on
    for i in range(inputs):
        row = load(like, w, i, o)
        for n in range(first, last):
            set(dx, n, i, get(dx, n, i) + reduce_add(load(like, dz, n, o) * row))


@inner
def transpose(w: Any, first: int, last: int, outputs: int, transposed: Any) -> None:
    # transposed[:-1, first:last] = w[first:last].T; the last row, where a layer has its biases, stays 0
    i = first
    while i + 4 <= last:  # four at a time: the compiler would gather a column, which is slower
        for o in range(outputs):
            set(transposed, o, i, get(w, i, o))
            set(transposed, o, i + 1, get(w, i + 1, o))
            set(transposed, o, i + 2, get(w, i + 2, o))
            set(transposed, o, i + 3, get(w, i + 3, o))
        i += 4
    while i < last:
        for o in range(outputs):
            set(transposed, o, i, get(w, i, o))
        i += 1


@inner
def dense_layers_backward(step: Step, first: int, last: int, transposing: bool) -> None:
    # for each layer from the last to the second: dz below = where(a below > 0, dz @ w.T, 0)
    for layer in range(len(step.w) - 1, 0, -1):
        inputs, outputs, width = len(step.w[layer]) - 1, step.w[layer].shape[1], step.dz[layer - 1].shape[1]
        w, transposed, dz = view(step.w[layer]), view(step.transposed[layer]), view(step.dz[layer])
        a, below = view(step.a[layer - 1]), view(step.dz[layer - 1])
        if transposing:
            arguments = (dz, first, last, outputs, transposed, below, layer < 0)
            each_short_vector(dense_forward, transposed, 0, width, arguments)
        else:
            for n in range(first, last):
                for i in range(width):
                    set(below, n, i, 0)
            each_short_vector(dense_backward_input, w, 0, outputs, (dz, first, last, inputs, w, below))
        like = zeros(below, 16)
        for n in range(first, last):
            for o in range(0, width, 16):
                store(where_positive(load(like, below, n, o), load(like, a, n, o)), below, n, o)


@inner
def dense_update(
    like: Any,
    o: int,
    rule: Any,
    a: Any,
    size: int,
    first: int,
    last: int,
    w: Any,
    memory: Any,
    inputs: int,
    dz: Any,
) -> None:
    # dw = a.T @ dz for the inputs first:last, and a step with it; the outputs from o on
    scale = rule.weight_scale
    i = first
    while i + 4 <= last:
        dw0 = dw1 = dw2 = dw3 = splat(like, 0)
        for n in range(size):
            row = load(like, dz, n, o)
            dw0 = dw0 + splat(like, get(a, n, i)) * row
            dw1 = dw1 + splat(like, get(a, n, i + 1)) * row
            dw2 = dw2 + splat(like, get(a, n, i + 2)) * row
            dw3 = dw3 + splat(like, get(a, n, i + 3)) * row
        apply_step(rule, scale, w, memory, inputs, i, o, dw0)
        apply_step(rule, scale, w, memory, inputs, i + 1, o, dw1)
        apply_step(rule, scale, w, memory, inputs, i + 2, o, dw2)
        apply_step(rule, scale, w, memory, inputs, i + 3, o, dw3)
        i += 4
    while i < last:
        dw0 = splat(like, 0)
        for n in range(size):
            dw0 = dw0 + splat(like, get(a, n, i)) * load(like, dz, n, o)
        apply_step(rule, scale, w, memory, inputs, i, o, dw0)
        i += 1


@inner
def dense_layers_update(
    step: Step, rule: Any, size: int, thread: int, threads: int, transposing: bool
) -> None:
    # for each layer after the first: a step with dw = a.T @ dz, and with db by the first thread
    for layer in range(1, len(step.w)):
        inputs, outputs = len(step.w[layer]) - 1, step.w[layer].shape[1]
        w, memory = view(step.w[layer]), view(step.memory[layer])
        a, dz = view(step.a[layer - 1]), view(step.dz[layer])
        first, last = inputs * thread // threads, inputs * (thread + 1) // threads
        arguments = (rule, a, size, first, last, w, memory, inputs, dz)
        each_short_vector(dense_update, w, 0, outputs, arguments)
        if thread == 0:
            each_short_vector(bias_update, w, 0, outputs, (rule, w, memory, inputs, size, dz))
        if transposing:
            transpose(w, first, last, outputs, view(step.transposed[layer]))
