"""Strokes as the user sees them: smooth, joined, anti-aliased lines with round ends, in NumPy.

Pygame's thick lines have square ends and jagged edges, so ink is drawn as the network's own picture is:
every pixel gets the share of it that the round pen covers. Only people see it; the network gets
the strokes. `apps.draw.paint.ink_layer` keeps the ink of a drawing that changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from apps.draw.state.document import PenStroke, PenStrokes
from apps.draw.state.geometry import Point
from backends.arrays import Array

FLATNESS = 0.1  # px that a curve may be off, being made of straight pieces
NEAREST = 4  # px, smooths a mouse's whole steps; points closer than this to the one before are left out


def draw_ink(strokes: PenStrokes, side: int) -> Array:
    """All ink of a drawing on a canvas of ``side`` pixels: (side, side) uint8, rows first, 255 where full."""
    ink = np.zeros((side, side), np.uint8)
    for stroke in strokes:
        lay_line(ink, curve_of(stroke, side), stroke.width * side / 2)
    return ink


def curve_of(stroke: PenStroke, side: int) -> Array:
    """The smooth line of a stroke as short straight pieces between (n, 2) points, in pixels."""
    return smooth(np.array(thin_out([(x * side, y * side) for x, y in stroke.points])))


def lay_line(ink: Array, line: Array, radius: float, left: int = 0, top: int = 0) -> None:
    """Add a line through (n, 2) points to a picture that begins at (left, top); one point is a dot."""
    line = line - (left, top)
    starts, ends = (line[:-1], line[1:]) if len(line) > 1 else (line, line)
    reach = radius + 1
    height, width = ink.shape
    low, high = np.minimum(starts, ends) - reach, np.maximum(starts, ends) + reach
    seen = (low < (width, height)).all(axis=1) & (high > 0).all(axis=1)
    for start, end in zip(starts[seen].tolist(), ends[seen].tolist(), strict=True):
        _lay_piece(ink, start, end, radius)


def thin_out(points: Sequence[Point]) -> list[Point]:
    """Leave out points that are nearer than `NEAREST` to the last one kept; both ends stay."""
    kept = [points[0]]
    for point in points[1:-1]:
        if math.dist(point, kept[-1]) >= NEAREST:
            kept.append(point)
    return [*kept, points[-1]] if len(points) > 1 else kept


def smooth(points: Array) -> Array:
    """Round the corners of a polyline: from middle to middle of its pieces, in parabolas.

    A corner c between the middles s and e becomes (1-t)² s + 2 t (1-t) c + t² e, with t from 0 to 1.
    In n straight steps that is |s - 2c + e| / (4 n²) off at most.
    A point more at the end changes only what comes after the last middle.
    """
    if len(points) < 3:
        return points
    middles = (points[:-1] + points[1:]) / 2
    start, corner, end = middles[:-1], points[1:-1], middles[1:]
    bend = np.hypot(*(start - 2 * corner + end).T)
    steps = np.maximum(np.ceil(np.sqrt(bend / (4 * FLATNESS))), 1).astype(int)
    first = np.cumsum(steps) - steps
    start, corner, end = (np.repeat(each, steps, axis=0) for each in (start, corner, end))
    t = ((np.arange(len(start)) - np.repeat(first, steps) + 1) / np.repeat(steps, steps))[:, None]
    curves = (1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end
    return np.concatenate([points[:1], middles[:1], curves, points[-1:]])


def _lay_piece(ink: Array, start: Sequence[float], end: Sequence[float], radius: float) -> None:
    """Add a straight line with round ends: coverage clip(radius + 0.5 - distance, 0, 1) at each pixel.

    Where ink lies already, the darker counts. What falls outside is cut off.
    """
    (x0, y0), (x1, y1) = start, end
    height, width = ink.shape
    left, right = math.floor(min(x0, x1) - radius - 1), math.ceil(max(x0, x1) + radius + 1)
    top, bottom = math.floor(min(y0, y1) - radius - 1), math.ceil(max(y0, y1) + radius + 1)
    left, right, top, bottom = max(left, 0), min(right, width), max(top, 0), min(bottom, height)
    if left >= right or top >= bottom:
        return
    ux = np.arange(left + 0.5 - x0, right - x0, dtype=np.float32)[None, :]
    uy = np.arange(top + 0.5 - y0, bottom - y0, dtype=np.float32)[:, None]
    dx, dy = x1 - x0, y1 - y0
    length2 = max(dx * dx + dy * dy, 1e-12)
    t = ux * (dx / length2) + uy * (dy / length2)
    np.maximum(t, 0, out=t)
    np.minimum(t, 1, out=t)
    across, down = ux - t * dx, uy - t * dy
    coverage = np.sqrt(across * across + down * down)
    np.subtract(radius + 0.5, coverage, out=coverage)
    coverage *= 255
    np.maximum(coverage, 0, out=coverage)
    np.minimum(coverage, 255, out=coverage)
    part = ink[top:bottom, left:right]
    np.maximum(part, coverage.astype(np.uint8), out=part)
