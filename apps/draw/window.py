"""The window: opens it, hands events on, paints a picture when something changed."""

from __future__ import annotations

import contextlib
import os
import time

import pygame

from apps.draw.events import Events
from apps.draw.paint.painter import Painter, app_icon
from apps.draw.paint.theme import DARK, LIGHT
from apps.draw.state.layout import FIRST_SIZE, SMALLEST_SIZE
from apps.draw.state.session import Session
from apps.draw.views.answer import paint_answer
from apps.draw.views.bars import BarsView
from apps.draw.views.canvas import CanvasView
from apps.draw.views.help import paint_help
from apps.draw.views.network_input import Facts, paint_facts, paint_seen
from apps.draw.views.tools import paint_tools, paint_tooltip
from apps.messages import NAME, window_title
from backends.errors import InkdigitsError

FRAME = 1 / 60  # seconds
IDLE = 0.25  # seconds to sleep at most while nothing happens
SETTINGS = {
    "SDL_MOUSE_FOCUS_CLICKTHROUGH": "1",  # else the click that wakes the window is lost
    "XDG_RUNTIME_DIR": os.devnull,  # else, where it is not set, Wayland's library prints an error
}
INVISIBLE = ("offscreen", "dummy")  # what SDL takes, without a word, where there is no display


def start_display() -> None:
    """Start the part of Pygame that a window needs; sound would print errors where there is no sound card.

    Raises
    ------
    InkdigitsError
        There is no display that a window could be seen on.
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
            "there is no display to open a window on; run this on a desktop, or read picture files with "
            "`inkdigits predict`"
        )


class Window:
    """A window that shows a session until it is closed."""

    def __init__(self, session: Session, facts: Facts) -> None:
        self._session = session
        self._facts = facts
        self._events = Events(session)
        self._canvas = CanvasView()
        self._bars = BarsView()
        self._moving = True  # whether the next picture will differ though nothing happens
        self._painted = time.monotonic()
        self._window = pygame.Window(NAME, _first_size(), resizable=True, hidden=True)
        self._window.minimum_size = SMALLEST_SIZE
        self._window.set_icon(app_icon())
        self._cursor_shown = True
        session.resize(self.size)
        self.paint(self._painted, 0)  # shown with its picture: SDL makes another window for the first surface
        self._window.show()

    @property
    def surface(self) -> pygame.Surface:
        """What is painted on; another one after each change of size."""
        return self._window.get_surface()

    @property
    def title(self) -> str:
        """Tells the answer, to those who look at the task bar, to screen readers and to tests."""
        return self._window.title

    @property
    def size(self) -> tuple[int, int]:
        width, height = self._window.size
        return width, height

    def resize(self, size: tuple[int, int]) -> None:
        """As if the user had pulled at a corner."""
        self._window.size = size
        self._session.resize(self.size)

    def run(self) -> None:
        """Show the session until the window is closed."""
        try:
            while not self._session.closed:
                self.step()
        finally:
            self._window.destroy()

    def step(self) -> None:
        """One frame: take what happened, paint if that or time changed anything, rest."""
        changed = self._take_events()
        now = time.monotonic()
        if changed or self._moving:
            self._moving = self.paint(now, min(now - self._painted, 2 * FRAME))
            self._painted = now
        time.sleep(max(0.0, FRAME - (time.monotonic() - now)))

    def paint(self, now: float, seconds: float) -> bool:
        """One picture; returns whether the next will differ though nothing happens."""
        session = self._session
        session.frame(now)
        recognition = session.reader.recognition
        moving = self._bars.advance(recognition, seconds)
        surface = self.surface
        painter = Painter(surface, DARK if session.dark else LIGHT, session.layout.unit)
        surface.fill(painter.theme.ground)
        self._canvas.paint(painter, session)
        paint_answer(painter, session.layout, recognition)
        self._bars.paint(painter, session.layout, recognition)
        paint_seen(painter, session.layout, recognition)
        paint_facts(painter, session.layout, self._facts, session.reader.milliseconds)
        paint_tools(painter, session)
        paint_tooltip(painter, session)
        if session.help:
            paint_help(painter, session.layout)
        self._window.flip()
        self._tell(window_title(recognition))
        return moving or session.waiting

    def _take_events(self) -> bool:
        """Hand on all that happened; while nothing moves, sleep until something does."""
        first = pygame.event.poll() if self._moving else pygame.event.wait(round(IDLE * 1000))
        events = [event for event in (first, *pygame.event.get()) if event.type != pygame.NOEVENT]
        for event in events:
            if event.type in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
                self._session.resize(self.size)
            self._events.handle(event, self.size)
        return bool(events)

    def _tell(self, title: str) -> None:
        """Tell the answer in the title; and let the ring stand for the pointer while it is on the canvas."""
        if title != self.title:
            self._window.title = title
        shown = self._session.ring is None
        if shown != self._cursor_shown:
            self._cursor_shown = shown
            with contextlib.suppress(pygame.error):  # no cursor there
                pygame.mouse.set_visible(shown)


def _first_size() -> tuple[int, int]:
    """The usual size, or what a small screen has room for."""
    screen = pygame.display.get_desktop_sizes()[0]
    width, height = (min(usual, room) for usual, room in zip(FIRST_SIZE, screen, strict=True))
    return width, height
