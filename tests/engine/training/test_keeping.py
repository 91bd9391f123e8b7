"""Whatever ends a run, what was learned is somewhere."""

from __future__ import annotations

import math
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.numpy_backend import NumpyBackend
from engine import Network, train_model
from engine.data.datasets import Dataset
from engine.model.model_file import ModelFileError
from engine.model.safe_write import WriteError
from engine.training.checkpoint import checkpoint_path
from engine.training.keeping import best_path, interrupted_path, save_network
from engine.training.loop import TrainingDivergedError
from engine.training.options import TrainingOptions
from engine.training.train_model import run_with_checkpoints
from engine.training.trainer import Training

PARTS = 15  # of an epoch of the tiny digits, 30 images a step


class Fails(NumpyBackend):
    """Does something else after some parts of epochs."""

    def __init__(self, after: int, how: BaseException | float) -> None:
        super().__init__()
        self.left, self.how = after, how

    def train_minibatches(self, parameters: Any, *args: Any, **more: Any) -> float:
        self.left -= 1
        if self.left >= 0:
            return super().train_minibatches(parameters, *args, **more)
        if isinstance(self.how, BaseException):
            raise self.how
        parameters.weights[0][:] = np.nan
        return self.how


def run(tiny: Dataset, out: Path, backend: NumpyBackend) -> Network:
    return train_model(out, backend, tiny, hidden=[8], epochs=5, batch_size=30)


@pytest.mark.parametrize("how", [MemoryError(), RuntimeError("device lost"), KeyboardInterrupt()], ids=repr)
def test_network_so_far_is_kept(tiny: Dataset, tmp_path: Path, how: BaseException) -> None:
    out = tmp_path / "model.json"
    with pytest.raises(BaseException) as ended:  # noqa: PT011  # whichever it is
        run(tiny, out, Fails(4 * PARTS + 3, how))
    assert how in (ended.value, ended.value.__cause__)
    kept = Network.load(interrupted_path(out))
    assert kept.card.training["epochs_done"] == 4
    assert kept.card.accuracy["validation"] > 0.9
    assert not out.exists()


class Grows(NumpyBackend):
    """Gives the weights numbers that no model file may hold, in the last part of the last epoch."""

    left = 5 * PARTS

    def train_minibatches(self, parameters: Any, *args: Any, **more: Any) -> float:
        loss = super().train_minibatches(parameters, *args, **more)
        self.left -= 1
        if not self.left:
            parameters.weights[0][:] = 3e38
        return loss


