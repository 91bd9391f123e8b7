"""The same work done by inkdigits and by its peers, side by side: PyTorch and ONNX Runtime.

    python -m benchmarks.peers                    # everything, about half an hour; --quick for a glance
    python -m benchmarks.peers --only epochs answers --rounds 9

Needs the extra ``peers``. The same arrays in memory, float32, learning rate, order of the examples and number
of threads for everybody; that they learn the same is checked before any clock starts. The contenders take
turns (A B A B ...), and each round gives one ratio: what is printed is the median over the rounds, and the
lowest and highest in brackets. Writes ``benchmarks/results/peers.json`` and a picture of it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from backends import Backend, get_backend
from backends.base import Array, Parameters, scale_pixels
from backends.numba_backend import NumbaBackend
from backends.optimizers import SGD, AdamW, Nesterov, Optimizer, WeightAverage
from engine.datasets import Examples, load_mnist
from engine.network import initial_parameters

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
LAYER_SIZES = (784, 128, 64, 10)
SGD_RATE = {1: 0.01}  # 0.1 for other batch sizes
FEW = 3000  # examples of a short epoch, where a whole one would take minutes; times are scaled up
Run = Callable[[], Any]


@dataclass
class Row:
    """One kind of work: who took how long, and how that compares."""

    work: str
    group: str
    threads: int
    unit: str
    goals: dict[str, float] = field(default_factory=dict)  # opponent -> so many times as fast
    times: dict[str, list[float]] = field(default_factory=dict)  # contender -> one for each round

    def ratio(self, opponent: str, ours: str = "numba") -> tuple[float, float, float]:
        """How many times as fast we are: median, lowest and highest over the rounds."""
        ratios = [theirs / mine for theirs, mine in zip(self.times[opponent], self.times[ours], strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)

    def __str__(self) -> str:
        lines = [f"{self.work}, {self.threads} thread{'s' * (self.threads > 1)}"]
        for name, times in self.times.items():
            middle, low, high = statistics.median(times), min(times), max(times)
            line = f"  {name:24} {middle:10.4g} {self.unit} ({low:.4g}-{high:.4g})"
            for ours in ("numba", "numpy"):
                if name not in ("numba", ours) and ours in self.times:
                    middle, low, high = self.ratio(name, ours)
                    goal = f", goal {self.goals[name]:g}" if ours == "numba" and name in self.goals else ""
                    line += f"   {ours}: {middle:.2f} times as fast ({low:.2f}-{high:.2f}{goal})"
            lines.append(line)
        return "\n".join(lines)


def take_turns(row: Row, contenders: dict[str, Run], rounds: int, scale: float = 1) -> Row:
    """Time every contender once a round."""
    for run in contenders.values():
        run()  # compile, allocate, fill the caches
    row.times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            row.times[name].append((time.perf_counter() - started) * scale)
    print(row, flush=True)
    return row


@contextmanager
def threads_for_all(threads: int) -> Iterator[Backend]:
    """Hold NumPy's BLAS and PyTorch to so many threads; gives a Numba backend that uses as many."""
    import torch

    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        yield NumbaBackend(threads)


# ---- Training ---------------------------------------------------------------------------------------------


