"""How good a network is: accuracy with its confidence interval, top-2 accuracy, confusion matrix."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from backends.arrays import Array
from backends.errors import blame
from engine.augmentation.non_digits import non_digits
from engine.data.datasets import DIGITS, DataError, Examples
from engine.data.drawings import Drawing
from engine.data.framing import SIDE
from engine.data.shown import Shown
from engine.data.strokes import strokes_to_image
from engine.model.card import DecisionRule
from engine.model.network import Network
from engine.recognition.metrics import _share, clustered_interval, wilson_interval
from engine.recognition.recognize import State, fit_decision_rule, recognize_strokes

AT_ONCE = 2000  # images for one call: enough to be fast, few enough to stay small in memory


@dataclass(frozen=True)
class Evaluation(Shown):
    """A network's answers to labelled examples; without any example, the accuracies are NaN.

    Attributes
    ----------
    labels : (N,) array of integers
        True classes, as indices into ``classes``.
    probabilities : (N, C) array
        Predicted probabilities.
    classes : tuple of str
        What the classes are called.
    """

    labels: Array
    probabilities: Array
    classes: tuple[str, ...] = DIGITS

    def __repr__(self) -> str:
        if not self.n:
            return "Evaluation(no examples)"
        low, high = self.interval_95
        interval = f"95 % interval {low:.2%} to {high:.2%}"
        return f"Evaluation({self.n:,} examples, accuracy {self.accuracy:.2%}, {interval})"

    @property
    def n(self) -> int:
        """The number of examples."""
        return len(self.labels)

    @property
    def answers(self) -> Array:
        """The most probable digit of each example, (N,)."""
        answers: Array = self.probabilities.argmax(axis=1)
        return answers

    @property
    def accuracy(self) -> float:
        """The share of examples whose digit is the most probable one."""
        return _share(self.answers == self.labels)

    @property
    def interval_95(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy."""
        return wilson_interval(int((self.answers == self.labels).sum()), self.n)

    @property
    def top2_accuracy(self) -> float:
        """The share of examples whose digit is among the two most probable."""
        top2 = np.argsort(self.probabilities, axis=1)[:, -2:]
        return _share((top2 == self.labels[:, None]).any(axis=1))

    @property
    def confusion(self) -> Array:
        """(C, C) counts: row is the label, column the answer."""
        classes = self.probabilities.shape[1]
        confusion = np.zeros((classes, classes), np.int64)
        np.add.at(confusion, (self.labels, self.answers), 1)
        return confusion

    @property
    def worst(self) -> Array:
        """Indices of the wrong answers, the most confident first."""
        wrong = np.flatnonzero(self.answers != self.labels)
        return wrong[np.argsort(-self.probabilities[wrong].max(axis=1), kind="stable")]

    def cell(self, label: int, answer: int) -> list[int]:
        """Find the examples behind one count of `confusion`.

        Parameters
        ----------
        label, answer : int
            Row and column.

        Returns
        -------
        list of int
            Indices: of wrong answers the surest first, of right ones the least sure.
        """
        found = np.flatnonzero((self.labels == label) & (self.answers == answer))
        sure = self.probabilities[found, answer]
        order = np.argsort(sure if label == answer else -sure, kind="stable")
        return [int(index) for index in found[order]]


def evaluate(network: Network, examples: Examples) -> Evaluation:
    """Predict all examples.

    Parameters
    ----------
    network : Network
        The network to evaluate.
    examples : Examples
        Images and labels, at least one.

    Returns
    -------
    Evaluation
        The answers.
    """
    parts = evaluate_in_parts(network, examples)
    while True:
        try:
            next(parts)
        except StopIteration as end:
            evaluation: Evaluation = end.value
            return evaluation


def evaluate_in_parts(
    network: Network, examples: Examples, at_once: int = AT_ONCE
) -> Generator[int, None, Evaluation]:
    """Predict all examples, some at a time, for a program that has other things to do meanwhile.

    Parameters
    ----------
    network : Network
        The network to evaluate.
    examples : Examples
        Images and labels, at least one.
    at_once : int
        How many to predict in each step.

    Returns
    -------
    Evaluation
        The answers, as by `evaluate`.

    Yields
    ------
    int
        How many are predicted.
    """
    parts = []
    for start in range(0, len(examples), at_once):
        with blame(network.backend, "evaluating"):
            parts.append(network.predict_proba(examples.images[start : start + at_once]))
        yield min(start + at_once, len(examples))
    return Evaluation(examples.labels, np.concatenate(parts), network.classes)


def images_in_parts(
    network: Network, drawings: Sequence[Drawing], at_once: int
) -> Generator[int, None, Examples]:
    """Make the network's input of drawings with labels, some at a time.

    Parameters
    ----------
    network : Network
        Its backend draws.
    drawings : sequence of Drawing
        Each with a label.
    at_once : int
        How many to draw in each step.

    Returns
    -------
    Examples
        Images and labels, in the order of the drawings.

    Yields
    ------
    int
        How many are drawn.
    """
    images = np.zeros((len(drawings), SIDE, SIDE), np.uint8)
    for start in range(0, len(drawings), at_once):
        part = drawings[start : start + at_once]
        with blame(network.backend, "drawing"):
            drawn = [strokes_to_image(each.strokes, backend=network.backend) for each in part]
        images[start : start + len(part)] = drawn
        yield start + len(part)
    return Examples(images, np.array([drawing.label for drawing in drawings], np.int64))


