"""What follows the pointer: drawing, erasing, the slider, buttons and their tooltips."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.layout import Box
from apps.draw.state.pointer import TOOLTIP_AFTER
from apps.draw.state.session import THINNEST, WIDEST, Session
from tests.apps.draw.acting import (
    CLEAR,
    ERASER,
    LIVE,
    MENU,
    PREDICT,
    UNDO,
    at,
    button,
    click,
    drag,
    draw,
    points,
)

pytest.importorskip("pygame")

from apps.draw.views.tools import ToolsView

WITH_BUTTON = [action for action in ACTIONS if action.place is not None]


def slider(session: Session) -> Box:
    return next(view.slider for view in session.views if isinstance(view, ToolsView))


def test_a_line_may_begin_beside_the_canvas(session: Session) -> None:
    session.pointer.press(at(session, -0.01, 0.5))
    assert session.document.empty
    session.pointer.move(at(session, 0.5, 0.5))
    session.pointer.release(at(session, 0.5, 0.5))
    ((start, end),) = points(session)
    assert start == pytest.approx((0, 0.5))
    assert end == pytest.approx((0.5, 0.5))
    session.pointer.press((1, 1))
    session.pointer.release((1, 1))
    assert len(points(session)) == 1
    assert session.document.can_undo
    session.do(UNDO)
    assert session.document.empty, "a press that drew nothing is no change"


def test_a_press_on_a_button_or_the_slider_draws_nothing(session: Session) -> None:
    for box in (slider(session), button(session, ERASER), button(session, MENU)):
        session.pointer.press(box.center)
        session.pointer.move(at(session, 0.5, 0.5))
        session.pointer.release(at(session, 0.5, 0.5))
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
    center = button(session, MENU).center
    session.pointer.press(center, erases=True)
    session.pointer.release(center)
    assert session.panel is None


def test_a_tooltip_comes_after_a_moment_and_goes_with_the_pointer(session: Session) -> None:
    session.start_frame(10)
    session.pointer.move(button(session, ERASER).center)
    session.start_frame(10)
    assert session.pointer.tooltip is None
    assert session.due == 10 + TOOLTIP_AFTER
    session.start_frame(10 + TOOLTIP_AFTER)
    assert session.pointer.tooltip is ERASER
    assert "(E)" in session.pointer.tooltip.tooltip
    session.pointer.leave()
    assert session.pointer.tooltip is None
    assert session.due is None


def test_a_click_beside_the_menu_closes_it_and_does_nothing_else(session: Session) -> None:
    session.do(MENU)
    session.pointer.press((3, 3))
    session.pointer.release((3, 3))
    assert session.panel is None
    assert session.document.empty


def state(session: Session) -> object:
    """All that a user could see of a session."""
    session.start_frame(0)
    recognition = session.prediction.recognition
    switches = (
        session.grid,
        session.dark,
        session.panel,
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
        if not action.shown(session):
            session.do(LIVE)
    untouched = state(by_key)
    assert state(by_button) == untouched
    if action.label == "Save":
        return  # has no files here; see test_files.py
    by_key.do(action)
    click(by_button, action)
    assert state(by_key) == state(by_button)
    assert action is PREDICT or state(by_key) != untouched
