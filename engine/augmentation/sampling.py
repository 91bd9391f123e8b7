"""Random numbers for many digits at once, one of each kind for every digit."""

from __future__ import annotations

import numpy as np

from backends.arrays import Array


class Sampler:
    """Random numbers for n digits, in float32, all from one generator, so that its seed repeats them.

    Parameters
    ----------
    random : numpy.random.Generator
        Source of all the numbers; it advances with each call.
    n : int
        Number of digits.
    """

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self.random = random
        self.n = n

    def uniform(self, high: float) -> Array:
        """Draw from the uniform distribution on [0, high).

        Parameters
        ----------
        high : float
            Upper end.

        Returns
        -------
        (n,) array of float32
            One number for each digit.
        """
        return self.random.random(self.n, dtype=np.float32) * np.float32(high)

    def symmetric(self, high: float, each: int | None = None) -> Array:
        """Draw from the uniform distribution on [-high, high).

        Parameters
        ----------
        high : float
            Upper end.
        each : int, optional
            How many numbers for each digit; one, without an axis of its own, by default.

        Returns
        -------
        (n,) or (n, each) array of float32
            The numbers.
        """
        shape = self.n if each is None else (self.n, each)
        return (self.random.random(shape, dtype=np.float32) * 2 - 1) * np.float32(high)

    def bernoulli(self, p: float) -> Array:
        """Draw True with probability p.

        Parameters
        ----------
        p : float
            Probability, from 0 to 1.

        Returns
        -------
        (n,) array of bool
            One answer for each digit.
        """
        return self.random.random(self.n, dtype=np.float32) < p
