"""The verdict at its thresholds, and what exactly is fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.data.datasets import DIGITS
from engine.model.card import Card, DecisionRule
from engine.recognition.recognize import (
    Recognition,
    State,
    fit_decision_rule,
    recognize_image,
    recognize_strokes,
)


class Fixed:
    """All of a network that recognition needs, with one answer to everything."""

    classes = DIGITS
    backend = None

    def __init__(self, *best: float, **decision: float) -> None:
        rest = (1 - sum(best)) / (10 - len(best))
        self.card = Card(decision=DecisionRule(**decision))
        self._p = np.array([[*best, *[rest] * (10 - len(best))]])

    def predict_proba(self, images: Any) -> Any:
        return np.repeat(self._p, len(images), axis=0)


def verdict(*best: float, **decision: float) -> Recognition:
    image = np.zeros((28, 28), np.uint8)
    image[14, 14] = 1
    return recognize_image(Fixed(*best, **decision), image)  # type: ignore[arg-type]  # enough of a network


def test_thresholds_are_reached_not_passed() -> None:
    assert verdict(0.5, 0.25, accept_threshold=0.5).state is State.DIGIT
    assert verdict(0.5, 0.25, accept_threshold=0.51, pair_threshold=0.75).state is State.UNSURE
    assert verdict(0.5, 0.25, accept_threshold=0.51, pair_threshold=0.76).state is State.NOT_A_DIGIT


def test_the_digits_are_the_two_most_probable() -> None:
    sure = verdict(0.1, 0.6, 0.2)
    assert (sure.digit, sure.second) == (1, 2)
    unsure = verdict(0.1, 0.6, 0.2, accept_threshold=0.9)
    assert (unsure.state, unsure.digit, unsure.second) == (State.UNSURE, 1, 2)
    neither = verdict(0.1, 0.6, 0.2, accept_threshold=0.9, pair_threshold=0.9)
    assert (neither.digit, neither.second) == (None, None)


@pytest.mark.parametrize(
    ("smallest", "state"), [(0.0, State.DIGIT), (9.9, State.DIGIT), (10.0, State.TOO_SMALL)]
)
def test_no_larger_than_the_smallest_is_too_small(smallest: float, state: State) -> None:
    network: Any = Fixed(0.9)
    assert recognize_strokes(network, [[(0, 0), (0, 10)], [(2, 0)]], smallest).state is state


def test_a_dot_is_too_small_without_a_size() -> None:
    network: Any = Fixed(0.9)
    assert recognize_strokes(network, [[(3, 3)]]).state is State.TOO_SMALL


def test_what_is_fitted() -> None:
    """Right answers as often as they say, so that the temperature is 1; then quantiles, done another way."""
    random = np.random.default_rng(0)
    digits = random.dirichlet(np.full(10, 0.3), 2000)
    labels = np.array([random.choice(10, p=p) for p in digits])
    others = random.dirichlet(np.full(10, 0.5), 500)
    rule = fit_decision_rule([(digits, labels)], others)
    assert rule.temperature == pytest.approx(1, abs=0.1)

    def sorted_at(p: Any) -> Any:
        hot = p ** (1 / rule.temperature)
        return np.sort(hot / hot.sum(axis=1, keepdims=True), axis=1)

    pairs = sorted_at(digits)[:, 8:].sum(axis=1), sorted_at(others)[:, 8:].sum(axis=1)
    assert rule.accept_threshold == round(np.quantile(sorted_at(digits)[:, 9], 0.025), 4)
    assert rule.pair_threshold == round(min(np.quantile(pairs[0], 0.01), np.quantile(pairs[1], 0.95)), 4)
    few = fit_decision_rule([(digits, labels)], others * 0 + 0.1)  # non-digits that are easily told
    assert few.pair_threshold == 0.2
    assert few.accept_threshold == rule.accept_threshold
    assert fit_decision_rule([(digits, labels)], others, kept=0.5).accept_threshold == pytest.approx(
        np.median(sorted_at(digits)[:, 9]), abs=1e-4
    )
    cold = digits**2 / (digits**2).sum(axis=1, keepdims=True)  # twice as sure as it should be
    assert fit_decision_rule([(cold, labels)], others).temperature == pytest.approx(
        2 * rule.temperature, abs=0.02
    )
