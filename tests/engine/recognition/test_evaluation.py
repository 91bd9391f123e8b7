"""Accuracy, confusion and intervals, on answers that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recognition.evaluation import Evaluation
from engine.recognition.metrics import wilson_interval


def evaluation() -> Evaluation:
    """Four digits: right; wrong at 90 %, the label second; wrong at 60 %, the label last; right."""
    p = np.zeros((4, 10))
    p[0, 3] = 1
    p[1, [5, 7]] = 0.9, 0.1
    p[2, [1, 2]] = 0.6, 0.4
    p[3, 0] = 1
    return Evaluation(np.array([3, 7, 9, 0]), p)


def test_counts() -> None:
    ours = evaluation()
    assert ours.n == 4
    assert ours.accuracy == 0.5
    assert ours.top2_accuracy == 0.75
    assert ours.worst.tolist() == [1, 2]
    expected = np.zeros((10, 10), int)
    expected[[3, 7, 9, 0], [3, 5, 1, 0]] = 1
    np.testing.assert_array_equal(ours.confusion, expected)


def test_wilson_interval_against_the_literature() -> None:
    # Newcombe (1998), table I, method 3: 81 of 263
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_contains_the_accuracy_and_stays_in_bounds(case: tuple[int, int]) -> None:
    right, n = case
    low, high = wilson_interval(right, n)
    assert 0 <= low <= right / n + 1e-12
    assert right / n - 1e-12 <= high <= 1
