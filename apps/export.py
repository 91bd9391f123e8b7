"""``inkdigits export``: a network as a page for a browser."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from apps.options import add_json, add_model, output_file
from apps.output import print_json, printable
from engine.export.page import write_page
from engine.model.network import Network

EXAMPLES = """\
examples:
  inkdigits export --html digits.html
  inkdigits export --model trained.json --html trained.html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits export``."""
    add_model(parser)
    parser.add_argument(
        "--html",
        metavar="FILE",
        type=output_file,
        required=True,
        help="write a page that recognizes what is drawn in it, with no server and no network, to this file",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the page; returns the exit code."""
    path: Path = arguments.html
    write_page(Network.load(arguments.model), path)
    size = path.stat().st_size
    if arguments.json:
        print_json(format="html", file=str(path), bytes=size)
    else:
        print(f"saved {printable(path)}  ({size / 1000:,.0f} kB)")
    return 0


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["export", *sys.argv[1:]]))
