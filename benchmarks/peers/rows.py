"""A row of the table: who took how long, in every round, and how that compares."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from benchmarks.peers.contenders import CONTENDERS
from benchmarks.peers.tasks import Task, Times

PAUSE = 0.02  # seconds in which threads that spin after their work go to sleep


@dataclass(frozen=True)
class Work:
    """What is compared in a row: a task for each contender."""

    title: str
    group: str
    threads: int
    tasks: dict[str, Task]

    @property
    def key(self) -> tuple[str, int]:
        return self.title, self.threads


class Ratio(NamedTuple):
    """How many times as fast (or as small) we are: median, lowest and highest over the rounds."""

    median: float
    low: float
    high: float


@dataclass
class Row:
    """Every time of every contender. In the unit of the row; memory has a CPU time of zero."""

    title: str
    group: str
    threads: int
    unit: str
    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # why

    @property
    def key(self) -> tuple[str, int]:
        return self.title, self.threads

    @property
    def ours(self) -> str | None:
        """The one of ours that is compared: the compiled backend, through its public door."""
        return "numba" if "numba" in self.wall else None

    @property
    def fastest_rival(self) -> str | None:
        rivals = [name for name in self.wall if CONTENDERS[name].rival]
        return min(rivals, key=self.median_wall, default=None)

    def median_wall(self, name: str) -> float:
        return statistics.median(self.wall[name])

    def median_cpu(self, name: str) -> float:
        return statistics.median(self.cpu[name])

    def ratio(self, rival: str) -> Ratio:
        assert self.ours
        ratios = [a / b for a, b in zip(self.wall[rival], self.wall[self.ours], strict=True)]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        lines = [f"{self.title}, {threads_text(self.threads)}"]
        for name in sorted(self.wall, key=self.median_wall):
            wall = self.wall[name]
            spread = f"({min(wall):.4g}-{max(wall):.4g}), CPU {self.median_cpu(name):.4g}"
            against = f"{self.ratio(name).median:.2f} times ours" if self.ours and name != self.ours else ""
            lines.append(f"  {name:20} {self.median_wall(name):10.4g} {self.unit} {spread:32} {against}")
        lines += [f"  {name:20} left out: {why}" for name, why in self.left_out.items()]
        return "\n".join(lines)


def threads_text(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


class TaskRunner(Protocol):
    """What `measure` needs of a `benchmarks.peers.worker.Worker`."""

    def prepare(self, task: Task) -> None: ...

    def measure(self) -> Times: ...


def measure(work: Work, worker: Callable[[str], TaskRunner], rounds: int) -> Row:
    """Let the contenders take turns. One that fails or gives wrong results is left out; the row says why."""
    row = Row(work.title, work.group, work.threads, next(iter(work.tasks.values())).unit)
    ready: dict[str, TaskRunner] = {}
    for name, task in work.tasks.items():
        runner = worker(name)
        try:
            runner.prepare(task)
        except Exception as error:  # whatever a framework raises
            row.left_out[name] = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        else:
            ready[name] = runner
    row.wall, row.cpu = {name: [] for name in ready}, {name: [] for name in ready}
    for _ in range(rounds):
        for name, each in ready.items():
            times = each.measure()
            row.wall[name].append(times.wall)
            row.cpu[name].append(times.cpu)
            time.sleep(PAUSE)
    return row
