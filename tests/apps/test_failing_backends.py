"""What the command line says of a backend that is wrong, or that raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from apps.cli import main
from backends import registry
from backends.conformance import CHECKS
from engine.data.datasets import Dataset

BROKEN = """
from backends.numpy_backend import NumpyBackend

class Broken(NumpyBackend):
    name = "broken"

    def dense_forward(self, x, w, b):
        raise RuntimeError("no device\\nleft")
"""
ONE_LINE = (
    "inkdigits: the backend broken failed while {}: RuntimeError: no device left; "
    "inkdigits backends --check broken\n"
)


@pytest.fixture(autouse=True)
def _broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_backend.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "BUILT_IN", {"broken": "broken_backend:Broken", **registry.BUILT_IN})


def test_predict_names_the_backend_in_one_line(
    tiny: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "digit.png"
    Image.fromarray(255 - tiny.train.images[0]).resize((200, 200)).save(path)
    assert main(["predict", str(path), "--backend", "broken"]) == 1
    assert capsys.readouterr() == ("", ONE_LINE.format("predicting"))


def test_evaluate_names_the_backend_in_one_line(tiny_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--data", str(tiny_file), "--as-is", "--backend", "broken"]
    assert main(words) == 1
    assert capsys.readouterr() == ("", ONE_LINE.format("evaluating"))


def test_check_says_what_follows_from_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backends", "--check", "broken"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 160 and line.isprintable() for line in lines)
    column = lines[0].index("dense_forward(x[1, 1]")
    assert lines[0][:column].split() == ["dense_forward", "float32"]
    assert lines[1] == " " * column + "raises RuntimeError: no device left"
    assert all(line[column:] == "follows from dense_forward" for line in lines[4:-1])
    passed, of = lines[-1].split()[1], lines[-1].split()[3]
    assert lines[-1] == f"broken: {passed} of {of} checks passed, in float32 and float64"
    assert int(of) == len(CHECKS)
    assert 0 < int(passed) < len(CHECKS)


@pytest.mark.slow
def test_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(number: str) -> Any:
        raise AssertionError(f"{number} is not JSON")

    assert main(["backends", "--check", "broken", "--json"]) == 1
    report = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert (report["name"], report["checks"]) == ("broken", len(CHECKS))
    first, *rest = report["failures"]
    assert first == {
        "check": "dense_forward",
        "dtype": "float32",
        "case": "dense_forward(x[1, 1], w[1, 1], b[1])",
        "problem": "raises RuntimeError: no device left",
        "largest": None,
        "where": None,
        "cause": None,
        "follows_from": [],
    }
    assert rest[-1]["follows_from"] == ["dense_forward"]


def test_check_passes_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backends", "--check", "numpy"]) == 0
    total = len(CHECKS)
    assert capsys.readouterr().out == f"numpy: {total} of {total} checks passed, in float32 and float64\n"
