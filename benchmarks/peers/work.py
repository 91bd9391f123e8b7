"""The kinds of work that are compared. Each gives rows, when everybody has done it."""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backends import get_backend
from backends.arrays import Array, scale_pixels
from benchmarks.peers.contenders import (
    LAYER_SIZES,
    OurRun,
    TorchRun,
    compile_works,
    onnx_session,
    trainers,
)
from benchmarks.peers.report import ROOT
from benchmarks.peers.rows import Goal, Row, Run, take_turns, threads_for_all
from engine.data.datasets import Examples, load_mnist
from engine.model.network import initial_parameters
from engine.training.recipe import read_recipe

SGD_RATE = {1: 0.01}  # 0.1 for other batch sizes
FEW = 3000  # examples of a short epoch, where a whole one would take minutes; times are scaled up

# ---- Training ---------------------------------------------------------------------------------------------


def epochs(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """One epoch of plain SGD, at several batch sizes."""
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(len(digits))
    goals = {(64, 1): 4, (64, 2): 6, (16, 1): 8, (16, 2): 12, (1, 1): 60, (1, 2): 60}
    torch_compile = compile_works()
    for threads in options.threads:
        with threads_for_all(threads) as backend:
            for batch_size in (64, 16, 1):
                rate = SGD_RATE.get(batch_size, 0.1)
                runs = trainers(start, digits, "sgd", rate, backend, torch_compile)
                some = order[:FEW] if batch_size == 1 else order

                def run(who: OurRun | TorchRun, n: int = batch_size, order: Array = some) -> None:
                    who.restart() if not getattr(who, "compiled", False) else None
                    who.epoch(order, n)

                row = Row(f"one epoch, batch {batch_size}, SGD", "epochs", threads, "s")
                times = goals.get((batch_size, threads))
                if times:
                    row.goals = [Goal("numba", name, times) for name in runs if name.startswith("pytorch")]
                if batch_size == 64:
                    row.goals.append(Goal("numpy", "pytorch", 1))
                contenders = {name: (lambda who=who: run(who)) for name, who in runs.items()}
                yield take_turns(row, contenders, options.rounds, len(order) / len(some))


def recipe(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """One epoch of the best recipe on pictures: AdamW, batch 256, moving average, pictures varied anew."""
    variation = read_recipe("best").stages[0].pictures
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(len(digits))
    test = load_mnist().test
    x = scale_pixels(test.images, np.float32)
    for threads in options.threads:
        with threads_for_all(threads) as backend:
            import torch

            varied: dict[str, OurRun | TorchRun] = {
                "numba": OurRun(start, digits, "adamw", 0.002, backend, variation),
                "pytorch": TorchRun(start, digits, "adamw", 0.002, variation=variation),
            }
            for name, run in varied.items():
                for _ in range(2):
                    run.epoch(order, 256)
                whom = (x, test.labels) if name == "numba" else map(torch.from_numpy, (x, test.labels))
                assert run.accuracy(*whom) > 0.95, f"{name} does not learn"
            plain = trainers(start, digits, "adamw", 0.002, backend, torch_compile=False)
            for what, runs in (("every picture varied", varied), ("as they are", plain)):
                row = Row(
                    f"one epoch of the recipe, batch 256, AdamW, average, {what}", "recipe", threads, "s"
                )
                if runs is varied:
                    row.goals = [Goal("numba", "pytorch", 5)]
                contenders = {name: partial(who.epoch, order, 256) for name, who in runs.items()}
                yield take_turns(row, contenders, options.rounds)


def to_98(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """From arrays in memory to 98 % of the test digits, tested after each epoch; each at its own best."""
    test = load_mnist().test
    x = scale_pixels(test.images, np.float32)
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    # (optimizer, batch size, top rate, epochs over which it falls in a straight line to 0)
    settings = [
        ("sgd", 16, 0.2, 3),
        ("sgd", 16, 0.2, 4),
        ("sgd", 32, 0.3, 4),
        ("nesterov", 32, 0.02, 4),
        ("nesterov", 64, 0.06, 5),
        ("nesterov", 128, 0.1, 6),
        ("adamw", 64, 0.004, 3),
        ("adamw", 128, 0.005, 4),
        ("adamw", 256, 0.006, 5),
    ]

    def seconds(new_run: Callable[[str], OurRun | TorchRun], x: Any, labels: Any, setting: Any) -> float:
        optimizer, batch_size, rate, epochs = setting
        steps = math.ceil(len(digits) / batch_size)
        rates = rate * (1 - np.arange(epochs * steps) / (epochs * steps))
        random = np.random.default_rng(0)
        started = time.perf_counter()
        run = new_run(optimizer)
        for epoch in range(epochs):
            run.epoch(random.permutation(len(digits)), batch_size, rates[epoch * steps : (epoch + 1) * steps])
            if run.accuracy(x, labels) >= 0.98:
                return time.perf_counter() - started
        return math.inf

    for threads in options.threads:
        with threads_for_all(threads) as backend:
            import torch

            inputs = {
                "numba": (x, test.labels),
                "pytorch": (torch.from_numpy(x), torch.from_numpy(test.labels)),
            }
            news: dict[str, Callable[[str], OurRun | TorchRun]] = {
                "numba": lambda optimizer, backend=backend: OurRun(start, digits, optimizer, 0.0, backend),
                "pytorch": lambda optimizer: TorchRun(start, digits, optimizer, 0.0),
            }
            for optimizer in ("sgd", "nesterov", "adamw"):
                news["numba"](optimizer).epoch(np.arange(64), 64)
            row = Row("from arrays in memory to 98 % of the test digits", "to 98 %", threads, "s")
            row.goals = [Goal("numba", "pytorch", 6)]
            best = {}
            for name, new in news.items():
                tried = {setting: seconds(new, *inputs[name], setting) for setting in settings}
                best[name] = min(tried, key=lambda setting: tried[setting])
                print(f"  {name}: { ({s: round(t, 2) for s, t in tried.items()}) }")
            row.times = {name: [] for name in news}
            for _ in range(options.rounds):
                for name, new in news.items():
                    row.times[name].append(seconds(new, *inputs[name], best[name]))
            yield row


# ---- Answers ----------------------------------------------------------------------------------------------


def answers(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """The probabilities of one digit, and of ten thousand."""
    import torch

    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    for threads in options.threads:
        with threads_for_all(threads) as backend:
            session = onnx_session(start, threads)
            model = TorchRun(start, digits[:64], "sgd", 0.1).model.eval()
            for n in (1, 10_000):
                x = scale_pixels(digits.images[:n], np.float32)
                tensor = torch.from_numpy(x)

                @torch.inference_mode()
                def torch_answer(model: Any, x: Any) -> Any:
                    return torch.softmax(model(x), 1)

                contenders: dict[str, Run] = {
                    "numba": partial(backend.predict_proba, start, x),
                    "numpy": partial(get_backend("numpy").predict_proba, start, x),
                    "onnxruntime": partial(session.run, ["p"], {"x": x}),
                    "pytorch": partial(torch_answer, model, tensor),
                }
                for name, run in contenders.items():
                    np.testing.assert_allclose(
                        np.reshape(run(), (n, 10)), contenders["numpy"](), rtol=1e-3, atol=1e-5, err_msg=name
                    )
                if n > 1:
                    row = Row(f"{n:,} digits", "answers", threads, "ms")
                    row.goals = [Goal("numba", name, 2) for name in ("onnxruntime", "pytorch")]
                    yield take_turns(row, contenders, options.rounds, 1000)
                elif threads == 1:
                    yield from one_digit(contenders, options.rounds)


def one_digit(contenders: dict[str, Run], rounds: int) -> Iterator[Row]:
    """Median and 99th percentile of single answers."""
    median = Row("one digit, median", "answers", 1, "us")
    p99 = Row("one digit, 99th percentile", "answers", 1, "us")
    for row in (median, p99):
        row.goals = [Goal("numba", name, 5) for name in ("onnxruntime", "pytorch")]
        row.times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times = []
            for _ in range(3000):
                started = time.perf_counter()
                run()
                times.append((time.perf_counter() - started) * 1e6)
            median.times[name].append(float(np.median(times)))
            p99.times[name].append(float(np.quantile(times, 0.99)))
    yield from (median, p99)


# ---- Processes --------------------------------------------------------------------------------------------

ANSWER = """
import numpy as np
from engine.model.network import Network
Network.load(backend={!r}).predict_proba(np.zeros((1, 28, 28), np.float32))
"""
EPOCH = """
from pathlib import Path
import numpy as np
from backends import get_backend
from benchmarks.peers.contenders import LAYER_SIZES, OurRun, TorchRun
from engine.data.datasets import load_mnist
from engine.model.network import initial_parameters
digits, start = load_mnist().train, initial_parameters(LAYER_SIZES, np.random.default_rng(0))
run = {}
run.epoch(np.random.default_rng(0).permutation(len(digits)), 64)
# Not getrusage, whose peak counts what the parent held when it made this process.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


def python(code: str) -> float:
    """Run code in a new process; returns what it prints, else the seconds that it took."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return float(done.stdout) if done.stdout.strip() else time.perf_counter() - started


def processes(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """From the start of a process to its first answer, and the peak memory of a training run."""
    row = Row("process start to first answer, or to `import torch`", "processes", 1, "s")
    row.goals = [Goal("numpy", "import torch", 5), Goal("numba", "import torch", 2)]
    codes = {"numba": ANSWER.format("numba"), "numpy": ANSWER.format("numpy"), "import torch": "import torch"}
    contenders = {name: (lambda code=code: python(code)) for name, code in codes.items()}
    yield take_turns(row, contenders, options.rounds)

    row = Row("peak memory of a training run, one epoch", "processes", 1, "MB")
    row.goals = [Goal("numba", "pytorch", 2), Goal("numpy", "pytorch", 2)]
    codes = {
        "numba": "OurRun(start, digits, 'sgd', 0.1, get_backend('numba'))",
        "numpy": "OurRun(start, digits, 'sgd', 0.1, get_backend('numpy'))",
        "pytorch": "TorchRun(start, digits, 'sgd', 0.1)",
    }
    row.times = {name: [python(EPOCH.format(run)) for _ in range(3)] for name, run in codes.items()}
    yield row


# ---- Growth, and the limit -------------------------------------------------------------------------------


def sizes(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """An epoch against batch size, width of the first layer, and number of examples; one thread."""
    with threads_for_all(1) as backend:

        def row(work: str, hidden: int, n: int, batch_size: int) -> Row:
            start = initial_parameters((784, hidden, 64, 10), np.random.default_rng(0))
            runs = trainers(start, digits[: max(n, 2048)], "sgd", 0.01, backend, torch_compile=False)
            few = min(n, max(FEW, 100 * batch_size))
            order = np.random.default_rng(0).permutation(n)[:few]
            contenders = {name: (lambda who=who: who.epoch(order, batch_size)) for name, who in runs.items()}
            return take_turns(Row(work, "sizes", 1, "s"), contenders, 3, n / few)

        for batch_size in (1, 4, 16, 64, 256, 1024):
            yield row(f"batch size {batch_size}", 128, len(digits), batch_size)
        for hidden in (32, 64, 128, 256, 512, 1024):
            yield row(f"first layer {hidden}", hidden, len(digits), 64)
        for n in (1000, 4000, 16_000, 60_000):
            yield row(f"examples {n}", 128, n, 64)


def bound(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """An epoch at batch 64 against its useful multiply-adds at the speed of BLAS, one core."""
    a = np.ones((2048, 2048), np.float32)
    ink = np.count_nonzero(digits.images)
    useful = 2 * (2 * ink * 128 + 3 * len(digits) * (128 * 64 + 64 * 10))
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(len(digits))
    row = Row("an epoch at batch 64 against its multiply-adds at the speed of sgemm", "bound", 1, "s")
    row.goals = [Goal("numba", "sgemm", 0.5)]
    with threads_for_all(1) as backend:
        run = OurRun(start, digits, "sgd", 0.1, backend)
        take_turns(
            row,
            {"numba": lambda: run.epoch(order, 64), "sgemm": lambda: a @ a},
            max(options.rounds, 9),
        )
    row.times["sgemm"] = [useful * seconds / (2 * 2048**3) for seconds in row.times["sgemm"]]
    speed = useful / 1e9 / row.median("sgemm")
    print(f"useful work {useful / 1e9:.2f} GFLOP; sgemm {speed:.0f} GFLOP/s")
    yield row


GROUPS = {
    "epochs": epochs,
    "recipe": recipe,
    "bound": bound,
    "answers": answers,
    "to98": to_98,
    "processes": processes,
    "sizes": sizes,
}
