"""What is painted: regions against pictures that the tests compute, whole windows against files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pytest

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.files import Folders
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.messages import percent, words_for
from engine.data.strokes import Strokes
from engine.recognition.recognize import Recognition, State
from tests.apps.draw.acting import CLEAR, DARK_, ERASER, GRID, LIVE, MENU, OPEN, PREDICT, REDO, UNDO, button
from tests.apps.draw.conftest import FACTS
from tests.apps.draw.views.pictures import FIRST, LARGE, SMALL, TALL, compare

pygame = pytest.importorskip("pygame")

from apps.draw.paint.painter import Painter, Side  # noqa: E402 - needs Pygame
from apps.draw.paint.photo import png_of  # noqa: E402
from apps.draw.paint.theme import DARK, LIGHT, Colour, contrast  # noqa: E402
from apps.draw.views.answer import AnswerPage  # noqa: E402
from apps.draw.views.headline import HeadlineView  # noqa: E402
from apps.draw.views.tools import ToolsView  # noqa: E402
from apps.draw.views.view import View  # noqa: E402
from apps.draw.window import Window  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

V = TypeVar("V", bound=View)
Picture = npt.NDArray[np.int64]  # (height, width, 3)

NEEDED = 0.93
# Every digit has a probability of its own.
PROBABILITIES = np.array([0.05, 0.01, 0.07, 0.56, 0.03, 0.11, 0.002, 0.02, 0.108, 0.04])
# Its rows, columns and corners all differ, so that it cannot be turned or mirrored without looking different.
IMAGE = np.zeros((28, 28), np.uint8)
IMAGE[4:24, 6:9] = 255
IMAGE[20:24, 6:17] = 128


class Screen:
    """A session in a window that no one sees, with time that only passes when it is told to."""

    def __init__(
        self, size: tuple[int, int] = (1000, 640), dark: bool = True, folder: Path | None = None
    ) -> None:
        self.state = State.DIGIT
        self.probabilities = PROBABILITIES
        self.time = 100.0
        prediction = LivePrediction(self._recognize, needed=NEEDED, clock=lambda: 0.0)
        files = Folders(folder, folder, png_of) if folder else None
        self.session = Session(prediction, FACTS, files, dark)
        self.window = Window(self.session, size, clock=lambda: self.time, sleep=lambda seconds: None)

    def _recognize(self, strokes: Strokes) -> Recognition:
        if not strokes:
            return Recognition(State.EMPTY, np.zeros((28, 28), np.uint8), None)
        return Recognition(self.state, IMAGE, self.probabilities)

    def draw(self, *points: Point, lift: bool = True) -> None:
        self.session.pointer.press(self.at(*points[0]))
        for point in points[1:]:
            self.session.pointer.move(self.at(*point))
        if lift:
            self.session.pointer.release(self.at(*points[-1]))
            self.session.pointer.leave()

    def at(self, x: float, y: float) -> Point:
        """A place on the canvas, in pixels of the window."""
        canvas = self.session.layout.canvas
        return canvas.x + x * canvas.width, canvas.y + y * canvas.height

    def picture(self, rest: bool = True) -> Picture:
        """The window, when nothing moves any more."""
        for _ in range(100 if rest else 1):
            self.window.paint()
            if not self.window.restless:
                break
            self.time += 0.03
        return pygame.surfarray.array3d(self.window.surface).swapaxes(0, 1).astype(int)

    def button(self, action: Action) -> Box:
        return button(self.session, action)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, Point]:
    """Every text that is painted from now on, and where."""
    texts: dict[str, Point] = {}
    text, glyph = Painter.text, Painter.glyph

    def record_text(
        self: Painter, words: str, size: float, colour: Colour, at: Point, side: Side = "left"
    ) -> int:
        texts[words] = at
        return text(self, words, size, colour, at, side)

    def record_glyph(self: Painter, words: str, height: int, colour: Colour, corner: Point) -> int:
        texts[f"glyph {words}"] = corner
        return glyph(self, words, height, colour, corner)

    monkeypatch.setattr(Painter, "text", record_text)
    monkeypatch.setattr(Painter, "glyph", record_glyph)
    return texts


@pytest.fixture
def screen(written: dict[str, Point]) -> Iterator[Screen]:
    screen = Screen()
    yield screen
    screen.window.close()


def part(picture: Picture, box: Box, edge: int = 0) -> Picture:
    """What is in a box, without its edge."""
    return picture[box.y + edge : box.bottom - edge, box.x + edge : box.right - edge]


def range_of(picture: Picture) -> int:
    """The largest difference to the middle of the top edge."""
    return int(np.abs(picture - picture[1, picture.shape[1] // 2]).max())


def is_colour(picture: Picture, colour: Colour) -> npt.NDArray[np.bool_]:
    return (picture == colour).all(axis=2)


# ---- Canvas ------------------------------------------------------------------------------------


def test_the_grid_has_its_lines_between_the_cells(screen: Screen) -> None:
    canvas = screen.session.layout.canvas
    top = part(screen.picture(), canvas, 8)[: canvas.height // 4]
    cell = canvas.width // 28
    y, x = np.mgrid[8 : 8 + len(top), 8 : canvas.width - 8]
    expected = np.where(((x % cell == 0) | (y % cell == 0))[..., None], DARK.grid, DARK.paper)
    np.testing.assert_array_equal(top, expected)
    screen.session.do(GRID)
    assert is_colour(part(screen.picture(), canvas, 8)[: canvas.height // 4], DARK.paper).all()


@pytest.mark.parametrize("brush", [0.02, 0.045, 0.1])
def test_ink_is_as_wide_as_the_brush_and_where_it_was_drawn(screen: Screen, brush: float) -> None:
    screen.session.do(GRID)
    screen.session.brush = brush
    points = [(0.2, 0.3), (0.7, 0.3), (0.7, 0.31), (0.7, 0.9)]
    screen.draw(*points)
    canvas = screen.session.layout.canvas
    ink = is_colour(part(screen.picture(), canvas, 8), DARK.ink)
    y, x = (np.mgrid[8 : canvas.height - 8, 8 : canvas.width - 8] + 0.5) / canvas.width
    distance = np.min([distance_to(x, y, start, end) for start, end in pairwise(points)], axis=0)
    corner = np.hypot(x - 0.7, y - 0.3) < 0.02 + brush  # is smoothed
    pixel = 1.5 / canvas.width
    assert ink[(distance < brush / 2 - pixel) & ~corner].all()
    assert not ink[(distance > brush / 2 + pixel) & ~corner].any()


def distance_to(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], start: Point, end: Point
) -> npt.NDArray[np.float64]:
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    distance: npt.NDArray[np.float64] = np.hypot(x - start[0] - t * dx, y - start[1] - t * dy)
    return distance


@pytest.mark.parametrize("eraser", [False, True])
@pytest.mark.parametrize("brush", [0.045, 0.1])
def test_the_ring_is_around_the_pointer(screen: Screen, eraser: bool, brush: float) -> None:
    screen.session.brush, screen.session.eraser = brush, eraser
    without = screen.picture()
    center = screen.at(0.3, 0.2)
    screen.session.pointer.move(center)
    changed = (screen.picture() != without).any(axis=2)
    radius = screen.session.layout.canvas.width * brush * (0.8 if eraser else 0.5)
    y, x = np.mgrid[0 : changed.shape[0], 0 : changed.shape[1]] + 0.5
    off = np.hypot(x - center[0], y - center[1]) - radius
    assert not changed[np.abs(off) > 4].any()
    assert changed[np.abs(off) < 0.4].mean() > 0.95
    colour = DARK.accent if eraser else DARK.quiet
    assert is_colour(screen.picture(), colour)[np.abs(off) < 2].any()


def test_the_hint_is_there_until_something_is_drawn(screen: Screen, written: dict[str, Point]) -> None:
    screen.picture()
    assert "Draw a digit" in written
    written.clear()
    screen.draw((0.5, 0.5))
    screen.picture()
    assert "Draw a digit" not in written


# ---- Prediction --------------------------------------------------------------------------------


def test_the_network_input_is_shown_pixel_by_pixel(screen: Screen) -> None:
    screen.draw((0.5, 0.5))
    box = view_of(screen, AnswerPage).network_input.picture
    shown = part(screen.picture(), box, 2)
    scale = box.width // 28
    ink = np.kron(IMAGE / 255, np.ones((scale, scale)))[2:-2, 2:-2, None]
    expected = np.array(DARK.paper) + ink * (np.array(DARK.ink) - DARK.paper)
    np.testing.assert_allclose(shown, expected, atol=1)


def test_the_network_input_is_new_where_the_answer_is_the_same(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.draw((0.5, 0.5))
    before = screen.picture()
    prediction = screen.session.prediction
    recognition = prediction.recognition
    assert recognition is not None
    other = replace(recognition, image=255 - recognition.image)
    monkeypatch.setattr(prediction, "_recognize", lambda strokes: other)
    screen.draw((0.4, 0.5))
    box = view_of(screen, AnswerPage).network_input.picture
    inverted = np.array(DARK.paper) + np.array(DARK.ink) - part(before, box, 2)
    np.testing.assert_allclose(part(screen.picture(), box, 2), inverted, atol=2)


def test_the_bars_are_as_long_as_the_probabilities_in_the_order_of_the_digits(screen: Screen) -> None:
    screen.draw((0.5, 0.5))
    picture = screen.picture()
    lengths = []
    for digit, row in enumerate(view_of(screen, AnswerPage).bars.tracks):
        line = picture[row.center[1] : row.center[1] + 1, row.x : row.right]
        filled = is_colour(line, DARK.accent if digit == 3 else DARK.quiet)
        lengths.append(filled.sum() / filled.size)
    shown = np.where(PROBABILITIES < 0.005, 0, PROBABILITIES)
    np.testing.assert_allclose(lengths, shown, atol=0.012)
    assert lengths[1] < lengths[4] < lengths[0], "1, 3 and 5 per cent can be told apart"


def test_bars_ease_to_their_values_and_are_empty_at_once(screen: Screen) -> None:
    screen.picture()
    screen.draw((0.5, 0.5))
    row = view_of(screen, AnswerPage).bars.rows[3]

    def length() -> int:
        screen.time += 1 / 60
        screen.window.paint()
        picture = pygame.surfarray.array3d(screen.window.surface).swapaxes(0, 1)
        return int(
            is_colour(picture[row.center[1] : row.center[1] + 1, row.x : row.right], DARK.accent).sum()
        )

    lengths = [length() for _ in range(6)]
    assert all(one < other for one, other in pairwise(lengths))
    screen.session.do(CLEAR)
    assert length() < 10


def test_each_probability_is_written_beside_its_bar(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    screen.draw((0.5, 0.5))
    texts: list[tuple[str, float]] = []
    text = Painter.text

    def record(self: Painter, words: str, size: float, colour: Colour, at: Point, side: Side = "left") -> int:
        texts.append((words, at[1]))
        return text(self, words, size, colour, at, side)

    monkeypatch.setattr(Painter, "text", record)
    screen.picture()
    texts.clear()
    screen.window.resize((1000, 640))
    screen.session.do(DARK_)
    screen.window.paint()
    for digit, row in enumerate(view_of(screen, AnswerPage).bars.rows):
        beside = [words for words, y in texts if y == row.center[1]]
        likely = PROBABILITIES[digit] >= 0.005
        assert beside == [str(digit), *([percent(float(PROBABILITIES[digit]))] if likely else [])]


@pytest.mark.parametrize("state", [State.DIGIT, State.UNSURE, State.NOT_A_DIGIT, State.TOO_SMALL])
def test_the_verdict_is_written_in_its_place(screen: Screen, state: State, written: dict[str, Point]) -> None:
    screen.state = state
    screen.draw((0.5, 0.5))
    picture = screen.picture()
    view = view_of(screen, HeadlineView)
    words = words_for(screen.session.prediction.recognition, None, NEEDED)
    assert words.headline in written
    assert words.detail in written
    if words.glyph:
        assert view.words.holds(written[words.headline])
        assert written[f"glyph {words.glyph}"] == view.glyph[:2]
        reference = pygame.Surface(view.glyph[2:])
        reference.fill(DARK.background)
        colour = DARK.ink if state is State.DIGIT else DARK.faint
        Painter(reference, DARK, 1).glyph(words.glyph, view.glyph.height, colour, (0, 0))
        shown = part(picture, view.glyph)
        np.testing.assert_array_equal(shown, pygame.surfarray.array3d(reference).swapaxes(0, 1))
    else:
        assert view.glyph.x == written[words.headline][0]


def test_a_guess_is_grey_and_says_so(screen: Screen, written: dict[str, Point]) -> None:
    screen.draw((0.3, 0.3), (0.6, 0.6), lift=False)
    view = view_of(screen, HeadlineView)
    guess = part(screen.picture(), view.glyph)
    assert "3 so far" in written
    assert is_colour(guess, DARK.faint).any()
    assert not is_colour(guess, DARK.ink).any()
    bar = part(screen.picture(), view_of(screen, AnswerPage).bars.rows[3])
    assert not is_colour(bar, DARK.accent).any(), "no bar is marked as the answer"
    screen.session.pointer.release(screen.at(0.6, 0.6))
    picture = screen.picture()
    assert is_colour(part(picture, view.glyph), DARK.ink).any()
    assert is_colour(part(picture, view_of(screen, AnswerPage).bars.rows[3]), DARK.accent).any()


def test_a_drawing_that_is_too_small_has_no_bars(screen: Screen) -> None:
    screen.state = State.TOO_SMALL
    screen.draw((0.5, 0.5))
    for track in view_of(screen, AnswerPage).bars.tracks:
        assert not is_colour(part(screen.picture(), track), DARK.quiet).any()


def test_the_threshold_is_marked_on_the_bars(screen: Screen, written: dict[str, Point]) -> None:
    picture = screen.picture()
    bars = view_of(screen, AnswerPage).bars
    x = bars.tracks[0].x + round(bars.tracks[0].width * NEEDED)
    line = picture[bars.rows[0].y : bars.tracks[-1].bottom, x]
    assert (line == DARK.edge).all(axis=1).all()
    assert "93% needed" in written


def test_ink_that_is_left_out_is_faint_and_counted(screen: Screen, written: dict[str, Point]) -> None:
    screen.session.do(GRID)
    screen.draw((0.2, 0.2), (0.2, 0.8))
    screen.draw((0.7, 0.5))
    picture = screen.picture()
    x, y = (round(each) for each in screen.at(0.7, 0.5))
    assert tuple(picture[y, x]) == DARK.faint
    assert "1 tiny mark is left out" in written
    screen.draw((0.7, 0.2), (0.7, 0.8))
    x, y = (round(each) for each in screen.at(0.7, 0.3))
    assert tuple(screen.picture()[y, x]) == DARK.ink


@pytest.mark.parametrize("size", [(820, 560), (1000, 640), (1700, 900), (820, 1100)])
def test_all_texts_fit_their_places(screen: Screen, size: tuple[int, int]) -> None:
    screen.window.resize(size)
    painter = Painter(screen.window.surface, DARK, screen.session.layout.unit)
    headline, facts = view_of(screen, HeadlineView), view_of(screen, AnswerPage).network_input.facts
    for state in State:
        words = words_for(Recognition(state, IMAGE, PROBABILITIES), None, NEEDED)
        box = headline.words if words.glyph else headline.area
        assert painter.text_width(words.headline, 24) <= box.width
        assert painter.text_width(words.detail, 13) <= box.width
    assert painter.text_width("MNIST test set 99.9%", 13) + painter.px(12) <= facts.width
    for view in screen.session.views:
        for action, place in view.buttons.items():
            if action.icon is None and action.place is not None:
                assert painter.text_width(action.label, 15) <= place.width - painter.px(8)


def test_the_facts_are_written(screen: Screen, written: dict[str, Point]) -> None:
    screen.draw((0.5, 0.5))
    screen.picture()
    assert {"numpy", "model.json", "98.0%", "0.0 ms"} <= set(written)
    assert written["numpy"][1] == written["Backend"][1]
    assert written["98.0%"][1] == written["MNIST test set"][1]


# ---- Buttons -----------------------------------------------------------------------------------


def test_every_button_shows_its_icon_or_its_label(screen: Screen, written: dict[str, Point]) -> None:
    screen.draw((0.2, 0.2))
    screen.draw((0.5, 0.5))
    screen.session.do(UNDO)  # so that redo is enabled too
    picture = screen.picture()
    icons = {
        action: part(picture, screen.button(action), 6).tobytes()
        for action in ACTIONS
        if action.place is not None and action.icon is not None
    }
    assert len(set(icons.values())) == len(icons), "no two icons look the same"
    for action in icons:
        button = part(picture, screen.button(action), 6)
        marked = (np.abs(button - button[0, 0]).sum(axis=2) > 60).mean()
        assert 0.03 < marked < 0.5, action.label
    undo, redo = (part(picture, screen.button(action), 6) for action in (UNDO, REDO))
    assert np.abs(undo - redo[:, ::-1]).mean() < 2, "redo is undo mirrored"
    assert written["Clear"] == screen.button(CLEAR).center


def test_a_disabled_button_is_faint(screen: Screen) -> None:
    empty = screen.picture()
    screen.draw((0.5, 0.5))
    drawn = screen.picture()
    for action in (UNDO, CLEAR):
        box = screen.button(action)
        assert range_of(part(empty, box)) < 0.7 * range_of(part(drawn, box))


def test_a_switch_that_is_on_is_filled(screen: Screen) -> None:
    box = screen.button(ERASER)
    off = part(screen.picture(), box)
    screen.session.do(ERASER)
    on = part(screen.picture(), box)
    assert is_colour(off, DARK.button).mean() > 0.5
    assert is_colour(on, DARK.accent).mean() > 0.5
    assert contrast(DARK.accent, DARK.button) >= 3, "so not only its hue tells"


def test_predict_is_loud_where_nothing_predicts_by_itself(screen: Screen, written: dict[str, Point]) -> None:
    screen.picture()
    assert "Predict" not in written
    screen.session.do(LIVE)
    screen.draw((0.2, 0.2), (0.6, 0.6))
    picture = screen.picture()
    assert written["Predict"] == screen.button(PREDICT).center
    assert is_colour(part(picture, screen.button(PREDICT)), DARK.accent).mean() > 0.5
    assert "No prediction yet" in written
    assert "–" in written, "and no stale milliseconds"


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.place is not None], ids=lambda a: a.label)
def test_a_tooltip_is_beside_its_button(screen: Screen, action: Action, written: dict[str, Point]) -> None:
    if not action.shown(screen.session):
        screen.session.do(LIVE)
    screen.draw((0.5, 0.5))
    screen.picture()
    screen.session.pointer.move(screen.button(action).center)
    screen.window.paint()
    assert action.tooltip not in written
    early = pygame.surfarray.array3d(screen.window.surface).swapaxes(0, 1).astype(int)
    screen.time += 0.6
    screen.window.paint()
    late = pygame.surfarray.array3d(screen.window.surface).swapaxes(0, 1).astype(int)
    assert action.tooltip in written
    ys, xs = np.nonzero(is_colour(late, DARK.ink) & ~is_colour(early, DARK.ink))
    button = screen.button(action)
    if button.y > 100:
        assert button.y - 44 < ys.min() < ys.max() < button.y
    else:
        assert button.bottom < ys.min() < ys.max() < button.bottom + 44
    assert xs.min() - 2 <= button.center[0] <= xs.max() + 2
    assert xs.max() - xs.min() > 40


@pytest.mark.parametrize("brush", [0.015, 0.05, 0.1])
def test_the_slider_s_knob_is_where_the_brush_is_set(screen: Screen, brush: float) -> None:
    screen.session.brush = brush
    picture = screen.picture()
    tools = view_of(screen, ToolsView)
    xs = np.nonzero(is_colour(part(picture, tools.slider), DARK.ink))[1] + tools.slider.x
    setting = (brush - 0.015) / 0.085
    assert xs.mean() == pytest.approx(tools.track.x + setting * tools.track.width, abs=1.5)
    assert xs.max() - xs.min() == pytest.approx(10 + 12 * setting, abs=4)  # its edge is soft


# ---- Help and theme ----------------------------------------------------------------------------


def test_the_menu_lists_every_action_with_its_keys(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[tuple[str, Point]] = []
    text = Painter.text

    def record(self: Painter, words: str, size: float, colour: Colour, at: Point, side: Side = "left") -> int:
        texts.append((words, at))
        return text(self, words, size, colour, at, side)

    monkeypatch.setattr(Painter, "text", record)
    screen.session.do(MENU)
    screen.window.paint()
    panel = texts[[words for words, _ in texts].index("Menu") :]
    for action in ACTIONS:
        if action is MENU:
            continue
        ((x, y),) = (at for words, at in panel if words == action.says)
        row = {words for words, at in panel if abs(at[1] - y) <= 1 and x <= at[0] < x + 400}
        assert row == {action.says, *action.keys}


@pytest.mark.parametrize("action", [ERASER, GRID, LIVE, DARK_], ids=lambda action: action.label)
def test_the_menu_shows_what_is_on(screen: Screen, action: Action) -> None:
    screen.session.do(MENU)
    row = next(
        box for view in screen.session.touchable for a, box in view.buttons.items() if a.says == action.says
    )
    before = part(screen.picture(), row)
    screen.session.do(action)
    after = part(screen.picture(), row)
    differ = (before != after).any(axis=2)
    assert differ.any()
    if action is not DARK_:
        assert differ.mean() < 0.02, "a check mark, and nothing else"


@pytest.mark.parametrize("with_menu", [False, True])
def test_the_theme_changes_every_part(screen: Screen, with_menu: bool) -> None:
    screen.draw((0.3, 0.3), (0.6, 0.6))
    if with_menu:
        screen.session.do(MENU)
    dark = screen.picture()
    screen.session.do(DARK_)
    light = screen.picture()
    assert dark.mean() < 80
    assert light.mean() > 180
    palette = (DARK.background, DARK.paper, DARK.button, DARK.line)
    left = sum(is_colour(light, colour).mean() for colour in palette)
    assert left < 0.001, "nothing dark is left behind"
    if not with_menu:
        y, x = (round(each) for each in reversed(screen.at(0.45, 0.45)))
        assert tuple(dark[y, x]) == DARK.ink
        assert tuple(light[y, x]) == LIGHT.ink
        assert is_colour(light, LIGHT.background).any()


# ---- Whole windows -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(820, 560), (900, 1300)])
def test_what_is_kept_looks_like_what_is_painted_anew(size: tuple[int, int]) -> None:
    """Any way to a state leaves the same pixels as a window that opens in it."""
    screen, other = Screen(size), Screen(size)
    try:
        screen.session.pointer.move(screen.button(CLEAR).center)
        screen.draw((0.2, 0.5), (0.8, 0.5))
        screen.picture()
        for action in (GRID, DARK_, ERASER, MENU, LIVE):
            screen.session.do(action)
            screen.picture(rest=False)
            screen.session.do(action)
            screen.session.panel = None
            screen.picture(rest=False)
        screen.session.pointer.press(screen.at(0.3, 0.6))
        for step in range(20):
            screen.session.pointer.move(screen.at(0.3 + step / 50, 0.6 + step % 3 / 40))
            screen.picture(rest=False)
        screen.session.document.cancel()
        screen.session.pointer.leave()
        other.draw((0.2, 0.5), (0.8, 0.5))
        np.testing.assert_array_equal(screen.picture(), other.picture())
    finally:
        screen.window.close()
        other.window.close()


def empty(screen: Screen) -> None:
    """Nothing has happened yet."""


def digit(screen: Screen) -> None:
    screen.draw((0.3, 0.25), (0.6, 0.2), (0.45, 0.5), (0.65, 0.7), (0.35, 0.8))
    screen.draw((0.8, 0.8))  # is left out
    screen.session.pointer.move(screen.at(0.8, 0.4))


def guess(screen: Screen) -> None:
    screen.draw((0.3, 0.25), (0.6, 0.2), (0.45, 0.5), lift=False)


def refused(screen: Screen) -> None:
    screen.state = State.NOT_A_DIGIT
    screen.draw((0.1, 0.1), (0.9, 0.9))
    screen.draw((0.1, 0.9), (0.9, 0.1))
    screen.session.pointer.move(screen.button(ERASER).center)


def asked(screen: Screen) -> None:
    screen.session.do(LIVE)
    screen.draw((0.2, 0.2), (0.7, 0.5))
    screen.session.do(ERASER)
    screen.session.keyboard.press("Tab", False)
    screen.session.keyboard.press("Tab", False)


def menu(screen: Screen) -> None:
    screen.session.do(MENU)


def saved(screen: Screen) -> None:
    screen.draw((0.3, 0.2), (0.7, 0.2), (0.45, 0.8))
    screen.session.save()
    screen.session.do(CLEAR)
    screen.draw((0.5, 0.2), (0.5, 0.8))
    screen.session.save()
    screen.session.do(OPEN)


def by_keys(screen: Screen) -> None:
    for key in ("Up", "Left", "Space", "Down", "Down", "Down", "Right"):
        screen.session.do_key(key)


SCENES: list[tuple[Callable[[Screen], None], tuple[int, int], bool]] = [
    (empty, FIRST, True),
    (empty, LARGE, False),
    (digit, FIRST, True),
    (digit, FIRST, False),
    (digit, TALL, False),
    (digit, SMALL, True),
    (guess, FIRST, True),
    (refused, FIRST, False),
    (refused, LARGE, True),
    (asked, FIRST, True),
    (asked, FIRST, False),
    (menu, FIRST, True),
    (menu, SMALL, False),
    (saved, FIRST, True),
    (by_keys, FIRST, False),
]


@pytest.mark.parametrize(
    ("scene", "size", "dark"), SCENES, ids=[f"{s.__name__}-{w}x{h}-{d}" for s, (w, h), d in SCENES]
)
def test_a_whole_window_looks_as_it_did(
    scene: Callable[[Screen], None], size: tuple[int, int], dark: bool, tmp_path: Path
) -> None:
    screen = Screen(size, dark, tmp_path)
    scene(screen)
    screen.session.notice = ""
    screen.picture(rest=scene is not by_keys)
    try:
        compare(screen.window, f"{scene.__name__}-{size[0]}x{size[1]}-{'dark' if dark else 'light'}")
    finally:
        screen.window.close()


def view_of(screen: Screen, kind: type[V]) -> V:
    return next(view for view in screen.session.views if isinstance(view, kind))
