"""The window: opens, handles events, and paints a frame when something changed."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable
from typing import Protocol

import pygame

from apps.draw.events import EventHandler
from apps.draw.paint.painter import app_icon
from apps.draw.screen import Screen
from apps.draw.state.layout import FIRST_SIZE, SMALLEST_SIZE
from apps.draw.state.session import Session
from apps.messages import NAME
from backends.errors import InkdigitsError

FRAME = 1 / 120  # seconds between the starts of two frames, at least
PATIENCE = 1.0  # seconds after the last event in which the next one is answered at once
DOZE = 1 / 16  # seconds between two looks for events after that
REPEAT = 400, 40  # milliseconds until a key that is held down repeats, and between two repetitions
SETTINGS = {
    "SDL_MOUSE_FOCUS_CLICKTHROUGH": "1",  # otherwise the click that activates the window is lost
    "XDG_RUNTIME_DIR": os.devnull,  # if it is not set, Wayland's library prints an error
}
INVISIBLE = ("offscreen", "dummy")  # the drivers that SDL silently falls back to


def start_display(visible: bool = True) -> None:
    """Start the parts of Pygame that a window needs; its sound prints errors without a sound card.

    Parameters
    ----------
    visible : bool
        Whether the window is to be seen; pictures of it can be taken without a display.

    Raises
    ------
    InkdigitsError
        There is no display.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if not visible:
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        pygame.display.init()
        pygame.font.init()
    except (pygame.error, NotImplementedError, ImportError) as error:  # the latter two: of a part of Pygame
        raise InkdigitsError(f"no window can be opened: {error}; run this on a desktop") from None
    if pygame.display.get_driver() in INVISIBLE and not os.environ.get("SDL_VIDEODRIVER"):
        pygame.display.quit()
        raise InkdigitsError(
            "there is no display to open a window on; run this on a desktop, or use `inkdigits predict` "
            "for picture files"
        )


class EventSource(Protocol):
    """Where events come from: `pygame.event`, or a recording of it."""

    def wait(self, timeout: int) -> pygame.Event: ...

    def get(self) -> list[pygame.Event]: ...


class Window:
    """A window that shows a session until it is closed.

    Parameters
    ----------
    session : Session
        What the window shows and changes.
    size : tuple of int, optional
        In pixels; by default the usual size, or what fits on the screen.
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
        size: tuple[int, int] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        events: EventSource = pygame.event,
    ) -> None:
        self._session = session
        self._clock, self._sleep, self._events = clock, sleep, events
        self._handler = EventHandler(session)
        self._screen = Screen(session)
        self._awake_until = self._framed_at = -math.inf
        self._window = pygame.Window(
            NAME, size or _first_size(), resizable=True, hidden=True, allow_high_dpi=True
        )
        self._window.minimum_size = SMALLEST_SIZE
        self._window.set_icon(app_icon())
        self._cursor_visible = True
        pygame.key.set_repeat(*REPEAT)
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
        return self.surface.get_size()

    @property
    def restless(self) -> bool:
        """Whether the picture will change although nothing happens."""
        return self._animating or self._session.due is not None

    def resize(self, size: tuple[int, int]) -> None:
        """Change the size, as if the user had dragged a corner."""
        self._window.size = size
        self._session.resize(self.size)

    def listen_to(self, events: EventSource) -> None:
        """Take events from another source from now on."""
        self._events = events

    def run(self) -> None:
        """Show the session until the window is closed.

        Raises
        ------
        InkdigitsError
            The display went away. The drawing is kept, as when the window is closed.
        """
        try:
            while not self._session.closed:
                self.step()
        except pygame.error as error:
            self._session.close()
            raise InkdigitsError(
                f"the window was lost: {error}; in the next one, Ctrl+R brings the drawing back"
            ) from None
        finally:
            self.close()

    def close(self) -> None:
        """Take the window off the screen; it cannot be used any more."""
        self._window.destroy()

    def step(self) -> None:
        """Run one frame: wait for events or until time changes something, then paint what changed.

        The wait is before the events are read, so that a frame shows all that happened before it.
        """
        waited = self._wait()
        rest = self._framed_at + FRAME - self._clock()
        if rest > 0:
            self._sleep(min(rest, FRAME))  # more only where the clock was put back
        events = [event for event in (*waited, *self._events.get()) if event.type != pygame.NOEVENT]
        self._session.now = self._clock()
        for event in events:
            if event.type in (pygame.WINDOWSIZECHANGED, pygame.WINDOWRESIZED):
                self._session.resize(self.size)
            self._handler.handle(event, self.size, self.size[0] / self._window.size[0])
        if events:
            self._awake_until = self._clock() + PATIENCE
        self.paint()

    def paint(self) -> None:
        """Show what changed."""
        self._session.start_frame(self._clock())
        changed = self._screen.paint(self.surface)
        self._framed_at = (
            self._clock()
        )  # changed or not: while a worker is waited for, frames have to be idle
        if changed:
            self._window.flip()
        if self._session.title != self.title:
            self._window.title = self._session.title
        self._show_cursor()

    @property
    def _animating(self) -> bool:
        session = self._session
        return self._screen.animating or session.prediction.pending or bool(session.jobs)

    def _wait(self) -> list[pygame.Event]:
        """Wait for an event, at most until the picture changes by itself.

        SDL waits by looking a thousand times a second. After a while without events it is asked less often.
        """
        now, due = self._clock(), self._session.due
        if self._animating:
            return []
        until = max(now, due) if due is not None else math.inf
        if now < self._awake_until:
            timeout = math.ceil(min(until - now, self._awake_until - now, PATIENCE) * 1000)
            return [self._events.wait(timeout)] if timeout > 0 else []
        self._sleep(min(DOZE, until - now))
        return []

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
