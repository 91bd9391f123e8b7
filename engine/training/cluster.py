"""Training runs on the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pickle
import queue
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from backends.errors import describe, install_hint
from engine.training.executor import Done, Event, ExecutorError, Lost, Update, Work, outcome


class DaskPool:
    """The workers of a Dask cluster, which need nothing but inkdigits: data are sent to them.

    Parameters
    ----------
    shared : object
        What every job needs; sent to the workers once.
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ExecutorError
        Dask is not installed, or there is no scheduler at this address, or it has no worker.
    """

    def __init__(self, shared: Any, address: str) -> None:
        if find_spec("distributed") is None:
            raise ExecutorError(f"a cluster needs Dask, which is not installed: {install_hint('dask')}")
        distributed: Any = importlib.import_module("distributed")  # which has no types
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what it says is said here
        try:
            self._client: Any = distributed.Client(address, timeout=10, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            why = describe(error, 60)
            raise ExecutorError(f"there is no scheduler of Dask at {address:.60}: {why}") from None
        self.events: queue.Queue[tuple[int, Event]] = queue.Queue()
        self._topic = f"inkdigits-{os.getpid()}-{id(self)}"
        self._jobs: dict[int, Any] = {}
        self._futures: dict[int, Any] = {}
        self._packed = pickle.dumps(shared)
        self._shared: Any = None
        self._client.subscribe_topic(self._topic, self._hear)
        try:
            self.check()
        except ExecutorError:
            self.close()
            raise

    @property
    def slots(self) -> int:
        """Threads of all workers that are there now."""
        with _scheduler_there():
            threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def start(self, number: int, work: Work, job: Any) -> None:
        """Send a job to the scheduler.

        Parameters
        ----------
        number : int
            Of the job.
        work : callable
            What it runs.
        job : object
            What the job is.
        """
        with _scheduler_there():
            if self._shared is None or self._shared.status != "finished":  # its workers were killed
                self._shared = self._client.scatter(self._packed, broadcast=True)
            self._jobs[number] = job
            future = self._client.submit(_on_worker, self._topic, number, work, self._shared, job, pure=False)
        self._futures[number] = future
        future.add_done_callback(lambda future: self._finished(number, future))

    def _hear(self, event: tuple[float, bytes]) -> None:
        number, what = pickle.loads(event[1])
        if number in self._jobs:
            self.events.put((number, Update(self._jobs[number], what)))

    def _finished(self, number: int, future: Any) -> None:
        if number not in self._futures or self._futures[number] is not future:
            return  # of a job that was closed, or started again
        job = self._jobs[number]
        what_became: Event = Lost(job)  # also where the data went with the last worker that had them
        if future.status == "finished":
            what_became = Done(job, future.result())
        elif future.status == "error" and type(error := future.exception()).__name__ != "KilledWorker":
            what_became = Done(job, error)  # such as a worker without inkdigits
        self.events.put((number, what_became))

    def check(self) -> None:
        """Look whether the scheduler is there, and wait for a worker.

        Raises
        ------
        ExecutorError
            There is no scheduler any more, or no worker in ten seconds.
        """
        with _scheduler_there():
            try:
                self._client.wait_for_workers(1, timeout=10)
            except TimeoutError:
                raise ExecutorError(
                    "the cluster has no worker: start one, then give this command again"
                ) from None

    def close(self) -> None:
        """Cancel what still runs, and leave the cluster."""
        futures, self._futures = list(self._futures.values()), {}
        with contextlib.suppress(Exception):  # a scheduler that is gone
            self._client.cancel([each for each in futures if not each.done()], force=True)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)


@contextlib.contextmanager
def _scheduler_there() -> Iterator[None]:
    """Turn what Dask raises when its scheduler is gone into one line."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: the client has given up
        why = describe(error, 50)
        raise ExecutorError(f"Dask's scheduler does not answer ({why}): give this command again") from None


def _on_worker(topic: str, number: int, work: Work, shared: bytes, job: Any) -> Any:
    """What a worker of Dask does with a job."""
    from distributed import get_worker

    worker = get_worker()

    def report(what: object) -> None:
        worker.log_event(topic, pickle.dumps((number, what)))  # bytes, since events are sent by msgpack

    return outcome(work, pickle.loads(shared), job, report)
