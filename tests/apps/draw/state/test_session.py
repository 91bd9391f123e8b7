"""What the window does, tried without a window."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from apps.draw.state.document import PenStroke
from apps.draw.state.live_prediction import MANY_POINTS, LivePrediction
from apps.draw.state.session import REST, THINNEST, WIDEST, Session
from backends.errors import BackendFailedError
from engine.data.strokes import Strokes, strokes_to_image
from engine.recognition.recognize import Recognition, State
from tests.apps.draw.acting import (
    CLEAR,
    CLOSE,
    LIVE,
    MENU,
    PREDICT,
    QUIT,
    REDO,
    THICKER,
    UNDO,
    at,
    click,
    drag,
    draw,
    points,
)

if TYPE_CHECKING:
    from tests.apps.draw.conftest import FakeNetwork


def has_prediction(session: Session) -> bool:
    return session.prediction.recognition is not None


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


def test_a_prediction_goes_when_more_is_drawn_and_it_is_not_live(session: Session) -> None:
    session.prediction.toggle_live()
    draw(session)
    session.prediction.run(session.document.strokes)
    session.start_frame(0)
    assert session.prediction.milliseconds is not None
    draw(session)
    session.start_frame(1)
    assert session.prediction.recognition is None
    assert session.prediction.milliseconds is None


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
        session.do(THICKER)
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


def test_escape_closes_the_menu_and_never_the_window(session: Session) -> None:
    session.do(MENU)
    assert session.panel == "menu"
    session.do(CLOSE)
    assert session.panel is None
    session.do(CLOSE)
    assert not session.closed
    session.do(QUIT)
    assert session.closed


def test_no_key_reaches_what_is_behind_the_menu(session: Session) -> None:
    draw(session)
    session.do(MENU)
    for key in ("Q", "Ctrl+Z", "E", "G", "Space", "Right", "L", "Ctrl+1"):
        session.do_key(key)
    assert len(points(session)) == 1
    assert (session.eraser, session.grid, session.prediction.live) == (False, True, True)
    session.do_key("H")
    assert session.panel is None


def test_a_row_of_the_menu_does_what_its_action_does(session: Session) -> None:
    draw(session)
    session.do(MENU)
    menu = next(view for view in session.overlays if view.name == "menu")
    row = next(row for row in menu.buttons if row.label == "Clear")
    click(session, row)
    assert session.panel is None
    assert session.document.empty


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


# ---- Guesses -------------------------------------------------------------------------------------


@pytest.fixture
def refusing(network: FakeNetwork, make_session: Callable[[], Session]) -> Session:
    """A session whose network takes nothing for a digit."""
    session = make_session()

    def refuse(strokes: Strokes) -> Recognition:
        return replace(network.recognize(strokes), state=State.NOT_A_DIGIT if strokes else State.EMPTY)

    session.prediction = LivePrediction(refuse, needed=0.93)
    session.start_frame(100.0)
    return session


def test_an_unfinished_digit_is_guessed_at_and_never_refused(refusing: Session) -> None:
    session = refusing
    session.pointer.press(at(session, 0.2, 0.2))
    for step in range(1, 30):
        session.pointer.move(at(session, 0.2 + step / 50, 0.4))
        session.start_frame(100 + step / 10)
        assert session.guessing
        assert session.words.headline == "1 so far"
        assert not session.words.certain
        assert session.title == "inkdigits"
    session.pointer.release()
    session.start_frame(103.0)
    assert session.guessing, "the next stroke may follow"
    assert session.due == pytest.approx(102.9 + REST)
    session.start_frame(102.9 + REST)
    assert session.words.headline == "Not a digit"
    assert session.title == "inkdigits – not a digit"
    assert session.due is None


def test_a_digit_is_an_answer_as_soon_as_the_pen_is_lifted(session: Session) -> None:
    session.start_frame(50)
    session.pointer.press(at(session, 0.2, 0.2))
    session.pointer.move(at(session, 0.5, 0.5))
    session.start_frame(50.1)
    assert session.guessing
    session.pointer.release()
    session.start_frame(50.11)
    assert session.words.certain
    assert session.title == "inkdigits – 1 (90%)"


def test_an_asked_prediction_is_final_at_once(refusing: Session) -> None:
    session = refusing
    session.do(LIVE)
    draw(session)
    session.start_frame(101)
    session.do(PREDICT)
    assert session.words.headline == "Not a digit"


# ---- What is left out ---------------------------------------------------------------------------


def test_stray_touches_are_those_that_the_network_does_not_get(session: Session) -> None:
    drag(session, (0.3, 0.2), (0.3, 0.8))
    drag(session, (0.6, 0.4), (0.6, 0.41))
    drag(session, (0.5, 0.4), (0.5, 0.45))
    session.start_frame(1)
    assert session.left_out == session.document.strokes[1:2]
    rest = [stroke.points for stroke in session.document.strokes if stroke not in session.left_out]
    np.testing.assert_array_equal(strokes_to_image(rest), strokes_to_image(points(session)))


def test_a_mark_is_judged_when_the_pen_is_lifted(session: Session) -> None:
    drag(session, (0.3, 0.2), (0.3, 0.8))
    session.pointer.press(at(session, 0.6, 0.4))
    session.start_frame(1)
    assert not session.left_out
    session.pointer.release(at(session, 0.6, 0.4))
    session.start_frame(2)
    assert len(session.left_out) == 1


# ---- Many points --------------------------------------------------------------------------------


class Later(Executor):
    """A worker that works when it is told to."""

    def __init__(self) -> None:
        self.work: list[Callable[[], None]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.work.append(lambda: future.set_result(fn(*args)))
        return future


def test_a_drawing_with_many_points_is_recognized_by_the_worker(
    session: Session, network: FakeNetwork
) -> None:
    worker = Later()
    session.prediction = LivePrediction(network.recognize, worker=worker)
    drag(session, (0.1, 0.1), *((0.1 + i / 5000, 0.5 + i % 2 / 9) for i in range(MANY_POINTS)))
    session.start_frame(1)
    session.start_frame(2)
    assert len(worker.work) == 1
    assert session.prediction.pending
    draw(session)
    worker.work.pop()()
    session.start_frame(3)
    assert session.prediction.recognition.digit == 1
    assert session.guessing, "a stroke was added meanwhile"
    worker.work.pop()()
    session.start_frame(4)
    assert session.words.headline == "90% sure"
    assert not session.guessing
    assert session.prediction.recognition.digit == 2


def test_what_goes_wrong_in_the_worker_is_not_lost() -> None:
    def no_memory(strokes: Any) -> Any:
        raise MemoryError

    class AtOnce(Executor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            try:
                future.set_result(fn(*args))
            except Exception as error:
                future.set_exception(error)
            return future

    prediction = LivePrediction(no_memory, worker=AtOnce())
    many = (PenStroke(tuple((i / 5000, 0.5) for i in range(MANY_POINTS + 1)), 0.05),)
    prediction.update(many)
    with pytest.raises(MemoryError):
        prediction.update(many)
