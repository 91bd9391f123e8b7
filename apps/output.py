"""How commands say things: data on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys


def print_json(**fields: object) -> None:
    """Print one object, on a line of its own."""
    print(json.dumps(fields), flush=True)


def say(message: str) -> None:
    """Tell the user something that is not the answer."""
    print(message, file=sys.stderr, flush=True)
