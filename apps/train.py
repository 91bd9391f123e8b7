"""``inkdigits train``: train a network, show how it goes, save it."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from apps.epoch_log import log_file, logged
from apps.learning import add_learning, chosen_options, follow, load_dataset, need_for_learning
from apps.like import read_like
from apps.options import (
    add_json,
    add_picture,
    chosen_backend,
    get_ready,
    input_file,
    is_for_digits,
    output_file,
    refuse_without,
    writers,
)
from apps.output import print_json, printable, say
from backends import InkdigitsError
from engine.data.drawings import Drawing, read_drawings
from engine.model.network import Network
from engine.model.safe_write import check_writable
from engine.recognition.evaluation import Evaluation, UnseenWriters
from engine.training.checkpoint import checkpoint_path
from engine.training.interruption import stop_requests
from engine.training.keeping import best_path, clear_away, keep_unfinished, save_network, save_trained
from engine.training.loop import TrainingDivergedError
from engine.training.options import OptionsError
from engine.training.recipe import read_recipe
from engine.training.train_model import run_with_checkpoints
from engine.training.trainer import Training

EXAMPLES = """\
examples:
  inkdigits train --backend numba --epochs 10 --plot curves.png
  inkdigits train --dataset digits8x8 --hidden 32                 needs no download
  inkdigits train --backend numba --recipe best --strokes pendigits-orig.tra --out model.json
  inkdigits train --data my-pictures/ --from model.json --epochs 3 --out mine.json
  inkdigits train --like trained.json --out again.json

