"""A run that was interrupted ends with the same bits as one that never was."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends import InkdigitsError, get_backend
from engine.data.datasets import Dataset
from engine.training.checkpoint import CheckpointError, checkpoint_path
from engine.training.examples import Preparation
from engine.training.options import TrainingOptions
from engine.training.train_model import run_with_checkpoints, train_model
from engine.training.trainer import Training
from tests.conftest import NEEDS_NUMBA
from tests.engine.training.test_examples import FOUR, SEVEN, recipe

MOMENTS = 20
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": "sgd", "weight_decay": 0.01},
    "nesterov": {"optimizer": "nesterov", "warm_up": 0.3},
    "adamw": {"optimizer": "adamw", "ema_decay": 0.95},
}
EVERYDAY = [("numpy", 1, "adamw"), ("numba", 2, "nesterov")]  # the other runs are slow tests
RUNS = [
    pytest.param(
        *(backend, threads, OPTIMIZERS[optimizer]),
        marks=[NEEDS_NUMBA] * (backend == "numba")
        + [pytest.mark.slow] * ((backend, threads, optimizer) not in EVERYDAY),
        id=f"{backend}-{threads}-{optimizer}",
    )
    for backend, threads in (("numpy", 1), ("numba", 1), ("numba", 2))
    for optimizer in OPTIMIZERS
]


@pytest.fixture(params=["plain", "recipe"])
def new_training(request: pytest.FixtureRequest, tiny: Dataset) -> Callable[..., Training]:
    """Makes the same run again and again."""

    def make(backend: str, threads: int, **options: Any) -> Training:
        follows = recipe(300, non_digits=20) if request.param == "recipe" else None
        given = {"hidden": [12], "batch_size": 20, "seed": 5, **options}
        if follows is None:
            given["epochs"] = 3
        return Training(
            tiny,
            TrainingOptions.chosen(given, follows),
            get_backend(backend, threads),
            recipe=follows,
            drawings=[SEVEN, FOUR] if follows else (),
        )

    return make


def tensors(training: Training) -> list[Any]:
    return list(training.network.parameters.tensors())


@pytest.mark.parametrize(("backend", "threads", "options"), RUNS)
def test_resumed_runs_end_with_the_same_bits(
    new_training: Callable[..., Training],
    tmp_path: Path,
    backend: str,
    threads: int,
    options: dict[str, Any],
) -> None:
    """Interrupted at 20 random moments, one run after the other, as a laptop's lid might do it."""
    whole = new_training(backend, threads, **options)
    records = list(whole.run())
    moments = np.random.default_rng(0).choice(len(records) - 1, MOMENTS, replace=False)
    path = tmp_path / "run.checkpoint.npz"

    interrupted = new_training(backend, threads, **options)
    done = 0
    for moment in sorted(moments):
        made = interrupted.run()
        assert isinstance(made, Generator)
        for _ in range(max(1, int(moment) - done)):
            next(made)
        done = int(moment)
        made.close()
        interrupted.save_checkpoint(path)
        interrupted = new_training(backend, threads, **options)
        interrupted.resume(path)
    list(interrupted.run())

    assert interrupted.finished
    assert interrupted.resumed == MOMENTS
    for ours, true in zip(tensors(interrupted), tensors(whole), strict=True):
        np.testing.assert_array_equal(ours, true)
    history, expected = interrupted.network.history, whole.network.history
    assert history.loss == expected.loss
    assert history.validation_accuracy == expected.validation_accuracy
    card, other = interrupted.network.card, whole.network.card
    assert card.training.pop("resumed") == MOMENTS
    assert card == other


def test_stopped_run_leaves_a_checkpoint_and_a_true_card(tiny: Dataset, tmp_path: Path) -> None:
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=4), get_backend("numpy"))
    asked = iter([False] * 30 + [True])
    list(run_with_checkpoints(training, tmp_path / "c.npz", stop=lambda: next(asked)))
    assert (tmp_path / "c.npz").exists()
    assert not training.finished
    card = training.network.card.training
    assert (card["epochs_done"], card["stopped_early"]) == (len(training.network.history), True)


def test_checkpoints_are_written_now_and_then(tiny: Dataset, tmp_path: Path) -> None:
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=1), get_backend("numpy"))
    records = run_with_checkpoints(training, tmp_path / "c.npz", every=0)
    next(records)
    next(records)
    assert (tmp_path / "c.npz").exists()


def test_listener_that_fails_leaves_a_checkpoint(tiny: Dataset, tmp_path: Path) -> None:
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=1), get_backend("numpy"))
    records = run_with_checkpoints(training, tmp_path / "c.npz")
    next(records)
    assert isinstance(records, Generator)
    records.close()
    assert (tmp_path / "c.npz").exists()


def test_checkpoint_that_cannot_be_written_does_not_end_the_run(tiny: Dataset, tmp_path: Path) -> None:
    (tmp_path / "c.npz").mkdir()
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=1), get_backend("numpy"))
    remarks: list[str] = []
    list(run_with_checkpoints(training, tmp_path / "c.npz", every=0, remark=remarks.append))
    assert training.finished
    assert "it is a folder" in remarks[0]


def test_place_of_the_checkpoint_is_checked_before_training(tiny: Dataset, tmp_path: Path) -> None:
    (tmp_path / "m.checkpoint.npz").mkdir()
    with pytest.raises(InkdigitsError, match=r"m\.checkpoint\.npz: it is a folder"):
        train_model(tmp_path / "m.json", "numpy", tiny, hidden=[4], epochs=1)


