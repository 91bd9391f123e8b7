"""``inkdigits evaluate``: how good a network is on digits whose labels are known."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Any

from apps.options import (
    add_backend,
    add_json,
    add_model,
    add_picture,
    add_threads,
    chosen_backend,
    get_ready,
    input_file,
    need_digits,
    refuse_without,
    writers,
)
from apps.output import print_json, printable
from backends import Array, InkdigitsError
from backends.blas import BlasThreads
from backends.errors import blame, shown
from engine.data.datasets import DataError, Examples, indices_of, load_mnist, read_examples
from engine.data.drawings import read_drawings
from engine.data.own_data import frame_pictures
from engine.data.photos import images_from_pictures
from engine.model.network import Network
from engine.recognition.evaluation import DrawingsEvaluation, Evaluation, evaluate, evaluate_drawings
from engine.recognition.overlap import count_seen_images, seen_drawings

EXAMPLES = """\
examples:
  inkdigits evaluate --confusion confusion.png --mistakes mistakes.png
  inkdigits evaluate --strokes drawings.json --json
  inkdigits evaluate --data digits.npz
"""


@dataclass(frozen=True)
class Measured:
    """What `inkdigits evaluate` tells.

    Attributes
    ----------
    evaluation : labels and probabilities of N digits
    images : (N, rows, columns), the network's input
    seen : how many of the digits the network was trained on, as far as its card tells
    drawings : more, where the digits were drawings
    """

    evaluation: Evaluation
    images: Array
    seen: int
    drawings: DrawingsEvaluation | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits evaluate``."""
    add_backend(parser)
    add_threads(parser)
    add_model(parser)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        metavar="FILE",
        type=input_file,
        help="a .npz file with x_test and y_test, pictures of any size with one digit each "
        "(default: MNIST's test set)",
    )
    source.add_argument(
        "--strokes",
        metavar="FILE",
        type=input_file,
        help="drawings, as JSON or UNIPEN (as in Pen-Based Recognition of Handwritten Digits)",
    )
    parser.add_argument("--writers", metavar="N,N", type=writers, help="use only these writers of --strokes")
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="use the pictures of --data unchanged: 28x28, framed like MNIST's",
    )
    add_picture(parser, "--confusion", "a confusion matrix")
    add_picture(parser, "--mistakes", "a picture of the most confident mistakes")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Measure a network and report; returns the exit code."""
    refuse_without(arguments, "--writers", "--strokes")
    refuse_without(arguments, "--as-is", "--data")
    network = Network.load(arguments.model, chosen_backend(arguments))
    get_ready(network)
    with BlasThreads(network.backend.threads):
        measured = _measure(arguments, network)
    if (arguments.confusion or arguments.mistakes) and not measured.evaluation.n:
        raise InkdigitsError("none of the drawings has a label: there are no mistakes to draw")
    if arguments.json:
        print_json(**_as_json(measured))
    else:
        _print_report(measured)
    _draw(arguments, measured)
    return 0


def _measure(arguments: argparse.Namespace, network: Network) -> Measured:
    if not arguments.data:
        need_digits(network, "evaluating on digits")
    if arguments.strokes:
        return _measure_drawings(arguments, network)
    if not arguments.data:
        examples = load_mnist().test
        assert examples is not None  # MNIST has a test set
        return _measure_examples(network, examples, examples)
    pictures, labels = read_examples(arguments.data)
    try:
        known = indices_of(labels, network.classes)
        as_in_training = Examples(frame_pictures(pictures), known)
        as_is = arguments.as_is or pictures.ndim == 2
        examples = Examples(pictures if as_is else images_from_pictures(pictures), known)
    except DataError as error:
        raise DataError(f"{shown(arguments.data)}: {error}") from None
    return _measure_examples(network, examples, as_in_training)


def _measure_examples(network: Network, examples: Examples, as_in_training: Examples) -> Measured:
    seen = count_seen_images(network.card, as_in_training.images, as_in_training.labels)
    return Measured(evaluate(network, examples), examples.images, seen)


def _measure_drawings(arguments: argparse.Namespace, network: Network) -> Measured:
    everything = read_drawings(arguments.strokes)
    chosen = [
        (drawing, seen)
        for drawing, seen in zip(everything, seen_drawings(network.card, everything), strict=True)
        if not arguments.writers or str(drawing.writer) in arguments.writers
    ]
    with blame(network.backend, "evaluating"):
        drawings = evaluate_drawings(network, [drawing for drawing, _ in chosen])
    count = sum(seen for drawing, seen in chosen if drawing.label is not None)
    return Measured(drawings.labelled, drawings.images, count, drawings)


def _draw(arguments: argparse.Namespace, measured: Measured) -> None:
    """Save the pictures that are asked for."""
    if arguments.confusion:
        from apps.plots import draw_confusion

        draw_confusion(measured.evaluation, arguments.confusion)
    if arguments.mistakes:
        from apps.plots import draw_mistakes

        draw_mistakes(measured.evaluation, measured.images, arguments.mistakes)


def _as_json(measured: Measured) -> dict[str, Any]:
    evaluation, drawings = measured.evaluation, measured.drawings
    any_labels = evaluation.n > 0  # else no drawing has a label, and JSON has no NaN
    fields = {
        "accuracy": evaluation.accuracy if any_labels else None,
        "interval_95": evaluation.interval_95 if any_labels else None,
        "top2_accuracy": evaluation.top2_accuracy if any_labels else None,
        "n": evaluation.n,
        "seen_in_training": measured.seen,
        "confusion": evaluation.confusion.tolist(),
    }
    if drawings:
        fields |= {"states": drawings.states, "milliseconds_per_digit": drawings.milliseconds_per_digit}
    return fields


def _print_report(measured: Measured) -> None:
    evaluation, drawings = measured.evaluation, measured.drawings
    if evaluation.n:
        low, high = evaluation.interval_95
        print(f"accuracy          {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
        print(f"top 2             {evaluation.top2_accuracy:.2%}")
    print(
        f"digits            {evaluation.n:,}{'' if evaluation.n else '  (none of the drawings has a label)'}"
    )
    if measured.seen:
        print(f"seen in training  {measured.seen:,}  (accuracy on new digits is likely lower)")
    if drawings:
        print(f"time              {drawings.milliseconds_per_digit:.2f} ms a drawing")
        counts = ", ".join(f"{count} {state}" for state, count in drawings.states.items() if count)
        print(f"verdicts          {counts}")
    if evaluation.n:
        _print_confusion(evaluation)


def _print_confusion(evaluation: Evaluation) -> None:
    print()
    names = [printable(name)[:17] for name in evaluation.classes]
    width = max(6, *(len(name) + 1 for name in names))
    print("label \\ prediction" + "".join(f"{name:>{width}}" for name in names))
    for name, counts in zip(names, evaluation.confusion, strict=True):
        print(f"{name:>18}" + "".join(f"{count or '·':>{width}}" for count in counts))


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["evaluate", *sys.argv[1:]]))
