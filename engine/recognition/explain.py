"""Why this class and not that one: a sum that adds up, the nearest training digits, the change that flips it.

A network of dense layers and ReLU is linear around any image x: which neurons are on does not change until x
has changed by some amount. There the difference of two logits is, exactly,

    z_A - z_B = Σ_pixels x · ∂(z_A - z_B)/∂x  +  Σ_layers Σ_neurons b · ∂(z_A - z_B)/∂z

with b the biases, which is input times gradient (Shrikumar et al. 2016) without a remainder. Both gradients
come from one backward pass that starts with +1 at logit A and -1 at logit B.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends import checks
from backends.arrays import Array
from backends.errors import ArgumentError
from engine.data.datasets import Examples
from engine.model.network import Network
from engine.recognition.activations import activations

AT_ONCE = 2000  # images for one call: enough to be fast, few enough to stay small in memory
LINEAR_STEPS = 40  # linearizations before the search for a change gives up
SMALLEST_MARGIN, LARGEST_MARGIN = 1e-4, 0.5  # by which the other logit is to exceed the first
LONGEST_STEP = 0.5  # Euclidean: farther away the network is not linear any more
BISECTIONS = 20  # each halves the distance to the boundary


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """The difference of two logits, part by part; the parts add up to it.

    Attributes
    ----------
    digit : int
        The class that is explained.
    other : int
        The class that it is compared with.
    evidence : array of float64, in the image's shape
        What each pixel adds to the difference: above 0 it speaks for ``digit``, below for ``other``.
    biases : tuple of float
        What the biases of each layer add.
    difference : float
        Logit of ``digit`` minus logit of ``other``, from the forward pass.
    """

    digit: int
    other: int
    evidence: Array
    biases: tuple[float, ...]
    difference: float

    def __repr__(self) -> str:
        return f"Explanation({self.digit} and not {self.other}: {self.difference:.3f})"

    @property
    def total(self) -> float:
        """All parts together: ``difference``, but for rounding."""
        return float(self.evidence.sum()) + sum(self.biases)


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


def explain(
    network: Network, image: npt.ArrayLike, digit: int | None = None, other: int | None = None
) -> Explanation:
    """Explain why a network prefers one class to another.

    Parameters
    ----------
    network : Network
        The network, whose backend computes both passes.
    image : array with as many pixels as the network has inputs
        Integers from 0 (paper) to 255 (ink), floating point from 0 to 1, or bool.
    digit : int, optional
        By default the most probable class.
    other : int, optional
        By default the most probable of the others.

    Returns
    -------
    Explanation
        Evidence of each pixel and of each layer's biases.

    Raises
    ------
    ArgumentError
        An image that does not fit the network, or two classes that are none or the same.
    """
    found = activations(network, image)
    digit, other = _two_classes(found.logits, digit, other)
    dx, dz = _gradients(network, found.pre_activations, _one_against(digit, other, found.logits))
    biases = zip(network.parameters.biases, dz, strict=True)
    return Explanation(
        digit,
        other,
        (found.inputs[0].astype(np.float64) * dx[0]).reshape(np.shape(image)),
        tuple(float(b.astype(np.float64) @ each[0]) for b, each in biases),
        float(found.logits[digit]) - float(found.logits[other]),
    )


def smallest_change(network: Network, image: npt.ArrayLike, other: int | None = None) -> Change | None:
    """Find a small change of pixels after which a network prefers another class.

    Each step goes from the image to the nearest point where the two logits, taken as linear around the last
    step, are equal (DeepFool, Moosavi-Dezfooli et al. 2016, with pixels held in [0, 1]). Bisection then
    shortens the change until it only just flips the answer. Whether a smaller one exists nobody can tell
    without trying all combinations of neurons; without hidden layers it is the smallest.

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
    digit, _ = _two_classes(found.logits, None, other)
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


class NearestExamples:
    """Finds the examples that a network takes for most alike an image.

    Alike are two images whose activations in the last hidden layer, all that the answer is made from, lie
    close together. The activations of all examples are computed once, when the object is made (about 10 µs
    for each), and kept.

    Parameters
    ----------
    network : Network
        Computes; later changes of its parameters are not noticed.
    examples : Examples
        Such as the training set of MNIST.
    """

    def __init__(self, network: Network, examples: Examples) -> None:
        self.network = network
        self.examples = examples
        parts = [
            _last_inputs(network, examples.images[start : start + AT_ONCE])
            for start in range(0, len(examples), AT_ONCE)
        ]
        self._places = np.concatenate(parts)

    def find(self, image: npt.ArrayLike, count: int = 5) -> tuple[Array, Array]:
        """Find the nearest examples.

        Parameters
        ----------
        image : array with as many pixels as the network has inputs
            As for `explain`.
        count : int
            How many.

        Returns
        -------
        indices : (count,) array of integers
            Into the examples, the nearest first.
        distances : (count,) array
            Euclidean, between the activations.
        """
        place = activations(self.network, image).inputs[-1]
        distances = np.linalg.norm(self._places - place, axis=1)
        nearest = np.argsort(distances, kind="stable")[:count]
        return nearest, distances[nearest]


def _last_inputs(network: Network, images: Array) -> Array:
    """The inputs of the last layer for some images, (N, I)."""
    rows = checks.pixels(network.parameters, images)
    return network.backend.forward(network.parameters, rows)[0][-1]


def _two_classes(logits: Array, digit: int | None, other: int | None) -> tuple[int, int]:
    """The two classes, by default the two most probable; raises `ArgumentError`."""
    order = [int(each) for each in np.argsort(-logits, kind="stable")]
    digit = order[0] if digit is None else digit
    other = next((each for each in order if each != digit), digit) if other is None else other
    if digit == other or not {digit, other} <= set(order):
        raise ArgumentError(f"cannot compare {digit} with {other}: name two of the {len(order)} classes")
    return digit, other


def _one_against(digit: int, other: int, logits: Array) -> Array:
    """The gradient of z_digit - z_other with respect to the logits, (1, C)."""
    dz = np.zeros((1, len(logits)), logits.dtype)
    dz[0, digit], dz[0, other] = 1, -1
    return dz


def _gradients(network: Network, z: tuple[Array, ...], dz: Array) -> tuple[Array, list[Array]]:
    """Backpropagate from the logits to the input (1, I), and to each layer's pre-activations (1, O)."""
    backend, weights = network.backend, network.parameters.weights
    all_dz = [dz]
    for layer in range(len(weights) - 1, 0, -1):
        da = backend.dense_backward_input(all_dz[0], weights[layer])
        all_dz.insert(0, backend.relu_backward(da, z[layer - 1][None]))
    return backend.dense_backward_input(all_dz[0], weights[0]), all_dz


def _flip(network: Network, start: Array, digit: int, other: int) -> Array | None:
    """A row of pixels near ``start`` (1, I) whose logit of ``other`` exceeds that of ``digit``, or None."""
    row, best, beyond = start, None, SMALLEST_MARGIN
    for _ in range(LINEAR_STEPS):
        found = activations(network, row[0])
        if found.logits[other] > found.logits[digit]:
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
    gradient, _ = _gradients(network, found.pre_activations, _one_against(other, digit, found.logits))
    slope = gradient[0].astype(np.float64)
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
