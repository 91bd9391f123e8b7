"""The functions of `backends.imaging` under the same names, as loops that Numba compiles.

Each visits a picture's pixels once, with its neighbours in the first-level cache; `draw_lines` looks only at
the pixels within reach of a line.
"""

from __future__ import annotations

import numpy as np

from backends.base import Array
from backends.numba_kernels import jit


@jit
def draw_lines(points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
    # coverage = clip(pen_width / 2 + 0.5 - distance to the nearest line, 0, 1)
    pictures = np.empty((len(points), height, width), points.dtype)
    distance2 = np.empty((height, width), points.dtype)
    for n in range(len(points)):
        reach = points.dtype.type(pen_width[n] / 2 + 0.5)
        distance2[:] = reach * reach  # farther than that is paper
        for k in range(points.shape[1] - 1):
            if joined[n, k]:
                _approach(distance2, points[n, k], points[n, k + 1], reach)
        for row in range(height):
            for column in range(width):
                covered = reach - np.sqrt(distance2[row, column])
                pictures[n, row, column] = min(covered, points.dtype.type(1))
    return pictures


@jit
def _approach(distance2: Array, start: Array, end: Array, reach: float) -> None:
    """Lower the squared distances of the pixels near one segment."""
    real = distance2.dtype.type
    x0, y0 = start[0], start[1]
    ax, ay = end[0] - x0, end[1] - y0
    inverse = real(1) / max(ax * ax + ay * ay, real(1e-12))
    height, width = distance2.shape
    first_row = max(0, int(np.floor(min(y0, end[1]) - reach)))
    last_row = min(height - 1, int(np.floor(max(y0, end[1]) + reach)))
    first_column = max(0, int(np.floor(min(x0, end[0]) - reach)))
    last_column = min(width - 1, int(np.floor(max(x0, end[0]) + reach)))
    for row in range(first_row, last_row + 1):
        uy = real(row) + real(0.5) - y0
        for column in range(first_column, last_column + 1):
            ux = real(column) + real(0.5) - x0
            t = min(max((ux * ax + uy * ay) * inverse, real(0)), real(1))
            dx, dy = ux - t * ax, uy - t * ay
            distance2[row, column] = min(distance2[row, column], dx * dx + dy * dy)


@jit
def sample_bilinear(images: Array, x: Array, y: Array) -> Array:
    # seen = the four pixels around (x, y), each weighted by the area opposite to it
    n, height, width = images.shape
    real = images.dtype.type
    seen = np.empty_like(images)
    padded = np.zeros((height + 4, width + 4), images.dtype)
    for i in range(n):
        padded[2:-2, 2:-2] = images[i]
        for row in range(height):
            for column in range(width):
                place_x = min(max(x[i, row, column] + real(2), real(0)), real(width + 2.5))
                place_y = min(max(y[i, row, column] + real(2), real(0)), real(height + 2.5))
                left, top = int(place_x), int(place_y)
                right_share, bottom_share = place_x - real(left), place_y - real(top)
                upper = padded[top, left] + right_share * (padded[top, left + 1] - padded[top, left])
                lower = padded[top + 1, left] + right_share * (
                    padded[top + 1, left + 1] - padded[top + 1, left]
                )
                seen[i, row, column] = upper + bottom_share * (lower - upper)
    return seen


@jit
def change_width(images: Array, amount: Array) -> Array:
    # images + amount * (dilation - images) where amount > 0, else images + amount * (images - erosion)
    n, height, width = images.shape
    changed = np.empty_like(images)
    padded = np.zeros((height + 2, width + 2), images.dtype)
    for i in range(n):
        padded[1:-1, 1:-1] = images[i]
        for row in range(height):
            for column in range(width):
                own = padded[row + 1, column + 1]
                above, below = padded[row, column + 1], padded[row + 2, column + 1]
                before, after = padded[row + 1, column], padded[row + 1, column + 2]
                if amount[i] > 0:
                    change = max(own, max(max(above, below), max(before, after))) - own
                else:
                    change = own - min(own, min(min(above, below), min(before, after)))
                changed[i, row, column] = own + amount[i] * change
    return changed


@jit
def soften(images: Array, amount: Array) -> Array:
    # images + amount * (mean of the four neighbours - images)
    n, height, width = images.shape
    real = images.dtype.type
    softened = np.empty_like(images)
    padded = np.zeros((height + 2, width + 2), images.dtype)
    for i in range(n):
        padded[1:-1, 1:-1] = images[i]
        for row in range(height):
            for column in range(width):
                around = (
                    padded[row, column + 1]
                    + padded[row + 2, column + 1]
                    + padded[row + 1, column]
                    + padded[row + 1, column + 2]
                )
                own = padded[row + 1, column + 1]
                softened[i, row, column] = own + amount[i] * (real(0.25) * around - own)
    return softened
