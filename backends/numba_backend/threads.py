"""A team of threads: one for each core, which wait for each other without sleeping.

Python's threads, new ones for each call: compiled code leaves the interpreter's lock, and Numba's own
parallel loops abort the process when two threads use them, or hang after a fork.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from backends.arrays import Array
from backends.numba_backend.compiler import inner
from backends.numba_backend.simd import arrive, arrived, yield_cpu

NO_MORE_BARRIERS = 1 << 62  # arrivals, set from outside when a thread has failed
CORE = "\0inkdigits core "  # and its number: what holds a core, for all processes
PATIENCE = 1000  # times to look whether the team is complete before leaving the core to others

_held: set[socket.socket] = set()  # each holds a core


def run_team(part: Callable[[int], Any], threads: int) -> None:
    """Run part(0), part(1), ... at the same time; raises what any of them raises."""
    if threads == 1:
        part(0)
    else:
        with ThreadPoolExecutor(threads) as team:
            list(team.map(partial(_on_a_free_core, part), range(threads)))


def _on_a_free_core(part: Callable[[int], Any], thread: int) -> None:
    """Run part(thread) on a core that no other thread of this kind holds, in this process or another.

    Threads that wait without sleeping always look busy, so Linux leaves two of them on one core if they
    happen to start there, and each then waits for the other's turn: two and a half times the time. Where all
    cores are held, or the system has no such calls, the thread runs wherever the system puts it.
    """
    held, core = _hold_core()
    try:
        if core is not None:
            os.sched_setaffinity(0, {core})  # of this thread, which ends with its part
        part(thread)
    finally:
        if held is not None:
            _let_go(held)


def _hold_core() -> tuple[socket.socket | None, int | None]:
    """A free core, and what holds it until it is closed or the process ends.

    The name of a core is a socket in Linux's abstract namespace, which one process can bind at a time;
    nothing is sent through it, and no file is left behind.
    """
    if hasattr(os, "sched_setaffinity"):
        for core in sorted(os.sched_getaffinity(0)):
            held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            _held.add(held)
            try:
                held.bind(f"{CORE}{core}")
            except OSError:
                _let_go(held)
            else:
                return held, core
    return None, None


def _let_go(held: socket.socket) -> None:
    held.close()
    _held.discard(held)


def let_go_of_cores() -> None:
    """In the child of a fork: close its copies of what holds cores, which belong to threads of the parent."""
    for held in list(_held):
        _let_go(held)


@inner
def barrier(arrivals: Array, threads: int, generation: int) -> bool:
    """Barrier: wait until every thread has arrived; false where one has failed and none will.

    ``generation`` counts the barriers of a run of steps, from 1.
    """
    if threads > 1:
        arrive(arrivals)
        turns = 0
        while arrived(arrivals) < threads * generation:
            turns += 1
            if turns > PATIENCE:  # the one we wait for may need this very core
                yield_cpu()
        return arrived(arrivals) < NO_MORE_BARRIERS
    return True
