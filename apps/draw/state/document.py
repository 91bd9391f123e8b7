"""The drawing: strokes, the pen and the eraser, undo and redo.

Strokes are kept, not pixels, in units of the canvas: resizing the window loses nothing, and what the network
reads depends neither on the window nor on the brush. A state of the drawing is a tuple that never changes, so
undoing an action, whatever it was, is putting the tuple from before it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.draw.state.geometry import Point, clip_to_canvas, erase, extend


@dataclass(frozen=True)
class Stroke:
    """Where the pen went, in canvas units, and how wide it was. The width is only for the eye."""

    points: tuple[Point, ...]
    width: float


Strokes = tuple[Stroke, ...]


class Drawing:
    """What is on the canvas, and how it came there.

    A pen or eraser that goes down, moves and comes up again is one action.

    Attributes
    ----------
    strokes : what is drawn now, the unfinished stroke included
    """

    def __init__(self) -> None:
        self.strokes: Strokes = ()
        self._undo: list[Strokes] = []
        self._redo: list[Strokes] = []
        self._before: Strokes = ()  # the action that is under way
        self._tool: Callable[[Point, Point], None] | None = None
        self._last: Point = (0, 0)
        self._pieces: list[list[Point]] = []

    @property
    def empty(self) -> bool:
        return not self.strokes

    @property
    def busy(self) -> bool:
        """Whether the pen or the eraser is down."""
        return self._tool is not None

    @property
    def can_undo(self) -> bool:
        return bool(self._undo) or self.strokes != self._before

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def start_pen(self, point: Point, width: float) -> None:
        """Put the pen down; a pen that does not move leaves a dot."""

        def draw(start: Point, end: Point) -> None:
            part = clip_to_canvas(start, end)
            if part is not None:
                extend(self._pieces, *part)
                new = (Stroke(tuple(piece), width) for piece in self._pieces)
                self.strokes = (*self._before, *new)

        self._start(draw, point)

    def start_eraser(self, point: Point, radius: float) -> None:
        """Put a round eraser down; it takes away all ink under it and parts the strokes that it crosses."""

        def rub(start: Point, end: Point) -> None:
            self.strokes = tuple(
                piece for stroke in self.strokes for piece in _rubbed(stroke, (start, end), radius)
            )

        self._start(rub, point)

    def move(self, point: Point) -> None:
        """The pen or the eraser, if one is down, goes straight on to this point."""
        if self._tool is not None and point != self._last:
            self._tool(self._last, point)
            self._last = point

    def finish(self) -> None:
        """Lift the pen or the eraser."""
        self._tool = None
        if self.strokes != self._before:
            self._undo.append(self._before)
            self._redo.clear()
            self._before = self.strokes

    def clear(self) -> None:
        """Take everything away; that can be undone too."""
        self.finish()
        self.strokes = ()
        self.finish()

    def undo(self) -> None:
        """Go back by one action, an unfinished one included."""
        self.finish()
        if self._undo:
            self._redo.append(self.strokes)
            self.strokes = self._before = self._undo.pop()

    def redo(self) -> None:
        """Go forward again by one action."""
        self.finish()
        if self._redo:
            self._undo.append(self.strokes)
            self.strokes = self._before = self._redo.pop()

    def _start(self, tool: Callable[[Point, Point], None], point: Point) -> None:
        self.finish()
        self._tool, self._last, self._pieces = tool, point, []
        tool(point, point)


def _rubbed(stroke: Stroke, path: tuple[Point, Point], radius: float) -> Strokes:
    """What an eraser leaves of a stroke; the stroke itself if it did not touch it.

    The centre line is cut further away than the eraser reaches, so that the round ends of the pieces
    touch the eraser's edge and do not reach under it.
    """
    pieces = erase(stroke.points, path, radius + stroke.width / 2)
    if pieces == [stroke.points]:
        return (stroke,)
    return tuple(Stroke(piece, stroke.width) for piece in pieces)
