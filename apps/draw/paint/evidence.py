"""Evidence for and against, painted over ink: blue and a plus sign, orange and a minus sign."""

from __future__ import annotations

from functools import cache

import numpy as np
import pygame

from apps.draw.paint.cells import shades
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, Theme
from apps.draw.state.geometry import Point
from apps.draw.state.layout import SIDE, Box
from backends.arrays import Array

Place = tuple[float, float, float]  # scale, x and y of an `engine.data.strokes.Placement`
STRONGEST = 0.9  # quantile of the evidence that gets the full colour
MARKS = 3  # of each sign
APART = 5  # pixels of the network between two marks
LEAST_MARKED = 0.5  # of the evidence that gets the full colour
SMALLEST_SIGN = 15  # px of type


def blur(values: Array) -> Array:
    """Spread (rows, columns) numbers over their neighbours, so that they are as smooth as a stroke.

    Their sum stays what it is, but for what crosses the edge.
    """
    rows, columns = (_spread(size) for size in values.shape)
    spread: Array = rows @ values @ columns
    return spread


@cache
def _spread(size: int) -> Array:
    """The (size, size) matrix that keeps half of each number and gives a quarter to each neighbour."""
    return np.eye(size) / 2 + (np.eye(size, k=1) + np.eye(size, k=-1)) / 4


def strong(values: Array) -> float:
    """The number whose colour is full: few are larger."""
    amounts = np.abs(values[values != 0])
    return float(np.quantile(amounts, STRONGEST)) if amounts.size else 1.0


def marks(values: Array, least: float) -> list[tuple[int, int]]:
    """The places (row, column) of the strongest numbers, a few of each sign, not too near to each other."""
    found: list[tuple[int, int]] = []
    for sign in (1, -1):
        left, count = sign * values, 0
        while count < MARKS and left.max() > least:
            row, column = (int(each) for each in np.unravel_index(left.argmax(), left.shape))
            found.append((row, column))
            count += 1
            left[max(row - APART, 0) : row + APART + 1, max(column - APART, 0) : column + APART + 1] = 0
    return found


def evidence_picture(
    evidence: Array, place: Place, coverage: Array, part: Box, theme: Theme
) -> pygame.Surface:
    """Paint the ink of a part of the canvas in the colour of its evidence.

    Parameters
    ----------
    evidence : (28, 28) array
        What each pixel of the network's input adds.
    place : (scale, x, y)
        From the canvas, which has the side 1, to these pixels.
    coverage : (side, side) array of uint8
        The ink of the canvas, 255 where full.
    part : Box
        The part, in pixels of the canvas.
    theme : Theme
        Its plus, minus, and for ink without evidence its faint colour.

    Returns
    -------
    pygame.Surface
        As large as the part, and as opaque as its ink.
    """
    smooth = blur(evidence)
    small = pygame.surfarray.make_surface(shades(smooth / strong(smooth), theme, theme.faint).swapaxes(0, 1))
    pixel = len(coverage) / place[0]  # of the network, in pixels of the canvas
    enlarged = pygame.transform.smoothscale(small, (round(SIDE * pixel),) * 2)
    picture = pygame.Surface(part[2:], pygame.SRCALPHA)
    picture.fill(theme.faint)
    picture.blit(enlarged, (round(-place[1] * pixel) - part.x, round(-place[2] * pixel) - part.y))
    ink = coverage[part.y : part.bottom, part.x : part.right]
    pygame.surfarray.pixels_alpha(picture)[:] = ink.T
    return picture


def changed_picture(image: Array, change: Array, side: int, theme: Theme) -> pygame.Surface:
    """Paint a change of (28, 28) uint8 ink over the faint ink: plus where there is more, minus for less.

    The largest change has the full colour.
    """
    ink = (image / 255)[..., None] * 0.5
    base = np.rint(theme.paper + (np.array(theme.faint) - theme.paper) * ink)
    amount = np.abs(change)[..., None] / max(float(np.abs(change).max()), 1e-9)
    ends = np.where(change[..., None] < 0, theme.minus, theme.plus)
    colours = np.rint(base + (ends - base) * amount).astype(np.uint8)
    return pygame.transform.scale(pygame.surfarray.make_surface(colours.swapaxes(0, 1)), (side, side))


def enlarged_ink(image: Array, side: int) -> Array:
    """An image of (28, 28) uint8 ink as the ink of a canvas, (side, side): smooth, with an edge."""
    grey = pygame.surfarray.make_surface(np.repeat(image.T[..., None], 3, axis=2))
    large = pygame.surfarray.array3d(pygame.transform.smoothscale(grey, (side, side)))[..., 0].T
    ink: Array = np.clip((large.astype(np.int16) - 60) * 2.5, 0, 255).astype(np.uint8)
    return ink


def paint_signs(
    painter: Painter, values: Array, corner: Point, pixel: float, ink: Array | None = None
) -> None:
    """Paint a plus or a minus sign where (28, 28) numbers are strongest.

    Parameters
    ----------
    painter : Painter
        Paints.
    values : (28, 28) array
        The numbers.
    corner : (x, y)
        Where the first number is.
    pixel : float
        Side of each number, in pixels.
    ink : (height, width) array, optional
        Ink of the surface that is painted on. A sign moves to the middle of what ink is near.
    """
    smooth = blur(values)
    size = min(max(3 * pixel / painter.unit, SMALLEST_SIGN), LARGE)
    for row, column in marks(smooth, LEAST_MARKED * strong(smooth)):
        at = corner[0] + (column + 0.5) * pixel, corner[1] + (row + 0.5) * pixel
        sign = "+" if smooth[row, column] > 0 else "\N{MINUS SIGN}"
        middle = at if ink is None else _middle(ink, at, round(1.5 * pixel))
        painter.text(sign, size, painter.theme.on_accent, middle, "center")


def _middle(ink: Array, at: Point, reach: int) -> Point:
    """The centre of mass of the ink in a square around a place; the place itself where there is none."""
    left, top = max(round(at[0]) - reach, 0), max(round(at[1]) - reach, 0)
    part = ink[top : max(round(at[1]) + reach, 0), left : max(round(at[0]) + reach, 0)].astype(np.float64)
    if not part.any():
        return at
    x, y = (part.sum(axis=axis) @ np.arange(part.shape[1 - axis]) / part.sum() for axis in (0, 1))
    return left + float(x), top + float(y)