@pytest.mark.filterwarnings("ignore:overflow|invalid:RuntimeWarning")
def test_best_network_is_kept_where_the_last_cannot_be_saved(tiny: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    with pytest.raises(ModelFileError, match=r"was not written: .* epoch, \d, is in .*interrupted.json"):
        run(tiny, out, Grows())
    kept = Network.load(interrupted_path(out))
    assert kept.card.accuracy["validation"] > 0.9
    assert not out.exists()


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_divergence_keeps_the_best_epoch(tiny: Dataset, tmp_path: Path, loss: float) -> None:
    out = tmp_path / "model.json"
    with pytest.raises(
        TrainingDivergedError, match=r"in epoch 4: .*learning rate below 0.02, such as 0.002"
    ) as told:
        run(tiny, out, Fails(3 * PARTS + 1, loss))
    kept = Network.load(interrupted_path(out))
    assert told.value.best is not None
    history = told.value.best.card.training["epochs_done"]
    assert kept.card.training["epochs_done"] == history <= 3
    assert kept.card.accuracy["validation"] > 0.9
    np.testing.assert_array_equal(kept.parameters.weights[0], told.value.best.parameters.weights[0])


def test_divergence_in_the_first_epoch_keeps_nothing(tiny: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingDivergedError) as told:
        run(tiny, tmp_path / "model.json", Fails(3, math.nan))
    assert told.value.best is None
    assert not list(tmp_path.glob("*.json"))


def test_best_epoch_survives_a_checkpoint(tiny: Dataset, tmp_path: Path) -> None:
    def training() -> Training:
        return Training(tiny, TrainingOptions(hidden=(8,), epochs=4, ema_decay=0.9), NumpyBackend())

    whole, first, second = training(), training(), training()
    list(whole.run())
    records = first.run()
    while len(first.network.history) < 2:
        next(records)
    first.save_checkpoint(tmp_path / "c.npz")
    second.resume(tmp_path / "c.npz")
    half, best = second.best(), first.best()
    assert half is not None
    assert best is not None
    np.testing.assert_array_equal(half.parameters.weights[0], best.parameters.weights[0])
    list(second.run())
    a, b = whole.best(), second.best()
    assert a is not None
    assert b is not None
    np.testing.assert_array_equal(a.parameters.weights[1], b.parameters.weights[1])
    assert a.card.training["epochs_done"] == b.card.training["epochs_done"]


def test_checkpoint_without_a_best_epoch_is_read(tiny: Dataset, tmp_path: Path) -> None:
    """As earlier versions wrote them."""
    path = tmp_path / "c.npz"
    first, second = (Training(tiny, TrainingOptions(hidden=(4,), epochs=2), NumpyBackend()) for _ in range(2))
    next(first.run())
    first.save_checkpoint(path)
    with np.load(path) as arrays:
        content = dict(arrays)
    text = content["counters"].tobytes().replace(b',"best_epoch":0', b"")
    assert text != content["counters"].tobytes()
    np.savez(path, **{**content, "counters": np.frombuffer(text, np.uint8)})
    second.resume(path)
    list(second.run())
    assert second.best() is not None


@pytest.fixture
def network(tiny: Dataset) -> Network:
    return train_model(None, "numpy", tiny, hidden=[4], epochs=1)


def test_save_that_fails_tries_another_folder_and_says_so(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(
        WriteError, match=r"cannot write .*gone/model\.json.*; the network is in .*home/model\."
    ) as told:
        save_network(network, tmp_path / "gone" / "model.json")
    (saved,) = home.iterdir()
    assert str(told.value).endswith(str(saved))
    np.testing.assert_array_equal(Network.load(saved).parameters.weights[0], network.parameters.weights[0])
    monkeypatch.setenv("HOME", str(tmp_path / "no home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(WriteError, match=f"the network is in {tmp_path}/model"):
        save_network(network, tmp_path / "gone" / "model.json")


def test_folder_that_vanishes_while_training(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    out = tmp_path / "folder" / "model.json"
    out.parent.mkdir()

    class Removes(NumpyBackend):
        def train_minibatches(self, *args: Any, **more: Any) -> float:
            if out.parent.exists():
                out.parent.rmdir()
            return super().train_minibatches(*args, **more)

    with pytest.raises(WriteError, match="the network is in"):
        run(tiny, out, Removes())
    (saved,) = tmp_path.glob("model.*.json")
    assert not Network.load(saved).card.training["stopped_early"]


def test_signal_does_not_break_a_save(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def save(path: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        Network.save(network, path)

    monkeypatch.setattr(network, "save", save)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            save_network(network, tmp_path / "model.json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert Network.load(tmp_path / "model.json").layer_sizes == network.layer_sizes


def test_no_memory_for_a_checkpoint_does_not_end_a_run(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=1), NumpyBackend())

    def fail(path: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(training, "save_checkpoint", fail)
    remarks: list[str] = []
    list(run_with_checkpoints(training, tmp_path / "c.npz", every=0, remark=remarks.append))
    assert training.finished
    assert "no memory left" in remarks[0]


def test_only_a_resumed_run_takes_the_interrupted_network_away(tiny: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    interrupted_path(out).write_text("of another run")
    run(tiny, out, NumpyBackend())
    assert {each.name for each in tmp_path.iterdir()} == {"model.json", "model.interrupted.json"}
    with pytest.raises(RuntimeError):
        list(_stopped(tiny, out))
    train_model(out, NumpyBackend(), tiny, hidden=[8], epochs=5, batch_size=30, resume=True)
    assert [each.name for each in tmp_path.iterdir()] == ["model.json"]
    assert best_path(out).name == "model.best.json"


def _stopped(tiny: Dataset, out: Path) -> Any:
    """A run that leaves a checkpoint."""
    training = Training(tiny, TrainingOptions(hidden=(8,), epochs=5, batch_size=30), NumpyBackend())
    for record in run_with_checkpoints(training, checkpoint_path(out), every=0):
        yield record
        if len(training.network.history) == 2:
            raise RuntimeError
