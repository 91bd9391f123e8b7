"""Confidence intervals of an accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from backends.arrays import Array

FEWEST_GROUPS = 6  # with fewer, an interval over groups says nothing
# Student's t for 1 to 4 degrees of freedom, where the expansion of `_student_t` is off by more than 0.1 %.
_FEW_T = (12.706205, 4.302653, 3.182446, 2.776445)


def clustered_interval(right: Array, groups: Array) -> tuple[float, float]:
    """Compute the 95 % interval of an accuracy over clustered examples, such as the digits of some writers.

    The accuracy is a ratio of two sums over groups, right answers and examples, and it is the groups that are
    sampled (Cochran 1977, section 6.3): variance = G / (G - 1) · Σ (right_g - accuracy · n_g)² / n². The half
    width is its root times Student's t with G - 1 degrees of freedom, and the interval is never narrower than
    `wilson_interval` of the examples.

    Parameters
    ----------
    right : (n,) array of bool
        Which answers are right.
    groups : (n,) array
        The group of each example.

    Returns
    -------
    low : float
        Lower end; 0 with fewer than `FEWEST_GROUPS` groups, which say nothing about others.
    high : float
        Upper end; 1 with so few groups.
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


def mean_interval(accuracies: Sequence[float]) -> tuple[float, float]:
    """Compute the 95 % interval of a mean accuracy over repeats, such as networks with other seeds.

    Mean ± t · s / √n, with Student's t and n - 1 degrees of freedom, cut to [0, 1].

    Parameters
    ----------
    accuracies : sequence of float
        Two or more.

    Returns
    -------
    low : float
        Lower end.
    high : float
        Upper end.
    """
    n = len(accuracies)
    t = _FEW_T[n - 2] if n <= len(_FEW_T) + 1 else _student_t(n - 1)
    mean, half = float(np.mean(accuracies)), float(t * np.std(accuracies, ddof=1) / math.sqrt(n))
    return max(0.0, mean - half), min(1.0, mean + half)


def _student_t(freedom: int, z: float = 1.959964) -> float:
    """The 97.5 % quantile of Student's t, by its expansion in 1 / freedom (Fisher and Cornish 1960)."""
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


def _share(true: Array) -> float:
    return float(true.mean()) if len(true) else math.nan


def wilson_interval(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Compute Wilson's score interval of a proportion (1927).

    It stays inside [0, 1] and holds near 100 %, where the usual plus-or-minus does not.

    Parameters
    ----------
    right : int
        Number of successes.
    n : int
        Number of trials.
    z : float
        Quantile of the normal distribution; the default gives 95 % confidence.

    Returns
    -------
    low : float
        Lower end; 0 without any trial.
    high : float
        Upper end; 1 without any trial.

    Examples
    --------
    >>> [round(end, 4) for end in wilson_interval(81, 263)]  # Newcombe (1998), table I
    [0.2553, 0.3662]
    """
    if not n:
        return 0.0, 1.0
    share = right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))
