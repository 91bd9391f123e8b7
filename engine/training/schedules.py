"""How the learning rate changes from the first step of training to the last."""

from __future__ import annotations

import numpy as np

from backends.arrays import Array


def learning_rates(peak: float, steps: int, schedule: str = "constant", warm_up: float = 0.0) -> Array:
    """One learning rate for each step.

    Parameters
    ----------
    peak : float
        The highest rate.
    steps : int
        Of the whole run.
    schedule : {"constant", "cosine"}
        After the warm-up: the peak, or peak · (1 + cos(π t)) / 2 with t from 0 to 1 (Loshchilov and Hutter
        2017).
    warm_up : float
        Share of the steps, at the start, over which the rate rises linearly.

    Returns
    -------
    (steps,) array of float64
        The rate of each step.
    """
    rising = round(steps * warm_up)
    rise = peak * np.arange(1, rising + 1) / max(rising, 1)
    t = np.arange(steps - rising) / max(steps - rising, 1)
    rest = np.full(len(t), peak) if schedule == "constant" else peak * (1 + np.cos(np.pi * t)) / 2
    return np.concatenate([rise, rest])
