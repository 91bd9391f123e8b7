"""A process may fork while its other threads compile or train: the child can compute, and holds no core."""
# mypy: ignore-errors

from __future__ import annotations

import os

from numba.core.compiler_lock import global_compiler_lock

from backends import blas
from backends.numba_backend import threads


def _before_fork():
    """Wait until nobody compiles: the child would find Numba's lock held by a thread that it does not have.

    First for BLAS, as `backends.blas` does: those for whom it waits may have to compile.
    """
    blas.before_fork()
    global_compiler_lock.acquire()


def _after_fork_in_parent():
    global_compiler_lock.release()
    blas.after_fork_in_parent()


def _after_fork_in_child():
    global_compiler_lock.release()
    threads.let_go_of_cores()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
