"""The row in which the network is told what the digit was: by mouse and keys, shown, undone, saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.draw.state import teaching
from apps.draw.state.files import Folders
from apps.draw.state.mistakes import Picture
from apps.draw.state.teach_actions import SAVE_TAUGHT, TEACH, UNLEARN
from apps.messages import percent
from backends import Backend, get_backend
from engine import Network, teach
from engine.augmentation.drawn_digits import drawn_examples
from engine.data.datasets import Dataset
from engine.model.model_file import shipped_model_path
from engine.recognition.evaluation import evaluate
from engine.recognition.recognize import recognize_strokes
from engine.training.recipe import read_recipe
from tests.apps.draw.acting import CLEAR, REDO, UNDO

pygame = pytest.importorskip("pygame")

from apps.draw.views.teach import TeachView  # noqa: E402 - needs Pygame
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame  # noqa: E402
from tests.apps.draw.views.glass import (  # noqa: E402
    SIZES,
    THREE,
    Failing,
    GlassScreen,
    answer_without_the_network,
    record_texts,
    small_network,
)
from tests.apps.draw.views.pictures import FIRST, LARGE, SMALL, TALL, compare  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display", "_tests")

PAGES = ("Answer", "Inside", "Why", "Mistakes", "Train")
SEVEN = [(0.2, 0.2), (0.7, 0.2), (0.45, 0.8)]


@pytest.fixture(scope="module")
def numpy() -> Backend:
    """One for all: digits to be replayed are drawn once for each."""
    return get_backend("numpy")


@pytest.fixture
def _tests(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small test set."""
    monkeypatch.setattr(teaching, "find_mnist", lambda: (Path("mnist.npz"), tiny))


@pytest.fixture
def screen(numpy: Backend, tmp_path: Path) -> Iterator[GlassScreen]:
    screen = GlassScreen("Answer", small_network(backend=numpy))
    screen.session.files = Folders(tmp_path / "documents", tmp_path / "kept", lambda strokes: b"")
    screen.three()
    yield screen
    screen.window.close()


def row(screen: GlassScreen) -> TeachView:
    return next(view for view in screen.session.frame if isinstance(view, TeachView))


def tell(screen: GlassScreen, digit: int) -> None:
    """Click on a digit, and wait until it is learned and tested."""
    screen.click(row(screen).buttons[TEACH[digit]])
    screen.frames(4)


def bits(network: Network) -> list[bytes]:
    return [each.tobytes() for each in network.parameters.tensors()]


def answering(screen: GlassScreen) -> Network:
    assert screen.live is not None
    return screen.live.network


def strokes_of(screen: GlassScreen) -> list[Any]:
    return [stroke.points for stroke in screen.session.document.strokes]


# ---- The row ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", PAGES)
def test_the_digits_stand_in_a_row_on_every_page(page: str, size: tuple[int, int]) -> None:
    screen = GlassScreen(page, small_network(), size)
    boxes, area = list(row(screen).buttons.items()), screen.session.layout.teach
    assert [action for action, _ in boxes] == list(TEACH)
    for (_, one), (_, other) in pairwise(boxes):
        assert one.right < other.x
    for _, box in boxes:
        assert area.x < box.x
        assert box.right <= area.right
        assert (box.y, box.height) == (area.y, area.height)
        assert box.width >= 24
        assert box.height >= 44
    screen.window.close()


def test_an_empty_canvas_cannot_be_taught(screen: GlassScreen) -> None:
    before = answering(screen)
    screen.session.do(CLEAR)
    screen.frames(2)
    assert not any(action.enabled(screen.session) for action in TEACH)
    tell(screen, 5)
    assert answering(screen) is before
    assert screen.session.teaching.learning is None


