"""Numbers as cells: brighter or darker for how much, blue for plus, orange with a hole for minus."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pygame

from apps.draw.paint.painter import PICTURES, Painter, tint
from apps.draw.paint.theme import Colour, Theme
from apps.draw.state.layout import Box
from backends.arrays import Array

HOLE = 0.34  # of a cell's shorter side, in a cell of minus; so that its hue is not all that tells
HOLES_FROM = 0.2  # a weaker minus has none
SMALLEST_HOLED = 8  # px: in smaller cells, holes would only be noise
ROUND = 0.16  # of a cell's shorter side


def shades(values: Array, theme: Theme, zero: Colour) -> Array:
    """Map numbers from -1 to 1 to colours, ``zero`` for 0; with a last axis of 3, uint8.

    What lies beyond counts as -1 or 1.
    """
    amount = np.clip(np.abs(values), 0, 1)[..., None]
    ends = np.where(np.asarray(values)[..., None] < 0, theme.minus, theme.plus)
    coloured: Array = np.rint(zero + (ends - np.array(zero)) * amount).astype(np.uint8)
    return coloured


def cell_of(area: Box, columns: int, rows: int, place: int) -> Box:
    """Where a cell is in an area that cells fill row by row, in whole pixels."""
    row, column = divmod(place, columns)
    x, y = _edges(area.width, columns), _edges(area.height, rows)
    left, top = int(x[column]), int(y[row])
    return Box(area.x + left, area.y + top, int(x[column + 1]) - left, int(y[row + 1]) - top)


def paint_cells(
    painter: Painter,
    values: Array,
    columns: int,
    area: Box,
    *,
    gap: int = 0,
    glow: Array | None = None,
    holes: bool = True,
) -> None:
    """Paint (n,) numbers from -1 to 1 as cells, row by row.

    Parameters
    ----------
    painter : Painter
        Paints.
    values : (n,) array
        The numbers.
    columns : int
        Cells in a row.
    area : Box
        What the cells fill.
    gap : int
        Pixels between two cells, which are rounded then.
    glow : (n,) array, optional
        How far each cell is on the way to the colour of the main text, from 0 to 1.
    holes : bool
        Whether cells of minus have a hole, if they are large enough; else something else must tell them.
    """
    theme, rows = painter.theme, -(-len(values) // columns)
    colours = np.empty((rows * columns, 3), np.uint8)
    colours[:] = theme.background
    shown = shades(values, theme, theme.button)
    if glow is not None:
        shown = np.rint(shown + (np.array(theme.ink) - shown) * glow[:, None]).astype(np.uint8)
    colours[: len(values)] = shown
    widths, heights = np.diff(_edges(area.width, columns)), np.diff(_edges(area.height, rows))
    pixels = colours.reshape(rows, columns, 3).repeat(widths, axis=1).repeat(heights, axis=0)
    painter.picture(pygame.surfarray.make_surface(pixels.swapaxes(0, 1)), area[:2])
    side = min(int(widths.min()), int(heights.min()))
    if holes and side >= SMALLEST_HOLED:
        hole = round(HOLE * side)
        for index in np.flatnonzero(np.asarray(values) < -HOLES_FROM).tolist():
            x, y = cell_of(area, columns, rows, index).center
            painter.fill(Box(x - hole // 2, y - hole // 2, hole, hole), theme.button)
    if gap:
        painter.picture(_gaps(columns, rows, area[2:], gap, theme.background), area[:2])


def paint_ramp(painter: Painter, box: Box, first: float = 0.0) -> None:
    """The colours of the numbers from ``first`` to 1, from left to right."""
    theme, size = painter.theme, box[2:]

    def make() -> pygame.Surface:
        values = np.linspace(first, 1, box.width)[None]
        row = pygame.surfarray.make_surface(shades(values, theme, theme.button).swapaxes(0, 1))
        return pygame.transform.scale(row, size)

    painter.picture(PICTURES.get(("ramp", theme, size, first), make), box[:2])


def paint_sample(painter: Painter, value: float, box: Box) -> None:
    """One cell, for a legend."""
    theme, size = painter.theme, box[2:]

    def make() -> pygame.Surface:
        cell = Painter(pygame.Surface(size), theme, painter.unit)
        paint_cells(cell, np.array([value]), 1, Box(0, 0, *size))
        return cell.surface

    painter.picture(PICTURES.get(("sample", theme, size, value), make), box[:2])


@lru_cache(64)
def _edges(length: int, count: int) -> Array:
    """The ``count`` + 1 edges of cells that fill a length, in whole pixels."""
    edges: Array = np.rint(np.linspace(0, length, count + 1)).astype(np.intp)
    return edges


def _gaps(columns: int, rows: int, size: tuple[int, int], gap: int, colour: Colour) -> pygame.Surface:
    """What lies between cells with round corners; the first and the last end where the area does."""

    def make() -> pygame.Surface:
        radius = max(ROUND * min(size[0] / columns, size[1] / rows), 1)
        x, y = (
            _beyond(length, count, gap, radius) for length, count in zip(size, (columns, rows), strict=True)
        )
        outside = np.clip(np.hypot(x[None], y[:, None]) - radius + 0.5, 0, 1)
        return tint(np.rint(outside * 255).astype(np.uint8), colour)

    return PICTURES.get(("gaps", columns, rows, size, gap, colour), make)


def _beyond(length: int, count: int, gap: int, radius: float) -> Array:
    """How far each pixel of a row lies beyond where the round corner of its cell begins."""
    edges, at = _edges(length, count), np.arange(length) + 0.5
    cell = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, count - 1)
    left = edges[cell] + np.where(cell > 0, gap / 2, 0)
    right = edges[cell + 1] - np.where(cell < count - 1, gap / 2, 0)
    beyond: Array = np.maximum(np.maximum(left + radius - at, at - right + radius), 0)
    return beyond
