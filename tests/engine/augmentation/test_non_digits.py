"""Non-digits: of many kinds, the same for a seed, and never a digit by accident."""

from __future__ import annotations

import numpy as np
import pytest

from engine.augmentation.non_digits import _spoiled, non_digits
from engine.data.drawings import Drawing
from engine.data.strokes import strokes_to_image


def far_away(digits: list[Drawing]) -> list[Drawing]:
    """The digits at coordinates about 1000, where no other non-digit is."""
    return [Drawing([stroke + 1000 for stroke in each.strokes], each.label) for each in digits]


def test_same_seed_gives_the_same_drawings(digits: list[Drawing]) -> None:
    first, again, other = (non_digits(100, digits, np.random.default_rng(seed)) for seed in (0, 0, 1))
    images = [[strokes_to_image(each.strokes) for each in drawings] for drawings in (first, again, other)]
    np.testing.assert_array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_all_have_ink_and_none_a_label(digits: list[Drawing]) -> None:
    made = non_digits(300, digits, np.random.default_rng(0))
    assert len(made) == 300
    assert all(strokes_to_image(each.strokes).any() for each in made)
    assert {each.label for each in made} == {None}


def test_about_one_in_eight_is_a_spoiled_digit(digits: list[Drawing]) -> None:
    made = non_digits(1000, far_away(digits), np.random.default_rng(0))
    spoiled = np.mean([np.abs(each.strokes[0]).max() > 500 for each in made])
    # A binomial share of 1000 lies within four of its standard deviations but once in 16,000 seeds.
    assert abs(spoiled - 0.13) <= 4 * np.sqrt(0.13 * 0.87 / 1000)


@pytest.mark.parametrize("label", range(10))
def test_what_would_stay_a_digit_is_not_made(digits: list[Drawing], label: int) -> None:
    """An eight is an eight when mirrored, a six is a nine when turned."""
    strokes = digits[1].strokes
    mirrored = [stroke * [-1, 1] for stroke in strokes]
    turned = [stroke[:, ::-1] * [1, -1] for stroke in strokes]
    random = np.random.default_rng(0)
    made = [_spoiled([Drawing(list(strokes), label)], random) for _ in range(200)]

    def some_are(expected: list[np.ndarray]) -> bool:
        return any(len(each) == len(expected) and np.array_equal(each[0], expected[0]) for each in made)

    assert some_are(mirrored) == (label not in (0, 1, 8))
    assert some_are(turned) == (label not in (0, 1, 6, 8, 9))
