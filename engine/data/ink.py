"""Ink and paper: how much ink is where in a picture, and whether it is darker or lighter than the paper.

In a photo, ink is a thin structure that differs from what is around it. So the paper is what is left when
thin structures are closed (grey-scale closing: Serra 1982, chapter 12), and ink is the share of its light
that a pixel lacks: shadows, lamps and the edge of a table are wide, and stay in the paper.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np

from backends.arrays import Array

WIDEST_STROKE = 1 / 4  # of the picture's longer side; what is wider is no stroke
BLUR = 0.7  # px, the standard deviation: against noise
DARKEST_PAPER = 0.15  # of white; where it is darker, noise makes the differences
FAINTEST = 0.04  # of the paper's light: ink takes away at least so much
SURE = 0.5  # of the strongest ink: what surely is ink
RIM = 0.5  # of the longer side of ink: so far around it the paper is looked for
MOST_INK = 0.35  # of a picture is ink, unless the digit fills it
GLARE = 0.05  # of white: so bright is the blackest ink in a picture


class Ink(NamedTuple):
    """What is written in a picture.

    Attributes
    ----------
    dark_on_light : bool
        Whether it is darker than the paper.
    strength : (rows, columns) array
        At least 0; less at the soft edges of a line.
    peak : float
        The strength within a line; 0 where nothing is written.
    sure : (rows, columns) array of bool
        What surely is ink: without rules, and without what touches the border of the picture.
    other : (rows, columns) array of bool
        What is as strong but none: rules, a table.
    """

    dark_on_light: bool
    strength: Array
    peak: float
    sure: Array
    other: Array


def ink_of_photo(colours: Array) -> Ink:
    """Separate ink from paper under any light.

    Parameters
    ----------
    colours : (rows, columns, C) array
        In [0, 1].

    Returns
    -------
    Ink
        What is written.
    """
    from scipy import ndimage

    from engine.data.marks import fills, within, without_rules

    # Coloured ink is darkest in the channel that it absorbs, and light ink brightest in one of the others.
    channels = np.moveaxis(colours.astype(np.float32), 2, 0)
    exact = reduce(np.minimum, channels), 1 - reduce(np.maximum, channels)
    smooth = [ndimage.gaussian_filter(each, BLUR, mode="nearest") for each in exact]
    papers = [_without_thin(each) for each in smooth]
    strengths = [_lacking(each, paper) for each, paper in zip(smooth, papers, strict=True)]
    grey = (smooth[0] + 1 - smooth[1]) / 2
    peaks = [_peak(strength) for strength in strengths]
    marks = [
        without_rules(each > max(SURE * peak, FAINTEST)) for each, peak in zip(strengths, peaks, strict=True)
    ]
    inside = [within(each) for each in marks]
    darker, lighter = _contrast(inside[0], grey), -_contrast(inside[1], grey)
    if max(darker, lighter) > 0 and not any(fills(each) for each in marks):
        which = 0 if darker > lighter else 1
        strength = np.maximum(_lacking(exact[which], papers[which]), 0)
        peak = peaks[which] if peaks[which] > FAINTEST else 0.0
        strong = strengths[which] > SURE * peaks[which]
        return Ink(not which, strength, peak, inside[which], strong & ~inside[which])
    # The digit fills the picture: what is thin may be the paper between its strokes.
    dark_on_light = _paper_votes(grey) + _pieces_vote(grey) >= 0
    strength = ink_on_even_paper(grey[..., None], dark_on_light)
    peak = _peak(strength)
    sure = strength > SURE * peak
    return Ink(dark_on_light, strength, peak if peak > FAINTEST else 0.0, sure, np.zeros_like(sure))


def ink_on_even_paper(colours: Array, dark_on_light: bool) -> Array:
    """How far each pixel is from the paper's colour, if it lies on the ink's side of it.

    Parameters
    ----------
    colours : (rows, columns, C) array
        In [0, 1].
    dark_on_light : bool
        Whether ink is darker than the paper.

    Returns
    -------
    (rows, columns) array
        At least 0.
    """
    grey = colours.mean(axis=2)
    paper = grey > otsu(grey) if dark_on_light else grey <= otsu(grey)
    even = np.median(colours[paper], axis=0) if paper.any() else colours.mean(axis=(0, 1))
    difference = colours - even
    strength = np.sqrt((difference**2).mean(axis=2))
    ink: Array = np.where((difference.mean(axis=2) < 0) == dark_on_light, strength, 0)
    return ink


def is_dark_on_light(pictures: Array) -> bool:
    """Whether ink is darker than paper: one vote over pictures of even paper.

    Parameters
    ----------
    pictures : (N, rows, columns, C) array
        In [0, 1].

    Returns
    -------
    bool
        Also where nothing is written.
    """
    return sum(_paper_votes(picture) for picture in pictures.mean(axis=3)) >= 0


def otsu(grey: Array) -> float:
    """The threshold that leaves the least variance on its two sides (Otsu 1979).

    Parameters
    ----------
    grey : array
        Any numbers.

    Returns
    -------
    float
        Between two of them.
    """
    levels = np.sort(grey, axis=None)
    count, sums = np.arange(1, levels.size), np.cumsum(levels)
    if not count.size:
        return float(levels[0])
    below, above = sums[:-1] / count, (sums[-1] - sums[:-1]) / (levels.size - count)
    place = int((count * (levels.size - count) * (above - below) ** 2).argmax())
    return float(levels[place] + levels[place + 1]) / 2


def _without_thin(channel: Array) -> Array:
    """The paper: what is left of a channel when structures thinner than a wide stroke are closed."""
    from scipy import ndimage

    side = 2 * round(WIDEST_STROKE * max(channel.shape) / 2) + 1
    paper: Array = ndimage.grey_closing(channel, (side, side), mode="nearest")
    return paper


def _lacking(channel: Array, paper: Array) -> Array:
    """The share of its paper's light that each pixel lacks."""
    lacking: Array = (paper - channel) / np.maximum(paper, DARKEST_PAPER)
    return lacking


