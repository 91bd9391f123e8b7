"""``inkdigits backends``: which backends there are, and whether they compute what they should."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from apps.options import add_json
from apps.output import print_json
from backends import BackendInfo, available_backends, get_backend
from backends.errors import LONGEST, one_line
from backends.registry import default_name

if TYPE_CHECKING:
    from backends.conformance import Failure

EXAMPLES = """\
examples:
  inkdigits backends
  inkdigits backends --check numba
"""

HEADER = ["name", "version", "origin", "needs", "runs here"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--check",
        metavar="NAME",
        help="hold this backend against the NumPy reference, clause by clause (exit code 1 if it differs)",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return _check(arguments.check, arguments.json)
    infos = list(available_backends().values())
    if arguments.json:
        for info in infos:
            print(_as_json(info))
        return 0
    rows = [HEADER, *map(_as_row, infos)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        print(line.rstrip())
    return 0


def _as_json(info: BackendInfo) -> str:
    return json.dumps(
        {
            "name": info.name,
            "version": info.version,
            "origin": info.origin,
            "needs": info.needs,
            "available": info.why_not is None,
            "why_not": info.why_not,
            "rivals": info.rivals,
            "default": info.name == default_name(),
        }
    )


def _as_row(info: BackendInfo) -> list[str]:
    """Cells for the columns of `HEADER`; what a distribution tells of itself is cut."""
    ready = "yes, the default" if info.name == default_name() else "yes"
    if info.rivals:
        ready += f"; that of {', '.join(info.rivals)} is not taken: the name belongs to inkdigits"
    needs = ", ".join(info.needs) or "-"
    told = (info.name, info.version, info.origin, needs)
    return [*(one_line(text, 40) for text in told), one_line(info.why_not or ready)]


def _check(name: str, as_json: bool) -> int:
    from backends.conformance import CHECKS, failures

    found = list(failures(get_backend(name)))
    if as_json:
        print_json(name=name, checks=len(CHECKS), failures=[asdict(each) for each in found])
    else:
        for line in _failure_lines(found):
            print(line)
        wrong = len({each.check for each in found})
        print(
            f"{one_line(name)}: {len(CHECKS) - wrong} of {len(CHECKS)} checks passed, in float32 and float64"
        )
    return 1 if found else 0


def _failure_lines(found: Sequence[Failure]) -> Iterator[str]:
    """The failures as a table: check, dtype, and beside them case, problem and cause, one below the other.

    A failure that follows from others takes one line.
    """
    width = max((len(each.check) for each in found), default=0)
    for failure in found:
        if failure.follows_from:
            details = [f"follows from {', '.join(failure.follows_from)}"]
        else:
            cause = f"likely cause: {failure.cause}" if failure.cause else ""
            details = [each for each in (failure.case, failure.problem, cause) if each]
        for row, detail in enumerate(details):
            start = f"{failure.check:{width}}  {failure.dtype}  " if row == 0 else " " * (width + 11)
            yield start + one_line(detail, LONGEST - len(start))


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["backends", *sys.argv[1:]]))
