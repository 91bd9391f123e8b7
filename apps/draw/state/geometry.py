"""Lines against squares and circles: what drawing and erasing need to know.

Points are (x, y) in canvas units: the canvas is the square from (0, 0) to (1, 1), y down.
A place on a line from ``start`` to ``end`` is start + t (end - start), with t from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Interval = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom

WHOLE: Interval = (0.0, 1.0)


def clip_to_canvas(start: Point, end: Point) -> tuple[Point, Point] | None:
    """The part of a line that lies on the canvas; None if there is none."""
    inside: Interval | None = WHOLE
    for axis in (0, 1):
        inside = _common(inside, _between(start[axis], end[axis] - start[axis], 0, 1))
    if inside is None:
        return None
    a, b = (_clamp(_at(start, end, t)) for t in inside)
    return a, b


def rectangle_of(points: Sequence[Point]) -> Rectangle:
    """The smallest rectangle with all of these points."""
    x, y = zip(*points, strict=True)
    return min(x), min(y), max(x), max(y)


def touches(one: Rectangle, other: Rectangle, distance: float = 0.0) -> bool:
    """Whether two rectangles overlap, or would if one were so much larger on each side."""
    return (
        one[0] - distance <= other[2]
        and other[0] <= one[2] + distance
        and one[1] - distance <= other[3]
        and other[1] <= one[3] + distance
    )


def erase(line: Sequence[Point], path: tuple[Point, Point], radius: float) -> list[tuple[Point, ...]]:
    """What is left of a line after a round eraser went over it, along a straight path.

    An untouched line comes back as the only piece, equal to what it was.
    """
    if len(line) == 1:
        return [] if _covered(line[0], line[0], path, radius) else [tuple(line)]
    pieces: list[list[Point]] = []
    low_x, low_y, high_x, high_y = rectangle_of(path)
    low_x, low_y, high_x, high_y = low_x - radius, low_y - radius, high_x + radius, high_y + radius
    for start, end in pairwise(line):
        (x0, y0), (x1, y1) = start, end
        beside = (x0 < low_x and x1 < low_x) or (x0 > high_x and x1 > high_x)
        if beside or (y0 < low_y and y1 < low_y) or (y0 > high_y and y1 > high_y):
            extend(pieces, start, end)  # far from the path, as most of the line is
            continue
        for a, b in _left_over(start, end, path, radius):
            extend(pieces, a, b)
    return [tuple(piece) for piece in pieces]


def extend(pieces: list[list[Point]], start: Point, end: Point) -> None:
    """Add a line to pieces: to the last one if it starts where that ends, else as a new one."""
    if pieces and pieces[-1][-1] == start:
        if start != end:
            pieces[-1].append(end)
    else:
        pieces.append([start] if start == end else [start, end])


def _left_over(
    start: Point, end: Point, path: tuple[Point, Point], radius: float
) -> Iterator[tuple[Point, Point]]:
    gone = _covered(start, end, path, radius)
    if gone is None:
        yield start, end
        return
    if gone[0] > 0:
        yield start, _at(start, end, gone[0])
    if gone[1] < 1:
        yield _at(start, end, gone[1]), end


def _covered(start: Point, end: Point, path: tuple[Point, Point], radius: float) -> Interval | None:
    """Where a line lies within ``radius`` of the path.

    The eraser covers two discs and the band between them. Together they are convex, so the line is
    inside from the first of the three intervals' starts to the last of their ends.
    """
    shapes = (
        _in_disc(start, end, path[0], radius),
        _in_disc(start, end, path[1], radius),
        _in_band(start, end, path, radius),
    )
    found = [interval for interval in shapes if interval is not None]
    if not found:
        return None
    return min(first for first, _ in found), max(last for _, last in found)


def _in_disc(start: Point, end: Point, centre: Point, radius: float) -> Interval | None:
    """Solves |start + t d - centre|² = radius² for t."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    ux, uy = start[0] - centre[0], start[1] - centre[1]
    a, b, c = dx * dx + dy * dy, ux * dx + uy * dy, ux * ux + uy * uy - radius * radius
    if a == 0:
        return WHOLE if c < 0 else None
    discriminant = b * b - a * c
    if discriminant <= 0:
        return None
    root = math.sqrt(discriminant)
    return _common(WHOLE, ((-b - root) / a, (-b + root) / a))


def _in_band(start: Point, end: Point, path: tuple[Point, Point], radius: float) -> Interval | None:
    """Where a line is beside the path: between its two ends, and within ``radius`` of it."""
    length = math.dist(*path)
    if length == 0:
        return None
    ux, uy = (path[1][0] - path[0][0]) / length, (path[1][1] - path[0][1]) / length
    px, py = start[0] - path[0][0], start[1] - path[0][1]
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = _between(px * ux + py * uy, dx * ux + dy * uy, 0, length)
    across = _between(px * uy - py * ux, dx * uy - dy * ux, -radius, radius)
    return _common(WHOLE, _common(along, across))


def _between(value: float, slope: float, low: float, high: float) -> Interval | None:
    """Where value + t slope lies between low and high, for any t; touching alone does not count."""
    if slope == 0:
        return (-math.inf, math.inf) if low <= value <= high else None
    first, last = sorted(((low - value) / slope, (high - value) / slope))
    return first, last


def _common(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return None
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first < last else None


def _at(start: Point, end: Point, t: float) -> Point:
    if t <= 0:
        return start
    if t >= 1:
        return end
    return start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])


def _clamp(point: Point) -> Point:
    """Onto the canvas: a crossing can miss the edge by a rounding error."""
    return min(max(point[0], 0.0), 1.0), min(max(point[1], 0.0), 1.0)
