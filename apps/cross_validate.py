"""``inkdigits cross-validate``: how well a recipe's networks read hands that they have not learnt from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
import numpy as np

from apps.options import add_json, get_ready, need
from apps.train import add_learning, chosen_options, follow, load_dataset, print_json
from backends import InkdigitsError, get_backend
from engine.cross_validation import Unseen, read_unseen, writers_in_folds
from engine.curriculum import read_recipe
from engine.drawings import read_drawings
from engine.training import Training

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
        "--folds", metavar="N", type=int, default=5, help="how many groups, each a training run (default: 5)"
    )
    parser.add_argument(
        "--confusion", metavar="OUT", type=Path, help="draw what is taken for what into a picture"
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.recipe or not arguments.strokes:
        raise InkdigitsError(
            "cross-validation needs --recipe and --strokes, drawings whose writers are known"
        )
    recipe = read_recipe(arguments.recipe)
    options = chosen_options(arguments, recipe)
    if arguments.confusion:
        plots = need("apps.plots", "matplotlib", "drawing pictures")
        plots.check_picture(arguments.confusion)
    backend = get_backend(arguments.backend, arguments.threads)
    drawings = [each for each in read_drawings(arguments.strokes) if each.label is not None]
    groups = writers_in_folds(drawings, arguments.folds)
    if len(groups) < 2:
        raise InkdigitsError(
            f"{arguments.strokes} has drawings by {len(groups)} writer, --folds is {arguments.folds}: "
            "two of each are needed at the least"
        )
    dataset = load_dataset(arguments)
    parts = []
    for fold, writers in enumerate(groups, 1):
        learn = [each for each in drawings if each.writer not in writers]
        kept_out = [each for each in drawings if each.writer in writers]
        training = Training(dataset, options, backend, recipe, learn)
        if fold == 1:
            get_ready(training.network, training=True)
        _say(f"fold {fold}/{len(groups)}: without {', '.join(map(str, writers))}")
        follow(training, as_json=False)
        parts.append(read_unseen(training.network, kept_out, np.random.default_rng(options.seed)))
        _say(f"fold {fold}/{len(groups)}: {parts[-1].evaluation.accuracy:.2%} of {len(kept_out):,} right")
    unseen = Unseen.pooled(parts)
    _report(unseen, parts, arguments.json)
    if arguments.confusion:
        plots.draw_confusion(unseen.evaluation, arguments.confusion)
    return 0


def _report(unseen: Unseen, parts: list[Unseen], as_json: bool) -> None:
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
    print(f"unseen writers    {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"in two guesses    {evaluation.top2_accuracy:.2%}")
    print(f"digits            {evaluation.n:,} by {writers} writers")
    print()
    print("[decision]")
    for name, value in msgspec.to_builtins(decision).items():
        print(f"{name} = {value:g}")


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["cross-validate", *sys.argv[1:]]))
