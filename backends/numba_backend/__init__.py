"""The compiled backend: the contract's kernels by Numba, and its compositions fused into single calls.

This file is the thin side that Python sees; the loops are in the other files of this folder. It is imported
when a Numba backend is made, so that a program that does not ask for Numba does not wait for it.
"""

from __future__ import annotations

import copy
import math
import threading
from functools import cached_property
from types import ModuleType

import numpy as np
import numpy.typing as npt

import backends.numba_backend.versions  # noqa: F401  first: refuses a Numba whose internals are unknown
from backends import checks
from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.cores import usable_cores
from backends.numba_backend import fork, kernels, threads  # noqa: F401  fork: from now on, it waits
from backends.numba_backend.cache import tell_problems
from backends.numba_backend.compiler import on_first_compilation
from backends.numba_backend.packing import AddressTable, pack, unpack, unpack_memory, zeros_at_cache_line
from backends.numba_backend.predict import predict, predict_few, scale_bytes
from backends.numba_backend.step import prepare_step, step_settings
from backends.numba_backend.train import train
from backends.optimizers import ExponentialMovingAverage, Optimizer

BYTE = np.dtype(np.uint8)
CHUNK = 64  # images that are predicted together
FEW = 8  # up to this many images are predicted one by one
MANY = 16  # images of a batch that make another thread worth while


class NumbaBackend(Backend):
    """The kernels compiled by Numba.

    Parameters
    ----------
    threads : int
        How many threads share the work of training and of predicting many images. Any number gives the same
        results, bit for bit.
    """

    name = "numba"

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads)
        self._own = _OfThread()

    @cached_property
    def imaging(self) -> ModuleType:
        """Imported when the first image is drawn: a program that only predicts answers sooner."""
        from backends.numba_backend import imaging as numba_imaging

        return numba_imaging

    # ---- Kernels: the reference's formulas, compiled -------------------------------------------

    dense_forward = staticmethod(kernels.dense_forward)
    dense_backward_parameters = staticmethod(kernels.dense_backward_parameters)
    dense_backward_input = staticmethod(kernels.dense_backward_input)
    relu_forward = staticmethod(kernels.relu_forward)
    relu_backward = staticmethod(kernels.relu_backward)
    softmax_forward = staticmethod(kernels.softmax_forward)
    softmax_cross_entropy = staticmethod(kernels.softmax_cross_entropy)
    soft_cross_entropy = staticmethod(kernels.soft_cross_entropy)
    sgd_update = staticmethod(kernels.sgd_update)
    nesterov_update = staticmethod(kernels.nesterov_update)
    adamw_update = staticmethod(kernels.adamw_update)
    decay_update = staticmethod(kernels.decay_update)
    average_update = staticmethod(kernels.average_update)

    # ---- Compositions: fused --------------------------------------------------------------------

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        # A digit takes two microseconds here, and each attribute that is looked up 0.03.
        own = self._own.table
        if own is None or own.parameters is not parameters:
            own = self._own.table = AddressTable(parameters, FEW)
        if not own.fits(x):
            x = checks.inputs("predict_proba", parameters, x)
        if x.shape in own.shapes:
            p = np.empty((len(x), own.classes), own.dtype)
            predict_few(own.table, x, p)
            return p
        w = pack(parameters)
        p = np.empty((len(x), parameters.outputs), x.dtype)
        team = self._team(len(x) // CHUNK)

        def part(thread: int) -> None:
            first, last = len(x) * thread // team, len(x) * (thread + 1) // team
            a = tuple(zeros_at_cache_line((CHUNK, each.shape[1]), each.dtype) for each in w)
            predict(w, a, x, first, last, p)

        threads.run_team(part, team)
        return p

    def predict_images(self, parameters: Parameters, images: npt.ArrayLike) -> Array:
        """As `Backend.predict_images`; the range of a few images is checked while they are read.

        Whatever is not as most images are takes the general way, which also says what is wrong with it.
        """
        own = self._own.table
        if own is None or own.parameters is not parameters:
            own = self._own.table = AddressTable(parameters, FEW)
        if type(images) is np.ndarray and images.flags.carray:
            rows = images
            if images.ndim == 3 and 0 < len(images) <= FEW:
                rows = images.reshape(len(images), -1)
            if rows.shape in own.shapes:
                if rows.dtype == BYTE:
                    scaled = np.empty(rows.shape, own.dtype)
                    scale_bytes(rows, scaled)
                    rows = scaled
                if rows.dtype == own.dtype:
                    p = np.empty((len(rows), own.classes), own.dtype)
                    if predict_few(own.table, rows, p):
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
        set_up = step_settings(optimizer, learning_rates, math.ceil(len(order) / batch_size), average)
        if set_up is None:  # somebody's own optimizer
            return super().train_minibatches(
                parameters, optimizer, images, labels, order, batch_size, learning_rates, average
            )
        settings, memory = set_up
        batch_size = min(batch_size, len(order))
        team = self._team(batch_size // MANY)
        step = prepare_step(parameters, settings, memory, images, labels, order, batch_size, team)

        def part(thread: int) -> None:
            try:
                train(thread, team, step)
            except Exception:
                step.arrivals[0] = threads.NO_MORE_BARRIERS  # or the others would wait for ever
                raise

        threads.run_team(part, team)
        unpack(step.w, parameters)
        unpack_memory(step.memory, memory)
        return float(step.losses.mean())

    def _team(self, useful: int) -> int:
        """How many threads to take: no more than are useful, nor than there are cores.

        They wait for each other without sleeping, which is very slow where they have to share a core.
        """
        return max(1, min(self.threads, useful, usable_cores()))

    def warm_up(
        self,
        layer_sizes: tuple[int, ...],
        dtype: npt.DTypeLike = np.float32,
        optimizer: Optimizer | None = None,
        average: ExponentialMovingAverage | None = None,
    ) -> None:
        """Compile, on blank images: what predicts one digit, or what trains on bytes and predicts many."""
        if self.notify:
            notify = self.notify
            tell_problems(notify)
            on_first_compilation(lambda: notify("numba: compiling for this machine, once (some seconds)"))
        parameters = Parameters.zeros(layer_sizes, dtype)
        images = np.zeros((FEW + 1, layer_sizes[0]), np.uint8)
        if optimizer is None:
            self.predict_images(parameters, images[:1])
            return
        labels, order = np.zeros(len(images), np.uint8), np.zeros(1, np.int64)
        optimizer, average = copy.deepcopy((optimizer, average))
        self.train_minibatches(
            parameters, optimizer, self.prepare_images(images, dtype), labels, order, 1, np.ones(1), average
        )
        self.predict_images(parameters, images)


class _OfThread(threading.local):
    """What each thread that predicts has of its own."""

    table: AddressTable | None = None