@dataclass(frozen=True)
class DrawingsEvaluation:
    """A network's answers to drawings.

    Attributes
    ----------
    labelled : Evaluation
        Answers to the drawings that are digits, whatever the verdict.
    images : (N, 28, 28) array of uint8
        The network's inputs for those.
    states : dict of str to int
        How many of all drawings, labelled or not, got each verdict.
    milliseconds_per_digit : float
        Mean time from strokes to answer, one drawing after the other.
    """

    labelled: Evaluation
    images: Array
    states: dict[str, int]
    milliseconds_per_digit: float


def evaluate_drawings(network: Network, drawings: list[Drawing]) -> DrawingsEvaluation:
    """Recognize drawings as the window does, one at a time.

    Parameters
    ----------
    network : Network
        The network to evaluate.
    drawings : list of Drawing
        Drawings with or without a label.

    Returns
    -------
    DrawingsEvaluation
        The answers.

    Raises
    ------
    DataError
        There is no drawing.
    """
    if not drawings:
        raise DataError("there are no drawings to recognize")
    labelled = [index for index, drawing in enumerate(drawings) if drawing.label is not None]
    recognize_strokes(network, drawings[0].strokes)  # whatever happens only once happens here
    started = time.perf_counter()
    recognitions = [recognize_strokes(network, drawing.strokes) for drawing in drawings]
    seconds = time.perf_counter() - started
    uniform = np.full(10, 0.1)  # an empty drawing could be any digit
    probabilities = [recognitions[index].probabilities for index in labelled]
    evaluation = Evaluation(
        np.array([drawings[index].label for index in labelled], np.int64),
        np.array([uniform if p is None else p for p in probabilities]).reshape(-1, 10),
    )
    states = {state.value: sum(each.state is state for each in recognitions) for state in State}
    images = np.array([recognitions[index].image for index in labelled], np.uint8).reshape(-1, SIDE, SIDE)
    return DrawingsEvaluation(evaluation, images, states, 1000 * seconds / len(drawings))


@dataclass(frozen=True)
class UnseenWriters:
    """Networks' answers to digits by writers that they have not learned from, and to non-digits.

    Attributes
    ----------
    evaluation : Evaluation
        Labels and untempered probabilities of N digits.
    writers : (N,) array of str
        Their writers.
    of_non_digits : (M, 10) array
        Untempered probabilities of non-digits.
    images : Evaluation or None
        Of images that were held back from the data set, where some were.
    """

    evaluation: Evaluation
    writers: Array
    of_non_digits: Array
    images: Evaluation | None = None

    @classmethod
    def pooled(cls, parts: Sequence[UnseenWriters]) -> UnseenWriters:
        """Concatenate the answers of several networks.

        Parameters
        ----------
        parts : sequence of UnseenWriters
            One for each network.

        Returns
        -------
        UnseenWriters
            All digits and non-digits, in the same order.
        """
        images = [part.images for part in parts if part.images is not None]
        return cls(
            _concatenated([part.evaluation for part in parts]),
            np.concatenate([part.writers for part in parts]),
            np.concatenate([part.of_non_digits for part in parts]),
            _concatenated(images) if images else None,
        )

    @property
    def interval_95(self) -> tuple[float, float]:
        """The 95 % confidence interval of the mean accuracy over writers like these.

        It takes the networks for independent, though those of a cross-validation share most training data.
        """
        evaluation = self.evaluation
        return clustered_interval(evaluation.answers == evaluation.labels, self.writers)

    @property
    def decision(self) -> DecisionRule:
        """The decision rule that is fitted to these answers, to drawings and images alike."""
        kinds = [each for each in (self.evaluation, self.images) if each is not None]
        return fit_decision_rule([(each.probabilities, each.labels) for each in kinds], self.of_non_digits)


def _concatenated(evaluations: Sequence[Evaluation]) -> Evaluation:
    return Evaluation(
        np.concatenate([each.labels for each in evaluations]),
        np.concatenate([each.probabilities for each in evaluations]),
    )


def evaluate_unseen_writers(
    network: Network,
    drawings: Sequence[Drawing],
    random: np.random.Generator,
    images: Examples | None = None,
) -> UnseenWriters:
    """Predict the digits among drawings that a network has not learned from, and as many non-digits.

    Parameters
    ----------
    network : Network
        The network to evaluate.
    drawings : sequence of Drawing
        Drawings by writers that it has not learned from; those without a label are left out.
    random : numpy.random.Generator
        Makes the non-digits; it advances.
    images : Examples, optional
        Images of the data set that it has not learned from either.

    Returns
    -------
    UnseenWriters
        The answers.
    """
    digits = [drawing for drawing in drawings if drawing.label is not None]
    of_digits, of_non_digits = (
        network.predict_proba(
            np.stack([strokes_to_image(each.strokes, backend=network.backend) for each in some])
        )
        for some in (digits, non_digits(len(digits), digits, random))
    )
    labels = np.array([drawing.label for drawing in digits], np.int64)
    return UnseenWriters(
        Evaluation(labels, of_digits),
        np.array([str(each.writer) for each in digits]),
        of_non_digits,
        None if images is None else evaluate(network, images),
    )
