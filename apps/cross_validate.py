"""``inkdigits cross-validate``: how well a recipe's networks read hands that they have not learnt from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
import numpy as np

from apps.learning import add_learning, chosen_options, follow, load_dataset
from apps.options import add_json, get_ready, need
from apps.output import print_json, say
from backends import InkdigitsError, get_backend
from engine.data.drawings import Drawing, read_drawings
from engine.recognition.evaluation import UnseenWriters
from engine.training.cross_validation import Fold, cross_validate, split_by_writer
from engine.training.recipe import read_recipe
from engine.training.trainer import Training

EXAMPLES = """\
examples:
  inkdigits cross-validate --backend numba --threads 2 --recipe best --strokes pendigits-orig.tra
  inkdigits cross-validate --recipe mine.toml --strokes drawings.json --confusion confusion.png

The writers are dealt into --folds groups. For each group a network learns without it, then reads it; what is
printed counts the digits of all. MNIST's test set is not looked at, and nothing is saved. The last lines are
the recipe's [decision] as fitted on those digits.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_learning(parser)
    parser.add_argument(
        "--folds",
        metavar="N",
        type=_two_or_more,
        default=5,
        help="how many groups, each a training run (default: 5)",
    )
    parser.add_argument(
        "--confusion", metavar="OUT", type=Path, help="draw what is taken for what into a picture"
    )
    add_json(parser)


def _two_or_more(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of groups: 2 or more are needed")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.recipe or not arguments.strokes:
        raise InkdigitsError(
            "cross-validation needs --recipe and --strokes, drawings whose writers are known"
        )
    # Everything that can be refused is refused before anything is learnt.
    recipe = read_recipe(arguments.recipe)
    options = chosen_options(arguments, recipe)
    if arguments.confusion:
        plots = need("apps.plots", "matplotlib", "drawing pictures")
        plots.check_picture(arguments.confusion)
    backend = get_backend(arguments.backend, arguments.threads)
    folds = split_by_writer(read_drawings(arguments.strokes), arguments.folds)
    if len(folds) < 2:
        raise InkdigitsError(
            f"{arguments.strokes} names {len(folds)} writers of digits: two or more are needed"
        )
    dataset = load_dataset(arguments)

    def new_training(drawings: list[Drawing]) -> Training:
        return Training(dataset, options, backend, recipe=recipe, drawings=drawings)

    parts = []
    for fold, part in zip(folds, cross_validate(folds, new_training, _train), strict=True):
        say(f"fold {fold.number}/{fold.of}: {part.evaluation.accuracy:.2%} of {part.evaluation.n:,} right")
        parts.append(part)
    unseen = UnseenWriters.pooled(parts)
    _report(unseen, parts, arguments.json)
    if arguments.confusion:
        plots.draw_confusion(unseen.evaluation, arguments.confusion)
    return 0


def _train(training: Training, fold: Fold) -> None:
    if fold.number == 1:
        get_ready(training.network, training=True)
    say(f"fold {fold.number}/{fold.of}: without {', '.join(fold.writers)}")
    follow(training, as_json=False)


def _report(unseen: UnseenWriters, parts: list[UnseenWriters], as_json: bool) -> None:
    evaluation, decision = unseen.evaluation, unseen.decision
    low, high = unseen.interval_95
    writers = len(np.unique(unseen.writers))
    if as_json:
        print_json(
            accuracy=evaluation.accuracy,
            interval_95=[low, high],
            top2_accuracy=evaluation.top2_accuracy,
            n=evaluation.n,
            writers=writers,
            folds=[part.evaluation.accuracy for part in parts],
            confusion=evaluation.confusion.tolist(),
            decision=msgspec.to_builtins(decision),
        )
        return
    print(
        f"unseen writers    {evaluation.accuracy:.2%}  (95 % interval over writers {low:.2%} to {high:.2%})"
    )
    print(f"in two guesses    {evaluation.top2_accuracy:.2%}")
    print(f"digits            {evaluation.n:,} by {writers} writers")
    print()
    print("[decision]")
    for name, value in msgspec.to_builtins(decision).items():
        print(f"{name} = {value:g}")


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["cross-validate", *sys.argv[1:]]))
