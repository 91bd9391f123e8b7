"""How many cores there are to compute on."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Count the cores that this process may use.

    Returns
    -------
    int
        Of the machine, without those that the process is kept from.
    """
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
