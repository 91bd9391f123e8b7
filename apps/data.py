"""``inkdigits data``: what there is to learn from, where it is kept, under which licence."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apps.options import add_json
from apps.output import download_bar, print_json, printable, say
from engine.sources import SOURCES, Source, get

EXAMPLES = """\
examples:
  inkdigits data                     list the data sets
  inkdigits data pen-strokes         fetch one, if it is not here, and print where it is
  inkdigits train --recipe best --strokes "$(inkdigits data pen-strokes)"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits data``."""
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        type=_name,
        help=f"data sets to fetch: {', '.join(SOURCES)} (default: none, but list them all)",
    )
    add_json(parser)


def _name(text: str) -> str:
    if text not in SOURCES:
        raise argparse.ArgumentTypeError(f"there is no data set {text!r}; choose from {', '.join(SOURCES)}")
    return text


def run(arguments: argparse.Namespace) -> int:
    """List, or fetch and print the path of each; returns the exit code."""
    for name in arguments.names:
        path = get(name, download_bar)
        say(f"{name}: {SOURCES[name].licence}; {SOURCES[name].citation}")
        if arguments.json:
            print_json(**_as_json(SOURCES[name], path))
        else:
            print(path)
    if not arguments.names:
        for source in SOURCES.values():
            path_or_none = source.find()
            if arguments.json:
                print_json(**_as_json(source, path_or_none))
            else:
                print("\n".join(_lines(source, path_or_none)))
    return 0


def _as_json(source: Source, path: Path | None) -> dict[str, Any]:
    return {
        "name": source.name,
        "what": source.what,
        "path": None if path is None else str(path),
        "bytes": None if path is None else path.stat().st_size,
        "download_megabytes": source.download,
        "address": source.address,
        "licence": source.licence,
        "citation": source.citation,
    }


def _lines(source: Source, path: Path | None) -> Iterator[str]:
    yield f"{source.name}: {source.what}"
    if path is not None:
        yield f"  here     {printable(path)}  ({path.stat().st_size / 1e6:.1f} MB)"
    elif source.download:
        yield f"  fetch    inkdigits data {source.name}  ({source.download} MB)"
    yield f"  use      {source.use}"
    yield f"  licence  {source.licence}"
    yield f"  cite     {source.citation}"
    yield f"  from     {source.address}"


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["data", *sys.argv[1:]]))
