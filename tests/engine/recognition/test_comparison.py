"""Two networks beside each other: their numbers, their answers, McNemar's exact test."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.arrays import Parameters
from engine.recognition.comparison import Comparison, layer_differences, mcnemar
from engine.recognition.evaluation import Evaluation


@given(st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=50, deadline=None)
def test_mcnemar_is_the_two_sided_binomial_test(only_first: int, only_second: int) -> None:
    """Both tails are summed here: all outcomes at least as far from the middle."""
    n = only_first + only_second
    as_far = [k for k in range(n + 1) if abs(2 * k - n) >= abs(only_first - only_second)]
    assert mcnemar(only_first, only_second) == float(Fraction(sum(math.comb(n, k) for k in as_far), 2**n))


def test_mcnemar_of_textbooks() -> None:
    assert mcnemar(2, 8) == 0.109375  # R: binom.test(2, 10)
    assert mcnemar(861, 38) == pytest.approx(7.490897384e-204)  # SciPy: binomtest(861, 899)


def test_mcnemar_of_a_whole_data_set_is_no_number_too_large() -> None:
    assert mcnemar(0, 0) == mcnemar(1, 1) == 1
    assert mcnemar(60_000, 0) == 0  # 2 / 2⁶⁰⁰⁰⁰, which no float can hold
    assert 0.9 < mcnemar(5_000, 5_000) <= 1


def test_answers_are_counted_once_each() -> None:
    labels = np.array([0, 1, 2, 0, 1, 2])
    first, second = [0, 1, 2, 1, 1, 0], [0, 1, 0, 0, 2, 1]
    comparison = Comparison(*(Evaluation(labels, np.eye(3)[answers]) for answers in (first, second)))
    assert comparison.both == 2
    assert comparison.only_first.tolist() == [2, 4]
    assert comparison.only_second.tolist() == [3]
    assert comparison.neither == 1
    assert comparison.different_answers == 4
    assert comparison.p_value == mcnemar(2, 1) == 1


def test_numbers_are_compared_layer_by_layer() -> None:
    first, second = Parameters.zeros((3, 2, 2)), Parameters.zeros((3, 2, 2), np.float64)
    first.weights[0][0, 0], first.biases[0][1], second.weights[1][1, 0] = 3, 4, 5
    differences = layer_differences(first, second)
    assert [(each.largest, each.relative) for each in differences] == [(4, 1), (5, np.inf)]
    assert [each.relative for each in layer_differences(first, first)] == [0, 0]
    assert layer_differences(first, Parameters.zeros((3, 2))) is None
