"""The command ``inkdigits``: which subcommands there are, and how every one of them ends.

A subcommand is a module with ``add_arguments(parser)``, ``run(arguments) -> exit code`` and ``EXAMPLES``.
Only the one that is asked for is imported, so that a short answer does not wait for a long import.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from backends import InkdigitsError

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130  # exit codes

COMMANDS = {
    "draw": ("apps.draw.command", "open a window, draw a digit, see it read while you draw"),
    "train": ("apps.train", "train a network and save it"),
    "cross-validate": ("apps.cross_validate", "measure how a recipe reads hands that it has not learnt from"),
    "evaluate": ("apps.evaluate", "measure how good a network is"),
    "predict": ("apps.predict", "read digits from picture files"),
    "backends": ("apps.backends", "list the backends, or check that they compute what they should"),
}

EXAMPLES = """\
examples:
  inkdigits draw
  inkdigits train --backend numba --epochs 10 --out trained.json
  inkdigits evaluate --model trained.json
  inkdigits predict three.png

`inkdigits COMMAND --help` tells more of each.
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code. No traceback reaches the user."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        arguments = _parser(argv).parse_args(argv or ["--help"])
        code: int = arguments.run(arguments)
        sys.stdout.flush()  # here, where a closed pipe can still be met with an answer
        return code
    except InkdigitsError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get("INKDIGITS_TRACEBACK"):
            raise
        _say(
            f"something went wrong that should not: {type(error).__name__}: {error} "
            f"(INKDIGITS_TRACEBACK=1 shows where)"
        )
        return FAILED


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="inkdigits",
        description="Read handwritten digits with a neural network written from scratch.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"inkdigits {_version()}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, (module_name, summary) in COMMANDS.items():
        subparser = subparsers.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if argv and argv[0] == name:
            module = importlib.import_module(module_name)
            module.add_arguments(subparser)
            subparser.epilog = module.EXAMPLES
            subparser.set_defaults(run=module.run)
    return parser


def _version() -> str:
    from engine import __version__

    return __version__


def _say(message: str) -> None:
    print(f"inkdigits: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
