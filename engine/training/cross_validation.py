"""Cross-validation over writers: how accurate a recipe's networks are on handwriting they have not seen.

Digits are split by writer, never one by one: digits of one writer resemble each other, so a network that has
seen half of them knows the other half.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np

from backends.blas import BlasThreads
from engine.data.drawings import Drawing
from engine.recognition.evaluation import Evaluation, UnseenWriters, evaluate_unseen_writers
from engine.training.executor import Done, Event, Pool, Report, run_jobs
from engine.training.jobs import Run, Shared, train
from engine.training.loop import held_back
from engine.training.options import TrainingOptions
from engine.training.recipe import Recipe
from engine.training.results import ResultFile


class Fold(NamedTuple):
    """Some writers held out, and the digits of all others to train on.

    Attributes
    ----------
    number, of : int
        Which fold, from 1, of how many.
    writers : list of str
        Held out.
    train : list of Drawing
        Digits by the other writers.
    held_out : list of Drawing
        Digits by the held-out writers.
    """

    number: int
    of: int
    writers: list[str]
    train: list[Drawing]
    held_out: list[Drawing]


def split_by_writer(drawings: Sequence[Drawing], folds: int) -> list[Fold]:
    """Deal the writers of drawings into folds, in the order of their names.

    Parameters
    ----------
    drawings : sequence of Drawing
        Those without a label are left out; those without a writer are trained on in every fold.
    folds : int
        How many; fewer where there are fewer writers.

    Returns
    -------
    list of Fold
        One for each group of writers.
    """
    digits = [each for each in drawings if each.label is not None]
    known = {str(each.writer) for each in digits if each.writer is not None}
    writers = sorted(known, key=lambda writer: (not writer.isdigit(), writer.zfill(20)))
    count = min(folds, len(writers))
    groups = [writers[start::count] for start in range(count)]
    return [
        Fold(
            number,
            count,
            group,
            [each for each in digits if str(each.writer) not in group],
            [each for each in digits if str(each.writer) in group],
        )
        for number, group in enumerate(groups, 1)
    ]


def run_folds(
    folds: Sequence[Fold], options: TrainingOptions, recipe: Recipe, pool: Pool, file: ResultFile
) -> Generator[Event, None, None]:
    """Train and evaluate a network for each fold that is not in a file of results, and add it there.

    Parameters
    ----------
    folds : sequence of Fold
        From `split_by_writer`.
    options : TrainingOptions
        How to learn.
    recipe : Recipe
        What makes the examples.
    pool : Pool
        Where folds are trained; its `Shared` has the digits of all writers. It is closed in the end.
    file : ResultFile
        The folds that are done.

    Yields
    ------
    Update, Lost or Done
        As `run_jobs`; a result is a fold's `UnseenWriters`. Those of the file come first.
    """
    runs = {str(f.number): Run(f"fold {f.number}/{f.of}", options, recipe, tuple(f.writers)) for f in folds}
    for line in file.found:
        if run := runs.pop(line["fold"], None):
            yield Done(run, _from_line(line))
    left = {run.name: number for number, run in runs.items()}
    for event in run_jobs(pool, train_without_writers, iter(runs.values())):
        if isinstance(event, Done):
            if isinstance(event.result, Exception):
                raise event.result
            file.append({"fold": left[event.job.name], **_as_line(event.result)})
        yield event


def _as_line(unseen: UnseenWriters) -> dict[str, Any]:
    images = unseen.images
    return {
        "drawings": _as_lists(unseen.evaluation),
        "writers": unseen.writers.tolist(),
        "of_non_digits": unseen.of_non_digits.tolist(),
        "images": None if images is None else _as_lists(images),
    }


def _from_line(line: dict[str, Any]) -> UnseenWriters:
    return UnseenWriters(
        _from_lists(line["drawings"]),
        np.array(line["writers"]),
        np.array(line["of_non_digits"], np.float32),
        None if line["images"] is None else _from_lists(line["images"]),
    )


def _as_lists(evaluation: Evaluation) -> dict[str, Any]:
    return {"labels": evaluation.labels.tolist(), "probabilities": evaluation.probabilities.tolist()}


def _from_lists(lists: dict[str, Any]) -> Evaluation:
    return Evaluation(np.array(lists["labels"], np.int64), np.array(lists["probabilities"], np.float32))


def train_without_writers(shared: Shared, run: Run, report: Report) -> UnseenWriters:
    """Train a network without some writers, and evaluate it on them: one fold, in a process of its own.

    What the options hold back of the data set is evaluated too.

    Parameters
    ----------
    shared : Shared
        Data, digits of all writers, and backend.
    run : Run
        How, and without whom.
    report : callable
        As for `engine.training.jobs.train`.

    Returns
    -------
    UnseenWriters
        Of this fold; `UnseenWriters.pooled` counts them together.
    """
    network = train(shared, run, report)
    everything, options = shared.dataset.train, run.options
    _, held_back_of_it = held_back(len(everything), options.validation, options.seed)
    images = everything[held_back_of_it] if len(held_back_of_it) else None
    held_out = [each for each in shared.drawings if str(each.writer) in run.without]
    # The same non-digits for every network, but for those that are spoiled digits of its fold.
    random = np.random.default_rng(options.seed)
    with BlasThreads(network.backend.threads):
        return evaluate_unseen_writers(network, held_out, random, images)
