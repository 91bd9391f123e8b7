"""The loop over epochs: what it hands to the backend, and what it tells of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends.arrays import Array, Parameters
from backends.errors import BackendFailedError
from backends.numpy_backend import NumpyBackend
from backends.optimizers import SGD
from engine.model.history import EpochRecord
from engine.model.network import initial_parameters
from engine.training.loop import Learner, Progress, train_epochs


class Recorder(NumpyBackend):
    """Remembers which examples it was given at which learning rate."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[Array] = []
        self.rates: list[Array] = []

    def train_minibatches(self, *args: Any, **more: Any) -> float:
        order, batch_size, rates = args[4:7]
        steps = -(-len(order) // batch_size)
        self.orders.append(order)
        self.rates.append(rates[:steps])
        return super().train_minibatches(*args, **more)


@pytest.fixture
def run() -> tuple[Recorder, list[Progress | EpochRecord]]:
    random = np.random.default_rng(0)
    x, labels = random.random((103, 6)).astype(np.float32), random.integers(3, size=103)
    backend = Recorder()
    learner = Learner(initial_parameters((6, 3), random), SGD())
    rates = np.linspace(1e-9, 2e-9, 3 * 21)  # so low that the parameters stay what they are
    options: dict[str, Any] = {"until": 3, "batch_size": 5, "learning_rates": rates, "seed": 4}
    records = list(train_epochs(learner, backend, x, labels, **options, validate=lambda: 0.5))
    loss, _ = backend.loss_and_gradients(learner.parameters, x, labels)
    told = [each.train_loss for each in records if isinstance(each, EpochRecord)]
    np.testing.assert_allclose(told, loss, rtol=1e-5)
    return backend, records


def test_every_epoch_takes_every_example_once_in_an_order_of_its_own(run: Any) -> None:
    backend, _ = run
    orders = np.concatenate(backend.orders).reshape(3, 103)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(103))
    assert (orders[0] != orders[1]).any()


def test_every_step_has_its_own_learning_rate(run: Any) -> None:
    backend, _ = run
    np.testing.assert_array_equal(np.concatenate(backend.rates), np.linspace(1e-9, 2e-9, 3 * 21))


def test_progress_leads_to_a_record_of_each_epoch(run: Any) -> None:
    _, records = run
    ends = [each for each in records if isinstance(each, EpochRecord)]
    assert [(each.epoch, each.validation_accuracy) for each in ends] == [(1, 0.5), (2, 0.5), (3, 0.5)]
    first = records[: records.index(ends[0])]
    assert [each.examples for each in first][-2:] == [100, 103]
    assert {each.of for each in first} == {103}


def test_parameters_of_any_size_learn() -> None:
    """One pixel, two classes, soft targets."""
    x = np.array([[0.0], [1.0]], np.float32).repeat(20, axis=0)
    targets = np.eye(2, dtype=np.float32)[[0] * 20 + [1] * 20]
    learner = Learner(Parameters.zeros((1, 2)), SGD())
    for _ in train_epochs(
        learner, NumpyBackend(), x, targets, until=30, batch_size=8, learning_rates=np.full(150, 0.5), seed=0
    ):
        pass
    assert learner.history[-1].train_loss < 0.3
    assert learner.steps == 150


class Fails(NumpyBackend):
    name = "fails"

    def train_minibatches(self, *args: Any, **more: Any) -> float:
        raise RuntimeError("out of device memory")


def test_backend_that_fails_while_training_is_named_with_the_command_that_checks_it() -> None:
    learner = Learner(Parameters.zeros((1, 2)), SGD())
    x, labels = np.zeros((4, 1), np.float32), np.zeros(4, np.uint8)
    options: dict[str, Any] = {"until": 1, "batch_size": 2, "learning_rates": np.ones(2), "seed": 0}
    with pytest.raises(BackendFailedError, match=r"the backend fails failed while training.*--check fails"):
        list(train_epochs(learner, Fails(), x, labels, **options))
