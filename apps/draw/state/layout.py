"""Where everything is, for a window of a given size. A pure function; nothing here knows of Pygame.

Left the canvas with a row of tools under it; right a column: the answer, ten bars, what the network saw.
Everything grows with the window; buttons never get smaller than a finger needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from apps.draw.state.actions import Action
from apps.draw.state.geometry import Point

FIRST_SIZE = (1000, 640)  # of the window; all sizes below are meant for it
SMALLEST_SIZE = (820, 560)
FINGER = 44  # px: no button is smaller
SIDE = 28  # cells of the grid and of the network's picture; both get whole pixels a cell
WIDEST_COLUMN = 470
TOOLS = (Action.UNDO, Action.REDO, Action.ERASER)
VIEWS = (Action.LIVE, Action.GRID, Action.THEME, Action.HELP)


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
    """The places of a window's parts.

    Attributes
    ----------
    unit : how much larger things are than in a window of `FIRST_SIZE`
    buttons : each action that has a button, and where
    slider : the brush's size
    glyph : the answer, very large; words : about it
    bars : ten rows, 0 to 9
    seen : the 28x28 picture; facts : the text beside it
    """

    size: tuple[int, int]
    unit: float
    canvas: Box
    buttons: dict[Action, Box]
    slider: Box
    glyph: Box
    words: Box
    bars: tuple[Box, ...]
    seen: Box
    facts: Box


def arrange(size: tuple[int, int]) -> Layout:
    """Lay out a window; one that is smaller than `SMALLEST_SIZE` is cut off, not squeezed."""
    width, height = (max(each, least) for each, least in zip(size, SMALLEST_SIZE, strict=True))
    unit = min(width / FIRST_SIZE[0], height / FIRST_SIZE[1])
    margin, gap, space = round(24 * unit), round(12 * unit), round(32 * unit)
    row = max(FINGER, round(48 * unit))
    side = min(height - 2 * margin - gap - row, round(width * 0.56)) // SIDE * SIDE
    column = min(width - 2 * margin - space - side, round(WIDEST_COLUMN * unit))
    left = (width - side - space - column) // 2
    top = (height - side - gap - row) // 2

    canvas = Box(left, top, side, side)
    tools = Box(left, canvas.bottom + gap, side, row)
    right = Box(canvas.right + space, top, column, tools.bottom - top)
    tool_buttons, slider = _tools(tools, unit)
    view_buttons = _row_from_right(Box(right.x, top, column, FINGER), VIEWS, FINGER, round(4 * unit))
    glyph, words = _answer(right, unit)
    bars, seen, facts = _evidence(right, glyph.bottom, unit)
    buttons = tool_buttons | view_buttons
    return Layout((width, height), unit, canvas, buttons, slider, glyph, words, bars, seen, facts)


def _tools(row: Box, unit: float) -> tuple[dict[Action, Box], Box]:
    """Undo, redo and eraser at the left, clear and predict at the right, the brush's size between."""
    gap = round(8 * unit)
    buttons = {
        action: Box(row.x + index * (row.height + gap), row.y, row.height, row.height)
        for index, action in enumerate(TOOLS)
    }
    predict, clear = round(104 * unit), round(76 * unit)
    buttons[Action.PREDICT] = Box(row.right - predict, row.y, predict, row.height)
    buttons[Action.CLEAR] = Box(row.right - predict - gap - clear, row.y, clear, row.height)
    start, end = buttons[Action.ERASER].right + gap, buttons[Action.CLEAR].x - gap
    return buttons, Box(start, row.y, end - start, row.height)


def _row_from_right(row: Box, actions: Sequence[Action], side: int, gap: int) -> dict[Action, Box]:
    start = row.right - len(actions) * (side + gap) + gap
    return {
        action: Box(start + index * (side + gap), row.y, side, side) for index, action in enumerate(actions)
    }


def _answer(column: Box, unit: float) -> tuple[Box, Box]:
    """At the top of the column the large digit, and beside it the words, under the row of buttons."""
    glyph = Box(column.x, column.y, round(106 * unit), round(136 * unit))
    left, top = glyph.right + round(12 * unit), column.y + FINGER + round(4 * unit)
    return glyph, Box(left, top, column.right - left, glyph.bottom - top)


def _evidence(column: Box, top: int, unit: float) -> tuple[tuple[Box, ...], Box, Box]:
    """The picture and its facts at the bottom of the column, the bars in the middle of what is left."""
    picture = max(6, round(6 * unit)) * SIDE
    seen = Box(column.x, column.bottom - picture, picture, picture)
    text = column.x + picture + round(20 * unit)
    facts = Box(text, seen.y, column.right - text, picture)
    bar = round(20 * unit)
    first = top + max(0, (seen.y - top - 10 * bar) // 2)
    bars = tuple(Box(column.x, first + digit * bar, column.width, bar) for digit in range(10))
    return bars, seen, facts
