"""Verdicts and probabilities in words."""

from __future__ import annotations

import numpy as np
import pytest

from apps.messages import WORDS, percent, window_title, words_for
from engine.recognition.recognize import Recognition, State

BLANK = np.zeros((28, 28), np.uint8)


def recognition(state: State, three: float = 0.8, five: float = 0.15) -> Recognition:
    probabilities = np.full(10, (1 - three - five) / 8)
    probabilities[3], probabilities[5] = three, five
    return Recognition(state, BLANK, probabilities)


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    words = words_for(recognition(state))
    assert words.headline
    assert words.detail
    assert "{" not in "".join([words.glyph, words.headline, words.detail, words.title])
    assert state in WORDS


def test_a_digit_comes_with_its_probability_and_the_second_choice() -> None:
    words = words_for(recognition(State.DIGIT))
    assert (words.glyph, words.headline, words.detail) == ("3", "80% sure", "second choice: 5, 15%")
    assert words.certain


def test_two_candidates_are_both_named() -> None:
    words = words_for(recognition(State.UNSURE, 0.45, 0.4))
    assert words.headline == "3 or 5?"
    assert not words.certain


def test_titles() -> None:
    assert window_title(recognition(State.DIGIT)) == "inkdigits – 3 (80%)"
    assert window_title(recognition(State.UNSURE, 0.45, 0.4)) == "inkdigits – 3 or 5?"
    assert window_title(Recognition(State.EMPTY, BLANK, None)) == "inkdigits"
    assert window_title(None) == "inkdigits"


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0, "<1%"),
        (0.001, "<1%"),
        (0.006, "1%"),
        (0.98, "98%"),
        (0.994, "99%"),
        (0.9999, ">99%"),
        (1, ">99%"),
    ],
)
def test_percent_never_overstates(probability: float, text: str) -> None:
    assert percent(probability) == text


def test_a_backend_that_failed_is_named_in_the_title() -> None:
    failure = "the backend mine failed while drawing: ValueError; inkdigits backends --check mine"
    assert window_title(None, failure) == f"inkdigits – {failure}"
    assert words_for(None, failure).headline == "Backend failed"
