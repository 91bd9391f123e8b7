"""Why this class and not that one: a sum that adds up, and the nearest training digits.

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
from engine.recognition.activations import Activations, activations

AT_ONCE = 2000  # images for one call: enough to be fast, few enough to stay small in memory


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
    digit, other = two_classes(found.logits, digit, other)
    dx, dz = gradients_of_difference(network, found, digit, other)
    biases = zip(network.parameters.biases, dz, strict=True)
    return Explanation(
        digit,
        other,
        (found.inputs[0].astype(np.float64) * dx).reshape(np.shape(image)),
        tuple(float(b.astype(np.float64) @ each) for b, each in biases),
        float(found.logits[digit]) - float(found.logits[other]),
    )


def without_ink(image: Array, x: float, y: float, radius: float) -> Array:
    """Leave out the ink around a place, as to see what the answer would be without it.

    That is the occlusion of Zeiler and Fergus 2014.

    Parameters
    ----------
    image : (rows, columns) array
        The image.
    x, y : float
        The place, in pixels from the left and the top edge.
    radius : float
        In pixels. Pixels whose centre is nearer than this become 0.

    Returns
    -------
    (rows, columns) array
        A new image, in the dtype of the old one.
    """
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    left: Array = np.where(np.hypot(columns + 0.5 - x, rows + 0.5 - y) < radius, 0, image)
    return left.astype(image.dtype)


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


def two_classes(logits: Array, digit: int | None, other: int | None) -> tuple[int, int]:
    """Choose the two classes to compare, by default the two most probable.

    Parameters
    ----------
    logits : (C,) array
        Of an image.
    digit : int, optional
        One class.
    other : int, optional
        The other.

    Returns
    -------
    digit : int
        By default the most probable class.
    other : int
        By default the most probable of the others.

    Raises
    ------
    ArgumentError
        They are the same, or one of them is no class.
    """
    order = [int(each) for each in np.argsort(-logits, kind="stable")]
    digit = order[0] if digit is None else digit
    other = next((each for each in order if each != digit), digit) if other is None else other
    if digit == other or not {digit, other} <= set(order):
        raise ArgumentError(f"cannot compare {digit} with {other}: name two of the {len(order)} classes")
    return digit, other


def contributions_to(network: Network, found: Activations, digit: int) -> tuple[Array, ...]:
    """Tell what each hidden neuron adds to a logit, all that comes after it taken together.

    It is a · ∂z/∂a with a its activation and z the logit. In each layer the contributions, with those of the
    biases of later layers, add up to the logit. A neuron that is off adds nothing.

    Parameters
    ----------
    network : Network
        The network, whose backend computes.
    found : Activations
        What it computed for an image.
    digit : int
        The class of the logit.

    Returns
    -------
    tuple of (O,) arrays of float64
        One array for each hidden layer.

    Raises
    ------
    ArgumentError
        There is no such class.
    """
    if not 0 <= digit < len(found.logits):
        raise ArgumentError(f"there is no class {digit}: the network has {len(found.logits)}, from 0 on")
    start = np.zeros_like(found.logits)
    start[digit] = 1
    _, da = _backpropagate(network, found, start)
    return tuple(a.astype(np.float64) * each for a, each in zip(found.inputs[1:], da[1:], strict=True))


def gradients_of_difference(
    network: Network, found: Activations, digit: int, other: int
) -> tuple[Array, list[Array]]:
    """Backpropagate the difference of two logits, that of ``digit`` minus that of ``other``.

    Parameters
    ----------
    network : Network
        The network, whose backend computes.
    found : Activations
        What it computed for an image.
    digit, other : int
        The two classes.

    Returns
    -------
    dx : (I,) array
        Derivative with respect to each pixel.
    dz : list of (O,) arrays
        Derivative with respect to each layer's pre-activations.
    """
    start = np.zeros_like(found.logits)
    start[digit], start[other] = 1, -1
    dz, da = _backpropagate(network, found, start)
    return da[0], dz


def _backpropagate(network: Network, found: Activations, start: Array) -> tuple[list[Array], list[Array]]:
    """The derivatives with respect to each layer's pre-activations and inputs, from those of the logits."""
    backend, weights = network.backend, network.parameters.weights
    all_dz, all_da = [start[None]], [backend.dense_backward_input(start[None], weights[-1])]
    for layer in range(len(weights) - 2, -1, -1):
        all_dz.insert(0, backend.relu_backward(all_da[0], found.pre_activations[layer][None]))
        all_da.insert(0, backend.dense_backward_input(all_dz[0], weights[layer]))
    return [each[0] for each in all_dz], [each[0] for each in all_da]
