"""MNIST's own way of framing a digit, which everything that is read must share.

LeCun et al. (1998) scaled each digit so that the longer side of its ink is 20 pixels, and placed it in
a 28x28 picture by its centre of mass. A network that learnt from such pictures reads others badly: digits
painted straight into a 28x28 grid are read 28-59 % right by a network that is 98 % right on MNIST.
The rounding below is that of QMNIST's reconstruction (Yadav and Bottou 2019).

Pictures are (rows, columns), y down; ink is 255 (bytes) or 1 (floating point), paper is 0.
A pixel's centre lies at its index + 0.5.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array
from backends.imaging import center_by_mass

SIDE = 28  # a picture's side, in pixels
BOX = 20  # the longer side of its ink


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
    framed: Array = center_by_mass(small[None], SIDE)[0]
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
