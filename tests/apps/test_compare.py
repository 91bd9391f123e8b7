"""``inkdigits compare``, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Network
from engine.data.datasets import Dataset

SHIPPED = Path(__file__).parents[2] / "model.json"
SEVEN, LINE = [[[0, 0], [2, 0], [1, 3]]], [[[0, 0], [0, 3]]]


@pytest.fixture
def worse(model: Path, tmp_path: Path) -> Path:
    """The model, but it takes every seven for an eight."""
    network = Network.load(model, "numpy")
    w, b = network.parameters.weights[-1], network.parameters.biases[-1]
    w[:, [7, 8]], b[[7, 8]] = w[:, [8, 7]], b[[8, 7]]
    network.card.training["seed"] = 99
    network.card.training["note"] = {"of": "mine"}
    network.save(tmp_path / "worse.json")
    return tmp_path / "worse.json"


def test_what_tells_two_models_apart(
    run: Any, model: Path, worse: Path, tiny: Dataset, tmp_path: Path
) -> None:
    images, labels = tiny.test.images[:20], tiny.test.labels[:20]
    np.savez(tmp_path / "twenty.npz", x_test=images, y_test=labels)
    sevens = np.flatnonzero(labels == 7).tolist()
    words = ("compare", model, worse, "--data", tmp_path / "twenty.npz", "--as-is")
    code, out, _ = run(*words, "--json")
    assert code == 0
    said = json.loads(out)
    assert said["layer_sizes"] == [[784, 16, 10]] * 2
    assert said["dtypes"] == ["float32"] * 2
    assert said["card"] == {"training.seed": [None, 99], "training.note": [None, {"of": "mine"}]}
    assert not said["same_weights"]
    assert said["layers"][0] == {"largest": 0, "relative": 0}
    assert said["layers"][1]["largest"] > 0
    answers = said["answers"]
    assert answers["n"] == 20
    assert set(answers["only_first"]) <= set(sevens)
    assert len(answers["only_first"]) > 4
    assert answers["only_second"] == []
    assert answers["both_right"] + len(answers["only_first"]) + answers["neither"] == 20
    assert answers["mcnemar_p"] == 2 / 2 ** len(answers["only_first"])
    code, out, _ = run(*words)
    assert code == 0
    only = len(answers["only_first"])
    assert f"only the first   {only}  (7: {only})" in out
    assert 'training.note  -      {"of": "mine"}' in out
    assert "McNemar's exact test: p = 0.0" in out


@pytest.mark.slow
def test_the_digits_that_differ_are_drawn(
    run: Any, model: Path, worse: Path, tiny_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    words = ("compare", model, worse, "--data", tiny_file, "--as-is")
    assert run(*words, "--plot", tmp_path / "differences.png")[0] == 0
    assert (tmp_path / "differences.png").stat().st_size > 20_000  # 24 digits


def test_same_models_are_the_same(run: Any, model: Path, tmp_path: Path) -> None:
    drawings = [
        {"label": 7, "strokes": SEVEN},
        {"label": None, "strokes": LINE},
        {"label": 1, "strokes": LINE},
    ]
    (tmp_path / "drawings.json").write_text(json.dumps(drawings))
    code, out, _ = run("compare", model, model, "--strokes", tmp_path / "drawings.json")
    assert code == 0
    assert "card    the same" in out
    assert "weights the same, bit for bit" in out
    assert "answers to 2 digits" in out
    assert "p = 1, no sign of a difference" in out
    assert "those by one writer" in out
    assert "answers" not in run("compare", model, model)[1]


def test_training_data_is_named(run: Any, tmp_path: Path, model: Path, tiny: Dataset) -> None:
    path = tmp_path / "train.npz"
    np.savez(path, x_test=tiny.train.images[:450], y_test=tiny.train.labels[:450])
    network = Network.load(model)
    from engine.recognition.overlap import images_sha256

    network.card.training["train_sha256"] = images_sha256(tiny.train.images[:450], tiny.train.labels[:450])
    network.save(tmp_path / "seen.json")
    code, out, _ = run("compare", model, tmp_path / "seen.json", "--data", path, "--as-is")
    assert code == 0
    assert "seen in training 0 and 450" in out


def test_other_layers_and_classes(run: Any, model: Path, tmp_path: Path, tiny_file: Path) -> None:
    network = Network.load(model)
    network.card.classes = tuple("abcdefghij")
    network.save(tmp_path / "letters.json")
    assert "classes" in run("compare", model, tmp_path / "letters.json")[1]
    code, _, err = run("compare", model, tmp_path / "letters.json", "--data", tiny_file)
    assert code == 2
    assert "know other classes" in err
    code, out, _ = run("compare", model, SHIPPED, "--json")
    assert code == 0
    assert json.loads(out)["layers"] is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--plot", "a.png"], "--plot needs digits to draw"),
        (["--as-is"], "--as-is belongs to --data"),
        (["--dataset", "mnist", "--data", __file__], "not allowed with"),
        (["--strokes", "empty.json"], "none of the drawings in empty.json has a label"),
    ],
)
def test_unusable_options_are_one_line(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.json").write_text('[{"strokes": []}]')
    code, out, err = run("compare", SHIPPED, SHIPPED, *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
