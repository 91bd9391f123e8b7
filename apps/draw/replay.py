"""Sessions as files: what the mouse and the keyboard did and when, recorded and replayed.

One JSON object a line: first the size and the theme of the window, then the events with their times in
seconds. A replay takes the very path of real events, on a clock of its own, so that it ends with the same
pixels as the session that was recorded, however fast the machine is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pygame

from backends.errors import InkdigitsError
from engine.data.files import MEGABYTE, read_file

# What is recorded: the events that change a session, and their fields.
FIELDS = {
    "MOUSEMOTION": ("pos", "buttons"),
    "MOUSEBUTTONDOWN": ("pos", "button"),
    "MOUSEBUTTONUP": ("pos", "button"),
    "MOUSEWHEEL": ("y", "precise_y"),
    "KEYDOWN": ("key", "mod", "unicode", "scancode"),
    "KEYUP": ("key", "mod", "unicode", "scancode"),
    "FINGERDOWN": ("touch_id", "finger_id", "x", "y"),
    "FINGERMOTION": ("touch_id", "finger_id", "x", "y"),
    "FINGERUP": ("touch_id", "finger_id", "x", "y"),
    "WINDOWLEAVE": (),
    "WINDOWFOCUSLOST": (),
    "WINDOWSIZECHANGED": ("x", "y"),
    "QUIT": (),
}
NAMES = {getattr(pygame, name): name for name in FIELDS}
LARGEST_FILE = 64 * MEGABYTE
SETTLED = 20.0  # seconds after the last event in which everything comes to rest

Size = tuple[Annotated[int, msgspec.Meta(ge=1, le=8192)], Annotated[int, msgspec.Meta(ge=1, le=8192)]]
Time = Annotated[float, msgspec.Meta(ge=0, le=86_400)]


class Header(msgspec.Struct):
    """The first line of a recording: how the window began."""

    size: Size
    theme: Literal["dark", "light"] = "dark"
    view: str = ""


class _Line(msgspec.Struct):
    t: Time
    event: str
    fields: dict[str, Any] = {}


class Recorder:
    """Passes events on from another source, and writes them to a file.

    Parameters
    ----------
    path : Path
        The file.
    header : Header
        How the window began.
    clock : callable
        Returns the time in seconds.
    """

    def __init__(self, path: Path, header: Header, clock: Callable[[], float]) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._clock, self._start = clock, clock()
        self._file.write(msgspec.json.encode(header).decode() + "\n")

    def wait(self, timeout: int) -> pygame.Event:
        event = pygame.event.wait(timeout)
        self._write(event)
        return event

    def get(self) -> list[pygame.Event]:
        events = pygame.event.get()
        for event in events:
            self._write(event)
        return events

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._file.close()

    def _write(self, event: pygame.Event) -> None:
        name = NAMES.get(event.type)
        if name is None or getattr(event, "touch", False):
            return
        fields = {field: getattr(event, field) for field in FIELDS[name] if hasattr(event, field)}
        line = {"t": round(self._clock() - self._start, 4), "event": name, "fields": fields}
        self._file.write(json.dumps(line) + "\n")


class Replay:
    """A recording as the source of events, the clock and the sleep of a window.

    Parameters
    ----------
    header : Header
        How the window begins.
    events : list of (float, Event)
        Events with their times, in order.

    Attributes
    ----------
    resize : callable
        Changes the size of the window, where that was recorded.
    """

    def __init__(self, header: Header, events: list[tuple[float, pygame.Event]]) -> None:
        self.header = header
        self._events = events
        self._next = 0
        self._now = 0.0
        self.resize: Callable[[tuple[int, int]], None] = lambda size: None

    @property
    def over(self) -> bool:
        """Whether no event is left."""
        return self._next == len(self._events)

    @property
    def rested(self) -> bool:
        """Whether the last event is so long ago that everything has come to rest."""
        last = self._events[-1][0] if self._events else 0.0
        return self._now > last + SETTLED

    def clock(self) -> float:
        """The time of the recording, in seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time go on."""
        self._now += max(seconds, 0.0)

    def wait(self, timeout: int) -> pygame.Event:
        """The next event, if it comes within ``timeout`` milliseconds; time goes on until then."""
        until = self._now + timeout / 1000
        if not self.over and self._events[self._next][0] <= until:
            self._now = max(self._now, self._events[self._next][0])
            return self._take()
        self._now = until
        return pygame.Event(pygame.NOEVENT)

    def get(self) -> list[pygame.Event]:
        """All events that have come by now."""
        events = []
        while not self.over and self._events[self._next][0] <= self._now:
            events.append(self._take())
        return events

    def _take(self) -> pygame.Event:
        event = self._events[self._next][1]
        self._next += 1
        if event.type == pygame.WINDOWSIZECHANGED:
            self.resize((event.x, event.y))
            return pygame.Event(pygame.NOEVENT)
        return event


def read_replay(path: Path) -> Replay:
    """Read a recording.

    Raises
    ------
    InkdigitsError
        The file is no recording; the message names the line.
    """
    try:
        lines = read_file(path, InkdigitsError, LARGEST_FILE).decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InkdigitsError(f"cannot read {path}: not UTF-8") from None
    try:
        header = msgspec.json.decode(lines[0] if lines else "", type=Header)
    except msgspec.DecodeError:
        raise InkdigitsError(f"{path} is no recording: its first line has no size of a window") from None
    events: list[tuple[float, pygame.Event]] = []
    for number, line in enumerate(lines[1:], 2):
        try:
            events.append(_event(line, events[-1][0] if events else 0.0))
        except (msgspec.DecodeError, ValueError, TypeError) as error:
            raise InkdigitsError(f"{path}:{number}: no event: {str(error)[:80]}") from None
    return Replay(header, events)


def _event(line: str, after: float) -> tuple[float, pygame.Event]:
    read = msgspec.json.decode(line, type=_Line)
    if read.event not in FIELDS:
        raise ValueError(f"{read.event!r} is not recorded")
    if read.t < after:
        raise ValueError("its time is before that of the line above")
    known = {name: read.fields[name] for name in FIELDS[read.event] if name in read.fields}
    _check(read.event, known)
    return read.t, pygame.Event(getattr(pygame, read.event), known)


def _check(name: str, fields: dict[str, Any]) -> None:
    """Refuse an event whose fields are missing or of another kind, before a session meets it."""
    optional = {"precise_y", "mod", "unicode", "scancode"}
    for field in FIELDS[name]:
        if field not in fields:
            if field in optional:
                continue
            raise ValueError(f"{name} has no {field}")
        kind: Any = float
        if field in ("pos", "buttons"):
            kind = tuple[float, float] if field == "pos" else tuple[int, int, int]
        elif field in ("button", "key", "mod", "scancode", "touch_id", "finger_id"):
            kind = int
        elif field == "unicode":
            kind = str
        elif name == "WINDOWSIZECHANGED":
            kind = Annotated[int, msgspec.Meta(ge=1, le=8192)]
        fields[field] = msgspec.convert(fields[field], kind)
