"""``inkdigits train``: train a network, show how it goes, save it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from apps.learning import add_learning, chosen_options, follow, load_dataset
from apps.options import add_json, get_ready, need
from apps.output import print_json, say
from backends import InkdigitsError, get_backend
from engine.data.drawings import Drawing, read_drawings
from engine.model.model_file import check_writable
from engine.recognition.evaluation import Evaluation, UnseenWriters
from engine.training.options import OptionsError
from engine.training.recipe import Recipe, read_recipe
from engine.training.trainer import Training

EXAMPLES = """\
examples:
  inkdigits train --backend numba --epochs 10 --plot curves.png
  inkdigits train --dataset digits8x8 --hidden 32                 needs no download
  inkdigits train --backend numba --recipe best --strokes pendigits-orig.tra --out model.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_learning(parser)
    parser.add_argument(
        "--without-writers",
        metavar="N,N",
        type=lambda text: text.split(","),
        default=[],
        help="writers of --strokes to keep out of training and to judge the network by",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("trained.json"),
        help="the model file to write (default: trained.json)",
    )
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw loss and accuracy into a picture")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    # Everything that can be refused is refused before anything is loaded or learnt.
    recipe = read_recipe(arguments.recipe) if arguments.recipe else None
    options = chosen_options(arguments, recipe)
    check_writable(arguments.out)
    if arguments.plot:
        plots = need("apps.plots", "matplotlib", "--plot")
        plots.check_picture(arguments.plot)
    backend = get_backend(arguments.backend, arguments.threads)
    learn, kept_out = _drawings(arguments, recipe)
    training = Training(load_dataset(arguments), options, backend, recipe=recipe, drawings=learn)

    get_ready(training.network, training=True)
    try:
        epochs = follow(training, arguments.json)
    except KeyboardInterrupt:
        _keep_interrupted(training, arguments.out)
        raise
    evaluation = training.test()
    assert evaluation is not None  # until a data set without one can be named
    unseen = training.test_on_writers(kept_out) if kept_out else None
    training.network.save(arguments.out)
    if arguments.plot:
        plots.draw_training(epochs, arguments.plot)
    _report(evaluation, unseen, arguments.out, arguments.json)
    return 0


def _drawings(arguments: argparse.Namespace, recipe: Recipe | None) -> tuple[list[Drawing], list[Drawing]]:
    """The drawings to learn from, and those of the writers that are kept out to be judged by."""
    if not arguments.strokes:
        return [], []
    if recipe is None:
        raise OptionsError("--strokes needs --recipe, which says how to learn from drawings")
    drawings = read_drawings(arguments.strokes)
    kept_out = [each for each in drawings if str(each.writer) in arguments.without_writers]
    learn = [each for each in drawings if str(each.writer) not in arguments.without_writers]
    if arguments.without_writers and not any(each.label is not None for each in kept_out):
        writers = ",".join(arguments.without_writers)
        raise OptionsError(f"{arguments.strokes} has no digits by {writers}: nothing to judge the network by")
    return learn, kept_out


def _keep_interrupted(training: Training, out: Path) -> None:
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
        print(f"  in two guesses  {unseen.evaluation.top2_accuracy:.2%}")
    print(f"saved           {out}")
    say(f"draw with it: inkdigits draw --model {out}")


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["train", *sys.argv[1:]]))
