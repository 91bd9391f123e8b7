"""What `inkdigits train` and `inkdigits cross-validate` share: options, data and progress."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

from apps.options import add_backend, add_threads, input_file, input_file_or_folder, need
from apps.output import download_bar, new_bar, print_json, say
from engine.data.datasets import DataError, Dataset, load_digits8x8, load_mnist, load_mnist_from_keras
from engine.data.own_data import read_own_data
from engine.model.history import EpochRecord
from engine.training.diagnosis import Remark, remarks_on_data
from engine.training.examples import Preparation
from engine.training.limits import check_batch_size, check_network_size
from engine.training.loop import Progress
from engine.training.options import DEFAULT_LEARNING_RATE, OptionsError, TrainingOptions
from engine.training.recipe import Recipe
from engine.training.trainer import Event

DEFAULTS = TrainingOptions()
LARGE_LEARNING_RATE = 10  # times the default: from here on training often diverges


def _sizes(text: str) -> tuple[int, ...]:
    """Layer sizes from "128,64"; an empty text means no hidden layer."""
    try:
        return tuple(int(size) for size in text.split(",")) if text else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 128,64") from None


# Fields of `TrainingOptions`: name, metavar and parser, or choices, help. An option that is not given is the
# recipe's to say, so argparse knows no defaults.
OPTIONS: list[tuple[str, Any, str]] = [
    ("hidden", ("N,N", _sizes), "sizes of the hidden layers (default: 128,64)"),
    ("epochs", ("N", int), "number of epochs"),
    ("batch_size", ("N", int), "images per step"),
    ("optimizer", ["sgd", "nesterov", "adamw"], "optimizer"),
    (
        "learning_rate",
        ("X", float),
        "peak learning rate (default: 0.1 for sgd, 0.02 for nesterov, 0.002 for adamw)",
    ),
    ("momentum", ("X", float), "momentum of nesterov"),
    ("weight_decay", ("X", float), "decoupled weight decay"),
    ("schedule", ["constant", "cosine"], "learning rate schedule"),
    ("warm_up", ("X", float), "fraction of the steps over which the learning rate rises to its peak"),
    (
        "ema_decay",
        ("X", float),
        "save an exponential moving average of the weights with this decay; 0 for none",
    ),
    ("validation", ("X", float), "fraction of the training images held out for validation"),
    ("seed", ("N", int), "random seed"),
]


def add_learning(parser: argparse.ArgumentParser) -> None:
    """The options that say what to train on, and how."""
    add_backend(parser)
    add_threads(parser)
    parser.add_argument(
        "--data",
        metavar="PATH",
        type=input_file_or_folder,
        help="a .npz file with x_train, y_train and, if there are any, x_test, y_test; or a folder of "
        "pictures sorted into sub-folders by label (default: mnist.npz in the folder $INKDIGITS_DATA, else a "
        "cached copy, else a download)",
    )
    parser.add_argument(
        "--dataset",
        choices=["mnist", "mnist-keras", "digits8x8"],
        help="mnist (default), mnist-keras (loaded by Keras, needs TensorFlow) or digits8x8 (1,797 small "
        "digits that come with scikit-learn, no download)",
    )
    parser.add_argument(
        "--recipe",
        metavar="NAME",
        type=os.path.expanduser,
        help="train on augmented digits: best (the recipe of the model that comes with inkdigits) or a TOML "
        "file",
    )
    parser.add_argument(
        "--strokes",
        metavar="FILE",
        type=input_file,
        help="drawings for --recipe, as JSON or UNIPEN",
    )
    for name, kind, what in OPTIONS:
        default = getattr(DEFAULTS, name)
        shown = f" (default: {default})" if isinstance(default, int | float | str) else ""
        if isinstance(kind, list):
            parser.add_argument(_flag(name), choices=kind, help=what + shown)
        else:
            metavar, parse = kind
            parser.add_argument(_flag(name), metavar=metavar, type=_valid(name, parse), help=what + shown)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _valid(name: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Argument type: a value that `TrainingOptions` allows."""

    def valid(text: str) -> Any:
        value = parse(text)
        try:
            TrainingOptions.checked(**{name: value})
        except OptionsError as error:
            raise argparse.ArgumentTypeError(str(error).removeprefix(f"{name}: ")) from None
        return value

    valid.__name__ = parse.__name__  # for argparse's message where the text is no number
    return valid


