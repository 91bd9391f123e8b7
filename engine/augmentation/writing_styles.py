"""What many people add to a digit, drawn onto drawings that lack it.

Most wrong answers on real strokes are habits, not bad pictures: a one with a flag is read as a seven, a
crossed seven as a two, a nine whose tail is a hook as a three.

Each function gives x and y of the points that are added, (m, STYLE_POINTS), to drawings of points (m, K, 2),
of which (m,) lengths are their own, and the rest the last of these again. Two amounts (m, 1), from 0 to 1,
say how far they go.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array

STYLE_POINTS = 6
ALONG = np.linspace(0, 1, STYLE_POINTS, dtype=np.float32)


def hook(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """The tail of a nine ends in a hook to the left: easily read as a three."""
    end = points[:, -1:]
    turn = (ALONG * (STYLE_POINTS - 1) + 1) / STYLE_POINTS * np.float32(np.pi / 2)
    width, height = 0.15 + 0.45 * amounts[0], 0.25 * amounts[1] - 0.05
    x = end[:, :, 0] - width * np.sin(turn)
    return x, end[:, :, 1] - height * (1 - np.cos(turn)) + 0.06 * np.sin(2 * turn)


def flag(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """A one begins with a short way up: easily read as a seven."""
    top = points[np.arange(len(points)), points[:, :, 1].argmin(axis=1)]
    return top[:, :1] - (0.1 + 0.3 * amounts[0]) * ALONG, top[:, 1:] + (0.1 + 0.25 * amounts[1]) * ALONG


def foot(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """A one stands on a line: easily read as a two."""
    bottom = points[np.arange(len(points)), points[:, :, 1].argmax(axis=1)]
    x = bottom[:, :1] + (0.1 + 0.3 * amounts[0]) * (2 * ALONG - 1)
    return x, bottom[:, 1:] + 0.05 * (2 * amounts[1] - 1) * (2 * ALONG - 1)


def crossbar(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """A seven is crossed: easily read as a two."""
    in_stem = np.arange(points.shape[1]) >= lengths[:, None] // 2
    off = np.where(in_stem, np.abs(points[:, :, 1] - 0.15 * (2 * amounts[1] - 1)), np.inf)
    middle = points[np.arange(len(points)), off.argmin(axis=1)]
    x = middle[:, :1] + (0.12 + 0.2 * amounts[0]) * (2 * ALONG - 1)
    return x, middle[:, 1:] + 0.06 * (2 * amounts[1] - 1) * (2 * ALONG - 1)
