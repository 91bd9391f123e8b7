"""A process with the compiled backend may fork while its other threads compile or train."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("numba")

from numba.core.compiler_lock import global_compiler_lock

from backends.numba_backend import threads
from backends.numba_backend.compiler import jit

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),  # from Python 3.12 on
]


def beside(work: Callable[[Callable[[], Any]], object], task: Callable[[], None]) -> None:
    """Run the task while a thread is in the midst of work, which is given a function that ends it."""
    begun, ended = threading.Event(), threading.Event()

    def until_ended() -> None:
        begun.set()
        ended.wait(60)

    worker = threading.Thread(target=work, args=(until_ended,), daemon=True)
    worker.start()
    assert begun.wait(60)
    threading.Timer(0.3, ended.set).start()
    try:
        task()
    finally:
        ended.set()
        worker.join()


def double(x: int) -> int:
    return 2 * x


def test_the_child_can_compile() -> None:
    def compile_(wait: Callable[[], Any]) -> None:
        with global_compiler_lock:  # as every compilation has it
            wait()

    def fork() -> None:
        child = os.fork()
        if child == 0:
            signal.alarm(30)  # a child that hangs is killed
            try:
                os._exit(int(jit(double)(2) != 4))
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0

    beside(compile_, fork)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="threads are not held to cores here")
def test_the_child_holds_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the parent's later teams would find their cores taken for as long as the child lives."""
    monkeypatch.setattr(threads, "CORE", f"\0a test's core {os.getpid()} ")  # other tests train meanwhile
    before = len(threads._held)
    reader, writer = os.pipe()
    begun, begins = os.pipe()
    child = 0

    def train(wait: Callable[[], Any]) -> None:
        threads.run_team(lambda thread: wait(), 2)

    def fork() -> None:
        nonlocal child
        assert len(threads._held) > before or len(os.sched_getaffinity(0)) < 2
        child = os.fork()
        if child == 0:
            os.close(writer)
            os.write(begins, b"!")
            os.read(reader, 1)  # lives until the parent lets it go
            os._exit(0)
        os.read(begun, 1)

    def cores(wait: Callable[[], Any]) -> int | None:
        held, core = threads._hold_core()
        if held:
            threads._let_go(held)
        return core

    free = cores(lambda: None)
    beside(train, fork)
    try:
        assert cores(lambda: None) == free
    finally:
        os.close(writer)
        os.waitpid(child, 0)
        for each in (reader, begun, begins):
            os.close(each)
    assert len(threads._held) == before
