"""MNIST's own way of framing a digit, which everything that is read must share.

LeCun et al. (1998) scaled each digit so that the longer side of its ink is 20 pixels, and placed it in
a 28x28 picture by its centre of mass. A network that learnt from such pictures reads others badly: digits
painted straight into a 28x28 grid are read 28-59 % right by a network that is 98 % right on MNIST.
The rounding below is that of QMNIST's reconstruction (Yadav and Bottou 2019).

Pictures are (rows, columns), y down; ink is 255 (bytes) or 1 (floating point), paper is 0.
A pixel's centre lies at its index + 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backends.base import Array

SIDE = 28  # a picture's side, in pixels
BOX = 20  # the longer side of its ink


@dataclass(frozen=True)
class Preprocessing:
    """Names a way from ink to 28x28; a model reads well only what came the way it was trained for."""

    id: str
    version: int


PREPROCESSING = Preprocessing("mnist-box20-mass-pen2.25", 1)


def center_by_mass(boxes: Array) -> Array:
    """Paste the ink boxes of digits into 28x28, their centres of mass in the middle.

    Parameters
    ----------
    boxes : (n, rows, columns), at most 28 each, non-negative; each a tight box around its ink

    Returns
    -------
    (n, 28, 28) uint8, brightest pixel 255 (or 254, if it was). A box moves by whole pixels, to
    floor(15 - mass) on each axis, which puts the mass in (13.5, 14.5] as in every MNIST image; what would
    fall outside is cut off. No ink gives a blank picture.
    """
    n, rows, columns = boxes.shape
    if not rows * columns:
        return np.zeros((n, SIDE, SIDE), np.uint8)
    peak = boxes.max(axis=(1, 2), initial=0)
    # MNIST's own brightest pixels are 254 or 255: those stay as they are.
    scale = np.where(peak < 254, 255 / np.maximum(peak, 1e-9), 1)
    ink = np.rint(boxes * scale[:, None, None]).astype(np.uint8)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1)
    mass_y = ink.sum(axis=2) @ (np.arange(rows) + 0.5) / mass
    mass_x = ink.sum(axis=1) @ (np.arange(columns) + 0.5) / mass
    # Where each row and column of the picture comes from in the box; outside it there is paper.
    row = np.arange(SIDE) - np.floor(15 - mass_y).astype(np.intp)[:, None]
    column = np.arange(SIDE) - np.floor(15 - mass_x).astype(np.intp)[:, None]
    inside = ((row >= 0) & (row < rows))[:, :, None] & ((column >= 0) & (column < columns))[:, None, :]
    row, column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
    pictures: Array = ink[np.arange(n)[:, None, None], row[:, :, None], column[:, None, :]] * inside
    return pictures


def frame_digit(ink: Array) -> Array:
    """A grey picture of one digit, of any size, framed as MNIST frames it.

    Parameters
    ----------
    ink : (rows, columns), non-negative, paper exactly 0

    Returns
    -------
    (28, 28) uint8: cropped to the ink, the longer side scaled to 20 pixels by area, centred by mass.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return np.zeros((SIDE, SIDE), np.uint8)
    tight = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float64)
    scale = BOX / max(tight.shape)
    height, width = (max(1, round(side * scale)) for side in tight.shape)
    small = resampling(tight.shape[0], height) @ tight @ resampling(tight.shape[1], width).T
    framed: Array = center_by_mass(small[None])[0]
    return framed


def resampling(source: int, target: int) -> Array:
    """The matrix (target, source) that turns a line of ``source`` pixels into one of ``target``.

    Each row sums to 1. Shrinking takes the mean over each new pixel: entry (t, s) is the share of new
    pixel t that old pixel s covers. Enlarging draws straight lines between the old pixels' centres.
    """
    if target > source:
        centres = (np.arange(target) + 0.5) * (source / target) - 0.5  # of the new pixels, as old indices
        distance = np.abs(np.clip(centres, 0, source - 1)[:, None] - np.arange(source))
        linear: Array = np.maximum(1 - distance, 0)
        return linear
    edges = np.arange(target + 1) * (source / target)  # of the new pixels, in old pixels
    old = np.arange(source)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    share: Array = np.maximum(overlap, 0) * (target / source)
    return share
