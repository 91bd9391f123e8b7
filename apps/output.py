"""How commands say things: data on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(**fields: object) -> None:
    """Print one object, on a line of its own."""
    print(json.dumps(fields), flush=True)


def say(message: str) -> None:
    """Tell the user something that is not the answer, on one line."""
    print(printable(message), file=sys.stderr, flush=True)


def download_bar() -> Any:
    """A progress bar for a download, at a terminal; needs the extra "train"."""
    from tqdm import tqdm

    # Without a total it could not be asked whether it is there, as pooch does before it sets the total.
    return tqdm(total=1, unit="B", unit_scale=True, ncols=80, leave=False, disable=None, file=sys.stderr)


def printable(text: object) -> str:
    r"""Text without control characters, which a file's name may hold and a terminal would obey.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in str(text)
    )
