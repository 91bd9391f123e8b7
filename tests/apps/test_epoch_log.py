"""``inkdigits train --log``: the epochs as a table that is whole at any moment."""

from __future__ import annotations

import csv
import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from apps.epoch_log import logged
from backends import get_backend
from engine.data.datasets import Dataset
from engine.model.history import EpochRecord
from engine.training.options import TrainingOptions
from engine.training.train_model import run_with_checkpoints
from engine.training.trainer import Training


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_each_epoch_has_a_line(run: Any, tiny_file: Path, tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("tqdm")
    log = tmp_path / f"log.{suffix}"
    code, out, _ = run(
        *("train", "--data", tiny_file, "--hidden", 8, "--epochs", 3, "--out", tmp_path / "a.json"),
        *("--log", log, "--json"),
    )
    assert code == 0
    printed = [json.loads(line) for line in out.splitlines()][:3]
    lines = log.read_text().splitlines()
    rows = list(map(json.loads, lines)) if suffix == "jsonl" else list(csv.DictReader(lines))
    assert [{name: float(value) for name, value in row.items()} for row in rows] == printed


def test_a_run_that_goes_on_repeats_no_epoch(tiny: Dataset, tmp_path: Path) -> None:
    log, checkpoint = tmp_path / "log.csv", tmp_path / "a.checkpoint.npz"
    options = TrainingOptions.chosen({"hidden": (8,), "epochs": 4, "validation": 0.0}, None)

    def a_run() -> tuple[Training, Generator[Any, None, None]]:
        training = Training(tiny, options, get_backend("numpy"))
        return training, logged(run_with_checkpoints(training, checkpoint), training, log)

    training, records = a_run()
    epochs = 0
    for record in records:
        epochs += isinstance(record, EpochRecord)
        assert len(log.read_text().splitlines() if log.exists() else ()) == (epochs + 1 if epochs else 0)
        if epochs == 2:
            break
    records.close()
    assert checkpoint.exists()
    training, records = a_run()
    training.resume(checkpoint)
    assert sum(isinstance(record, EpochRecord) for record in records) == 2
    rows = list(csv.DictReader(log.read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert {row["validation_accuracy"] for row in rows} == {""}


def test_a_log_that_cannot_be_written_ends_no_run(
    tiny: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    training = Training(
        tiny, TrainingOptions.chosen({"hidden": (8,), "epochs": 2}, None), get_backend("numpy")
    )
    (tmp_path / "log.csv").mkdir()
    list(logged(training.run(), training, tmp_path / "log.csv"))
    assert training.finished
    assert capsys.readouterr().err.count("log.csv: it is a folder") == 2


def test_other_names_and_places_are_refused(run: Any, tmp_path: Path) -> None:
    for name, message in (
        ("log.txt", "end its name in .jsonl or .csv"),
        ("none/log.csv", "there is no folder"),
    ):
        code, out, err = run("train", "--log", tmp_path / name)
        assert (code, out) == (2, "")
        assert message in err
