"""What a contender does: train an epoch, predict digits, learn up to 98 %, start a process.

A task travels to the contender's process and is prepared there. Preparing checks that the contender computes
what the NumPy reference computes, and raises `WrongResultError` if not: nothing wrong is ever timed. What
comes back is a function that does the work once and returns how long it took.
"""

from __future__ import annotations

import math
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from backends import get_backend
from backends.arrays import Array, Parameters, scale_pixels
from benchmarks.peers.contenders import CONTENDERS, ROOT, Predictor, Trainer
from engine.augmentation.images import ImageAugmentation
from engine.data.datasets import Dataset, Examples
from engine.model.network import initial_parameters

LAYER_SIZES = (784, 128, 64, 10)
FIRST_STEPS = 32  # whose mean loss must agree with the reference
CALLS = 2000  # single predictions in a measurement


class WrongResultError(Exception):
    """A contender computes something else than the reference."""


class Times(NamedTuple):
    """What one measurement gives: wall clock and CPU time of the whole process, in the task's unit."""

    wall: float
    cpu: float

    def scaled(self, factor: float) -> Times:
        return Times(self.wall * factor, self.cpu * factor)


Measure = Callable[[], Times]


def clock(work: Callable[[], Any]) -> Times:
    """Seconds that some work takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Times(time.perf_counter() - wall, time.process_time() - cpu)


class Task(ABC):
    """A kind of work."""

    unit: ClassVar[str] = "s"

    @abstractmethod
    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        """Make everything ready for the contender of that name; raises `WrongResultError`."""


def start_parameters(layer_sizes: tuple[int, ...] = LAYER_SIZES) -> Parameters:
    return initial_parameters(layer_sizes, np.random.default_rng(0))


def some_of(n: int, examples: int | None) -> Array:
    """The order of an epoch over n examples: all of them, or the first few of the same order."""
    return np.random.default_rng(0).permutation(n)[:examples]


# ---- Training ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Epoch(Task):
    """Train one epoch, from the first weights.

    Parameters
    ----------
    batch_size, rate, optimizer, hidden
        As usual.
    data : int or None
        Learn from the first of the examples only.
    examples : int or None
        Train on this many of the epoch's examples, and scale the time up to the whole epoch.
    """

    batch_size: int
    rate: float
    optimizer: str = "sgd"
    hidden: tuple[int, ...] = LAYER_SIZES[1:-1]
    data: int | None = None
    examples: int | None = None

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        digits = data.train[: self.data]
        start = start_parameters((LAYER_SIZES[0], *self.hidden, LAYER_SIZES[-1]))
        trainer: Trainer = CONTENDERS[name].load("trainer")(start, digits, self.optimizer, threads)
        order = some_of(len(digits), self.examples)
        self.check(trainer, start, digits, order[: FIRST_STEPS * self.batch_size])

        def measure() -> Times:
            trainer.restart()
            times = clock(lambda: trainer.epoch(order, self.batch_size, self.rate))
            return times.scaled(len(digits) / len(order))

        return measure

    def check(self, trainer: Trainer, start: Parameters, digits: Examples, order: Array) -> None:
        """The mean loss of the first steps is the reference's, within 0.1 %."""
        loss = trainer.epoch(order, self.batch_size, self.rate)
        reference: Trainer = CONTENDERS["numpy"].load("trainer")(start, digits, self.optimizer, 1)
        expected = reference.epoch(order, self.batch_size, self.rate)
        if not math.isclose(loss, expected, rel_tol=1e-3):
            raise WrongResultError(
                f"a mean loss of {loss:.6g} in the first steps, the reference {expected:.6g}"
            )


@dataclass(frozen=True)
class AugmentedEpoch(Task):
    """Train one epoch on fresh augmentations of all images: AdamW, a moving average.

    The random numbers differ, so what is checked is that two epochs reach an accuracy.
    """

    batch_size: int
    rate: float
    augmentation: ImageAugmentation
    accuracy: float

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        trainer: Trainer = CONTENDERS[name].load("trainer")(start_parameters(), data.train, "adamw", threads)
        trainer.augmentation = self.augmentation
        order = some_of(len(data.train), None)
        for _ in range(2):
            trainer.epoch(order, self.batch_size, self.rate)
        reached = accuracy(trainer, data.test)
        if reached < self.accuracy:
            raise WrongResultError(
                f"{reached:.1%} of the test digits after two epochs; {self.accuracy:.0%} is due"
            )
        return lambda: clock(lambda: trainer.epoch(order, self.batch_size, self.rate))


def accuracy(trainer: Trainer, test: Examples | None) -> float:
    assert test, "MNIST has test digits"
    scores = trainer.scores(scale_pixels(test.images, np.float32))
    return float((scores.argmax(axis=1) == test.labels).mean())


class Setting(NamedTuple):
    """One way to train: the learning rate falls in a straight line to zero."""

    optimizer: str
    batch_size: int
    rate: float
    epochs: int


