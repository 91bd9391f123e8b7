"""``inkdigits cross-validate``: how well a recipe's networks read hands that they have not learnt from."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from apps.learning import add_learning, chosen_options, follow, load_dataset
from apps.options import add_json, get_ready, need
from apps.output import print_json, say
from backends import InkdigitsError, get_backend
from engine.data.drawings import Drawing, read_drawings
from engine.recognition.evaluation import UnseenWriters, evaluate_unseen_writers
from engine.training.cross_validation import writers_in_folds
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
    digits = [each for each in read_drawings(arguments.strokes) if each.label is not None]
    groups = writers_in_folds(digits, arguments.folds)
    if len(groups) < 2:
        raise InkdigitsError(
            f"{arguments.strokes} names {sum(map(len, groups))} writers of digits: two or more are needed"
        )
    dataset = load_dataset(arguments)

    def new_training(learn: list[Drawing]) -> Training:
        return Training(dataset, options, backend, recipe=recipe, drawings=learn)

    parts = list(_learn_and_read(new_training, digits, groups))
    unseen = UnseenWriters.pooled(parts)
    _report(unseen, parts, arguments.json)
    if arguments.confusion:
        plots.draw_confusion(unseen.evaluation, arguments.confusion)
    return 0


def _learn_and_read(
    new_training: Callable[[list[Drawing]], Training], digits: list[Drawing], groups: list[list[str]]
) -> Iterator[UnseenWriters]:
    """For each group of writers, learn without it and read it."""
    for fold, writers in enumerate(groups, 1):
        learn = [each for each in digits if str(each.writer) not in writers]
        kept_out = [each for each in digits if str(each.writer) in writers]
        training = new_training(learn)
        if fold == 1:
            get_ready(training.network, training=True)
        say(f"fold {fold}/{len(groups)}: without {', '.join(writers)}")
        follow(training, as_json=False)
        with threadpool_limits(training.network.backend.threads):
            # The same scribbles for every network, as far as they are not spoiled digits of its group.
            unseen = evaluate_unseen_writers(
                training.network, kept_out, np.random.default_rng(training.options.seed)
            )
        say(f"fold {fold}/{len(groups)}: {unseen.evaluation.accuracy:.2%} of {len(kept_out):,} right")
        yield unseen


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