class TorchRun:
    """Training as a good user of PyTorch writes it: the data preloaded as a tensor, batches by indexing."""

    def __init__(
        self, start: Parameters, digits: Examples, optimizer: str, rate: float, compiled: bool = False
    ) -> None:
        import torch

        self.torch = torch
        self.x = torch.from_numpy(scale_pixels(digits.images, np.float32))
        self.labels = torch.from_numpy(digits.labels.astype(np.int64))
        self.start, self.optimizer, self.rate = start, optimizer, rate
        self.compiled = compiled
        self.restart()

    def restart(self) -> None:
        """Back to the first weights."""
        torch = self.torch
        layers: list[Any] = []
        for w, b in zip(self.start.weights, self.start.biases, strict=True):
            linear = torch.nn.Linear(*w.shape)
            linear.weight.data = torch.from_numpy(w.T.copy())
            linear.bias.data = torch.from_numpy(b.copy())
            layers += [linear, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        weights = [p for p in self.model.parameters() if p.ndim == 2]
        biases = [p for p in self.model.parameters() if p.ndim == 1]
        self.average = None
        if self.optimizer == "adamw":
            groups = [{"params": weights, "weight_decay": 0.01}, {"params": biases, "weight_decay": 0.0}]
            self.steps = torch.optim.AdamW(groups, lr=self.rate, fused=True)
            self.average = [p.detach().clone() for p in self.model.parameters()]
        elif self.optimizer == "nesterov":
            self.steps = torch.optim.SGD(
                self.model.parameters(), lr=self.rate, momentum=0.9, nesterov=True, fused=True
            )
        else:
            self.steps = torch.optim.SGD(self.model.parameters(), lr=self.rate, fused=True)
        cross_entropy = torch.nn.functional.cross_entropy
        model = self.model
        self.loss = lambda x, labels: cross_entropy(model(x), labels)
        if self.compiled:
            self.loss = torch.compile(self.loss)

    def epoch(self, order: Array, batch_size: int, rates: Array | None = None) -> float:
        """One pass over the examples; returns their mean loss."""
        torch = self.torch
        indices = torch.from_numpy(order)
        loss_sum = torch.zeros(())
        parameters = [p.detach() for p in self.model.parameters()]
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = indices[start : start + batch_size]
            loss = self.loss(self.x[batch], self.labels[batch])
            self.steps.zero_grad()
            loss.backward()
            if rates is not None:
                for group in self.steps.param_groups:
                    group["lr"] = float(rates[step])
            self.steps.step()
            if self.average is not None:
                torch._foreach_lerp_(self.average, parameters, 1 - min(0.999, (2 + step) / (11 + step)))
            loss_sum += loss.detach() * len(batch)
        return float(loss_sum) / len(order)

    def accuracy(self, x: Any, labels: Any) -> float:
        with self.torch.inference_mode():
            return float((self.model(x).argmax(1) == labels).float().mean())


class OurRun:
    """The same with a backend of ours."""

    def __init__(
        self, start: Parameters, digits: Examples, optimizer: str, rate: float, backend: Backend
    ) -> None:
        self.backend, self.start, self.optimizer, self.rate = backend, start, optimizer, rate
        self.images, self.labels = backend.prepare_images(digits.images, np.float32), digits.labels
        self.restart()

    def restart(self) -> None:
        self.parameters = self.start.copy()
        self.average: WeightAverage | None = None
        self.steps: Optimizer = SGD()
        if self.optimizer == "adamw":
            self.steps = AdamW(self.parameters, weight_decay=0.01)
            self.average = WeightAverage(self.parameters, 0.999)
        elif self.optimizer == "nesterov":
            self.steps = Nesterov(self.parameters)

    def epoch(self, order: Array, batch_size: int, rates: Array | None = None) -> float:
        if rates is None:
            rates = np.full(math.ceil(len(order) / batch_size), self.rate)
        return self.backend.train_minibatches(
            self.parameters, self.steps, self.images, self.labels, order, batch_size, rates, self.average
        )

    def accuracy(self, x: Array, labels: Array) -> float:
        return float((self.backend.predict_proba(self.parameters, x).argmax(1) == labels).mean())


def compile_works() -> bool:
    """Whether torch.compile does, here: it wants a C++ compiler."""
    import torch

    try:
        torch.compile(lambda x: x + 1)(torch.zeros(3))
    except Exception as error:
        print(f"torch.compile does not work here: {type(error).__name__}")
        return False
    return True


def trainers(
    start: Parameters,
    digits: Examples,
    optimizer: str,
    rate: float,
    compiled_backend: Backend,
    torch_compile: bool,
) -> dict[str, OurRun | TorchRun]:
    """Everybody at the start of the same training run, checked to learn the same."""
    runs: dict[str, OurRun | TorchRun] = {
        "numba": OurRun(start, digits, optimizer, rate, compiled_backend),
        "numpy": OurRun(start, digits, optimizer, rate, get_backend("numpy")),
        "pytorch": TorchRun(start, digits, optimizer, rate),
    }
    if torch_compile:
        runs["pytorch compiled"] = TorchRun(start, digits, optimizer, rate, compiled=True)
    order = np.random.default_rng(1).permutation(len(digits))[:2048]
    losses = {name: run.epoch(order, 64) for name, run in runs.items()}
    for name, loss in losses.items():
        assert math.isclose(loss, losses["numpy"], rel_tol=1e-3), f"{name} learns otherwise: {losses}"
    return runs


def epochs(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """One epoch of plain SGD, at several batch sizes, and one of AdamW with a moving average."""
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(len(digits))
    goals = {
        (64, 1): 4,
        (64, 2): 6,
        (16, 1): 8,
        (16, 2): 12,
        (1, 1): 60,
        (1, 2): 60,
        (256, 1): 5,
        (256, 2): 5,
    }
    torch_compile = compile_works()
    for threads in options.threads:
        with threads_for_all(threads) as backend:
            for batch_size in (64, 16, 1, 256):
                optimizer = "adamw" if batch_size == 256 else "sgd"
                rate = 0.002 if batch_size == 256 else SGD_RATE.get(batch_size, 0.1)
                runs = trainers(start, digits, optimizer, rate, backend, torch_compile)
                some = order[:FEW] if batch_size == 1 else order

                def run(who: OurRun | TorchRun, n: int = batch_size, order: Array = some) -> None:
                    who.restart() if not getattr(who, "compiled", False) else None
                    who.epoch(order, n)

                what = "AdamW and moving average" if batch_size == 256 else "SGD"
                row = Row(f"one epoch, batch {batch_size}, {what}", "epochs", threads, "s")
                goal = goals.get((batch_size, threads))
                row.goals = {name: goal for name in runs if goal and name.startswith("pytorch")}
                contenders = {name: (lambda who=who: run(who)) for name, who in runs.items()}
                yield take_turns(row, contenders, options.rounds, len(order) / len(some))


def to_98(digits: Examples, options: argparse.Namespace) -> Iterator[Row]:
    """From arrays in memory to 98 % of the test digits, tested after each epoch; each at its own best."""
    test = load_mnist().test
    x = scale_pixels(test.images, np.float32)
    start = initial_parameters(LAYER_SIZES, np.random.default_rng(0))
    # (batch size, top rate, epochs of a falling schedule) of Nesterov's momentum
    settings = [(16, 0.01, 4), (16, 0.02, 5), (32, 0.02, 4), (32, 0.03, 5), (64, 0.06, 5), (128, 0.1, 6)]

    def seconds(new_run: Callable[[], OurRun | TorchRun], x: Any, labels: Any, setting: Any) -> float:
        batch_size, rate, epochs = setting
        steps = math.ceil(len(digits) / batch_size)
        rates = rate * 0.5 * (1 + np.cos(np.pi * np.arange(epochs * steps) / (epochs * steps)))
        random = np.random.default_rng(0)
        started = time.perf_counter()
        run = new_run()
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
            news: dict[str, Callable[[], OurRun | TorchRun]] = {
                "numba": lambda backend=backend: OurRun(start, digits, "nesterov", 0.0, backend),
                "pytorch": lambda: TorchRun(start, digits, "nesterov", 0.0),
            }
            news["numba"]().epoch(np.arange(64), 64)
            row = Row("from arrays in memory to 98 % of the test digits", "to 98 %", threads, "s")
            row.goals = {"pytorch": 6}
            best = {}
            for name, new in news.items():
                tried = {setting: seconds(new, *inputs[name], setting) for setting in settings}
                best[name] = min(tried, key=lambda setting: tried[setting])
                print(f"  {name}: { ({s: round(t, 2) for s, t in tried.items()}) }")
            row.times = {name: [] for name in news}
            for _ in range(options.rounds):
                for name, new in news.items():
                    row.times[name].append(seconds(new, *inputs[name], best[name]))
            print(row, flush=True)
            yield row


# ---- Answers ----------------------------------------------------------------------------------------------


def onnx_session(parameters: Parameters, threads: int) -> Any:
    """The network in ONNX Runtime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants, name = [], [], "x"
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        constants += [numpy_helper.from_array(w, f"w{layer}"), numpy_helper.from_array(b, f"b{layer}")]
        if layer:
            nodes.append(helper.make_node("Relu", [name], [f"a{layer}"]))
            name = f"a{layer}"
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"z{layer}"]))
        name = f"z{layer}"
    nodes.append(helper.make_node("Softmax", [name], ["p"], axis=1))
    pixels, classes = parameters.layer_sizes[0], parameters.layer_sizes[-1]
    graph = helper.make_graph(
        nodes,
        "inkdigits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", pixels])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", classes])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


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
                    row = Row(f"{n:,} digits", "answers", threads, "ms", {"onnxruntime": 2, "pytorch": 2})
                    yield take_turns(row, contenders, options.rounds, 1000)
                elif threads == 1:
                    yield from one_digit(contenders, options.rounds)


def one_digit(contenders: dict[str, Run], rounds: int) -> Iterator[Row]:
    """Median and 99th percentile of single answers."""
    median = Row("one digit, median", "answers", 1, "us", {"onnxruntime": 5, "pytorch": 5})
    p99 = Row("one digit, 99th percentile", "answers", 1, "us", {"onnxruntime": 5, "pytorch": 5})
    for row in (median, p99):
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
    for row in (median, p99):
        print(row, flush=True)
        yield row


# ---- Processes --------------------------------------------------------------------------------------------

ANSWER = """
import numpy as np
from engine.network import Network
Network.load(backend={!r}).predict_proba(np.zeros((1, 28, 28), np.float32))
"""
EPOCH = """
from pathlib import Path
import numpy as np
from benchmarks.peers import LAYER_SIZES, OurRun, TorchRun, get_backend, initial_parameters, load_mnist
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
    row.goals = {"import torch": 2}
    codes = {"numba": ANSWER.format("numba"), "numpy": ANSWER.format("numpy"), "import torch": "import torch"}
    contenders = {name: (lambda code=code: python(code)) for name, code in codes.items()}
    yield take_turns(row, contenders, options.rounds)

    row = Row("peak memory of a training run, one epoch", "processes", 1, "MB", {"pytorch": 2})
    codes = {
        "numba": "OurRun(start, digits, 'sgd', 0.1, get_backend('numba'))",
        "numpy": "OurRun(start, digits, 'sgd', 0.1, get_backend('numpy'))",
        "pytorch": "TorchRun(start, digits, 'sgd', 0.1)",
    }
    row.times = {name: [python(EPOCH.format(run)) for _ in range(3)] for name, run in codes.items()}
    print(row, flush=True)
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
    row = Row(f"{useful / 1e9:.2f} GFLOP of an epoch, batch 64", "bound", 1, "s")
    with threads_for_all(1) as backend:
        run = OurRun(start, digits, "sgd", 0.1, backend)
        take_turns(
            row,
            {"numba": lambda: run.epoch(order, 64), "sgemm": lambda: a @ a},
            max(options.rounds, 9),
        )
    row.times["sgemm"] = [useful * seconds / (2 * 2048**3) for seconds in row.times["sgemm"]]
    print(f"  sgemm: {useful / 1e9 / statistics.median(row.times['sgemm']):.0f} GFLOP/s")
    print(row, flush=True)
    yield row


# ---- Results ----------------------------------------------------------------------------------------------

GROUPS = {
    "epochs": epochs,
    "bound": bound,
    "answers": answers,
    "to98": to_98,
    "processes": processes,
    "sizes": sizes,
}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ("numpy", "numba", "torch", "onnxruntime", "onnx")
    git = ["git", "describe", "--always", "--dirty"]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: importlib.metadata.version(package) for package in packages},
        "commit": subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip(),
        "taken": time.strftime("%Y-%m-%d %H:%M"),
    }


