"""Pictures of digits, many at once, in plain NumPy: drawing lines, and varying what was drawn.

The reference for what `Backend` offers under the same names, and what a backend has that writes none of its
own. Training needs these by the hundred thousand, so the Numba backend compiles them, in
`backends.numba_imaging`.

Letters: n pictures, H rows, W columns, K points of a drawing. Pictures are floating point in [0, 1], ink = 1,
and beyond their edge is paper. A pixel's centre lies at its index + 0.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from backends.base import Array


def draw_lines(points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
    """Draw lines with a round pen, anti-aliased: each pixel gets the share of it that the pen covers.

    Coverage is taken from the distance of the pixel's centre to the nearest line:
    clip(pen_width / 2 + 0.5 - distance, 0, 1).

    Parameters
    ----------
    points : (n, K, 2), x to the right and y down, in pixels; a dot is a point joined to itself
    joined : (n, K - 1) bool, whether the pen was down between a point and the next
    pen_width : (n,), in pixels

    Returns
    -------
    (n, height, width) in [0, 1], in the dtype of the points
    """
    y, x = np.mgrid[0:height, 0:width] + 0.5
    centres = np.stack([x.ravel(), y.ravel()], axis=1)  # (pixels, 2)
    pictures = np.empty((len(points), height, width), points.dtype)
    for n in range(len(points)):
        start, end = points[n, :-1][joined[n]], points[n, 1:][joined[n]]
        distance2 = np.full(len(centres), np.inf)
        for some in np.array_split(np.arange(len(start)), 1 + len(start) // 256):  # bounds the memory
            if len(some):
                np.minimum(distance2, _nearest_squared(centres, start[some], end[some]), out=distance2)
        coverage = np.clip(pen_width[n] / 2 + 0.5 - np.sqrt(distance2), 0, 1)
        pictures[n] = coverage.reshape(height, width)
    return pictures


def _nearest_squared(points: Array, start: Array, end: Array) -> Array:
    """The squared distance from each of n points (n, 2) to the nearest of S segments, (S, 2) each end.

    With u = point - start and a = end - start, the nearest place of a segment is start + t a, where
    t = clip(u · a / a · a, 0, 1), and the squared distance is u · u - 2 t (u · a) + t² (a · a).
    """
    a = end - start
    aa = (a**2).sum(axis=1)
    ua = points @ a.T - (start * a).sum(axis=1)  # (n, S)
    u_u = (points**2).sum(axis=1)[:, None] - 2 * (points @ start.T) + (start**2).sum(axis=1)
    t = np.clip(ua / np.maximum(aa, 1e-12), 0, 1)
    nearest: Array = (u_u + t * (t * aa - 2 * ua)).min(axis=1)
    return np.maximum(nearest, 0)


def sample_bilinear(images: Array, x: Array, y: Array) -> Array:
    """Each picture seen at other places: straight-line interpolation between the four nearest pixels.

    Parameters
    ----------
    images : (n, H, W)
    x, y : (n, H, W), where each pixel of the result looks, as pixel indices (column, row)
    """
    n, height, width = images.shape
    # Two rings of paper, so that what lies outside is read like what lies inside.
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
    seen: Array = upper + bottom_share * (lower - upper)
    return seen


def change_width(images: Array, amount: Array) -> Array:
    """Lines made wider (amount > 0) or thinner (amount < 0), (n, H, W).

    A blend with the grey dilation or erosion by a plus of five pixels (Serra 1982): amount 1 is a pixel
    more on each side, -1 a pixel less.
    """
    neighbours = _with_neighbours(images)
    wider, thinner = neighbours.max(axis=0) - images, images - neighbours.min(axis=0)
    amount = amount[:, None, None]
    changed: Array = images + amount * np.where(amount > 0, wider, thinner)
    return changed


def soften(images: Array, amount: Array) -> Array:
    """A blend with the mean of the four neighbours, (n, H, W); amount from 0 to 1."""
    neighbours = _with_neighbours(images)
    softened: Array = images + amount[:, None, None] * (neighbours[1:].mean(axis=0) - images)
    return softened


def _with_neighbours(images: Array) -> Array:
    """Each picture itself, and moved by a pixel up, down, left and right, (5, n, H, W)."""
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