def test_neither_a_picture_nor_a_network_that_learns_is_taught(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert screen.session.teaching.possible
    screen.session.show_picture(Picture(np.full((28, 28), 200, np.uint8), "a one"))
    screen.frames(2)
    assert not screen.session.teaching.possible
    screen.three()
    assert screen.session.teaching.possible
    monkeypatch.setattr(type(screen.session.training), "active", True)
    assert not screen.session.teaching.possible


def test_without_a_network_there_is_no_row() -> None:
    screen = GlassScreen("Answer", None)
    screen.three()
    assert row(screen).buttons == {}
    assert not screen.session.teaching.possible
    screen.window.close()


# ---- What it learns -----------------------------------------------------------------------------


def test_what_is_learned_is_what_the_engine_teaches(screen: GlassScreen) -> None:
    before = answering(screen)
    untouched = bits(before)
    tell(screen, 5)
    expected = teach(before, [strokes_of(screen)], [5]).network
    assert bits(answering(screen)) == bits(expected)
    assert bits(before) == untouched
    assert answering(screen).card.training["taught"] == 1
    assert screen.session.prediction.recognition is not None
    np.testing.assert_array_equal(
        screen.probabilities_now, recognize_strokes(expected, strokes_of(screen)).probabilities
    )


def test_all_drawings_are_taught_together_from_the_network_before_the_first(screen: GlassScreen) -> None:
    before = answering(screen)
    drawings = [strokes_of(screen)]
    tell(screen, 5)
    screen.session.do(CLEAR)
    screen.draw(*SEVEN)
    screen.frames(2)
    drawings.append(strokes_of(screen))
    tell(screen, 1)
    expected = teach(before, drawings, [5, 1]).network
    assert bits(answering(screen)) == bits(expected)
    assert len(screen.session.teaching.corrections) == 2


def test_the_last_word_on_a_drawing_counts(screen: GlassScreen) -> None:
    before, three = answering(screen), strokes_of(screen)
    tell(screen, 5)
    screen.session.do(CLEAR)
    screen.draw(*SEVEN)
    screen.frames(2)
    seven = strokes_of(screen)
    tell(screen, 7)
    screen.session.document.undo()  # of the seven, which leaves nothing on the canvas, and of clearing
    screen.session.document.undo()
    screen.frames(2)
    assert strokes_of(screen) == three
    tell(screen, 3)
    assert bits(answering(screen)) == bits(teach(before, [three, seven], [3, 7]).network)


def test_only_the_digit_that_is_shown_is_taught(numpy: Backend) -> None:
    screen = GlassScreen("Answer", Network.load(backend=numpy))
    for left in (0.1, 0.6):
        screen.draw(*[(left + 0.3 * x, y) for x, y in SEVEN])
    screen.frames(60)
    digits = screen.session.several.digits
    assert len(digits) == 2
    screen.session.several.choose(0)
    screen.frames(2)
    before = answering(screen)
    tell(screen, 1)
    shown = [[stroke.points for stroke in digits[0].strokes]]
    assert bits(answering(screen)) == bits(teach(before, shown, [1]).network)
    screen.frames(60)
    assert screen.session.several.chosen == 0, "it is still the one that is shown"
    assert screen.session.teaching.last is not None
    screen.window.close()


def test_before_and_after_are_written(screen: GlassScreen, tiny: Dataset, monkeypatch: Any) -> None:
    texts = record_texts(monkeypatch)
    before = answering(screen)
    screen.click(row(screen).buttons[TEACH[5]])
    assert "Learning that it was 5…" in [words for words, *_ in texts]
    screen.frames(4)
    assert tiny.test is not None
    of_digit, accuracy = [], []
    for network in (before, answering(screen)):
        probabilities = recognize_strokes(network, strokes_of(screen)).probabilities
        assert probabilities is not None
        of_digit.append(percent(float(probabilities[5])))
        accuracy.append(f"{evaluate(network, tiny.test).accuracy:.2%}")
    assert of_digit[0] != of_digit[1]
    written = [words for words, *_ in texts]
    assert f"5: was {of_digit[0]}, now {of_digit[1]}" in written
    assert f"MNIST: was {accuracy[0]}, now {accuracy[1]}" in written


def test_another_correction_is_painted_even_where_nothing_else_is_new(screen: GlassScreen) -> None:
    tell(screen, 4)
    session = screen.session
    assert session.teaching.last is not None
    box = row(screen).area
    before = screen.picture()[box.y : box.bottom, box.x : box.right].copy()
    session.teaching._corrections[-1] = replace(session.teaching.last, digit=5)
    after = screen.picture()[box.y : box.bottom, box.x : box.right]
    assert (before != after).any()


def test_without_mnist_drawn_digits_are_the_test(screen: GlassScreen, monkeypatch: Any) -> None:
    monkeypatch.setattr(teaching, "find_mnist", lambda: None)
    before = answering(screen)
    tell(screen, 5)
    digits = drawn_examples(1000, read_recipe("best").stages[-1].strokes, before.backend)
    last = screen.session.teaching.last
    assert screen.session.teaching.test_set == "drawn digits"
    assert last is not None
    assert last.scores == tuple(evaluate(each, digits).accuracy for each in (before, answering(screen)))


def test_what_is_known_of_the_model_no_longer_holds(screen: GlassScreen) -> None:
    facts = screen.session.facts
    assert facts.accuracy is not None
    tell(screen, 5)
    assert screen.session.facts.accuracy is None
    assert screen.session.facts.model == f"{facts.model}, taught 1"
    screen.keys("Ctrl+Z")
    assert screen.session.facts == facts


# ---- Undoing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["key", "button", "tool"])
def test_it_is_unlearned_and_learned_again(screen: GlassScreen, how: str) -> None:
    before = bits(answering(screen))
    tell(screen, 5)
    after = bits(answering(screen))
    assert after != before
    if how == "key":
        screen.keys("Ctrl+Z")
    elif how == "button":
        screen.click(row(screen).buttons[UNLEARN])
    else:
        screen.click(screen.button(UNDO))
    assert bits(answering(screen)) == before
    assert strokes_of(screen), "the drawing stays"
    assert list(row(screen).buttons) == list(TEACH)
    screen.click(screen.button(REDO)) if how == "tool" else screen.keys("Ctrl+Y")
    assert bits(answering(screen)) == after
    assert UNLEARN in row(screen).buttons


def test_what_was_done_last_is_undone_first(screen: GlassScreen) -> None:
    before = bits(answering(screen))
    tell(screen, 5)
    after = bits(answering(screen))
    screen.draw(*SEVEN)
    screen.frames(2)
    assert list(row(screen).buttons) == list(TEACH), "another drawing: it can be taught"
    screen.keys("Ctrl+Z")
    assert bits(answering(screen)) == after
    assert len(strokes_of(screen)) == 1
    screen.keys("Ctrl+Z")
    assert bits(answering(screen)) == before
    screen.keys("Ctrl+Z")
    assert not strokes_of(screen)


def test_another_backend_goes_on_with_what_was_learned(screen: GlassScreen) -> None:
    before = bits(answering(screen))
    tell(screen, 5)
    assert screen.live is not None
    screen.live.use_backend(get_backend("numpy"))
    screen.frames(2)
    assert screen.session.teaching.can_undo
    backend = answering(screen).backend
    screen.keys("Ctrl+Z")
    assert bits(answering(screen)) == before
    assert answering(screen).backend is backend


# ---- By keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "key"), [("Answer", "5"), ("Answer", "Ctrl+Shift+5"), ("Why", "Ctrl+Shift+5")]
)
def test_keys_teach(screen: GlassScreen, page: str, key: str) -> None:
    screen.session.show_page(PAGES.index(page))
    before = answering(screen)
    screen.keys(key)
    screen.frames(4)
    assert bits(answering(screen)) == bits(teach(before, [strokes_of(screen)], [5]).network)


