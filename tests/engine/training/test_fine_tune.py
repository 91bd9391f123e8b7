"""Teaching: what is learned, what is kept, what is left alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from backends import InkdigitsError
from engine import Network, teach
from engine.augmentation.drawn_digits import OUTLINES, drawn_digits
from engine.augmentation.strokes import StrokeAugmentation
from engine.model.network import initial_parameters
from engine.training import fine_tune

# As on a pocket calculator; the shipped network takes it for a nine.
EIGHT = [[(0, 0), (4, 0), (4, 8), (0, 8), (0, 0)], [(0, 4), (4, 4)]]
TENT = [[(0, 6), (4, 0), (4, 9)], [(1, 9), (7, 9)]]  # a one
SEVEN = [[(0, 0), (6, 0), (3, 9)]]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


@pytest.fixture(scope="module")
def drawn(network: Network) -> Any:
    """Digits that are not among the replayed ones, with what they are."""
    images = drawn_digits(400, StrokeAugmentation(rotation=0.1, elastic=0.03), network.backend)
    return images, np.arange(400) % 10


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tune, "STEPS", 3)
    monkeypatch.setattr(fine_tune, "ROUNDS", 1)


def test_correction_is_learned_and_the_rest_is_kept(network: Network, drawn: Any) -> None:
    taught = teach(network, [EIGHT], [8])
    assert taught.before.argmax() == 9
    assert taught.after.argmax() == 8
    assert taught.learned.all()
    images, labels = drawn
    right = (network.predict(images) == labels).mean()
    assert (taught.network.predict(images) == labels).mean() > right - 0.02


def test_more_rounds_follow_until_all_is_learned(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three small steps each: one round is not enough."""
    monkeypatch.setattr(fine_tune, "STEPS", 3)
    monkeypatch.setattr(fine_tune, "LEARNING_RATE", 5e-5)
    learned = {}
    for rounds in (1, 8):
        monkeypatch.setattr(fine_tune, "ROUNDS", rounds)
        learned[rounds] = bool(teach(network, [EIGHT], [8]).learned.all())
    assert learned == {1: False, 8: True}


def test_replay_is_what_keeps_the_rest(network: Network, drawn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fine_tune, "ROUNDS", 2)
    images, labels = drawn
    kept, forgetful = (
        teach(network, [SEVEN], [4], replay=replay).network.predict(images) for replay in (images, images[:0])
    )
    assert (forgetful == labels).mean() < (kept == labels).mean() - 0.03


@pytest.mark.usefixtures("few_steps")
def test_given_network_is_left_as_it_was(network: Network) -> None:
    before, card = network.parameters.copy(), dict(network.card.training)
    taught = teach(network, [TENT, SEVEN], [1, 7])
    assert network.parameters == before
    assert network.card.training == card
    assert taught.network.parameters != before
    assert taught.network.card.training["taught"] == 2
    assert taught.network.card.accuracy == {}
    assert taught.network.card.decision == network.card.decision
    np.testing.assert_array_equal(network.predict_proba(taught.images), taught.before)
    np.testing.assert_array_equal(taught.network.predict_proba(taught.images), taught.after)
    again = teach(taught.network, [TENT], [1]).network
    assert again.card.training["taught"] == 3


@pytest.mark.usefixtures("few_steps")
def test_same_seed_same_network(network: Network) -> None:
    first, second = (teach(network, [SEVEN], [7]).network.parameters for _ in range(2))
    assert first == second
    assert teach(network, [SEVEN], [7], seed=1).network.parameters != first


@pytest.mark.usefixtures("few_steps")
def test_taught_network_can_be_saved(network: Network, tmp_path: Path) -> None:
    taught = teach(network, [SEVEN], [7]).network
    taught.save(tmp_path / "mine.json")
    assert Network.load(tmp_path / "mine.json").parameters == taught.parameters


@pytest.mark.slow
def test_correction_takes_less_than_half_a_second(network: Network) -> None:
    """Of CPU time, the least of three."""
    seconds = []
    with threadpool_limits(1):
        for _ in range(3):
            started = time.process_time()
            assert teach(network, [EIGHT], [8]).learned.all()
            seconds.append(time.process_time() - started)
    assert min(seconds) < 0.5


def test_drawn_digits_look_like_digits(network: Network) -> None:
    images = drawn_digits(200, StrokeAugmentation(), network.backend)
    assert (network.predict(images) == np.arange(200) % 10).mean() > 0.9
    assert set(OUTLINES) == set(range(10))
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_what_cannot_be_used_is_refused(network: Network) -> None:
    cases: list[Any] = [
        ([], []),
        ([SEVEN], []),
        ([SEVEN], [10]),
        ([SEVEN], [-1]),
        ([SEVEN], [7.0]),
        ([SEVEN], ["7"]),
        ([[]], [1]),
        ([[[]]], [1]),
        ([[[(0, float("nan")), (1, 1)]]], [1]),
    ]
    for drawings, labels in cases:
        with pytest.raises(InkdigitsError):
            teach(network, drawings, labels)
    small = Network(initial_parameters((64, 10), np.random.default_rng(0)))
    with pytest.raises(InkdigitsError, match="28x28"):
        teach(small, [SEVEN], [7])
