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
from tests.apps.draw.acting import at, button, draw

pygame = pytest.importorskip("pygame")

from apps.draw import events  # noqa: E402
from apps.draw.events import key_names  # noqa: E402
from apps.draw.paint.theme import DARK  # noqa: E402
from apps.draw.window import DOZE, PATIENCE, Window  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

KEYS = {
    "Esc": pygame.K_ESCAPE,
    "Delete": pygame.K_DELETE,
    "F1": pygame.K_F1,
    "[": pygame.K_LEFTBRACKET,
    "]": pygame.K_RIGHTBRACKET,
    "Tab": pygame.K_TAB,
}


@pytest.fixture
def window(session: Session) -> Iterator[Window]:
    window = Window(session)
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


def drag(send: Callable[..., None], start: Point, end: Point, button: int = 1, **more: Any) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=start, button=button, **more)
    down = tuple(int(each in (button, 1)) for each in (1, 2, 3))
    send(pygame.MOUSEMOTION, pos=end, rel=(0, 0), buttons=down, **more)
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
    touch(pygame.FINGERMOTION, 0.25, 0.25)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    touch(pygame.FINGERMOTION, 0.9, 0.9, finger=8)
    touch(pygame.FINGERUP, 0.9, 0.9, finger=8)
    touch(pygame.FINGERMOTION, 0.3, 0.3)
    (stroke,) = session.document.strokes
    assert len(stroke.points) == 3
    touch(pygame.FINGERUP, 0.3, 0.3)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    assert len(session.document.strokes) == 2, "the next first finger is a first one again"


# ---- Keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [key for action in ACTIONS for key in action.keys])
def test_keys_are_recognized_as_they_are_written(written: str) -> None:
    assert key_names(pygame.Event(pygame.KEYDOWN, key_event(written)))[0] == written


def test_keys_without_ctrl_do_not_undo(session: Session, send: Callable[..., None]) -> None:
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    send(pygame.KEYDOWN, **key_event("Z"))
    assert not session.document.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Z"))
    assert session.document.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Shift+Z"))
    assert not session.document.empty


def test_the_window_closes(window: Window, session: Session) -> None:
    pygame.event.post(pygame.Event(pygame.KEYDOWN, key=pygame.K_ESCAPE))
    pygame.event.post(pygame.Event(pygame.QUIT))
    window.run()
    assert session.closed


def test_a_key_that_is_held_down_repeats_only_what_may_repeat(
    session: Session, send: Callable[..., None]
) -> None:
    for _ in range(3):
        draw(session)
    for _ in range(2):
        send(pygame.KEYDOWN, scancode=29, **key_event("Ctrl+Z"))
    assert len(session.document.strokes) == 1
    for _ in range(2):
        send(pygame.KEYDOWN, scancode=8, **key_event("E"))
    assert session.eraser, "and not off again"
    send(pygame.KEYUP, scancode=8, **key_event("E"))
    send(pygame.KEYDOWN, scancode=8, **key_event("E"))
    assert not session.eraser


