"""What notebooks show: pictures where matplotlib is, a line of text elsewhere."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.arrays import Parameters
from engine import Network
from engine.data import shown
from engine.data.drawings import Drawing
from engine.model.card import Card
from engine.model.history import EpochRecord, History
from engine.recognition.evaluation import Evaluation

figures = pytest.importorskip("engine.figures")
image = pytest.importorskip("matplotlib.image")
Text = pytest.importorskip("matplotlib.text").Text

HISTORY = History(tuple(EpochRecord(n, 1 / n, 1 - 0.1 / n, 0.5) for n in range(1, 9)))
SEVEN = [np.array([(0.0, 0.0), (6, 0), (3, 9)]), np.array([(2.0, 5.0), (5, 5)])]


def evaluation(n: int = 60, classes: tuple[str, ...] = tuple("0123456789")) -> Evaluation:
    random = np.random.default_rng(0)
    labels = random.integers(0, len(classes), n)
    probabilities = np.eye(len(classes))[np.where(random.random(n) < 0.9, labels, 0)]
    return Evaluation(labels, probabilities.reshape(n, len(classes)), classes)


def network(*sizes: int, classes: tuple[str, ...] | None = None) -> Network:
    random = np.random.default_rng(0)
    pairs = list(itertools.pairwise(sizes))
    weights = tuple(random.normal(size=pair).astype(np.float32) for pair in pairs)
    biases = tuple(np.zeros(outputs, np.float32) for _, outputs in pairs)
    return Network(Parameters(weights, biases), "numpy", Card(accuracy={"test": 0.98765}, classes=classes))


def pixels(thing: Any) -> Any:
    png, size = thing._repr_png_()
    assert png.startswith(b"\x89PNG")
    found = image.imread(io.BytesIO(png))
    assert found.shape[1] == pytest.approx(2 * size["width"], abs=2)
    return found[:, :, :3]


def texts(thing: object) -> str:
    found = figures.figure_of(thing).findobj(match=Text)
    return " ".join(each.get_text() for each in found)


def share_of(found: Any, colour: str) -> float:
    """The share of pixels that have a colour."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return float((np.abs(found - wanted).max(axis=2) < 0.02).mean())


def test_pictures_show_what_there_is() -> None:
    assert share_of(pixels(HISTORY), figures.BLUE) > 0.002
    assert share_of(pixels(HISTORY), figures.ORANGE) > 0.002
    assert (
        share_of(pixels(Drawing(SEVEN, 7, "Ada")), figures.ORANGE) > 0.0005
    )  # two dots, where strokes begin
    assert "label 7, writer Ada" in texts(Drawing(SEVEN, 7, "Ada"))
    found = evaluation()
    assert f"Accuracy {found.accuracy:.2%}" in texts(found)
    assert share_of(pixels(found), figures.BLUE) > 0.0005
    told = texts(network(64, 8, 10))
    assert "64-8-10, 610 parameters, test accuracy 98.77%" in told
    assert "what its 8 neurons look for" in told
    tiles, n = figures._tiles(network(64, 8, 10).parameters.weights[0])
    assert n == 8
    assert np.nanmax(np.abs(tiles)) == 1


def test_strokes_and_networks_of_another_kind_look_different(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DPI", 40)
    assert not np.array_equal(pixels(Drawing(SEVEN[:1], 7)), pixels(Drawing(SEVEN, 7)))
    other_way = [np.array([(0.0, 0.0), (3, 9), (6, 0)])]  # as large, and from the same start
    left, right = pixels(Drawing(SEVEN[:1], 7)), pixels(Drawing(other_way, 7))
    assert not np.array_equal(left[:, : left.shape[1] // 2], right[:, : left.shape[1] // 2])
    assert not np.array_equal(pixels(network(64, 4, 10)), pixels(network(64, 5, 10)))


@pytest.mark.parametrize(
    "thing",
    [
        History(),
        History((EpochRecord(1, 2.0, None, 0.1),)),
        Drawing([]),
        Drawing([np.zeros((0, 2)), np.array([(1.0, 1.0)])]),
        evaluation(0),
        evaluation(5, ("$x", "a\nb", "<b>")),
        network(13, 3),
        network(25, 300, 3, classes=("$\\frac", "b", "c")),
        network(1, 1, 1),
    ],
    ids=str,
)
def test_what_is_empty_or_odd_is_shown_too(thing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "DPI", 20)
    assert thing._repr_png_()[0].startswith(b"\x89PNG")
    assert len(repr(thing).splitlines()) == 1 or isinstance(thing, Drawing)


def test_without_matplotlib_there_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "find_spec", lambda name: None)
    for thing in (HISTORY, Drawing(SEVEN), evaluation(), network(4, 2)):
        assert thing._repr_png_() is None
    assert repr(HISTORY) == "History(8 epochs, loss 0.1250, validation accuracy 98.75%)"
    assert repr(evaluation()).startswith("Evaluation(60 examples, accuracy 9")


def test_matplotlib_is_not_imported_before_it_is_asked_for() -> None:
    assert "figures" not in Path(shown.__file__).with_name("drawings.py").read_text("utf-8")
    with pytest.raises(TypeError, match="there is no picture of a int"):
        figures.figure_of(3)