def test_finished_run_takes_its_checkpoint_away(tiny: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "model.json"
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=2), get_backend("numpy"))
    next(training.run())
    training.save_checkpoint(checkpoint_path(out))
    network = train_model(out, "numpy", tiny, hidden=[4], epochs=2, resume=True)
    assert network.card.training["resumed"] == 1
    assert [each.name for each in tmp_path.iterdir()] == ["model.json"]
    straight = train_model(None, "numpy", tiny, hidden=[4], epochs=2)
    np.testing.assert_array_equal(network.parameters.weights[0], straight.parameters.weights[0])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"epochs": 9}, r"another run: options.epochs is 3 there and 9 here"),
        ({"hidden": [5]}, r"another run: options.hidden is \[4\] there and \[5\] here"),
        ({"seed": 1}, r"options.seed is 0 there and 1 here"),
    ],
)
def test_checkpoint_of_another_run_is_refused(
    tiny: Dataset, tmp_path: Path, other: dict[str, Any], message: str
) -> None:
    def training(**options: Any) -> Training:
        given = {"hidden": [4], "epochs": 3, **options}
        return Training(tiny, TrainingOptions.checked(**given), get_backend("numpy"))

    training().save_checkpoint(tmp_path / "c.npz")
    with pytest.raises(CheckpointError, match=message):
        training(**other).resume(tmp_path / "c.npz")


def test_blocks_that_are_over_are_not_made_again(tiny: Dataset, tmp_path: Path) -> None:
    follows = recipe(300, non_digits=20)

    def training() -> Training:
        options = TrainingOptions.chosen({"hidden": [4]}, follows)
        return Training(tiny, options, get_backend("numpy"), recipe=follows, drawings=[SEVEN, FOUR])

    first = training()
    records = first.run()
    while len(first.network.history) < 2:
        next(records)
    first.save_checkpoint(tmp_path / "c.npz")
    second = training()
    second.resume(tmp_path / "c.npz")
    preparations = [each for each in second.run() if isinstance(each, Preparation)]
    assert sum(each.what == "new examples" for each in preparations) == 1


def test_other_data_are_another_run(tiny: Dataset, tmp_path: Path) -> None:
    options = TrainingOptions(hidden=(4,), epochs=2)
    Training(tiny, options, get_backend("numpy")).save_checkpoint(tmp_path / "c.npz")
    less = Dataset("tiny", tiny.train[:300], tiny.test)
    with pytest.raises(CheckpointError, match="data_sha256"):
        Training(less, options, get_backend("numpy")).resume(tmp_path / "c.npz")


def test_damaged_checkpoints_are_refused(tiny: Dataset, tmp_path: Path) -> None:
    def training() -> Training:
        return Training(tiny, TrainingOptions(hidden=(4,), epochs=2), get_backend("numpy"))

    path = tmp_path / "c.npz"
    with pytest.raises(CheckpointError, match="start without --resume"):
        training().resume(path)
    half = training()
    records = half.run()
    next(records)
    half.save_checkpoint(path)
    good = path.read_bytes()
    for bad in (b"", good[: len(good) // 2], b"hello"):
        path.write_bytes(bad)
        with pytest.raises(CheckpointError, match=r"c\.npz is not a checkpoint"):
            training().resume(path)
    path.write_bytes(good)
    with np.load(path) as arrays:
        content = dict(arrays)
    for name, value in (
        ("parameters.0", np.full((784, 4), np.nan, np.float32)),
        ("memory0.1", np.zeros(3, np.float32)),
        ("parameters.2", content["parameters.2"].astype(np.float64)),
    ):
        np.savez(path, **{**content, name: value})
        with pytest.raises(CheckpointError, match=f"damaged: {name}"):
            training().resume(path)
    text = content["counters"].tobytes().replace(b'"steps":1', b'"steps":2')
    np.savez(path, **{**content, "counters": np.frombuffer(text, np.uint8)})
    with pytest.raises(CheckpointError, match="contradict"):
        training().resume(path)


def test_checkpoint_runs_nothing(tiny: Dataset, tmp_path: Path) -> None:
    """No pickle is loaded, whatever the archive holds."""
    path = tmp_path / "c.npz"
    training = Training(tiny, TrainingOptions(hidden=(4,), epochs=2), get_backend("numpy"))
    training.save_checkpoint(path)
    with np.load(path) as arrays:
        content = dict(arrays)
    pickled = io.BytesIO()
    np.save(pickled, np.array([object()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in content.items():
            file = io.BytesIO()
            np.save(file, value)
            archive.writestr(f"{name}.npy", pickled.getvalue() if name == "counters" else file.getvalue())
    with pytest.raises(CheckpointError, match="Object arrays cannot be loaded"):
        training.resume(path)


def test_best_epoch_survives_a_resume(tiny: Dataset, tmp_path: Path) -> None:
    """A run that diverges after it was resumed still has its best network."""
    options = TrainingOptions(hidden=(8,), epochs=2, batch_size=50)
    first = Training(tiny, options, get_backend("numpy"))
    for _ in first.run(parts=2):
        if first.best():
            break
    first.save_checkpoint(tmp_path / "c.npz")
    second = Training(tiny, options, get_backend("numpy"))
    second.resume(tmp_path / "c.npz")
    before, after = first.best(), second.best()
    assert before is not None
    assert after is not None
    assert all(map(np.array_equal, before.parameters.tensors(), after.parameters.tensors()))
    assert after.card.training["epochs_done"] == before.card.training["epochs_done"] == 1
