"""Random generators by purpose and place, so that any part of a run can be made again alone.

A run has one seed. What is drawn for one purpose never depends on what was drawn before: the order of epoch
7 follows from ``(seed, EPOCH_ORDER, 7)``, whether or not epochs 0 to 6 were run in this process.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are drawn for; the values are part of what a seed means."""

    INITIAL_PARAMETERS = 0
    VALIDATION_SPLIT = 1
    EPOCH_ORDER = 2
    IMAGE_ORDER = 3  # in which a recipe takes the images of a data set
    DRAWING_ORDER = 4
    AUGMENTATION = 5
    NON_DIGITS = 6


def generator(seed: int, purpose: Purpose, *place: int) -> np.random.Generator:
    """A random generator for one purpose at one place.

    Parameters
    ----------
    seed : int, at least 0
        The seed of the run.
    purpose : Purpose
        What the numbers are for.
    *place : int, at least 0
        Which epoch, block or chunk.

    Returns
    -------
    numpy.random.Generator
        The same for the same arguments; independent of any other.
    """
    return np.random.default_rng((seed, int(purpose), *place))
