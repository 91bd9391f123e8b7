"""What a network computes on its way from one image to its answer, down to the account of a single neuron.

The names are those of `backends.base`: the *inputs* of a layer, its *pre-activations* z (the weighted sums)
and its *activations* a. Layers are counted from 0. All numbers come from the network's own backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from backends import checks
from backends.arrays import Array
from backends.errors import ArgumentError
from engine.model.network import Network

STRONGEST = 5  # connections that a neuron's account names in each direction


@dataclass(frozen=True, eq=False, repr=False)
class Activations:
    """All intermediate results for one image, one array per layer.

    Attributes
    ----------
    inputs : tuple of (I,) arrays
        What enters each layer; the first are the pixels in [0, 1].
    pre_activations : tuple of (O,) arrays
        The z of each layer: inputs · weights + biases. The last are the logits.
    activations : tuple of (O,) arrays
        The a of each layer: max(z, 0), and in the last layer softmax(z), the probabilities.
    """

    inputs: tuple[Array, ...]
    pre_activations: tuple[Array, ...]
    activations: tuple[Array, ...]

    @property
    def logits(self) -> Array:
        """The pre-activations of the last layer, (C,)."""
        return self.pre_activations[-1]

    @property
    def probabilities(self) -> Array:
        """The probability of each class, (C,), not tempered."""
        return self.activations[-1]


class Connection(NamedTuple):
    """One weight, at work.

    Attributes
    ----------
    neuron : int
        Index of the neuron (or pixel) at the other end.
    weight : float
        The weight between the two.
    contribution : float
        The activation that enters, times the weight: what this connection adds to the sum of the next layer.
    """

    neuron: int
    weight: float
    contribution: float


@dataclass(frozen=True, eq=False, repr=False)
class Neuron:
    """How one neuron came to its activation: positive + negative + bias = z, up to rounding.

    Attributes
    ----------
    layer : int
        Its layer, counted from 0.
    index : int
        Its place in the layer.
    positive : float
        Sum of all contributions above 0: what speaks for it.
    negative : float
        Sum of all contributions below 0.
    bias : float
        Added whatever the image.
    z : float
        The pre-activation, as the backend computed it.
    a : float
        The activation: ReLU of z, or in the last layer the probability.
    weights : (I,) array
        The weights from all its inputs.
    contributions : (I,) array
        Inputs times weights.
    strongest_inputs : tuple of Connection
        The five that contribute most, whatever their sign.
    strongest_outputs : tuple of Connection
        The five neurons of the next layer that it contributes most to; empty in the last layer.
    """

    layer: int
    index: int
    positive: float
    negative: float
    bias: float
    z: float
    a: float
    weights: Array
    contributions: Array
    strongest_inputs: tuple[Connection, ...]
    strongest_outputs: tuple[Connection, ...]


def activations(network: Network, image: npt.ArrayLike) -> Activations:
    """Run the forward pass for one image, and keep everything.

    Parameters
    ----------
    network : Network
        The network, whose backend computes.
    image : array with as many pixels as the network has inputs
        Integers from 0 (paper) to 255 (ink), floating point from 0 to 1, or bool.

    Returns
    -------
    Activations
        New arrays, in the dtype of the parameters.

    Raises
    ------
    ArgumentError
        Another number of pixels, or pixels out of range or NaN.
    """
    x = as_row(network, image)
    inputs, z = network.backend.forward(network.parameters, x)
    probabilities = network.backend.softmax_forward(z[-1])
    layers = [*inputs[1:], probabilities]  # the activations of a layer are the inputs of the next
    return Activations(*(tuple(each[0] for each in arrays) for arrays in (inputs, z, layers)))


def neuron(network: Network, found: Activations, layer: int, index: int) -> Neuron:
    """Account for one neuron.

    Parameters
    ----------
    network : Network
        The network.
    found : Activations
        What it computed for an image (see `activations`).
    layer : int
        From 0, or from -1 backwards.
    index : int
        The neuron's place in the layer.

    Returns
    -------
    Neuron
        Its sum, part by part.

    Raises
    ------
    ArgumentError
        There is no such neuron.
    """
    sizes = network.layer_sizes[1:]
    if not -len(sizes) <= layer < len(sizes) or not 0 <= index < sizes[layer]:
        raise ArgumentError(f"no neuron {index} in layer {layer}: the layers have {sizes} neurons, from 0 on")
    layer %= len(sizes)
    weights = network.parameters.weights[layer][:, index].copy()
    contributions = found.inputs[layer] * weights
    outputs: tuple[Connection, ...] = ()
    a = found.activations[layer][index]
    if layer + 1 < len(sizes):
        onward = network.parameters.weights[layer + 1][index]
        outputs = _strongest(onward, a * onward)
    return Neuron(
        layer,
        index,
        float(contributions[contributions > 0].sum()),
        float(contributions[contributions < 0].sum()),
        float(network.parameters.biases[layer][index]),
        float(found.pre_activations[layer][index]),
        float(a),
        weights,
        contributions,
        _strongest(weights, contributions),
        outputs,
    )


def as_row(network: Network, image: npt.ArrayLike) -> Array:
    """Check one image, and scale it to the row of pixels that a network takes.

    Parameters
    ----------
    network : Network
        Says how many pixels, and their dtype.
    image : array
        As for `activations`.

    Returns
    -------
    (1, I) array
        In [0, 1], 1 for ink.

    Raises
    ------
    ArgumentError
        As for `activations`.
    """
    return checks.pixels(network.parameters, np.asarray(image)[None])


def _strongest(weights: Array, contributions: Array) -> tuple[Connection, ...]:
    order = np.argsort(-np.abs(contributions), kind="stable")[:STRONGEST]
    return tuple(Connection(int(i), float(weights[i]), float(contributions[i])) for i in order)
