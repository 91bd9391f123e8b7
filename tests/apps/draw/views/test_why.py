"""The page that says why, and the evidence on the canvas: against the reference backend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from backends.arrays import Array
from engine import NearestExamples, Network, explain
from engine.data.datasets import Dataset
from engine.recognition.recognize import recognize_image
from tests.apps.draw.acting import DARK_

pygame = pytest.importorskip("pygame")

from apps.draw.paint.theme import DARK, LIGHT, Theme  # noqa: E402 - needs Pygame
from apps.draw.paint.waterfall import signed  # noqa: E402
from apps.draw.state.insight_actions import BLANK  # noqa: E402
from apps.draw.state.reasons import BLANK_RADIUS  # noqa: E402
from tests.apps.draw.test_budget import FRAME_BUDGET, least_frame  # noqa: E402
from tests.apps.draw.views.glass import (  # noqa: E402
    SIZES,
    THREE,
    FailingBackwards,
    GlassScreen,
    answer_without_the_network,
    beside,
    record_texts,
    small_network,
)
from tests.apps.draw.views.pictures import FIRST, LARGE, SMALL, TALL, compare  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display", "_no_data")


@pytest.fixture
def _no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No training digits on this machine."""
    monkeypatch.delenv("INKDIGITS_DATA", raising=False)
    for name in ("INKDIGITS_CACHE", "XDG_CACHE_HOME", "KERAS_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "none"))


@pytest.fixture
def digits(_no_data: None, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny digits, where the window looks for MNIST."""
    (tmp_path / "data").mkdir()
    tiny_file.rename(tmp_path / "data" / "mnist.npz")
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "data"))


@pytest.fixture
def screen() -> Iterator[GlassScreen]:
    screen = GlassScreen("Why", Network.load())
    screen.three()
    screen.frames(3)
    yield screen
    screen.window.close()


def pixels_of(points: Array, image: Array, places: Array) -> Array:
    """Where places of a drawing with these points are in its image, told by the boxes around both."""
    rows, columns = (np.flatnonzero((image > 127).any(axis=axis)) for axis in (1, 0))
    low = np.array([columns[0], rows[0]]) + 1.1
    high = np.array([columns[-1], rows[-1]]) - 0.1
    low_points, high_points = points.min(axis=0), points.max(axis=0)
    scale = ((high - low) / (high_points - low_points)).mean()
    return (places - (low_points + high_points) / 2) * scale + (low + high) / 2


def blueness(colours: Array, theme: Theme) -> Array:
    """How far colours are on the way from minus, -1, to plus, 1."""
    way = np.array(theme.plus) - theme.minus
    blue: Array = (colours - np.array(theme.minus)) @ way / (way @ way) * 2 - 1
    return blue


def blurred(evidence: Array) -> Array:
    """The mean over 3x3 pixels."""
    padded = np.pad(evidence, 1)
    parts = [padded[dy : dy + 28, dx : dx + 28] for dy in range(3) for dx in range(3)]
    mean: Array = np.mean(parts, axis=0)
    return mean


# ---- The evidence on the canvas ----------------------------------------------------------------


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("size", [(1000, 640), (900, 1300)])
def test_the_ink_has_the_colour_of_its_evidence(size: tuple[int, int], dark: bool) -> None:
    """Neither mirrored, nor transposed, nor with plus and minus swapped."""
    screen = GlassScreen("Why", Network.load(), size, dark)
    screen.three()
    theme, canvas = DARK if dark else LIGHT, screen.session.layout.canvas
    box = np.s_[canvas.y : canvas.bottom, canvas.x : canvas.right]
    shown = screen.picture()[box]
    screen.session.show_page(0)
    y, x = np.nonzero((screen.picture()[box] == theme.ink).all(axis=2))
    where = np.stack([x + 0.5, y + 0.5], axis=1) / canvas.width
    column, row = np.clip(pixels_of(np.array(THREE), screen.image, where), 0, 27).astype(int).T
    evidence = blurred(explain(screen.reference, screen.image).evidence)
    strong = np.abs(evidence[row, column]) > 0.02

    def agreement(expected: Array) -> float:
        pairs = blueness(shown[y, x], theme)[strong], expected[row, column][strong]
        return float(np.corrcoef(*pairs)[0, 1])

    assert agreement(evidence) > 0.8
    for wrong in (evidence.T, evidence[::-1], evidence[:, ::-1], -evidence):
        assert agreement(wrong) < 0.6
    screen.window.close()


def test_the_evidence_is_within_the_ink_and_gone_while_the_pen_is_down(screen: GlassScreen) -> None:
    canvas = screen.session.layout.canvas
    box = np.s_[canvas.y : canvas.bottom, canvas.x : canvas.right]
    with_evidence = screen.picture()[box]
    screen.session.show_page(0)
    plain = screen.picture()[box]
    ink = (plain == DARK.ink).all(axis=2)
    changed = (with_evidence != plain).any(axis=2)
    assert changed[ink].mean() > 0.99
    paper = (plain == DARK.paper).all(axis=2) | (plain == DARK.grid).all(axis=2)
    assert not changed[paper].any()
    screen.session.show_page(2)
    screen.draw((0.1, 0.1), (0.2, 0.1), lift=False)
    down = screen.picture(rest=False)[box]
    assert (down == DARK.ink).all(axis=2)[ink].mean() > 0.9
    screen.session.document.cancel()
    screen.session.pointer.release()
    screen.session.pointer.leave()
    np.testing.assert_array_equal(screen.picture()[box], with_evidence)


# ---- The sum -----------------------------------------------------------------------------------


def test_the_sum_shows_the_numbers_of_the_reference(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = record_texts(monkeypatch)
    order = [int(each) for each in np.argsort(-screen.expected().logits)]
    for key in (None, order[4], order[9]):
        if key is not None:
            screen.keys(str(key))
        texts.clear()
        screen.session.do(DARK_)
        screen.window.paint()
        why = explain(screen.reference, screen.image, order[0], order[1] if key is None else key)
        a, b = why.digit, why.other
        expected = {
            f"pixels for {a}": why.evidence[why.evidence > 0].sum(),
            f"pixels for {b}": why.evidence[why.evidence < 0].sum(),
            "biases": sum(why.biases),
            f"logit {a} − logit {b}": why.difference,
        }
        for words, number in expected.items():
            assert beside(texts, words) == [words, signed(float(number))]
        assert f"It adds up: the parts make {signed(why.total)}" in {each[0] for each in texts}
        assert why.total == pytest.approx(why.difference, abs=1e-4)
        assert f"Why a {a} and not a {b}?" in {each[0] for each in texts}


def test_bars_of_the_sum_begin_where_the_one_before_ended(screen: GlassScreen) -> None:
    picture, area = screen.picture(), screen.page.sum
    ends = []
    for row in range(4):
        line = picture[area.y + int((row + 0.5) * area.height / 4), area.x + 138 : area.right - 50]
        coloured = [(line == colour).all(axis=1) for colour in (DARK.plus, DARK.minus, DARK.ink)]
        xs = np.flatnonzero(np.any(coloured, axis=0))
        ends.append((xs.min(), xs.max(), int(np.argmax([each.sum() for each in coloured]))))
    assert [colour for *_, colour in ends] == [0, 1, 0, 2]
    assert ends[1][1] == pytest.approx(ends[0][1], abs=2)
    assert ends[2][0] == pytest.approx(ends[1][0], abs=2)
    assert ends[3][1] == pytest.approx(ends[2][1], abs=2)


def test_the_scale_of_the_sum_never_shrinks_while_the_pen_is_down(screen: GlassScreen) -> None:
    first = screen.page._reach
    screen.session.pointer.press(screen.at(0.05, 0.05))
    for x in np.linspace(0.05, 0.95, 12):
        before = screen.page._reach
        screen.session.pointer.move(screen.at(x, 0.9 * x))
        screen.window.paint()
        assert screen.page._reach[0] <= before[0] <= 0 <= before[1] <= screen.page._reach[1]
    screen.session.pointer.release(screen.at(0.95, 0.85))
    screen.window.paint()
    assert screen.page._reach != first


# ---- Which pair --------------------------------------------------------------------------------


def test_digits_are_chosen_by_key_and_by_mouse(screen: GlassScreen) -> None:
    insight, page = screen.session.insight, screen.page
    answer = insight.answer
    assert answer == 3
    screen.keys("8")
    assert screen.session.reasons.explanation.other == 8
    screen.click(page.digits[page.keys[5]])
    assert screen.session.reasons.explanation.other == 5
    screen.keys("3")
    screen.click(page.digits[page.keys[3]])
    assert screen.session.reasons.explanation.other == 5
    picture = screen.picture()
    for digit, colour in ((3, DARK.plus), (5, DARK.minus)):
        box = page.digits[page.keys[digit]]
        edge = picture[box.center[1], box.x - 4 : box.x + 3]
        assert (edge == colour).all(axis=1).any()


@pytest.mark.parametrize("size", SIZES)
def test_everything_has_its_place_in_the_area(size: tuple[int, int]) -> None:
    screen = GlassScreen("Why", small_network(), size)
    page, last = screen.page, screen.page.nearest
    step = last.width + page.px(6)
    nearest = [last._replace(x=last.x + place * step) for place in range(5)]
    boxes = [*page.digits.values(), page.sum, page.change, *nearest, *page.buttons.values()]
    for number, box in enumerate(boxes):
        assert min(box[2:]) >= 24
        assert page.area.x <= box.x
        assert box.right <= page.area.right
        assert page.area.y <= box.y
        assert box.bottom <= page.area.bottom
        for other in boxes[:number]:
            apart = box.x >= other.right or other.x >= box.right
            assert apart or box.y >= other.bottom or other.y >= box.bottom
    assert all(box.height >= 44 for box in [*page.digits.values(), *page.buttons.values()])
    screen.window.close()


# ---- Leaving ink out ---------------------------------------------------------------------------


def without(screen: GlassScreen, place: tuple[float, float]) -> Array:
    """The probabilities of the reference without the ink around a place of the canvas."""
    ((x, y),) = pixels_of(np.array(THREE), screen.image, np.array([place]))
    rows, columns = np.mgrid[:28, :28] + 0.5
    image = np.where(np.hypot(columns - x, rows - y) < BLANK_RADIUS, 0, screen.image).astype(np.uint8)
    probabilities = recognize_image(screen.reference, image).probabilities
    assert probabilities is not None
    return probabilities


@pytest.mark.parametrize("place", [THREE[4], THREE[6], (0.5, 0.16)])
def test_ink_under_the_pointer_is_left_out_and_the_bars_answer(
    place: tuple[float, float],
) -> None:
    screen = GlassScreen("Why", small_network(temperature=0.05, seed=0))
    screen.three()
    before = screen.probabilities_now
    screen.session.pointer.move(screen.at(*place))
    screen.window.paint()
    assert screen.session.reasons.without is None
    screen.keys("X")
    shown = screen.session.reasons.without
    assert shown is not None
    assert shown.probabilities is not None
    np.testing.assert_allclose(shown.probabilities, without(screen, place), atol=0.1)
    assert np.abs(shown.probabilities - before).max() > 0.15
    picture = screen.picture()
    for bar, probability in zip(screen.page.bars, shown.probabilities, strict=True):
        column = picture[bar.y : bar.bottom, bar.center[0]]
        filled = (column == DARK.accent).all(axis=1)
        height = bar.height - filled.argmax() if filled.any() else 0  # an outline lies over the rest
        assert height == pytest.approx(bar.height * probability, abs=2.5)
    x, y = (round(each) for each in screen.at(*place))
    assert (picture[y - 8, x - 8] == DARK.paper).all(), "the ink is gone there"
    np.testing.assert_array_equal(screen.probabilities_now, before)
    screen.keys("X")
    assert screen.session.reasons.without is None
    screen.window.close()


def test_ink_is_left_out_with_the_arrow_keys_too(screen: GlassScreen) -> None:
    screen.keys("X", "Right", "Up", "Up")
    first = screen.session.reasons.without
    assert first is not None
    screen.keys("Down", "Down", "Down")
    assert screen.session.reasons.without is not first
    screen.keys("Tab")
    reached = set()
    for _ in range(30):
        screen.keys("Tab")
        reached.add(screen.session.keyboard.focus)
    assert BLANK in reached


def test_drawing_goes_on_while_ink_is_left_out(screen: GlassScreen) -> None:
    screen.keys("X")
    count = len(screen.session.document.strokes)
    screen.draw((0.2, 0.9), (0.4, 0.9))
    screen.window.paint()
    assert len(screen.session.document.strokes) == count + 1


# ---- What is near ------------------------------------------------------------------------------


@pytest.mark.usefixtures("digits")
def test_the_nearest_training_digits_are_those_of_the_engine(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen("Why", Network.load())
    screen.draw((0.3, 0.2), (0.7, 0.2), (0.5, 0.8))
    picture = screen.picture()
    indices, _ = NearestExamples(screen.reference, tiny.train).find(screen.image, 5)
    box, step = screen.page.nearest, screen.page.nearest.width + screen.page.px(6)
    labels = []
    for place, index in enumerate(indices):
        shown = picture[box.y : box.bottom, box.x + place * step : box.right + place * step].mean(axis=2)
        image = tiny.train.images[index] / 255.0
        cells = np.arange(28) * box.width // 28
        small = np.add.reduceat(np.add.reduceat(shown, cells, 0), cells, 1)[2:-2, 2:-2]
        right, *wrong = (
            np.corrcoef(small.ravel(), each[2:-2, 2:-2].ravel())[0, 1]
            for each in (image, image.T, image[:, ::-1], image[::-1])
        )
        assert right > 0.6
        assert max(wrong) < 0.5
        labels.append(str(tiny.train.labels[index]))
    row = [words for words, _, y in texts if y == box.bottom + screen.page.px(20) * 0.5]
    assert row[-5:] == labels
    screen.window.close()


def test_without_training_digits_it_says_how_to_get_them(
    screen: GlassScreen, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert screen.session.reasons.surroundings is not None
    assert screen.session.reasons.surroundings.trouble == "get them: inkdigits data mnist"
    monkeypatch.setenv("INKDIGITS_DATA", "/nowhere")
    screen.keys("7")
    screen.frames(2)
    assert "/nowhere" in screen.session.reasons.surroundings.trouble


def test_the_smallest_change_makes_the_other_digit_of_it(screen: GlassScreen) -> None:
    screen.keys("8")
    screen.frames(2)
    surroundings = screen.session.reasons.surroundings
    assert surroundings is not None
    change = surroundings.change
    assert change is not None
    assert change.other == 8
    assert screen.reference.predict(change.image[None])[0] == 8
    assert screen.reference.predict(screen.image[None])[0] == 3
    picture, box = screen.picture(), screen.page.change
    side = box.width // 28
    shown = picture[box.y + side // 2 : box.bottom : side, box.x + side // 2 : box.right : side]
    strong = np.abs(change.change) > 0.6 * np.abs(change.change).max()
    blue = blueness(shown, DARK)
    right = np.sign(blue[strong]) == np.sign(change.change[strong])
    assert right.mean() > 0.8, "all but the signs on it"


def test_the_worker_looks_around_while_the_window_goes_on() -> None:
    with ThreadPoolExecutor(1) as worker:
        screen = GlassScreen("Why", Network.load(), worker=worker)
        screen.three()
        assert screen.session.reasons.explanation is not None
        for _ in range(10_000):
            if screen.session.reasons.surroundings is not None:
                break
            assert screen.window.restless
            screen.frames(1, 0.001)
            time.sleep(0.001)  # as a window does between frames
        assert screen.session.reasons.surroundings is not None
        screen.frames(2)
        assert not screen.session.jobs
        screen.window.close()


def test_what_was_asked_for_another_drawing_is_dropped(screen: GlassScreen) -> None:
    reasons = screen.session.reasons
    screen.draw((0.5, 0.2), (0.5, 0.8))
    screen.session.start_frame(screen.time)
    reasons.update(screen.session.prediction)
    work = reasons.look_around(None)
    assert work is not None
    screen.session.do_key("Ctrl+Z")
    screen.session.start_frame(screen.time)
    reasons.update(screen.session.prediction)
    assert list(work) == []
    assert reasons.surroundings is None


# ---- What may go wrong -------------------------------------------------------------------------


def test_a_backend_that_fails_is_named_and_the_window_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = record_texts(monkeypatch)
    screen = GlassScreen("Why", small_network(backend=FailingBackwards()))
    screen.three()
    screen.keys("5", "X")
    screen.picture()
    assert any(each[0].startswith("The backend failed") for each in texts)
    assert screen.session.prediction.recognition is not None
    screen.session.show_page(1)
    screen.keys("O", ".")
    screen.picture()
    assert not screen.session.insight.ordered
    screen.window.close()


def test_another_network_gives_its_own_reasons(screen: GlassScreen) -> None:
    assert screen.live is not None
    for sizes in ((784, 300, 10), (784, 40, 30, 20, 10), (784, 10)):
        screen.live.network = small_network(sizes)
        screen.frames(3)
        why, expected = screen.session.reasons.explanation, explain(screen.reference, screen.image)
        assert why is not None
        assert (why.digit, why.other) == (expected.digit, expected.other)
        np.testing.assert_allclose(why.evidence, expected.evidence, atol=1e-6)
        assert screen.session.reasons.surroundings is not None


@pytest.mark.parametrize("keys", [(), ("X",)])
def test_a_frame_while_drawing_stays_within_the_budget(keys: tuple[str, ...]) -> None:
    screen = GlassScreen("Why", Network.load())
    screen.three()
    screen.keys(*keys)
    answer_without_the_network(screen)
    screen.session.pointer.press(screen.at(0.5, 0.5))
    assert min(least_frame(screen.window) for _ in range(10)) < FRAME_BUDGET
    screen.window.close()


# ---- Whole pictures ----------------------------------------------------------------------------


def why(screen: GlassScreen) -> None:
    """As it is after drawing."""


def nothing(screen: GlassScreen) -> None:
    screen.session.document.clear()


def another(screen: GlassScreen) -> None:
    screen.keys("5")


def blanked(screen: GlassScreen) -> None:
    screen.session.pointer.move(screen.at(0.66, 0.6))
    screen.keys("X")


SCENES: list[tuple[Callable[[GlassScreen], None], tuple[int, int], bool]] = [
    (why, FIRST, True),
    (why, FIRST, False),
    (why, TALL, True),
    (nothing, FIRST, True),
    (another, SMALL, False),
    (blanked, FIRST, True),
    (blanked, LARGE, False),
]


@pytest.mark.parametrize(
    ("scene", "size", "dark"), SCENES, ids=[f"{s.__name__}-{w}x{h}-{d}" for s, (w, h), d in SCENES]
)
@pytest.mark.usefixtures("digits")
def test_pictures_of_why(scene: Callable[[GlassScreen], None], size: tuple[int, int], dark: bool) -> None:
    screen = GlassScreen("Why", Network.load(), size, dark)
    screen.three()
    scene(screen)
    screen.picture()
    try:
        compare(screen.window, f"why-{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    finally:
        screen.window.close()
