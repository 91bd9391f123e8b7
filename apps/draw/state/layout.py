"""Where each view is in a window of a given size: a pure function, without Pygame.

The canvas has a row of tools under it. Beside it, or below it in a window that is higher than wide, is a
column: a row of tabs, the headline, and the page that the tabs choose. Everything grows with the window;
buttons are always large enough for a finger. Each view arranges its own area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from apps.draw.state.geometry import Point

FIRST_SIZE = (1000, 640)  # of the window; all lengths here and in the views are for it
SMALLEST_SIZE = (820, 560)
FINGER = 44  # px: no button is smaller
SIDE = 28  # cells of the grid and pixels of the network's input; both get whole screen pixels
WIDEST_COLUMN = 470
TALL = 1.2  # a window this much higher than wide has its column below
LOWEST_COLUMN = 390  # below the canvas
HEADLINE = 60
INSET = 11  # px from the edge of a tab to its text


class Box(NamedTuple):
    """A rectangle in pixels; Pygame takes it as one of its own."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def center(self) -> tuple[int, int]:
        return self.x + self.width // 2, self.y + self.height // 2

    def holds(self, point: Point) -> bool:
        return self.x <= point[0] < self.right and self.y <= point[1] < self.bottom


@dataclass(frozen=True)
class Layout:
    """The areas of a window.

    Attributes
    ----------
    size : tuple of int
        Of the window in pixels.
    unit : float
        How much larger everything is than in a window of `FIRST_SIZE`.
    canvas, tools, tabs, corner, headline, page, teach : Box
        The areas of the views: the canvas and the row under it; the tabs, the button beside them, the
        headline, the page, and the row in which the network is told what the digit was.
    """

    size: tuple[int, int]
    unit: float
    canvas: Box
    tools: Box
    tabs: Box
    corner: Box
    headline: Box
    page: Box
    teach: Box

    @property
    def window(self) -> Box:
        """The whole window."""
        return Box(0, 0, *self.size)

    def area(self, name: str) -> Box:
        """The area of this name: one of the attributes."""
        area: Box = getattr(self, name)
        return area


def arrange(size: tuple[int, int]) -> Layout:
    """Lay out a window; one that is smaller than `SMALLEST_SIZE` is cut off, not squeezed."""
    width, height = (max(each, least) for each, least in zip(size, SMALLEST_SIZE, strict=True))
    tall = height > TALL * width
    unit = min(width / 760, height / 1100) if tall else min(width / FIRST_SIZE[0], height / FIRST_SIZE[1])
    margin, gap, space = round(24 * unit), round(12 * unit), round(32 * unit)
    row = max(FINGER, round(48 * unit))
    high = height - 2 * margin - gap - row
    if tall:
        side = min(high - space - round(LOWEST_COLUMN * unit), width - 2 * margin) // SIDE * SIDE
        canvas = Box((width - side) // 2, margin, side, side)
        top = canvas.bottom + gap + row + space
        column = Box(margin, top, width - 2 * margin, height - margin - top)
    else:
        side = min(high, round(width * 0.56)) // SIDE * SIDE
        column_width = min(width - 2 * margin - space - side, round(WIDEST_COLUMN * unit))
        left, top = (width - side - space - column_width) // 2, (height - side - gap - row) // 2
        canvas = Box(left, top, side, side)
        column = Box(canvas.right + space, top, column_width, side + gap + row)
    tools = Box(canvas.x, canvas.bottom + gap, side, row)
    return Layout((width, height), unit, canvas, tools, *_column(column, unit, tall))


def _column(column: Box, unit: float, wide: bool) -> tuple[Box, Box, Box, Box, Box]:
    """The tabs, the corner, the headline, the page and the row to teach: under it, or beside the headline."""
    row, gap = max(FINGER, round(FINGER * unit)), round(16 * unit)
    out = round(INSET * unit)  # so that the text and the icon, not their boxes, end where the column does
    tabs = Box(column.x - out, column.y, column.width - row, row)
    corner = Box(column.right - row + out, column.y, row, row)
    headline = Box(column.x, tabs.bottom + gap, column.width, round(HEADLINE * unit))
    page = Box(column.x, headline.bottom + gap, column.width, column.bottom - headline.bottom - gap)
    if wide:
        half = (column.width - gap) // 2
        teach = Box(column.right - half, headline.bottom - row, half, row)
        return tabs, corner, headline._replace(width=half), page, teach
    teach = Box(column.x, column.bottom - row, column.width, row)
    return tabs, corner, headline, page._replace(height=teach.y - gap - page.y), teach
