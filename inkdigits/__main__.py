"""``python -m inkdigits``: the same as the command ``inkdigits``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from inkdigits._siblings import import_siblings


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    try:
        import_siblings("apps")
        from apps import cli

        return cli.main(argv)
    except KeyboardInterrupt:  # while the command itself was being imported
        print("inkdigits: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
