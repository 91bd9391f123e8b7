"""What the tests of commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.cli import main
from engine.data.datasets import Dataset


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command line in this process; returns (exit code, standard output, standard error)."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse ends the program itself
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def model(tiny: Dataset, tmp_path: Path) -> Path:
    from engine import train_model

    path = tmp_path / "tiny-model.json"
    train_model(path, "numpy", tiny, epochs=5, hidden=[16])
    return path


@pytest.fixture
def recipe_words(tiny_file: Path, tmp_path: Path) -> list[Any]:
    """Options that name a small but complete recipe: images, drawings by three writers, non-digits."""
    recipe = """
[training]
optimizer = "adamw"
batch_size = 64
hidden = [16]
[[stages]]
blocks = 2
block_size = 500
epochs = 6
mixture = { images = 6, drawings = 3, non_digits = 1 }
images = { rotation = 0.1, elastic = 1.0, width = 0.3, blur = 0.3 }
strokes = { rotation = 0.1, elastic = 0.02, hook = 0.5, thin = 0.2, pen_high = 3.0 }
"""
    (tmp_path / "recipe.toml").write_text(recipe)
    corner, line = [[[0, 0], [2, 0], [1, 3]]], [[[0, 0], [0, 3]]]
    drawings = [
        {"label": label, "writer": writer, "strokes": strokes}
        for writer in (1, 2, 3)
        for label, strokes in ((7, corner), (1, line), (9, [*corner, *line]))
    ]
    (tmp_path / "drawings.json").write_text(json.dumps(drawings))
    files = [
        "--data",
        tiny_file,
        "--recipe",
        tmp_path / "recipe.toml",
        "--strokes",
        tmp_path / "drawings.json",
    ]
    return [*files, "--json"]
