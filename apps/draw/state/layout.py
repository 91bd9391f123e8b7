"""Where each view is in a window of a given size: a pure function, without Pygame.

On the left, the canvas with a row of tools under it; on the right, a column of the answer, ten bars, and the
network's input. Everything grows with the window; buttons are always large enough for a finger. Each view
arranges its own area.
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
    """Where the views of a window are.

    Attributes
    ----------
    size : tuple of int
        Of the window in pixels.
    unit : float
        How much larger everything is than in a window of `FIRST_SIZE`.
    canvas, tools, answer, bars, network_input : Box
        The areas of the views of these names.
    switches : Box
        The row of buttons at the top right, inside ``answer``.
    """

    size: tuple[int, int]
    unit: float
    canvas: Box
    tools: Box
    switches: Box
    answer: Box
    bars: Box
    network_input: Box

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
    unit = min(width / FIRST_SIZE[0], height / FIRST_SIZE[1])
    margin, gap, space = round(24 * unit), round(12 * unit), round(32 * unit)
    row = max(FINGER, round(48 * unit))
    side = min(height - 2 * margin - gap - row, round(width * 0.56)) // SIDE * SIDE
    column = min(width - 2 * margin - space - side, round(WIDEST_COLUMN * unit))
    left = (width - side - space - column) // 2
    top = (height - side - gap - row) // 2

    canvas = Box(left, top, side, side)
    tools = Box(left, canvas.bottom + gap, side, row)
    right = canvas.right + space
    answer = Box(right, top, column, round(136 * unit))
    switches = Box(right, top, column, FINGER)
    picture = max(6, round(6 * unit)) * SIDE
    network_input = Box(right, tools.bottom - picture, column, picture)
    bars = Box(right, answer.bottom, column, network_input.y - answer.bottom)
    return Layout((width, height), unit, canvas, tools, switches, answer, bars, network_input)
