"""Opening files that somebody else may have made: regular files only, and no more bytes than a limit.

The limit holds for what is read, whatever size the system tells: a file in /proc has none, and one that is
being written grows. Opening never waits, for a pipe neither.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from backends.errors import InkdigitsError, shown

MEGABYTE = 2**20


def open_file(path: Path, error: type[InkdigitsError], largest: int) -> BinaryIO:
    """Open a regular file for reading.

    Parameters
    ----------
    path : Path
        The file, or a link to one.
    error : type of InkdigitsError
        What to raise.
    largest : int
        Most bytes that the file may have.

    Returns
    -------
    file object
        To be closed by the caller.

    Raises
    ------
    error
        No such file, a folder, a pipe, a device, an empty or too large file, or one that may not be read.
    """
    try:
        _check_regular(path.stat(), path, error)  # before it is opened: opening a device may do something
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except FileNotFoundError:
        raise error(f"there is no file {shown(path)}") from None
    except (OSError, ValueError) as problem:  # ValueError: a name with a zero byte
        reason = getattr(problem, "strerror", None) or str(problem)
        raise error(f"cannot read {shown(path)}: {reason}") from None
    status = os.fstat(file.fileno())
    try:
        _check_regular(status, path, error)  # again: it may be another by now
        if not status.st_size:  # so files of the kernel, which may have no end
            raise error(f"{shown(path)} is empty: name another file")
        if status.st_size > largest:
            raise error(f"{shown(path)} is larger than {largest // MEGABYTE} MB: name another file")
    except InkdigitsError:
        file.close()
        raise
    return file


def read_file(path: Path, error: type[InkdigitsError], largest: int) -> bytes:
    """Read a regular file.

    Parameters
    ----------
    path : Path
        The file, or a link to one.
    error : type of InkdigitsError
        What to raise.
    largest : int
        Most bytes that the file may have.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    error
        As `open_file`; or reading failed.
    """
    content = bytearray()
    with open_file(path, error, largest) as file:
        try:
            while len(content) <= largest and (part := file.read(MEGABYTE)):
                content += part
        except OSError as problem:
            raise error(f"cannot read {shown(path)}: {problem.strerror}") from None
    if len(content) > largest:
        raise error(f"{shown(path)} is larger than {largest // MEGABYTE} MB: name another file")
    return bytes(content)


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def _check_regular(status: os.stat_result, path: Path, error: type[InkdigitsError]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise error(f"{shown(path)} is a folder; name a file")
    if not stat.S_ISREG(status.st_mode):
        raise error(f"{shown(path)} is a device or a pipe; name a file")
