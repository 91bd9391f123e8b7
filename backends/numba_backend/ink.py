"""The first layer: blank pixels are never visited, since 150 of MNIST's 784 are ink.

`find_ink` lists the ink of two images by testing 64 pixels at a time, and notes for each pixel, in the bits
of a word, which images of the batch have ink there. `ink_forward` holds the sums of 128 outputs of two images
in registers while it goes through their ink; `ink_update` those of 128 weights of one pixel while it goes
through the images that have ink there. Prediction needs no list: `read_ink` uses the ink where it is found.

No bounds checking in this file: rows, pixels and outputs outside the arrays are undefined. The comments say
what a loop equals in NumPy, where ``x1`` is x with an input appended that is always 1, the biases'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.numba_backend.compiler import inner
from backends.numba_backend.dense import apply_step, bias_update
from backends.numba_backend.simd import (
    each_vector,
    get,
    load,
    lowest_bit,
    nonzero_bits,
    prefetch,
    relu,
    set,
    splat,
    store,
    view,
)
from backends.numba_backend.step import WORD, Step

AHEAD = 4  # images that memory is asked for ahead of the one that is read
CACHE_LINE = 64  # bytes
ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@inner
def ink_value(x: Any, grey: Any, row: int, pixel: int) -> Any:
    """A pixel in [0, 1]: bytes are looked up in ``grey``, floating point is taken as it is."""
    if grey is None:  # decided when this is compiled
        return get(x, row, pixel)
    return grey[get(x, row, pixel)]


@inner
def ink_bits(x: Any, width: int, row: int, start: int) -> Any:
    """Which of the 64 pixels from ``start`` on are not blank, one bit each; a row has ``width`` of them."""
    if start + WORD <= width:
        return nonzero_bits(x, row, start)
    bits = np.uint64(0)
    for i in range(start, width):
        if get(x, row, i) != 0:
            bits |= ONE << np.uint64(i - start)
    return bits


@inner
def prefetch_row(x: Any, width: int, row: int, step: int) -> None:
    """Ask for a row of x that will be wanted soon; ``step`` pixels fill a cache line."""
    for i in range(0, width, step):
        prefetch(x, row, i)


@inner
def find_ink(step: Step, start: int, first: int, last: int, thread: int) -> None:
    """List the ink of the images ``first`` (even) to ``last`` of the batch ``order[start:]``.

    Two images share a list: the pixels where either has ink. And transpose it: which of these images have ink
    at a pixel. Changes ``pixels``, ``values``, ``counts`` and the bits of this thread.
    """
    # pixels[n, : counts[n]] = np.nonzero(x[rows[n]] | x[rows[n + 1]]) for each even n;
    # values[n, : counts[n]] = grey[x[rows[n], pixels[n]]]; values[n + 1] likewise
    # bits[thread, word, pixel] = Σ_n 2**n over the images n of the word that have ink at the pixel
    x, grey, pixels, values, bits = (
        view(step.x),
        step.grey,
        view(step.pixels),
        view(step.values),
        view(step.bits),
    )
    order, counts, width = step.order, step.counts, step.x.shape[1]
    words = step.bits.shape[1]
    for word in range(thread * words, (thread + 1) * words):
        for i in range(width):
            set(bits, word, i, 0)
    for n in range(first, last, 2):
        # The images lie anywhere in memory: ask for those after next, which more than halves the time.
        for ahead in range(start + n + AHEAD, min(start + n + AHEAD + 2, len(order))):
            prefetch_row(x, width, order[ahead], CACHE_LINE // step.x.itemsize)
        row, other = order[start + n], order[min(start + n + 1, len(order) - 1)]
        two = ALL if n + 1 < last else np.uint64(0)
        word, place = thread * words + (n - first) // WORD, np.uint64((n - first) % WORD)
        count = 0
        for i in range(0, width, WORD):
            mine, yours = ink_bits(x, width, row, i), ink_bits(x, width, other, i) & two
            left = mine | yours
            while left:
                k = lowest_bit(left)
                left &= left - ONE
                set(pixels, n, count, i + k)
                set(values, n, count, ink_value(x, grey, row, i + k))
                set(values, n + 1, count, ink_value(x, grey, other, i + k))
                here = ((mine >> np.uint64(k)) & ONE) | (((yours >> np.uint64(k)) & ONE) << ONE)
                set(bits, word, i + k, get(bits, word, i + k) | (here << place))
                count += 1
        counts[n] = count


@inner
def ink_forward(
    like: Any,
    o: int,
    pixels: Any,
    values: Any,
    counts: Any,
    size: int,
    w: Any,
    bias: int,
    a: Any,
    hidden: bool,
) -> None:
    # a = relu(x1 @ w), or x1 @ w where no layer follows; the outputs from o on
    for n in range(0, size - 1, 2):  # two images at a time, so that a row that is loaded is used twice
        z = other = load(like, w, bias, o)
        for k in range(get(counts, 0, n)):
            row = load(like, w, get(pixels, n, k), o)
            z = z + splat(like, get(values, n, k)) * row
            other = other + splat(like, get(values, n + 1, k)) * row
        store(relu(z) if hidden else z, a, n, o)
        store(relu(other) if hidden else other, a, n + 1, o)
    if size % 2:
        n = size - 1
        z = load(like, w, bias, o)
        for k in range(get(counts, 0, n)):
            z = z + splat(like, get(values, n, k)) * load(like, w, get(pixels, n, k), o)
        store(relu(z) if hidden else z, a, n, o)


@inner
def ink_layer_forward(step: Step, size: int, first: int, last: int) -> None:
    # a[0][:, first:last] = relu(x1 @ w[0][:, first:last]), or without relu where no layer follows
    pixels, values, counts = view(step.pixels), view(step.values), view(step.counts)
    w, a, bias, hidden = view(step.w[0]), view(step.a[0]), len(step.w[0]) - 1, len(step.w) > 1
    each_vector(ink_forward, w, first, last, (pixels, values, counts, size, w, bias, a, hidden))


@inner
def ink_update(
    like: Any,
    o: int,
    rule: Any,
    x: Any,
    grey: Any,
    order: Any,
    start: int,
    size: int,
    pixels: Any,
    values: Any,
    counts: Any,
    bits: Any,
    words: int,
    threads: int,
    part: int,
    w: Any,
    memory: Any,
    inputs: int,
    dz: Any,
) -> None:
    # dw = x1.T @ dz, and a step with it; the outputs from o on
    bias_update(like, o, rule, w, memory, inputs, size, dz)
    if size == 1 and rule.update_all_rows == 0:  # one image: its list is all there is
        error = load(like, dz, 0, o)
        for k in range(get(counts, 0, 0)):
            dw = splat(like, get(values, 0, k)) * error
            apply_step(rule, rule.weight_scale, w, memory, inputs, get(pixels, 0, k), o, dw)
        return
    for pixel in range(inputs):
        dw = splat(like, 0)
        seen = rule.update_all_rows != 0
        for thread in range(threads):
            for word in range(words):
                left = get(bits, thread * words + word, pixel)
                if left:
                    seen = True
                while left:
                    n = thread * part + word * WORD + lowest_bit(left)
                    left &= left - ONE
                    value = ink_value(x, grey, get(order, 0, start + n), pixel)
                    dw = dw + splat(like, value) * load(like, dz, n, o)
        if seen:
            apply_step(rule, rule.weight_scale, w, memory, inputs, pixel, o, dw)


@inner
def ink_layer_update(step: Step, rule: Any, start: int, size: int, part: int, first: int, last: int) -> None:
    # dw = x1.T @ dz[0], and a step with it; the outputs first:last
    x, grey, order, bits = view(step.x), step.grey, view(step.order), view(step.bits)
    pixels, values, counts = view(step.pixels), view(step.values), view(step.counts)
    w, memory, inputs, dz = view(step.w[0]), view(step.memory[0]), step.x.shape[1], view(step.dz[0])
    words, threads = step.bits.shape[1], step.bits.shape[0]
    ink = (rule, x, grey, order, start, size, pixels, values, counts, bits, words, threads, part)
    each_vector(ink_update, w, first, last, (*ink, w, memory, inputs, dz))


@inner
def read_ink(
    like: Any,
    o: int,
    x: Any,
    row: int,
    other: Any,
    inputs: int,
    w: Any,
    b: Any,
    bias: int,
    a: Any,
    n: int,
    hidden: bool,
) -> None:
    """The outputs from o on of one image, a[n], or of two, a[n] and a[n + 1], where ``other`` is a row."""
    # a[n] = relu(x[row] @ w + b[bias]), or without relu where no layer follows; two rows, so that weights
    # that are loaded are used twice
    z = z_other = load(like, b, bias, o)
    for start in range(0, inputs, WORD):
        left = ink_bits(x, inputs, row, start)
        if other is not None:  # decided when this is compiled
            left |= ink_bits(x, inputs, other, start)
        while left:
            i = start + lowest_bit(left)
            left &= left - ONE
            weights = load(like, w, i, o)
            z = z + splat(like, get(x, row, i)) * weights
            if other is not None:
                z_other = z_other + splat(like, get(x, other, i)) * weights
    store(relu(z) if hidden else z, a, n, o)
    if other is not None and other != row:
        store(relu(z_other) if hidden else z_other, a, n + 1, o)
