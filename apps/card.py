"""``inkdigits card``: the model card in prose, written from what a model file says of itself."""

from __future__ import annotations

import argparse
import sys

from apps.model_card import model_card
from apps.options import input_file
from engine.model.model_file import shipped_model_path
from engine.model.network import Network

EXAMPLES = """\
examples:
  inkdigits card > card.md                  of the model that comes with inkdigits
  inkdigits card trained.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits card``."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        type=input_file,
        help="model file (default: the model that comes with inkdigits)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the card; returns the exit code."""
    path = arguments.model or shipped_model_path()
    print(model_card(Network.load(path, "numpy"), path.name), end="")
    return 0


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["card", *sys.argv[1:]]))
