"""How good a network is: accuracy with its uncertainty, second guesses, and what is taken for what."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from backends.base import Array
from engine.datasets import DataError, Examples
from engine.drawings import Drawing
from engine.network import Network
from engine.preprocessing import SIDE
from engine.recognition import State, recognize_strokes

FEWEST_GROUPS = 6  # that an interval over groups is made of
AT_ONCE = 2000  # images for one call: enough to be fast, few enough to stay small in memory


@dataclass(frozen=True)
class Evaluation:
    """A network's answers to examples whose labels are known; of no examples, the accuracies are NaN.

    Attributes
    ----------
    labels : (N,) integers
    probabilities : (N, 10)
    """

    labels: Array
    probabilities: Array

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def answers(self) -> Array:
        """The most probable digit of each example, (N,)."""
        answers: Array = self.probabilities.argmax(axis=1)
        return answers

    @property
    def accuracy(self) -> float:
        return _share(self.answers == self.labels)

    @property
    def interval_95(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson_interval(int((self.answers == self.labels).sum()), self.n)

    @property
    def top2_accuracy(self) -> float:
        """The share of examples whose digit is among the two most probable."""
        top2 = np.argsort(self.probabilities, axis=1)[:, -2:]
        return _share((top2 == self.labels[:, None]).any(axis=1))

    @property
    def confusion(self) -> Array:
        """(10, 10) counts: row is the label, column the answer."""
        confusion = np.zeros((10, 10), np.int64)
        np.add.at(confusion, (self.labels, self.answers), 1)
        return confusion

    @property
    def worst(self) -> Array:
        """Indices of the wrong answers, the most confident first."""
        wrong = np.flatnonzero(self.answers != self.labels)
        return wrong[np.argsort(-self.probabilities[wrong].max(axis=1), kind="stable")]


def evaluate(network: Network, examples: Examples) -> Evaluation:
    """Let a network answer all examples."""
    parts = [
        network.predict_proba(examples.images[start : start + AT_ONCE])
        for start in range(0, len(examples), AT_ONCE)
    ]
    return Evaluation(examples.labels, np.concatenate(parts))


@dataclass(frozen=True)
class DrawingsEvaluation:
    """What a network made of drawings.

    Attributes
    ----------
    labelled : answers to the drawings that are digits, whatever the state
    images : (N, 28, 28) uint8, what the network saw of those
    states : how many of all drawings, labelled or not, were said to be what
    milliseconds_per_digit : mean time from strokes to answer, one drawing after the other
    """

    labelled: Evaluation
    images: Array
    states: dict[str, int]
    milliseconds_per_digit: float


def evaluate_drawings(network: Network, drawings: list[Drawing]) -> DrawingsEvaluation:
    """Let a network read drawings as the window does, one at a time; raises `DataError` without any."""
    if not drawings:
        raise DataError("there are no drawings to read")
    labelled = [index for index, drawing in enumerate(drawings) if drawing.label is not None]
    recognize_strokes(network, drawings[0].strokes)  # whatever happens only once happens here
    started = time.perf_counter()
    read = [recognize_strokes(network, drawing.strokes) for drawing in drawings]
    seconds = time.perf_counter() - started
    nothing = np.full(10, 0.1)  # of an empty drawing nothing is known
    probabilities = [read[index].probabilities for index in labelled]
    evaluation = Evaluation(
        np.array([drawings[index].label for index in labelled], np.int64),
        np.array([nothing if p is None else p for p in probabilities]).reshape(-1, 10),
    )
    states = {state.value: sum(each.state is state for each in read) for state in State}
    images = np.array([read[index].image for index in labelled], np.uint8).reshape(-1, SIDE, SIDE)
    return DrawingsEvaluation(evaluation, images, states, 1000 * seconds / len(drawings))


def clustered_interval(right: Array, groups: Array) -> tuple[float, float]:
    """The 95 % interval of a share whose examples come in groups that resemble each other, as a writer's do.

    The share is a ratio of two sums over groups, right answers and examples, and the groups are what is drawn
    by chance (Cochran 1977, section 6.3): variance = G / (G - 1) · Σ (right_g - share · n_g)² / n². Its root
    counts as often as Student's t with G - 1 degrees of freedom says, and the interval is never narrower than
    `wilson_interval` of the examples. Fewer than `FEWEST_GROUPS` tell nothing of others: 0 to 1.

    Parameters
    ----------
    right : (n,) bool
    groups : (n,) what group each belongs to
    """
    _, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    if len(sizes) < FEWEST_GROUPS:
        return 0.0, 1.0
    share = right.mean()
    spread = np.bincount(group, right) - share * sizes
    error = np.sqrt(len(sizes) / (len(sizes) - 1) * (spread**2).sum()) / len(right)
    half = _student_t(len(sizes) - 1) * error
    low, high = wilson_interval(int(right.sum()), len(right))
    return float(max(0.0, min(low, share - half))), float(min(1.0, max(high, share + half)))


def _student_t(freedom: int, z: float = 1.959964) -> float:
    """The 97.5 % quantile of Student's t, by its expansion in 1 / freedom (Fisher and Cornish 1960)."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _share(true: Array) -> float:
    return float(true.mean()) if len(true) else math.nan


def wilson_interval(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence, of ``right`` successes in ``n`` tries.

    Wilson's score interval (1927), which stays inside [0, 1] and holds near 100 %, where the usual
    plus-or-minus does not. Of no tries at all nothing is known: 0 to 1.
    """
    if not n:
        return 0.0, 1.0
    share = right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
