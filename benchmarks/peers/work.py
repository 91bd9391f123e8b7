"""The rows of the table, in groups: which contenders do which task, with how many threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.peers.contenders import PREDICTORS, TRAINERS
from benchmarks.peers.rows import Work
from benchmarks.peers.tasks import (
    AugmentedEpoch,
    Epoch,
    FirstAnswer,
    PeakMemory,
    Predict,
    PredictOne,
    ReachAccuracy,
    Setting,
    Sgemm,
    Task,
)
from engine.training.recipe import read_recipe

# Where a whole epoch would take a minute, some of its examples do; times are scaled up.
EXAMPLES = {64: None, 16: 15_000, 1: 3000}
SETTINGS = (
    Setting("sgd", 16, 0.2, 3),
    Setting("sgd", 16, 0.2, 4),
    Setting("sgd", 32, 0.3, 4),
    Setting("nesterov", 32, 0.02, 4),
    Setting("nesterov", 64, 0.06, 5),
    Setting("nesterov", 128, 0.1, 6),
    Setting("adamw", 64, 0.004, 3),
    Setting("adamw", 128, 0.005, 4),
    Setting("adamw", 256, 0.006, 5),
)
GROWTH = ("numba", "numpy", "pytorch", "jax")


def same(task: Task, names: tuple[str, ...]) -> dict[str, Task]:
    """The same task for several contenders."""
    return dict.fromkeys(names, task)


def epochs(threads: int, quick: bool) -> Iterator[Work]:
    """One epoch of plain SGD, at several batch sizes."""
    for batch_size, examples in EXAMPLES.items():
        task = Epoch(batch_size, 0.01 if batch_size == 1 else 0.1, examples=examples)
        yield Work(f"one epoch, batch {batch_size}, SGD", "epochs", threads, same(task, TRAINERS))


def answers(threads: int, quick: bool) -> Iterator[Work]:
    """The probabilities of one digit, and of ten thousand."""
    if threads == 1:
        for what, quantile in (("median", 0.5), ("99th percentile", 0.99)):
            yield Work(f"one digit, {what}", "answers", 1, same(PredictOne(quantile), PREDICTORS))
    yield Work("10,000 digits", "answers", threads, same(Predict(10_000), PREDICTORS))


def to_98(threads: int, quick: bool) -> Iterator[Work]:
    """From arrays in memory to 98 % of the test digits; JAX and TensorFlow by plain SGD alone."""
    task = ReachAccuracy(0.98, SETTINGS[2:4] if quick else SETTINGS)
    names = ("numba", "pytorch", "jax", "tensorflow, xla")
    yield Work("from arrays in memory to 98 % of the test digits", "to98", threads, same(task, names))


def recipe(threads: int, quick: bool) -> Iterator[Work]:
    """One epoch as the best recipe trains on pictures: AdamW, batch 256, a moving average."""
    title = "one epoch of the recipe, batch 256, AdamW, average"
    names = ("numba", "pytorch")
    augmented = AugmentedEpoch(256, 0.002, read_recipe("best").stages[0].images, 0.0 if quick else 0.95)
    yield Work(f"{title}, every image augmented", "recipe", threads, same(augmented, names))
    yield Work(f"{title}, as they are", "recipe", threads, same(Epoch(256, 0.002, "adamw"), names))


def bound(threads: int, quick: bool) -> Iterator[Work]:
    """An epoch at batch 64 against its useful multiply-adds at the speed of BLAS, one core."""
    if threads == 1:
        title = "an epoch at batch 64 against its multiply-adds at the speed of sgemm"
        yield Work(title, "bound", 1, {"numba": Epoch(64, 0.1), "sgemm": Sgemm()})


def processes(threads: int, quick: bool) -> Iterator[Work]:
    """From the start of a process to its first answer, and the peak memory of a training run."""
    if threads == 1:
        names = ("numba", "numpy", "pytorch", "onnxruntime", "openvino")
        yield Work("process start to first answer", "processes", 1, same(FirstAnswer(), names))
        yield Work("peak memory of a training run, one epoch", "processes", 1, same(PeakMemory(), TRAINERS))


def sizes(threads: int, quick: bool) -> Iterator[Work]:
    """An epoch against batch size, width of the first layer, and number of examples; one thread."""
    if threads > 1:
        return

    def work(title: str, n: int | None, batch_size: int, hidden: int = 128) -> Work:
        examples = min(n or 60_000, max(3000, 60 * batch_size))
        task = Epoch(batch_size, 0.01, hidden=(hidden, 64), data=n, examples=examples)
        return Work(title, "sizes", 1, same(task, GROWTH))

    yield from (work(f"batch size {each}", None, each) for each in (1, 16, 64, 256, 1024))
    yield from (work(f"first layer {each}", None, 64, each) for each in (32, 128, 512, 1024))
    yield from (work(f"examples {each}", each, 64) for each in (1000, 8000, 60_000))


GROUPS: dict[str, Callable[[int, bool], Iterator[Work]]] = {
    "epochs": epochs,
    "answers": answers,
    "to98": to_98,
    "recipe": recipe,
    "processes": processes,
    "bound": bound,
    "sizes": sizes,
}
# The rows of the README's table: group, then title.
SUMMARY = (
    "one epoch, batch 64, SGD",
    "one epoch, batch 16, SGD",
    "one epoch, batch 1, SGD",
    "one digit, median",
    "10,000 digits",
)
