"""From probabilities to an answer: a digit, two candidates, or a reason for having none.

The one place where it is decided what a drawing is said to be. The thresholds belong to the network and come
with it (`DecisionRule`, on its card); they were fitted on drawings by writers that it had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backends.arrays import Array
from engine.data.strokes import Strokes, extent, strokes_to_image
from engine.model.card import DecisionRule
from engine.model.network import Network


class State(StrEnum):
    """What can be said of a drawing."""

    EMPTY = "empty"  # nothing is drawn
    TOO_SMALL = "too_small"  # a dot, a touch of the pen
    NOT_A_DIGIT = "not_a_digit"
    UNSURE = "unsure"  # one of two
    DIGIT = "digit"


@dataclass(frozen=True)
class Recognition:
    """What the network made of one picture.

    Attributes
    ----------
    state : what can be said of it
    image : (28, 28) uint8, what the network saw
    probabilities : (10,), in the order of the digits, tempered; None when nothing is drawn
    """

    state: State
    image: Array
    probabilities: Array | None

    @property
    def digit(self) -> int | None:
        """The digit that it is taken for, or the likelier of two; None where it is said to be none."""
        if self.probabilities is None or self.state not in (State.DIGIT, State.UNSURE):
            return None
        return int(self.probabilities.argmax())

    @property
    def second(self) -> int | None:
        """The next guess, where there is a first."""
        if self.probabilities is None or self.digit is None:
            return None
        return int(np.argsort(self.probabilities)[-2])


def recognize_image(network: Network, image: Array) -> Recognition:
    """Read a (28, 28) uint8 picture framed as MNIST's are."""
    if not image.any():
        return Recognition(State.EMPTY, image, None)
    decision = network.card.decision
    probabilities = tempered(network.predict_proba(image[None]), decision.temperature)[0]
    return Recognition(_judge(probabilities, decision), image, probabilities)


def recognize_strokes(network: Network, strokes: Strokes, smallest: float = 0.0) -> Recognition:
    """Read a drawing; one whose box is nowhere larger than ``smallest`` is too small to be a digit."""
    recognition = recognize_image(network, strokes_to_image(strokes, backend=network.backend))
    if recognition.state is State.EMPTY:
        return recognition
    points = np.concatenate([np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes])
    if extent(points) > smallest:
        return recognition
    return Recognition(State.TOO_SMALL, recognition.image, recognition.probabilities)


def tempered(probabilities: Array, temperature: float) -> Array:
    """softmax(z / temperature), given softmax(z): less certain above 1, more below (Guo et al. 2017)."""
    softened = probabilities.astype(np.float64) ** (1 / temperature)
    honest: Array = softened / softened.sum(axis=1, keepdims=True)
    return honest


def fit_decision_rule(
    of_digits: Array, labels: Array, of_non_digits: Array, kept: float = 0.975
) -> DecisionRule:
    """Fit temperature and thresholds on probabilities of drawings that the network has not learnt from.

    Parameters
    ----------
    of_digits, labels : (N, 10) untempered probabilities of digits, and what they are, (N,)
    of_non_digits : (M, 10) untempered probabilities of drawings that are no digits
    kept : the share of the digits that must still be called a digit

    Returns
    -------
    The temperature with the smallest cross-entropy, the threshold that keeps that share of the digits, and
    the sum of the best two above which 99 % of the digits and no more than 5 % of the others lie, or the
    first of these if both cannot be had.
    """
    rows = np.arange(len(labels))
    temperatures = np.linspace(0.5, 3, 251)
    losses = [-np.log(tempered(of_digits, t)[rows, labels] + 1e-12).mean() for t in temperatures]
    temperature = round(float(temperatures[np.argmin(losses)]), 2)
    digits, others = (np.sort(tempered(p, temperature), axis=1) for p in (of_digits, of_non_digits))
    accept_threshold = float(np.quantile(digits[:, -1], 1 - kept))
    pairs = digits[:, -2:].sum(axis=1)
    pair_threshold = min(
        float(np.quantile(pairs, 0.01)), float(np.quantile(others[:, -2:].sum(axis=1), 0.95))
    )
    return DecisionRule(temperature, round(accept_threshold, 4), round(pair_threshold, 4))


def _judge(probabilities: Array, decision: DecisionRule) -> State:
    second, first = np.sort(probabilities)[-2:]
    if first >= decision.accept_threshold:
        return State.DIGIT
    return State.UNSURE if first + second >= decision.pair_threshold else State.NOT_A_DIGIT
