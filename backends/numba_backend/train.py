"""Training in one compiled call, many steps to a call: the composition of `backends.base`, fused.

What makes it fast, each measured in ``benchmarks/README.md``:

* Blank pixels are never visited: see `backends.numba_backend.ink`.
* Sums stay in registers; the widths were chosen on a processor with AVX-512.
* Vectors start at cache lines: one that lies in two of them takes two loads.
* There is no gradient array: as soon as a weight's gradient is known, the optimizer's step is taken with it.
* A team of threads shares a step, and gives the same bits as one thread does.

Dimension letters as in `backends.base`: B batch, I inputs, O outputs, C classes, N images, P pixels.
"""

from __future__ import annotations

from backends.numba_backend.compiler import inner, jit
from backends.numba_backend.dense import (
    dense_layers_backward,
    dense_layers_forward,
    dense_layers_update,
    transpose,
)
from backends.numba_backend.ink import find_ink, ink_layer_forward, ink_layer_update
from backends.numba_backend.kernels import softmax_row
from backends.numba_backend.packing import VECTOR
from backends.numba_backend.simd import get, set, view
from backends.numba_backend.step import Step, share
from backends.numba_backend.threads import barrier

TRANSPOSE_FROM = 16  # images of a batch for which it is worth while to transpose the weights

_share = inner(share)


@jit
def train(thread: int, threads: int, step: Step) -> None:
    """The part of one thread in the steps of `Backend.train_minibatches`.

    A thread finds the ink of its share of the images, then computes its share of the first layer's outputs,
    whose weights stay in its own core's cache; its share of the images in the other layers; its share of the
    updates. Between these the team waits for its last member. Every sum is made by one thread, in the order
    in which one thread alone would make it: the result is the same, bit for bit, for any number of threads.
    """
    batch_size = len(step.a[0])
    transposing = batch_size >= TRANSPOSE_FROM
    vectors = step.w[0].shape[1] // VECTOR
    o_first, o_last = vectors * thread // threads * VECTOR, vectors * (thread + 1) // threads * VECTOR
    if transposing:
        _transpose_layers(step, thread, threads)
    for number in range(len(step.settings)):
        rule = step.settings[number]
        start = number * batch_size
        size = min(batch_size, len(step.order) - start)
        part = _share(size, threads)
        first, last = min(thread * part, size), min((thread + 1) * part, size)

        find_ink(step, start, first, last, thread)
        if not barrier(step.arrivals, threads, 4 * number + 1):
            return
        ink_layer_forward(step, size, o_first, o_last)
        if not barrier(step.arrivals, threads, 4 * number + 2):
            return
        dense_layers_forward(step.w, step.a, first, last)
        _softmax_cross_entropy(step, start, size, first, last)
        dense_layers_backward(step, first, last, transposing)
        if not barrier(step.arrivals, threads, 4 * number + 3):
            return
        dense_layers_update(step, rule, size, thread, threads, transposing)
        ink_layer_update(step, rule, start, size, part, o_first, o_last)
        if not barrier(step.arrivals, threads, 4 * number + 4):
            return


@inner
def _transpose_layers(step: Step, thread: int, threads: int) -> None:
    for layer in range(1, len(step.w)):
        inputs, outputs = len(step.w[layer]) - 1, step.w[layer].shape[1]
        first, last = inputs * thread // threads, inputs * (thread + 1) // threads
        transpose(view(step.w[layer]), first, last, outputs, view(step.transposed[layer]))


@inner
def _softmax_cross_entropy(step: Step, start: int, size: int, first: int, last: int) -> None:
    # loss = sum(t * (log(sum(exp(z))) - z)); dz = (sum(t) * softmax(z) - t) / B
    z, dz, targets = view(step.a[len(step.a) - 1]), view(step.dz[len(step.dz) - 1]), view(step.targets)
    losses, classes = step.losses, step.targets.shape[1]
    for n in range(first, last):
        largest, log_total = softmax_row(z, n, dz, n, classes)
        losses[start + n] = 0
        weight = get(targets, start + n, 0)
        for c in range(1, classes):
            weight += get(targets, start + n, c)
        for c in range(classes):
            losses[start + n] += get(targets, start + n, c) * (largest - get(z, n, c) + log_total)
            set(dz, n, c, (weight * get(dz, n, c) - get(targets, start + n, c)) / size)
