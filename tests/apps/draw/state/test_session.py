"""What the window does, tried without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.draw.state.actions import ACTIONS
from apps.draw.state.geometry import Point
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import THINNEST, WIDEST, Session
from backends.errors import BackendFailedError
from engine.data.strokes import Strokes
from engine.recognition.recognize import Recognition, State

if TYPE_CHECKING:
    from tests.apps.draw.conftest import FakeNetwork

PREDICT, CLEAR, UNDO, REDO, ERASER, _, WIDER, LIVE, *_rest, HELP, CLOSE = ACTIONS


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


def has_prediction(session: Session) -> bool:
    return session.prediction.recognition is not None


def points(session: Session) -> list[tuple[Point, ...]]:
    return [stroke.points for stroke in session.document.strokes]


# ---- The prediction --------------------------------------------------------------------------------


def test_an_empty_canvas_has_no_prediction(session: Session, network: FakeNetwork) -> None:
    session.start_frame(0)
    assert session.prediction.recognition.state is State.EMPTY
    assert session.prediction.recognition.digit is None
    assert not network.inputs


def test_the_drawing_is_recognized_while_it_is_drawn(session: Session) -> None:
    session.pointer.press(at(session, 0.2, 0.2))
    session.pointer.move(at(session, 0.4, 0.4))
    session.start_frame(0)
    assert session.prediction.recognition.digit == 1
    assert session.prediction.milliseconds is not None


def test_it_predicts_once_a_frame_and_only_if_points_changed(session: Session, network: FakeNetwork) -> None:
    session.pointer.press(at(session, 0.2, 0.2))
    for step in range(20):
        session.pointer.move(at(session, 0.2 + step / 50, 0.4))
    for now in range(5):
        session.start_frame(now)
    assert len(network.inputs) == 1
    session.pointer.release()
    session.pointer.move(at(session, 0.9, 0.9))
    session.start_frame(6)
    assert len(network.inputs) == 1


def test_clearing_drops_the_prediction_at_once(session: Session) -> None:
    draw(session)
    session.start_frame(0)
    assert session.prediction.recognition.digit == 1
    session.do(CLEAR)
    session.start_frame(0)
    assert session.prediction.recognition.digit is None
    assert session.prediction.milliseconds is None


def test_without_live_prediction_a_changed_drawing_has_none_until_asked(session: Session) -> None:
    draw(session)
    session.start_frame(0)
    session.do(LIVE)
    session.start_frame(0)
    assert session.prediction.recognition.digit == 1, "the drawing has not changed"
    draw(session)
    session.start_frame(1)
    assert not has_prediction(session)
    session.do(PREDICT)
    assert session.prediction.recognition.digit == 2
    session.do(CLEAR)
    session.start_frame(2)
    assert session.prediction.recognition.state is State.EMPTY


def test_the_brush_never_changes_the_input(session: Session, network: FakeNetwork) -> None:
    draw(session)
    session.start_frame(0)
    session.do(CLEAR)
    session.start_frame(0)
    for _ in range(9):
        session.do(WIDER)
    draw(session)
    session.start_frame(1)
    thin, wide = network.inputs
    assert thin == wide


# ---- Size and place ----------------------------------------------------------------------------


def test_resizing_keeps_the_drawing_and_the_prediction(session: Session, network: FakeNetwork) -> None:
    draw(session)
    session.start_frame(0)
    before = points(session)
    for size in [(820, 560), (2000, 1500), (30, 30), (1000, 640)]:
        session.resize(size)
        session.start_frame(1)
    assert points(session) == before
    assert len(network.inputs) == 1


def test_the_brush_has_limits(session: Session) -> None:
    session.widen_brush(1000)
    assert session.brush == WIDEST
    session.widen_brush(-1000)
    assert session.brush == THINNEST


# ---- Actions --------------------------------------------------------------------------


def test_a_disabled_action_does_nothing(session: Session) -> None:
    for action in (UNDO, REDO, CLEAR, PREDICT):
        assert not action.enabled(session)
        session.do(action)
    assert session.document.empty
    draw(session)
    assert all(action.enabled(session) for action in (UNDO, CLEAR, PREDICT))


def test_help_is_closed_by_escape_before_the_window_is(session: Session) -> None:
    session.do(HELP)
    session.do(CLOSE)
    assert (session.help, session.closed) == (False, False)
    session.do(CLOSE)
    assert session.closed


def test_a_backend_that_fails_leaves_the_drawing(session: Session, network: FakeNetwork) -> None:
    def fail(strokes: Strokes) -> Recognition:
        network.inputs.append(strokes)
        raise BackendFailedError("the backend mine failed")

    session.prediction = LivePrediction(fail)
    draw(session)
    for now in range(5):
        session.start_frame(now)
    assert session.prediction.failure == "the backend mine failed"
    assert session.prediction.recognition is None
    assert len(points(session)) == 1
    assert len(network.inputs) == 1, "it is not asked again for the same points"
    draw(session)
    session.start_frame(6)
    assert len(network.inputs) == 2
    session.prediction = LivePrediction(network.recognize)
    session.start_frame(7)
    assert session.prediction.failure is None
    assert session.prediction.recognition is not None