def test_a_digit_alone_is_the_page_s_first(screen: GlassScreen) -> None:
    screen.session.show_page(PAGES.index("Why"))
    screen.frames(2)
    other = int(screen.probabilities_now.argmin())
    screen.keys(str(other))
    assert screen.session.insight.other == other
    assert screen.session.teaching.learning is None


def test_the_focus_goes_to_undoing(screen: GlassScreen) -> None:
    screen.session.keyboard.focus = TEACH[5]
    screen.keys("Enter")
    screen.frames(4)
    assert screen.session.keyboard.focus is UNLEARN
    screen.keys("Enter")
    assert not screen.session.teaching.corrections


# ---- When it goes wrong -------------------------------------------------------------------------


class Waiting:
    """A worker that does nothing until it is told to."""

    def __init__(self) -> None:
        self.work: list[tuple[Callable[[], Any], Future[Any]]] = []

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        self.work.append((work, Future()))
        return self.work[-1][1]

    def run(self) -> None:
        for work, future in self.work:
            future.set_result(work())
        self.work = []


def test_the_window_goes_on_while_it_learns(screen: GlassScreen) -> None:
    worker: Any = Waiting()
    screen.session.worker = worker
    before = answering(screen)
    tell(screen, 5)
    assert answering(screen) is before
    assert screen.session.teaching.learning == 5
    assert row(screen).buttons == {}
    screen.keys("6")
    assert screen.session.teaching.learning == 5
    worker.run()
    screen.frames(2)
    assert answering(screen) is not before
    assert screen.session.teaching.last is not None
    assert screen.session.teaching.last.scores is None, "it can be used before it is tested"
    worker.run()
    screen.frames(2)
    assert screen.session.teaching.last.scores is not None


