"""How commands say things: data on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys

from backends.errors import LONGEST_OF_ALL, one_line


def print_json(**fields: object) -> None:
    """Print one object, on a line of its own."""
    print(json.dumps(fields), flush=True)


def say(message: str) -> None:
    """Tell the user something that is not the answer, on one line of at most 300 characters."""
    print(one_line(message, LONGEST_OF_ALL, middle=True), file=sys.stderr, flush=True)


def printable(text: object) -> str:
    """Text without control characters, which a file's name may hold and a terminal would obey; not cut."""
    return one_line(text, sys.maxsize)
