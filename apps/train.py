"""``inkdigits train``: train a network, show how it goes, save it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from apps.options import add_backend, add_data, add_json, add_threads, get_ready, need
from apps.output import print_json, say
from backends import InkdigitsError, get_backend
from engine.cross_validation import Unseen
from engine.curriculum import Preparation, Recipe, read_recipe
from engine.datasets import (
    DataError,
    Dataset,
    load_digits8x8,
    load_mnist,
    load_mnist_from_keras,
)
from engine.drawings import Drawing, read_drawings
from engine.metrics import Evaluation
from engine.model_file import check_writable
from engine.training import EpochRecord, OptionsError, Progress, Training, TrainingOptions

EXAMPLES = """\
examples:
  inkdigits train --backend numba --epochs 10 --plot curves.png
  inkdigits train --dataset digits8x8 --hidden 32                 needs no download
  inkdigits train --backend numba --recipe best --strokes pendigits-orig.tra --out model.json
"""
DEFAULTS = TrainingOptions()


def _sizes(text: str) -> tuple[int, ...]:
    """Layer sizes from "128,64"; an empty text means no hidden layer."""
    try:
        return tuple(int(size) for size in text.split(",")) if text else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 128,64") from None


# Fields of `TrainingOptions`: name, type or choices, help. What is not given on the command line is the
# recipe's to say, so argparse is told no defaults.
OPTIONS: list[tuple[str, Any, str]] = [
    ("hidden", _sizes, "sizes of the hidden layers (default: 128,64)"),
    ("epochs", int, "passes over the data"),
    ("batch_size", int, "digits for one step"),
    ("optimizer", ["sgd", "nesterov", "adamw"], "how gradients become steps"),
    ("learning_rate", float, "the largest step (default: 0.1 for sgd, 0.02 for nesterov, 0.002 for adamw)"),
    ("momentum", float, "of nesterov"),
    ("weight_decay", float, "how strongly weights are pulled to 0"),
    ("schedule", ["constant", "cosine"], "how the learning rate falls"),
    ("warm_up", float, "share of the steps over which the learning rate rises first"),
    ("average_decay", float, "keep a moving average of the weights, such as 0.999; 0 for none"),
    ("validation", float, "share of the training digits held back to watch progress"),
    ("seed", int, "same seed, same network"),
]


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


def add_learning(parser: argparse.ArgumentParser) -> None:
    """The options that say what is learnt from, and how."""
    add_backend(parser)
    add_threads(parser)
    add_data(parser)
    parser.add_argument(
        "--dataset",
        choices=["mnist", "mnist-keras", "digits8x8"],
        default="mnist",
        help="mnist (the default); mnist-keras: by Keras's own loader, needs TensorFlow; digits8x8: 1,797 "
        "small digits that come with scikit-learn, no download",
    )
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        help="train by a recipe, which makes fresh variations of the digits: best (as the model that comes "
        "with inkdigits), or a TOML file",
    )
    parser.add_argument(
        "--strokes",
        metavar="FILE",
        type=Path,
        help="drawings for the recipe to learn from, as JSON or UNIPEN",
    )
    for name, kind, what in OPTIONS:
        spelled, default = "--" + name.replace("_", "-"), getattr(DEFAULTS, name)
        if isinstance(kind, list):
            parser.add_argument(spelled, choices=kind, help=f"{what} (default: {default})")
        else:
            shown = f" (default: {default})" if isinstance(default, int | float | str) else ""
            parser.add_argument(spelled, metavar="X", type=kind, help=what + shown)


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
    training = Training(load_dataset(arguments), options, backend, recipe, learn)

    get_ready(training.network, training=True)
    try:
        epochs = follow(training, arguments.json)
    except KeyboardInterrupt:
        _keep_interrupted(training, arguments.out)
        raise
    evaluation = training.test()
    unseen = training.test_on_writers(kept_out) if kept_out else None
    training.network.save(arguments.out)
    if arguments.plot:
        plots.draw_training(epochs, arguments.plot)
    _report(evaluation, unseen, arguments.out, arguments.json)
    return 0


def chosen_options(arguments: argparse.Namespace, recipe: Recipe | None) -> TrainingOptions:
    """The recipe's options, then what the command line says besides."""
    given = {name: getattr(arguments, name) for name, _, _ in OPTIONS}
    chosen = {name: value for name, value in given.items() if value is not None}
    if recipe is None:
        return TrainingOptions.checked(**chosen)
    if "epochs" in chosen:
        raise OptionsError("--epochs and --recipe exclude each other: a recipe has its own")
    return TrainingOptions.checked(
        **{"validation": 0.0, **recipe.training, "epochs": recipe.epochs, **chosen}
    )


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


