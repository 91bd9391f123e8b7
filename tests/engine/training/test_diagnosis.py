"""It says when learning fails: the likely cause and what to try."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from backends import get_backend
from engine import train_model
from engine.data.datasets import Dataset
from engine.model.history import EpochRecord
from engine.training.diagnosis import Guessing, Remark, after_divergence, diagnose, guess, remarks_on_data
from engine.training.options import TrainingOptions
from engine.training.trainer import Training


def test_guessing_is_the_entropy_of_the_labels() -> None:
    labels = np.array([0, 0, 1, 3])
    expected = Guessing(1.5 * np.log(2), 0.5)
    assert guess(labels, 4) == pytest.approx(expected)
    assert guess(np.eye(4)[labels], 4) == pytest.approx(expected)
    assert guess(np.zeros(5, np.int64), 4).loss == 0


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"learning_rate": 1e-9}, "a learning rate of 1e-09 is small; try 0.02"),
        ({"learning_rate": 0.019, "weight_decay": 50}, "a weight decay of 50 is much; try 0.5"),
    ],
)
def test_nothing_learned(tiny: Dataset, options: dict[str, Any], advice: str) -> None:
    with pytest.warns(UserWarning, match="epoch 1 is no better than guessing") as told:
        train_model(None, "numpy", tiny, hidden=[4], epochs=1, batch_size=4, **options)
    assert [advice in str(each.message) for each in told] == [True]
    assert len(str(told[0].message)) <= 160


def test_labels_that_tell_nothing(tiny: Dataset) -> None:
    labels = np.random.default_rng(0).integers(0, 2, 500)
    with pytest.warns(UserWarning, match="look at the labels"):
        train_model(None, "numpy", (np.zeros((500, 4)), labels), epochs=1, batch_size=4)


def test_run_that_gets_worse_is_told_once_and_the_best_is_kept(tiny: Dataset) -> None:
    """The weights decay faster and faster, with the learning rate."""
    options = TrainingOptions(
        hidden=(8,),
        epochs=6,
        batch_size=16,
        optimizer="sgd",
        learning_rate=10.0,
        warm_up=0.99,
        weight_decay=0.15,
        validation=0.2,
    )
    training = Training(tiny, options, get_backend("numpy"))
    remarks = [each.message for each in training.run() if isinstance(each, Remark)]
    assert len(remarks) == 1
    what, _, cause = remarks[0].partition(": ")
    assert re.fullmatch(r"epoch \d is worse than epoch \d \(loss .* after .*\)", what)
    assert cause == "a weight decay of 0.15 is much; try 0.001"
    assert training.got_worse
    best = training.best()
    assert best is not None
    assert best.card.accuracy["validation"] > training.network.card.accuracy["validation"] + 0.2
    found = [
        (each.predict(tiny.train.images) == tiny.train.labels).mean() for each in (best, training.network)
    ]
    assert found[0] > found[1] + 0.1


def test_healthy_runs_are_left_in_peace(tiny: Dataset) -> None:
    training = Training(tiny, TrainingOptions(hidden=(8,), epochs=6, batch_size=8), get_backend("numpy"))
    assert not [each for each in training.run() if isinstance(each, Remark)]
    assert not training.got_worse


def test_small_changes_are_no_remark() -> None:
    history = [EpochRecord(1, 0.5, None, 1), EpochRecord(2, 0.6, None, 1)]
    options = TrainingOptions()
    assert diagnose(history, 1, Guessing(2.3, 0.1), 1000, options) is None
    assert diagnose([history[0], EpochRecord(2, 0.8, None, 1)], 1, Guessing(2.3, 0.1), 1000, options)
    assert diagnose([EpochRecord(1, 2.3, None, 1)], 1, Guessing(2.3, 0.1), 10, options) is None


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"learning_rate": 5.0}, "use a learning rate below 5, such as 0.02"),
        ({"learning_rate": 0.01}, "use a learning rate below 0.01, such as 0.001"),
        ({"learning_rate": 0.01, "weight_decay": 1e5}, "use a weight decay below 100, such as 1"),
    ],
)
def test_divergence_names_a_value_that_should_work(options: dict[str, Any], advice: str) -> None:
    assert after_divergence(TrainingOptions(**options)) == advice


def test_classes_without_examples_are_named() -> None:
    assert remarks_on_data(np.array([0, 1, 2]), ("a", "b", "c")) == []
    assert "labelled b, d:" in remarks_on_data(np.array([0, 2]), ("a", "b", "c", "d"))[0]


def test_run_of_a_billion_epochs_begins_at_once(tiny: Dataset, tmp_path: Any) -> None:
    options = TrainingOptions(hidden=(4,), epochs=1_000_000_000, warm_up=0.1)
    first, second = (Training(tiny, options, get_backend("numpy")) for _ in range(2))
    next(first.run())
    first.save_checkpoint(tmp_path / "c.npz")
    second.resume(tmp_path / "c.npz")
    next(second.run())
