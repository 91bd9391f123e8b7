"""Digits that need no data set: outlines in several writing styles, augmented and drawn.

A network that is taught something new forgets what it is not shown again. These drawings are varied enough
to stand in for its old training data (see `engine.training.fine_tune`).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from backends.arrays import Array
from backends.base import Backend
from engine.augmentation.strokes import StrokeAugmentation, augment_drawings, pack_drawings
from engine.data.datasets import Examples
from engine.data.drawings import Drawing

# Points "xy" on a grid of 5 columns (0-4) and 7 rows (0-6, y down); | lifts the pen.
OUTLINES: dict[int, tuple[str, ...]] = {
    0: ("20 10 01 02 03 04 05 16 26 36 45 44 43 42 41 30 20",),
    1: ("20 26", "11 20 26", "30 16"),
    2: ("01 10 20 30 41 42 33 24 15 06 46", "01 10 30 41 32 14 05 06 16 15 26 46"),
    3: ("01 10 20 30 41 42 33 23 33 44 45 36 26 16 05", "00 40 23 34 44 45 36 16 05"),
    4: ("10 03 43|30 36", "30 04 44|30 36", "00 03 43|40 46", "00 03 43 40 46"),
    5: ("40 00 02 22 33 44 45 36 16 05", "00 02 22 33 44 45 36 16 05|00 40"),
    6: ("30 20 11 02 03 04 05 16 26 36 45 44 33 23 13 04", "30 02 05 26 45 34 14 05"),
    7: ("00 40 26", "00 40 26|13 33", "01 00 40 31 26"),
    8: (
        "40 20 11 12 23 34 45 36 16 05 14 23 32 41 30 20",
        "23 12 11 20 31 32 23 14 05 16 26 36 45 34 23",
    ),
    9: ("41 30 10 01 02 13 33 42 41 44 36", "41 30 10 01 02 13 33 41 46", "41 20 01 13 41 45 26 05"),
}
POINTS_PER_LINE = 4
ROUNDINGS = 3  # of the corners


@lru_cache(4)
def drawn_digits(count: int, amounts: StrokeAugmentation, backend: Backend) -> Array:
    """Draw digits of all kinds, always the same ones.

    Parameters
    ----------
    count : int
        How many: as many of each digit, in turn, and of each of its outlines.
    amounts : StrokeAugmentation
        How strongly the outlines are augmented.
    backend : Backend
        Draws them.

    Returns
    -------
    (count, 28, 28) array of uint8, read-only
        Images, ink = 255; kept for the next call.
    """
    outlines = [(digit, outline) for digit, several in OUTLINES.items() for outline in several]
    drawings = pack_drawings([Drawing(_strokes(outline), digit) for digit, outline in outlines])
    turns = [divmod(index, len(OUTLINES)) for index in range(count)]
    which = [outlines.index((digit, OUTLINES[digit][turn % len(OUTLINES[digit])])) for turn, digit in turns]
    images = augment_drawings(drawings[np.array(which)], amounts, np.random.default_rng(0), backend)
    images.setflags(write=False)
    return images


def drawn_examples(count: int, amounts: StrokeAugmentation, backend: Backend) -> Examples:
    """Draw digits to test a network on where no data set is at hand.

    Parameters
    ----------
    count : int
        How many.
    amounts : StrokeAugmentation
        How strongly the outlines are augmented.
    backend : Backend
        Draws them.

    Returns
    -------
    Examples
        The images of `drawn_digits`, with what they show.
    """
    labels = np.resize(np.array(list(OUTLINES), np.int64), count)
    return Examples(drawn_digits(count, amounts, backend), labels)


def _strokes(outline: str) -> list[Array]:
    """The strokes of an outline, with points between its corners, which are rounded as a pen rounds them."""
    strokes = []
    for part in outline.split("|"):
        corners = np.array([[int(point[0]), int(point[1])] for point in part.split()], np.float64)
        along = np.linspace(0, 1, POINTS_PER_LINE + 1)[1:, None]
        stroke = np.concatenate([corners[:1], *(a + (b - a) * along for a, b in pairwise(corners))])
        for _ in range(ROUNDINGS):
            stroke[1:-1] = (stroke[:-2] + 2 * stroke[1:-1] + stroke[2:]) / 4
        strokes.append(stroke)
    return strokes
