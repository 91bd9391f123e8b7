"""The card says where a network comes from, and what is different here."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import Network, __version__, train_model
from engine.data.datasets import Dataset
from engine.training import provenance
from engine.training.provenance import differences

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def training(tiny: Dataset) -> dict[str, Any]:
    return train_model(None, "numpy", tiny, hidden=[4], epochs=1).card.training


def test_card_names_versions_and_machine(training: dict[str, Any]) -> None:
    assert training["versions"]["inkdigits"] == __version__
    assert training["versions"]["numpy"] == np.__version__
    assert training["machine"]["threads"] == 1
    assert training["machine"]["processor"]
    assert training["machine"]["blas"]


def test_commit_of_a_checkout(training: dict[str, Any]) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    assert training["versions"]["commit"].removesuffix("-dirty") == head.strip()


def test_no_commit_outside_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's folder may lie in a repository of somebody else."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    assert provenance._commit.__wrapped__() is None


def test_nothing_differs_on_the_same_machine(training: dict[str, Any]) -> None:
    assert list(differences(training, threads=1)) == []


def test_what_differs_and_what_is_not_known(training: dict[str, Any]) -> None:
    versions = {**training["versions"], "numpy": "1.0"}
    machine = {**training["machine"], "processor": "abacus"}
    del machine["blas"]
    found = list(differences({"versions": versions, "machine": machine}, threads=2))
    assert [(what, there) for what, there, _ in found] == [
        ("numpy", "1.0"),
        ("processor", "abacus"),
        ("blas", ""),
        ("threads", "1"),
    ]


def test_what_the_shipped_card_lacks() -> None:
    card = Network.load(backend="numpy").card.training
    lacking = {what for what, there, _ in differences(card, threads=1) if not there}
    assert {"inkdigits", "processor", "blas", "threads"} <= lacking
    assert "numpy" not in lacking
