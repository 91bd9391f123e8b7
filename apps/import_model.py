"""``inkdigits import``: a dense ReLU network from another program becomes a model file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from apps.options import add_json, input_file, need, output_file
from apps.output import print_json, printable, say
from backends import InkdigitsError, Parameters
from engine.model.card import Card
from engine.model.model_file import save_model

EXAMPLES = """\
examples:
  inkdigits import digits.onnx --out digits.json
  inkdigits import digits.safetensors
  inkdigits evaluate --model imported.json

A network from elsewhere must take pixels from 0 (paper) to 1 (ink), framed as MNIST frames its digits.
"""

# By the ending of the file's name: module, function, extra.
READERS = {
    ".onnx": ("engine.export.onnx", "read_onnx", "export"),
    ".safetensors": ("engine.export.safetensors", "read_safetensors", "export"),
    ".npz": ("engine.export.npz", "read_npz", None),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits import``."""
    parser.add_argument(
        "file",
        metavar="FILE",
        type=input_file,
        help="dense layers with ReLU between them, in .onnx, .safetensors or .npz by `inkdigits export`",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=output_file,
        default="imported.json",
        help="save the network to this file (default: imported.json)",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read, save and report; returns the exit code."""
    parameters, card = _reader(arguments.file)(arguments.file)
    save_model(arguments.out, parameters, card)
    if "imported_from" in card.training:
        say(
            f"{arguments.file} does not say how its images are made: inkdigits evaluate --model "
            f"{arguments.out} tells whether they are like MNIST's"
        )
    if arguments.json:
        print_json(out=str(arguments.out), layer_sizes=parameters.layer_sizes, dtype=parameters.dtype.name)
    else:
        sizes = "-".join(map(str, parameters.layer_sizes))
        print(f"saved {printable(arguments.out)}  ({sizes}, {parameters.dtype})")
    return 0


def _reader(path: Path) -> Callable[[Path], tuple[Parameters, Card]]:
    """The function that reads a file of this kind, imported when it is asked for."""
    if path.suffix.lower() not in READERS:
        name = printable(path.name)[:60]
        raise InkdigitsError(f"cannot import {name}: its name must end in {', '.join(READERS)}")
    module, function, extra = READERS[path.suffix.lower()]
    if extra:
        need(extra, f"reading {path.suffix} files")
    read: Callable[[Path], tuple[Parameters, Card]] = getattr(import_module(module), function)
    return read


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["import", *sys.argv[1:]]))