def load_dataset(arguments: argparse.Namespace) -> Dataset:
    """The pictures to learn from."""
    if arguments.dataset == "mnist":
        bar = need("tqdm", "tqdm", "the download's progress bar").tqdm
        return load_mnist(arguments.data, lambda: bar(ncols=80, disable=None, file=sys.stderr))
    if arguments.data:
        raise DataError(f"--data FILE and --dataset {arguments.dataset} exclude each other")
    return load_mnist_from_keras() if arguments.dataset == "mnist-keras" else load_digits8x8()


def follow(training: Training, as_json: bool) -> list[EpochRecord]:
    """Train, and show it: a bar an epoch at a terminal, else a line an epoch; returns the epochs' records."""
    epochs: list[EpochRecord] = []
    of = training.options.epochs
    width = len(str(of))
    bar = _Bar()
    for record in training.run():
        if isinstance(record, Preparation):
            bar.show(record.what, record.done, record.of)
            if record.done == record.of:
                bar.close()
            continue
        name = f"epoch {record.epoch:{width}}/{of}"
        if isinstance(record, Progress):
            bar.show(name, record.examples, record.of, f"loss {record.train_loss:.4f}")
            continue
        epochs.append(record)
        bar.close(f"{_outcome(record)}  {record.seconds:.2f} s")
        if as_json:
            print_json(
                epoch=record.epoch,
                train_loss=record.train_loss,
                validation_accuracy=record.validation_accuracy,
                seconds=record.seconds,
            )
    return epochs


class _Bar:
    """A bar at a terminal, a line when it is full elsewhere."""

    def __init__(self) -> None:
        self._tqdm = need("tqdm", "tqdm", "training's progress bar").tqdm
        self._bar: Any = None
        self._name = ""

    def show(self, name: str, done: int, of: int, more: str = "") -> None:
        if self._bar is None:
            self._name = name
            self._bar = self._tqdm(
                desc=name,
                total=of,
                bar_format="{desc} {bar:24} {n_fmt}/{total_fmt}  {elapsed}  {postfix}",
                disable=None,  # where standard error is no terminal
                file=sys.stderr,
            )
        self._bar.set_postfix_str(more, refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self, outcome: str = "done") -> None:
        self._bar.set_postfix_str(outcome)
        self._bar.close()
        if self._bar.disable:
            say(f"{self._name}  {outcome}")
        self._bar = None


def _outcome(record: EpochRecord) -> str:
    accuracy = record.validation_accuracy
    validation = "" if accuracy is None else f"  validation {accuracy:.2%}"
    return f"loss {record.train_loss:.4f}{validation}"


def _keep_interrupted(training: Training, out: Path) -> None:
    """Save the network as far as it got, beside the name it would have had: hours are not lost."""
    path = out.with_name(f"{out.stem}.interrupted{out.suffix}")
    try:
        training.network.save(path)
        say(f"interrupted: the network so far is in {path}")
    except InkdigitsError as error:
        say(f"interrupted: {error}")


def _report(evaluation: Evaluation, unseen: Unseen | None, out: Path, as_json: bool) -> None:
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
