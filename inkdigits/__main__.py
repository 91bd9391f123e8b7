"""``python -m inkdigits``: the same as the command ``inkdigits``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line in a process of its own; returns the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``inkdigits``; ``sys.argv[1:]`` by default.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _quit)

    from inkdigits._siblings import HOME

    # Ours are the packages that a command uses, whatever lies in the folder where it is called.
    sys.path.insert(0, str(HOME))
    from apps import cli

    return cli.main(argv)


def _quit(*_: object) -> None:
    """Ctrl-C while modules are imported, when there is nothing to keep: no exception could do this safely."""
    os.write(2, b"inkdigits: interrupted\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
