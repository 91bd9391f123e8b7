"""Random numbers for many digits at once, one of each kind for every digit."""

from __future__ import annotations

import numpy as np

from backends.arrays import Array


class Sampler:
    """Random numbers for n digits, float32; all from one generator, so that its seed repeats them."""

    def __init__(self, random: np.random.Generator, n: int) -> None:
        self.random = random
        self.n = n

    def uniform(self, most: float) -> Array:
        """Evenly from 0 to most, (n,)."""
        return self.random.random(self.n, dtype=np.float32) * np.float32(most)

    def symmetric(self, most: float, each: int | None = None) -> Array:
        """Evenly from -most to most, (n,), or (n, each)."""
        shape = self.n if each is None else (self.n, each)
        return (self.random.random(shape, dtype=np.float32) * 2 - 1) * np.float32(most)

    def bernoulli(self, share: float) -> Array:
        """True for that share of the digits, (n,) bool."""
        return self.random.random(self.n, dtype=np.float32) < share
