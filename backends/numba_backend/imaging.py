"""The functions of `backends.imaging` under the same names, as loops that Numba compiles.

Each goes from picture to picture, with what it needs of one in the first-level cache; `draw_lines` looks only
at the pixels within reach of a line. A single drawing waits for `draw_lines` and `center_by_mass`: they make
their arrays before the compiled loop, since Numba takes long to compile an array that is made inside.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array
from backends.checks import checked
from backends.imaging import INK, KNOT_EVERY, SPLINE_DEVIATION
from backends.numba_backend.compiler import inner, jit


@checked
def draw_lines(points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
    pictures = np.empty((len(points), height, width), points.dtype)
    _draw_lines(points, joined, pen_width, np.empty((height, width), points.dtype), pictures)
    return pictures


@jit
def _draw_lines(points: Array, joined: Array, pen_width: Array, distance2: Array, pictures: Array) -> None:
    # coverage = clip(pen_width / 2 + 0.5 - distance to the nearest line, 0, 1)
    height, width = distance2.shape
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


@inner
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


@checked
def center_by_mass(boxes: Array, side: int) -> Array:
    pictures = np.zeros((len(boxes), side, side), np.uint8)
    ink, most = np.empty(boxes.shape[1:], np.uint8), np.empty(boxes.shape[2], boxes.dtype)
    _center_by_mass(boxes, side, ink, most, pictures)
    return pictures


@jit
def _center_by_mass(boxes: Array, side: int, ink: Array, most: Array, pictures: Array) -> None:
    # pictures[n, row + down, column + right] = rint(boxes[n, row, column] * 255 / peak),
    # with down and right = floor(side / 2 + 1 - mass)
    n, rows, columns = boxes.shape
    real = boxes.dtype.type
    for i in range(n):
        most[:] = 0  # of each column: one peak for all would make each pixel wait for the one before
        for row in range(rows):
            for column in range(columns):
                most[column] = max(most[column], boxes[i, row, column])
        peak = real(0)
        for column in range(columns):
            peak = max(peak, most[column])
        scale = real(255) / max(peak, real(1e-9)) if peak < 254 else real(1)
        mass, mass_x, mass_y = 0, 0, 0  # the last two in half pixels: whole numbers are exact
        for row in range(rows):
            of_row = 0
            for column in range(columns):
                ink[row, column] = np.uint8(np.rint(boxes[i, row, column] * scale))
            for column in range(columns):
                value = int(np.int64(ink[row, column]))  # bytes would overflow where this is not compiled
                of_row += value
                mass_x += value * (2 * column + 1)
            mass += of_row
            mass_y += of_row * (2 * row + 1)
        right = int(np.floor(side / 2 + 1 - mass_x / 2 / max(mass, 1)))
        down = int(np.floor(side / 2 + 1 - mass_y / 2 / max(mass, 1)))
        for row in range(max(0, -down), min(rows, side - down)):
            for column in range(max(0, -right), min(columns, side - right)):
                pictures[i, row + down, column + right] = ink[row, column]


@checked
@jit
def warp(images: Array, maps: Array, shifts: Array, knots: Array) -> Array:
    # seen = the four pixels around maps @ (p - c) + c + shifts + bend(p), each weighted by the area opposite
    n, height, width = images.shape
    real = maps.dtype.type
    down = np.zeros((knots.shape[2], height), maps.dtype)
    across = np.zeros((knots.shape[3], width), maps.dtype)
    _weigh_knots(down)
    _weigh_knots(across)
    bend = np.empty((2, len(across)), maps.dtype)  # of one row, at the knots from left to right
    x, y = np.empty(width, maps.dtype), np.empty(width, maps.dtype)
    # Unsigned: Numba asks of every signed index whether it counts from the end.
    place, line = np.empty(width, np.uint64), np.uint64(width + 4)
    padded = np.zeros(((height + 4) * (width + 4)), maps.dtype)  # two rings of paper
    seen = np.empty((n, height, width), maps.dtype)
    middle_x, middle_y = real(width / 2), real(height / 2)
    for i in range(n):
        padded.reshape(height + 4, width + 4)[2:-2, 2:-2] = images[i]
        a, b, c, d = maps[i, 0, 0], maps[i, 0, 1], maps[i, 1, 0], maps[i, 1, 1]
        # Where the first pixel of the first row would look, but for the bend.
        first_x = shifts[i, 0] - a * middle_x - b * middle_y + middle_x + real(2)
        first_y = shifts[i, 1] - c * middle_x - d * middle_y + middle_y + real(2)
        for row in range(height):
            bend[:] = 0
            for knot in range(len(down)):
                for axis in range(2):
                    for column in range(len(across)):
                        bend[axis, column] += down[knot, row] * knots[i, axis, knot, column]
            for column in range(width):
                x[column] = first_x + a * real(column) + b * real(row)
                y[column] = first_y + c * real(column) + d * real(row)
            for knot in range(len(across)):
                for column in range(width):
                    x[column] += bend[0, knot] * across[knot, column]
                    y[column] += bend[1, knot] * across[knot, column]
            for column in range(width):
                x[column] = min(max(real(0), x[column]), real(width + 2.5))  # this way round, NaN gives 0
                y[column] = min(max(real(0), y[column]), real(height + 2.5))
                left, top = np.int32(x[column]), np.int32(y[column])
                x[column], y[column] = x[column] - real(left), y[column] - real(top)
                place[column] = top * (width + 4) + left
            for column in range(width):
                upper_left, lower_left = place[column], place[column] + line
                upper_right, lower_right = upper_left + np.uint64(1), lower_left + np.uint64(1)
                upper = padded[upper_left] + x[column] * (padded[upper_right] - padded[upper_left])
                lower = padded[lower_left] + x[column] * (padded[lower_right] - padded[lower_left])
                seen[i, row, column] = (upper + y[column] * (lower - upper)) * real(1 / 255)
    return seen


@jit
def _weigh_knots(weights: Array) -> None:
    """How much each knot weighs at each pixel of a row: `spline_basis`, turned round. Changes weights."""
    for pixel in range(weights.shape[1]):
        before = min(pixel // KNOT_EVERY, len(weights) - 4)
        weights[before : before + 4, pixel] = _spline(pixel / KNOT_EVERY - before)


@jit
def _spline(t: float) -> tuple[float, float, float, float]:
    """What the four knots around weigh, t of the way from the second to the third."""
    s = 1 - t
    scale = 1 / SPLINE_DEVIATION
    return (
        scale * s**3 / 6,
        scale * (2 / 3 - t**2 + t**3 / 2),
        scale * (2 / 3 - s**2 + s**3 / 2),
        scale * t**3 / 6,
    )


@checked
@jit
def spline_field(places: Array, knots: Array) -> Array:
    # the sum over the 16 knots around of (weight across) * (weight down) * knot
    n, k, _ = places.shape
    real = knots.dtype.type
    field = np.empty((n, k, 2), knots.dtype)
    for i in range(n):
        for point in range(k):
            x, y = places[i, point, 0], places[i, point, 1]
            left, top = min(int(x), knots.shape[3] - 4), min(int(y), knots.shape[2] - 4)
            across, down = _spline(x - real(left)), _spline(y - real(top))
            for axis in range(2):
                total = 0.0
                for row in range(4):
                    for column in range(4):
                        total += down[row] * across[column] * knots[i, axis, top + row, left + column]
                field[i, point, axis] = total
    return field


@checked
@jit
def ink_extent(images: Array, maps: Array) -> Array:
    # 1 + the larger of the ranges of (maps @ p)'s coordinates, over the outermost ink pixels p of each row
    n, height, width = images.shape
    real = maps.dtype.type
    extent = np.empty(n, maps.dtype)
    for i in range(n):
        left, top, right, bottom = real(np.inf), real(np.inf), real(-np.inf), real(-np.inf)
        for row in range(height):
            first, last = width, -1
            for column in range(width):
                ink = images[i, row, column] > INK
                first, last = min(first, column if ink else width), max(last, column if ink else -1)
            for column in (first, last):
                if last >= 0:
                    x = maps[i, 0, 0] * real(column) + maps[i, 0, 1] * real(row)
                    y = maps[i, 1, 0] * real(column) + maps[i, 1, 1] * real(row)
                    left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
        extent[i] = max(max(right - left, bottom - top), real(0)) + real(1)
    return extent


@checked
@jit
def dilate_or_erode(images: Array, amount: Array) -> Array:
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


@checked
@jit
def blur(images: Array, amount: Array) -> Array:
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
