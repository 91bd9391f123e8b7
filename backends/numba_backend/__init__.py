"""The fast path: the contract's kernels compiled by Numba, and its compositions fused.

This file is the thin side that Python sees. The loops are in the other files of this folder, which are
imported when a backend is made, so that a program that does not ask for Numba does not wait for it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from backends import checks
from backends.arrays import Array, Parameters, scale_pixels
from backends.base import Backend
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer

BYTE = np.dtype(np.uint8)
VECTOR = 16  # outputs are rounded up to a multiple of this
CACHE_LINE = 64  # bytes
CHUNK = 64  # images that are read together
FEW = 8  # up to so many images are read one by one
MANY = 16  # images of a batch that make another thread worth while


class NumbaBackend(Backend):
    """The kernels compiled by Numba; raises ImportError where Numba is not installed.

    Parameters
    ----------
    threads : how many threads share the work of training and of reading many images; any number gives
        the same results, bit for bit
    """

    name = "numba"

    def __init__(self, threads: int = 1) -> None:
        from backends.numba_backend import fused as numba_fused
        from backends.numba_backend import kernels as numba_kernels

        super().__init__(threads)
        self._known: _Known | None = None
        self._kernels = numba_kernels
        self._fused = numba_fused
        self._predict_few = numba_fused.predict_few
        self._scale_bytes = numba_fused.scale_bytes

    @cached_property
    def imaging(self) -> ModuleType:
        """Imported when the first picture is made: who only reads pictures answers sooner."""
        from backends.numba_backend import imaging as numba_imaging

        return numba_imaging

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
        # A digit takes two microseconds here, and each attribute that is looked up 0.03.
        known = self._known
        if known is None or known.parameters is not parameters:
            known = self._known = _Known(parameters)
        if not known.reads(x):
            x = checks.inputs("predict_proba", parameters, x)
        if x.shape in known.shapes:
            p = np.empty((len(x), known.classes), known.dtype)
            self._predict_few(known.table, x, p)
            return p
        layers = _pack(parameters)
        p = np.empty((len(x), parameters.outputs), x.dtype)
        threads = self._team(len(x) // CHUNK)

        def read(thread: int) -> None:
            first, last = len(x) * thread // threads, len(x) * (thread + 1) // threads
            scratch = [_zeros((CHUNK, w.shape[1]), w.dtype) for w in layers]
            self._fused.predict(layers, tuple(scratch), x, first, last, p)

        _together(read, threads)
        return p

    def predict_images(self, parameters: Parameters, images: npt.ArrayLike) -> Array:
        """As `Backend.predict_images`; the range of a few images is checked while they are read.

        Whatever is not as most images are takes the general way, which also says what is wrong with it.
        """
        known = self._known
        if known is None or known.parameters is not parameters:
            known = self._known = _Known(parameters)
        if type(images) is np.ndarray and images.flags.carray:
            rows = images
            if images.ndim == 3 and 0 < len(images) <= FEW:
                rows = images.reshape(len(images), -1)
            if rows.shape in known.shapes:
                if rows.dtype == BYTE:
                    scaled = np.empty(rows.shape, known.dtype)
                    self._scale_bytes(rows, scaled)
                    rows = scaled
                if rows.dtype == known.dtype:
                    p = np.empty((len(rows), known.classes), known.dtype)
                    if self._predict_few(known.table, rows, p):
                        return p
        return super().predict_images(parameters, images)

    def train_minibatches(
        self,
        parameters: Parameters,
        optimizer: Optimizer,
        images: Array,
        labels: Array,
        order: Array,
        batch_size: int,
        learning_rates: Array,
        average: ExponentialMovingAverage | None = None,
    ) -> float:
        fused = self._fused
        images, labels, order, batch_size, learning_rates = checks.training(
            "train_minibatches",
            parameters,
            optimizer,
            images,
            labels,
            order,
            batch_size,
            learning_rates,
            average,
        )
        ruled = _rules(fused, optimizer, learning_rates, math.ceil(len(order) / batch_size), average)
        if ruled is None:  # somebody's own optimizer
            return super().train_minibatches(
                parameters, optimizer, images, labels, order, batch_size, learning_rates, average
            )
        rules, memories = ruled
        memory = [each or parameters for each in memories]  # what is not needed is not looked at
        packed = {id(each): _pack(each) for each in (parameters, *memory)}
        layers = tuple(zip(packed[id(parameters)], *(packed[id(each)] for each in memory), strict=True))
        batch_size = min(batch_size, len(order))
        threads = self._team(batch_size // MANY)
        dtype = parameters.dtype
        pixels = images.shape[1]
        words = math.ceil(fused.share(batch_size, threads) / fused.WORD)
        losses = np.empty(len(order))
        meetings = np.zeros(1, np.int64)
        arguments = (
            meetings,
            rules,
            packed[id(parameters)],
            layers,
            _turned(packed[id(parameters)]),
            tuple(_zeros((batch_size, layer[0].shape[1]), dtype) for layer in layers),
            tuple(_zeros((batch_size, layer[0].shape[1]), dtype) for layer in layers),
            _ink_scratch(batch_size, pixels, dtype),
            np.empty((threads, words, pixels), np.uint64),
            images,
            GREY.astype(dtype) if images.dtype == np.uint8 else None,
            _targets(labels[order], parameters.layer_sizes[-1], dtype),
            order.astype(np.int64),
            batch_size,
            parameters.layer_sizes[-1],
            losses,
        )

        def train(thread: int) -> None:
            try:
                fused.train(thread, threads, *arguments)
            except Exception:
                meetings[0] = fused.NO_MORE_BARRIERS  # or the others would wait for ever
                raise

        _together(train, threads)
        for each in (parameters, *memory):
            _unpack(packed[id(each)], each)
        return float(losses.mean())

    def _team(self, useful: int) -> int:
        """How many threads to take: no more than are useful, nor than there are cores.

        They wait for each other without sleeping, which is very slow where they have to share a core.
        """
        return max(1, min(self.threads, useful, _cores()))

    def warm_up(
        self, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32, training: bool = True
    ) -> None:
        """Compile: what reads one drawing, and for training a step on one blank image and a test."""
        parameters = Parameters.zeros(layer_sizes, dtype)
        self.predict_images(parameters, np.zeros((1, layer_sizes[0]), np.uint8))
        lines = self.imaging.draw_lines(np.zeros((1, 2, 2)), np.ones((1, 1), bool), np.ones(1), 1, 1)
        self.imaging.center_by_mass(lines, 1)
        if training:
            images = self.prepare_images(np.zeros((1, layer_sizes[0]), np.uint8), dtype)
            labels, order = np.zeros(1, np.uint8), np.zeros(1, np.int64)
            self.train_minibatches(parameters, SGD(), images, labels, order, 1, np.ones(1))
            self.predict_proba(parameters, np.zeros((FEW + 1, layer_sizes[0]), dtype))


GREY = scale_pixels(np.arange(256, dtype=np.uint8)[None], np.float64)[0]


def _rules(
    fused: ModuleType,
    optimizer: Optimizer,
    learning_rates: Array,
    steps: int,
    average: ExponentialMovingAverage | None,
) -> tuple[Array, list[Parameters | None]] | None:
    """What each step of an optimizer needs to know, a row a step, and its memories: m, v and the average.

    None for an optimizer that is not built in. Changes the counts of steps of ``optimizer`` and ``average``.
    """
    rules = np.zeros((steps, fused.DECAY + 1))
    memory: list[Parameters | None] = [None, None, None]
    rules[:, fused.RATE] = learning_rates[:steps]
    rules[:, fused.KEEP] = 1 - rules[:, fused.RATE] * optimizer.weight_decay
    if type(optimizer) is SGD:
        rules[:, fused.KIND] = fused.SGD
    elif type(optimizer) is Nesterov:
        rules[:, fused.KIND] = fused.NESTEROV
        rules[:, fused.BETA1] = optimizer.momentum
        memory[0] = optimizer.velocity
    elif type(optimizer) is AdamW:
        rules[:, fused.KIND] = fused.ADAMW
        rules[:, fused.BETA1], rules[:, fused.BETA2] = optimizer.beta1, optimizer.beta2
        rules[:, fused.EPSILON] = optimizer.epsilon
        counted = optimizer.steps_taken + 1 + np.arange(steps)
        rules[:, fused.SCALE1] = 1 / (1 - optimizer.beta1**counted)
        rules[:, fused.SCALE2] = 1 / (1 - optimizer.beta2**counted)
        optimizer.steps_taken += steps
        memory[:2] = optimizer.m, optimizer.v
    else:
        return None
    if average is not None:
        rules[:, fused.AVERAGE] = 1
        rules[:, fused.DECAY] = [average.next_decay() for _ in rules]
        memory[2] = average.parameters
    rules[:, fused.EVERY] = (
        (rules[:, fused.KIND] != fused.SGD) | (rules[:, fused.KEEP] != 1) | (rules[:, fused.AVERAGE] != 0)
    )
    return rules, memory


def _pack(parameters: Parameters) -> tuple[Array, ...]:
    """Each layer as one array (I + 1, O), the biases below the weights, O rounded up to whole vectors."""
    layers = []
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        inputs, outputs = w.shape
        layer = _zeros((inputs + 1, math.ceil(outputs / VECTOR) * VECTOR), w.dtype)
        layer[:inputs, :outputs], layer[inputs, :outputs] = w, b
        layers.append(layer)
    return tuple(layers)


def _zeros(shape: tuple[int, int], dtype: npt.DTypeLike) -> Array:
    """As `np.zeros`, at the start of a cache line: a vector that lies in two of them takes two loads."""
    rows, columns = shape
    dtype = np.dtype(dtype)
    room = np.zeros(rows * columns + CACHE_LINE // dtype.itemsize, dtype)
    first = -room.ctypes.data % CACHE_LINE // dtype.itemsize
    return room[first : first + rows * columns].reshape(shape)


def _turned(layers: tuple[Array, ...]) -> tuple[Array, ...]:
    """Room for each layer's weights turned round, (O + 1, I), I rounded up to whole vectors; all zeros."""
    return tuple(
        _zeros((layer.shape[1] + 1, math.ceil((len(layer) - 1) / VECTOR) * VECTOR), layer.dtype)
        for layer in layers
    )


