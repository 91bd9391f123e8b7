"""The command ``inkdigits``: which subcommands there are, and how every one of them ends.

A subcommand is a module with ``add_arguments(parser)``, ``run(arguments) -> exit code`` and ``EXAMPLES``.
Only the one that is asked for is imported, so that a short answer does not wait for a long import.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from apps.output import forget, open_closed_streams, say
from backends.errors import LONGEST_OF_ALL, InkdigitsError, describe, one_line

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130  # exit codes

COMMANDS = {
    "draw": ("apps.draw.command", "open a window and recognize digits while you draw them"),
    "train": ("apps.train", "train a network and save it"),
    "cross-validate": (
        "apps.cross_validate",
        "measure the accuracy of a recipe on writers that it has not seen",
    ),
    "sweep": ("apps.sweep", "search options, recipes and seeds with many training runs"),
    "evaluate": ("apps.evaluate", "measure the accuracy of a network"),
    "predict": ("apps.predict", "recognize the digits in picture files"),
    "compare": ("apps.compare", "tell two models apart: cards, layers, weights and answers"),
    "card": ("apps.card", "print the model card of a network, in prose"),
    "export": ("apps.export", "save a network as ONNX, safetensors, a NumPy archive or a C header"),
    "import": (
        "apps.import_model",
        "make a model file of ONNX, safetensors or a NumPy archive",
    ),
    "data": ("apps.data", "list the data sets to learn from, or fetch one"),
    "backends": ("apps.backends", "list the backends, or check one against the reference"),
}

EXAMPLES = """\
examples:
  inkdigits draw
  inkdigits train --backend numba --epochs 10 --out trained.json
  inkdigits evaluate --model trained.json
  inkdigits predict three.png

`inkdigits COMMAND --help` explains a command.
"""


class _Parser(argparse.ArgumentParser):
    """Report errors in one line."""

    command = ""  # the subcommand on the command line, whose help says more than one's own

    def error(self, message: str) -> NoReturn:
        way_out = f" (see {self.prog}{self.command} --help)"
        said = one_line(f"{self.prog}: {message}", LONGEST_OF_ALL - len(way_out), middle=True)
        self.exit(UNUSABLE, f"{said}{way_out}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code. No traceback reaches the user."""
    argv = list(sys.argv[1:] if argv is None else argv)
    open_closed_streams()
    try:
        arguments = _parser(argv).parse_args(argv or ["--help"])
        with _interruptible():
            code = _run(arguments)
            sys.stdout.flush()  # here, where a closed pipe can still be answered
        return code
    except InkdigitsError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt as interrupt:
        _say("interrupted")
        return getattr(interrupt, "exit_code", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        return FAILED
    except Exception as error:
        if os.environ.get("INKDIGITS_TRACEBACK"):
            raise
        if isinstance(error, OSError):  # a disk that fails, a file that went: not the program's mistake
            _say(f"the system failed: {describe(error)} (INKDIGITS_TRACEBACK=1 shows where)")
            return FAILED
        _say(f"something went wrong that should not: {describe(error)} (INKDIGITS_TRACEBACK=1 shows where)")
        return FAILED
    finally:
        _forget_unwritable_streams()


def _run(arguments: argparse.Namespace) -> int:
    """Run a command. A plug-in or a library that calls `sys.exit` cannot pass for its success."""
    try:
        code: int = arguments.run(arguments)
    except SystemExit as error:
        raise RuntimeError(f"something called sys.exit({error.code!r})") from error
    return code


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="inkdigits",
        description="Recognize handwritten digits with a neural network written from scratch.",
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
            parser.command = f" {name}"
            module = importlib.import_module(module_name)
            module.add_arguments(subparser)
            subparser.epilog = module.EXAMPLES
            subparser.set_defaults(run=module.run)
    return parser


def _version() -> str:
    from engine import __version__

    return __version__


def _say(message: str) -> None:
    say(f"inkdigits: {message}")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt`, for commands that have something to keep.

    Outside, while modules are imported, Ctrl-C ends the process at once (see `inkdigits.__main__`): an
    exception amid an import may be swallowed, or turned into another.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    hook = sys.unraisablehook

    def send_again(ignored: sys.UnraisableHookArgs) -> None:
        """Python ignores an exception in a callback or a destructor, `KeyboardInterrupt` too."""
        if ignored.exc_type is not KeyboardInterrupt:
            hook(ignored)
        elif hasattr(signal, "setitimer"):  # not on Windows
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, 0.05)  # by then the callback is over

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = send_again
    try:
        yield
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, before)


def _forget_unwritable_streams() -> None:
    """Drop what could not be written, to a pipe that is closed or a disk that is full."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            forget(stream)


if __name__ == "__main__":
    sys.exit(main())
