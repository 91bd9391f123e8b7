"""Labelled digits and a network's mistakes, without a window."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.mistakes import Mistakes
from backends import get_backend
from engine import Network
from engine.augmentation.drawn_digits import drawn_digits
from engine.augmentation.strokes import StrokeAugmentation
from engine.data import datasets
from engine.recognition.evaluation import evaluate, evaluate_drawings
from engine.recognition.recognize import recognize_image
from tests.apps.draw.acting import CLEAR, UNDO
from tests.apps.draw.state.test_several import Table, shipped

N = 1200


@cache
def hard_digits() -> Any:
    """Drawn digits, so much augmented that some are read wrong."""
    return drawn_digits(N, StrokeAugmentation(rotation=0.5, elastic=0.05, hook=1.0), get_backend("numpy"))


@pytest.fixture
def images() -> Any:
    return hard_digits()


@pytest.fixture
def data(images: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with digits that are hard to read, where MNIST is looked for."""
    labels = np.arange(N) % 10
    np.savez(tmp_path / "mnist.npz", x_train=images[:10], y_train=labels[:10], x_test=images, y_test=labels)
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any data, and without a way to fetch them."""
    monkeypatch.delenv("INKDIGITS_DATA", raising=False)
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "none")
    monkeypatch.setattr(datasets, "_keras_cache_folder", lambda: tmp_path / "none")
    monkeypatch.setattr("engine.sources.cache_folder", lambda: tmp_path / "none")

    def download(*_: object) -> None:
        pytest.fail("nothing is downloaded without being asked for")

    monkeypatch.setattr(datasets, "download", download)


@pytest.fixture
def network() -> LiveNetwork:
    return LiveNetwork(shipped())


def finish(mistakes: Mistakes) -> int:
    """Do all slow work; returns the number of frames that it took."""
    work, frames = mistakes.work(), 0
    for _ in work or ():
        frames += 1
    return frames


def test_nothing_is_done_before_it_is_asked_for(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    assert mistakes.evaluation is None
    assert not mistakes.busy
    assert Mistakes(None).work() is None


def test_the_matrix_is_that_of_inkdigits_evaluate(data: Path, network: LiveNetwork, run: Any) -> None:
    mistakes = Mistakes(network)
    assert finish(mistakes) == 3, "500 in each frame"
    told = json.loads(run("evaluate", "--backend", "numpy", "--json")[1])
    assert mistakes.evaluation is not None
    assert mistakes.evaluation.confusion.tolist() == told["confusion"]
    assert mistakes.evaluation.accuracy == told["accuracy"] < 1
    assert mistakes.work() is None, "once is enough"


def test_probabilities_are_those_of_the_answer(data: Path, network: LiveNetwork, images: Any) -> None:
    mistakes = Mistakes(network)
    finish(mistakes)
    assert mistakes.evaluation is not None
    for index in (0, 7, 599):
        answer = recognize_image(network.network, images[index])
        probabilities: Any = answer.probabilities
        np.testing.assert_allclose(mistakes.evaluation.probabilities[index], probabilities, atol=1e-5)


def test_a_cell_has_its_digits_the_surest_mistakes_first(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    finish(mistakes)
    evaluation = mistakes.evaluation
    assert evaluation is not None
    mistakes.step(1, 0)
    cell = mistakes.cell
    assert cell is not None
    assert cell[0] != cell[1], "first, the most frequent mistake"
    off_diagonal = evaluation.confusion - np.diag(np.diag(evaluation.confusion))
    assert mistakes.count(cell) == off_diagonal.max() == len(mistakes.members) > 1
    sure = [evaluation.probabilities[i, cell[1]] for i in mistakes.members]
    assert sure == sorted(sure, reverse=True)
    assert all((evaluation.labels[i], evaluation.answers[i]) == cell for i in mistakes.members)
    mistakes.open((3, 3))
    sure = [evaluation.probabilities[i, 3] for i in mistakes.members]
    assert sure == sorted(sure)


def test_arrows_stay_within_the_matrix(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    mistakes.step(1, 0)
    assert mistakes.cell is None, "there is no matrix yet"
    finish(mistakes)
    mistakes.cell = 0, 8
    for _ in range(3):
        mistakes.step(1, 0)
    assert mistakes.cell == (0, 9)
    mistakes.step(0, -1)
    assert mistakes.cell == (0, 9)
    mistakes.step(0, 1)
    mistakes.step(-1, 0)
    assert mistakes.cell == (1, 8)


def test_an_empty_cell_cannot_be_opened(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    finish(mistakes)
    assert mistakes.evaluation is not None
    empty = tuple(int(i) for i in np.argwhere(mistakes.evaluation.confusion == 0)[0])
    mistakes.open((empty[0], empty[1]))
    assert not mistakes.opened


def test_a_network_that_was_replaced_is_evaluated_again(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    finish(mistakes)
    first = mistakes.evaluation
    parameters = network.network.parameters.copy()
    parameters.biases[-1][0] += 100
    network.network = Network(parameters, network.network.backend, network.network.card)
    work = mistakes.work()
    assert work is not None
    assert mistakes.work() is None, "it is under way"
    next(work)
    assert mistakes.evaluation is first, "the old one is shown until the new one is there"
    for _ in work:
        pass
    assert mistakes.evaluation is not None
    assert mistakes.evaluation.confusion[:, 0].sum() == N


def test_a_network_that_is_replaced_meanwhile_counts(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    work = mistakes.work()
    assert work is not None
    next(work)
    network.network = Network(network.network.parameters, network.network.backend, network.network.card)
    for _ in work:
        pass
    assert mistakes.evaluation is None
    finish(mistakes)
    assert mistakes.evaluation is not None


@pytest.mark.usefixtures("nothing")
def test_without_data_it_says_so_and_looks_again_when_asked(
    network: LiveNetwork, images: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistakes = Mistakes(network)
    finish(mistakes)
    assert mistakes.trouble == "missing"
    assert mistakes.work() is None, "it does not look in every frame"
    mistakes.look_at("pen-strokes")
    finish(mistakes)
    assert mistakes.trouble == "missing"
    labels = np.arange(N) % 10
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path))
    mistakes.look_at("mnist")
    finish(mistakes)
    assert mistakes.trouble == ""
    assert mistakes.evaluation is not None


def test_a_file_of_something_else_is_named(data: Path, network: LiveNetwork, images: Any) -> None:
    labels = np.array(["cat", "dog"] * 15)
    np.savez(data / "mnist.npz", x_train=images[:30], y_train=labels, x_test=images[:30], y_test=labels)
    mistakes = Mistakes(network)
    finish(mistakes)
    assert "does not hold the ten digits" in mistakes.trouble
    (data / "mnist.npz").write_bytes(b"no archive")
    mistakes.look_at("mnist")
    finish(mistakes)
    assert "mnist.npz" in mistakes.trouble
    assert len(mistakes.trouble) - len(str(data)) <= 160


def test_a_failing_backend_is_named(
    data: Path, network: LiveNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(network.network.backend, "predict_proba", fail)
    mistakes = Mistakes(network)
    finish(mistakes)
    assert "out of order" in mistakes.trouble
    assert mistakes.work() is None


def test_another_data_set_stops_the_work_on_the_first(data: Path, network: LiveNetwork) -> None:
    mistakes = Mistakes(network)
    work = mistakes.work()
    assert work is not None
    next(work)
    mistakes.look_at("pen-strokes")
    for _ in work:
        pass
    assert mistakes.evaluation is None
    assert mistakes.source == "pen-strokes"
    assert mistakes.work() is not None


# ---- On the canvas -----------------------------------------------------------------------------


@pytest.fixture
def table(data: Path) -> Table:
    table = Table()
    finish(table.session.mistakes)
    return table


def test_a_digit_without_strokes_is_predicted_as_a_picture(table: Table, images: Any) -> None:
    table.draw([[(0, 0), (6, 9)]], 0.3)
    table.rest()
    table.session.mistakes.put(table.session, 7)
    table.rest()
    recognition: Any = table.session.prediction.recognition
    expected = recognize_image(table.network.network, images[7])
    np.testing.assert_array_equal(recognition.probabilities, expected.probabilities)
    np.testing.assert_array_equal(recognition.image, images[7])
    found = table.session.insight.activations(table.session.prediction)
    assert found is not None
    np.testing.assert_allclose(found.inputs[0], images[7].ravel() / 255, atol=1e-6)
    assert table.session.picture is not None
    assert "label 7" in table.session.picture.says
    assert f"– {recognition.digit}" in table.session.title
    table.session.do(UNDO)
    table.rest()
    assert table.session.picture is None, "what was drawn before is back"
    assert len(table.session.document.strokes) == 1


@pytest.mark.parametrize("draws", [True, False])
def test_drawing_or_clearing_takes_the_picture_away(table: Table, draws: bool) -> None:
    table.session.mistakes.put(table.session, 3)
    table.rest()
    pictured = table.session.prediction.recognition
    if draws:
        table.draw([[(0, 0), (0, 9)]], 0.5)
    else:
        table.session.do(CLEAR)
    table.rest()
    assert table.session.picture is None
    assert table.session.prediction.recognition is not pictured


def test_another_network_predicts_the_picture_again(table: Table) -> None:
    table.session.mistakes.put(table.session, 3)
    table.rest()
    network = table.network.network
    parameters = network.parameters.copy()
    parameters.biases[-1][0] += 100
    table.network.network = Network(parameters, network.backend, network.card)
    table.rest()
    assert table.session.prediction.recognition.digit == 0


@pytest.fixture
def strokes_only(data: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two drawings in place of the pen strokes."""
    seven, line = [[[0, 0], [40, 0], [20, 60]]], [[[0, 0], [0, 60]]]
    drawings = [
        {"label": 7, "writer": 1, "strokes": seven},
        {"label": 4, "writer": 1, "strokes": line},
        {"label": None, "strokes": line},
    ]
    (data / "pen_strokes_dev.json").write_text(json.dumps(drawings))
    from engine.data.drawings import drawings_sha256, read_drawings

    read = read_drawings(data / "pen_strokes_dev.json")
    monkeypatch.setattr("engine.sources.PEN_STROKES_SHA256", drawings_sha256(read))
    return read


