"""``inkdigits sweep``: search options, recipes and seeds with many training runs."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import closing
from pathlib import Path

from apps.jobs import add_executor, new_pool, watch
from apps.learning import load_dataset
from apps.messages import shown_value
from apps.options import add_json, input_file, need
from apps.output import print_json, printable, say
from backends import InkdigitsError, get_backend
from backends.cores import usable_cores
from engine.data.drawings import read_drawings
from engine.model.network import Network
from engine.training.executor import Done
from engine.training.jobs import Shared
from engine.training.sweep import BEST, RESULTS, Search
from engine.training.sweep_config import Sweep, read_sweep
from engine.training.trials import Result, Trial

SHOWN = 20  # trials of the table at a terminal
PICTURE = "outcome.png"
EXAMPLES = """\
examples:
  inkdigits sweep rates.toml
  inkdigits sweep rates.toml --out rates/ --workers 4
  inkdigits sweep rates.toml --scheduler tcp://10.0.0.1:8786

rates.toml:
  method = "tpe"                # or "random", "grid"
  trials = 20
  seeds = [0, 1, 2]             # each trial is trained with each of them
  dataset = "digits8x8"
  [options]
  epochs = 20
  [search]
  learning_rate = { low = 0.001, high = 0.1, log = true }
  hidden = [[32], [64], [64, 32]]

A sweep that was stopped, in whatever way, goes on with the same command. docs/sweep.md explains the rest.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits sweep``."""
    parser.add_argument("config", metavar="CONFIG.toml", type=input_file, help="what to search, and how")
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=lambda text: Path(os.path.expanduser(text)),
        help="keep results, the best network and a picture in this folder (default: the name of CONFIG "
        "without .toml)",
    )
    add_executor(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the trials that are left, and report on all; returns the exit code."""
    # Everything that can be refused is refused before training.
    need("train", "training")
    need("sweep", "a sweep")
    sweep = read_sweep(arguments.config)
    folder = arguments.out or Path(arguments.config.stem)
    backend = get_backend(sweep.backend, min(sweep.threads, usable_cores()))
    drawings = read_drawings(input_path(sweep.strokes)) if sweep.strokes else []
    dataset = load_dataset(_as_arguments(sweep), None, None)
    with closing(Search(sweep, folder, dataset)) as search:
        if search.runs_left:
            _train(search, arguments, Shared(dataset, backend, drawings))
        best = search.save_best(backend)
        _report(search, arguments.json)
        from apps.plots import draw_sweep

        draw_sweep(search.finished, list(sweep.search), _logarithmic(sweep), folder / PICTURE)
        if best is None:
            raise InkdigitsError("every run diverged: search smaller learning rates")
        _report_best(best, folder, arguments.json)
    return 0


def input_path(name: str) -> Path:
    """A file that a configuration names."""
    try:
        return input_file(name)
    except argparse.ArgumentTypeError as error:
        raise InkdigitsError(str(error)) from None


def _as_arguments(sweep: Sweep) -> argparse.Namespace:
    """The data as the command line of ``inkdigits train`` names them."""
    path = None
    if sweep.data:
        path = Path(sweep.data) if Path(sweep.data).is_dir() else input_path(sweep.data)
    return argparse.Namespace(data=path, dataset=sweep.dataset, batch_size=None)


def _train(search: Search, arguments: argparse.Namespace, shared: Shared) -> None:
    count, seeds = search.sweep.count, len(search.sweep.seeds)
    done = count * seeds - search.runs_left
    going_on = f", {done} done before" if done else ""
    say(f"{count} trials with {seeds} {'seed' if seeds == 1 else 'seeds'} each{going_on}")
    pool = new_pool(arguments, shared)
    for _ in watch(search.run(pool), search.runs_left, "runs", _outcome):
        pass


def _outcome(done: Done) -> str:
    result: Result = done.result
    accuracy = "diverged" if result.diverged else f"validation {result.validation_accuracy:.2%}"
    return f"{done.job.name:16}  {accuracy}  {result.seconds:.1f} s  {_listed(result.parameters)}"


def _listed(parameters: dict[str, object]) -> str:
    return "  ".join(f"{name} {shown_value(value)}" for name, value in parameters.items())


def _report(search: Search, as_json: bool) -> None:
    finished = search.finished
    if as_json:
        for trial in finished:
            low, high = trial.interval_95
            print_json(
                trial=trial.number,
                parameters=trial.parameters,
                validation_accuracy=trial.accuracy,
                interval_95=[low, high],
                seeds={str(each.seed): each.validation_accuracy for each in trial.results},
                seconds=trial.seconds,
            )
        return
    names = list(search.sweep.search)
    rows = [_row(trial, names) for trial in finished[:SHOWN]]
    heads = ["trial", "validation", "95 % interval", "seconds", *names]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in [heads, *rows]:
        print(
            "  ".join(f"{printable(cell):<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    if len(finished) > SHOWN:
        print(f"... and {len(finished) - SHOWN} more in {printable(search.folder / RESULTS)}")
    seeds = len(search.sweep.seeds)
    print(
        f"(mean over {seeds} seeds, and its interval)"
        if seeds > 1
        else "(one seed: the interval is over digits)"
    )


def _row(trial: Trial, names: list[str]) -> list[str]:
    low, high = trial.interval_95
    values = [shown_value(trial.parameters[name]) for name in names]
    return [
        f"{trial.number}",
        f"{trial.accuracy:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{trial.seconds:.1f}",
        *values,
    ]


def _report_best(network: Network, folder: Path, as_json: bool) -> None:
    accuracy = network.card.accuracy
    if as_json:
        print_json(best=str(folder / BEST), test_accuracy=accuracy.get("test"), picture=str(folder / PICTURE))
        return
    print()
    if "test" in accuracy:
        low, high = accuracy["test_interval_95"]
        print(
            f"best network    {accuracy['test']:.2%} of the test set  (95 % interval {low:.2%} to {high:.2%})"
        )
    print(f"saved           {printable(folder / BEST)}, {printable(folder / PICTURE)}")
    say(f"make it again: inkdigits train --like {folder / BEST}")


def _logarithmic(sweep: Sweep) -> set[str]:
    return {name for name, values in sweep.search.items() if not isinstance(values, list) and values.log}


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["sweep", *sys.argv[1:]]))
