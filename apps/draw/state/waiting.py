"""Work for the session's worker, waited for frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from typing import TypeVar

T = TypeVar("T")


def wait_for(worker: Executor | None, work: Callable[[], T]) -> Generator[None, None, T]:
    """Let the worker do something, and yield in every frame until it is done; then return the result.

    Without a worker, as in a replay, it is done at once. What the work raises is raised here.
    """
    if worker is None:
        return work()
    future: Future[T] = worker.submit(work)
    while not future.done():
        yield
    return future.result()
