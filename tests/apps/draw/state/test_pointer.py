"""What follows the pointer: drawing, erasing, the slider, buttons and their tooltips."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from apps.draw.state.pointer import TOOLTIP_AFTER
from apps.draw.state.session import THINNEST, WIDEST, Session

pytest.importorskip("pygame")

from apps.draw.views.tools import ButtonsView, ToolsView

PREDICT, CLEAR, UNDO, REDO, ERASER, *_, HELP, CLOSE = ACTIONS
WITH_BUTTON = [action for action in ACTIONS if action.place is not None]


def button(session: Session, action: Action) -> Box:
    rows = [view.buttons for view in session.views if isinstance(view, ButtonsView)]
    return next(row[action] for row in rows if action in row)


def slider(session: Session) -> Box:
    return next(view.slider for view in session.views if isinstance(view, ToolsView))


def at(session: Session, x: float, y: float) -> Point:
    """A place on the canvas, in pixels of the window."""
    canvas = session.layout.canvas
    return canvas.x + x * canvas.width, canvas.y + y * canvas.height


def drag(session: Session, *places: Point, erases: bool = False) -> None:
    session.pointer.press(at(session, *places[0]), erases)
    for place in places[1:]:
        session.pointer.move(at(session, *place))
    session.pointer.release(at(session, *places[-1]))


def draw(session: Session) -> None:
    drag(session, (0.25, 0.25), (0.5, 0.5), (0.75, 0.5))


def click(session: Session, action: Action) -> None:
    center = button(session, action).center
    session.pointer.press(center)
    session.pointer.release(center)


def points(session: Session) -> list[tuple[Point, ...]]:
    return [stroke.points for stroke in session.document.strokes]


def test_a_line_begins_on_the_canvas_only(session: Session) -> None:
    session.pointer.press((1, 1))
    session.pointer.move(at(session, 0.5, 0.5))
    assert session.document.empty


def test_the_slider_sets_the_brush_and_can_be_dragged_beyond_its_ends(session: Session) -> None:
    box = slider(session)
    session.pointer.press((box.right - 1, box.center[1]))
    assert session.brush == WIDEST
    session.pointer.move((0, 0))
    assert session.brush == THINNEST
    session.pointer.release()
    session.pointer.move(box.center)
    assert session.brush == THINNEST


def test_the_ring_is_as_large_as_the_brush(session: Session) -> None:
    session.pointer.move(at(session, 0.5, 0.5))
    assert session.pointer.ring.radius * 2 == pytest.approx(session.brush * session.layout.canvas.width)
    assert not session.pointer.ring.erases
    session.do(ERASER)
    assert session.pointer.ring.erases
    session.pointer.move((0, 0))
    assert session.pointer.ring is None


def test_the_right_button_erases(session: Session) -> None:
    drag(session, (0.1, 0.5), (0.9, 0.5))
    drag(session, (0.5, 0.3), (0.5, 0.7), erases=True)
    assert len(session.document.strokes) == 2
    session.do(UNDO)
    assert len(session.document.strokes) == 1


def test_the_left_button_erases_when_the_eraser_is_on(session: Session) -> None:
    drag(session, (0.1, 0.5), (0.9, 0.5))
    session.do(ERASER)
    assert session.eraser
    drag(session, (0.5, 0.3), (0.5, 0.7))
    assert len(session.document.strokes) == 2
    session.do(ERASER)
    draw(session)
    assert len(session.document.strokes) == 3


@pytest.mark.parametrize("size", [(820, 560), (1000, 640), (1777, 1003)])
def test_ink_is_exactly_under_the_pointer(session: Session, size: tuple[int, int]) -> None:
    session.resize(size)
    canvas = session.layout.canvas
    session.pointer.press((canvas.x + canvas.width / 4, canvas.y + canvas.height / 2))
    assert points(session) == [((0.25, 0.5),)]


def test_a_line_ends_where_the_window_is_resized(session: Session) -> None:
    session.pointer.press(at(session, 0.2, 0.2))
    session.resize((1500, 900))
    session.pointer.move(at(session, 0.9, 0.9))
    assert points(session) == [((0.2, 0.2),)]


def test_a_button_acts_only_if_it_is_let_go_where_it_was_pressed(session: Session) -> None:
    draw(session)
    session.pointer.press(button(session, CLEAR).center)
    assert session.pointer.pressed is CLEAR
    session.pointer.release(button(session, UNDO).center)
    assert not session.document.empty


def test_the_right_button_presses_no_button(session: Session) -> None:
    center = button(session, HELP).center
    session.pointer.press(center, erases=True)
    session.pointer.release(center)
    assert not session.help


def test_a_tooltip_comes_after_a_moment_and_goes_with_the_pointer(session: Session) -> None:
    session.start_frame(10)
    session.pointer.move(button(session, ERASER).center)
    session.start_frame(10)
    assert session.pointer.tooltip is None
    assert session.pointer.waiting
    session.start_frame(10 + TOOLTIP_AFTER)
    assert session.pointer.tooltip is ERASER
    assert "(E)" in session.pointer.tooltip.tooltip
    session.pointer.leave()
    assert session.pointer.tooltip is None
    assert not session.pointer.waiting


def test_a_click_closes_the_help_and_does_nothing_else(session: Session) -> None:
    session.do(HELP)
    draw(session)
    assert not session.help
    assert session.document.empty


def state(session: Session) -> object:
    """All that a user could see of a session."""
    session.start_frame(0)
    recognition = session.prediction.recognition
    switches = (
        session.grid,
        session.dark,
        session.help,
        session.eraser,
        session.prediction.live,
        session.closed,
    )
    return points(session), switches, recognition and recognition.digit, session.document.can_redo


@pytest.mark.parametrize("action", WITH_BUTTON, ids=lambda action: action.label)
def test_a_button_does_the_same_as_its_key(action: Action, make_session: Callable[[], Session]) -> None:
    by_key, by_button = make_session(), make_session()
    for session in (by_key, by_button):
        draw(session)
        draw(session)
        session.do(UNDO)
    untouched = state(by_key)
    assert state(by_button) == untouched
    by_key.do(action)
    click(by_button, action)
    assert state(by_key) == state(by_button)
    assert action is PREDICT or state(by_key) != untouched