def test_a_digit_with_strokes_goes_on_the_canvas(table: Table, strokes_only: Any) -> None:
    mistakes = table.session.mistakes
    mistakes.look_at("pen-strokes")
    finish(mistakes)
    assert mistakes.evaluation is not None
    expected = evaluate_drawings(table.network.network, strokes_only).labelled
    np.testing.assert_array_equal(mistakes.evaluation.confusion, expected.confusion)
    assert mistakes.count((4, 1)) == 1
    mistakes.open((4, 1))
    mistakes.put(table.session, mistakes.members[0])
    table.rest()
    (stroke,) = table.session.document.strokes
    assert all(0 < each < 1 for point in stroke.points for each in point)
    assert table.session.prediction.recognition.digit == 1
    shown = mistakes.evaluation.probabilities[mistakes.members[0]]
    recognition: Any = table.session.prediction.recognition
    np.testing.assert_allclose(recognition.probabilities, shown, atol=0.02)


@pytest.mark.slow
def test_mnist_s_test_set_is_evaluated_as_in_one_go(network: LiveNetwork) -> None:
    folder = os.environ.get("INKDIGITS_DATA")
    if not folder:
        pytest.skip("INKDIGITS_DATA names no folder with mnist.npz")
    mistakes = Mistakes(network)
    finish(mistakes)
    mnist = datasets.find_mnist()
    assert mnist is not None
    assert mnist[1].test is not None
    expected = evaluate(network.network, mnist[1].test)
    assert mistakes.evaluation is not None
    np.testing.assert_array_equal(mistakes.evaluation.confusion, expected.confusion)
    assert mistakes.digits is not None
    assert mistakes.digits.seen == 0