def test_a_network_that_was_put_in_its_place_stays(screen: GlassScreen) -> None:
    worker: Any = Waiting()
    screen.session.worker = worker
    tell(screen, 5)
    assert screen.live is not None
    screen.live.network = other = small_network(seed=7)
    worker.run()
    screen.frames(3)
    assert answering(screen) is other
    assert screen.session.notice == "Not learned: another network was put in its place"
    assert screen.session.teaching.learning is None


class CannotTrain(Failing):
    name = "cannot train"

    def forward(self, *arguments: Any) -> Any:
        return super(Failing, self).forward(*arguments)

    def train_minibatches(self, *_: Any) -> Any:
        raise RuntimeError("no device left")


def test_a_backend_that_fails_leaves_all_as_it_was() -> None:
    screen = GlassScreen("Answer", small_network(backend=CannotTrain()))
    screen.three()
    before = answering(screen)
    tell(screen, 5)
    assert answering(screen) is before
    assert screen.session.notice.startswith("Not learned: ")
    assert "no device left" in screen.session.notice
    assert screen.session.teaching.possible
    screen.window.close()


# ---- Saving -------------------------------------------------------------------------------------


def test_it_is_saved_as_a_new_file(screen: GlassScreen, tmp_path: Path) -> None:
    shipped = shipped_model_path().read_bytes()
    tell(screen, 5)
    screen.click(row(screen).buttons[SAVE_TAUGHT])
    (saved,) = (tmp_path / "documents").glob("*.json")
    loaded = Network.load(saved)
    assert bits(loaded) == bits(answering(screen))
    assert loaded.card.training["taught"] == 1
    assert saved.name in screen.session.notice
    assert screen.session.facts.model == saved.name
    assert not SAVE_TAUGHT.enabled(screen.session)
    assert shipped_model_path().read_bytes() == shipped


def test_closing_saves_what_was_taught(screen: GlassScreen, tmp_path: Path) -> None:
    tell(screen, 5)
    screen.session.close()
    (saved,) = (tmp_path / "documents").glob("*.json")
    assert bits(Network.load(saved)) == bits(answering(screen))
    assert saved.name in screen.session.farewell


@pytest.mark.parametrize("how", ["saved", "undone", "nothing taught"])
def test_closing_saves_nothing_twice(screen: GlassScreen, how: str, tmp_path: Path) -> None:
    if how != "nothing taught":
        tell(screen, 5)
        screen.click(row(screen).buttons[SAVE_TAUGHT if how == "saved" else UNLEARN])
    screen.session.close()
    assert len(list((tmp_path / "documents").glob("*.json"))) == (how == "saved")
    assert not screen.session.farewell


# ---- What it looks like -------------------------------------------------------------------------


def test_a_frame_while_drawing_stays_within_the_budget(screen: GlassScreen) -> None:
    tell(screen, 5)
    answer_without_the_network(screen)
    screen.session.pointer.press(screen.at(0.5, 0.5))
    assert min(least_frame(screen.window) for _ in range(5)) < FRAME_BUDGET


def asked(screen: GlassScreen) -> None:
    screen.point(row(screen).buttons[TEACH[5]])


def learned(screen: GlassScreen) -> None:
    tell(screen, 5)
    screen.session.pointer.leave()


@pytest.mark.parametrize(
    ("scene", "size", "dark"),
    [(asked, FIRST, True), (learned, FIRST, True), (learned, SMALL, False), (learned, TALL, True),
     (asked, LARGE, False)],
)  # fmt: skip
def test_pictures_of_teach(
    scene: Callable[[GlassScreen], None], size: tuple[int, int], dark: bool, numpy: Backend
) -> None:
    screen = GlassScreen("Answer", small_network(backend=numpy), size, dark)
    screen.draw(*THREE)
    screen.frames(2)
    scene(screen)
    screen.picture()
    try:
        compare(screen.window, f"teach-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    finally:
        screen.window.close()
