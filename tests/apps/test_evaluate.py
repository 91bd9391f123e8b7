"""``inkdigits evaluate``: pictures and drawings with labels, and drawings without."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Network
from engine.data.datasets import Dataset
from engine.data.drawings import drawings_sha256, read_drawings
from engine.recognition.overlap import count_seen_images


def test_evaluate(run: Any, tiny_file: Path, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = [tmp_path / "confusion.png", tmp_path / "mistakes.svg"]
    code, out, _ = run(
        *("evaluate", "--data", tiny_file, "--model", model, "--json"),
        *("--confusion", pictures[0], "--mistakes", pictures[1]),
    )
    assert code == 0
    result = json.loads(out)
    assert set(result) == {"accuracy", "interval_95", "top2_accuracy", "n", "seen_in_training", "confusion"}
    assert result["n"] == np.sum(result["confusion"]) == 100
    assert result["accuracy"] == np.trace(result["confusion"]) / 100
    assert all(picture.stat().st_size > 1000 for picture in pictures)
    code, out, _ = run("evaluate", "--data", tiny_file, "--model", model)
    assert out.startswith("accuracy")


def test_drawings_are_read_and_measured(run: Any, tmp_path: Path) -> None:
    seven, dot = [[[1, 1], [7, 1], [4, 10]]], [[[3, 3]]]
    (tmp_path / "seven.json").write_text(json.dumps({"strokes": seven}))
    code, out, _ = run("predict", tmp_path / "seven.json", "--json")
    assert code == 0
    assert json.loads(out)["digit"] == 7

    drawings = [
        {"label": 7, "strokes": seven, "writer": 3},
        {"label": None, "strokes": dot},
        {"label": None, "strokes": []},
    ]
    (tmp_path / "drawings.json").write_text(json.dumps(drawings))
    code, out, _ = run("evaluate", "--strokes", tmp_path / "drawings.json", "--json")
    assert code == 0
    result = json.loads(out)
    assert result["accuracy"] == result["top2_accuracy"] == result["n"] == 1
    assert result["states"] == {"empty": 1, "too_small": 1, "not_a_digit": 0, "unsure": 0, "digit": 1}
    assert result["confusion"][7][7] == 1
    assert 0 < result["milliseconds_per_digit"] < 100
    words = ["evaluate", "--strokes", tmp_path / "drawings.json", "--json", "--writers"]
    assert json.loads(run(*words, "3")[1])["states"]["empty"] == 0
    code, _, err = run(*words, "4")
    assert code == 2
    assert "there are no drawings" in err


def test_drawings_without_a_label_are_counted(run: Any, tmp_path: Path) -> None:
    (tmp_path / "blanks.json").write_text(json.dumps([{"label": None, "strokes": []}] * 3))
    words = ("evaluate", "--strokes", tmp_path / "blanks.json")
    code, out, _ = run(*words, "--json")
    assert code == 0
    result = json.loads(out)
    assert result["accuracy"] is result["top2_accuracy"] is result["interval_95"] is None
    assert result["n"] == np.sum(result["confusion"]) == 0
    assert result["states"]["empty"] == 3
    code, out, _ = run(*words, "--threads", "2")
    assert code == 0
    assert "3 empty" in out
    code, _, err = run(*words, "--mistakes", tmp_path / "mistakes.png")
    assert code == 2
    assert "no mistakes to draw" in err


def test_pictures_of_any_size_are_measured(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    large = np.kron(255 - tiny.test.images[:20], np.ones((1, 3, 3), np.uint8))
    np.savez(tmp_path / "large.npz", x_test=large, y_test=tiny.test.labels[:20])
    code, out, _ = run("evaluate", "--data", tmp_path / "large.npz", "--model", model, "--json")
    assert code == 0
    assert json.loads(out)["accuracy"] > 0.9
    code, _, err = run("evaluate", "--data", tmp_path / "large.npz", "--model", model, "--as-is")
    assert code == 2
    assert "(20, 84, 84)" in err


def test_options_that_would_be_ignored_are_refused(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    (tmp_path / "drawings.json").write_text("[]")
    code, out, err = run("evaluate", "--data", tiny_file, "--writers", "3")
    assert (code, out) == (2, "")
    assert "--writers belongs to --strokes" in err
    code, out, err = run("evaluate", "--strokes", tmp_path / "drawings.json", "--as-is")
    assert (code, out) == (2, "")
    assert "--as-is belongs to --data" in err


def test_images_that_the_network_was_trained_on_are_told(
    run: Any, tiny: Dataset, tiny_file: Path, model: Path, tmp_path: Path
) -> None:
    np.savez(tmp_path / "seen.npz", x_test=tiny.train.images, y_test=tiny.train.labels.astype(np.int64))
    words = ["evaluate", "--model", model, "--data"]
    assert json.loads(run(*words, tmp_path / "seen.npz", "--json")[1])["seen_in_training"] == 500
    assert json.loads(run(*words, tiny_file, "--json")[1])["seen_in_training"] == 0
    assert "seen in training  500  " in run(*words, tmp_path / "seen.npz")[1]
    assert "seen" not in run(*words, tiny_file)[1]


def test_the_shipped_model_knows_the_training_set_of_mnist(mnist: Dataset) -> None:
    card = Network.load(backend="numpy").card
    assert count_seen_images(card, mnist.train.images, mnist.train.labels) == 60_000
    assert count_seen_images(card, mnist.test.images, mnist.test.labels) == 0


def test_drawings_that_the_network_was_trained_on_are_told(run: Any, model: Path, tmp_path: Path) -> None:
    seven, line = [[[0, 0], [2, 0], [1, 3]]], [[[0, 0], [0, 3]]]
    drawings = [
        {"label": label, "writer": writer, "strokes": strokes}
        for writer in (1, 2, None)
        for label, strokes in ((7, seven), (1, line), (None, line))
    ]
    file = tmp_path / "drawings.json"
    file.write_text(json.dumps(drawings))
    network = Network.load(model)  # as if it were trained without writer 2
    trained_on = [each for each in read_drawings(file) if each.writer != 2]
    network.card.training |= {"drawings_sha256": drawings_sha256(trained_on), "writers": [1]}
    network.save(model)
    words = ["evaluate", "--model", model, "--strokes", file]
    assert "seen in training  4  " in run(*words)[1]
    assert "seen" not in run(*words, "--writers", "2")[1]
    assert json.loads(run(*words, "--writers", "1,2", "--json")[1])["seen_in_training"] == 2
    drawings[0]["strokes"] = line
    file.write_text(json.dumps(drawings))
    assert "seen" not in run(*words)[1]


def test_a_picture_is_written_whole_or_not_at_all(
    run: Any, tiny_file: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "old.png").write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, _, err = run("evaluate", "--data", tiny_file, "--model", model, "--confusion", tmp_path / "old.png")
    assert code == 2
    assert "No space left" in err
    assert (tmp_path / "old.png").read_bytes() == b"old"
    assert not list(tmp_path.glob(".*"))