def chosen_options(arguments: argparse.Namespace, recipe: Recipe | None) -> TrainingOptions:
    """The recipe's options, then what the command line says besides."""
    given = {name: getattr(arguments, name) for name, _, _ in OPTIONS}
    chosen = {name: value for name, value in given.items() if value is not None}
    if recipe and "epochs" in chosen:
        raise OptionsError("--epochs and --recipe exclude each other: a recipe has its own")
    options = TrainingOptions.chosen(chosen, recipe)
    if "momentum" in chosen and options.optimizer != "nesterov":
        raise OptionsError(f"--momentum belongs to --optimizer nesterov; {options.optimizer} has none")
    _remark_on_learning_rate(options)
    return options


def _remark_on_learning_rate(options: TrainingOptions) -> None:
    default = DEFAULT_LEARNING_RATE[options.optimizer]
    if options.peak_learning_rate > LARGE_LEARNING_RATE * default:
        say(
            f"--learning-rate {options.peak_learning_rate:g} is large for {options.optimizer}: training may "
            f"diverge; {default:g} is the default"
        )


def need_for_learning(arguments: argparse.Namespace) -> None:
    """Refuse to train without the packages for it, and those for the data set that was chosen."""
    need("train,digits8x8" if arguments.dataset == "digits8x8" else "train", "training")


def load_dataset(
    arguments: argparse.Namespace, options: TrainingOptions | None, recipe: Recipe | None
) -> Dataset:
    """The images to train on; refuses options that do not fit them, and says what cannot be learned."""
    dataset = _load(arguments)
    try:
        if options:  # a sweep has many, and checks them itself
            check_network_size(options, dataset.train.pixels, len(dataset.classes))
        if options and recipe is None and arguments.batch_size is not None:
            everything = len(dataset.train)
            check_batch_size(options, everything - round(everything * options.validation))
    except OptionsError as error:
        name, _, what = str(error).partition(": ")
        raise OptionsError(f"{_flag(name)} {what}") from None
    for remark in remarks_on_data(dataset.train.labels, dataset.classes):
        say(remark)
    return dataset


def _load(arguments: argparse.Namespace) -> Dataset:
    if arguments.data and arguments.dataset:
        raise DataError(f"--data and --dataset {arguments.dataset} exclude each other")
    if arguments.data:
        return _load_own(arguments.data)
    if arguments.dataset in (None, "mnist"):
        return load_mnist(progress=download_bar)
    if arguments.dataset == "mnist-keras":
        return load_mnist_from_keras()
    need("digits8x8", "--dataset digits8x8")
    return load_digits8x8()


def _load_own(path: Path) -> Dataset:
    """The user's own data, with a bar while a folder is read."""
    if path.is_dir():
        need("predict", "reading a folder of pictures")
    bar = _Bar()
    try:
        return read_own_data(path, lambda done, of: bar.show("pictures", done, of))
    finally:
        bar.close()


def follow(records: Generator[Event, None, None], of: int, as_json: bool) -> None:
    """Show a training run as it goes: a bar at a terminal, and a line for each epoch."""
    width = len(str(of))
    bar = _Bar()
    with closing(records):  # so that a run that is left early keeps its checkpoint
        for record in records:
            if isinstance(record, Preparation):
                bar.show(record.what, record.done, record.of)
                continue
            if isinstance(record, Remark):
                bar.close()
                say(record.message)
                continue
            name = f"epoch {record.epoch:{width}}/{of}"
            if isinstance(record, Progress):
                bar.show(name, record.examples, record.of, f"  loss {record.train_loss:.4f}")
                continue
            bar.close()
            say(f"{name}  {_outcome(record)}")
            if as_json:
                print_json(
                    epoch=record.epoch,
                    train_loss=record.train_loss,
                    validation_accuracy=record.validation_accuracy,
                    seconds=record.seconds,
                )
    bar.close()


def _outcome(record: EpochRecord) -> str:
    accuracy = record.validation_accuracy
    validation = "" if accuracy is None else f"  validation {accuracy:7.2%}"
    return f"loss {record.train_loss:.4f}{validation}  {record.seconds:.2f} s"


class _Bar:
    """A progress bar at a terminal, as wide as it is; nothing elsewhere. It vanishes when it is full."""

    def __init__(self) -> None:
        self._name = ""
        self._bar: Any = None

    def show(self, name: str, done: int, of: int, more: str = "") -> None:
        """How far something is; another name begins another bar."""
        # tqdm's own fields change their width while the bar fills, and it puts a comma before the last.
        width = len(f"{of:,}")
        line = f"{name}  {{bar}}  {done:{width},}/{of:,}  {{elapsed}}{more}"
        if self._bar is None or name != self._name:
            self.close()
            self._name = name
            self._bar = new_bar(of, line)
        self._bar.bar_format = line
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Remove the bar, if there is one."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
