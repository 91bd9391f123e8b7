"""Writing styles: strokes that many people add to a digit, for drawings that lack them.

Most wrong answers on real strokes come from a writing style, not from a bad image: a one with a flag is taken
for a seven, a crossed seven for a two, a nine whose tail is a hook for a three.

Each function adds a stroke of `STYLE_POINTS` points. Letters: m drawings, K points of a drawing. Coordinates
are those of `engine.augmentation.strokes.PackedDrawings`: the longer side is 1, the middle of the box is 0,
x to the right, y down.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array

STYLE_POINTS = 6
ALONG = np.linspace(0, 1, STYLE_POINTS, dtype=np.float32)


def hook(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """End the tail of a nine in a hook to the left, which is easily taken for a three.

    Parameters
    ----------
    points : (m, K, 2) array of float32
        Points of the drawings, after a drawing's own points its last.
    lengths : (m,) array of integers
        How many points are a drawing's own.
    amounts : (2, m, 1) array of float32
        Width and height of the hook, from 0 to 1.

    Returns
    -------
    x : (m, STYLE_POINTS) array
        Columns of the added points.
    y : (m, STYLE_POINTS) array
        Rows of the added points.
    """
    end = points[:, -1:]
    turn = (ALONG * (STYLE_POINTS - 1) + 1) / STYLE_POINTS * np.float32(np.pi / 2)
    width, height = 0.15 + 0.45 * amounts[0], 0.25 * amounts[1] - 0.05
    x = end[:, :, 0] - width * np.sin(turn)
    return x, end[:, :, 1] - height * (1 - np.cos(turn)) + 0.06 * np.sin(2 * turn)


def flag(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """Begin a one with a short stroke up to its top, which is easily taken for a seven.

    Parameters
    ----------
    points : (m, K, 2) array of float32
        Points of the drawings, after a drawing's own points its last.
    lengths : (m,) array of integers
        How many points are a drawing's own.
    amounts : (2, m, 1) array of float32
        Width and height of the flag, from 0 to 1.

    Returns
    -------
    x : (m, STYLE_POINTS) array
        Columns of the added points.
    y : (m, STYLE_POINTS) array
        Rows of the added points.
    """
    top = points[np.arange(len(points)), points[:, :, 1].argmin(axis=1)]
    return top[:, :1] - (0.1 + 0.3 * amounts[0]) * ALONG, top[:, 1:] + (0.1 + 0.25 * amounts[1]) * ALONG


def foot(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """Put a one on a base line, which is easily taken for a two.

    Parameters
    ----------
    points : (m, K, 2) array of float32
        Points of the drawings, after a drawing's own points its last.
    lengths : (m,) array of integers
        How many points are a drawing's own.
    amounts : (2, m, 1) array of float32
        Width and slant of the line, from 0 to 1; a slant of 0.5 is horizontal.

    Returns
    -------
    x : (m, STYLE_POINTS) array
        Columns of the added points.
    y : (m, STYLE_POINTS) array
        Rows of the added points.
    """
    bottom = points[np.arange(len(points)), points[:, :, 1].argmax(axis=1)]
    x = bottom[:, :1] + (0.1 + 0.3 * amounts[0]) * (2 * ALONG - 1)
    return x, bottom[:, 1:] + 0.05 * (2 * amounts[1] - 1) * (2 * ALONG - 1)


def crossbar(points: Array, lengths: Array, amounts: Array) -> tuple[Array, Array]:
    """Cross the stem of a seven, which is easily taken for a two.

    Parameters
    ----------
    points : (m, K, 2) array of float32
        Points of the drawings, after a drawing's own points its last.
    lengths : (m,) array of integers
        How many points are a drawing's own.
    amounts : (2, m, 1) array of float32
        Width of the bar, and its height and slant, from 0 to 1; 0.5 is the middle and horizontal.

    Returns
    -------
    x : (m, STYLE_POINTS) array
        Columns of the added points.
    y : (m, STYLE_POINTS) array
        Rows of the added points.
    """
    in_stem = np.arange(points.shape[1]) >= lengths[:, None] // 2
    off = np.where(in_stem, np.abs(points[:, :, 1] - 0.15 * (2 * amounts[1] - 1)), np.inf)
    middle = points[np.arange(len(points)), off.argmin(axis=1)]
    x = middle[:, :1] + (0.12 + 0.2 * amounts[0]) * (2 * ALONG - 1)
    return x, middle[:, 1:] + 0.06 * (2 * amounts[1] - 1) * (2 * ALONG - 1)
