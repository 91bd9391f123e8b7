"""Images of digits, many at once, in plain NumPy: drawing lines, and augmenting images.

The default of `Backend.imaging`, and the reference for a backend that has its own. Training needs these by
the hundred thousand, so the Numba backend compiles them, in `backends.numba_backend.imaging`.

Letters: n images, H rows, W columns, K points of a drawing. Images are floating point in [0, 1] with ink = 1,
and beyond their edge is background (0). A pixel's centre lies at its index + 0.5.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from backends.arrays import Array
from backends.checks import checked

KNOT_EVERY = 7  # pixels between the knots of the field by which `warp` bends an image
INK = 64  # of 255: pixels above it belong to the digit
SPLINE_DEVIATION = math.sqrt(0.479)  # of a field whose knots have variance 1, before it is scaled


@checked
def draw_lines(points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
    """Draw lines with a round pen, anti-aliased: a pixel's value is the share of it that the pen covers.

    Coverage is taken from the distance of the pixel's centre to the nearest line:
    clip(pen_width / 2 + 0.5 - distance, 0, 1).

    Parameters
    ----------
    points : (n, K, 2) array of floats
        Points in pixels, x to the right and y down; a dot is a point joined to itself.
    joined : (n, K - 1) array of bool
        Whether the pen was down between a point and the next.
    pen_width : (n,) array
        Pen widths in pixels.
    height, width : int
        Size of the images in pixels.

    Returns
    -------
    (n, height, width) array
        Coverage in [0, 1], in the dtype of the points.
    """
    y, x = np.mgrid[0:height, 0:width] + 0.5
    centres = np.stack([x.ravel(), y.ravel()], axis=1)  # (pixels, 2)
    images = np.empty((len(points), height, width), points.dtype)
    for n in range(len(points)):
        start, end = points[n, :-1][joined[n]], points[n, 1:][joined[n]]
        distance2 = np.full(len(centres), np.inf)
        for some in np.array_split(np.arange(len(start)), 1 + len(start) // 256):  # bounds the memory
            if len(some):
                np.minimum(distance2, _nearest_squared(centres, start[some], end[some]), out=distance2)
        coverage = np.clip(pen_width[n] / 2 + 0.5 - np.sqrt(distance2), 0, 1)
        images[n] = coverage.reshape(height, width)
    return images


def _nearest_squared(points: Array, start: Array, end: Array) -> Array:
    """The squared distance from each of n points (n, 2) to the nearest of S segments, (S, 2) each end.

    With u = point - start and a = end - start, the nearest point of a segment is start + t a, where
    t = clip(u · a / a · a, 0, 1). The differences come first: in squares multiplied out, they would drown.
    """
    (ax, ay), (x, y) = (end - start).T, points.T
    ux, uy = x[:, None] - start[:, 0], y[:, None] - start[:, 1]  # (n, S)
    t = np.clip((ux * ax + uy * ay) / np.maximum(ax * ax + ay * ay, 1e-12), 0, 1)
    nearest: Array = ((ux - t * ax) ** 2 + (uy - t * ay) ** 2).min(axis=1)
    return nearest


@checked
def center_by_mass(boxes: Array, side: int) -> Array:
    """Paste the bounding boxes of digits into square images, with the centre of mass in the middle.

    A box moves by whole pixels, to floor(side / 2 + 1 - mass) on each axis. That puts the mass in
    (13.5, 14.5], as in every MNIST image, and cuts off whatever falls outside. The rounding is that of
    QMNIST's reconstruction of MNIST (Yadav and Bottou 2019).

    Parameters
    ----------
    boxes : (n, rows, columns) array
        Non-negative ink, at most ``side`` rows and columns.
    side : int
        Side of the images in pixels.

    Returns
    -------
    (n, side, side) array of uint8
        Images whose brightest pixel is 255 (or 254, if it was); blank where there is no ink.
    """
    n, rows, columns = boxes.shape
    if not rows * columns:
        return np.zeros((n, side, side), np.uint8)
    peak = boxes.max(axis=(1, 2), initial=0)
    # MNIST's own brightest pixels are 254 or 255: those stay as they are.
    scale = np.where(peak < 254, 255 / np.maximum(peak, 1e-9), 1)
    ink = np.rint(boxes * scale[:, None, None]).astype(np.uint8)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1)
    mass_y = ink.sum(axis=2) @ (np.arange(rows) + 0.5) / mass
    mass_x = ink.sum(axis=1) @ (np.arange(columns) + 0.5) / mass
    # Where each row and column of the image comes from in the box; outside the box is background.
    row = np.arange(side) - np.floor(side / 2 + 1 - mass_y).astype(np.intp)[:, None]
    column = np.arange(side) - np.floor(side / 2 + 1 - mass_x).astype(np.intp)[:, None]
    inside = ((row >= 0) & (row < rows))[:, :, None] & ((column >= 0) & (column < columns))[:, None, :]
    row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
    images: Array = ink[np.arange(n)[:, None, None], row[:, :, None], column[:, None, :]] * inside
    return images


@checked
def warp(images: Array, maps: Array, shifts: Array, knots: Array) -> Array:
    """Warp images by a linear map, a shift and a smooth random field, all in one bilinear interpolation.

    With c the middle of the image, the pixel at p takes its value from maps (p - c) + c + shifts + bend(p) of
    the old image, where bend is the field of `spline_basis` with a knot every `KNOT_EVERY` pixels.

    Parameters
    ----------
    images : (n, H, W) array of uint8
        Images, ink = 255.
    maps : (n, 2, 2) array of floats
        Matrices that act on (column, row), from the new image to the old one.
    shifts : (n, 2) array
        Shifts in pixels, (column, row).
    knots : (n, 2, R, C) array
        Values of the field's knots in pixels; R = knots_along(H), C = knots_along(W).

    Returns
    -------
    (n, H, W) array
        Images in [0, 1], in the dtype of the maps.
    """
    _, height, width = images.shape
    down = spline_basis(np.arange(height) / KNOT_EVERY, knots.shape[2])
    across = spline_basis(np.arange(width) / KNOT_EVERY, knots.shape[3])
    bend = down.astype(knots.dtype) @ knots @ across.astype(knots.dtype).T  # (n, 2, H, W)
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    middle = np.array([[width / 2], [height / 2]], maps.dtype)
    places = np.stack([column.ravel(), row.ravel()]).astype(maps.dtype) - middle  # (2, H W)
    sources = maps @ places + middle + shifts[:, :, None]
    x, y = np.moveaxis(sources.reshape(bend.shape) + bend, 1, 0)
    return _interpolate(images.astype(maps.dtype) / maps.dtype.type(255), x, y)


def _interpolate(images: Array, x: Array, y: Array) -> Array:
    """Bilinear interpolation: each image at places x (column) and y (row), (n, H, W) pixel indices."""
    n, height, width = images.shape
    # Two rings of background, so that places outside need no branch.
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    x, y = np.clip(x + 2, 0, width + 2.5), np.clip(y + 2, 0, height + 2.5)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right_share, bottom_share = x - left, y - top
    right_share, bottom_share = right_share.astype(images.dtype), bottom_share.astype(images.dtype)
    which = np.arange(n)[:, None, None]
    upper_left, upper_right = padded[which, top, left], padded[which, top, left + 1]
    lower_left, lower_right = padded[which, top + 1, left], padded[which, top + 1, left + 1]
    upper = upper_left + right_share * (upper_right - upper_left)
    lower = lower_left + right_share * (lower_right - lower_left)
    interpolated: Array = upper + bottom_share * (lower - upper)
    return interpolated


@checked
def ink_extent(images: Array, maps: Array) -> Array:
    """Measure the longer side of each image's ink after a linear map, in pixels.

    Ink is every pixel above `INK`. The side is the largest difference of the ink pixels' columns, or rows,
    once mapped, plus 1. Only the first and the last ink pixel of each row can be the outermost.

    Parameters
    ----------
    images : (n, H, W) array of uint8
        Images, ink = 255.
    maps : (n, 2, 2) array of floats
        Matrices that act on (column, row).

    Returns
    -------
    (n,) array
        Sides in the dtype of the maps; 1 where there is no ink.
    """
    height, width = images.shape[1:]
    ink = images > INK
    first, last = ink.argmax(axis=2), width - 1 - ink[:, :, ::-1].argmax(axis=2)
    column = np.concatenate([first, last], axis=1).astype(maps.dtype)
    row = np.broadcast_to(np.tile(np.arange(height, dtype=maps.dtype), 2), column.shape)
    outermost = maps @ np.stack([column, row], axis=1)  # (n, 2, 2 H)
    there = np.tile(ink.any(axis=2), 2)[:, None, :]
    high = np.where(there, outermost, -np.inf).max(axis=2)
    low = np.where(there, outermost, np.inf).min(axis=2)
    extent: Array = np.maximum((high - low).max(axis=1), 0) + 1
    return extent.astype(maps.dtype)


@checked
def spline_field(places: Array, knots: Array) -> Array:
    """Evaluate a smooth vector field: uniform cubic B-splines between knots.

    Parameters
    ----------
    places : (n, K, 2) array of floats
        Where, in knot spacings: x in [0, C - 3] and y in [0, R - 3]; 0 is the second knot of a row.
    knots : (n, 2, R, C) array of floats
        Values of the knots, first those of x, then those of y.

    Returns
    -------
    (n, K, 2) array
        The field's x and y at each place, in the dtype of the knots.
    """
    across = spline_basis(places[:, :, 0], knots.shape[3]).astype(knots.dtype)  # (n, K, C)
    down = spline_basis(places[:, :, 1], knots.shape[2]).astype(knots.dtype)  # (n, K, R)
    both = [((down @ knots[:, axis]) * across).sum(axis=2) for axis in (0, 1)]
    return np.stack(both, axis=2)


def spline_basis(places: npt.ArrayLike, knots: int) -> Array:
    """Evaluate uniform cubic B-splines (de Boor 1978): the weight of each knot at each place.

    Knots lie at -1, 0, 1, ...; the weights are scaled so that knots of variance 1 give values of variance
    1 in the mean over all places.

    Parameters
    ----------
    places : (...) array of floats
        Where, in knot spacings.
    knots : int
        Number of knots.

    Returns
    -------
    (..., knots) array of float64
        Weights.

    Examples
    --------
    At a knot, it and its two neighbours count 4 : 1 : 1.

    >>> (spline_basis(1.0, 4) * SPLINE_DEVIATION * 6).round(12).tolist()
    [0.0, 1.0, 4.0, 1.0]
    """
    distance = np.abs(np.asarray(places, np.float64)[..., None] - (np.arange(knots) - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    weights: Array = np.where(distance < 1, near, far) / SPLINE_DEVIATION
    return weights


def knots_along(side: int) -> int:
    """Count the knots that `warp` needs along a side: every one whose spline reaches a pixel.

    Parameters
    ----------
    side : int
        Length of the side in pixels.

    Returns
    -------
    int
        Number of knots.

    Examples
    --------
    >>> knots_along(28)
    7
    """
    return (side - 1) // KNOT_EVERY + 4


@checked
def dilate_or_erode(images: Array, amount: Array) -> Array:
    """Make lines wider (amount > 0) or thinner (amount < 0).

    A blend with the grey dilation or erosion by a plus of five pixels (Serra 1982): amount 1 is a pixel
    more on each side, -1 a pixel less.

    Parameters
    ----------
    images : (n, H, W) array of floats
        Images in [0, 1].
    amount : (n,) array
        Pixels on each side of a line, from -1 to 1.

    Returns
    -------
    (n, H, W) array
        New images.
    """
    neighbours = _with_neighbours(images)
    wider, thinner = neighbours.max(axis=0) - images, images - neighbours.min(axis=0)
    amount = amount[:, None, None]
    changed: Array = images + amount * np.where(amount > 0, wider, thinner)
    return changed


@checked
def blur(images: Array, amount: Array) -> Array:
    """Blend each pixel with the mean of its four neighbours.

    Parameters
    ----------
    images : (n, H, W) array of floats
        Images in [0, 1].
    amount : (n,) array
        Share of the neighbours, from 0 to 1.

    Returns
    -------
    (n, H, W) array
        New images.
    """
    neighbours = _with_neighbours(images)
    blurred: Array = images + amount[:, None, None] * (neighbours[1:].mean(axis=0) - images)
    return blurred


def _with_neighbours(images: Array) -> Array:
    """Each image itself, and shifted by a pixel down, up, right and left, (5, n, H, W)."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    return np.stack(
        [
            images,
            padded[:, :-2, 1:-1],
            padded[:, 2:, 1:-1],
            padded[:, 1:-1, :-2],
            padded[:, 1:-1, 2:],
        ]
    )