class _Known:
    """Parameters that a few images were read by, and where they lie in memory.

    The table has a row for each layer: weights, biases, I, O. It holds as long as ``parameters`` is kept: its
    arrays change in place, and never move.
    """

    __slots__ = ("classes", "dtype", "parameters", "shapes", "table")

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.classes = parameters.outputs
        self.dtype = parameters.dtype
        self.shapes: set[tuple[int, ...]] = set()  # none, where parameters do not lie row by row
        if all(each.flags.c_contiguous and each.flags.aligned for each in parameters.tensors()):
            layers = zip(parameters.weights, parameters.biases, strict=True)
            self.table = np.array([(w.ctypes.data, b.ctypes.data, *w.shape) for w, b in layers], np.int64)
            self.shapes = {(n, parameters.inputs) for n in range(FEW + 1)}

    def reads(self, x: Array) -> bool:
        """Whether x may be read by addresses: shape, dtype and layout are what the table was made for."""
        return type(x) is np.ndarray and x.flags.carray and x.shape in self.shapes and x.dtype == self.dtype


def _unpack(layers: tuple[Array, ...], parameters: Parameters) -> None:
    """Write packed layers back. Changes ``parameters``."""
    for layer, w, b in zip(layers, parameters.weights, parameters.biases, strict=True):
        w[:], b[:] = layer[:-1, : w.shape[1]], layer[-1, : w.shape[1]]


