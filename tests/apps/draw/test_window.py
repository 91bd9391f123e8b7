"""The real event loop, on a display that is only pretended: events go in, pictures and answers come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import FIRST_SIZE
from apps.draw.state.session import Session

pygame = pytest.importorskip("pygame")

from apps.draw import events  # noqa: E402
from apps.draw.events import key_name  # noqa: E402
from apps.draw.paint.theme import DARK, LIGHT  # noqa: E402
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
def window(session: Session) -> Window:
    made = Window(session, Facts("numpy", "model.json", 0.98))
    pygame.event.clear()
    return made


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


def test_a_mouse_draws_and_the_title_tells_the_answer(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    assert window.title == "inkdigits"
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    assert len(session.drawing.strokes) == 1
    assert pixel(window, at(session, 0.4, 0.5)) == DARK.ink
    assert window.title == "inkdigits – 1 (90 %)"
    send(pygame.KEYDOWN, **key_event("Q"))
    assert window.title == "inkdigits"
    assert pixel(window, at(session, 0.4, 0.5)) != DARK.ink


def test_the_right_button_erases_and_the_middle_one_does_nothing(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    drag(send, at(session, 0.4, 0.3), at(session, 0.4, 0.7), button=2)
    assert len(session.drawing.strokes) == 1
    drag(send, at(session, 0.4, 0.3), at(session, 0.4, 0.7), button=3)
    assert len(session.drawing.strokes) == 2


def test_a_second_button_does_not_end_the_line(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1)
    drag(send, at(session, 0.3, 0.5), at(session, 0.4, 0.5), button=3)
    assert session.drawing.busy
    assert len(session.drawing.strokes) == 1


def test_the_wheel_widens_the_brush(session: Session, send: Callable[..., None]) -> None:
    width = session.width
    send(pygame.MOUSEWHEEL, x=0, y=1, precise_y=1.0)
    assert session.width > width


def test_a_line_ends_when_the_keyboard_goes_elsewhere(session: Session, send: Callable[..., None]) -> None:
    send(pygame.MOUSEBUTTONDOWN, pos=at(session, 0.2, 0.5), button=1)
    send(pygame.WINDOWFOCUSLOST)
    send(pygame.MOUSEMOTION, pos=at(session, 0.8, 0.5), rel=(0, 0), buttons=(0, 0, 0))
    assert len(session.drawing.strokes[0].points) == 1


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
    (stroke,) = session.drawing.strokes
    np.testing.assert_allclose(stroke.points, [(0.25, 0.25), (0.5, 0.5)], atol=1e-9)
    assert session.ring is None, "a lifted finger is nowhere"


def test_only_the_first_finger_counts(session: Session, touch: Callable[..., None]) -> None:
    touch(pygame.FINGERDOWN, 0.2, 0.2)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    touch(pygame.FINGERMOTION, 0.9, 0.9, finger=8)
    touch(pygame.FINGERUP, 0.9, 0.9, finger=8)
    touch(pygame.FINGERMOTION, 0.3, 0.3)
    (stroke,) = session.drawing.strokes
    assert len(stroke.points) == 2
    touch(pygame.FINGERUP, 0.3, 0.3)
    touch(pygame.FINGERDOWN, 0.8, 0.8, finger=8)
    assert len(session.drawing.strokes) == 2, "the next first finger is a first one again"


# ---- Keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "action"), [(key, action) for action, entry in ACTIONS.items() for key in entry.keys]
)
def test_keys_are_recognised_as_they_are_written(written: str, action: Action) -> None:
    assert key_name(pygame.Event(pygame.KEYDOWN, key_event(written))) == written


def test_keys_without_ctrl_do_not_undo(session: Session, send: Callable[..., None]) -> None:
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    send(pygame.KEYDOWN, **key_event("Z"))
    assert not session.drawing.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Z"))
    assert session.drawing.empty
    send(pygame.KEYDOWN, **key_event("Ctrl+Shift+Z"))
    assert not session.drawing.empty


@pytest.mark.parametrize("close", [{"key": pygame.K_ESCAPE}, None])
def test_the_window_closes(window: Window, session: Session, close: dict[str, Any] | None) -> None:
    event = pygame.Event(pygame.KEYDOWN, close) if close else pygame.Event(pygame.QUIT)
    pygame.event.post(event)
    window.run()
    assert session.closed


# ---- Pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(820, 560), (1000, 640), (1700, 900), (900, 1300), (300, 200)])
@pytest.mark.parametrize("dark", [True, False])
def test_every_state_can_be_painted_at_every_size(
    window: Window, session: Session, send: Callable[..., None], size: tuple[int, int], dark: bool
) -> None:
    window.resize(size)
    session.dark = dark
    theme = DARK if dark else LIGHT
    send(pygame.WINDOWEXPOSED)
    assert pixel(window, (1, 1)) == theme.ground
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    for name in ("G", "E", "L", "H"):
        send(pygame.KEYDOWN, **key_event(name))
    session.do(Action.HELP)
    session.move(session.layout.buttons[Action.GRID].center)
    window.paint(1e9, 1 / 60)
    assert session.tooltip is Action.GRID


def test_the_network_s_picture_is_shown_pixel_by_pixel(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    seen = session.layout.seen
    send(pygame.WINDOWEXPOSED)
    assert pixel(window, seen.center) == DARK.paper
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    assert pixel(window, seen.center) == DARK.ink, "the made-up network says that it saw ink everywhere"


def test_bars_ease_to_their_values_and_empty_at_once(
    window: Window, session: Session, send: Callable[..., None]
) -> None:
    bar = session.layout.bars[1]
    three_quarters = bar.x + bar.width * 0.7, bar.center[1]
    drag(send, at(session, 0.2, 0.5), at(session, 0.8, 0.5))
    for _ in range(30):
        window.step()
    assert pixel(window, three_quarters) == DARK.accent
    send(pygame.KEYDOWN, **key_event("Q"))
    assert pixel(window, three_quarters) == DARK.raised


def test_an_idle_window_does_not_paint(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        window.step()
    pygame.event.clear()
    painted: list[float] = []
    monkeypatch.setattr(window, "paint", lambda now, seconds: painted.append(now))
    window.step()
    assert not painted
