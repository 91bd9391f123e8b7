"""Learning: it learns, the same way every time, and says so when it cannot."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.base import Backend
from backends.optimizers import ExponentialMovingAverage
from engine import Network, train_model
from engine.data.datasets import DataError, Dataset
from engine.model.history import EpochRecord
from engine.training.loop import Progress, TrainingDivergedError
from engine.training.options import OptionsError, TrainingOptions
from engine.training.schedules import LearningRates
from engine.training.trainer import Training


def train(dataset: Dataset, backend: Backend, **options: Any) -> tuple[Training, list[EpochRecord]]:
    training = Training(dataset, TrainingOptions.checked(**{"hidden": [16], "epochs": 3, **options}), backend)
    return training, [record for record in training.run() if isinstance(record, EpochRecord)]


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "sgd"},
        {"optimizer": "nesterov"},
        {"optimizer": "adamw", "weight_decay": 0.01, "warm_up": 0.1, "epochs": 10},
        {"ema_decay": 0.9, "schedule": "constant"},
        {"hidden": []},
        {"hidden": [9, 8, 7], "epochs": 10},
        {"batch_size": 1},
        {"batch_size": 10_000, "epochs": 20},
        {"validation": 0},
    ],
    ids=str,
)
def test_it_learns(tiny: Dataset, backend: Backend, options: dict[str, Any]) -> None:
    training, epochs = train(tiny, backend, **options)
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert training.test().accuracy > 0.9


def test_same_seed_same_bits(tiny: Dataset, backend: Backend) -> None:
    first, _ = train(tiny, backend, optimizer="adamw", ema_decay=0.9)
    second, _ = train(tiny, backend, optimizer="adamw", ema_decay=0.9)
    other, _ = train(tiny, backend, optimizer="adamw", ema_decay=0.9, seed=1)
    for a, b, c in zip(*(each.network.parameters.tensors() for each in (first, second, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


def test_backends_learn_the_same(tiny: Dataset) -> None:
    pytest.importorskip("numba")
    from backends import get_backend

    curves = []
    for name in ("numpy", "numba"):
        _, epochs = train(tiny, get_backend(name))
        curves.append([epoch.train_loss for epoch in epochs])
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-3)


def test_progress_leads_to_the_end_of_each_epoch(tiny: Dataset, backend: Backend) -> None:
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=2, batch_size=7), backend)
    for epoch, (kind, records) in enumerate(itertools.groupby(training.run(), type)):
        last = list(records)[-1]
        if kind is Progress:
            assert last.examples == last.of == 450  # of 500, a tenth is held back
            assert last.epoch == epoch // 2 + 1
        else:
            assert last.validation_accuracy is not None
            assert last.seconds > 0


def test_held_back_examples_are_not_trained_on(tiny: Dataset, backend: Backend) -> None:
    training = Training(tiny, TrainingOptions(validation=0.3), backend)
    learn, validate = training._split()
    assert validate is not None
    assert (len(learn), len(validate)) == (350, 150)
    together = np.concatenate([learn.images, validate.images]).reshape(500, -1)
    everything = tiny.train.images.reshape(500, -1)
    np.testing.assert_array_equal(
        np.sort(together.view("V784"), axis=0), np.sort(everything.view("V784"), axis=0)
    )


def test_divergence_is_told(tiny: Dataset, backend: Backend) -> None:
    with pytest.raises(TrainingDivergedError, match=r"diverged in epoch 1.*learning rate below 1e"):
        train(tiny, backend, optimizer="sgd", learning_rate=1e30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs: must be an integer >= 1, not 0"),
        ({"batch_size": -1}, "batch_size"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"optimizer": "magic"}, "optimizer"),
        ({"hidden": [0]}, "hidden"),
        ({"validation": 1.0}, "validation"),
        ({"epoch": 3}, "there is no option epoch; there are hidden, epochs, batch_size, "),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError, match=message):
        TrainingOptions.checked(**options)


def test_train_model_saves_what_it_returns(tiny: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    network = train_model(path, dataset=tiny, backend="numpy", epochs=5, hidden=[16])
    again = Network.load(path)
    np.testing.assert_array_equal(again.parameters.weights[0], network.parameters.weights[0])
    assert again.card.accuracy["test"] > 0.9
    assert again.card.training["options"]["hidden"] == [16]
    assert again.card.training["data_sha256"] == tiny.sha256


def test_arrays_of_any_width_and_any_labels_are_learned_from(backend: Backend) -> None:
    """Three classes of 5 floating-point numbers each, named by strings; no path, no test set."""
    random = np.random.default_rng(0)
    names = random.choice(["ash", "elm", "oak"], 300)
    x = random.random((300, 5)) * 0.5
    x[names == "elm", 0] += 0.5
    x[names == "oak", 3] += 0.5
    numpy_numbers: dict[str, Any] = {"epochs": np.int64(20), "learning_rate": np.float32(0.1)}
    network = train_model(None, backend, (x, names), hidden=[8], **numpy_numbers)
    assert network.classes == ("ash", "elm", "oak")
    assert network.layer_sizes == (5, 8, 3)
    found = np.array(network.classes)[network.predict(x.astype(np.float32))]
    assert (found == names).mean() > 0.95
    assert "test" not in network.card.accuracy


def test_history_can_be_read(tiny: Dataset) -> None:
    history = train_model(None, "numpy", tiny, hidden=[8], epochs=4, validation=0).history
    assert len(history) == len(history.loss) == len(history.seconds) == 4
    assert history.loss[-1] < history.loss[0]
    assert history.validation_accuracy == [None] * 4
    assert [record.epoch for record in history] == [1, 2, 3, 4]


def test_training_goes_on_from_a_network(tiny: Dataset) -> None:
    first = train_model(None, "numpy", tiny, hidden=[8], epochs=6)
    before = first.parameters.copy()
    second = train_model(None, "numpy", tiny, network=first, epochs=1)
    assert second.layer_sizes == (784, 8, 10)
    assert second.history.loss[0] < first.history.loss[0] / 2
    assert second.card.training["started_from"]["data_sha256"] == tiny.sha256
    np.testing.assert_array_equal(first.parameters.weights[0], before.weights[0])  # a copy has learned


def test_network_that_does_not_fit_the_data_is_refused(tiny: Dataset) -> None:
    network = train_model(None, "numpy", tiny, hidden=[8], epochs=1)
    small = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 10
    with pytest.raises(DataError, match="takes 784 pixels; arrays has 64"):
        train_model(None, "numpy", small, network=network)
    letters = np.zeros((20, 28, 28), np.uint8), np.array(list("ab") * 10)
    with pytest.raises(DataError, match=r"0, 1, 2, .* arrays has a, b"):
        train_model(None, "numpy", letters, network=network)


@pytest.mark.parametrize("dataset", [(1, 2, 3, 4), (1,), "d.npz"])
def test_what_is_no_data_set_is_refused_before_training(dataset: Any) -> None:
    with pytest.raises(DataError, match=r"give a Dataset, or \(X, y\)"):
        train_model(None, "numpy", dataset)


@pytest.mark.parametrize("name", ["", "x" * 65, "a\nb"])
def test_class_that_no_model_file_could_hold_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="a class is named"):
        train_model(None, "numpy", (np.zeros((4, 2)), np.array([name, "b", name, "b"])))


def test_wrong_option_is_python_s_own_error(tiny: Dataset) -> None:
    with pytest.raises(TypeError, match="epoch"):
        train_model(None, "numpy", tiny, epoch=3)  # type: ignore[call-arg]  # the point of the test


def test_constant_schedule_after_a_warm_up() -> None:
    rates = LearningRates(0.1, 10, "constant", warm_up=0.2)[:]
    np.testing.assert_allclose(rates, [0.05] + [0.1] * 9)


def test_cosine_schedule_falls_to_nothing() -> None:
    rates = LearningRates(0.1, 1000, "cosine")[:]
    assert rates[0] == 0.1
    assert rates[500] == pytest.approx(0.05)
    assert 0 < rates[-1] < 1e-5
    assert (np.diff(rates) < 0).all()


def test_average_starts_close_to_recent_steps(backend: Backend) -> None:
    from backends.arrays import Parameters

    parameters = Parameters.zeros((2, 1))
    average = ExponentialMovingAverage(parameters, 0.999)
    parameters.weights[0][:] = 1
    for _ in range(60):
        average.update(backend, parameters)
    assert average.parameters.weights[0].min() > 0.999  # with 0.999 from the start it would be 0.06
