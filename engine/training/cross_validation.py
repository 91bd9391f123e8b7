"""Cross-validation over writers: how accurate a recipe's networks are on handwriting they have not seen.

Digits are split by writer, never one by one: digits of one writer resemble each other, so a network that has
seen half of them knows the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from backends.blas import BlasThreads
from engine.data.drawings import Drawing
from engine.recognition.evaluation import UnseenWriters, evaluate_unseen_writers
from engine.training.trainer import Training


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


def cross_validate(
    folds: Sequence[Fold],
    new_training: Callable[[list[Drawing]], Training],
    train: Callable[[Training, Fold], object],
) -> Iterator[UnseenWriters]:
    """For each fold, train a new network without its writers, and evaluate it on them.

    Parameters
    ----------
    folds : sequence of Fold
        From `split_by_writer`.
    new_training : callable
        Makes a training run for the drawings of a fold.
    train : callable
        Runs it to its end, and may show how it goes.

    Yields
    ------
    UnseenWriters
        Of each fold; `UnseenWriters.pooled` counts them together.
    """
    for fold in folds:
        training = new_training(fold.train)
        train(training, fold)
        # The same non-digits for every network, but for those that are spoiled digits of its fold.
        random = np.random.default_rng(training.options.seed)
        with BlasThreads(training.network.backend.threads):
            unseen = evaluate_unseen_writers(training.network, fold.held_out, random)
        yield unseen
