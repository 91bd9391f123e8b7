"""What `inkdigits train` and `inkdigits cross-validate` share: their options, data and progress."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from apps.options import add_backend, add_data, add_threads, need
from apps.output import print_json, say
from engine.data.datasets import DataError, Dataset, load_digits8x8, load_mnist, load_mnist_from_keras
from engine.model.history import EpochRecord
from engine.training.examples import Preparation
from engine.training.loop import Progress
from engine.training.options import OptionsError, TrainingOptions
from engine.training.recipe import Recipe
from engine.training.trainer import Training

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
    ("ema_decay", float, "keep a moving average of the weights, such as 0.999; 0 for none"),
    ("validation", float, "share of the training digits held back to watch progress"),
    ("seed", int, "same seed, same network"),
]


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
