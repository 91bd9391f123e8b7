"""``inkdigits cross-validate``: the accuracy of a recipe on writers that its networks have not seen."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

import msgspec
import numpy as np

from apps.jobs import add_executor, new_pool, watch
from apps.learning import add_learning, chosen_options, load_dataset, need_for_learning
from apps.options import add_json, add_picture, chosen_backend, output_file
from apps.output import print_json, say
from backends import InkdigitsError
from engine.data.drawings import drawings_sha256, read_drawings
from engine.recognition.evaluation import UnseenWriters
from engine.training.cross_validation import run_folds, split_by_writer
from engine.training.executor import Done
from engine.training.jobs import Shared
from engine.training.provenance import versions
from engine.training.recipe import read_recipe
from engine.training.results import ResultFile

HELD_BACK = 1 / 6  # of the images of the data set, where the command does not say
EXAMPLES = """\
examples:
  inkdigits cross-validate --backend numba --threads 2 --recipe best --strokes pendigits-orig.tra
  inkdigits cross-validate --recipe mine.toml --strokes drawings.json --confusion confusion.png

The writers are divided into --folds groups. For each group a network is trained without it and tested on it.
The accuracy printed is over all groups; the last lines are the recipe's [decision], fitted on these digits
and on images that are held back from the data set, a sixth if --validation does not say otherwise.
MNIST's test set is not used. As many folds as there are cores are trained at once; those that are done are
kept until all are, so that after an interruption the same command goes on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits cross-validate``."""
    add_learning(parser)
    parser.add_argument(
        "--folds",
        metavar="N",
        type=_two_or_more,
        default=5,
        help="number of groups of writers, each a training run (default: 5)",
    )
    parser.add_argument(
        "--keep",
        metavar="FILE",
        type=output_file,
        default="cross-validation.jsonl",
        help="keep the folds that are done in this file until all are (default: cross-validation.jsonl)",
    )
    add_executor(parser)
    add_picture(parser, "--confusion", "a confusion matrix")
    add_json(parser)


def _two_or_more(text: str) -> int:
    if not text.isdigit() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of groups: give 2 or more")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Train and test a network for each group of writers, and report; returns the exit code."""
    # Everything that can be refused is refused before training.
    need_for_learning(arguments)
    if not arguments.recipe or not arguments.strokes:
        raise InkdigitsError("cross-validation needs --recipe, and --strokes with drawings by known writers")
    recipe = read_recipe(arguments.recipe)
    options = chosen_options(arguments, recipe)
    if not options.validation:
        options = msgspec.structs.replace(options, validation=HELD_BACK)
    backend = chosen_backend(arguments)
    drawings = read_drawings(arguments.strokes)
    folds = split_by_writer(drawings, arguments.folds)
    if len(folds) < 2:
        raise InkdigitsError(f"{arguments.strokes} names {len(folds)} writers of digits: give two or more")
    dataset = load_dataset(arguments, options, recipe)
    head = {
        "format": "inkdigits-folds 2",
        "folds": len(folds),
        "options": msgspec.to_builtins(options),
        "recipe": msgspec.to_builtins(recipe),
        "backend": backend.name,
        "data_sha256": dataset.sha256,
        "drawings_sha256": drawings_sha256(drawings),
        "versions": versions(),
    }
    file = ResultFile(arguments.keep, head)
    for fold in folds:
        say(f"fold {fold.number}/{fold.of}: without {', '.join(fold.writers)}")
    digits = [each for each in drawings if each.label is not None]
    pool = new_pool(arguments, Shared(dataset, backend, digits))
    with closing(file):
        done = list(watch(run_folds(folds, options, recipe, pool, file), len(folds), "folds", _outcome))
    by_name = {each.job.name: each.result for each in done}
    parts = [by_name[f"fold {fold.number}/{fold.of}"] for fold in folds]
    unseen = UnseenWriters.pooled(parts)
    _report(unseen, parts, arguments.json)
    if arguments.confusion:
        from apps.plots import draw_confusion

        draw_confusion(unseen.evaluation, arguments.confusion)
    file.remove()
    return 0


def _outcome(done: Done) -> str:
    evaluation = done.result.evaluation
    return f"{done.job.name}: accuracy {evaluation.accuracy:.2%}, {evaluation.n:,} digits"


def _report(unseen: UnseenWriters, parts: list[UnseenWriters], as_json: bool) -> None:
    evaluation, images, decision = unseen.evaluation, unseen.images, unseen.decision
    low, high = unseen.interval_95
    writers = len(np.unique(unseen.writers))
    if as_json:
        print_json(
            accuracy=evaluation.accuracy,
            interval_95=[low, high],
            top2_accuracy=evaluation.top2_accuracy,
            n=evaluation.n,
            writers=writers,
            held_back_accuracy=images and images.accuracy,
            folds=[part.evaluation.accuracy for part in parts],
            confusion=evaluation.confusion.tolist(),
            decision=msgspec.to_builtins(decision),
        )
        return
    print(
        f"unseen writers    {evaluation.accuracy:.2%}  (95 % interval over writers {low:.2%} to {high:.2%})"
    )
    print(f"top 2             {evaluation.top2_accuracy:.2%}")
    print(f"digits            {evaluation.n:,} by {writers} writers")
    if images:
        print(f"images held back  {images.accuracy:.2%}  ({images.n // len(parts):,}, by each network)")
    print()
    print("[decision]")
    for name, value in msgspec.to_builtins(decision).items():
        print(f"{name} = {value:g}")


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["cross-validate", *sys.argv[1:]]))
