"""The window: opens, handles events, and paints a frame when something changed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import pygame

from apps.draw.events import EventHandler
from apps.draw.paint.painter import Painter, app_icon
from apps.draw.paint.theme import DARK, LIGHT
from apps.draw.state.actions import Action
from apps.draw.state.layout import FIRST_SIZE, SMALLEST_SIZE
from apps.draw.state.session import Session
from apps.draw.views.answer import AnswerView
from apps.draw.views.bars import BarsView
from apps.draw.views.canvas import CanvasView
from apps.draw.views.help import HelpView
from apps.draw.views.network_input import Facts, NetworkInputView
from apps.draw.views.tools import SwitchesView, ToolsView
from apps.draw.views.view import View
from apps.messages import NAME, window_title
from backends.errors import InkdigitsError

FRAME = 1 / 60  # seconds
IDLE = 0.25  # seconds to sleep at most while nothing happens
SETTINGS = {
    "SDL_MOUSE_FOCUS_CLICKTHROUGH": "1",  # otherwise the click that activates the window is lost
    "XDG_RUNTIME_DIR": os.devnull,  # if it is not set, Wayland's library prints an error
}
INVISIBLE = ("offscreen", "dummy")  # the drivers that SDL silently falls back to


def start_display() -> None:
    """Start the parts of Pygame that a window needs; its sound prints errors without a sound card.

    Raises
    ------
    InkdigitsError
        There is no display.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        pygame.display.init()
        pygame.font.init()
    except pygame.error as error:
        raise InkdigitsError(f"no window can be opened: {error}; run this on a desktop") from None
    if pygame.display.get_driver() in INVISIBLE and not os.environ.get("SDL_VIDEODRIVER"):
        pygame.display.quit()
        raise InkdigitsError(
            "there is no display to open a window on; run this on a desktop, or use `inkdigits predict` "
            "for picture files"
        )


class EventSource(Protocol):
    """Where events come from: `pygame.event`, or a recording of it."""

    def poll(self) -> pygame.Event: ...

    def wait(self, timeout: int) -> pygame.Event: ...

    def get(self) -> list[pygame.Event]: ...


def make_views(facts: Facts, actions: Sequence[Action]) -> list[View]:
    """Make every view, the topmost last."""
    return [
        CanvasView(),
        AnswerView(),
        BarsView(),
        NetworkInputView(facts),
        ToolsView(actions),
        SwitchesView(actions),
        HelpView(),
    ]


class Window:
    """A window that shows a session until it is closed.

    Parameters
    ----------
    session : Session
        What the window shows and changes.
    facts : Facts
        The backend and the model.
    clock : callable
        Returns the time in seconds.
    sleep : callable
        Waits for that many seconds.
    events : EventSource
        Where events come from.
    """

    def __init__(
        self,
        session: Session,
        facts: Facts,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        events: EventSource = pygame.event,
    ) -> None:
        self._session = session
        self._clock, self._sleep, self._events = clock, sleep, events
        self._handler = EventHandler(session)
        self._animating = True
        self._views = make_views(facts, session.actions)
        self._window = pygame.Window(NAME, _first_size(), resizable=True, hidden=True)
        self._window.minimum_size = SMALLEST_SIZE
        self._window.set_icon(app_icon())
        self._cursor_visible = True
        session.attach(self._views)
        session.resize(self.size)
        self.paint()  # shown when it is painted: SDL makes another window for the first surface
        self._window.show()

    @property
    def surface(self) -> pygame.Surface:
        """What is painted on; another one after each change of size."""
        return self._window.get_surface()

    @property
    def title(self) -> str:
        """The title shows the prediction in the task bar, to screen readers and to tests."""
        return self._window.title

    @property
    def size(self) -> tuple[int, int]:
        """The size in pixels."""
        width, height = self._window.size
        return width, height

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size, as if the user had dragged a corner."""
        self._window.size = size
        self._session.resize(self.size)

    def run(self) -> None:
        """Show the session until the window is closed."""
        try:
            while not self._session.closed:
                self.step()
        finally:
            self.close()

    def close(self) -> None:
        """Take the window off the screen; it cannot be used any more."""
        self._window.destroy()

    def step(self) -> None:
        """Run one frame: handle events, paint if they or time changed anything, rest."""
        changed = self._handle_events()
        started = self._clock()
        if changed or self._animating:
            self.paint()
        self._sleep(max(0.0, FRAME - (self._clock() - started)))

    def paint(self) -> None:
        """Paint one frame and show it."""
        session, surface = self._session, self.surface
        session.start_frame(self._clock())
        painter = Painter(surface, DARK if session.dark else LIGHT, session.layout.unit)
        surface.fill(painter.theme.background)
        for view in self._views:
            view.paint(painter, session)
        self._animating = any(view.animating for view in self._views)
        self._window.flip()
        self._show_title()
        self._show_cursor()

    def _handle_events(self) -> bool:
        """Handle all events; while nothing moves, wait for one. Returns whether there were any."""
        first = self._events.poll() if self._animating else self._events.wait(round(IDLE * 1000))
        events = [event for event in (first, *self._events.get()) if event.type != pygame.NOEVENT]
        for event in events:
            if event.type in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
                self._session.resize(self.size)
            self._handler.handle(event, self.size)
        return bool(events)

    def _show_title(self) -> None:
        title = window_title(self._session.prediction.recognition, self._session.prediction.failure)
        if title != self.title:
            self._window.title = title

    def _show_cursor(self) -> None:
        """Hide the system's cursor while the ring stands for it."""
        visible = self._session.pointer.ring is None
        if visible != self._cursor_visible:
            self._cursor_visible = visible
            with contextlib.suppress(pygame.error):  # there is no cursor
                pygame.mouse.set_visible(visible)


def _first_size() -> tuple[int, int]:
    """Return the usual size, or what fits on a small screen."""
    screen = pygame.display.get_desktop_sizes()[0]
    width, height = (min(usual, available) for usual, available in zip(FIRST_SIZE, screen, strict=True))
    return width, height
