"""From a drawing to the 28x28 picture that the network reads.

A drawing is a list of strokes; a stroke is a list of points (x, y), x to the right, y down, in any unit.
The lines are scaled first and drawn afterwards, with a pen of fixed width: so the picture does not depend
on how large the digit was drawn, where, or with which brush. (Shrinking a painted picture instead loses
up to 12 points of accuracy with a wide brush.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from backends.base import Array
from engine.preprocessing import BOX, SIDE, center_by_mass

PEN_WIDTH = 2.5  # px; the median stroke width of MNIST's digits
FINEST_STEP = 0.05  # px; points closer than this to the one before change nothing that can be seen

Stroke = Sequence[tuple[float, float]] | npt.NDArray[np.floating]
Strokes = Sequence[Stroke]


def strokes_to_image(strokes: Strokes, pen_width: float = PEN_WIDTH) -> Array:
    """Draw strokes as MNIST frames its digits.

    Parameters
    ----------
    strokes : list of strokes, each a list of finite points (x, y), y down; a single point is a dot
    pen_width : in pixels of the 28x28 picture

    Returns
    -------
    (28, 28) uint8, ink = 255; blank when there is no point at all
    """
    lines = [np.asarray(stroke, np.float64).reshape(-1, 2) for stroke in strokes if len(stroke)]
    if not lines:
        return np.zeros((SIDE, SIDE), np.uint8)
    lines = _scale_to_box(lines, pen_width)
    segments = np.concatenate([_segments(line) for line in lines])
    width, height = np.ceil(segments.max(axis=(0, 1)) + pen_width / 2 - 1e-6).astype(int)
    return center_by_mass(_draw(segments, pen_width, height, width))


def _scale_to_box(lines: list[Array], pen_width: float) -> list[Array]:
    """Scale and move centre lines so that their ink, pen included, starts at (0, 0), longer side 20 px."""
    points = np.concatenate(lines)
    corner = points.min(axis=0)
    extent = (points.max(axis=0) - corner).max()
    scale = (BOX - pen_width) / extent if extent > 0 else 1.0
    return [(line - corner) * scale + pen_width / 2 for line in lines]


def _segments(line: Array) -> Array:
    """The pieces of a line, (S, 2 ends, 2 coordinates); a lone point is a piece of length 0."""
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    first_in_step = np.diff(np.floor(travelled / FINEST_STEP), prepend=-1) > 0
    first_in_step[-1] = True  # the end of a stroke is kept, however close
    line = line[first_in_step]
    if len(line) == 1:
        line = np.repeat(line, 2, axis=0)
    return np.stack([line[:-1], line[1:]], axis=1)


def _draw(segments: Array, pen_width: float, height: int, width: int) -> Array:
    """Draw round-ended segments, anti-aliased: each pixel gets the share of it that the pen covers.

    Coverage is taken from the distance of the pixel's centre to the nearest segment:
    clip(pen_width / 2 + 0.5 - distance, 0, 1). Returns (height, width), in [0, 1].
    """
    y, x = np.mgrid[0:height, 0:width] + 0.5
    centres = np.stack([x.ravel(), y.ravel()], axis=1)  # (pixels, 2)
    distance2 = np.full(height * width, np.inf)
    for some in np.array_split(segments, 1 + len(segments) // 256):  # bounds the memory
        np.minimum(distance2, _nearest_squared(centres, some), out=distance2)
    coverage: Array = np.clip(pen_width / 2 + 0.5 - np.sqrt(distance2), 0, 1)
    return coverage.reshape(height, width)


def _nearest_squared(points: Array, segments: Array) -> Array:
    """The squared distance from each point (n, 2) to the nearest of the segments (S, 2, 2).

    With u = point - start and a = end - start, the nearest place of a segment is start + t a, where
    t = clip(u · a / a · a, 0, 1), and the squared distance is u · u - 2 t (u · a) + t² (a · a).
    """
    start, a = segments[:, 0], segments[:, 1] - segments[:, 0]
    aa = (a**2).sum(axis=1)
    ua = points @ a.T - (start * a).sum(axis=1)  # (n, S)
    uu = (points**2).sum(axis=1)[:, None] - 2 * (points @ start.T) + (start**2).sum(axis=1)
    t = ua / np.maximum(aa, 1e-12)
    np.clip(t, 0, 1, out=t)
    nearest: Array = (uu + t * (t * aa - 2 * ua)).min(axis=1)
    return np.maximum(nearest, 0)
