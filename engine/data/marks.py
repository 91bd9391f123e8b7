"""Masks of what is written in a picture: their boxes and pieces, and the rules and frames among them.

Masks are (rows, columns) of bool. Pieces are connected components, with neighbours at corners too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from backends.arrays import Array

Box = tuple[slice, slice]  # rows and columns

AT_CORNERS = np.ones((3, 3))
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
LEFT = 0.04  # of the largest piece: what lies within the picture is at least this large, if it is written
RULE = 0.7  # of the picture: a rule is no shorter
THIN_RULE = 0.025  # of the picture's shorter side: a rule is no thicker
SMALLEST_FRAME = 20  # px
FRAME_LINE = 0.08  # of the shorter side of a frame: its lines are no thicker
LINE = 6  # times as long as it is wide: a straight line
WIDER = 1.2  # than a digit is high: no bar of a digit is as wide
THINNER = 0.6  # of the pen of what is written: a printed line is no thicker


def pixels_of(mask: Array) -> Box:
    """Find the box around a mask.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.

    Returns
    -------
    (slice, slice)
        Rows and columns; empty ones for an empty mask.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def size_of(box: Box) -> tuple[int, int]:
    """Measure a box.

    Parameters
    ----------
    box : (slice, slice)
        Rows and columns.

    Returns
    -------
    (int, int)
        Height and width.
    """
    return box[0].stop - box[0].start, box[1].stop - box[1].start


def grown(mask: Array, by: int) -> Array:
    """Grow a mask on all sides.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.
    by : int
        Pixels.

    Returns
    -------
    (rows, columns) array of bool
        The mask, and what lies within that many rows and columns of it.
    """
    larger: Array = ndimage.maximum_filter(mask.view(np.uint8), 2 * by + 1).view(bool)
    return larger


def pen_width(mask: Array) -> float:
    """Measure how wide the pen was: a line's area is its length times that, its outline twice its length.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.

    Returns
    -------
    float
        Pixels.
    """
    inner = ndimage.minimum_filter(np.pad(mask, 1).view(np.uint8), footprint=CROSS)
    return 2 * float(mask.sum()) / max(float(mask.sum() - inner.sum()), 1)


def within(mask: Array) -> Array:
    """Leave out what touches the border of the picture, such as a table.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.

    Returns
    -------
    (rows, columns) array of bool
        The other pieces; all of them where those that are whole are only dirt.
    """
    labels, count = ndimage.label(mask, AT_CORNERS)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    cut = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    whole = np.setdiff1d(np.arange(1, count + 1), cut)
    if not len(whole) or sizes[whole].max() < LEFT * sizes[1:].max():
        return mask
    inside: Array = np.isin(labels, whole)
    return inside


def fills(mask: Array) -> bool:
    """Tell whether one piece reaches all four borders, as in a picture that is cut to a digit.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.

    Returns
    -------
    bool
        Whether one comes within three pixels of each.
    """
    labels, _ = ndimage.label(mask, AT_CORNERS)
    sides = (labels[:3], labels[-3:], labels[:, :3], labels[:, -3:])
    return bool(set.intersection(*(set(np.unique(side)) for side in sides)) - {0})


def without_rules(mask: Array) -> Array:
    """Leave out the lines of ruled and squared paper, but for where something thicker crosses them.

    Parameters
    ----------
    mask : (rows, columns) array of bool
        What is written.

    Returns
    -------
    (rows, columns) array of bool
        A new mask.
    """
    clean = mask.copy()
    for turned, target in ((mask, clean), (mask.T, clean.T)):
        for rows, columns in _lines_across(turned):
            target[rows, columns] = False
    return clean


def _lines_across(mask: Array) -> Iterator[tuple[Array, Array]]:
    """The pixels of each line that goes from left to right."""
    length, thickest = mask.shape[1], max(2, round(THIN_RULE * min(mask.shape)))
    # A tilted line breaks into steps: so the pixels above and below count as its own.
    near = ndimage.maximum_filter1d(mask.view(np.uint8), 3, axis=0)
    least = max(length // 8, 3)
    straight = ndimage.maximum_filter1d(ndimage.minimum_filter1d(near, least), least)
    if straight.any(axis=0).mean() < RULE:
        return
    runs = _run_lengths(mask)
    labels, _ = ndimage.label(straight, AT_CORNERS)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if size_of(box)[1] < RULE * length:
            continue
        rows, columns = np.nonzero((labels[box] == number) & mask[box])
        thickness = np.bincount(columns)
        if thickness.any() and np.median(thickness[thickness > 0]) <= thickest:
            alone = runs[box][rows, columns] <= 2 * thickest
            yield rows[alone] + box[0].start, columns[alone] + box[1].start


def _run_lengths(mask: Array) -> Array:
    """For each pixel of a mask, how many of it lie one above the other there without a gap."""
    rows, columns = mask.shape
    lengths = np.zeros((columns, rows + 1), np.intp)
    flat = np.pad(mask, ((0, 1), (0, 0))).T.ravel()
    edges = np.flatnonzero(np.diff(flat.astype(np.int8), prepend=0, append=0))
    runs = edges[1::2] - edges[::2]
    lengths.ravel()[flat] = np.repeat(runs, runs)
    return lengths.T[:rows]


def is_frame(piece: Array, box: Box, others: list[Box]) -> bool:
    """Tell whether a piece is a thin line around another one.

    Parameters
    ----------
    piece : (rows, columns) array of bool
        The piece, cut to its box.
    box : Box
        Where it is.
    others : list of Box
        Where the others are.

    Returns
    -------
    bool
        Whether it is a frame.
    """
    holds = any(
        all(own.start < other.start and other.stop < own.stop for own, other in zip(box, each, strict=True))
        for each in others
    )
    if not holds or min(piece.shape) < SMALLEST_FRAME:
        return False
    edge = max(2, round(FRAME_LINE * min(piece.shape)))
    return float(piece[edge:-edge, edge:-edge].sum()) < 0.1 * float(piece.sum())


def is_printed_line(piece: Array, written: Array) -> bool:
    """Tell whether a piece is left of a frame: a straight line, thinner than the pen or wider than a digit.

    Parameters
    ----------
    piece : (rows, columns) array of bool
        The piece, cut to its box.
    written : (rows, columns) array of bool
        The piece with the most ink, cut to its box.

    Returns
    -------
    bool
        Whether it is printed.
    """
    rows, columns = piece.shape
    if max(rows, columns) < LINE * min(rows, columns):
        return False
    thickness = piece.sum() / max(rows, columns)
    return bool(columns > WIDER * max(written.shape) or thickness < THINNER * pen_width(written))
