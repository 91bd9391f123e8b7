"""What the window does, tried without one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from apps.draw.state.actions import ACTION_OF_KEY, ACTIONS, Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import arrange
from apps.draw.state.session import THINNEST, TOOLTIP_AFTER, WIDEST, Session
from engine.recognition.recognize import State

if TYPE_CHECKING:
    from tests.apps.draw.conftest import FakeNetwork


def at(session: Session, x: float, y: float) -> Point:
    """A place on the canvas, in pixels of the window."""
    canvas = session.layout.canvas
    return canvas.x + x * canvas.width, canvas.y + y * canvas.height


def drag(session: Session, *places: Point, erases: bool = False) -> None:
    session.press(at(session, *places[0]), erases)
    for place in places[1:]:
        session.move(at(session, *place))
    session.release(at(session, *places[-1]))


def draw(session: Session) -> None:
    drag(session, (0.25, 0.25), (0.5, 0.5), (0.75, 0.5))


def click(session: Session, action: Action) -> None:
    center = session.layout.buttons[action].center
    session.press(center)
    session.release(center)


def has_answer(session: Session) -> bool:
    return session.reader.recognition is not None


def points(session: Session) -> list[tuple[Point, ...]]:
    return [stroke.points for stroke in session.drawing.strokes]


# ---- The answer --------------------------------------------------------------------------------


def test_an_empty_canvas_has_no_answer(session: Session, network: FakeNetwork) -> None:
    session.frame(0)
    assert session.reader.recognition.state is State.EMPTY
    assert session.reader.recognition.digit is None
    assert not network.asked


def test_the_drawing_is_read_while_it_is_drawn(session: Session) -> None:
    session.press(at(session, 0.2, 0.2))
    session.move(at(session, 0.4, 0.4))
    session.frame(0)
    assert session.reader.recognition.digit == 1
    assert session.reader.milliseconds is not None


def test_it_is_read_once_a_frame_and_only_if_points_changed(session: Session, network: FakeNetwork) -> None:
    session.press(at(session, 0.2, 0.2))
    for step in range(20):
        session.move(at(session, 0.2 + step / 50, 0.4))
    for now in range(5):
        session.frame(now)
    assert len(network.asked) == 1
    session.release()
    session.move(at(session, 0.9, 0.9))
    session.frame(6)
    assert len(network.asked) == 1


def test_clearing_takes_the_answer_away_at_once(session: Session) -> None:
    draw(session)
    session.frame(0)
    assert session.reader.recognition.digit == 1
    session.do(Action.CLEAR)
    session.frame(0)
    assert session.reader.recognition.digit is None
    assert session.reader.milliseconds is None


def test_without_live_reading_a_changed_drawing_has_no_answer_until_asked(session: Session) -> None:
    draw(session)
    session.frame(0)
    session.do(Action.LIVE)
    session.frame(0)
    assert session.reader.recognition.digit == 1, "it is still the answer to what is drawn"
    draw(session)
    session.frame(1)
    assert not has_answer(session)
    session.do(Action.PREDICT)
    assert session.reader.recognition.digit == 2
    session.do(Action.CLEAR)
    session.frame(2)
    assert session.reader.recognition.state is State.EMPTY


def test_the_brush_never_changes_what_the_network_sees(session: Session, network: FakeNetwork) -> None:
    draw(session)
    session.frame(0)
    session.do(Action.CLEAR)
    session.frame(0)
    for _ in range(9):
        session.do(Action.WIDER)
    draw(session)
    session.frame(1)
    thin, wide = network.asked
    assert thin == wide


# ---- Size and place ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(820, 560), (1000, 640), (1777, 1003)])
def test_ink_is_exactly_under_the_pointer(session: Session, size: tuple[int, int]) -> None:
    session.resize(size)
    canvas = session.layout.canvas
    session.press((canvas.x + canvas.width / 4, canvas.y + canvas.height / 2))
    assert points(session) == [((0.25, 0.5),)]


def test_resizing_keeps_the_drawing_and_the_answer(session: Session, network: FakeNetwork) -> None:
    draw(session)
    session.frame(0)
    before = points(session)
    for size in [(820, 560), (2000, 1500), (30, 30), (1000, 640)]:
        session.resize(size)
        session.frame(1)
    assert points(session) == before
    assert len(network.asked) == 1


def test_a_line_ends_where_the_window_is_resized(session: Session) -> None:
    session.press(at(session, 0.2, 0.2))
    session.resize((1500, 900))
    session.move(at(session, 0.9, 0.9))
    assert points(session) == [((0.2, 0.2),)]


# ---- Tools -------------------------------------------------------------------------------------


def test_the_right_button_erases(session: Session) -> None:
    drag(session, (0.1, 0.5), (0.9, 0.5))
    drag(session, (0.5, 0.3), (0.5, 0.7), erases=True)
    assert len(session.drawing.strokes) == 2
    session.do(Action.UNDO)
    assert len(session.drawing.strokes) == 1


def test_the_left_button_erases_when_the_eraser_is_on(session: Session) -> None:
    drag(session, (0.1, 0.5), (0.9, 0.5))
    session.do(Action.ERASER)
    assert session.on(Action.ERASER)
    drag(session, (0.5, 0.3), (0.5, 0.7))
    assert len(session.drawing.strokes) == 2
    session.do(Action.ERASER)
    draw(session)
    assert len(session.drawing.strokes) == 3


def test_a_line_begins_on_the_canvas_only(session: Session) -> None:
    session.press((1, 1))
    session.move(at(session, 0.5, 0.5))
    assert session.drawing.empty


def test_the_brush_has_limits(session: Session) -> None:
    session.turn_wheel(1000)
    assert session.width == WIDEST
    session.turn_wheel(-1000)
    assert session.width == THINNEST


def test_the_slider_sets_the_brush_and_can_be_dragged_beyond_its_ends(session: Session) -> None:
    slider = session.layout.slider
    session.press((slider.right - 1, slider.center[1]))
    assert session.width == WIDEST
    session.move((0, 0))
    assert session.width == THINNEST
    session.release()
    session.move(slider.center)
    assert session.width == THINNEST


def test_the_ring_is_as_large_as_the_brush(session: Session) -> None:
    session.move(at(session, 0.5, 0.5))
    assert session.ring.radius * 2 == pytest.approx(session.width * session.layout.canvas.width)
    assert not session.ring.erases
    session.do(Action.ERASER)
    assert session.ring.erases
    session.move((0, 0))
    assert session.ring is None


# ---- Keys and buttons --------------------------------------------------------------------------


def state(session: Session) -> object:
    """All that a user could see of a session."""
    session.frame(0)
    seen = session.reader.recognition
    switches = session.grid, session.dark, session.help, session.eraser, session.reader.live, session.closed
    return points(session), switches, seen and seen.digit, session.drawing.can_redo


@pytest.mark.parametrize("action", arrange((1, 1)).buttons)
def test_a_button_does_the_same_as_its_key(action: Action, make_session: Callable[[], Session]) -> None:
    by_key, by_button = make_session(), make_session()
    for session in (by_key, by_button):
        draw(session)
        draw(session)
        session.do(Action.UNDO)
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


def test_a_button_acts_only_if_it_is_let_go_where_it_was_pressed(session: Session) -> None:
    draw(session)
    session.press(session.layout.buttons[Action.CLEAR].center)
    assert session.pressed is Action.CLEAR
    session.release(session.layout.buttons[Action.UNDO].center)
    assert not session.drawing.empty


def test_what_cannot_be_done_is_not_done(session: Session) -> None:
    for action in (Action.UNDO, Action.REDO, Action.CLEAR, Action.PREDICT):
        assert not session.enabled(action)
        session.do(action)
    assert session.drawing.empty
    draw(session)
    assert all(session.enabled(action) for action in (Action.UNDO, Action.CLEAR, Action.PREDICT))


def test_a_tooltip_comes_after_a_moment_and_goes_with_the_pointer(session: Session) -> None:
    session.frame(10)
    session.move(session.layout.buttons[Action.ERASER].center)
    session.frame(10)
    assert session.tooltip is None
    assert session.waiting
    session.frame(10 + TOOLTIP_AFTER)
    assert session.tooltip is Action.ERASER
    assert "(E)" in ACTIONS[session.tooltip].tooltip
    session.leave()
    assert session.tooltip is None
    assert not session.waiting


def test_help_is_closed_by_escape_before_the_window_is(session: Session) -> None:
    session.do(Action.HELP)
    session.do(Action.CLOSE)
    assert (session.help, session.closed) == (False, False)
    session.do(Action.CLOSE)
    assert session.closed


def test_a_click_closes_the_help_and_does_nothing_else(session: Session) -> None:
    session.do(Action.HELP)
    draw(session)
    assert not session.help
    assert session.drawing.empty
