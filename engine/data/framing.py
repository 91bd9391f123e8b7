"""MNIST's own way of framing a digit, which every input of a network must share.

LeCun et al. (1998) scaled each digit so that the longer side of its ink is 20 pixels, and placed it in
a 28x28 image by its centre of mass. A network that learned from such images does badly on others: of digits
painted straight into a 28x28 grid, a network with 98 % accuracy on MNIST recognizes 28-59 %.
The rounding below is that of QMNIST's reconstruction (Yadav and Bottou 2019).

Images are (rows, columns), y down; ink is 255 (bytes) or 1 (floating point), background is 0.
A pixel's centre lies at its index + 0.5.
"""

from __future__ import annotations

import numpy as np

from backends.arrays import Array
from backends.imaging import center_by_mass

SIDE = 28  # px, the side of an image
BOX = 20  # px, the longer side of its ink


def frame_digit(ink: Array) -> Array:
    """Frame a grey image of one digit, of any size, as MNIST does.

    The image is cropped to the ink, its longer side scaled to 20 pixels by area, and centred by mass.

    Parameters
    ----------
    ink : (rows, columns) array
        Non-negative, background exactly 0.

    Returns
    -------
    (28, 28) array of uint8
        The framed image, ink = 255; blank where there is no ink.
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
    """Make the matrix that resamples a line of pixels.

    Shrinking takes the mean over each new pixel: entry (t, s) is the share of new pixel t that old pixel s
    covers. Enlarging interpolates linearly between the centres of the old pixels.

    Parameters
    ----------
    source : int
        Number of old pixels.
    target : int
        Number of new pixels.

    Returns
    -------
    (target, source) array of float64
        Weights; each row sums to 1.

    Examples
    --------
    >>> resampling(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
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
