"""Everything that the window does, without the window.

Keys, buttons, mouse and fingers end here, in `do`, `press`, `move` and `release`; the views show what
is kept here. Positions are pixels of the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.draw.state.actions import Action
from apps.draw.state.document import Drawing
from apps.draw.state.geometry import Point
from apps.draw.state.layout import FIRST_SIZE, Box, Layout, arrange
from apps.draw.state.live_prediction import LivePrediction

THINNEST, WIDEST = 0.015, 0.1  # of the brush, in canvas units
FIRST_WIDTH = 0.045
WIDTH_STEP = 1.15
ERASER_RADIUS = 0.8  # of the brush's width, so a little wider than the brush
TOOLTIP_AFTER = 0.5  # seconds


@dataclass(frozen=True)
class Ring:
    """The edge of the brush or the eraser, under the pointer, in pixels."""

    center: Point
    radius: float
    erases: bool


class Session:
    """The drawing, its answer, the tools, and where the pointer is.

    Attributes
    ----------
    width : of the brush, in canvas units
    eraser : whether the left button erases; the right one always does
    grid, dark, help, closed : what the views and the loop go by
    pressed : the action whose button is held down
    """

    def __init__(self, reader: LivePrediction, dark: bool = True) -> None:
        self.reader = reader
        self.drawing = Drawing()
        self.layout: Layout = arrange(FIRST_SIZE)
        self.width = FIRST_WIDTH
        self.eraser = False
        self.grid = True
        self.dark = dark
        self.help = False
        self.closed = False
        self.pressed: Action | None = None
        self._sliding = False
        self._rubbing = False
        self._pointer: Point | None = None
        self._hovered: Action | None = None
        self._hovered_since = 0.0
        self._now = 0.0
        self._doers: dict[Action, Callable[[], None]] = {
            Action.PREDICT: lambda: reader.read(self.drawing.strokes),
            Action.CLEAR: self.drawing.clear,
            Action.UNDO: self.drawing.undo,
            Action.REDO: self.drawing.redo,
            Action.ERASER: lambda: self._switch("eraser"),
            Action.THINNER: lambda: self.turn_wheel(-1),
            Action.WIDER: lambda: self.turn_wheel(1),
            Action.LIVE: reader.switch_live,
            Action.GRID: lambda: self._switch("grid"),
            Action.THEME: lambda: self._switch("dark"),
            Action.HELP: lambda: self._switch("help"),
            Action.CLOSE: self._close,
        }

    # ---- What is asked for -------------------------------------------------------------------

    def do(self, action: Action) -> None:
        """What a key or a button asks for, if it can be done now."""
        if self.enabled(action):
            self._doers[action]()

    def enabled(self, action: Action) -> bool:
        """Whether the action would do anything."""
        if action is Action.UNDO:
            return self.drawing.can_undo
        if action is Action.REDO:
            return self.drawing.can_redo
        if action in (Action.CLEAR, Action.PREDICT):
            return not self.drawing.empty
        return True

    def on(self, action: Action) -> bool:
        """Whether the button of something that can be switched on shows that it is."""
        switched = {Action.ERASER: self.eraser, Action.GRID: self.grid, Action.LIVE: self.reader.live}
        return switched.get(action, False)

    def resize(self, size: tuple[int, int]) -> None:
        """The window has another size; a line that was being drawn ends here."""
        self.release()
        self.layout = arrange(size)

    def frame(self, now: float) -> None:
        """Once before each picture, with the time in seconds: the answer is brought up to date."""
        self._now = now
        self.reader.update(self.drawing.strokes)

    # ---- The pointer -------------------------------------------------------------------------

    def press(self, position: Point, erases: bool = False) -> None:
        """The left button or a finger goes down; ``erases`` for the right button."""
        self.move(position)
        if self.help:
            self.help = False
        elif self.layout.canvas.holds(position):
            self._start_tool(position, erases or self.eraser)
        elif not erases:
            self._press_widget(position)

    def move(self, position: Point) -> None:
        """The pointer is here now, pressed or not."""
        self._pointer = position
        if self._sliding:
            self._slide(position)
        self.drawing.move(self._on_canvas(position))
        hovered = None if self.drawing.busy or self._sliding or self.help else self._button_at(position)
        if hovered != self._hovered:
            self._hovered, self._hovered_since = hovered, self._now

    def release(self, position: Point | None = None) -> None:
        """The button or the finger goes up; a button acts if it is let go where it was pressed."""
        self.drawing.finish()
        self._sliding = self._rubbing = False
        pressed, self.pressed = self.pressed, None
        if pressed is not None and position is not None and self._button_at(position) is pressed:
            self._hovered_since = self._now  # its tooltip goes
            self.do(pressed)

    def leave(self) -> None:
        """The pointer has left the window."""
        self._pointer = self._hovered = None

    def turn_wheel(self, notches: float) -> None:
        """Away from the user widens the brush."""
        self._set_width(self.width * WIDTH_STEP**notches)

    # ---- What is shown -----------------------------------------------------------------------

    @property
    def hovered(self) -> Action | None:
        """The action whose button the pointer is over."""
        return self._hovered

    @property
    def tooltip(self) -> Action | None:
        """The action whose tooltip is to be shown."""
        rested = self._now - self._hovered_since >= TOOLTIP_AFTER
        return self._hovered if rested and self.pressed is None else None

    @property
    def waiting(self) -> bool:
        """Whether time alone will change what is shown."""
        return self._hovered is not None and self.tooltip is None

    @property
    def ring(self) -> Ring | None:
        """Where the brush or the eraser would touch; None away from the canvas."""
        canvas = self.layout.canvas
        if self._pointer is None or self.help or not canvas.holds(self._pointer):
            return None
        erases = self._rubbing or (self.eraser and not self.drawing.busy)
        radius = self._eraser_radius if erases else self.width / 2
        return Ring(self._pointer, radius * canvas.width, erases)

    @property
    def brush_position(self) -> float:
        """Where the slider stands, from 0 to 1."""
        return (self.width - THINNEST) / (WIDEST - THINNEST)

    # ---- Inside ------------------------------------------------------------------------------

    def _switch(self, name: str) -> None:
        setattr(self, name, not getattr(self, name))

    def _close(self) -> None:
        if self.help:
            self.help = False
        else:
            self.closed = True

    @property
    def _eraser_radius(self) -> float:
        return self.width * ERASER_RADIUS

    def _on_canvas(self, position: Point) -> Point:
        canvas = self.layout.canvas
        return (position[0] - canvas.x) / canvas.width, (position[1] - canvas.y) / canvas.height

    def _button_at(self, position: Point) -> Action | None:
        return next((each for each, box in self.layout.buttons.items() if box.holds(position)), None)

    def _start_tool(self, position: Point, erases: bool) -> None:
        point = self._on_canvas(position)
        self._rubbing = erases
        if erases:
            self.drawing.start_eraser(point, self._eraser_radius)
        else:
            self.drawing.start_pen(point, self.width)

    def _press_widget(self, position: Point) -> None:
        self.pressed = self._button_at(position)
        if self.layout.slider.holds(position):
            self._sliding = True
            self._slide(position)

    def _slide(self, position: Point) -> None:
        track = slider_track(self.layout)
        self._set_width(THINNEST + (position[0] - track.x) / track.width * (WIDEST - THINNEST))

    def _set_width(self, width: float) -> None:
        self.width = min(max(width, THINNEST), WIDEST)


def slider_track(layout: Layout) -> Box:
    """The line that the slider's knob runs on: the slider without the room for the knob at its ends."""
    room = round(16 * layout.unit)
    box = layout.slider
    return Box(box.x + room, box.y, box.width - 2 * room, box.height)
