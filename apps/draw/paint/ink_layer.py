"""The ink of a drawing, kept as a picture: what changed is drawn, and nothing else.

Drawing adds to the last stroke, so only its new end is laid. Erasing, undoing and opening change other
strokes; the rectangle around these is emptied, and every stroke that reaches into it is laid there again.
The picture is at any time what `draw_ink` makes of all strokes.
"""

from __future__ import annotations

import math
from copy import copy
from operator import is_
from typing import NamedTuple

import numpy as np

from apps.draw.paint.ink import NEAREST, curve_of, lay_line, smooth
from apps.draw.state.document import PenStroke, PenStrokes
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from backends.arrays import Array


class InkLayer:
    """Ink on a canvas of a number of pixels.

    Attributes
    ----------
    coverage : (side, side) array of uint8
        Rows first, 255 where full.
    strokes : tuple of PenStroke
        Those that it shows.
    """

    def __init__(self, side: int = 0) -> None:
        self._begin(side)

    def fit(self, side: int) -> None:
        """Begin again, without ink, where the side is another than before."""
        if side != self._side:
            self._begin(side)

    def _begin(self, side: int) -> None:
        self.coverage = np.zeros((side, side), np.uint8)
        self._side = side
        self.strokes: PenStrokes = ()
        self._growing: _Growing | None = None
        self._curves: dict[int, Array] = {}  # of those in `strokes`, by their id

    def take_over(self, other: InkLayer) -> None:
        """Show what another layer of the same side shows, without laying it again."""
        self.coverage[:] = other.coverage
        self.strokes, self._curves = other.strokes, other._curves.copy()
        self._growing = other._growing and other._growing.on(self.coverage)

    def update(self, strokes: PenStrokes) -> Box | None:
        """Show these strokes; returns the part of the picture that may have changed."""
        old, self.strokes = self.strokes, strokes
        if strokes is old:
            return None
        if strokes and len(old) <= len(strokes) <= len(old) + 1 and all(map(is_, strokes[:-1], old)):
            growing = self._growing
            if len(strokes) > len(old):
                growing = _Growing(self.coverage, strokes[-1])
            if growing is not None and growing.goes_on_as(strokes[-1]):
                self._growing = growing
                return growing.grow(strokes[-1])
        self._growing = None
        return self._lay_changed(old, strokes)

    def _lay_changed(self, old: PenStrokes, new: PenStrokes) -> Box | None:
        before, after = {id(stroke) for stroke in old}, {id(stroke) for stroke in new}
        gone = [stroke for stroke in old if id(stroke) not in after]
        come = [stroke for stroke in new if id(stroke) not in before]
        pieces = [set().union(*map(self._pieces, strokes)) for strokes in (gone, come)]
        self._curves = {key: curve for key, curve in self._curves.items() if key in after}
        if pieces[0] == pieces[1]:
            return None
        x0, y0, x1, y1, width = zip(*(pieces[0] ^ pieces[1]), strict=True)
        corners = [(min(*x0, *x1), min(*y0, *y1)), (max(*x0, *x1), max(*y0, *y1))]
        dirty = _around(corners, max(width) * self._side / 2, self._side)
        part = self.coverage[dirty.y : dirty.bottom, dirty.x : dirty.right]
        part[:] = 0
        for stroke in new:
            if _overlap(self._box(stroke), dirty):
                lay_line(part, self._curve(stroke), stroke.width * self._side / 2, dirty.x, dirty.y)
        return dirty

    def _pieces(self, stroke: PenStroke) -> set[tuple[float, ...]]:
        """The straight pieces of a stroke's curve: what an eraser leaves of it has most of them in common."""
        points = self._curve(stroke).tolist()
        return {
            (*start, *end, stroke.width) for start, end in zip(points, points[1:] or points, strict=False)
        }

    def _curve(self, stroke: PenStroke) -> Array:
        if id(stroke) not in self._curves:
            self._curves[id(stroke)] = curve_of(stroke, self._side)
        return self._curves[id(stroke)]

    def _box(self, stroke: PenStroke) -> Box:
        left, top, right, bottom = (edge * self._side for edge in stroke.box)
        return _around([(left, top), (right, bottom)], stroke.width * self._side / 2, self._side)


