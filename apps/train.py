"""``inkdigits train``: train a network, show how it goes, save it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from apps.options import add_backend, add_data, add_json, need
from backends import InkdigitsError, get_backend
from engine.datasets import (
    DataError,
    Dataset,
    load_digits8x8,
    load_mnist,
    load_mnist_from_keras,
)
from engine.metrics import Evaluation
from engine.model_file import check_writable
from engine.training import EpochRecord, Progress, Training, TrainingOptions

DEFAULTS = TrainingOptions()
OPTION_NAMES = TrainingOptions.__struct_fields__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_backend(parser)
    add_data(parser)
    parser.add_argument(
        "--dataset",
        choices=["mnist", "mnist-keras", "digits8x8"],
        default="mnist",
        help="mnist-keras: by Keras's own loader, needs TensorFlow; digits8x8: 1,797 small digits that "
        "come with scikit-learn, no download",
    )
    parser.add_argument(
        "--hidden",
        metavar="N,N",
        type=_sizes,
        default=DEFAULTS.hidden,
        help="sizes of the hidden layers, such as 128,64",
    )
    parser.add_argument(
        "--epochs", metavar="N", type=int, default=DEFAULTS.epochs, help="passes over the data"
    )
    parser.add_argument(
        "--batch-size", metavar="N", type=int, default=DEFAULTS.batch_size, help="digits for one step"
    )
    parser.add_argument(
        "--optimizer",
        choices=["sgd", "nesterov", "adamw"],
        default=DEFAULTS.optimizer,
        help="how gradients become steps",
    )
    parser.add_argument(
        "--learning-rate",
        metavar="X",
        type=float,
        help="the largest step (default: 0.1 for sgd, 0.02 for nesterov, 0.002 for adamw)",
    )
    parser.add_argument("--momentum", metavar="X", type=float, default=DEFAULTS.momentum, help="of nesterov")
    parser.add_argument(
        "--schedule",
        choices=["constant", "cosine"],
        default=DEFAULTS.schedule,
        help="how the learning rate falls",
    )
    parser.add_argument(
        "--warm-up",
        metavar="X",
        type=float,
        default=DEFAULTS.warm_up,
        help="share of the steps over which the learning rate rises first",
    )
    parser.add_argument(
        "--weight-decay", metavar="X", type=float, default=DEFAULTS.weight_decay, help="pull weights to 0"
    )
    parser.add_argument(
        "--average-decay",
        metavar="X",
        type=float,
        default=DEFAULTS.average_decay,
        help="keep a moving average of the weights, such as 0.999; 0 for none",
    )
    parser.add_argument(
        "--validation",
        metavar="X",
        type=float,
        default=DEFAULTS.validation,
        help="share of the training digits held back to watch progress",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=DEFAULTS.seed, help="same seed, same network"
    )
    parser.add_argument(
        "--out", metavar="FILE", type=Path, default=Path("trained.json"), help="the model file to write"
    )
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw loss and accuracy into a picture")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    # Everything that can be refused is refused before anything is loaded or learnt.
    options = TrainingOptions.checked(**{name: getattr(arguments, name) for name in OPTION_NAMES})
    check_writable(arguments.out)
    if arguments.plot:
        plots = need("apps.plots", "matplotlib", "--plot")
        plots.check_picture(arguments.plot)
    backend = get_backend(arguments.backend)
    training = Training(_load(arguments), options, backend)

    _say(f"{backend.name}: getting ready")
    backend.warm_up(training.network.layer_sizes)
    try:
        epochs = _follow(training, arguments.json)
    except KeyboardInterrupt:
        _keep_interrupted(training, arguments.out)
        raise
    evaluation = training.test()
    training.network.save(arguments.out)
    if arguments.plot:
        plots.draw_training(epochs, arguments.plot)
    _report(evaluation, arguments.out, arguments.json)
    return 0


def _load(arguments: argparse.Namespace) -> Dataset:
    if arguments.dataset == "mnist":
        bar = need("tqdm", "tqdm", "the download's progress bar").tqdm
        return load_mnist(arguments.data, lambda: bar(ncols=80, disable=None, file=sys.stderr))
    if arguments.data:
        raise DataError(f"--data FILE and --dataset {arguments.dataset} exclude each other")
    return load_mnist_from_keras() if arguments.dataset == "mnist-keras" else load_digits8x8()


def _follow(training: Training, as_json: bool) -> list[EpochRecord]:
    """Train, and show it: a bar an epoch at a terminal, else a line an epoch; returns the epochs' records."""
    tqdm = need("tqdm", "tqdm", "training's progress bar").tqdm
    epochs: list[EpochRecord] = []
    of = training.options.epochs
    bar: Any = None
    for record in training.run():
        if isinstance(record, Progress):
            bar = bar or _new_bar(tqdm, record, of)
            bar.set_postfix_str(f"loss {record.train_loss:.4f}", refresh=False)
            bar.update(record.examples - bar.n)
            continue
        epochs.append(record)
        bar.set_postfix_str(_outcome(record))
        bar.close()
        if bar.disable:
            _say(f"epoch {record.epoch}/{of}  {_outcome(record)}  {record.seconds:.2f} s")
        bar = None
        if as_json:
            _print_json(
                epoch=record.epoch,
                train_loss=record.train_loss,
                validation_accuracy=record.validation_accuracy,
                seconds=record.seconds,
            )
    return epochs


def _new_bar(tqdm: Any, record: Progress, epochs: int) -> Any:
    width = len(str(epochs))
    return tqdm(
        desc=f"epoch {record.epoch:{width}}/{epochs}",
        total=record.of,
        bar_format="{desc} {bar:24} {n_fmt}/{total_fmt}  {elapsed}  {postfix}",
        disable=None,  # where standard error is no terminal
        file=sys.stderr,
    )


def _outcome(record: EpochRecord) -> str:
    accuracy = record.validation_accuracy
    validation = "" if accuracy is None else f"  validation {accuracy:.2%}"
    return f"loss {record.train_loss:.4f}{validation}"


def _keep_interrupted(training: Training, out: Path) -> None:
    """Save the network as far as it got, beside the name it would have had: hours are not lost."""
    path = out.with_name(f"{out.stem}.interrupted{out.suffix}")
    try:
        training.network.save(path)
        _say(f"interrupted: the network so far is in {path}")
    except InkdigitsError as error:
        _say(f"interrupted: {error}")


def _report(evaluation: Evaluation, out: Path, as_json: bool) -> None:
    low, high = evaluation.interval_95
    if as_json:
        _print_json(test_accuracy=evaluation.accuracy, test_interval_95=[low, high], out=str(out))
        return
    print(f"test accuracy  {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    print(f"saved          {out}")
    _say(f"draw with it: inkdigits draw --model {out}")


def _sizes(text: str) -> tuple[int, ...]:
    """Layer sizes from "128,64"; an empty text means no hidden layer."""
    try:
        return tuple(int(size) for size in text.split(",")) if text else ()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of sizes such as 128,64") from None


def _print_json(**fields: object) -> None:
    print(json.dumps(fields), flush=True)


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["train", *sys.argv[1:]]))
