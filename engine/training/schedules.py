"""How the learning rate changes from the first step of training to the last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backends.arrays import Array


@dataclass(frozen=True)
class LearningRates:
    """One learning rate for each step, computed when it is needed: a run may have 10¹² steps.

    Attributes
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
    """

    peak: float
    steps: int
    schedule: str = "constant"
    warm_up: float = 0.0

    def __getitem__(self, which: slice) -> Array:
        """The rates of some steps in a row, float64."""
        step = np.arange(*which.indices(self.steps))
        rising = round(self.steps * self.warm_up)
        rise = self.peak * (step[step < rising] + 1) / max(rising, 1)
        t = (step[step >= rising] - rising) / max(self.steps - rising, 1)
        rest = (
            np.full(len(t), self.peak)
            if self.schedule == "constant"
            else self.peak * (1 + np.cos(np.pi * t)) / 2
        )
        return np.concatenate([rise, rest])
