"""docs/write-a-backend.md, followed to the letter; its example meets every check on every library at hand."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.conformance import CHECKS, failures
from backends.kernels import Kernels
from engine.model.network import Network

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "inkdigits-array-api"
PAGE = (ROOT / "docs" / "write-a-backend.md").read_text("utf-8")
FORMULAS = Kernels.__abstractmethods__


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("array_api_compat")
    monkeypatch.syspath_prepend(EXAMPLE)
    return importlib.import_module("inkdigits_array_api")


def backend(example: Any, name: str) -> Any:
    pytest.importorskip(name.lower())
    return getattr(example, f"{name.capitalize()}Arrays")()


def test_the_formulas_on_numpy(example: Any) -> None:
    quick = [
        check for check in CHECKS if check.__name__.removeprefix("check_") in {*FORMULAS, "predict_proba"}
    ]
    assert len(quick) == 14
    assert list(failures(backend(example, "numpy"), quick)) == []


@pytest.mark.slow
@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_every_check(example: Any, library: str) -> None:
    assert list(failures(backend(example, library))) == []


def test_page_shows_the_example() -> None:
    for name in ("pyproject.toml", "inkdigits_array_api.py"):
        assert (EXAMPLE / name).read_text("utf-8").strip() in PAGE, f"{name} and the page differ"


def test_page_has_every_formula_and_the_number_of_checks() -> None:
    assert len(FORMULAS) == 13
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(FORMULAS)
    assert f"{len(CHECKS)} of {len(CHECKS)} checks passed" in PAGE


def install(project: Path, into: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", into, project], check=True)


def inkdigits(*arguments: object, installed: Path) -> str:
    command = [sys.executable, "-m", "inkdigits", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{ROOT}"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def train(path: Path, data: Path, name: str, installed: Path) -> None:
    options = ("--out", path, "--data", data, "--epochs", 1, "--hidden", 8, "--backend", name)
    inkdigits("train", *options, installed=installed)


@pytest.mark.slow
def test_from_an_empty_folder_to_a_backend_that_trains(tmp_path: Path, tiny_file: Path) -> None:
    """The first two files of the page, copied out of it."""
    project, installed = tmp_path / "project", tmp_path / "installed"
    project.mkdir()
    for file in re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        (project / file[0]).write_text(file[1])
    assert sorted(path.name for path in project.iterdir()) == ["my_backend.py", "pyproject.toml"]
    install(project, installed)
    assert re.search(r"^mine +1\.0 +my-backend +- +yes$", inkdigits("backends", installed=installed), re.M)
    train(tmp_path / "mine.json", tiny_file, "mine", installed)
    assert (tmp_path / "mine.json").exists()


@pytest.mark.slow
def test_example_is_installed_and_chosen_by_name(tmp_path: Path, tiny_file: Path) -> None:
    pytest.importorskip("array_api_compat")
    project, installed = tmp_path / "project", tmp_path / "installed"
    project.mkdir()
    for name in ("pyproject.toml", "inkdigits_array_api.py"):  # pip writes beside them
        (project / name).write_bytes((EXAMPLE / name).read_bytes())
    install(project, installed)
    listed = inkdigits("backends", installed=installed)
    assert re.search(r"^array-numpy +1\.0 +inkdigits-array-api +array-api-compat +yes$", listed, re.M)
    models = []
    for name in ("array-numpy", "numpy"):
        path = tmp_path / f"{name}.json"
        train(path, tiny_file, name, installed)
        models.append(path)
    ours, theirs = (Network.load(path).parameters for path in models)
    for a, b in zip(ours.tensors(), theirs.tensors(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
