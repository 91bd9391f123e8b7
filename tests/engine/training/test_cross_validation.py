"""Folds over writers, and intervals that count writers rather than digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import get_backend
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing
from engine.recognition.evaluation import Evaluation, UnseenWriters
from engine.recognition.metrics import _student_t, clustered_interval, wilson_interval
from engine.training import jobs
from engine.training.cross_validation import split_by_writer, train_without_writers
from engine.training.jobs import Run, Shared
from engine.training.loop import held_back
from engine.training.options import TrainingOptions
from engine.training.trainer import Training


def test_every_writer_is_held_out_once() -> None:
    drawings = [Drawing([], 1, writer) for writer in (10, 2, 1, "b", "1", "a", 2, 10, None)]
    drawings.append(Drawing([], None, "c"))  # a non-digit
    folds = split_by_writer(drawings, 3)
    assert [fold.writers for fold in folds] == [
        ["1", "a"],
        ["2", "b"],
        ["10"],
    ]  # in the order of their numbers
    assert [(fold.number, fold.of) for fold in folds] == [(1, 3), (2, 3), (3, 3)]
    assert [len(fold.held_out) for fold in folds] == [3, 3, 2]
    assert [len(fold.train) for fold in folds] == [6, 6, 7]
    assert len(split_by_writer(drawings, 100)) == 5
    assert split_by_writer([Drawing([], 1)], 2) == []


def test_each_network_is_evaluated_on_writers_it_has_not_seen(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[set[Any]] = []

    def new_training(*arguments: Any, drawings: list[Drawing], recipe: None) -> Training:
        trained.append({each.writer for each in drawings})
        return Training(*arguments)

    monkeypatch.setattr(jobs, "Training", new_training)
    seven = [np.array([(0.0, 0), (6, 0), (3, 9)])]
    drawings = [Drawing(seven, 7, writer) for writer in "abc"]
    shared = Shared(tiny, get_backend("numpy"), drawings)
    options = TrainingOptions(hidden=(4,), epochs=1)
    parts = [
        train_without_writers(shared, Run("a fold", options, None, tuple(fold.writers)), lambda what: None)
        for fold in split_by_writer(drawings, 3)
    ]
    assert trained == [{"b", "c"}, {"a", "c"}, {"a", "b"}]
    assert [part.writers.tolist() for part in parts] == [["a"], ["b"], ["c"]]
    everything = tiny.train
    for part in parts:
        assert part.images is not None
        held = held_back(len(everything), options.validation, options.seed)[1]
        np.testing.assert_array_equal(part.images.labels, everything.labels[held])


def test_mistakes_by_one_writer_say_less_than_mistakes_by_many() -> None:
    writers = np.repeat(np.arange(10), 100)
    right = np.ones(1000, bool)
    right[:50] = False  # all by the same writer
    low, high = clustered_interval(right, writers)
    assert low < 0.86
    assert high == 1
    right = np.tile(np.arange(100) >= 5, 10)  # five by each
    assert clustered_interval(right, writers) == wilson_interval(950, 1000)
    right[:60] = False  # one writer worse than the others
    narrow, wide = clustered_interval(right, np.arange(1000)), clustered_interval(right, writers)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_independent_groups_give_the_usual_interval() -> None:
    random = np.random.default_rng(0)
    right = random.random(20_000) < 0.9
    ours = clustered_interval(right, np.arange(20_000))
    np.testing.assert_allclose(ours, wilson_interval(int(right.sum()), 20_000), atol=2e-4)


def test_interval_is_vacuous_with_few_writers() -> None:
    assert clustered_interval(np.ones(50, bool), np.zeros(50)) == (0.0, 1.0)
    assert clustered_interval(np.ones(50, bool), np.arange(50) % 5) == (0.0, 1.0)
    assert clustered_interval(np.ones(60, bool), np.arange(60) % 6)[0] > 0.9


@pytest.mark.parametrize(("freedom", "quantile"), [(5, 2.5706), (9, 2.2622), (29, 2.0452), (1000, 1.9623)])
def test_students_t(freedom: int, quantile: float) -> None:
    assert _student_t(freedom) == pytest.approx(quantile, rel=2e-3)


def test_answers_of_several_networks_are_pooled() -> None:
    def part(digit: int, answer: int, writer: str) -> UnseenWriters:
        p = np.full((2, 10), 0.01)
        p[:, answer] = 0.91
        images = Evaluation(np.full(3, digit), p[[0, 0, 0]])
        evaluation = Evaluation(np.full(2, digit), p)
        return UnseenWriters(evaluation, np.full(2, writer), np.full((2, 10), 0.1), images)

    both = UnseenWriters.pooled([part(3, 3, "a"), part(4, 9, "b")])
    assert both.images is not None
    assert both.images.n == 6
    assert both.evaluation.n == 4
    assert both.evaluation.accuracy == 0.5
    assert both.interval_95 == (0.0, 1.0)
    assert set(both.writers) == {"a", "b"}
    assert len(both.of_non_digits) == 4
    assert 0 < both.decision.accept_threshold < 1
