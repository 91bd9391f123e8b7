"""A process for each contender: its own threads and environment, away from the others.

TensorFlow, JAX and PyTorch in one process fight over threads, and each reads its settings when imported.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.peers.tasks import Measure, Task, Times
from engine.data.datasets import Dataset, Examples, load_mnist

QUICK_DIGITS, QUICK_TEST_DIGITS = 640, 200


class Worker:
    """Runs the tasks of one contender, in a process that may use ``threads`` cores and threads."""

    def __init__(self, name: str, threads: int, quick: bool = False) -> None:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=_start, initargs=(name, threads, quick)
        )
        with _environment(_settings(threads)):  # which the new process inherits
            self._pool.submit(os.getpid).result()

    def prepare(self, task: Task) -> None:
        """Make a task ready; raises what the contender raises."""
        self._pool.submit(_prepare, task).result()

    def measure(self) -> Times:
        """Do the task that was prepared, once."""
        return self._pool.submit(_measure).result()

    def close(self) -> None:
        self._pool.shutdown()


class Team:
    """The workers of all contenders, each started when it is first needed."""

    def __init__(self, threads: int, quick: bool = False) -> None:
        self._threads, self._quick = threads, quick
        self._workers: dict[str, Worker] = {}

    def worker(self, name: str) -> Worker:
        if name not in self._workers:
            self._workers[name] = Worker(name, self._threads, self._quick)
        return self._workers[name]

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers.values():
            worker.close()


def _settings(threads: int) -> dict[str, str]:
    """The environment that holds every framework to a number of threads, on the CPU, without chatter."""
    one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return {
        **{f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
        "XLA_FLAGS": one_thread if threads == 1 else "",
        "JAX_PLATFORMS": "cpu",
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        # Compiled once for all runs.
        "TORCHINDUCTOR_CACHE_DIR": str(Path(tempfile.gettempdir()) / "inkdigits-inductor"),
    }


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


# ---- In the contender's process ---------------------------------------------------------------------------

_name, _threads, _quick = "", 1, False
_data: list[Dataset] = []
_ready: list[Measure] = []


def _start(name: str, threads: int, quick: bool) -> None:
    global _name, _threads, _quick
    _name, _threads, _quick = name, threads, quick
    if hasattr(os, "sched_setaffinity"):  # helper threads of a framework count as its own
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _prepare(task: Task) -> None:
    _ready.clear()  # frees the memory of the task before
    if not _data:
        _data.append(easy_digits() if _quick else load_mnist())
    measure = task.prepare(_name, _data[0], _threads)
    measure()  # compile, allocate, fill the caches
    _ready.append(measure)


def _measure() -> Times:
    return _ready[0]()


def easy_digits() -> Dataset:
    """Made-up digits that any network learns in an epoch or two: ten blots, with noise."""
    random = np.random.default_rng(0)
    blots = np.where(random.random((10, 28, 28)) < 0.2, 220, 0)
    n = QUICK_DIGITS + QUICK_TEST_DIGITS
    labels = random.integers(0, 10, n)
    images = blots[labels] * (random.random((n, 28, 28)) < 0.9)
    digits = Examples(images.astype(np.uint8), labels)
    return Dataset("easy", digits[:QUICK_DIGITS], digits[QUICK_DIGITS:])
