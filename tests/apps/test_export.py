"""``inkdigits export`` and ``inkdigits import``, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps import options
from apps.export import FORMATS
from engine.model.network import Network


def test_there_and_back(run: Any, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("safetensors")
    files = {name: tmp_path / f"tiny.{name}" for name in FORMATS}
    words = [word for name, path in files.items() for word in (f"--{name}", path)]
    code, out, err = run("export", "--model", model, *words, "--json")
    assert (code, err) == (0, "")
    said = [json.loads(line) for line in out.splitlines()]
    assert [each["format"] for each in said] == list(FORMATS)
    assert [each["bytes"] for each in said] == [path.stat().st_size for path in files.values()]
    for name in ("onnx", "safetensors", "npz"):
        code, out, err = run("import", files[name], "--out", tmp_path / "back.json")
        assert (code, err) == (0, "")
        assert out == f"saved {tmp_path / 'back.json'}  (784-16-10, float32)\n"
        assert (tmp_path / "back.json").read_bytes() == model.read_bytes()


def test_a_network_from_elsewhere_comes_with_a_warning(run: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", weights_0=np.ones((784, 10)), biases_0=np.zeros(10))
    code, out, err = run("import", tmp_path / "mine.npz", "--out", tmp_path / "mine.json", "--json")
    assert code == 0
    assert json.loads(out) == {
        "out": str(tmp_path / "mine.json"),
        "layer_sizes": [784, 10],
        "dtype": "float64",
    }
    assert err.startswith(f"{tmp_path / 'mine.npz'} does not say how its images are made")
    assert Network.load(tmp_path / "mine.json").card.training == {"imported_from": "mine.npz"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export"], "name a format: --onnx FILE, --safetensors FILE, --npz FILE, --html FILE,"),
        (["export", "--npz", "TMP"], "it is a folder"),
        (["export", "--npz", "TMP/a", "--c-header", "TMP/../NAME/a"], "two formats have the same file"),
        (["export", "--npz", "TMP/none/a"], "there is no folder"),
        (["export", "--npz", "TMP/a", "--model", "none.json"], "there is no file none.json"),
        (["import"], "FILE"),
        (["import", "none.onnx"], "there is no file none.onnx"),
        (["import", __file__], "its name must end in .onnx, .safetensors, .npz"),
    ],
)
def test_unusable_input_is_one_line(run: Any, tmp_path: Path, words: list[str], message: str) -> None:
    filled = [word.replace("TMP", str(tmp_path)).replace("NAME", tmp_path.name) for word in words]
    code, out, err = run(*filled)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["export", "--npz", "A", "--onnx", "B"], ["import", "C"]])
def test_without_the_extra_it_says_what_to_install(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    (tmp_path / "C.onnx").write_bytes(b"")
    monkeypatch.setitem(options.EXTRAS, "export", ("no_such_module",))
    places = {"A": tmp_path / "a.npz", "B": tmp_path / "b.onnx", "C": tmp_path / "C.onnx"}
    code, _, err = run(*[places.get(word, word) for word in words])
    assert code == 2
    assert "pip install 'inkdigits[export]'" in err
    assert not (tmp_path / "a.npz").exists()  # refused before anything is written


def test_networks_too_large_for_c_are_refused(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.export.c_header.MOST_NUMBERS", 1000)
    code, _, err = run("export", "--c-header", tmp_path / "digits.h")
    assert code == 2
    assert "a header holds 1,000 at most" in err
    assert not (tmp_path / "digits.h").exists()