class _Tail(NamedTuple):
    """The end of a growing line, which its next point will bend, and what was under it."""

    box: Box
    under: Array


class _Growing:
    """The last stroke while it grows; the middle of its last settled piece is as far as it is final."""

    def __init__(self, coverage: Array, stroke: PenStroke) -> None:
        self._coverage = coverage
        self._stroke = stroke
        self._side = len(coverage)
        self._radius = stroke.width * self._side / 2
        self._kept = [self._pixel(stroke.points[0])]  # the points that `thin_out` keeps
        self._seen = 1  # points that have been kept or left out
        self._tail: _Tail | None = None

    def on(self, coverage: Array) -> _Growing:
        """The same line on a copy of the picture."""
        mine = copy(self)
        mine._coverage, mine._kept = coverage, self._kept.copy()
        return mine

    def goes_on_as(self, stroke: PenStroke) -> bool:
        """Whether a stroke is this one with more points."""
        points, count = stroke.points, len(self._stroke.points)
        mine = self._stroke.points
        return len(points) >= count and points[0] is mine[0] and points[count - 1] is mine[-1]

    def grow(self, stroke: PenStroke) -> Box:
        """Lay what is new; returns where."""
        points, count = stroke.points, len(self._kept)
        self._stroke = stroke
        for point in points[self._seen : -1]:
            pixel = self._pixel(point)
            if math.dist(pixel, self._kept[-1]) >= NEAREST:
                self._kept.append(pixel)
        self._seen = max(self._seen, len(points) - 1)
        dirty = [self._restore()]
        if len(self._kept) > count:
            first = max(0, count - 2)
            settled = _settled(self._kept[first:], whole=first == 0)
            dirty.append(self._box(settled))
            lay_line(self._coverage, settled, self._radius)
        tail = [*self._kept[-2:], self._pixel(points[-1])] if len(points) > 1 else self._kept
        line = smooth(np.array(tail))[1 if len(self._kept) > 2 else 0 :]
        box = self._box(line)
        self._tail = _Tail(box, self._coverage[box.y : box.bottom, box.x : box.right].copy())
        lay_line(self._coverage, line, self._radius)
        return _union([each for each in (*dirty, box) if each is not None])

    def _restore(self) -> Box | None:
        if self._tail is None:
            return None
        box = self._tail.box
        self._coverage[box.y : box.bottom, box.x : box.right] = self._tail.under
        return box

    def _pixel(self, point: Point) -> Point:
        return point[0] * self._side, point[1] * self._side

    def _box(self, line: Array) -> Box:
        return _around(line.tolist(), self._radius, self._side)


def _settled(kept: list[Point], whole: bool) -> Array:
    """The part of the curve through kept points that no later point will change.

    It ends at the last middle; ``whole`` tells that it begins with the line's first point.
    """
    points = np.array(kept)
    line = smooth(points) if len(kept) > 2 else np.array([points[0], (points[0] + points[1]) / 2, points[1]])
    return line[0 if whole else 1 : -1]


def _around(points: list[Point], radius: float, side: int) -> Box:
    x, y = zip(*points, strict=True)
    reach = radius + 2
    left, top = max(0, math.floor(min(x) - reach)), max(0, math.floor(min(y) - reach))
    right, bottom = min(side, math.ceil(max(x) + reach)), min(side, math.ceil(max(y) + reach))
    return Box(left, top, max(0, right - left), max(0, bottom - top))


def _union(boxes: list[Box]) -> Box:
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    return Box(left, top, max(box.right for box in boxes) - left, max(box.bottom for box in boxes) - top)


def _overlap(one: Box, other: Box) -> bool:
    beside = one.right <= other.x or other.right <= one.x
    return not (beside or one.bottom <= other.y or other.bottom <= one.y)
