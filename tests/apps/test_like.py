"""``inkdigits train --like``: the same network again, from its card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Network
from engine.data.datasets import Dataset
from engine.model.model_file import shipped_model_path

SMALL = ("--epochs", 2, "--hidden", 6, "--optimizer", "adamw", "--ema-decay", 0.9, "--seed", 3)


@pytest.fixture
def trained(run: Any, tiny_file: Path, tmp_path: Path) -> Path:
    out = tmp_path / "first.json"
    assert run("train", "--data", tiny_file, *SMALL, "--out", out)[0] == 0
    return out


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """The same model with another card."""
    content = json.loads(path.read_text())
    change(content["card"]["training"])
    path.write_text(json.dumps(content))
    return path


def test_same_weights(run: Any, trained: Path, tiny_file: Path, tmp_path: Path) -> None:
    words = ("train", "--like", trained, "--data", tiny_file, "--out", tmp_path / "again.json")
    code, out, err = run(*words)
    assert code == 0, err
    assert "made again      the same weights, bit for bit" in out
    assert "differs" not in err
    assert "not on the card" not in err
    first, again = (Network.load(path).card for path in (trained, tmp_path / "again.json"))
    assert first == again
    assert json.loads(run(*words, "--json")[1].splitlines()[-1])["same_weights"] is True


def test_same_weights_by_a_recipe_with_writers_held_out(
    run: Any, recipe_words: list[Any], tiny_file: Path, tmp_path: Path
) -> None:
    first = tmp_path / "first.json"
    assert run("train", *recipe_words, "--without-writers", "2", "--out", first)[0] == 0
    strokes = tmp_path / "drawings.json"
    words = ("train", "--like", first, "--data", tiny_file, "--out", tmp_path / "again.json")
    code, out, err = run(*words, "--strokes", strokes, "--json")
    assert code == 0, err
    last = json.loads(out.splitlines()[-1])
    assert (last["same_weights"], last["unseen_writers_digits"]) == (True, 3)
    assert Network.load(first).card == Network.load(tmp_path / "again.json").card
    code, _, err = run(*words)
    assert code == 2
    assert "was trained from drawings: name the file with --strokes" in err
    strokes.write_text('[{"label": 7, "writer": 1, "strokes": [[[0, 0], [2, 0]]]}]')
    code, _, err = run(*words, "--strokes", strokes)
    assert code == 2
    assert "--strokes holds other drawings" in err


def test_what_differs_here_is_said_before_training(
    run: Any, trained: Path, tiny_file: Path, tmp_path: Path
) -> None:
    def older(card: dict[str, Any]) -> None:
        card["versions"]["numpy"] = "1.26.0"
        card["machine"]["processor"] = "abacus"
        card["options"]["seed"] = 4
        del card["versions"]["inkdigits"], card["machine"]["blas"]

    edit(trained, older)
    code, out, err = run("train", "--like", trained, "--data", tiny_file, "--out", tmp_path / "again.json")
    assert code == 0
    said = err[: err.index("epoch 1/2")]
    assert "differs here: numpy was 1.26.0, is" in said
    assert "differs here: processor was abacus, is" in said
    assert f"not on the card of {trained}: inkdigits, blas; the weights may differ if these do" in said
    assert "made again      other weights" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", 3], "--epochs and --like exclude each other"),
        (["--recipe", "best"], "--recipe and --like exclude each other"),
        (
            ["--without-writers", "3", "--strokes", "{data}"],
            "--without-writers and --like exclude each other",
        ),
        (["--strokes", "{data}"], "was not trained from drawings: leave --strokes out"),
        (["--from", "{model}"], "was not trained from another network: leave --from out"),
    ],
)
def test_other_runs_are_refused(
    run: Any, trained: Path, tiny_file: Path, tmp_path: Path, words: list[Any], message: str
) -> None:
    given = [str(each).format(data=tiny_file, model=trained) for each in words]
    like = ("train", "--like", trained, "--data", tiny_file, "--out", tmp_path / "again.json")
    code, _, err = run(*like, *given)
    assert code == 2
    assert message in err.splitlines()[-1]


def test_other_data_are_refused(run: Any, trained: Path, tiny: Dataset, tmp_path: Path) -> None:
    np.savez(tmp_path / "less.npz", x_train=tiny.train.images[1:], y_train=tiny.train.labels[1:])
    words = ("--data", tmp_path / "less.npz", "--out", tmp_path / "again.json")
    code, _, err = run("train", "--like", trained, *words)
    assert code == 2
    assert "less.npz is not the data that" in err.splitlines()[-1]


def test_data_that_have_no_name_must_be_given(run: Any, trained: Path, tmp_path: Path) -> None:
    code, _, err = run("train", "--like", trained, "--out", tmp_path / "again.json")
    assert code == 2
    assert "was trained on tiny.npz: name that file with --data" in err


def test_network_to_start_from_must_be_the_same(
    run: Any, trained: Path, tiny_file: Path, tmp_path: Path
) -> None:
    tuned, again = tmp_path / "tuned.json", tmp_path / "again.json"
    words = ("--data", tiny_file, "--epochs", 1)
    assert run("train", *words, "--from", trained, "--out", tuned)[0] == 0
    like = ("train", "--like", tuned, "--data", tiny_file, "--out", again)
    assert "the same weights" in run(*like, "--from", trained)[1]
    code, _, err = run(*like, "--from", tuned)
    assert code == 2
    assert "was trained from another network than --from names" in err


@pytest.mark.parametrize("missing", ["options", "dataset", "data_sha256", "backend"])
def test_card_that_does_not_say_enough(run: Any, trained: Path, tiny_file: Path, missing: str) -> None:
    edit(trained, lambda card: card.pop(missing))
    code, _, err = run("train", "--like", trained, "--data", tiny_file)
    assert code == 2
    assert "its card does not say how it was trained" in err
    assert missing in err


def test_shipped_model_names_what_it_needs(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    """The whole run takes hours; what its old card says is enough to begin it."""
    words = ("train", "--like", shipped_model_path(), "--out", tmp_path / "again.json")
    assert "was trained from drawings: name the file with --strokes" in run(*words)[2]
    (tmp_path / "other.json").write_text('[{"label": 7, "writer": 1, "strokes": [[[0, 0], [2, 0]]]}]')
    code, _, err = run(*words, "--strokes", tmp_path / "other.json", "--backend", "numpy")
    assert code == 2
    assert "differs here: backend was numba, is numpy" in err
    (lacking,) = [line for line in err.splitlines() if line.startswith("not on the card of")]
    assert all(what in lacking for what in ("inkdigits", "processor", "blas", "threads"))
    assert "--strokes holds other drawings" in err
