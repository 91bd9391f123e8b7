"""What a training step works on: the settings of its optimizer, and its arrays."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters, scale_pixels
from backends.numba_backend.packing import pack, pack_memory, transposed_room, zeros_at_cache_line
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer

PLAIN, MOMENTUM, ADAPTIVE = 0, 1, 2  # the rule: SGD's, Nesterov's, AdamW's
FIRST, SECOND, AVERAGE = 0, 1, 2  # what is remembered: moments (or the velocity), moving average
WORD = 64  # images in one word of bits
GREY = scale_pixels(np.arange(256, dtype=np.uint8)[None], np.float64)[0]

SETTINGS = np.dtype(
    [
        ("rule", np.int64),
        ("rate", np.float64),
        ("weight_scale", np.float64),  # weight decay: 1 - rate * weight_decay
        ("beta1", np.float64),  # of Nesterov: the momentum
        ("beta2", np.float64),
        ("epsilon", np.float64),
        ("scale1", np.float64),  # bias correction: 1 / (1 - beta1**t)
        ("scale2", np.float64),
        ("ema_decay", np.float64),
        ("has_average", np.int64),
        ("update_all_rows", np.int64),  # or only the weights of pixels that have ink in this batch
    ]
)


class Step(NamedTuple):
    """The arrays of training steps, the same for each thread of a team.

    Each layer is one array ``w`` (I + 1, O): its weights, and below them its biases, as the weights of an
    input that is always 1; O is rounded up to whole vectors, with zeros that stay zero.

    Attributes
    ----------
    settings : (S,) records, one for each step: see `SETTINGS`
    w : for each layer, (I + 1, O)
    memory : for each layer, (K, I + 1, O): what is remembered of it, at `FIRST`, `SECOND` and `AVERAGE`;
        K is as many as are needed; None where nothing is remembered (SGD)
    transposed : for each layer, room for its weights transposed, (O + 1, I); its last row is zero
    a, dz : for each layer, (B, O)
    pixels, values, counts : the ink of a batch, found by `find_ink`
    bits : (T, words, P), which images of each thread's share have ink at a pixel
    x : images, (N, P), bytes or floating point
    grey : (256,), what a byte stands for; None for floating point
    targets : for each image in order, (M, C)
    order : (M,) rows of x
    losses : (M,)
    arrivals : (1,), counts the threads that arrived at a barrier
    """

    settings: Array
    w: tuple[Array, ...]
    memory: tuple[Array | None, ...]
    transposed: tuple[Array, ...]
    a: tuple[Array, ...]
    dz: tuple[Array, ...]
    pixels: Array
    values: Array
    counts: Array
    bits: Array
    x: Array
    grey: Array | None
    targets: Array
    order: Array
    losses: Array
    arrivals: Array


def prepare_step(
    parameters: Parameters,
    settings: Array,
    memory: dict[int, Parameters],
    images: Array,
    labels: Array,
    order: Array,
    batch_size: int,
    threads: int,
) -> Step:
    """Copy the parameters and what the optimizer remembers of them into a step's arrays, and make room."""
    dtype, pixels = parameters.dtype, images.shape[1]
    w = pack(parameters)
    return Step(
        settings=settings,
        w=w,
        memory=pack_memory(memory, w),
        transposed=transposed_room(w),
        a=tuple(zeros_at_cache_line((batch_size, each.shape[1]), dtype) for each in w),
        dz=tuple(zeros_at_cache_line((batch_size, each.shape[1]), dtype) for each in w),
        pixels=np.empty((batch_size, pixels), np.int32),
        values=np.empty((batch_size + 1, pixels), dtype),  # one more: images are listed in pairs
        counts=np.empty(batch_size, np.int64),
        bits=np.empty((threads, math.ceil(share(batch_size, threads) / WORD), pixels), np.uint64),
        x=images,
        grey=GREY.astype(dtype) if images.dtype == np.uint8 else None,
        targets=_targets(labels[order], parameters.layer_sizes[-1], dtype),
        order=order.astype(np.int64),
        losses=np.empty(len(order)),
        arrivals=np.zeros(1, np.int64),
    )


def share(size: int, threads: int) -> int:
    """How many images of a batch each thread takes, but for the last: even, since two go together."""
    return (size + 2 * threads - 1) // (2 * threads) * 2


def step_settings(
    optimizer: Optimizer, learning_rates: Array, steps: int, average: ExponentialMovingAverage | None
) -> tuple[Array, dict[int, Parameters]] | None:
    """The settings of each step, (S,) records, and what is remembered between steps.

    None for an optimizer that is not built in. Changes the counts of steps of ``optimizer`` and ``average``.
    """
    settings: Any = np.zeros(steps, SETTINGS).view(np.recarray)
    memory: dict[int, Parameters] = {}
    settings.rate = learning_rates[:steps]
    settings.weight_scale = 1 - settings.rate * optimizer.weight_decay
    if type(optimizer) is SGD:
        settings.rule = PLAIN
    elif type(optimizer) is Nesterov:
        settings.rule = MOMENTUM
        settings.beta1 = optimizer.momentum
        memory[FIRST] = optimizer.velocity
    elif type(optimizer) is AdamW:
        settings.rule = ADAPTIVE
        settings.beta1, settings.beta2 = optimizer.beta1, optimizer.beta2
        settings.epsilon = optimizer.epsilon
        counted = optimizer.steps_taken + 1 + np.arange(steps)
        settings.scale1 = 1 / (1 - optimizer.beta1**counted)
        settings.scale2 = 1 / (1 - optimizer.beta2**counted)
        optimizer.steps_taken += steps
        memory[FIRST], memory[SECOND] = optimizer.m, optimizer.v
    else:
        return None
    if average is not None:
        settings.has_average = 1
        settings.ema_decay = [average.next_decay() for _ in range(steps)]
        memory[AVERAGE] = average.parameters
    settings.update_all_rows = (
        (settings.rule != PLAIN) | (settings.weight_scale != 1) | (settings.has_average != 0)
    )
    return settings, memory


def _targets(labels: Array, classes: int, dtype: npt.DTypeLike) -> Array:
    """Labels as one-hot targets, (N, C); soft targets as they are."""
    return np.eye(classes, dtype=dtype)[labels] if labels.ndim == 1 else labels.astype(dtype, copy=False)
