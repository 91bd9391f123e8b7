"""``inkdigits data``, as a user calls it."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from engine.data import datasets
from engine.data.datasets import Dataset


@pytest.fixture
def here(tiny: Dataset, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has MNIST, and nothing in its cache."""
    monkeypatch.setattr(datasets, "MNIST_SHA256", tiny.sha256)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    return tiny_file.rename(tmp_path / "mnist.npz")


def test_everything_is_listed_with_its_licence(run: Any, here: Path) -> None:
    code, out, err = run("data")
    assert (code, err) == (0, "")
    assert f"  here     {here}  (" in out
    assert "  fetch    inkdigits data pen-strokes  (1.7 MB)" in out
    assert out.count("  licence  CC BY") == out.count("  cite     ") == out.count("  from     https://") == 3
    said = [json.loads(line) for line in run("data", "--json")[1].splitlines()]
    assert [each["name"] for each in said] == ["mnist", "pen-strokes", "digits8x8"]
    assert said[0]["path"] == str(here)
    assert said[0]["bytes"] == here.stat().st_size
    assert said[1]["path"] is said[1]["bytes"] is None


def test_the_path_is_all_of_standard_output(run: Any, here: Path) -> None:
    if find_spec("sklearn") is None:  # importing it would take seconds
        pytest.skip("scikit-learn is not installed")
    code, out, err = run("data", "mnist", "digits8x8")
    assert code == 0
    mnist, digits = out.splitlines()
    assert mnist == str(here)
    assert digits.endswith("digits.csv.gz")
    assert err.startswith("mnist: CC BY-SA 3.0; Y. LeCun")


def test_unknown_names_are_refused(run: Any) -> None:
    code, out, err = run("data", "cifar")
    assert (code, out) == (2, "")
    assert "there is no data set 'cifar'; choose from mnist, pen-strokes, digits8x8" in err


def test_a_download_shows_how_far_it_is(
    run: Any, here: Path, web: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar itself is pooch's business; it must accept ours."""
    pooch = pytest.importorskip("pooch")
    folder, address = web
    monkeypatch.delenv("INKDIGITS_DATA")
    monkeypatch.setenv("KERAS_HOME", str(folder))
    monkeypatch.setattr(datasets, "URL", f"{address}/mnist.npz")
    monkeypatch.setattr(datasets, "URL_SHA256", pooch.file_hash(str(here)))
    (folder / "mnist.npz").write_bytes(here.read_bytes())
    code, out, err = run("data", "mnist")
    assert (code, err.count("\n")) == (0, 1)
    assert Path(out.strip()).read_bytes() == here.read_bytes()
