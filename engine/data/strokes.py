"""From a drawing to the 28x28 image that is the network's input.

A drawing is a list of strokes; a stroke is a list of points (x, y), x to the right, y down, in any unit.
The lines are scaled first and drawn afterwards, with a pen of fixed width, so that the image does not depend
on how large the digit was drawn, where, or with which brush. (Shrinking a painted image instead loses up to
12 points of accuracy with a wide brush.)

The window, the command line and training all use `draw_digits`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends import imaging
from backends.arrays import Array
from backends.base import Backend
from backends.errors import ArgumentError
from engine.data.framing import BOX, SIDE

PEN_WIDTH = 2.25  # px; MNIST's own strokes are 2.5 px wide in the median, 1.8 to 4.0
FINEST_STEP = 0.05  # px; a point closer than this to the one before makes no visible difference
LARGEST_COORDINATE = 1e12
SMALLEST_EXTENT = 1e-12  # of a drawing; a smaller one is a dot
STRAY = 0.08  # a stroke smaller than this share of the largest is a stray touch: digits have no dots

Stroke = Sequence[Sequence[float]] | npt.NDArray[np.floating]
Strokes = Sequence[Stroke]


class Lines(NamedTuple):
    """Strokes as arrays.

    Attributes
    ----------
    points : (K, 2) array of float64
        Points in the order of writing.
    joined : (K - 1,) array of bool
        Whether the pen was down between a point and the next.
    """

    points: Array
    joined: Array


class Placement(NamedTuple):
    """Where a drawing is in its image: a point p of the drawing is at ``scale`` p + (``x``, ``y``) there.

    Attributes
    ----------
    scale : float
        Pixels of the image for each unit of the drawing.
    x, y : float
        In pixels.
    """

    scale: float
    x: float
    y: float


def strokes_to_image(strokes: Strokes, pen_width: float = PEN_WIDTH, backend: Backend | None = None) -> Array:
    """Draw strokes as MNIST frames its digits.

    Parameters
    ----------
    strokes : list of strokes
        Each a list of finite points (x, y), x to the right, y down, in any unit; a single point is a dot.
    pen_width : float
        In pixels of the 28x28 image.
    backend : Backend, optional
        Draws the lines; plain NumPy by default.

    Returns
    -------
    (28, 28) array of uint8
        Ink = 255; blank when there is no point at all.

    Raises
    ------
    ArgumentError
        A point is not two numbers within ±1e12.

    Examples
    --------
    >>> image = strokes_to_image([[(0, 0), (0, 9)]])  # a straight one
    >>> rows, columns = np.nonzero(image)
    >>> int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
    (20, 3)
    """
    lines = pack(strokes)
    if not len(lines.points):
        return np.zeros((SIDE, SIDE), np.uint8)
    images = draw_digits(lines.points[None], lines.joined[None], np.array([pen_width]), backend)
    image: Array = images[0]
    return image


def placement(strokes: Strokes, pen_width: float = PEN_WIDTH) -> Placement:
    """Find where `strokes_to_image` puts a drawing: to show on a drawing what a network thinks of its pixels.

    Parameters
    ----------
    strokes : list of strokes
        As for `strokes_to_image`, with at least one point.
    pen_width : float
        In pixels of the 28x28 image.

    Returns
    -------
    Placement
        From the unit of the drawing to pixels.

    Raises
    ------
    ArgumentError
        There is no point, or one is not two numbers within ±1e12.
    """
    lines = pack(strokes)
    if not len(lines.points):
        raise ArgumentError("a drawing without a point is nowhere in its image: draw something first")
    corner = lines.points.min(axis=0)
    size = extent(lines.points)
    scale = (BOX - pen_width) / size if size > SMALLEST_EXTENT else 1.0
    # Like `center_by_mass`, which moves the box by whole pixels.
    pens = np.array([pen_width])
    box = imaging.draw_lines(_scale_to_box(lines.points[None], pens), lines.joined[None], pens, BOX, BOX)[0]
    ink = np.rint(box * (255 / box.max()))
    places = np.arange(BOX) + 0.5
    mass_y, mass_x = (ink.sum(axis=axis) @ places / ink.sum() for axis in (1, 0))
    row, column = (float(np.floor(SIDE / 2 + 1 - mass)) for mass in (mass_y, mass_x))
    x, y = (pen_width / 2 - corner * scale).tolist()
    return Placement(scale, x + column, y + row)


def pack(strokes: Strokes) -> Lines:
    """Pack strokes into arrays, without empty strokes, stray touches, and points too close to tell apart.

    Parameters
    ----------
    strokes : list of strokes
        Each a list of finite points (x, y), x to the right, y down, in any unit.

    Returns
    -------
    Lines
        Points and pen in two arrays; without any point, both are empty.

    Raises
    ------
    ArgumentError
        A point is not two numbers within ±1e12.
    """
    arrays = [_as_points(stroke, index) for index, stroke in enumerate(strokes) if len(stroke)]
    if not arrays:
        return Lines(np.zeros((0, 2)), np.zeros(0, bool))
    stray = stray_touches([extent(stroke) for stroke in arrays])
    step = extent(np.concatenate(arrays)) * FINEST_STEP / BOX
    kept = [_thinned(stroke, step) for stroke, left_out in zip(arrays, stray, strict=True) if not left_out]
    joined = np.concatenate([np.arange(len(stroke)) < len(stroke) - 1 for stroke in kept])
    return Lines(np.concatenate(kept), joined[:-1])


def _as_points(stroke: Stroke, index: int) -> Array:
    """A stroke as an array; raises `ArgumentError` naming it."""
    try:
        points = np.asarray(stroke, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"strokes[{index}] makes no array of points (x, y): {error}") from None
    if points.ndim != 2 or points.shape[1] != 2:
        raise ArgumentError(f"strokes[{index}] has the shape {points.shape}; points (x, y) are needed")
    if not (np.abs(points) <= LARGEST_COORDINATE).all():  # so written, NaN is refused too
        raise ArgumentError(f"strokes[{index}] has a coordinate beyond ±{LARGEST_COORDINATE:g}, or NaN")
    return points


def draw_digits(points: Array, joined: Array, pen_width: Array, backend: Backend | None = None) -> Array:
    """Draw many drawings as MNIST frames its digits.

    Parameters
    ----------
    points : (n, K, 2) array of floats
        Points in any unit; a drawing with fewer than K points repeats its last one.
    joined : (n, K - 1) array of bool
        Whether the pen was down between a point and the next.
    pen_width : (n,) array
        Pen widths in pixels of the 28x28 image.
    backend : Backend, optional
        Draws the lines; plain NumPy by default.

    Returns
    -------
    (n, 28, 28) array of uint8
        Images, ink = 255.
    """
    how = backend.imaging if backend else imaging
    points = _scale_to_box(points, pen_width)
    farthest = points.reshape(-1, 2) + np.repeat(pen_width, points.shape[1])[:, None] / 2
    width, height = np.ceil(farthest.max(axis=0) - 1e-6).astype(int)
    drawn = how.draw_lines(points, joined, pen_width, int(height), int(width))
    images: Array = how.center_by_mass(drawn, SIDE)
    return images


def _scale_to_box(points: Array, pen_width: Array) -> Array:
    """Scale and move lines so that their ink, pen included, starts at (0, 0), the longer side 20 px."""
    x_and_y = np.ascontiguousarray(np.moveaxis(points, 2, 1))  # NumPy searches fastest along the last axis
    corner = x_and_y.min(axis=2)[:, None, :]
    extent = (x_and_y.max(axis=2)[:, None, :] - corner).max(axis=2, keepdims=True)
    pen = pen_width[:, None, None]
    # A dot has no extent; it stays a dot.
    scale = np.divide(BOX - pen, extent, out=np.ones_like(extent), where=extent > SMALLEST_EXTENT)
    scaled: Array = (points - corner) * scale + pen / 2
    return scaled


def extent(points: Array) -> float:
    """Measure the longer side of the box around points.

    Parameters
    ----------
    points : (K, 2) array
        At least one point.

    Returns
    -------
    float
        Length in the unit of the points.
    """
    return float(np.ptp(points, axis=0).max())


def stray_touches(extents: Sequence[float]) -> list[bool]:
    """Tell which strokes are stray touches: tiny beside the largest.

    Parameters
    ----------
    extents : sequence of float
        Of each stroke of a drawing, as by `extent`.

    Returns
    -------
    list of bool
        True for those that are left out.
    """
    smallest = STRAY * max(extents, default=0.0)
    return [each < smallest for each in extents]


def _thinned(stroke: Array, step: float) -> Array:
    """A stroke without the points that lie within ``step`` of the one before, along the stroke.

    The two ends are kept; a lone point is doubled, so that it is joined to itself.
    """
    if len(stroke) == 1:
        return np.repeat(stroke, 2, axis=0)
    if step == 0:
        return stroke[[0, -1]]
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    keep = np.diff(np.floor(travelled / step), prepend=-1) > 0
    keep[-1] = True
    return stroke[keep]