Ctrl-C stops a run and keeps what it has; the same command with --resume goes on.
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
    parser.add_argument(
        "--from",
        dest="start",
        metavar="FILE",
        type=input_file,
        help="start from the network in this model file instead of a random one",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with an interrupted run: the same command with --resume ends with the same weights",
    )
    parser.add_argument(
        "--like",
        metavar="FILE",
        type=input_file,
        help="make the network in this model file again, as its card says, and compare the weights",
    )
    add_picture(parser, "--plot", "loss and accuracy curves")
    parser.add_argument(
        "--log",
        metavar="FILE",
        type=log_file,
        help="keep the loss, accuracy and seconds of each epoch in this file (.jsonl or .csv), whole at any "
        "moment; with --resume, those of all epochs so far",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train, test, save and report; returns the exit code."""
    # Everything that can be refused is refused before training.
    need_for_learning(arguments)
    refuse_without(arguments, "--without-writers", "--strokes")
    like = read_like(arguments) if arguments.like else None
    if like:
        recipe, options = like.recipe, like.options
    else:
        refuse_without(arguments, "--strokes", "--recipe")
        recipe = read_recipe(arguments.recipe) if arguments.recipe else None
        options = chosen_options(arguments, recipe)
    if arguments.start and arguments.hidden is not None:
        raise OptionsError("--hidden and --from exclude each other: the network to start from has its layers")
    backend = chosen_backend(arguments)
    if like:
        like.say_what_differs(backend)
    start = Network.load(arguments.start, backend) if arguments.start else None
    drawings, held_out = like.split(_read(arguments)) if like else _drawings(arguments)
    dataset = load_dataset(arguments, options, recipe)
    if like:
        like.check(dataset, start)
    training = Training(dataset, options, backend, recipe=recipe, drawings=drawings, network=start)
    checkpoint = checkpoint_path(arguments.out)
    check_writable(checkpoint)
    _resume_or_replace(training, checkpoint, arguments.resume)

    get_ready(training.network, training)
    with stop_requests(_announce_stop) as stop:
        try:
            records = run_with_checkpoints(training, checkpoint, stop, remark=say)
            if arguments.log:
                records = logged(records, training, arguments.log)
            follow(records, training.epochs, arguments.json)
            if training.finished:
                results = _test_and_save(training, held_out, arguments.out)
        except BaseException as error:  # the second Ctrl-C, a reader of our output that is gone, anything
            _keep(training, arguments.out, error)
            raise
        if not training.finished:
            _keep(training, arguments.out)
            return stop.exit_code
    clear_away(training, arguments.out)
    if arguments.plot:
        from apps.plots import draw_training

        draw_training(list(training.network.history), arguments.plot)
    same = like.is_same(training.network) if like else None
    _report(training, *results, arguments.out, arguments.json, same)
    return 0


def _announce_stop() -> None:
    """Say that the first signal has come; straight to the terminal, since a handler may not use buffers."""
    with contextlib.suppress(OSError):
        os.write(2, b"stopping; once more to stop at once\n")


def _resume_or_replace(training: Training, checkpoint: Path, resume: bool) -> None:
    """Go on from the checkpoint, or say that the one that is there will be replaced."""
    if resume:
        training.resume(checkpoint)
        done = training.network.card.training["epochs_done"]
        say(f"resuming in epoch {min(done + 1, training.epochs)} of {training.epochs}")
    elif checkpoint.exists():
        say(f"{checkpoint} is of an interrupted run and will be replaced; --resume would go on with it")


def _read(arguments: argparse.Namespace) -> list[Drawing]:
    return read_drawings(arguments.strokes) if arguments.strokes else []


def _drawings(arguments: argparse.Namespace) -> tuple[list[Drawing], list[Drawing]]:
    """The drawings to train on, and those of the writers that are held out."""
    drawings = _read(arguments)
    held_out = [each for each in drawings if str(each.writer) in arguments.without_writers]
    training = [each for each in drawings if str(each.writer) not in arguments.without_writers]
    known = {str(each.writer) for each in held_out if each.label is not None}
    unknown = [each for each in arguments.without_writers if each not in known]
    if unknown:
        names = ",".join(unknown)
        raise OptionsError(f"{arguments.strokes} has no digits by {names}: nothing to test the network on")
    return training, held_out


def _test_and_save(
    training: Training, held_out: list[Drawing], out: Path
) -> tuple[Evaluation | None, UnseenWriters | None]:
    """Save the network before its test, so that nothing can take it away, and after it with the results."""
    save_trained(training, out)
    evaluation = training.test()
    unseen = training.test_on_writers(held_out) if held_out else None
    save_trained(training, out)
    if training.got_worse and (best := training.best()):
        save_network(best, best_path(out))
        say(f"the network of epoch {best.card.training['epochs_done']}, the best, is in {best_path(out)}")
    return evaluation, unseen


def _keep(training: Training, out: Path, error: BaseException | None = None) -> None:
    """Keep what was learned, beside the name it would have had, and say so: hours are not lost."""
    checkpoint = checkpoint_path(out)
    diverged = isinstance(error, TrainingDivergedError)
    if not training.finished:
        if said := keep_unfinished(training, out, diverged):
            say(said)
    else:  # all is learned, and only the test or the save went wrong
        with contextlib.suppress(InkdigitsError, MemoryError):
            training.save_checkpoint(checkpoint)
    if checkpoint.exists() and not diverged:  # it would diverge again
        say("the same command with --resume goes on")


def _report(
    training: Training,
    evaluation: Evaluation | None,
    unseen: UnseenWriters | None,
    out: Path,
    as_json: bool,
    same: bool | None,
) -> None:
    if as_json:
        again = {} if same is None else {"same_weights": same}
        print_json(**_as_json(training, evaluation, unseen, out), **again)
        return
    if evaluation:
        low, high = evaluation.interval_95
        print(f"test accuracy   {evaluation.accuracy:.2%}  (95 % interval {low:.2%} to {high:.2%})")
    elif "validation" in training.network.card.accuracy:
        print(f"validation      {training.network.card.accuracy['validation']:.2%}  (there is no test set)")
    if unseen:
        low, high = unseen.interval_95
        interval = f"95 % interval over writers {low:.2%} to {high:.2%}"
        print(f"unseen writers  {unseen.evaluation.accuracy:.2%}  ({interval})")
        print(f"  top 2         {unseen.evaluation.top2_accuracy:.2%}")
    if same is not None:
        print(f"made again      {'the same weights, bit for bit' if same else 'other weights'}")
    print(f"saved           {printable(out)}")
    if is_for_digits(training.network):
        say(f"draw with it: inkdigits draw --model {out}")


def _as_json(
    training: Training, evaluation: Evaluation | None, unseen: UnseenWriters | None, out: Path
) -> dict[str, object]:
    last: dict[str, object] = {
        "test_accuracy": evaluation.accuracy if evaluation else None,
        "test_interval_95": evaluation.interval_95 if evaluation else None,
        "out": str(out),
    }
    if training.resumed:
        last["resumed"] = training.resumed
    if unseen:
        last |= {
            "unseen_writers_accuracy": unseen.evaluation.accuracy,
            "unseen_writers_digits": unseen.evaluation.n,
        }
    return last


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["train", *sys.argv[1:]]))
