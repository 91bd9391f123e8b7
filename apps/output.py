"""How commands say things: data on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any, TextIO

from backends.errors import LONGEST_OF_ALL, InkdigitsError, one_line


class OutputError(InkdigitsError):
    """Standard output that cannot be written, such as a file on a full disk."""


def open_closed_streams() -> None:
    """Give a standard stream that the caller has closed to the null device.

    Otherwise the next file that is opened takes its number, and gets what is meant for the terminal.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")


def forget(stream: TextIO) -> None:
    """Drop what cannot be written, or Python would complain of it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(**fields: object) -> None:
    """Print one object, on a line of its own."""
    try:
        print(json.dumps(fields), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to standard output: {error.strerror}") from None


def say(message: str) -> None:
    """Tell the user something that is not the answer, on one line of at most 300 characters.

    Where nobody listens, go on.
    """
    try:
        print(one_line(message, LONGEST_OF_ALL, middle=True), file=sys.stderr, flush=True)
    except OSError:
        forget(sys.stderr)


def new_bar(total: int, line: str, place: int = 0) -> Any:
    """A progress bar as wide as the terminal; nothing elsewhere. It vanishes when it is closed."""
    from tqdm import tqdm

    return tqdm(
        total=total,
        position=place,
        bar_format=line,
        dynamic_ncols=True,
        leave=False,
        disable=None,  # where standard error is no terminal
        file=sys.stderr,
    )


def download_bar() -> Any:
    """A progress bar for a download, at a terminal; needs the extra "train"."""
    from tqdm import tqdm

    # Without a total it could not be asked whether it is there, as pooch does before it sets the total.
    return tqdm(total=1, unit="B", unit_scale=True, ncols=80, leave=False, disable=None, file=sys.stderr)


def printable(text: object) -> str:
    """Text without control characters, which a file's name may hold and a terminal would obey; not cut."""
    return one_line(text, sys.maxsize)
