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


PREPROCESSING = Preprocessing("mnist-box20-mass", 1)


def center_by_mass(ink: Array) -> Array:
    """Paste a digit's ink box into 28x28, its centre of mass in the middle.

    Parameters
    ----------
    ink : (rows, columns), at most 28 each, non-negative; a tight box around the ink

    Returns
    -------
    (28, 28) uint8, brightest pixel 255 (or 254, if it was). The box moves by whole pixels, to
    floor(15 - mass) on each axis, which puts the mass in (13.5, 14.5] as in every MNIST image; what would
    fall outside is cut off. No ink gives a blank picture.
    """
    picture = np.zeros((SIDE, SIDE), np.uint8)
    peak = ink.max(initial=0)
    if peak <= 0:
        return picture
    if peak < 254:  # MNIST's own brightest pixels are 254 or 255: those stay as they are
        ink = ink * (255 / peak)
    ink = np.rint(ink).astype(np.uint8)
    mass = ink.sum()
    rows, columns = ink.shape
    mass_y = (ink.sum(axis=1) @ (np.arange(rows) + 0.5)) / mass
    mass_x = (ink.sum(axis=0) @ (np.arange(columns) + 0.5)) / mass
    top, left = int(np.floor(15 - mass_y)), int(np.floor(15 - mass_x))
    from_y, from_x = max(0, -top), max(0, -left)
    kept = ink[from_y : SIDE - top, from_x : SIDE - left]
    top, left = max(0, top), max(0, left)
    picture[top : top + kept.shape[0], left : left + kept.shape[1]] = kept
    return picture


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
    small = area_overlap(tight.shape[0], height) @ tight @ area_overlap(tight.shape[1], width).T
    return center_by_mass(small)


def area_overlap(source: int, target: int) -> Array:
    """The matrix that resamples a line of ``source`` pixels to ``target``: the mean over each new pixel.

    Returns (target, source); entry (t, s) is the share of new pixel t that old pixel s covers.
    """
    edges = np.arange(target + 1) * (source / target)  # of the new pixels, in old pixels
    old = np.arange(source)
    overlap = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    share: Array = np.maximum(overlap, 0) * (target / source)
    return share
