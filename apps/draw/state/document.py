"""The drawing as a document: strokes, the pen and the eraser, undo and redo.

It keeps strokes, not pixels, in units of the canvas: resizing the window loses nothing, and the network's
input depends neither on the window nor on the brush. Each state of the document is an immutable tuple, so
undoing a change, whatever it was, means putting the tuple from before it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import is_

from apps.draw.state.geometry import Point, Rectangle, clip_to_canvas, erase, extend, rectangle_of, touches

LONGEST_HISTORY = 1000  # changes that can be undone


@dataclass(frozen=True)
class PenStroke:
    """Where the pen went, in canvas units, and how wide it was. Only people see the width."""

    points: tuple[Point, ...]
    width: float

    @cached_property
    def box(self) -> Rectangle:
        """The smallest rectangle with all points."""
        return rectangle_of(self.points)


PenStrokes = tuple[PenStroke, ...]


class Document:
    """The strokes on the canvas and their history.

    A pen or an eraser that goes down, moves and comes up again makes one change.

    Attributes
    ----------
    erasing : bool
        Whether the eraser is down.
    """

    def __init__(self) -> None:
        self.erasing = False
        self._strokes: PenStrokes | None = ()  # None: `strokes` puts them together when it is asked
        self._undo: list[PenStrokes] = []
        self._redo: list[PenStrokes] = []
        self._before: PenStrokes = ()  # the change that is under way
        self._tool: Callable[[Point, Point], None] | None = None
        self._last: Point = (0, 0)
        self._pieces: list[list[Point]] = []  # of the unfinished change; only the last one grows
        self._left: list[PenStroke] = []  # all but the last
        self._width = 0.0

    @property
    def strokes(self) -> PenStrokes:
        """What is drawn now, with the unfinished stroke; the same tuple as long as nothing changes.

        A stroke that did not change stays the same object, so that what is kept of it can be found again.
        """
        if self._strokes is None:
            *finished, growing = self._pieces
            new = finished[len(self._left) :]
            self._left += [PenStroke(tuple(piece), self._width) for piece in new]
            self._strokes = (*self._before, *self._left, PenStroke(tuple(growing), self._width))
        return self._strokes

    @property
    def empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self.strokes

    @property
    def busy(self) -> bool:
        """Whether the pen or the eraser is down."""
        return self._tool is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._undo) or self.strokes is not self._before

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo."""
        return bool(self._redo)

    def start_pen(self, point: Point, width: float) -> None:
        """Put the pen down; a pen that does not move leaves a dot."""

        def draw(start: Point, end: Point) -> None:
            part = clip_to_canvas(start, end)
            if part is not None:
                extend(self._pieces, *part)
                self._strokes = None

        self._width = width
        self._start(draw, point)

    def start_eraser(self, point: Point, radius: float) -> None:
        """Put a round eraser down; it removes all ink under it and splits the strokes that it crosses."""

        def cut(start: Point, end: Point) -> None:
            left = tuple(piece for stroke in self.strokes for piece in _cut(stroke, (start, end), radius))
            if len(left) != len(self.strokes) or not all(map(is_, left, self.strokes)):
                self._strokes = left

        self._start(cut, point)
        self.erasing = True

    def move(self, point: Point) -> None:
        """The pen or the eraser, if one is down, goes straight on to this point."""
        if self._tool is not None and point != self._last:
            self._tool(self._last, point)
            self._last = point

    def finish(self) -> None:
        """Lift the pen or the eraser."""
        self._tool = None
        self.erasing = False
        if self.strokes is not self._before:
            self._undo.append(self._before)
            del self._undo[:-LONGEST_HISTORY]
            self._redo.clear()
            self._before = self.strokes

    def clear(self) -> None:
        """Remove all strokes; that can be undone too."""
        self.replace(())

    def replace(self, strokes: PenStrokes) -> None:
        """Put another drawing in place of this one; that can be undone too."""
        self.finish()
        self._strokes = strokes
        self.finish()

    def cancel(self) -> None:
        """Lift the pen or the eraser and take back what it did since it was put down."""
        self._tool = None
        self.erasing = False
        self._strokes = self._before

    def undo(self) -> None:
        """Go back by one change, an unfinished one too."""
        self.finish()
        if self._undo:
            self._redo.append(self.strokes)
            self._strokes = self._before = self._undo.pop()

    def redo(self) -> None:
        """Go forward again by one change."""
        self.finish()
        if self._redo:
            self._undo.append(self.strokes)
            self._strokes = self._before = self._redo.pop()

    def _start(self, tool: Callable[[Point, Point], None], point: Point) -> None:
        self.finish()
        self._tool, self._last, self._pieces, self._left = tool, point, [], []
        tool(point, point)


def _cut(stroke: PenStroke, path: tuple[Point, Point], radius: float) -> PenStrokes:
    """What an eraser leaves of a stroke; the stroke itself if it did not touch it.

    The centre line is cut further away than the eraser reaches, so that the round ends of the pieces
    touch the eraser's edge and do not reach under it.
    """
    reach = radius + stroke.width / 2
    if not touches(stroke.box, rectangle_of(path), reach):
        return (stroke,)
    pieces = erase(stroke.points, path, reach)
    if pieces == [stroke.points]:
        return (stroke,)
    return tuple(PenStroke(piece, stroke.width) for piece in pieces)
