"""Two networks beside each other: how far their weights are apart, and which examples only one gets right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backends.arrays import Array, Parameters
from engine.recognition.evaluation import Evaluation


@dataclass(frozen=True)
class LayerDifference:
    """How far the weights and biases of a layer are from another's.

    Attributes
    ----------
    largest : float
        The largest absolute difference of two numbers.
    relative : float
        ‖first - second‖ / ‖first‖, over weights and biases; infinite where only the second is not zero.
    """

    largest: float
    relative: float


def layer_differences(first: Parameters, second: Parameters) -> list[LayerDifference] | None:
    """Compare the numbers of two networks, layer by layer.

    Parameters
    ----------
    first : Parameters
        One network's.
    second : Parameters
        Another's, of any dtype.

    Returns
    -------
    list of LayerDifference, or None
        One for each layer, computed in float64; None where the layers' sizes differ.
    """
    if first.layer_sizes != second.layer_sizes:
        return None
    differences = []
    for layer in range(len(first.weights)):
        a, b = (
            np.concatenate([each.weights[layer].ravel(), each.biases[layer]], dtype=np.float64)
            for each in (first, second)
        )
        distance, length = np.linalg.norm(a - b), np.linalg.norm(a)
        relative = distance / length if length else np.inf if distance else 0.0
        differences.append(LayerDifference(float(abs(a - b).max()), float(relative)))
    return differences


@dataclass(frozen=True)
class Comparison:
    """Two networks' answers to the same examples.

    Attributes
    ----------
    first : Evaluation
        One network's answers.
    second : Evaluation
        The other's, to the same examples in the same order.
    """

    first: Evaluation
    second: Evaluation

    @property
    def only_first(self) -> Array:
        """Indices of the examples that only the first network gets right."""
        return np.flatnonzero(self._right(self.first) & ~self._right(self.second))

    @property
    def only_second(self) -> Array:
        """Indices of the examples that only the second network gets right."""
        return np.flatnonzero(self._right(self.second) & ~self._right(self.first))

    @property
    def both(self) -> int:
        """How many examples both get right."""
        return int((self._right(self.first) & self._right(self.second)).sum())

    @property
    def neither(self) -> int:
        """How many examples both get wrong."""
        return self.first.n - self.both - len(self.only_first) - len(self.only_second)

    @property
    def different_answers(self) -> int:
        """To how many examples the answers differ, right or wrong."""
        return int((self.first.answers != self.second.answers).sum())

    @property
    def p_value(self) -> float:
        """McNemar's exact test of equal accuracy; see `mcnemar`."""
        return mcnemar(len(self.only_first), len(self.only_second))

    @staticmethod
    def _right(evaluation: Evaluation) -> Array:
        right: Array = evaluation.answers == evaluation.labels
        return right


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's exact test (1947): could two classifiers that differ so be equally accurate.

    Where they are, each of the n examples that only one of them gets right falls to either with probability
    1/2, so the number that falls to the first is Binomial(n, 1/2). p = min(1, 2 · Σ_{k <= m} C(n, k) / 2ⁿ),
    where m is the smaller of the two numbers. The examples must be independent of each other.

    Parameters
    ----------
    only_first : int
        Examples that only the first gets right.
    only_second : int
        Examples that only the second gets right.

    Returns
    -------
    float
        The two-sided p value: the probability of a difference at least as large, if they were equally
        accurate. 1 where they differ in no example.

    Examples
    --------
    >>> mcnemar(0, 5)  # 2 / 2⁵
    0.0625
    """
    n = only_first + only_second
    combinations = total = 1
    for k in range(min(only_first, only_second)):
        combinations = combinations * (n - k) // (k + 1)
        total += combinations
    p: float = 2 * total / 2**n  # of whole numbers, so nothing overflows
    return min(1.0, p)
