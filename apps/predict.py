"""``inkdigits predict``: the digit in each of some files, pictures or drawings."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.messages import words_for
from apps.options import add_backend, add_json, add_model, add_picture, get_ready, input_file, need
from apps.output import printable
from backends import Array
from backends.errors import blame
from engine.data.drawings import read_drawing
from engine.data.photos import FoundDigit, find_digit, read_picture
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_image, recognize_strokes

EXAMPLES = """\
examples:
  inkdigits predict three.png seven.jpg
  inkdigits predict photo.jpg --show found.png
  inkdigits predict drawing.json --json
"""


@dataclass(frozen=True)
class Answer:
    """The answer for one file; the last two are None for a drawing, which has no paper."""

    path: Path
    recognition: Recognition
    picture: Array | None = None
    found: FoundDigit | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits predict``."""
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=input_file,
        help='a picture of one digit, or a drawing as JSON: {"strokes": [[[x, y], ...], ...]}',
    )
    add_backend(parser)
    add_model(parser)
    add_picture(parser, "--show", "a picture of each digit found and the network's input")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print an answer for each file; returns the exit code."""
    if not all(_is_drawing(path) for path in arguments.files):
        need("predict", "reading pictures")
    network = Network.load(arguments.model, arguments.backend)
    get_ready(network)
    answers = []
    for path in arguments.files:
        answers.append(_predict(path, network))
        print(_as_json(answers[-1]) if arguments.json else _as_line(answers[-1]))
    if arguments.show:
        from apps.plots import draw_answers

        draw_answers(answers, arguments.show)
    return 0


def _is_drawing(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _predict(path: Path, network: Network) -> Answer:
    if _is_drawing(path):
        strokes = read_drawing(path).strokes
        with blame(network.backend, "predicting"):
            return Answer(path, recognize_strokes(network, strokes))
    picture = read_picture(path)
    found = find_digit(picture)
    with blame(network.backend, "predicting"):
        return Answer(path, recognize_image(network, found.image), picture, found)


def _as_json(answer: Answer) -> str:
    recognition, found = answer.recognition, answer.found
    p = recognition.probabilities
    content: dict[str, Any] = {
        "file": str(answer.path),
        "digit": recognition.digit,
        "label": None if recognition.digit is None else recognition.classes[recognition.digit],
        "probabilities": None if p is None else [float(share) for share in p],
        "state": recognition.state.value,
    }
    if found:
        content |= {"box": list(found.box), "ink": "dark" if found.dark_on_light else "light"}
    return json.dumps(content)


def _as_line(answer: Answer) -> str:
    words = words_for(answer.recognition)
    line = f"{printable(answer.path)}: {words.glyph or '-'}  {words.headline}; {words.detail}"
    if answer.found:
        left, top, right, bottom = answer.found.box
        ink = "dark ink" if answer.found.dark_on_light else "light ink"
        line += f"  [{ink}, {left:.0%}-{right:.0%} across, {top:.0%}-{bottom:.0%} down]"
    return line


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["predict", *sys.argv[1:]]))
