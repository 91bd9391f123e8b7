"""Icons as lines in the unit square, drawn with the same pen as the ink: sharp at every size, no files."""

from __future__ import annotations

import math

from apps.draw.state.geometry import Point

Line = tuple[Point, ...]


def _arc(center: Point, radius: float, first: float, last: float, steps: int = 24) -> Line:
    """Part of a circle; angles in degrees, clockwise from the right."""
    angles = (math.radians(first + (last - first) * step / steps) for step in range(steps + 1))
    return tuple((center[0] + radius * math.cos(a), center[1] + radius * math.sin(a)) for a in angles)


def _mirrored(lines: list[Line]) -> list[Line]:
    return [tuple((1 - x, y) for x, y in line) for line in lines]


_UNDO: list[Line] = [
    ((0.36, 0.16), (0.14, 0.37), (0.36, 0.58)),
    ((0.14, 0.37), (0.58, 0.37), *_arc((0.6, 0.6), 0.23, -90, 90), (0.4, 0.83)),
]
ICONS: dict[str, list[Line]] = {
    "undo": _UNDO,
    "redo": _mirrored(_UNDO),
    "eraser": [
        ((0.38, 0.84), (0.14, 0.6), (0.58, 0.16), (0.86, 0.44), (0.46, 0.84), (0.38, 0.84)),
        ((0.34, 0.4), (0.62, 0.68)),
        ((0.46, 0.84), (0.86, 0.84)),
    ],
    "menu": [((0.14, y), (0.86, y)) for y in (0.26, 0.5, 0.74)],
}

# Beside what is on, in the menu.
CHECK: list[Line] = [((0.1, 0.55), (0.38, 0.82), (0.9, 0.2))]

# A three, for the window's own icon.
DIGIT: list[Line] = [
    (*_arc((0.5, 0.345), 0.155, -160, 90), *_arc((0.5, 0.67), 0.17, -90, 160)),
]
