"""Strokes as the user sees them: smooth, joined, anti-aliased lines with round ends, in NumPy.

Pygame's thick lines have square ends and jagged edges, so ink is drawn as the network's own picture is:
every pixel gets the share of it that the round pen covers. Only people see it; the network gets
the strokes.

A line is cut into short runs, and the ink of a run is remembered: while a line grows, or is undone and
redone, only what is new is computed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point
from backends.arrays import Array

FLATNESS = 0.1  # px that a curve may be off, being made of straight pieces
NEAREST = 4  # px, smooths a mouse's whole steps; points closer than this to the one before are left out
RUN = 16  # points of a smoothed curve that are drawn and remembered together


class Patch(NamedTuple):
    """Ink in a part of the canvas: ``coverage`` is uint8, its first pixel is at (x, y)."""

    x: int
    y: int
    coverage: Array


def draw_ink(strokes: PenStrokes, side: int) -> Array:
    """All ink of a drawing on a canvas of ``side`` pixels: (side, side) uint8, rows first, 255 where full."""
    ink = np.zeros((side, side), np.uint8)
    for stroke in strokes:
        for patch in line_patches(stroke.points, stroke.width * side / 2, side):
            lay(ink, patch)
    return ink


def line_patches(points: Sequence[Point], radius: float, scale: float, curved: bool = True) -> list[Patch]:
    """The ink of one line whose points are in units of ``scale`` pixels, run by run."""
    scaled = [(x * scale, y * scale) for x, y in points]
    line = smooth(np.array(thin_out(scaled))) if curved else np.array(scaled)
    runs = [line[start : start + RUN + 1] for start in range(0, max(len(line) - 1, 1), RUN)]
    return [_run(np.ascontiguousarray(run).tobytes(), radius) for run in runs]


def lay(ink: Array, patch: Patch) -> None:
    """Add a patch to a picture; where ink lies already, the darker counts. What falls outside is cut off."""
    height, width = ink.shape
    rows, columns = patch.coverage.shape
    top, left = max(0, -patch.y), max(0, -patch.x)
    bottom, right = min(rows, height - patch.y), min(columns, width - patch.x)
    if top < bottom and left < right:
        below = ink[patch.y + top : patch.y + bottom, patch.x + left : patch.x + right]
        np.maximum(below, patch.coverage[top:bottom, left:right], out=below)


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


@lru_cache(maxsize=2048)
def _run(line_bytes: bytes, radius: float) -> Patch:
    """The ink of a short polyline of any number of points; one point is a dot."""
    line = np.frombuffer(line_bytes).reshape(-1, 2)
    low = np.floor(line.min(axis=0) - radius - 1).astype(int)
    high = np.ceil(line.max(axis=0) + radius + 1).astype(int)
    width, height = high - low
    ink = np.zeros((height, width), np.uint8)
    pieces = pairwise(line) if len(line) > 1 else [(line[0], line[0])]
    for start, end in pieces:
        lay(ink, _piece(start - low, end - low, radius))
    return Patch(int(low[0]), int(low[1]), ink)


def _piece(start: Array, end: Array, radius: float) -> Patch:
    """A straight line with round ends: coverage clip(radius + 0.5 - distance, 0, 1) at each pixel."""
    (x0, y0), (x1, y1) = start.tolist(), end.tolist()
    left, right = math.floor(min(x0, x1) - radius - 1), math.ceil(max(x0, x1) + radius + 1)
    top, bottom = math.floor(min(y0, y1) - radius - 1), math.ceil(max(y0, y1) + radius + 1)
    ux = np.arange(left + 0.5 - x0, right - x0, dtype=np.float32)[None, :]
    uy = np.arange(top + 0.5 - y0, bottom - y0, dtype=np.float32)[:, None]
    dx, dy = x1 - x0, y1 - y0
    length2 = max(dx * dx + dy * dy, 1e-12)
    t = np.clip(ux * (dx / length2) + uy * (dy / length2), 0, 1)
    distance = np.sqrt((ux - t * dx) ** 2 + (uy - t * dy) ** 2)
    coverage = np.clip((radius + 0.5 - distance) * 255, 0, 255)
    return Patch(left, top, coverage.astype(np.uint8))
