"""Limits of a model file and of its card, from both sides."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backends.arrays import Parameters
from engine.model import model_file
from engine.model.card import Card, DecisionRule
from engine.model.model_file import ModelFileError, load_model, save_model


def saved(folder: Path, **decision: Any) -> Path:
    """A model whose decision rule has other numbers."""
    path = folder / "model.json"
    save_model(path, Parameters.zeros((3, 10)), Card())
    content = msgspec.json.decode(path.read_bytes())
    content["card"]["decision"] |= decision
    path.write_bytes(msgspec.json.encode(content))
    return path


@pytest.mark.parametrize(
    "decision",
    [
        {"accept_threshold": -0.001},
        {"accept_threshold": 1.001},
        {"pair_threshold": -0.001},
        {"pair_threshold": 1.001},
        {"temperature": 0.0},
        {"temperature": -1.0},
    ],
    ids=str,
)
def test_thresholds_that_make_no_sense_are_refused(tmp_path: Path, decision: dict[str, float]) -> None:
    (name,) = decision
    with pytest.raises(ModelFileError, match=name):
        load_model(saved(tmp_path, **decision))


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_thresholds_may_be_0_and_1(tmp_path: Path, threshold: float) -> None:
    _, card = load_model(saved(tmp_path, accept_threshold=threshold, pair_threshold=threshold))
    assert (card.decision.accept_threshold, card.decision.pair_threshold) == (threshold, threshold)


def test_a_card_without_a_rule_has_the_usual_one() -> None:
    assert Card().decision == DecisionRule(temperature=1.0, accept_threshold=0.5, pair_threshold=0.0)


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path)
    size = path.stat().st_size
    monkeypatch.setattr(model_file, "LARGEST_FILE", size)
    load_model(path)
    monkeypatch.setattr(model_file, "LARGEST_FILE", size - 1)
    with pytest.raises(ModelFileError, match="larger than"):
        load_model(path)


def test_as_large_as_can_be_read_is_saved_and_no_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.json"
    save_model(path, Parameters.zeros((3, 10)), Card())
    size = path.stat().st_size
    monkeypatch.setattr(model_file, "LARGEST_FILE", size)
    save_model(path, Parameters.zeros((3, 10)), Card())
    monkeypatch.setattr(model_file, "LARGEST_FILE", size - 1)
    with pytest.raises(ModelFileError, match="more than a model file may have"):
        save_model(path, Parameters.zeros((3, 10)), Card())


@pytest.mark.parametrize(
    ("name", "message"),
    [("", "length >= 1"), ("x", ""), ("x" * 64, ""), ("x" * 65, "length <= 64")],
    ids=["none", "one", "64", "65"],
)
def test_names_of_classes_have_1_to_64_characters(tmp_path: Path, name: str, message: str) -> None:
    path, classes = tmp_path / "model.json", (name, *map(str, range(9)))
    with pytest.raises(ModelFileError, match=message) if message else contextlib.nullcontext():
        save_model(path, Parameters.zeros((3, 10)), Card(classes=classes))


@pytest.mark.parametrize("part", ["card", "decision"])
def test_unknown_field_of_the_card_is_refused(tmp_path: Path, part: str) -> None:
    path = tmp_path / "model.json"
    save_model(path, Parameters.zeros((3, 10)), Card())
    content = json.loads(path.read_text())
    (content["card"] if part == "card" else content["card"]["decision"])["code"] = "import os"
    path.write_text(json.dumps(content))
    with pytest.raises(ModelFileError, match="unknown field code"):
        load_model(path)


def test_preprocessing_is_the_first_version(tmp_path: Path) -> None:
    """Every model file names it: another number would refuse all of them."""
    save_model(tmp_path / "model.json", Parameters.zeros((3, 10)), Card())
    card = json.loads((tmp_path / "model.json").read_text())["card"]
    assert card["preprocessing"] == {"id": "mnist-box20-mass-pen2.25", "version": 1}