@dataclass(frozen=True)
class ReachAccuracy(Task):
    """Train until an accuracy is reached, tested after each epoch. Each contender uses its best setting."""

    accuracy: float
    settings: tuple[Setting, ...]

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        make = CONTENDERS[name].load("trainer")
        trainers = {each: make(start_parameters(), data.train, each, threads) for each in make.optimizers}
        usable = [each for each in self.settings if each.optimizer in trainers]
        tried = {}
        for setting in usable:
            trainer = trainers[setting.optimizer]
            trainer.epoch(some_of(len(data.train), None), setting.batch_size, self.rates(setting, data)[0])
            tried[setting] = self.run(trainer, setting, data).wall
        best = min(tried, key=lambda setting: tried[setting])
        if math.isinf(tried[best]):
            raise WrongResultError(f"no setting reaches {self.accuracy:.0%}")
        return lambda: self.run(trainers[best.optimizer], best, data)

    def rates(self, setting: Setting, data: Dataset) -> Array:
        """The learning rate of each step of each epoch, (epochs, steps)."""
        steps = math.ceil(len(data.train) / setting.batch_size)
        falling = setting.rate * (1 - np.arange(setting.epochs * steps) / (setting.epochs * steps))
        return falling.astype(np.float32).reshape(setting.epochs, steps)

    def run(self, trainer: Trainer, setting: Setting, data: Dataset) -> Times:
        """The time to the accuracy; infinite if it is not reached."""
        trainer.restart()
        random = np.random.default_rng(0)
        reached = False

        def work() -> None:
            nonlocal reached
            for rates in self.rates(setting, data):
                trainer.epoch(random.permutation(len(data.train)), setting.batch_size, rates)
                reached = accuracy(trainer, data.test) >= self.accuracy
                if reached:
                    break

        times = clock(work)
        return times if reached else Times(math.inf, math.inf)


@dataclass(frozen=True)
class Sgemm(Task):
    """How long an epoch's useful multiply-adds take at the speed of BLAS. Zero pixels need none."""

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        a = np.ones((2048, 2048), np.float32)
        ink = np.count_nonzero(data.train.images)
        dense = 128 * 64 + 64 * 10
        useful = (
            2 * ink * 128 + 3 * len(data.train) * dense
        )  # forward and gradient, and the error of the inputs
        return lambda: clock(lambda: a @ a).scaled(useful / 2048**3)


# ---- Prediction -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Predict(Task):
    """The probabilities of n digits in one call."""

    n: int
    unit: ClassVar[str] = "ms"

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        predictor = checked_predictor(name, data, self.n, threads)
        return lambda: clock(predictor.predict).scaled(1e3)


@dataclass(frozen=True)
class PredictOne(Task):
    """The probabilities of one digit: a quantile of the time of many calls; the mean CPU time of a call."""

    quantile: float
    unit: ClassVar[str] = "µs"

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        predictor = checked_predictor(name, data, 1, threads)

        def measure() -> Times:
            times = np.empty(CALLS)
            cpu = time.process_time()
            for call in range(CALLS):
                started = time.perf_counter()
                predictor.predict()
                times[call] = time.perf_counter() - started
            cpu = time.process_time() - cpu
            return Times(float(np.quantile(times, self.quantile)), cpu / CALLS).scaled(1e6)

        return measure


def checked_predictor(name: str, data: Dataset, n: int, threads: int) -> Predictor:
    """A contender's predictor, whose probabilities are the reference's."""
    parameters = start_parameters()
    x = scale_pixels(data.train.images[:n], np.float32)
    predictor: Predictor = CONTENDERS[name].load("predictor")(parameters, x, threads)
    p = np.reshape(predictor.predict(), (len(x), LAYER_SIZES[-1]))
    expected = get_backend("numpy").predict_proba(parameters, x)
    if not np.allclose(p, expected, rtol=1e-3, atol=1e-5):
        raise WrongResultError(f"probabilities off by up to {np.abs(p - expected).max():.2g}")
    return predictor


# ---- Processes --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FirstAnswer(Task):
    """From the start of a Python process to its first prediction, with a model read from a file."""

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        predictor = CONTENDERS[name].load("predictor")
        model = Path(tempfile.mkdtemp()) / predictor.file_name
        predictor.save(start_parameters(), str(model))

        def answer() -> str:
            return run_python(predictor.first_answer, str(model))

        numbers = [float(each) for each in re.findall(r"\d\.\d+(?:e-\d+)?", answer())]
        if not np.allclose(numbers, 0.1, atol=1e-4):  # biases are zero, so a blank image leaves all open
            raise WrongResultError(f"a first answer of {numbers}")

        def measure() -> Times:
            started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            answer()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            return Times(time.perf_counter() - started, cpu)

        return measure


@dataclass(frozen=True)
class PeakMemory(Task):
    """The peak memory of a process that trains one epoch at batch 64; its CPU time is given as zero."""

    unit: ClassVar[str] = "MB"

    def prepare(self, name: str, data: Dataset, threads: int) -> Measure:
        path = Path(tempfile.mkdtemp()) / "digits.npz"
        np.savez(path, images=data.train.images, labels=data.train.labels)
        code = (
            f"from benchmarks.peers.tasks import print_peak; print_peak({name!r}, {str(path)!r}, {threads})"
        )
        peak = float(
            run_python(code).split()[-1]
        )  # once: it hardly varies, and importing TensorFlow takes 9 s
        return lambda: Times(peak, 0.0)


def print_peak(name: str, path: str, threads: int) -> None:
    """Train an epoch and print the peak memory of this process in MB."""
    with np.load(path) as arrays:
        digits = Examples(arrays["images"], arrays["labels"])
    trainer: Trainer = CONTENDERS[name].load("trainer")(start_parameters(), digits, "sgd", threads)
    trainer.epoch(some_of(len(digits), None), 64, 0.1)
    # Not getrusage: its peak counts what the parent held when it made this process.
    status = Path("/proc/self/status").read_text()
    print(int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024)


def run_python(code: str, *arguments: str) -> str:
    """What a program prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    return done.stdout
