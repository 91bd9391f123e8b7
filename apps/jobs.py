"""What `inkdigits sweep` and `inkdigits cross-validate` share: where runs are done, and their bars."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from apps.options import number_of
from apps.output import new_bar, say
from backends.cores import usable_cores
from engine.training.cluster import DaskPool
from engine.training.executor import Done, Event, Lost, Pool, ProcessPool, Update
from engine.training.jobs import Position, Shared


def add_executor(parser: argparse.ArgumentParser) -> None:
    """``--workers`` and ``--scheduler``, for `new_pool`."""
    parser.add_argument(
        "--workers",
        metavar="N",
        type=number_of("workers"),
        help="training runs at once, each in a process of its own (default: one for each core or, with "
        "threads, for as many cores as a run has threads)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="train on the workers of the Dask cluster with this scheduler, such as tcp://10.0.0.1:8786; "
        "they need inkdigits and no files",
    )


def new_pool(arguments: argparse.Namespace, shared: Shared) -> Pool:
    """The pool that the command line names."""
    if arguments.scheduler:
        return DaskPool(shared, arguments.scheduler)
    pool = ProcessPool(shared, shared.backend.threads, arguments.workers)
    if arguments.workers and pool.slots < arguments.workers:
        say(
            f"--workers {arguments.workers}: using {pool.slots}; {usable_cores()} cores have room for no more"
        )
    return pool


def watch(
    events: Generator[Event, None, None], total: int, unit: str, words: Callable[[Done], str]
) -> Iterator[Done]:
    """Show how far each run is, and all of them together; tell of those that are over, and pass them on."""
    remarked = set()
    with closing(events), _bars(total, unit) as bars:
        for event in events:
            name = event.job.name
            if isinstance(event, Update) and isinstance(event.what, Position):
                bars.show(name, event.what)
            elif isinstance(event, Update):
                if event.what not in remarked:  # the same is wrong with many
                    remarked.add(event.what)
                    bars.say(f"{name}: {event.what}")
            elif isinstance(event, Lost):
                bars.show(name, Position(0.0, "starting again"))
                bars.say(f"{name}: its worker was killed; starting it again")
            else:
                bars.finish(name)
                bars.say(words(event))
                yield event


@contextmanager
def _bars(total: int, unit: str) -> Iterator[_Bars]:
    bars = _Bars(total, unit)
    try:
        yield bars
    finally:
        bars.close()


class _Bars:
    """A bar for all runs, and one for each that is under way; at a terminal only."""

    def __init__(self, total: int, unit: str) -> None:
        self._all = new_bar(total, f"{{n_fmt}}/{{total_fmt}} {unit}  {{bar}}  {{elapsed}}")
        self._bars: dict[str, Any] = {}

    def show(self, name: str, position: Position) -> None:
        bar = self._bars.get(name)
        if bar is None:
            taken = {each.pos for each in self._bars.values()}
            place = next(n for n in range(1, len(taken) + 2) if -n not in taken)
            bar = self._bars[name] = new_bar(1, "", place)
        bar.bar_format = f"{name:20} {{bar}}  {position.words:30}"
        bar.n = position.share
        bar.refresh()

    def say(self, message: str) -> None:
        """Say something above the bars."""
        if self._all.disable:
            say(message)
            return
        from tqdm import tqdm

        with tqdm.external_write_mode(file=sys.stderr):
            say(message)

    def finish(self, name: str) -> None:
        if bar := self._bars.pop(name, None):
            bar.close()
        self._all.update(1)

    def close(self) -> None:
        for bar in [*self._bars.values(), self._all]:
            bar.close()
