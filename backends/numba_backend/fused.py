"""Training and reading in one compiled call: the compositions of `backends.base`, at the machine's limit.

Each function is one stage of a training step; `train` at the end puts them together, many steps to a call.
What makes them fast, each measured in ``benchmarks/README.md``:

* Blank pixels are never visited: 150 of MNIST's 784 are ink. `find_ink` lists the ink of two images by
  testing 64 pixels at a time, and notes for each pixel, in the bits of a word, which images of the batch have
  ink there.
* Sums stay in registers; the widths were chosen on a processor with AVX-512. `ink_forward` holds 128 outputs
  of two images while it goes through their ink; `ink_update` holds 128 weights of one pixel while it goes
  through the images that have ink there.
* Vectors start at cache lines (the caller sees to it): one that lies in two of them takes two loads.
* There is no gradient array: as soon as a weight's gradient is known, the optimizer's step is taken with it.
* A team of threads shares a step (see `train`), and gives the same bits as one thread does.

Here a layer is one array ``w`` (I + 1, O): its weights, and below them its biases, as the weights of an
input that is always 1; O is rounded up to whole vectors, with zeros that stay zero. The comments say what a
loop equals in NumPy, where ``x1`` is x with that input appended.

Dimension letters as in `backends.base`: B batch, I inputs, O outputs, C classes, N images, P pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.arrays import Array
from backends.numba_backend.kernels import inlined, jit, softmax_row
from backends.numba_backend.simd import (
    arrive,
    arrived,
    item,
    load,
    lowest_bit,
    nonzero_bits,
    positive,
    prefetch,
    put,
    relu,
    splat,
    sqrt,
    store,
    total,
    view,
    view_at,
    yield_cpu,
    zeros,
)

Layers = tuple[Array, ...]

# Outputs in a vector: as many of the widest as fit, then of the next.
WIDEST, WIDE, NARROW, NARROWEST = 128, 64, 16, 8
WORD = 64  # images that one word of bits speaks of
AHEAD = 4  # images that memory is asked for ahead of the one that is read
CACHE_LINE = 64  # bytes
NO_MORE_BARRIERS = 1 << 62  # arrivals, set from outside when a thread has failed
FAILED = -1
TURN = 16  # images of a batch for which it is worth while to turn the weights round
PATIENCE = 1000  # times to look whether the team is complete before leaving the core to others
ONE = np.uint64(1)
SGD, NESTEROV, ADAMW = 0, 1, 2


# ---- The first layer: only the ink ---------------------------------------------------------------------


@inlined
def ink_value(x: Any, grey: Any, row: int, pixel: int) -> Any:
    """A pixel in [0, 1]: bytes are looked up in ``grey``, floating point is taken as it is."""
    if grey is None:
        return item(x, row, pixel)
    return grey[item(x, row, pixel)]


@inlined
def ink_bits(x: Any, width: int, row: int, start: int) -> Any:
    """Which of the 64 pixels from ``start`` on are not blank, one bit each; a row has ``width`` of them."""
    if start + WORD <= width:
        return nonzero_bits(x, row, start)
    bits = np.uint64(0)
    for i in range(start, width):
        if item(x, row, i) != 0:
            bits |= ONE << np.uint64(i - start)
    return bits


@inlined
def prefetch_row(x: Array, images: Any, row: int) -> None:
    """Ask for a row of x, whose view is ``images``, that will be wanted soon."""
    for i in range(0, x.shape[1], CACHE_LINE // x.itemsize):
        prefetch(images, row, i)


@jit
def find_ink(
    x: Array,
    grey: Any,
    order: Array,
    start: int,
    first: int,
    last: int,
    ink: tuple[Array, Array, Array],
    bits: Array,
) -> None:
    """List the ink of the images ``first`` (even) to ``last`` of the batch ``rows = order[start:]``.

    Two images share a list: the pixels where either has ink. And turn it round: which of these images have
    ink at a pixel.
    """
    # pixels[n, : counts[n]] = np.nonzero(x[rows[n]] | x[rows[n + 1]]) for each even n;
    # values[n, : counts[n]] = grey[x[rows[n], pixels[n]]]; values[n + 1] likewise
    # bits[word, pixel] = Σ_n 2**n over the images n of the word that have ink at the pixel
    pixels, values, counts = view(ink[0]), view(ink[1]), ink[2]
    images, width = view(x), x.shape[1]
    bits[:] = 0
    words = view(bits)
    for n in range(first, last, 2):
        # The images lie anywhere in memory: ask for those after next, which more than halves the time.
        for ahead in range(start + n + AHEAD, min(start + n + AHEAD + 2, len(order))):
            prefetch_row(x, images, order[ahead])
        row, other = order[start + n], order[min(start + n + 1, len(order) - 1)]
        two = np.uint64(0xFFFFFFFFFFFFFFFF) if n + 1 < last else np.uint64(0)
        word, place = (n - first) // WORD, np.uint64((n - first) % WORD)
        count = 0
        for i in range(0, width, WORD):
            mine, yours = ink_bits(images, width, row, i), ink_bits(images, width, other, i) & two
            left = mine | yours
            while left:
                k = lowest_bit(left)
                left &= left - ONE
                put(pixels, n, count, i + k)
                put(values, n, count, ink_value(images, grey, row, i + k))
                put(values, n + 1, count, ink_value(images, grey, other, i + k))
                here = ((mine >> np.uint64(k)) & ONE) | (((yours >> np.uint64(k)) & ONE) << ONE)
                put(words, word, i + k, item(words, word, i + k) | (here << place))
                count += 1
        counts[n] = count


@jit
def ink_forward(
    like: Any, ink: tuple[Array, Array, Array], size: int, w: Array, a: Array, o: int, hidden: bool
) -> None:
    # a = relu(x1 @ w), or x1 @ w where no layer follows; the outputs from o on
    pixels, values, counts = view(ink[0]), view(ink[1]), ink[2]
    bias = len(w) - 1
    for n in range(0, size - 1, 2):  # two images at a time, so that a row that is loaded is used twice
        z = other = load(like, w, bias, o)
        for k in range(counts[n]):
            row = load(like, w, item(pixels, n, k), o)
            z = z + splat(like, item(values, n, k)) * row
            other = other + splat(like, item(values, n + 1, k)) * row
        store(relu(z) if hidden else z, a, n, o)
        store(relu(other) if hidden else other, a, n + 1, o)
    if size % 2:
        n = size - 1
        z = load(like, w, bias, o)
        for k in range(counts[n]):
            z = z + splat(like, item(values, n, k)) * load(like, w, item(pixels, n, k), o)
        store(relu(z) if hidden else z, a, n, o)


@jit
def ink_layer_forward(
    ink: tuple[Array, Array, Array], size: int, w: Array, a: Array, first: int, last: int, hidden: bool
) -> None:
    # a[:, first:last] = relu(x1 @ w[:, first:last]), or without relu where no layer follows
    o = first
    while o + WIDEST <= last:
        ink_forward(zeros(w, WIDEST), ink, size, w, a, o, hidden)
        o += WIDEST
    while o + WIDE <= last:
        ink_forward(zeros(w, WIDE), ink, size, w, a, o, hidden)
        o += WIDE
    while o < last:
        ink_forward(zeros(w, NARROW), ink, size, w, a, o, hidden)
        o += NARROW


@jit
def ink_update(
    like: Any,
    rule: Any,
    layer: Layers,
    x: Array,
    grey: Any,
    rows: Array,
    ink: tuple[Array, Array, Array],
    part: int,
    bits: Array,
    dz: Array,
    o: int,
) -> None:
    # dw = x1.T @ dz, and a step with it; the outputs from o on
    views = (view(layer[0]), view(layer[1]), view(layer[2]), view(layer[3]))
    images, errors = view(x), view(dz)
    inputs = len(layer[0]) - 1
    every = item(rule, 0, EVERY) != 0  # or only the weights that this batch has something to say of
    bias_update(like, rule, layer, len(rows), dz, o)
    if len(rows) == 1 and not every:  # one image: its list is all there is
        pixels, values = view(ink[0]), view(ink[1])
        error = load(like, errors, 0, o)
        for k in range(ink[2][0]):
            descend(
                rule,
                item(rule, 0, KEEP),
                views,
                item(pixels, 0, k),
                o,
                splat(like, item(values, 0, k)) * error,
            )
        return
    for pixel in range(inputs):
        dw = splat(like, 0)
        seen = every
        for team in range(bits.shape[0]):
            for word in range(bits.shape[1]):
                left = bits[team, word, pixel]
                if left:
                    seen = True
                while left:
                    n = team * part + word * WORD + lowest_bit(left)
                    left &= left - ONE
                    dw = dw + splat(like, ink_value(images, grey, rows[n], pixel)) * load(like, errors, n, o)
        if seen:
            descend(rule, item(rule, 0, KEEP), views, pixel, o, dw)


@jit
def ink_layer_update(
    rule: Any,
    layer: Layers,
    x: Array,
    grey: Any,
    rows: Array,
    ink: tuple[Array, Array, Array],
    part: int,
    bits: Array,
    dz: Array,
    first: int,
    last: int,
) -> None:
    # dw = x1.T @ dz, and a step with it; the outputs first:last
    o = first
    while o + WIDEST <= last:
        ink_update(zeros(dz, WIDEST), rule, layer, x, grey, rows, ink, part, bits, dz, o)
        o += WIDEST
    while o + WIDE <= last:
        ink_update(zeros(dz, WIDE), rule, layer, x, grey, rows, ink, part, bits, dz, o)
        o += WIDE
    while o < last:
        ink_update(zeros(dz, NARROW), rule, layer, x, grey, rows, ink, part, bits, dz, o)
        o += NARROW


# ---- The optimizers' step, on a vector of weights -------------------------------------------------------

# A rule is what a step of an optimizer needs to know, as a row of numbers:
KIND, EVERY, AVERAGE, RATE, KEEP, BETA1, BETA2, EPSILON, SCALE1, SCALE2, DECAY = range(11)


@inlined
def descend(rule: Any, keep: float, views: Any, i: int, o: int, dw: Any) -> None:
    # w *= keep; sgd_update, nesterov_update or adamw_update; average_update
    w, first, second, average = views
    p = splat(dw, keep) * load(dw, w, i, o)
    rate, beta1 = splat(dw, item(rule, 0, RATE)), splat(dw, item(rule, 0, BETA1))
    if item(rule, 0, KIND) == SGD:
        p = p - rate * dw
    elif item(rule, 0, KIND) == NESTEROV:
        velocity = beta1 * load(dw, first, i, o) + dw
        store(velocity, first, i, o)
        p = p - rate * (dw + beta1 * velocity)
    else:
        beta2 = item(rule, 0, BETA2)
        m = beta1 * load(dw, first, i, o) + splat(dw, 1 - item(rule, 0, BETA1)) * dw
        v = splat(dw, beta2) * load(dw, second, i, o) + splat(dw, 1 - beta2) * dw * dw
        store(m, first, i, o)
        store(v, second, i, o)
        p = p - splat(dw, item(rule, 0, RATE) * item(rule, 0, SCALE1)) * m / (
            sqrt(v * splat(dw, item(rule, 0, SCALE2))) + splat(dw, item(rule, 0, EPSILON))
        )
    store(p, w, i, o)
    if item(rule, 0, AVERAGE) != 0:
        decay = item(rule, 0, DECAY)
        store(splat(dw, decay) * load(dw, average, i, o) + splat(dw, 1 - decay) * p, average, i, o)


@jit
def bias_update(like: Any, rule: Any, layer: Layers, size: int, dz: Array, o: int) -> None:
    # db = dz.sum(axis=0), and a step with it; biases do not decay
    views = (view(layer[0]), view(layer[1]), view(layer[2]), view(layer[3]))
    db = splat(like, 0)
    for n in range(size):
        db = db + load(like, dz, n, o)
    descend(rule, 1.0, views, len(layer[0]) - 1, o, db)


# ---- The other layers: four rows at a time, so that each vector that is loaded is used four times ---------


@jit
def dense_forward(
    like: Any, a: Array, first: int, last: int, w: Array, z: Array, o: int, hidden: bool
) -> None:
    # z[first:last] = relu(x1 @ w) with x = a[first:last]; the outputs from o on
    inputs = len(w) - 1
    n = first
    while n + 4 <= last:
        z0 = z1 = z2 = z3 = load(like, w, inputs, o)
        for i in range(inputs):
            row = load(like, w, i, o)
            z0 = z0 + splat(like, a[n, i]) * row
            z1 = z1 + splat(like, a[n + 1, i]) * row
            z2 = z2 + splat(like, a[n + 2, i]) * row
            z3 = z3 + splat(like, a[n + 3, i]) * row
        store(relu(z0) if hidden else z0, z, n, o)
        store(relu(z1) if hidden else z1, z, n + 1, o)
        store(relu(z2) if hidden else z2, z, n + 2, o)
        store(relu(z3) if hidden else z3, z, n + 3, o)
        n += 4
    while n < last:
        z0 = load(like, w, inputs, o)
        for i in range(inputs):
            z0 = z0 + splat(like, a[n, i]) * load(like, w, i, o)
        store(relu(z0) if hidden else z0, z, n, o)
        n += 1


@jit
def dense_product(a: Array, first: int, last: int, w: Array, z: Array, hidden: bool) -> None:
    # z[first:last] = relu(x1 @ w) with x = a[first:last], or x1 @ w where no layer follows; every output
    fit = w.shape[1] - w.shape[1] % WIDE
    for o in range(0, fit, WIDE):
        dense_forward(zeros(w, WIDE), a, first, last, w, z, o, hidden)
    for o in range(fit, w.shape[1], NARROW):
        dense_forward(zeros(w, NARROW), a, first, last, w, z, o, hidden)


@jit
def dense_backward_input(like: Any, dz: Array, first: int, last: int, w: Array, dx: Array, o: int) -> None:
    # dx[first:last] += dz[first:last] @ w.T, from the outputs from o on
    for i in range(len(w) - 1):
        row = load(like, w, i, o)
        for n in range(first, last):
            dx[n, i] += total(load(like, dz, n, o) * row)


@jit
def turn(w: Array, first: int, last: int, turned: Array) -> None:
    # turned[:-1, first:last] = w[first:last].T; the last row, where a layer has its biases, stays 0
    rows, columns = view(w), view(turned)
    i = first
    while i + 4 <= last:  # four at a time: the compiler would gather a column, which is slower
        for o in range(w.shape[1]):
            put(columns, o, i, item(rows, i, o))
            put(columns, o, i + 1, item(rows, i + 1, o))
            put(columns, o, i + 2, item(rows, i + 2, o))
            put(columns, o, i + 3, item(rows, i + 3, o))
        i += 4
    while i < last:
        for o in range(w.shape[1]):
            put(columns, o, i, item(rows, i, o))
        i += 1


@jit
def dense_update(
    like: Any, rule: Any, layer: Layers, a: Array, size: int, first: int, last: int, dz: Array, o: int
) -> None:
    # dw = a.T @ dz for the inputs first:last, and a step with it; the outputs from o on
    views = (view(layer[0]), view(layer[1]), view(layer[2]), view(layer[3]))
    keep = item(rule, 0, KEEP)
    i = first
    while i + 4 <= last:
        dw0 = dw1 = dw2 = dw3 = splat(like, 0)
        for n in range(size):
            row = load(like, dz, n, o)
            dw0 = dw0 + splat(like, a[n, i]) * row
            dw1 = dw1 + splat(like, a[n, i + 1]) * row
            dw2 = dw2 + splat(like, a[n, i + 2]) * row
            dw3 = dw3 + splat(like, a[n, i + 3]) * row
        descend(rule, keep, views, i, o, dw0)
        descend(rule, keep, views, i + 1, o, dw1)
        descend(rule, keep, views, i + 2, o, dw2)
        descend(rule, keep, views, i + 3, o, dw3)
        i += 4
    while i < last:
        dw0 = splat(like, 0)
        for n in range(size):
            dw0 = dw0 + splat(like, a[n, i]) * load(like, dz, n, o)
        descend(rule, keep, views, i, o, dw0)
        i += 1


# ---- Whole steps -------------------------------------------------------------------------------------------


@inlined
def share(size: int, threads: int) -> int:
    """How many images of a batch each thread takes, but for the last: even, since two go together."""
    return (size + 2 * threads - 1) // (2 * threads) * 2


@inlined
def wait(counter: Array, threads: int, meetings: int) -> int:
    """Go on when the whole team has come here; returns the number of such meetings so far, or `FAILED`."""
    if threads > 1:
        arrive(counter)
        turns = 0
        while arrived(counter) < threads * (meetings + 1):
            turns += 1
            if turns > PATIENCE:  # the one we wait for may need this very core
                yield_cpu()
        if arrived(counter) >= NO_MORE_BARRIERS:
            return FAILED
    return meetings + 1


@jit
def dense_layers_forward(w: Layers, a: Layers, first: int, last: int) -> None:
    # for each layer after the first: a = relu(x1 @ w); the last one without relu
    for layer in range(1, len(w)):
        dense_product(a[layer - 1], first, last, w[layer], a[layer], layer + 1 < len(w))


@jit
def dense_layers_backward(
    w: Layers, turned: Layers, a: Layers, dz: Layers, first: int, last: int, turning: bool
) -> None:
    # for each layer from the last to the second: dz below = where(a below > 0, dz @ w.T, 0)
    wide, narrow = zeros(w[0], WIDE), zeros(w[0], NARROW)
    for layer in range(len(w) - 1, 0, -1):
        below, outputs = dz[layer - 1], w[layer].shape[1]
        if turning:
            dense_product(dz[layer], first, last, turned[layer], below, False)
        else:
            below[first:last] = 0
            fit = outputs - outputs % WIDE
            for o in range(0, fit, WIDE):
                dense_backward_input(wide, dz[layer], first, last, w[layer], below, o)
            for o in range(fit, outputs, NARROW):
                dense_backward_input(narrow, dz[layer], first, last, w[layer], below, o)
        for n in range(first, last):
            for o in range(0, below.shape[1], NARROW):
                da = load(narrow, below, n, o)
                store(positive(da, load(narrow, a[layer - 1], n, o)), below, n, o)


@jit
def dense_layers_update(
    rule: Any,
    w: Layers,
    layers: tuple[Layers, ...],
    turned: Layers,
    a: Layers,
    dz: Layers,
    size: int,
    thread: int,
    threads: int,
    turning: bool,
) -> None:
    # for each layer after the first: a step with dw = a.T @ dz, and with db by the first thread
    wide, narrow = zeros(w[0], WIDE), zeros(w[0], NARROW)
    for layer in range(1, len(w)):
        inputs, outputs = len(w[layer]) - 1, w[layer].shape[1]
        first, last = inputs * thread // threads, inputs * (thread + 1) // threads
        fit = outputs - outputs % WIDE
        for o in range(0, fit, WIDE):
            dense_update(wide, rule, layers[layer], a[layer - 1], size, first, last, dz[layer], o)
            if thread == 0:
                bias_update(wide, rule, layers[layer], size, dz[layer], o)
        for o in range(fit, outputs, NARROW):
            dense_update(narrow, rule, layers[layer], a[layer - 1], size, first, last, dz[layer], o)
            if thread == 0:
                bias_update(narrow, rule, layers[layer], size, dz[layer], o)
        if turning:
            turn(w[layer], first, last, turned[layer])


@jit
def train(
    thread: int,
    threads: int,
    counter: Array,
    rules: Array,
    w: Layers,
    layers: tuple[Layers, ...],
    turned: Layers,
    a: Layers,
    dz: Layers,
    ink: tuple[Array, Array, Array],
    bits: Array,
    x: Array,
    grey: Any,
    targets: Array,
    order: Array,
    batch_size: int,
    classes: int,
    losses: Array,
) -> None:
    """The part of one thread in the steps of `Backend.train_minibatches`.

    A thread finds the ink of its share of the images, then computes its share of the first layer's outputs,
    whose weights stay in its own core's cache; its share of the images in the other layers; its share of the
    updates. Between these the team waits for its last member. Every sum is made by one thread, in the order
    in which one thread alone would make it: the result is the same, bit for bit, for any number of threads.
    """
    depth, turning = len(w), batch_size >= TURN
    vectors = w[0].shape[1] // NARROW
    o_first, o_last = vectors * thread // threads * NARROW, vectors * (thread + 1) // threads * NARROW
    meetings = 0
    for layer in range(1, depth):
        if turning:
            inputs = len(w[layer]) - 1
            turn(w[layer], inputs * thread // threads, inputs * (thread + 1) // threads, turned[layer])
    for step in range(len(rules)):
        rule = view(rules[step : step + 1])
        start = step * batch_size
        rows = order[start : start + batch_size]
        size = len(rows)
        part = share(size, threads)
        first, last = min(thread * part, size), min((thread + 1) * part, size)

        find_ink(x, grey, order, start, first, last, ink, bits[thread])
        meetings = wait(counter, threads, meetings)
        if meetings == FAILED:
            return

        ink_layer_forward(ink, size, w[0], a[0], o_first, o_last, depth > 1)
        meetings = wait(counter, threads, meetings)
        if meetings == FAILED:
            return

        dense_layers_forward(w, a, first, last)
        for n in range(first, last):
            # loss = sum(t * (log(sum(exp(z))) - z)); dz = (sum(t) * softmax(z) - t) / B
            z, target, dlogits = a[depth - 1][n, :classes], targets[start + n], dz[depth - 1][n]
            largest, log_total = softmax_row(z, dlogits)
            losses[start + n], weight = 0, target.sum()
            for c in range(classes):
                losses[start + n] += target[c] * (largest - z[c] + log_total)
                dlogits[c] = (weight * dlogits[c] - target[c]) / size
        dense_layers_backward(w, turned, a, dz, first, last, turning)
        meetings = wait(counter, threads, meetings)
        if meetings == FAILED:
            return

        dense_layers_update(rule, w, layers, turned, a, dz, size, thread, threads, turning)
        ink_layer_update(rule, layers[0], x, grey, rows, ink, part, bits, dz[0], o_first, o_last)
        meetings = wait(counter, threads, meetings)
        if meetings == FAILED:
            return


# ---- Reading: ink is not listed but used where it is found -------------------------------------------------


@jit
def predict(w: Layers, a: Layers, x: Array, first: int, last: int, p: Array) -> None:
    """The probabilities of the images first:last, as many at a time as the scratch arrays hold."""
    # p[first:last] = predict_proba(w, x[first:last])
    images, weights, biases, below = view(x), view(w[0]), view(w[0][-1:]), view(a[0])
    inputs, outputs = x.shape[1], w[0].shape[1]
    for start in range(first, last, len(a[0])):
        size = min(len(a[0]), last - start)
        for n in range(0, size, 2):
            row, other = start + n, start + min(n + 1, size - 1)
            read_layer(images, row, other, inputs, weights, biases, below, n, outputs, len(w) > 1)
        dense_layers_forward(w, a, 0, size)
        for n in range(size):
            softmax_row(a[len(w) - 1][n, : p.shape[1]], p[start + n])


@jit
def predict_few(table: Array, x: Array, p: Array) -> bool:
    """The probabilities of a few images, from parameters as they are: packing them would take longer.

    Returns whether all of x lies in [0, 1], for callers who have to know.

    The parameters come as a table of addresses, a row for each layer, (weights, biases, I, O): handing over
    arrays costs Numba 0.1 microseconds each, and a digit takes two in all.
    """
    widest = 1
    for layer in range(len(table) - 1):
        widest = max(widest, table[layer, 3])
    read_few(table, x, np.empty((2, widest), x.dtype), p)
    inside = True
    for n in range(len(x)):
        for i in range(x.shape[1]):
            inside &= (x[n, i] >= 0) & (x[n, i] <= 1)  # false for NaN
    return inside


@jit
def scale_bytes(images: Array, x: Array) -> None:
    # x[:] = images / 255
    for n in range(len(x)):
        for i in range(x.shape[1]):
            x[n, i] = x.dtype.type(images[n, i]) / x.dtype.type(255)


@jit
def read_few(table: Array, x: Array, activations: Array, p: Array) -> None:
    # p = predict_proba(x); the hidden layers write the two rows of the activations by turns
    a, last = view(activations), len(table) - 1
    for n in range(len(x)):
        below, row = view(x), n
        for layer in range(last):
            inputs, outputs = table[layer, 2], table[layer, 3]
            w, b = view_at(x, table[layer, 0], inputs, outputs), view_at(x, table[layer, 1], 1, outputs)
            read_layer(below, row, None, inputs, w, b, a, layer % 2, outputs, True)
            below, row = a, layer % 2
        inputs, outputs = table[last, 2], table[last, 3]
        w, b = view_at(x, table[last, 0], inputs, outputs), view_at(x, table[last, 1], 1, outputs)
        read_layer(below, row, None, inputs, w, b, view(p), n, outputs, False)
        softmax_row(p[n], p[n])


@jit
def read_layer(
    x: Any, row: int, other: Any, inputs: int, w: Any, b: Any, a: Any, n: int, outputs: int, hidden: bool
) -> None:
    # a[n] = relu(x[row] @ w + b), or without relu where no layer follows; a[n + 1] of the other row, if any
    o = 0
    while o + WIDEST <= outputs:
        add_ink(zeros(x, WIDEST), x, row, other, inputs, w, b, a, n, o, hidden)
        o += WIDEST
    while o + WIDE <= outputs:
        add_ink(zeros(x, WIDE), x, row, other, inputs, w, b, a, n, o, hidden)
        o += WIDE
    while o + NARROWEST <= outputs:
        add_ink(zeros(x, NARROWEST), x, row, other, inputs, w, b, a, n, o, hidden)
        o += NARROWEST
    while o < outputs:
        add_ink(zeros(x, 1), x, row, other, inputs, w, b, a, n, o, hidden)
        o += 1


@jit
def add_ink(
    like: Any, x: Any, row: int, other: Any, inputs: int, w: Any, b: Any, a: Any, n: int, o: int, hidden: bool
) -> None:
    # the outputs of `read_layer` from o on; of two rows, so that weights that are loaded are used twice
    z = z_other = load(like, b, 0, o)
    for start in range(0, inputs, WORD):
        left = ink_bits(x, inputs, row, start)
        if other is not None:  # decided when this is compiled
            left |= ink_bits(x, inputs, other, start)
        while left:
            i = start + lowest_bit(left)
            left &= left - ONE
            weights = load(like, w, i, o)
            z = z + splat(like, item(x, row, i)) * weights
            if other is not None:
                z_other = z_other + splat(like, item(x, other, i)) * weights
    store(relu(z) if hidden else z, a, n, o)
    if other is not None and other != row:
        store(relu(z_other) if hidden else z_other, a, n + 1, o)
