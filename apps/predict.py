"""``inkdigits predict``: the digits in each of some files, pictures or drawings."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.messages import number_in_glyphs, words_for
from apps.options import add_backend, add_json, add_model, add_picture, get_ready, input_file, need
from apps.output import printable
from backends import Array
from backends.errors import blame
from engine.data.drawings import read_drawing
from engine.data.photos import FoundDigit, find_digits, read_picture
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_image
from engine.recognition.segment import recognize_digits

EXAMPLES = """\
examples:
  inkdigits predict three.png seven.jpg
  inkdigits predict photo.jpg --show found.png
  inkdigits predict drawing.json --json
  inkdigits predict drawing.json --explain why.png

A picture or a drawing may hold several digits. With --json, the line then has them in "digits".
"""


@dataclass(frozen=True)
class Answer:
    """The answer to one digit of a file; the last two are None for a drawing, which has no paper."""

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
        help='a picture of digits, or a drawing of some as JSON: {"strokes": [[[x, y], ...], ...]}',
    )
    add_backend(parser)
    add_model(parser)
    add_picture(parser, "--show", "a picture of each digit found and the network's input")
    add_picture(parser, "--explain", "a picture of why it is this digit and not the second choice")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print an answer for each file; returns the exit code."""
    if not all(_is_drawing(path) for path in arguments.files):
        need("predict", "reading pictures")
    network = Network.load(arguments.model, arguments.backend)
    get_ready(network)
    answers: list[Answer] = []
    for path in arguments.files:
        found = _predict(path, network)
        print(_as_json(found) if arguments.json else "\n".join(_as_lines(found)))
        answers += found
    if arguments.show:
        from apps.plots import draw_answers

        draw_answers(answers, arguments.show)
    if arguments.explain:
        from apps.plots import draw_explanations

        draw_explanations(network, answers, arguments.explain)
    return 0


def _is_drawing(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _predict(path: Path, network: Network) -> list[Answer]:
    """The digits of a file in reading order; at least one answer."""
    if _is_drawing(path):
        strokes = read_drawing(path).strokes
        with blame(network.backend, "predicting"):
            return [Answer(path, each) for each in recognize_digits(network, strokes)]
    picture = read_picture(path)
    with blame(network.backend, "predicting"):
        return [
            Answer(path, recognize_image(network, found.image), picture, found)
            for found in find_digits(picture)
        ]


def _as_json(answers: list[Answer]) -> str:
    file = {"file": str(answers[0].path)}
    if len(answers) > 1:
        return json.dumps(file | {"digits": [_fields(each) for each in answers]})
    return json.dumps(file | _fields(answers[0]))


def _fields(answer: Answer) -> dict[str, Any]:
    recognition, found = answer.recognition, answer.found
    p = recognition.probabilities
    content: dict[str, Any] = {
        "digit": recognition.digit,
        "label": None if recognition.digit is None else recognition.classes[recognition.digit],
        "probabilities": None if p is None else [float(share) for share in p],
        "state": recognition.state.value,
    }
    if found:
        content |= {"box": list(found.box), "ink": "dark" if found.dark_on_light else "light"}
    return content


def _as_lines(answers: list[Answer]) -> list[str]:
    """One line for one digit; for several, a line with all of them before one for each."""
    lines = [_as_line(each) for each in answers]
    if len(answers) == 1:
        return lines
    number = number_in_glyphs([each.recognition for each in answers])
    return [f"{printable(answers[0].path)}: {number}  {len(answers)} digits", *lines]


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