def _targets(labels: Array, classes: int, dtype: npt.DTypeLike) -> Array:
    """Labels as one-hot targets, (N, C); soft targets as they are."""
    return np.eye(classes, dtype=dtype)[labels] if labels.ndim == 1 else labels.astype(dtype, copy=False)


def _ink_scratch(n: int, pixels: int, dtype: npt.DTypeLike) -> tuple[Array, Array, Array]:
    """Room for the ink of n images, and one more where n is odd: pixels, values, how many there are."""
    return np.empty((n, pixels), np.int32), np.empty((n + 1, pixels), dtype), np.empty(n, np.int64)


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _together(part: Callable[[int], Any], threads: int) -> None:
    """Run part(0), part(1), ... at the same time; raises what any of them raises.

    Python's threads, new ones for each call: compiled code leaves the interpreter's lock, and Numba's own
    parallel loops abort the process when two threads use them, or hang after a fork.
    """
    if threads == 1:
        part(0)
    else:
        with ThreadPoolExecutor(threads) as team:
            list(team.map(partial(_on_its_own_core, part), range(threads)))


def _on_its_own_core(part: Callable[[int], Any], thread: int) -> None:
    """Run part(thread) on one core, another for each thread of a team, where the system lets us choose.

    Threads that wait without sleeping always look busy, so Linux leaves two of them on one core if they
    happen to start there, and each then waits for the other's turn: two and a half times the time.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[thread % len(cores)]})  # of this thread, which ends with its part
    part(thread)
