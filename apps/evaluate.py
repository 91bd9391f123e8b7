"""``inkdigits evaluate``: how good a network is on digits whose labels are known."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from apps.options import add_backend, add_data, add_json, add_model, need
from engine.datasets import load_mnist
from engine.metrics import Evaluation, evaluate
from engine.network import Network


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_backend(parser)
    add_model(parser)
    add_data(parser)
    parser.add_argument(
        "--confusion", metavar="FILE", type=Path, help="draw what is taken for what into a picture"
    )
    parser.add_argument(
        "--mistakes", metavar="FILE", type=Path, help="draw the most confident mistakes into a picture"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    pictures = [path for path in (arguments.confusion, arguments.mistakes) if path]
    if pictures:
        plots = need("apps.plots", "matplotlib", "drawing pictures")
        for path in pictures:
            plots.check_picture(path)
    network = Network.load(arguments.model, arguments.backend)
    examples = load_mnist(arguments.data).test
    evaluation = evaluate(network, examples)
    if arguments.json:
        print(json.dumps(_as_json(evaluation)))
    else:
        _print_report(evaluation)
    if arguments.confusion:
        plots.draw_confusion(evaluation, arguments.confusion)
    if arguments.mistakes:
        plots.draw_mistakes(evaluation, examples.images, arguments.mistakes)
    return 0


def _as_json(evaluation: Evaluation) -> dict[str, object]:
    return {
        "accuracy": evaluation.accuracy,
        "interval_95": evaluation.interval_95,
        "top2_accuracy": evaluation.top2_accuracy,
        "n": evaluation.n,
        "confusion": evaluation.confusion.tolist(),
    }


def _print_report(evaluation: Evaluation) -> None:
    low, high = evaluation.interval_95
    print(f"accuracy            {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"in two guesses      {evaluation.top2_accuracy:.2%}")
    print(f"digits              {evaluation.n:,}")
    print()
    print("written \\ read" + "".join(f"{digit:7}" for digit in range(10)))
    for digit, counts in enumerate(evaluation.confusion):
        print(f"{digit:>14}" + "".join(f"{count or '·':>7}" for count in counts))


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["evaluate", *sys.argv[1:]]))
