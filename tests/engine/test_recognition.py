"""What is said of a drawing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from engine import Network
from engine.recognition import State, recognize_strokes


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def test_nothing_drawn_has_no_answer(network: Network) -> None:
    for strokes in ([], [[]]):
        recognition = recognize_strokes(network, strokes)
        assert recognition.state is State.EMPTY
        assert recognition.digit is recognition.second is recognition.probabilities is None


def test_a_drawn_seven_is_read(network: Network) -> None:
    recognition = recognize_strokes(network, [[(1, 1), (7, 1), (4, 10)]])
    assert recognition.state is State.DIGIT
    assert recognition.digit == 7
    assert recognition.second != 7
    assert recognition.image.shape == (28, 28)


def test_real_pen_strokes_are_read(network: Network) -> None:
    path = Path(os.environ.get("INKDIGITS_DATA", "")) / "pen_strokes_dev.json"
    if not path.is_file():
        pytest.skip("INKDIGITS_DATA names no folder with pen_strokes_dev.json")
    digits = json.loads(path.read_text())[::10]
    right = [recognize_strokes(network, digit["strokes"]).digit == digit["label"] for digit in digits]
    assert np.mean(right) > 0.85
