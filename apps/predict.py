"""``inkdigits predict``: read a digit from each of some picture files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from apps.options import add_backend, add_json, add_model
from engine.images import ImageError, picture_to_image, read_picture
from engine.network import Network
from engine.recognition import Recognition, State, recognize_image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="a picture of one digit")
    add_backend(parser)
    add_model(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    pictures = [read_picture(path) for path in arguments.images]
    network = Network.load(arguments.model, arguments.backend)
    for path, picture in zip(arguments.images, pictures, strict=True):
        recognition = recognize_image(network, picture_to_image(picture))
        if recognition.state is State.EMPTY:
            raise ImageError(f"{path}: nothing stands out from the paper")
        print(_as_json(path, recognition) if arguments.json else _as_line(path, recognition))
    return 0


def _as_json(path: Path, recognition: Recognition) -> str:
    assert recognition.probabilities is not None  # only an empty picture has none
    return json.dumps(
        {
            "file": str(path),
            "digit": recognition.digit,
            "probabilities": [float(p) for p in recognition.probabilities],
        }
    )


def _as_line(path: Path, recognition: Recognition) -> str:
    assert recognition.probabilities is not None  # only an empty picture has none
    first, second = recognition.digit, recognition.second
    p = recognition.probabilities
    return f"{path}: {first} ({p[first]:.1%}), else {second} ({p[second]:.1%})"


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["predict", *sys.argv[1:]]))
