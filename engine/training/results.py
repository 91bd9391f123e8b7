"""Results that are appended to a file as they come, one JSON object a line, and read again to go on.

The first line says what the results are of. A line that a killed writer has not finished is dropped.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from backends.errors import InkdigitsError, one_line, shown
from engine.data.files import MEGABYTE, read_file
from engine.model.safe_write import check_writable

try:
    import fcntl
except ImportError:  # Windows, where nothing is locked
    fcntl = None  # type: ignore[assignment]  # as the standard library's own modules do

LARGEST_FILE = 256 * MEGABYTE


class ResultsError(InkdigitsError):
    """A file of results that cannot be read or written, or is of something else."""


class ResultFile:
    """Results of one undertaking, which survive its end. Only one process has the file at a time.

    Parameters
    ----------
    path : Path
        The file; made where there is none.
    head : mapping
        What the results are of, as JSON has it: those of anything else are refused.

    Attributes
    ----------
    path : Path
        The file.
    found : list of dict
        The results that were in it, in order.

    Raises
    ------
    ResultsError
        A file of something else, or damaged, or in use by another process.
    WriteError
        It cannot be written.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        check_writable(path)
        self.path = path
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            self._lock()
            self.found = self._read(json.loads(json.dumps(head)))
        except BaseException:
            self.close()
            raise

    def append(self, result: Mapping[str, Any]) -> None:
        """Write one result; when this returns, it is on the disk.

        Parameters
        ----------
        result : mapping
            As JSON has it.

        Raises
        ------
        ResultsError
            The disk is full or fails.
        """
        try:
            self._file.seek(0, os.SEEK_END)
            self._file.write(msgspec.json.encode(result) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ResultsError(f"cannot write {shown(self.path)}: {error.strerror}") from None

    def close(self) -> None:
        """Let another process have the file."""
        with contextlib.suppress(OSError):  # what a full disk did not take was told by `append`
            self._file.close()

    def remove(self) -> None:
        """Remove the file: what it was for is done."""
        self.close()
        with contextlib.suppress(OSError):  # it does no harm
            self.path.unlink()

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ResultsError(f"{shown(self.path)} is in use by another process: wait for it") from None

    def _read(self, head: dict[str, Any]) -> list[dict[str, Any]]:
        encoded = (
            read_file(self.path, ResultsError, LARGEST_FILE) if os.fstat(self._file.fileno()).st_size else b""
        )
        whole = encoded[: encoded.rfind(b"\n") + 1]
        if not whole and msgspec.json.encode(head).startswith(encoded):  # new, or killed in its first line
            self._file.truncate(0)
            self.append(head)
            return []
        lines = whole.splitlines() or [encoded]
        try:
            there, *results = [msgspec.json.decode(line, type=dict[str, Any]) for line in lines]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            why = one_line(error, 60)
            raise ResultsError(f"{shown(self.path)} holds no results ({why}): name another file") from None
        for key in [*there, *head]:
            if there.get(key) != head.get(key):
                was, now = one_line(there.get(key), 40), one_line(head.get(key), 40)
                raise ResultsError(
                    f"{shown(self.path)} is of another run: {key:.40} is {was} there and {now} here; "
                    "remove it, or name another"
                )
        self._file.truncate(len(whole))  # what follows was being written by a process that was killed
        return results
