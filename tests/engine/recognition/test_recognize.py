"""The verdict on a drawing, and how its thresholds are fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine import Network
from engine.data.datasets import DIGITS
from engine.data.drawings import Drawing
from engine.data.strokes import Strokes
from engine.model.card import Card, DecisionRule
from engine.recognition.recognize import (
    State,
    fit_decision_rule,
    recognize_image,
    recognize_strokes,
    tempered,
)


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def test_nothing_drawn_has_no_answer(network: Network) -> None:
    nothing: list[Strokes] = [[], [[]]]
    for strokes in nothing:
        recognition = recognize_strokes(network, strokes)
        assert recognition.state is State.EMPTY
        assert recognition.digit is None
        assert recognition.second is None
        assert recognition.probabilities is None


def test_a_drawn_seven_is_recognized(network: Network) -> None:
    recognition = recognize_strokes(network, [[(1, 1), (7, 1), (4, 10)]])
    assert recognition.state is State.DIGIT
    assert recognition.digit == 7
    assert recognition.second != 7
    assert recognition.image.shape == (28, 28)


def test_real_pen_strokes_are_recognized(network: Network, pen_strokes: list[Drawing]) -> None:
    right = [recognize_strokes(network, each.strokes).digit == each.label for each in pen_strokes[::10]]
    assert np.mean(right) > 0.85


def verdict(*best: float, decision: DecisionRule) -> State:
    """The verdict on a drawing whose most probable digits have these probabilities."""
    p = np.full((1, 10), (1 - sum(best)) / (10 - len(best)))
    p[0, : len(best)] = best

    class Fixed:
        card = Card(decision=decision)
        classes = DIGITS

        def predict_proba(self, images: Any) -> Any:
            return p

    image = np.zeros((28, 28), np.uint8)
    image[14, 14] = 255
    return recognize_image(Fixed(), image).state  # type: ignore[arg-type] # all of a network that it needs


def test_thresholds_decide() -> None:
    decision = DecisionRule(accept_threshold=0.8, pair_threshold=0.7)
    assert verdict(0.85, decision=decision) is State.DIGIT
    assert verdict(0.5, 0.4, decision=decision) is State.UNSURE
    assert verdict(0.4, 0.1, decision=decision) is State.NOT_A_DIGIT
    hot = DecisionRule(temperature=3.0, accept_threshold=0.8)
    assert verdict(0.85, decision=hot) is not State.DIGIT


def test_dots_and_blanks_have_no_digit(network: Network) -> None:
    points_only: list[Strokes] = [[[(5, 5)]], [[(5, 5), (5, 5)]], [[]]]
    for strokes in points_only:
        assert recognize_strokes(network, strokes).digit is None
    small = [[(0.5, 0.5), (0.51, 0.52)]]
    assert recognize_strokes(network, small, smallest=0.04).state is State.TOO_SMALL


def test_tempering_keeps_the_order_and_the_sum() -> None:
    p = np.array([[0.7, 0.2, 0.1]])
    for temperature in (0.5, 1.0, 2.0):
        softened = tempered(p, temperature)
        assert softened.sum() == pytest.approx(1)
        assert (np.diff(softened) < 0).all()
    np.testing.assert_allclose(tempered(p, 1.0), p)
    z = np.log(p)
    np.testing.assert_allclose(tempered(p, 2.0), np.exp(z / 2) / np.exp(z / 2).sum())


def test_fit_finds_the_temperature_that_was_hidden() -> None:
    """Labels sampled from tempered probabilities: a network that is overconfident by a factor of 2."""
    random = np.random.default_rng(0)
    z = random.normal(0, 3, (5000, 10))
    calibrated = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(10, p=p) for p in calibrated])
    overconfident = np.exp(2 * z) / np.exp(2 * z).sum(axis=1, keepdims=True)
    others = np.full((100, 10), 0.1)
    decision = fit_decision_rule([(overconfident, labels)], others, kept=0.9)
    assert decision.temperature == pytest.approx(2, rel=0.05)
    assert (tempered(overconfident, 2).max(axis=1) >= decision.accept_threshold).mean() == pytest.approx(
        0.9, abs=0.01
    )
    assert decision.pair_threshold <= 0.25


def test_each_kind_of_digits_keeps_its_share() -> None:
    """One kind is harder than the other and has few examples: pooled, it would lose what it keeps here."""
    random = np.random.default_rng(0)
    kinds = []
    for spread, n in ((6, 9000), (2, 300)):
        z = random.normal(0, spread, (n, 10))
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        kinds.append((p, np.array([random.choice(10, p=each) for each in p])))
    decision = fit_decision_rule(kinds, np.full((100, 10), 0.1), kept=0.9)
    assert decision.temperature == pytest.approx(1, abs=0.15)
    best = [np.sort(tempered(p, decision.temperature), axis=1) for p, _ in kinds]
    kept = [(each[:, -1] >= decision.accept_threshold).mean() for each in best]
    assert kept[0] > 0.95
    assert kept[1] == pytest.approx(0.9, abs=0.005)
    assert decision == fit_decision_rule(kinds[::-1], np.full((100, 10), 0.1), kept=0.9)
    confused = np.tile([0.5, 0.5] + [0.0] * 8, (100, 1))  # non-digits whose pairs are no help: digits decide
    pairs = fit_decision_rule(kinds, confused, kept=0.9).pair_threshold
    assert pairs == pytest.approx(np.quantile(best[1][:, -2:].sum(axis=1), 0.01), abs=1e-4)
