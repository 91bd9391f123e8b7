"""From probabilities to a verdict: a digit, two candidates, or a reason for having none.

This is the only place where a verdict is made. The thresholds belong to the network and come with it
(`DecisionRule`, on its card); they were fitted on drawings by writers that it had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from backends.arrays import Array
from engine.data.datasets import DIGITS
from engine.data.strokes import Strokes, extent, strokes_to_image
from engine.model.card import DecisionRule
from engine.model.network import Network


class State(StrEnum):
    """The verdict on a drawing."""

    EMPTY = "empty"  # nothing is drawn
    TOO_SMALL = "too_small"  # a dot, a touch of the pen
    NOT_A_DIGIT = "not_a_digit"
    UNSURE = "unsure"  # one of two
    DIGIT = "digit"


@dataclass(frozen=True)
class Recognition:
    """A network's answer to one image.

    Attributes
    ----------
    state : State
        The verdict.
    image : (28, 28) array of uint8
        The network's input.
    probabilities : (C,) array or None
        Probability of each class, tempered; None when nothing is drawn.
    classes : tuple of str
        What the classes are called: the ten digits, if the network was not trained on something else.
    """

    state: State
    image: Array
    probabilities: Array | None
    classes: tuple[str, ...] = DIGITS

    @property
    def digit(self) -> int | None:
        """The recognized digit, or the likelier of two, as an index into ``classes``; else None."""
        if self.probabilities is None or self.state not in (State.DIGIT, State.UNSURE):
            return None
        return int(self.probabilities.argmax())

    @property
    def second(self) -> int | None:
        """The second most probable digit; None where `digit` is."""
        if self.probabilities is None or self.digit is None:
            return None
        return int(np.argsort(self.probabilities)[-2])


def recognize_image(network: Network, image: Array) -> Recognition:
    """Recognize the digit in an image.

    Parameters
    ----------
    network : Network
        Predicts the probabilities, and has the decision rule on its card.
    image : (28, 28) array of uint8
        Image framed as MNIST's are, ink = 255.

    Returns
    -------
    Recognition
        The verdict, with the probabilities behind it.
    """
    if not image.any():
        return Recognition(State.EMPTY, image, None, network.classes)
    decision = network.card.decision
    probabilities = tempered(network.predict_proba(image[None]), decision.temperature)[0]
    return Recognition(_judge(probabilities, decision), image, probabilities, network.classes)


def recognize_strokes(network: Network, strokes: Strokes, smallest: float = 0.0) -> Recognition:
    """Recognize the digit in a drawing.

    Parameters
    ----------
    network : Network
        Predicts the probabilities, and has the decision rule on its card.
    strokes : list of strokes
        Each a list of finite points (x, y), x to the right, y down, in any unit.
    smallest : float
        A drawing whose longer side is no longer than this, in the same unit, is too small to be a digit.

    Returns
    -------
    Recognition
        The verdict, with the image and the probabilities behind it.
    """
    recognition = recognize_image(network, strokes_to_image(strokes, backend=network.backend))
    if recognition.state is State.EMPTY:
        return recognition
    points = np.concatenate([np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes])
    if extent(points) > smallest:
        return recognition
    return replace(recognition, state=State.TOO_SMALL)


def tempered(probabilities: Array, temperature: float) -> Array:
    """Compute softmax(z / temperature) from softmax(z) (temperature scaling; Guo et al. 2017).

    Parameters
    ----------
    probabilities : (n, C) array
        The softmax of each row's logits z.
    temperature : float
        Positive; above 1 the answers become less certain, below 1 more.

    Returns
    -------
    (n, C) array of float64
        Probabilities; each row sums to 1.

    Examples
    --------
    >>> tempered(np.array([[0.8, 0.2]]), 2).round(3).tolist()  # odds of 4 to 1 become 2 to 1
    [[0.667, 0.333]]
    """
    powers = probabilities.astype(np.float64) ** (1 / temperature)
    scaled: Array = powers / powers.sum(axis=1, keepdims=True)
    return scaled


def fit_decision_rule(
    kinds: Sequence[tuple[Array, Array]], of_non_digits: Array, kept: float = 0.975
) -> DecisionRule:
    """Fit temperature and thresholds to a network's answers to what it has not learned from.

    The temperature minimizes the cross-entropy, to which each kind of digits (pen strokes, scanned images)
    counts as much as the others. The accept threshold keeps at least the share ``kept`` of each kind: it is
    the smallest of their quantiles. The pair threshold is the smallest of the sums of the two best
    probabilities that 99 % of a kind of digits exceed, and the one that 5 % of the non-digits exceed.

    Parameters
    ----------
    kinds : sequence of ((N, 10) array, (N,) array of integers)
        For each kind of digits, untempered probabilities and labels.
    of_non_digits : (M, 10) array
        Untempered probabilities of non-digits.
    kept : float
        Share of each kind of digits that must be accepted as digits.

    Returns
    -------
    DecisionRule
        Temperature and thresholds, rounded.
    """
    temperatures = np.linspace(0.5, 3, 251)
    losses = [sum(_cross_entropy(*digits, t) for digits in kinds) for t in temperatures]
    temperature = round(float(temperatures[np.argmin(losses)]), 2)
    best_two = [np.sort(tempered(p, temperature), axis=1)[:, -2:] for p, _ in kinds]
    pair_of_non_digits = np.sort(tempered(of_non_digits, temperature), axis=1)[:, -2:].sum(axis=1)
    accept_threshold = min(float(np.quantile(each[:, 1], 1 - kept)) for each in best_two)
    pair_threshold = min(
        float(np.quantile(pair_of_non_digits, 0.95)),
        *(float(np.quantile(each.sum(axis=1), 0.01)) for each in best_two),
    )
    return DecisionRule(temperature, round(accept_threshold, 4), round(pair_threshold, 4))


def _cross_entropy(probabilities: Array, labels: Array, temperature: float) -> float:
    of_labels = tempered(probabilities, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(of_labels + 1e-12).mean())


def _judge(probabilities: Array, decision: DecisionRule) -> State:
    second, first = np.sort(probabilities)[-2:]
    if first >= decision.accept_threshold:
        return State.DIGIT
    return State.UNSURE if first + second >= decision.pair_threshold else State.NOT_A_DIGIT
