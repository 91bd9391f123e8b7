"""Shares of right answers and their 95 % intervals."""

from __future__ import annotations

import math

import numpy as np

from backends.arrays import Array

FEWEST_GROUPS = 6  # that an interval over groups is made of


def clustered_interval(right: Array, groups: Array) -> tuple[float, float]:
    """The 95 % interval of a share whose examples come in groups that resemble each other, as a writer's do.

    The share is a ratio of two sums over groups, right answers and examples, and the groups are what is drawn
    by chance (Cochran 1977, section 6.3): variance = G / (G - 1) · Σ (right_g - share · n_g)² / n². Its root
    counts as often as Student's t with G - 1 degrees of freedom says, and the interval is never narrower than
    `wilson_interval` of the examples. Fewer than `FEWEST_GROUPS` tell nothing of others: 0 to 1.

    Parameters
    ----------
    right : (n,) bool
    groups : (n,) what group each belongs to
    """
    _, group = np.unique(groups, return_inverse=True)
    sizes = np.bincount(group)
    if len(sizes) < FEWEST_GROUPS:
        return 0.0, 1.0
    share = right.mean()
    spread = np.bincount(group, right) - share * sizes
    error = np.sqrt(len(sizes) / (len(sizes) - 1) * (spread**2).sum()) / len(right)
    half = _student_t(len(sizes) - 1) * error
    low, high = wilson_interval(int(right.sum()), len(right))
    return float(max(0.0, min(low, share - half))), float(min(1.0, max(high, share + half)))


def _student_t(freedom: int, z: float = 1.959964) -> float:
    """The 97.5 % quantile of Student's t, by its expansion in 1 / freedom (Fisher and Cornish 1960)."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _share(true: Array) -> float:
    return float(true.mean()) if len(true) else math.nan


def wilson_interval(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence, of ``right`` successes in ``n`` tries.

    Wilson's score interval (1927), which stays inside [0, 1] and holds near 100 %, where the usual
    plus-or-minus does not. Of no tries at all nothing is known: 0 to 1.
    """
    if not n:
        return 0.0, 1.0
    share = right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
