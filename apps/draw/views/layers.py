"""Where the cells and bars of a network's neurons are, layer under layer; no display is needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from apps.draw.paint.cells import cell_of
from apps.draw.state.layout import Box

COLUMNS = (16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256)  # cells in a row: the first that fits
SMALLEST_CELL = 3  # px
FLATTEST, HIGHEST = 0.6, 1.4  # height of a cell, in its width


class Grid(NamedTuple):
    """The cells of a hidden layer."""

    layer: int
    size: int
    box: Box
    columns: int
    rows: int

    def cell(self, place: int) -> Box:
        """The cell at a place, row by row."""
        return cell_of(self.box, self.columns, self.rows, place)


def bars(area: Box, count: int, gap: int) -> list[Box]:
    """Boxes side by side, with gaps between them."""
    edges = [area.x + round(index * (area.width + gap) / max(count, 1)) for index in range(count + 1)]
    return [Box(edges[i], area.y, edges[i + 1] - edges[i] - gap, area.height) for i in range(count)]


def grids(sizes: tuple[int, ...], area: Box, title: int) -> list[Grid]:
    """The cells of the hidden layers, as large as they can be; the first layers are left out if they must."""
    for skipped in range(len(sizes)):
        shown = sizes[skipped:]
        heights = {columns: _height(shown, area, title, columns) for columns in COLUMNS}
        fitting = [columns for columns, height in heights.items() if height]
        if fitting:
            full = (each for each in fitting if each <= 2 * fitting[0] and not any(n % each for n in shown))
            columns = next(full, fitting[0])  # rows that end together look best
            return list(_stack(sizes, skipped, area, columns, heights[columns], title))
    return []


def _height(sizes: tuple[int, ...], area: Box, title: int, columns: int) -> int:
    """How high cells can be with this number of columns; 0 if that is too little."""
    width, rows = area.width / columns, sum(-(-size // columns) for size in sizes)
    height = min(HIGHEST * width, (area.height - title * len(sizes)) / rows)
    return int(height) if height >= max(SMALLEST_CELL, FLATTEST * width) else 0


def _stack(
    sizes: tuple[int, ...], skipped: int, area: Box, columns: int, height: int, title: int
) -> Iterator[Grid]:
    """One grid under the other, with a title above each."""
    y = area.y
    for layer, size in list(enumerate(sizes))[skipped:]:
        rows = -(-size // columns)
        yield Grid(layer, size, Box(area.x, y + title, area.width, rows * height), columns, rows)
        y += title + rows * height
