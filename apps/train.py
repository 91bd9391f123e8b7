"""``inkdigits train``: train a network, show how it goes, save it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from apps.learning import add_learning, chosen_options, follow, load_dataset
from apps.options import (
    add_json,
    add_picture,
    chosen_backend,
    get_ready,
    need,
    output_file,
    refuse_without,
    writers,
)
from apps.output import print_json, printable, say
from backends import InkdigitsError
from engine.data.drawings import Drawing, read_drawings
from engine.recognition.evaluation import Evaluation, UnseenWriters
from engine.training.options import OptionsError
from engine.training.recipe import read_recipe
from engine.training.trainer import Training

EXAMPLES = """\
examples:
  inkdigits train --backend numba --epochs 10 --plot curves.png
  inkdigits train --dataset digits8x8 --hidden 32                 needs no download
  inkdigits train --backend numba --recipe best --strokes pendigits-orig.tra --out model.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits train``."""
    add_learning(parser)
    parser.add_argument(
        "--without-writers",
        metavar="N,N",
        type=writers,
        default=[],
        help="hold out the drawings by these writers of --strokes, and test the network on them",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=output_file,
        default="trained.json",
        help="save the network to this file (default: trained.json)",
    )
    add_picture(parser, "--plot", "loss and accuracy curves")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train, test, save and report; returns the exit code."""
    # Everything that can be refused is refused before training.
    need("train", "training")
    refuse_without(arguments, "--strokes", "--recipe")
    refuse_without(arguments, "--without-writers", "--strokes")
    recipe = read_recipe(arguments.recipe) if arguments.recipe else None
    options = chosen_options(arguments, recipe)
    backend = chosen_backend(arguments)
    drawings, held_out = _drawings(arguments)
    dataset = load_dataset(arguments, options, recipe)
    training = Training(dataset, options, backend, recipe, drawings)

    get_ready(training.network, training=True)
    try:
        epochs = follow(training, arguments.json)
    except (KeyboardInterrupt, BrokenPipeError):  # Ctrl-C, or the reader of our output went away
        _save_unfinished(training, arguments.out)
        raise
    evaluation = training.test()
    unseen = training.test_on_writers(held_out) if held_out else None
    training.network.save(arguments.out)
    if arguments.plot:
        from apps.plots import draw_training

        draw_training(epochs, arguments.plot)
    _report(evaluation, unseen, arguments.out, arguments.json)
    return 0


def _drawings(arguments: argparse.Namespace) -> tuple[list[Drawing], list[Drawing]]:
    """The drawings to train on, and those of the writers that are held out."""
    if not arguments.strokes:
        return [], []
    drawings = read_drawings(arguments.strokes)
    held_out = [each for each in drawings if str(each.writer) in arguments.without_writers]
    training = [each for each in drawings if str(each.writer) not in arguments.without_writers]
    if arguments.without_writers and not any(each.label is not None for each in held_out):
        names = ",".join(arguments.without_writers)
        raise OptionsError(f"{arguments.strokes} has no digits by {names}: nothing to test the network on")
    return training, held_out


def _save_unfinished(training: Training, out: Path) -> None:
    """Save the network as far as it got, beside the name it would have had: hours are not lost."""
    path = out.with_name(f"{out.stem}.interrupted{out.suffix}")
    try:
        training.network.save(path)
        say(f"interrupted: the network so far is in {path}")
    except InkdigitsError as error:
        say(f"interrupted: {error}")


def _report(evaluation: Evaluation, unseen: UnseenWriters | None, out: Path, as_json: bool) -> None:
    low, high = evaluation.interval_95
    if as_json:
        last: dict[str, object] = {
            "test_accuracy": evaluation.accuracy,
            "test_interval_95": [low, high],
            "out": str(out),
        }
        if unseen:
            last |= {
                "unseen_writers_accuracy": unseen.evaluation.accuracy,
                "unseen_writers_digits": unseen.evaluation.n,
            }
        print_json(**last)
        return
    print(f"test accuracy   {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    if unseen:
        low, high = unseen.interval_95
        interval = f"95 % interval over writers {low:.2%} to {high:.2%}"
        print(f"unseen writers  {unseen.evaluation.accuracy:.2%}  ({interval})")
        print(f"  top 2         {unseen.evaluation.top2_accuracy:.2%}")
    print(f"saved           {printable(out)}")
    say(f"draw with it: inkdigits draw --model {out}")


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["train", *sys.argv[1:]]))
