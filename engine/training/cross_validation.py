"""Cross-validation over writers: how accurate a recipe's networks are on handwriting they have not seen.

Digits are split by writer, never one by one: digits of one writer resemble each other, so a network that has
seen half of them knows the other half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backends.blas import BlasThreads
from engine.data.drawings import Drawing
from engine.recognition.evaluation import UnseenWriters, evaluate_unseen_writers
from engine.training.executor import Report
from engine.training.jobs import Run, Shared, train


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


def train_without_writers(shared: Shared, run: Run, report: Report) -> UnseenWriters:
    """Train a network without some writers, and evaluate it on them: one fold, in a process of its own.

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
    held_out = [each for each in shared.drawings if str(each.writer) in run.without]
    # The same non-digits for every network, but for those that are spoiled digits of its fold.
    random = np.random.default_rng(run.options.seed)
    with BlasThreads(network.backend.threads):
        return evaluate_unseen_writers(network, held_out, random)
