"""The real event loop, on a display that is only pretended: events go in, a drawing and a title come out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from apps.draw.state.actions import ACTIONS
from apps.draw.state.geometry import Point
from apps.draw.state.layout import FIRST_SIZE
from apps.draw.state.session import Session

pygame = pytest.importorskip("pygame")

from apps.draw import events  # noqa: E402
from apps.draw.events import key_name  # noqa: E402
from apps.draw.paint.theme import DARK  # noqa: E402
from apps.draw.views.network_input import Facts  # noqa: E402
from apps.draw.window import Window  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

KEYS = {
    "Esc": pygame.K_ESCAPE,
    "Delete": pygame.K_DELETE,
    "F1": pygame.K_F1,
    "[": pygame.K_LEFTBRACKET,
    "]": pygame.K_RIGHTBRACKET,
}


@pytest.fixture
def window(session: Session) -> Iterator[Window]:
    window = Window(session, Facts("numpy", "model.json", 0.98))
    pygame.event.clear()
    yield window
    with contextlib.suppress(pygame.error):  # it is closed already
        window.close()


@pytest.fixture
def send(window: Window) -> Callable[..., None]:
    """Post an event and let the window run for one frame."""

    def post(kind: int, **what: Any) -> None:
        pygame.event.post(pygame.Event(kind, what))
        window.step()

    return post


def key_event(written: str) -> dict[str, Any]:
    """What Pygame says when a key is pressed that is written like this."""
    *modifiers, name = written.split("+")
    mod = (pygame.KMOD_LCTRL if "Ctrl" in modifiers else 0) | (
        pygame.KMOD_LSHIFT if "Shift" in modifiers else 0
    )
    typed = "" if modifiers or len(name) > 1 else name.lower()
    key = KEYS[name] if name in KEYS else pygame.key.key_code(name.lower())
    return {"key": key, "mod": mod, "unicode": typed}


def at(session: Session, x: float, y: float) -> Point:
    canvas = session.layout.canvas
    return canvas.x + x * canvas.width, canvas.y + y * canvas.height


def drag(send: Callable[..., None], start: Point, end: Point, button: int = 1, **more: Any) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=start, button=button, **more)
    send(pygame.MOUSEMOTION, pos=end, rel=(0, 0), buttons=(1, 0, 0), **more)
    send(pygame.MOUSEBUTTONUP, pos=end, button=button, **more)


def pixel(window: Window, at: Point) -> tuple[int, ...]:
    return tuple(window.surface.get_at((round(at[0]), round(at[1]))))[:3]


# ---- Mouse -------------------------------------------------------------------------------------


def test_a_mouse_draws_and_the_title_shows_the_prediction(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    assert window.title == "inkdigits"
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    assert len(session.document.strokes) == 1
    assert pixel(window, at(session, 0.4, 0.5)) == DARK.ink
    assert window.title == "inkdigits – 1 (90%)"
    send(pygame.KEYDOWN, **key_event("Q"))
    assert window.title == "inkdigits"
    assert pixel(window, at(session, 0.4, 0.5)) != DARK.ink


def test_the_right_button_erases_and_the_middle_one_does_nothing(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    drag(send, at(session, 0.4, 0.3), at(session, 0.4, 0.7), button=2)
    assert len(session.document.strokes) == 1
    drag(send, at(session, 0.4, 0.3), at(session, 0.4, 0.7), button=3)
    assert len(session.document.strokes) == 2


def test_a_second_button_does_not_end_the_line(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1)
    drag(send, at(session, 0.3, 0.5), at(session, 0.4, 0.5), button=3)
    assert session.document.busy
    assert len(session.document.strokes) == 1


def test_the_wheel_widens_the_brush(session: Session, send: Callable[..., None]) -> None:
    width = session.brush
    send(pygame.MOUSEWHEEL, x=0, y=1, precise_y=1.0)
    assert session.brush > width


def test_a_line_ends_when_the_window_loses_focus(session: Session, send: Callable[..., None]) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1)
    send(pygame.WINDOWFOCUSLOST)
    send(pygame.MOUSEMOTION, pos=at(session, 0.8, 0.5), rel=(0, 0), buttons=(0, 0, 0))
    assert len(session.document.strokes[0].points) == 1


# ---- Fingers -----------------------------------------------------------------------------------


@pytest.fixture
def touch(
    session: Session, send: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """A finger event at a place on the canvas, and the mouse event that SDL makes of it."""
    monkeypatch.setattr(events, "FINGERS", True)
    twins: dict[int, tuple[int, dict[str, Any]]] = {
        pygame.FINGERDOWN: (pygame.MOUSEBUTTONDOWN, {"button": 1}),
        pygame.FINGERMOTION: (pygame.MOUSEMOTION, {"rel": (0, 0), "buttons": (1, 0, 0)}),
        pygame.FINGERUP: (pygame.MOUSEBUTTONUP, {"button": 1}),
    }

    def post(kind: int, x: float, y: float, finger: int = 7) -> None:
        place = at(session, x, y)
        fraction = {"x": place[0] / FIRST_SIZE[0], "y": place[1] / FIRST_SIZE[1]}
        send(kind, touch_id=1, finger_id=finger, **fraction)
        twin, what = twins[kind]
        send(twin, pos=(place[0] + 5, place[1] + 5), touch=True, **what)

    return post


def test_a_finger_draws_and_its_mouse_twin_does_not(session: Session, touch: Callable[..., None]) -> None:
    touch(pygame.FINGERDOWN, 0.25, 0.25)
    touch(pygame.FINGERMOTION, 0.5, 0.5)
    touch(pygame.FINGERUP, 0.5, 0.5)
    (stroke,) = session.document.strokes
    np.testing.assert_allclose(stroke.points, [(0.25, 0.25), (0.5, 0.5)], atol=1e-9)
    assert session.pointer.ring is None, "a lifted finger is nowhere"


def test_only_the_first_finger_counts(session: Session, touch: Callable[..., None]) -> None:
    touch(pygame.FINGERDOWN, 0.2, 0.2)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    touch(pygame.FINGERMOTION, 0.9, 0.9, finger=8)
    touch(pygame.FINGERUP, 0.9, 0.9, finger=8)
    touch(pygame.FINGERMOTION, 0.3, 0.3)
    (stroke,) = session.document.strokes
    assert len(stroke.points) == 2
    touch(pygame.FINGERUP, 0.3, 0.3)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    assert len(session.document.strokes) == 2, "the next first finger is a first one again"


# ---- Keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [key for action in ACTIONS for key in action.keys])
def test_keys_are_recognized_as_they_are_written(written: str) -> None:
    assert key_name(pygame.Event(pygame.KEYDOWN, key_event(written))) == written


def test_keys_without_ctrl_do_not_undo(session: Session, send: Callable[..., None]) -> None:
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    send(pygame.KEYDOWN, **key_event("Z"))
    assert not session.document.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Z"))
    assert session.document.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Shift+Z"))
    assert not session.document.empty


@pytest.mark.parametrize("close", [{"key": pygame.K_ESCAPE}, None])
def test_the_window_closes(window: Window, session: Session, close: dict[str, Any] | None) -> None:
    event = pygame.Event(pygame.KEYDOWN, close) if close else pygame.Event(pygame.QUIT)
    pygame.event.post(event)
    window.run()
    assert session.closed


# ---- Time ---------------------------------------------------------------------------------------


def test_an_idle_window_does_not_paint(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        window.step()
    pygame.event.clear()
    painted: list[bool] = []
    monkeypatch.setattr(window, "paint", lambda: painted.append(True))
    window.step()
    assert not painted


class Recording:
    """Events from a list, one a frame, where `pygame.event` would be."""

    def __init__(self, *events: Any) -> None:
        self._events = list(events)

    def poll(self) -> Any:
        return self._events.pop(0) if self._events else pygame.Event(pygame.NOEVENT)

    def wait(self, timeout: int) -> Any:
        return self.poll()

    def get(self) -> list[Any]:
        return []


def test_a_recording_is_replayed_on_its_own_clock(session: Session) -> None:
    press, drag, lift = (
        pygame.Event(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1),
        pygame.Event(pygame.MOUSEMOTION, pos=at(session, 0.8, 0.5), rel=(0, 0), buttons=(1, 0, 0)),
        pygame.Event(pygame.MOUSEBUTTONUP, pos=at(session, 0.8, 0.5), button=1),
    )
    close = pygame.Event(pygame.QUIT)
    times: list[float] = []

    def clock() -> float:
        times.append(len(times) / 100)
        return times[-1]

    window = Window(
        session,
        Facts("numpy", "model.json", 0.98),
        clock=clock,
        sleep=lambda seconds: None,
        events=Recording(press, drag, lift, close),
    )
    window.run()
    (stroke,) = session.document.strokes
    np.testing.assert_allclose(stroke.points, [(0.2, 0.5), (0.8, 0.5)])
    assert session.now in times
