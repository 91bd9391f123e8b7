"""Many training runs at once: each in a process of its own here, or on a cluster (`engine.training.cluster`).

`run_jobs` takes the next job only when there is room for it, so that a search may choose it by the results so
far. A job whose process is killed is started again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from backends.cores import usable_cores
from backends.errors import InkdigitsError, describe

MOST_STARTS = 4  # of one job
WAIT = 0.5  # seconds between two looks at whether a cluster is still there

Report = Callable[[object], None]
# What a job runs: (what all jobs share, this job, where to tell how far it is) -> its result. It is sent by
# its name, so it is a function of a module.
Work = Callable[[Any, Any, Report], Any]


class ExecutorError(InkdigitsError):
    """A worker or a cluster that cannot be used, or a job that was lost several times."""

    exit_code = 1


@dataclass(frozen=True)
class Update:
    """How far a job is, in its own words.

    Attributes
    ----------
    job : object
        The job.
    what : object
        What it reported.
    """

    job: Any
    what: Any


@dataclass(frozen=True)
class Lost:
    """A job whose process was killed; it is started again.

    Attributes
    ----------
    job : object
        The job.
    """

    job: Any


@dataclass(frozen=True)
class Done:
    """A job that is over.

    Attributes
    ----------
    job : object
        The job.
    result : object
        What its work returned, or the `InkdigitsError` that it raised.
    """

    job: Any
    result: Any


Event = Update | Lost | Done


class Pool(Protocol):
    """Where jobs run. Whatever becomes of one is put into ``events`` as (number of the job, event)."""

    events: queue.Queue[tuple[int, Event]]

    @property
    def slots(self) -> int:
        """How many jobs there is room for now."""

    def start(self, number: int, work: Work, job: Any) -> None:
        """Start a job.

        Parameters
        ----------
        number : int
            Of the job.
        work : callable
            What it runs.
        job : object
            What the job is.
        """

    def check(self) -> None:
        """Raise `ExecutorError` where no job can be done any more."""

    def close(self) -> None:
        """End whatever still runs."""


def run_jobs(pool: Pool, work: Work, jobs: Iterator[Any]) -> Generator[Event, None, None]:
    """Run jobs, as many at once as a pool has room for.

    Parameters
    ----------
    pool : Pool
        Such as `ProcessPool`. It is closed in the end, also when the generator is left early.
    work : callable
        A function of a module: what all jobs share, the job and a place to report to in, the result out.
    jobs : iterator
        Asked for the next job only when there is room for it.

    Yields
    ------
    Update, Lost or Done
        As it comes. The next job is taken after the caller has seen what was yielded before.

    Raises
    ------
    ExecutorError
        A job was lost several times, or failed in a way that is none of its own errors.
    """
    running: dict[int, Any] = {}
    starts: dict[int, int] = {}
    count, more = 0, True
    try:
        while True:
            while more and len(running) < pool.slots:
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                    break
                running[count], starts[count] = job, 1
                pool.start(count, work, job)
                count += 1
            if not running:
                return
            try:
                number, event = pool.events.get(timeout=WAIT)
            except queue.Empty:
                pool.check()
                continue
            if number not in running:
                continue
            if isinstance(event, Lost):
                if starts[number] == MOST_STARTS:
                    raise ExecutorError(
                        f"a worker was killed {MOST_STARTS} times at the same run: is there enough memory?"
                    )
                starts[number] += 1
                pool.start(number, work, running[number])
            elif isinstance(event, Done):
                del running[number]
                if isinstance(event.result, Exception) and not isinstance(event.result, InkdigitsError):
                    raise ExecutorError(f"a run failed: {describe(event.result, 100)}") from event.result
            yield event
    finally:
        pool.close()


class ProcessPool:
    """Processes of this machine, a new one for each job.

    Parameters
    ----------
    shared : object
        What every job needs, such as a data set; sent to each process.
    threads : int
        Of each job. Jobs and their threads together are no more than the cores that this process may use.
    workers : int, optional
        Jobs at once, at most; by default as many as there are cores for.
    """

    def __init__(self, shared: Any, threads: int = 1, workers: int | None = None) -> None:
        room = max(1, usable_cores() // threads)
        self._slots = min(workers or room, room)
        self.events: queue.Queue[tuple[int, Event]] = queue.Queue()
        self._shared = pickle.dumps(shared)
        # Not a fork: another thread may hold a lock, and OpenMP would hang.
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[int, Any] = {}
        self._closed = False

    @property
    def slots(self) -> int:
        """Jobs at once."""
        return self._slots

    def start(self, number: int, work: Work, job: Any) -> None:
        """Start a job in a process of its own, and a thread that listens to it.

        Parameters
        ----------
        number : int
            Of the job.
        work : callable
            What it runs.
        job : object
            What the job is.
        """
        here, there = self._context.Pipe()
        process = self._context.Process(target=_in_process, args=(there,), daemon=True)
        process.start()
        there.close()
        self._processes[number] = process
        packed = pickle.dumps((work, job))
        threading.Thread(target=self._talk, args=(number, job, packed, here, process), daemon=True).start()

    def _talk(self, number: int, job: Any, packed: bytes, connection: Connection, process: Any) -> None:
        """Send a job to its process, and pass on what it says until its end, or until it is killed.

        What is sent is not given to `Process`, which would wait for ever where the process is killed at once.
        """
        last: Event = Lost(job)
        with connection, contextlib.suppress(EOFError, OSError):
            connection.send_bytes(packed)
            connection.send_bytes(self._shared)
            while isinstance(last, Lost):
                done, what = connection.recv()
                if done:
                    last = Done(job, what)
                else:
                    self.events.put((number, Update(job, what)))
        process.join()
        if not self._closed:
            self.events.put((number, last))

    def check(self) -> None:
        """Nothing can be wrong that a process does not tell by its end."""

    def close(self) -> None:
        """Kill the processes that still run."""
        self._closed = True
        for process in self._processes.values():
            process.kill()
            process.join()


def _in_process(connection: Connection) -> None:
    """What the process of a job does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work, job = pickle.loads(connection.recv_bytes())
    shared = pickle.loads(connection.recv_bytes())

    def report(what: object) -> None:
        connection.send((False, what))

    connection.send((True, outcome(work, shared, job, report)))


def _end_with_parent() -> None:
    """A parent that is killed cannot end its children."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def outcome(work: Work, shared: Any, job: Any, report: Report) -> Any:
    """Do a job; what it raises is made fit to be sent.

    Parameters
    ----------
    work : callable
        What the job runs.
    shared : object
        What all jobs need.
    job : object
        What the job is.
    report : callable
        Told how far it is.

    Returns
    -------
    object
        What the job returned, or the exception that it raised.
    """
    try:
        return work(shared, job, report)
    except Exception as error:
        if isinstance(error, InkdigitsError):
            error.__traceback__ = error.__cause__ = error.__context__ = None
            return error
        return RuntimeError(describe(error))