# What a layout sends for a key: (its place, modifiers, key, what it types) and the names it must have.
CTRL, ALTGR, SHIFT = pygame.KMOD_LCTRL, pygame.KMOD_RALT, pygame.KMOD_LSHIFT
LAYOUTS: dict[str, tuple[int, int, int, str, tuple[str, ...]]] = {
    "German z types z": (28, 0, ord("z"), "z", ("Z",)),
    "German undo": (28, CTRL, ord("z"), "", ("Ctrl+Z",)),
    "German AltGr+8 is a bracket": (37, ALTGR, ord("8"), "[", ("[",)),
    "German AltGr+8 on Windows": (37, ALTGR | CTRL, ord("8"), "[", ("[",)),
    "German u-umlaut is where the bracket is": (47, 0, 0xFC, "ü", ("Ü", "[")),
    "AltGr+Q types an at and clears nothing": (20, ALTGR, ord("q"), "@", ("@",)),
    "Alt+Z undoes nothing": (29, pygame.KMOD_LALT | CTRL, ord("z"), "", ()),
    "French undo": (26, CTRL, ord("z"), "", ("Ctrl+Z",)),
    "French AltGr+5 is a bracket": (34, ALTGR, ord("5"), "[", ("[",)),
    "French digit row": (31, 0, 0xE9, "é", ("É", "2")),
    "Russian eraser": (8, 0, 0x443, "у", ("У", "E")),
    "Russian undo": (29, CTRL, 0x44F, "", ("Ctrl+Я", "Ctrl+Z")),
    "Russian redo": (29, CTRL | SHIFT, 0x44F, "", ("Ctrl+Shift+Я", "Ctrl+Shift+Z")),
    "Russian bracket": (47, 0, 0x445, "х", ("Х", "[")),
    "Greek clear": (20, 0, ord(";"), ";", (";",)),
    "Greek eraser": (8, 0, 0x3B5, "ε", ("Ε", "E")),
    "Greek undo": (29, CTRL, 0x3B6, "", ("Ctrl+Ζ", "Ctrl+Z")),
    "Hebrew eraser": (8, 0, 0x5E7, "ק", ("ק", "E")),
    "Dvorak undo": (56, CTRL, ord("z"), "", ("Ctrl+Z",)),
    "Dvorak apostrophe clears nothing": (20, 0, ord("'"), "'", ("'",)),
    "Dvorak slash is where the bracket is": (47, 0, ord("/"), "/", ("/", "[")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_keys_have_their_meaning_on_every_layout(layout: str) -> None:
    place, modifiers, key, typed, names = LAYOUTS[layout]
    event = pygame.Event(pygame.KEYDOWN, scancode=place, mod=modifiers, key=key, unicode=typed)
    assert key_names(event) == names


def test_a_key_without_a_meaning_of_its_own_counts_by_its_place(
    session: Session, send: Callable[..., None]
) -> None:
    draw(session)
    send(pygame.KEYDOWN, scancode=29, mod=CTRL, key=0x44F, unicode="")
    assert session.document.empty


# ---- Without a mouse -----------------------------------------------------------------------------


def press(send: Callable[..., None], *keys: int, mod: int = 0) -> None:
    for key in keys:
        send(pygame.KEYDOWN, key=key, mod=mod, unicode="")
        send(pygame.KEYUP, key=key, mod=mod, unicode="")


def test_a_drawing_can_be_made_with_keys_alone(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    press(send, pygame.K_UP, pygame.K_UP)
    assert session.pointer.ring.center == pytest.approx(at(session, 0.5, 0.5 - 1 / 28))
    press(send, pygame.K_SPACE, *[pygame.K_DOWN] * 5, pygame.K_SPACE, pygame.K_DOWN)
    (stroke,) = session.document.strokes
    assert stroke.points[0] == pytest.approx((0.5, 0.5 - 1 / 28))
    assert stroke.points[-1] == pytest.approx((0.5, 0.5 + 4 / 28))
    assert not session.document.busy
    assert window.title == "inkdigits – 1 (90%)"
    send(pygame.MOUSEMOTION, pos=(5, 5), rel=(0, 0), buttons=(0, 0, 0))
    assert session.pointer.ring is None, "the mouse takes over"


def test_every_button_can_be_reached_and_pressed_with_keys(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    draw(session)
    reached = []
    for _ in range(30):
        press(send, pygame.K_TAB)
        if session.keyboard.focus is None:
            break
        reached.append(session.keyboard.focus.label)
        box = session.keyboard.focused
        assert pixel(window, (box.center[0], box.y - 3)) == DARK.ink, "the focus is to be seen"
    assert {"Undo", "Eraser", "Clear", "Answer", "Menu"} <= set(reached)
    assert "Redo" not in reached, "it is disabled"
    while session.keyboard.focus is None or session.keyboard.focus.label != "Clear":
        press(send, pygame.K_TAB, mod=SHIFT)
    press(send, pygame.K_RETURN)
    assert session.document.empty
    press(send, pygame.K_ESCAPE)
    assert session.keyboard.focus is None


def test_the_menu_keeps_the_focus(session: Session, send: Callable[..., None]) -> None:
    press(send, pygame.K_F1)
    for _ in range(3):
        press(send, pygame.K_DOWN) if session.keyboard.focus else press(send, pygame.K_TAB)
        assert session.keyboard.focus in session.touchable[0].buttons
    press(send, pygame.K_ESCAPE)
    assert session.panel is None


# ---- Time ---------------------------------------------------------------------------------------


def test_what_does_not_change_is_not_painted(window: Window, send: Callable[..., None]) -> None:
    window.paint()
    assert window._screen.painted == []
    assert not window._screen.paint(window.surface)
    send(pygame.MOUSEMOTION, pos=(5, 5), rel=(0, 0), buttons=(0, 0, 0))
    assert window._screen.painted == []
    assert not window._screen.paint(window.surface)


class Ticking:
    """Time that only goes on in waiting, and events that come at times; counts how often it wakes up."""

    def __init__(self, *events: tuple[float, Any]) -> None:
        self.now = 0.0
        self.events = list(events)
        self.woken: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.woken.append(self.now)

    def wait(self, timeout: int) -> Any:
        """As SDL does: look for events a thousand times a second."""
        end = self.now + timeout / 1000
        while self.now < end and not (self.events and self.events[0][0] <= self.now):
            self.sleep(0.001)
        return (self.get() or [pygame.Event(pygame.NOEVENT)])[0]

    def get(self) -> list[Any]:
        come = [event for time, event in self.events if time <= self.now]
        self.events = self.events[len(come) :]
        return come


def ticking(session: Session, *events: tuple[float, Any]) -> tuple[Window, Ticking]:
    time = Ticking(*events)
    return Window(session, clock=time.clock, sleep=time.sleep, events=time), time


def motion(session: Session, x: float) -> Any:
    return pygame.Event(pygame.MOUSEMOTION, pos=at(session, x, 0.5), rel=(0, 0), buttons=(0, 0, 0))


def test_an_idle_window_wakes_up_fewer_than_20_times_a_second(session: Session) -> None:
    window, time = ticking(session, (0.1, motion(session, 0.5)))
    while time.now < 4:
        window.step()
    assert len([each for each in time.woken if 2 <= each < 3]) < 20
    window.close()


def test_a_moving_mouse_paints_no_view_but_the_row_of_the_button_under_it(session: Session) -> None:
    draw(session)
    window, time = ticking(session, *((1 + x / 10, motion(session, x / 10)) for x in range(1, 5)))
    while time.now < 1.5:
        before = session.pointer.position
        window.step()
        assert session.pointer.position == before or window._screen.painted == []
    time.events.append((2.0, pygame.Event(pygame.MOUSEMOTION, pos=button(session, ACTIONS[2]).center)))
    time.events[-1][1].buttons = (0, 0, 0)
    while session.pointer.hovered is None:
        window.step()
    assert len(window._screen.painted) == 1
    window.close()


def test_an_event_is_painted_at_once_while_the_window_is_awake(session: Session) -> None:
    window, _ = ticking(session, (0.1, motion(session, 0.2)), (0.5, motion(session, 0.5)))
    while session.pointer.position != at(session, 0.5, 0.5):
        window.step()
    assert session.now - 0.5 < 0.003
    window.close()


def test_a_dozing_window_sees_an_event_soon(session: Session) -> None:
    window, _ = ticking(session, (0.1, motion(session, 0.2)), (5.0, motion(session, 0.5)))
    assert PATIENCE < 4
    while session.pointer.position != at(session, 0.5, 0.5):
        window.step()
    assert session.now - 5.0 <= DOZE + 0.001
    window.close()


def test_frames_are_no_more_than_120_a_second(session: Session) -> None:
    window, time = ticking(session, *((i / 1000, motion(session, i / 1000)) for i in range(1000)))
    frames = 0
    while time.now < 1:
        window.step()
        frames += 1
    assert 100 < frames <= 122
    window.close()


def test_waiting_for_a_worker_leaves_the_processor_to_it(session: Session) -> None:
    window, time = ticking(session)
    session.jobs.append(iter(range(10**6)))
    window.step()
    frames, started = 0, time.now
    while frames < 60:
        window.step()
        frames += 1
    assert time.now - started >= 60 / 122, "it sleeps between frames though nothing is painted"
    window.close()


def test_a_tooltip_comes_although_nothing_happens(session: Session) -> None:
    place = button(session, ACTIONS[2]).center
    hover = pygame.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(0, 0, 0))
    window, time = ticking(session, (0.1, hover))
    while session.pointer.tooltip is None and time.now < 3:
        window.step()
    assert 0.6 <= time.now < 0.6 + DOZE + 0.01
    window.close()


# ---- Lost events --------------------------------------------------------------------------------


def test_a_button_that_went_up_unseen_does_not_draw_on(session: Session, send: Callable[..., None]) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1)
    send(pygame.MOUSEMOTION, pos=at(session, 0.4, 0.5), rel=(0, 0), buttons=(1, 0, 0))
    send(pygame.MOUSEMOTION, pos=at(session, 0.9, 0.5), rel=(0, 0), buttons=(0, 0, 0))
    (stroke,) = session.document.strokes
    assert stroke.points[-1] == pytest.approx((0.4, 0.5))


def test_a_resting_palm_gives_way_to_the_finger_that_draws(
    session: Session, touch: Callable[..., None]
) -> None:
    touch(pygame.FINGERDOWN, 0.8, 0.9, finger=1)
    touch(pygame.FINGERMOTION, 0.805, 0.9, finger=1)
    touch(pygame.FINGERDOWN, 0.2, 0.2, finger=2)
    touch(pygame.FINGERMOTION, 0.5, 0.5, finger=2)
    touch(pygame.FINGERUP, 0.8, 0.9, finger=1)
    touch(pygame.FINGERUP, 0.5, 0.5, finger=2)
    (stroke,) = session.document.strokes
    np.testing.assert_allclose(stroke.points, [(0.2, 0.2), (0.5, 0.5)], atol=1e-9)
