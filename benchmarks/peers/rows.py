"""What a comparison is: contenders who take turns at one kind of work, and how their times compare."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from backends.base import Backend
from backends.numba_backend import NumbaBackend

Run = Callable[[], Any]


@dataclass(frozen=True)
class Goal:
    """``ours`` is to be so many ``times`` as fast (or as small) as ``theirs``."""

    ours: str
    theirs: str
    times: float


@dataclass
class Row:
    """One kind of work: who took how long, and how that compares."""

    work: str
    group: str
    threads: int
    unit: str
    goals: list[Goal] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)  # contender -> one for each round

    def ratio(self, ours: str, theirs: str) -> tuple[float, float, float]:
        """How many times as fast we are: median, lowest and highest over the rounds."""
        ratios = [a / b for a, b in zip(self.times[theirs], self.times[ours], strict=True)]
        return statistics.median(ratios), min(ratios), max(ratios)

    def median(self, contender: str) -> float:
        return statistics.median(self.times[contender])

    def hardest(self, ours: str) -> Goal | None:
        """Of the goals of one of ours, the one against the fastest opponent."""
        goals = [goal for goal in self.goals if goal.ours == ours]
        return min(goals, key=lambda goal: self.median(goal.theirs), default=None)

    def __str__(self) -> str:
        lines = [f"{self.work}, {self.threads} thread{'s' * (self.threads > 1)}"]
        for name, times in self.times.items():
            spread = f"({min(times):.4g}-{max(times):.4g})"
            lines.append(f"  {name:24} {self.median(name):10.4g} {self.unit} {spread}")
        for goal in self.goals:
            middle, low, high = self.ratio(goal.ours, goal.theirs)
            against = f"{goal.ours} against {goal.theirs}"
            lines.append(f"  {against:40} {middle:.2f} times ({low:.2f}-{high:.2f}), goal {goal.times:g}")
        return "\n".join(lines)


def take_turns(row: Row, contenders: Mapping[str, Run], rounds: int, scale: float = 1) -> Row:
    """Time every contender once a round; times are multiplied by ``scale``."""
    for run in contenders.values():
        run()  # compile, allocate, fill the caches
    row.times = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            started = time.perf_counter()
            run()
            row.times[name].append((time.perf_counter() - started) * scale)
    return row


@contextmanager
def threads_for_all(threads: int) -> Iterator[Backend]:
    """Hold NumPy's BLAS and PyTorch to so many threads; gives a Numba backend that uses as many."""
    import torch

    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        yield NumbaBackend(threads)
