"""The change of an image that flips the answer, as small as can be found.

The two logits are taken as linear around the image, and a step is made to the nearest point where they are
equal; from there again, until the answer flips (DeepFool, Moosavi-Dezfooli et al. 2016, with pixels held in
[0, 1]). Bisection shortens the change until it only just flips the answer. Then the step is made once more
from the image, by the slope found at the boundary, as long as the change gets smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends.arrays import Array
from engine.model.network import Network
from engine.recognition.activations import activations
from engine.recognition.explain import gradients_of_difference, two_classes

LINEAR_STEPS = 40  # linearizations before the search for a change gives up
SMALLEST_MARGIN, LARGEST_MARGIN = 1e-4, 0.5  # by which the other logit is to exceed the first
LONGEST_STEP = 0.5  # Euclidean: farther away the network is not linear any more
BISECTIONS = 20  # each halves the distance to the boundary


@dataclass(frozen=True, eq=False, repr=False)
class Change:
    """A change of pixels that makes a network prefer another class.

    Attributes
    ----------
    digit : int
        The answer before.
    other : int
        The class whose logit is now larger than that of ``digit``.
    image : array, in the old image's shape
        The changed image, from 0 to 1, in the dtype of the parameters.
    change : array, in the same shape
        The new image minus the old one.
    """

    digit: int
    other: int
    image: Array
    change: Array

    def __repr__(self) -> str:
        return f"Change({self.digit} to {self.other}: {self.size:.3f})"

    @property
    def size(self) -> float:
        """The Euclidean length of the change; one pixel from paper to full ink has length 1."""
        return float(np.linalg.norm(self.change))


def smallest_change(network: Network, image: npt.ArrayLike, other: int | None = None) -> Change | None:
    """Find a small change of pixels after which a network prefers another class.

    Without hidden layers it is the smallest change that there is. With them, a smaller one may exist: to
    exclude that, every combination of active neurons would have to be tried.

    Parameters
    ----------
    network : Network
        The network, whose backend computes.
    image : array with as many pixels as the network has inputs
        As for `explain`.
    other : int, optional
        The class to change to; by default the one that needs the smallest change.

    Returns
    -------
    Change or None
        None where the search ends without a change that flips the answer.

    Raises
    ------
    ArgumentError
        As for `explain`.
    """
    found = activations(network, image)
    digit, _ = two_classes(found.logits, None, other)
    start, shape = found.inputs[0][None], np.shape(image)
    others = [other] if other is not None else [each for each in range(len(found.logits)) if each != digit]
    rows = [row for each in others if (row := _flip(network, start, digit, each)) is not None]
    if not rows:
        return None
    nearest = min(rows, key=lambda row: float(np.linalg.norm(row - start)))
    if other is None:  # on the way to one class, another may have come first
        nearest = _shortened(network, start, nearest, digit, None)
        other = int(activations(network, nearest[0]).logits.argmax())
    return Change(digit, other, nearest.reshape(shape), (nearest - start).reshape(shape))


def _flip(network: Network, start: Array, digit: int, other: int) -> Array | None:
    """A row of pixels near ``start`` (1, I) whose logit of ``other`` exceeds that of ``digit``, or None."""
    row, best, beyond = start, None, SMALLEST_MARGIN
    for _ in range(LINEAR_STEPS):
        if _preferred(network, row, digit, other):
            row = _shortened(network, start, row, digit, other)
            if best is not None and np.linalg.norm(row - start) > 0.999 * np.linalg.norm(best - start):
                break
            # Try again from the image, now knowing the slope at the boundary.
            best, beyond = row, SMALLEST_MARGIN
            row = _step_to(network, start, row, digit, other, beyond)
        else:
            step = _step_to(network, row, row, digit, other, beyond) - row
            row = row + step * min(1, LONGEST_STEP / max(float(np.linalg.norm(step)), 1e-9))
            beyond = min(2 * beyond, LARGEST_MARGIN)  # so that no ridge between linear pieces holds it back
    return best


def _step_to(network: Network, origin: Array, row: Array, digit: int, other: int, beyond: float) -> Array:
    """The point nearest to ``origin`` where the logit of ``other`` is larger by ``beyond``.

    The logits are taken as linear around ``row``: gap + slope · (x - row) = beyond.
    """
    found = activations(network, row[0])
    gap = float(found.logits[other]) - float(found.logits[digit])
    dx, _ = gradients_of_difference(network, found, other, digit)
    slope = dx.astype(np.float64)
    return _nearest_in_box(origin, slope, slope @ (row[0] - origin[0]).astype(np.float64) - gap + beyond)


def _nearest_in_box(start: Array, slope: Array, wanted: float) -> Array:
    """The row in [0, 1] nearest to ``start`` whose change d has slope · d = wanted, as far as that can be.

    The change is t · slope, cut where it leaves the box; slope · d grows with t, so t is found by bisection.
    """

    def moved(t: float) -> Array:
        return np.clip(start + t * slope, 0, 1)

    low, high = 0.0, 1.0
    if wanted <= 0:
        return start
    while (moved(high) - start)[0] @ slope < wanted and high < 1e6:
        low, high = high, 2 * high
    for _ in range(2 * BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if (moved(middle) - start)[0] @ slope < wanted else (low, middle)
    return moved(high).astype(start.dtype)


def _preferred(network: Network, row: Array, digit: int, other: int | None) -> bool:
    """Whether the logit of ``other``, by default of any other class, exceeds that of ``digit``."""
    logits = activations(network, row[0]).logits
    return bool((logits.max() if other is None else logits[other]) > logits[digit])


def _shortened(network: Network, start: Array, flipped: Array, digit: int, other: int | None) -> Array:
    """The part of a change that still flips the answer."""
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        row = (start + np.float64(middle) * (flipped - start)).astype(start.dtype)
        low, high = (low, middle) if _preferred(network, row, digit, other) else (middle, high)
    return (start + np.float64(high) * (flipped - start)).astype(start.dtype)
