"""Ctrl-C, SIGTERM and a closed terminal as a request to stop soon, so that a long run keeps what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # the last is not there on Windows
SIGNALS = [signal.Signals[name] for name in NAMES if name in signal.Signals.__members__]


class StoppedError(KeyboardInterrupt):
    """The second signal: stop at once.

    Parameters
    ----------
    exit_code : int
        What the program should end with.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__("stopped")
        self.exit_code = exit_code


class StopRequest:
    """Whether the user, or the system, has asked the program to stop.

    Parameters
    ----------
    announce : callable
        Called at the first signal, inside the handler: it must not write to a buffered stream.

    Attributes
    ----------
    signal : signal.Signals or None
        What was received; None as long as nothing was.
    """

    def __init__(self, announce: Callable[[], None] = lambda: None) -> None:
        self.signal: signal.Signals | None = None
        self._announce = announce

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """What shells expect of a program that a signal has ended: 128 and the signal's number."""
        return 128 + self.signal if self.signal else 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Note the first signal; a second one ends the work where it is.

        Parameters
        ----------
        number : int
            Of the signal.
        frame : frame or None
            Where the program was; not used.

        Raises
        ------
        StoppedError
            At the second signal, with the exit code of the first.
        """
        if self.signal is not None:
            raise StoppedError(self.exit_code)
        self.signal = signal.Signals(number)
        self._announce()


@contextmanager
def stop_requests(announce: Callable[[], None] = lambda: None) -> Iterator[StopRequest]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into a `StopRequest` while the block runs.

    Parameters
    ----------
    announce : callable
        As for `StopRequest`.

    Yields
    ------
    StopRequest
        Never asked for outside the main thread, and not by a signal that the process ignores.
    """
    request = StopRequest(announce)
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, request.receive)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def unbroken() -> Iterator[None]:
    """Hold signals back while something is saved; they arrive when the block is over.

    Only signals with a handler of Python's are held, and only in the main thread, where handlers run.

    Yields
    ------
    None
        Use it in a ``with`` statement.
    """
    held: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if callable(handler := signal.getsignal(number)):
                    before[number] = handler
                    signal.signal(number, lambda number, frame: held.append(number))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for each in held:
            signal.raise_signal(each)
