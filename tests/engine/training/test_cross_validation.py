"""Writers are kept apart, and what is read of them is counted as what it is: a few hands, not many digits."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data.drawings import Drawing
from engine.recognition.evaluation import Evaluation, UnseenWriters
from engine.recognition.metrics import _student_t, clustered_interval, wilson_interval
from engine.training.cross_validation import writers_in_folds


def test_every_writer_is_in_one_fold() -> None:
    drawings = [Drawing([], 1, writer) for writer in (10, 2, 1, "b", "1", "a", 2, 10, None)]
    assert writers_in_folds(drawings, 3) == [["1", "a"], ["2", "b"], ["10"]]  # in the order of their numbers
    assert writers_in_folds(drawings, 100) == [["1"], ["2"], ["10"], ["a"], ["b"]]
    assert writers_in_folds([Drawing([], 1)], 2) == []


def test_mistakes_of_one_hand_say_less_than_mistakes_of_many() -> None:
    writers = np.repeat(np.arange(10), 100)
    right = np.ones(1000, bool)
    right[:50] = False  # all by the same hand
    low, high = clustered_interval(right, writers)
    assert low < 0.86
    assert high == 1
    right = np.tile(np.arange(100) >= 5, 10)  # five by each
    assert clustered_interval(right, writers) == wilson_interval(950, 1000)
    right[:60] = False  # one hand worse than the others
    narrow, wide = clustered_interval(right, np.arange(1000)), clustered_interval(right, writers)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_independent_groups_give_the_usual_interval() -> None:
    random = np.random.default_rng(0)
    right = random.random(20_000) < 0.9
    ours = clustered_interval(right, np.arange(20_000))
    np.testing.assert_allclose(ours, wilson_interval(int(right.sum()), 20_000), atol=2e-4)


def test_of_few_writers_nothing_is_known_of_non_digits() -> None:
    assert clustered_interval(np.ones(50, bool), np.zeros(50)) == (0.0, 1.0)
    assert clustered_interval(np.ones(50, bool), np.arange(50) % 5) == (0.0, 1.0)
    assert clustered_interval(np.ones(60, bool), np.arange(60) % 6)[0] > 0.9


@pytest.mark.parametrize(("freedom", "quantile"), [(5, 2.5706), (9, 2.2622), (29, 2.0452), (1000, 1.9623)])
def test_students_t(freedom: int, quantile: float) -> None:
    assert _student_t(freedom) == pytest.approx(quantile, rel=2e-3)


def test_parts_are_counted_together() -> None:
    def part(digit: int, answer: int, writer: str) -> UnseenWriters:
        p = np.full((2, 10), 0.01)
        p[:, answer] = 0.91
        return UnseenWriters(Evaluation(np.full(2, digit), p), np.full(2, writer), np.full((2, 10), 0.1))

    both = UnseenWriters.pooled([part(3, 3, "a"), part(4, 9, "b")])
    assert both.evaluation.n == 4
    assert both.evaluation.accuracy == 0.5
    assert both.interval_95 == (0.0, 1.0)
    assert set(both.writers) == {"a", "b"}
    assert len(both.of_non_digits) == 4
    assert 0 < both.decision.accept_threshold < 1
