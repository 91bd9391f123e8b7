"""Reading in one compiled call: the composition `predict_proba` of `backends.base`, fused.

No bounds checking: images narrower than the first layer, and tables that hold wrong addresses or shapes, are
undefined. `NumbaBackend.predict_proba` checks before it calls.
"""

from __future__ import annotations

from typing import Any

from backends.arrays import Array
from backends.numba_backend.compiler import jit
from backends.numba_backend.dense import dense_layers_forward
from backends.numba_backend.ink import read_ink
from backends.numba_backend.kernels import softmax_row
from backends.numba_backend.simd import each_vector, each_vector_or_number, view, view_at


@jit
def predict(w: Any, a: Any, x: Array, first: int, last: int, p: Array) -> None:
    """The probabilities of the images first:last, as many at a time as the scratch arrays hold."""
    # p[first:last] = predict_proba(w, x[first:last])
    images, weights, below, logits = view(x), view(w[0]), view(a[0]), view(a[len(w) - 1])
    inputs, outputs, classes, hidden = x.shape[1], w[0].shape[1], p.shape[1], len(w) > 1
    for start in range(first, last, len(a[0])):
        size = min(len(a[0]), last - start)
        for n in range(0, size, 2):
            row, other = start + n, start + min(n + 1, size - 1)
            arguments = (images, row, other, inputs, weights, weights, inputs, below, n, hidden)
            each_vector(read_ink, weights, 0, outputs, arguments)
        dense_layers_forward(w, a, 0, size)
        for n in range(size):
            softmax_row(logits, n, view(p), start + n, classes)


@jit
def predict_few(table: Array, x: Array, p: Array) -> bool:
    """The probabilities of a few images, from parameters as they are: packing them would take longer.

    Returns whether all of x lies in [0, 1], for callers that have to know.

    The parameters come as a table of addresses, see `AddressTable`: handing over arrays costs Numba 0.1
    microseconds each, and a digit takes two in all.
    """
    # p = predict_proba(x); the hidden layers write the two rows of the activations in turn
    layers = len(table) - 1
    activations = view_at(x, table[layers, 0], table[layers, 2], table[layers, 3])
    for n in range(len(x)):
        below, row = view(x), n
        for layer in range(layers):
            inputs, outputs, hidden = table[layer, 2], table[layer, 3], layer + 1 < layers
            w = view_at(x, table[layer, 0], inputs, outputs)
            b = view_at(x, table[layer, 1], 1, outputs)
            above = activations if hidden else view(p)
            above_row = layer % 2 if hidden else n
            arguments = (below, row, None, inputs, w, b, layer - layer, above, above_row, hidden)
            each_vector_or_number(read_ink, x, 0, outputs, arguments)
            below, row = above, above_row
        softmax_row(view(p), n, view(p), n, table[layers - 1, 3])
    inside = True
    for n in range(len(x)):
        for i in range(x.shape[1]):
            inside &= (x[n, i] >= 0) & (x[n, i] <= 1)  # false for NaN
    return inside


@jit
def scale_bytes(images: Array, x: Array) -> None:
    """Bytes as numbers in [0, 1]. Changes ``x``."""
    # x[:] = images / 255
    for n in range(len(x)):
        for i in range(x.shape[1]):
            x[n, i] = x.dtype.type(images[n, i]) / x.dtype.type(255)
