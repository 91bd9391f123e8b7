"""What the window does, tried without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from apps.draw.actions import ACTION_OF_KEY, ACTIONS, Action
from apps.draw.desk import THINNEST, TOOLTIP_AFTER, WIDEST, Desk
from apps.draw.geometry import Point
from apps.draw.layout import arrange
from engine.recognition import State

if TYPE_CHECKING:
    from tests.apps.draw.conftest import FakeNetwork


def at(desk: Desk, x: float, y: float) -> Point:
    """A place on the canvas, in pixels of the window."""
    canvas = desk.layout.canvas
    return canvas.x + x * canvas.width, canvas.y + y * canvas.height


def drag(desk: Desk, *places: Point, erases: bool = False) -> None:
    desk.press(at(desk, *places[0]), erases)
    for place in places[1:]:
        desk.move(at(desk, *place))
    desk.release(at(desk, *places[-1]))


def draw(desk: Desk) -> None:
    drag(desk, (0.25, 0.25), (0.5, 0.5), (0.75, 0.5))


def click(desk: Desk, action: Action) -> None:
    center = desk.layout.buttons[action].center
    desk.press(center)
    desk.release(center)


def points(desk: Desk) -> list[tuple[Point, ...]]:
    return [stroke.points for stroke in desk.drawing.strokes]


# ---- The answer --------------------------------------------------------------------------------


def test_an_empty_canvas_has_no_answer(desk: Desk, network: FakeNetwork) -> None:
    desk.frame(0)
    assert desk.reader.recognition.state is State.EMPTY
    assert desk.reader.recognition.digit is None
    assert not network.asked


def test_the_drawing_is_read_while_it_is_drawn(desk: Desk) -> None:
    desk.press(at(desk, 0.2, 0.2))
    desk.move(at(desk, 0.4, 0.4))
    desk.frame(0)
    assert desk.reader.recognition.digit == 1
    assert desk.reader.milliseconds is not None


def test_it_is_read_once_a_frame_and_only_if_points_changed(desk: Desk, network: FakeNetwork) -> None:
    desk.press(at(desk, 0.2, 0.2))
    for step in range(20):
        desk.move(at(desk, 0.2 + step / 50, 0.4))
    for now in range(5):
        desk.frame(now)
    assert len(network.asked) == 1
    desk.release()
    desk.move(at(desk, 0.9, 0.9))
    desk.frame(6)
    assert len(network.asked) == 1


def test_clearing_takes_the_answer_away_at_once(desk: Desk) -> None:
    draw(desk)
    desk.frame(0)
    assert desk.reader.recognition.digit == 1
    desk.do(Action.CLEAR)
    desk.frame(0)
    assert desk.reader.recognition.digit is None
    assert desk.reader.milliseconds is None


def test_without_live_reading_a_changed_drawing_has_no_answer_until_asked(desk: Desk) -> None:
    draw(desk)
    desk.frame(0)
    desk.do(Action.LIVE)
    desk.frame(0)
    assert desk.reader.recognition.digit == 1, "it is still the answer to what is drawn"
    draw(desk)
    desk.frame(1)
    assert desk.reader.recognition is None
    desk.do(Action.PREDICT)
    assert desk.reader.recognition.digit == 2
    desk.do(Action.CLEAR)
    desk.frame(2)
    assert desk.reader.recognition.state is State.EMPTY


def test_the_brush_never_changes_what_the_network_sees(desk: Desk, network: FakeNetwork) -> None:
    draw(desk)
    desk.frame(0)
    desk.do(Action.CLEAR)
    desk.frame(0)
    for _ in range(9):
        desk.do(Action.WIDER)
    draw(desk)
    desk.frame(1)
    thin, wide = network.asked
    assert thin == wide


# ---- Size and place ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(820, 560), (1000, 640), (1777, 1003)])
def test_ink_is_exactly_under_the_pointer(desk: Desk, size: tuple[int, int]) -> None:
    desk.resize(size)
    canvas = desk.layout.canvas
    desk.press((canvas.x + canvas.width / 4, canvas.y + canvas.height / 2))
    assert points(desk) == [((0.25, 0.5),)]


def test_resizing_keeps_the_drawing_and_the_answer(desk: Desk, network: FakeNetwork) -> None:
    draw(desk)
    desk.frame(0)
    before = points(desk)
    for size in [(820, 560), (2000, 1500), (30, 30), (1000, 640)]:
        desk.resize(size)
        desk.frame(1)
    assert points(desk) == before
    assert len(network.asked) == 1


def test_a_line_ends_where_the_window_is_resized(desk: Desk) -> None:
    desk.press(at(desk, 0.2, 0.2))
    desk.resize((1500, 900))
    desk.move(at(desk, 0.9, 0.9))
    assert points(desk) == [((0.2, 0.2),)]


# ---- Tools -------------------------------------------------------------------------------------


def test_the_right_button_erases(desk: Desk) -> None:
    drag(desk, (0.1, 0.5), (0.9, 0.5))
    drag(desk, (0.5, 0.3), (0.5, 0.7), erases=True)
    assert len(desk.drawing.strokes) == 2
    desk.do(Action.UNDO)
    assert len(desk.drawing.strokes) == 1


def test_the_left_button_erases_when_the_eraser_is_on(desk: Desk) -> None:
    drag(desk, (0.1, 0.5), (0.9, 0.5))
    desk.do(Action.ERASER)
    assert desk.on(Action.ERASER)
    drag(desk, (0.5, 0.3), (0.5, 0.7))
    assert len(desk.drawing.strokes) == 2
    desk.do(Action.ERASER)
    draw(desk)
    assert len(desk.drawing.strokes) == 3


def test_a_line_begins_on_the_canvas_only(desk: Desk) -> None:
    desk.press((1, 1))
    desk.move(at(desk, 0.5, 0.5))
    assert desk.drawing.empty


def test_the_brush_has_limits(desk: Desk) -> None:
    desk.turn_wheel(1000)
    assert desk.width == WIDEST
    desk.turn_wheel(-1000)
    assert desk.width == THINNEST


def test_the_slider_sets_the_brush_and_can_be_dragged_beyond_its_ends(desk: Desk) -> None:
    slider = desk.layout.slider
    desk.press((slider.right - 1, slider.center[1]))
    assert desk.width == WIDEST
    desk.move((0, 0))
    assert desk.width == THINNEST
    desk.release()
    desk.move(slider.center)
    assert desk.width == THINNEST


def test_the_ring_is_as_large_as_the_brush(desk: Desk) -> None:
    desk.move(at(desk, 0.5, 0.5))
    assert desk.ring.radius * 2 == pytest.approx(desk.width * desk.layout.canvas.width)
    assert not desk.ring.erases
    desk.do(Action.ERASER)
    assert desk.ring.erases
    desk.move((0, 0))
    assert desk.ring is None


# ---- Keys and buttons --------------------------------------------------------------------------


def state(desk: Desk) -> object:
    """All that a user could see of a desk."""
    desk.frame(0)
    seen = desk.reader.recognition
    switches = desk.grid, desk.dark, desk.help, desk.eraser, desk.reader.live, desk.closed
    return points(desk), switches, seen and seen.digit, desk.drawing.can_redo


@pytest.mark.parametrize("action", arrange((1, 1)).buttons)
def test_a_button_does_the_same_as_its_key(action: Action, make_desk: Callable[[], Desk]) -> None:
    by_key, by_button = make_desk(), make_desk()
    for desk in (by_key, by_button):
        draw(desk)
        draw(desk)
        desk.do(Action.UNDO)
    untouched = state(by_key)
    assert state(by_button) == untouched
    by_key.do(action)
    click(by_button, action)
    assert state(by_key) == state(by_button)
    assert action is Action.PREDICT or state(by_key) != untouched


def test_every_action_has_a_key_of_its_own() -> None:
    assert set(ACTIONS) == set(Action)
    assert set(ACTION_OF_KEY.values()) == set(Action)
    assert len(ACTION_OF_KEY) == sum(len(entry.keys) for entry in ACTIONS.values())


def test_a_button_acts_only_if_it_is_let_go_where_it_was_pressed(desk: Desk) -> None:
    draw(desk)
    desk.press(desk.layout.buttons[Action.CLEAR].center)
    assert desk.pressed is Action.CLEAR
    desk.release(desk.layout.buttons[Action.UNDO].center)
    assert not desk.drawing.empty


def test_what_cannot_be_done_is_not_done(desk: Desk) -> None:
    for action in (Action.UNDO, Action.REDO, Action.CLEAR, Action.PREDICT):
        assert not desk.enabled(action)
        desk.do(action)
    assert desk.drawing.empty
    draw(desk)
    assert all(desk.enabled(action) for action in (Action.UNDO, Action.CLEAR, Action.PREDICT))


def test_a_tooltip_comes_after_a_moment_and_goes_with_the_pointer(desk: Desk) -> None:
    desk.frame(10)
    desk.move(desk.layout.buttons[Action.ERASER].center)
    desk.frame(10)
    assert desk.tooltip is None
    assert desk.waiting
    desk.frame(10 + TOOLTIP_AFTER)
    assert desk.tooltip is Action.ERASER
    assert "(E)" in ACTIONS[desk.tooltip].tooltip
    desk.leave()
    assert desk.tooltip is None
    assert not desk.waiting


def test_help_is_closed_by_escape_before_the_window_is(desk: Desk) -> None:
    desk.do(Action.HELP)
    desk.do(Action.CLOSE)
    assert (desk.help, desk.closed) == (False, False)
    desk.do(Action.CLOSE)
    assert desk.closed


def test_a_click_closes_the_help_and_does_nothing_else(desk: Desk) -> None:
    desk.do(Action.HELP)
    draw(desk)
    assert not desk.help
    assert desk.drawing.empty
