"""How many threads BLAS uses, which computes NumPy's matrix products: one number for the whole process.

The last digits of a product depend on that number, so those who compute at the same time have to share it.
Whoever needs another number waits until they have finished; then BLAS is again as the first of them found it.
Hold the number while computing, never over a ``yield``: between two steps of a generator, others act.

A fork while BLAS uses several threads would hang in OpenBLAS, so it waits until they have finished.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")


class BlasThreads:
    """``with BlasThreads(n):`` BLAS uses n threads; inside of another, that one's number is kept.

    Parameters
    ----------
    threads : int
        At least 1.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._joined = False

    def __enter__(self) -> None:
        self._joined = _shared.join(self._threads)

    def __exit__(self, *error: object) -> None:
        if self._joined:
            _shared.leave()


def with_own_threads(method: Function) -> Function:
    """Let a backend's method run with as many threads of BLAS as the backend may use.

    Parameters
    ----------
    method : callable
        Of an object with ``threads``.

    Returns
    -------
    callable
        The method, with the same signature.
    """

    @functools.wraps(method)
    def within(self: Any, *arguments: Any, **named: Any) -> Any:
        with BlasThreads(self.threads):
            return method(self, *arguments, **named)

    return cast(Function, within)


def each_with_threads(items: Iterator[Item], threads: int) -> Generator[Item, None, None]:
    """Make each item with that many threads of BLAS, and hand it on with as many as there were.

    Parameters
    ----------
    items : iterator
        Computes when it is asked for the next item.
    threads : int
        At least 1.

    Yields
    ------
    object
        The items.
    """
    end = object()
    while True:
        with BlasThreads(threads):
            item = next(items, end)
        if item is end:
            return
        yield cast(Item, item)


@functools.cache
def _libraries() -> list[Any]:
    """BLAS, once for each copy that the process has loaded: threadpoolctl's ``LibController``."""
    from threadpoolctl import ThreadpoolController  # takes 8 ms: not for programs on other backends

    libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return libraries


def _set_threads(numbers: list[int]) -> None:
    for library, number in zip(_libraries(), numbers, strict=True):
        # From 3.8 on, threadpoolctl obeys the first thread that sets a number, and says nothing to others.
        give_up_control = getattr(library, "clear_controlling_thread", lambda force: None)
        give_up_control(force=True)
        library.set_num_threads(number)
        give_up_control(force=True)


class _Shared:
    """Who computes with BLAS now, and with how many threads of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.line: list[int] = []  # threads of Python that wait, in the order in which they came
        self.users: set[int] = set()  # threads of Python that compute
        self.threads = 0
        self.before: list[int] = []  # what the first user found, where that was another number

    def join(self, threads: int) -> bool:
        """Wait for that number of threads; false for a thread that has joined already."""
        me = threading.get_ident()
        if me in self.users:
            return False
        with self.lock:
            if self.line or (self.users and self.threads != threads):
                self.wait(lambda: not self.users or self.threads == threads)
            if not self.users:
                libraries = _libraries()
                found, wanted = [each.num_threads for each in libraries], [threads] * len(libraries)
                self.threads, self.before = threads, []
                if found != wanted:
                    self.before = found
                    _set_threads(wanted)
            self.users.add(me)
        return True

    def leave(self) -> None:
        with self.lock:
            self.users.discard(threading.get_ident())
            if not self.users and self.before:
                _set_threads(self.before)
            if self.line:
                self.changed.notify_all()

    def wait(self, possible: Callable[[], bool]) -> None:
        """Stand in line, with the lock, until it is this thread's turn and what it wants is possible."""
        me = threading.get_ident()
        self.line.append(me)
        try:
            self.changed.wait_for(lambda: self.line[0] == me and possible())
        finally:
            self.line.remove(me)
            self.changed.notify_all()


_shared = _Shared()


def before_fork() -> None:
    """Wait until no other thread computes with several threads of BLAS, and let none begin."""
    _shared.lock.acquire()
    others = _shared.users - {threading.get_ident()}
    if _shared.threads > 1 and others:
        _shared.wait(lambda: not others & _shared.users)


def after_fork_in_parent() -> None:
    """Let others begin again."""
    _shared.lock.release()


def _after_fork_in_child() -> None:
    """Only the thread that forked goes on: the other users, and those who wait, are gone."""
    global _shared
    old, _shared = _shared, _Shared()
    me = threading.get_ident()
    if me in old.users:
        _shared.users, _shared.threads, _shared.before = {me}, old.threads, old.before
    elif old.users and old.before:
        _set_threads(old.before)


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(
        before=before_fork, after_in_parent=after_fork_in_parent, after_in_child=_after_fork_in_child
    )