def _peak(strength: Array) -> float:
    """How strong ink is: the mean of the strongest thousandth of every fourth pixel."""
    some = strength[::2, ::2]
    count = min(max(some.size // 1000, 4), some.size)
    return float(np.partition(some, -count, axis=None)[-count:].mean())


def _contrast(ink: Array, grey: Array) -> float:
    """How many times brighter the paper around the box of ink is than the ink, as a logarithm.

    What lies between the strokes of a digit is as thin as ink, but no brighter than the paper around the
    digit. 0 where there is no paper around it, and for a mask of so much that it cannot be ink.
    """
    from engine.data.marks import pixels_of, size_of

    if not 0 < ink.sum() < MOST_INK * ink.size:
        return 0.0
    rows, columns = box = pixels_of(ink)
    rim = max(3, round(RIM * max(size_of(box))))
    around = np.zeros(ink.shape, bool)
    around[max(rows.start - rim, 0) : rows.stop + rim, max(columns.start - rim, 0) : columns.stop + rim] = (
        True
    )
    around[box] = False
    if around.sum() < 0.3 * np.prod(size_of(box)):
        return 0.0
    return float(np.log((np.median(grey[around]) + GLARE) / (np.median(grey[ink]) + GLARE)))


def _paper_votes(grey: Array) -> float:
    """Paper is at the rim of a picture, in its corners, and most of it: from 3, it is light, to -3."""
    light = grey > otsu(grey)
    rim = np.concatenate([light[0], light[-1], light[1:-1, 0], light[1:-1, -1]])
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    return sum(2 * float(part.mean()) - 1 for part in (rim, corners, light))


def _pieces_vote(grey: Array) -> int:
    """Ink is in fewer pieces than the paper that it divides: 1 for dark ink, -1 for light, 0 for neither."""
    from scipy import ndimage

    light = grey > otsu(grey)
    (_, of_light), (_, of_dark) = ndimage.label(light), ndimage.label(~light)
    return int(np.sign(of_light - of_dark))
