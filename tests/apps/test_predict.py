"""``inkdigits predict``: an answer for each file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.datasets import Dataset

ROOT = Path(__file__).parents[2]


def test_predict(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        pillow.fromarray(255 - tiny.test.images[index]).resize((90, 90)).save(paths[-1])
    code, out, _ = run("predict", *paths, "--model", model, "--json")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["file"] for answer in answers] == [str(path) for path in paths]
    assert [answer["digit"] for answer in answers] == tiny.test.labels[:3].tolist()
    assert all(np.isclose(sum(answer["probabilities"]), 1) for answer in answers)
    assert {answer["ink"] for answer in answers} == {"dark"}
    assert all(len(answer["box"]) == 4 for answer in answers)
    _, out, _ = run("predict", paths[0], "--model", model)
    assert out.startswith(f"{paths[0]}: {tiny.test.labels[0]}  >99% sure; second choice: ")
    assert "[dark ink, " in out


def test_blank_picture_is_no_digit(run: Any, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("L", (30, 30), 255).save(tmp_path / "blank.png")
    code, out, _ = run("predict", tmp_path / "blank.png", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["state"] == "empty"
    assert answer["digit"] is answer["probabilities"] is None


def test_show_draws_what_was_found(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    pillow.fromarray(255 - tiny.test.images[0]).save(tmp_path / "a.png")
    code, _, _ = run("predict", tmp_path / "a.png", "--model", model, "--show", tmp_path / "shown.png")
    assert code == 0
    assert (tmp_path / "shown.png").read_bytes().startswith(b"\x89PNG")


def test_reading_a_picture_starts_fast_because_little_is_imported(tiny: Dataset, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(tiny.test.images[0]).save(tmp_path / "a.png")
    code = (
        "import sys; from apps.cli import main; main(['predict', sys.argv[1]]); "
        "heavy = {'numba', 'matplotlib', 'pygame', 'tqdm', 'sklearn', 'pooch'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.png"], cwd=ROOT, check=True, capture_output=True
    )


def test_missing_pillow_names_the_extra(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    (tmp_path / "a.png").write_bytes(b"")
    code, _, err = run("predict", tmp_path / "a.png")
    assert code == 2
    assert err.endswith(
        "reading pictures needs packages that are not installed here: pip install 'inkdigits[predict]'\n"
    )


def test_control_characters_of_a_name_do_not_reach_the_terminal(run: Any, tmp_path: Path) -> None:
    name = tmp_path / "\x1b[31m\nred.json"
    name.write_text(json.dumps({"strokes": [[[1, 1], [7, 1], [4, 10]]]}))
    code, out, _ = run("predict", name)
    assert code == 0
    assert out.count("\n") == 1
    assert "\\x1b[31m\\nred.json" in out
    name.write_text("[]")
    code, _, err = run("predict", name)
    assert code == 2
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_names_are_drawn_as_they_are(run: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "$x_$.json").write_text(json.dumps({"strokes": [[[1, 1], [7, 1], [4, 10]]]}))
    code, _, err = run("predict", tmp_path / "$x_$.json", "--show", tmp_path / "shown.png")
    assert code == 0, err


def test_several_digits_of_a_drawing(run: Any, tmp_path: Path) -> None:
    seven, one = [[1, 1], [7, 1], [4, 10]], [[14, 1], [14, 10]]
    (tmp_path / "row.json").write_text(json.dumps({"strokes": [one, seven]}))
    code, out, _ = run("predict", tmp_path / "row.json")
    assert code == 0
    assert out.splitlines()[0] == f"{tmp_path}/row.json: 71  2 digits"
    assert [line.split(": ")[1][0] for line in out.splitlines()[1:]] == ["7", "1"]
    _, out, _ = run("predict", tmp_path / "row.json", "--json")
    answer = json.loads(out)
    assert [each["label"] for each in answer["digits"]] == ["7", "1"]
    assert all(np.isclose(sum(each["probabilities"]), 1) for each in answer["digits"])
    (tmp_path / "one.json").write_text(json.dumps({"strokes": [seven]}))
    _, out, _ = run("predict", tmp_path / "one.json", "--json")
    assert json.loads(out)["digit"] == 7


def test_explanation_is_drawn(run: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pillow = pytest.importorskip("PIL.Image")
    (tmp_path / "$7.json").write_text(json.dumps({"strokes": [[[1, 1], [7, 1], [4, 10]]]}))
    code, _, err = run("predict", tmp_path / "$7.json", "--explain", tmp_path / "why.png")
    assert code == 0, err
    picture = np.asarray(pillow.open(tmp_path / "why.png").convert("RGB")).astype(int)
    blue, orange = picture[:, :, 2] - picture[:, :, 0] > 60, picture[:, :, 0] - picture[:, :, 2] > 60
    evidence, bars = slice(0, picture.shape[1] // 4), slice(picture.shape[1] // 2, None)
    for part in (evidence, bars):
        assert blue[:, part].any()
        assert orange[:, part].any()