def draw(rows: list[Row], path: Path) -> None:
    """Left: how many times as fast as the fastest peer, and the goals. Right: an epoch by batch size."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    ours, theirs, pale = "#1f5fa8", "#8a8f98", "#c9ced6"
    compared = [row for row in rows if row.goals]
    growth = [row for row in rows if row.group == "sizes" and row.work.startswith("batch size")]
    figure, axes = plt.subplots(
        1, 2 if growth else 1, figsize=(11 if growth else 7, 4.6), squeeze=False, layout="constrained"
    )
    left = axes[0, 0]
    for y, row in enumerate(reversed(compared)):
        opponent = min(row.goals, key=row.ratio)
        middle, low, high = row.ratio(opponent)
        left.barh(y, middle, color=ours, height=0.6)
        left.plot([low, high], [y, y], color="black", linewidth=1)
        left.text(high * 1.08, y, f"{middle:.1f}", va="center")
        left.plot([row.goals[opponent]] * 2, [y - 0.38, y + 0.38], color="#d1762b", linewidth=2)
    left.set_yticks(range(len(compared)), [f"{row.work} ({row.threads})" for row in reversed(compared)])
    left.set_xscale("log")
    left.axvline(1, color=pale, linewidth=1)
    left.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    left.minorticks_off()
    left.set_title("times as fast as the fastest peer (threads); orange: goal", loc="left", fontsize=10)
    if growth:
        right = axes[0, 1]
        x = [int(row.work.split()[-1]) for row in growth]
        for name, colour, dashes in (("numba", ours, "-"), ("numpy", ours, "--"), ("pytorch", theirs, "-")):
            y = [statistics.median(row.times[name]) for row in growth]
            right.plot(x, y, dashes, color=colour, marker="o", markersize=4)
            right.annotate(name, (x[0], y[0]), xytext=(6, 4), textcoords="offset points", color=colour)
        right.set(xscale="log", yscale="log", xlabel="batch size")
        right.set_xticks(x, [str(each) for each in x])
        right.minorticks_off()
        right.set_title("seconds for an epoch, one thread", loc="left", fontsize=10)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="what to compare")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="numbers of threads (1 2)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs (5)")
    parser.add_argument("--quick", action="store_true", help="two rounds, one thread")
    parser.add_argument("--output", type=Path, default=RESULTS, help="folder for peers.json and peers.png")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.threads = 2, [1]
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(tempfile.gettempdir()) / "inkdigits-inductor"))
    digits = load_mnist().train
    NumbaBackend().warm_up(LAYER_SIZES)
    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for group in options.only:
        for row in GROUPS[group](digits, options):
            rows.append(row)
            result = {"machine": machine(), "rows": [asdict(each) for each in rows]}
            (options.output / "peers.json").write_text(json.dumps(result, indent=1) + "\n")
    draw(rows, options.output / "peers.png")


if __name__ == "__main__":
    main()
