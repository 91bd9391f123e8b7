"""``inkdigits evaluate``: how good a network is on digits whose labels are known."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from apps.options import add_backend, add_json, add_model, add_threads, get_ready, need
from apps.output import print_json
from backends import Array, InkdigitsError, get_backend
from engine.data.datasets import Examples, load_mnist, read_examples
from engine.data.drawings import read_drawings
from engine.data.photos import images_from_pictures
from engine.model.network import Network
from engine.recognition.evaluation import DrawingsEvaluation, Evaluation, evaluate, evaluate_drawings

EXAMPLES = """\
examples:
  inkdigits evaluate --confusion confusion.png --mistakes mistakes.png
  inkdigits evaluate --strokes drawings.json --json
  inkdigits evaluate --data digits.npz
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_backend(parser)
    add_threads(parser)
    add_model(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        help="a .npz file with x_test and y_test, pictures of any size, each of one digit "
        "(default: MNIST's test set)",
    )
    source.add_argument(
        "--strokes",
        metavar="FILE",
        type=Path,
        help="drawings, as JSON or UNIPEN (Pen-Based Recognition of Handwritten Digits, original form)",
    )
    parser.add_argument(
        "--writers", metavar="N,N", type=lambda text: text.split(","), help="only these writers of --strokes"
    )
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="the pictures of --data are 28x28 and framed as MNIST's already",
    )
    parser.add_argument(
        "--confusion", metavar="OUT", type=Path, help="draw what is taken for what into a picture"
    )
    parser.add_argument(
        "--mistakes", metavar="OUT", type=Path, help="draw the most confident mistakes into a picture"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    pictures = [path for path in (arguments.confusion, arguments.mistakes) if path]
    if pictures:
        plots = need("apps.plots", "matplotlib", "drawing pictures")
        for path in pictures:
            plots.check_picture(path)
    network = Network.load(arguments.model, get_backend(arguments.backend, arguments.threads))
    get_ready(network)
    with threadpool_limits(arguments.threads):
        evaluation, images, of_drawings = _evaluate(arguments, network)
    if pictures and not evaluation.n:
        raise InkdigitsError("none of the drawings has a label: there are no mistakes to draw")
    if arguments.json:
        print_json(**_as_json(evaluation), **_drawings_as_json(of_drawings))
    else:
        _print_report(evaluation, of_drawings)
    if arguments.confusion:
        plots.draw_confusion(evaluation, arguments.confusion)
    if arguments.mistakes:
        plots.draw_mistakes(evaluation, images, arguments.mistakes)
    return 0


def _evaluate(
    arguments: argparse.Namespace, network: Network
) -> tuple[Evaluation, Array, DrawingsEvaluation | None]:
    """What was measured, the images that it was measured on, and more where those were drawings."""
    if arguments.strokes:
        drawings = read_drawings(arguments.strokes)
        if arguments.writers:
            drawings = [each for each in drawings if str(each.writer) in arguments.writers]
        of_drawings = evaluate_drawings(network, drawings)
        return of_drawings.labelled, of_drawings.images, of_drawings
    if not arguments.data:
        test = load_mnist().test
        assert test is not None  # MNIST has one
        examples = test
    elif arguments.as_is:
        examples = Examples(*read_examples(arguments.data))
    else:
        pictures, labels = read_examples(arguments.data)
        examples = Examples(images_from_pictures(pictures), labels)
    return evaluate(network, examples), examples.images, None


def _as_json(evaluation: Evaluation) -> dict[str, Any]:
    measured = evaluation.n > 0  # else all drawings are unlabelled, and JSON has no NaN
    return {
        "accuracy": evaluation.accuracy if measured else None,
        "interval_95": evaluation.interval_95 if measured else None,
        "top2_accuracy": evaluation.top2_accuracy if measured else None,
        "n": evaluation.n,
        "confusion": evaluation.confusion.tolist(),
    }


def _drawings_as_json(drawings: DrawingsEvaluation | None) -> dict[str, Any]:
    if drawings is None:
        return {}
    return {"states": drawings.states, "milliseconds_per_digit": drawings.milliseconds_per_digit}


def _print_report(evaluation: Evaluation, drawings: DrawingsEvaluation | None) -> None:
    if evaluation.n:
        low, high = evaluation.interval_95
        print(f"accuracy          {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
        print(f"in two guesses    {evaluation.top2_accuracy:.2%}")
    print(
        f"digits            {evaluation.n:,}{'' if evaluation.n else '  (none of the drawings has a label)'}"
    )
    if drawings:
        print(f"time              {drawings.milliseconds_per_digit:.2f} ms a drawing")
        counts = ", ".join(f"{count} {state}" for state, count in drawings.states.items() if count)
        print(f"said to be        {counts}")
    if evaluation.n:
        _print_confusion(evaluation)


def _print_confusion(evaluation: Evaluation) -> None:
    print()
    print("written \\ read" + "".join(f"{digit:7}" for digit in range(10)))
    for digit, counts in enumerate(evaluation.confusion):
        print(f"{digit:>14}" + "".join(f"{count or '·':>7}" for count in counts))


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["evaluate", *sys.argv[1:]]))
