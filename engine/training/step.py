"""One training step with nothing hidden, and the check that its gradients are right.

The formulas are those of `backends.base`, run by the network's own backend in the order of
`Backend.loss_and_gradients`: forward, loss, backward, update. The check computes the same derivatives
numerically, in float64 by the reference, from nothing but the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.errors import ArgumentError
from backends.optimizers import SGD, Optimizer
from backends.registry import get_backend
from engine.model.network import Network
from engine.recognition.activations import Activations, activations, as_row

EPSILON = 1e-6  # by how much the numerical derivative moves a weight
TOLERANCE = 2e-5  # of the largest gradient of the layer
ROUNDINGS = 16  # of numbers around 1, as probabilities are; what dz = p - 1 cannot be more exact than
NUMERICAL_NOISE = 1e-8  # of a difference quotient in float64
CHECKED = 3  # weights of each layer that are checked unless others are named


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One training step on one image; per layer, with the names of `backends.base`.

    Attributes
    ----------
    forward : Activations
        The inputs, z and a of each layer before the step.
    loss : float
        The cross-entropy of the image and its label.
    dz : tuple of (O,) arrays
        Derivative of the loss with respect to each pre-activation.
    gradients : Parameters
        Derivative of the loss with respect to each weight (dw) and bias (db).
    before : Parameters
        The network's own, not changed.
    after : Parameters
        New arrays: the parameters after the step.
    loss_after : float
        The loss of the same image with those.
    probabilities_after : (O,) array
        What the network makes of it with those.
    """

    forward: Activations
    loss: float
    dz: tuple[Array, ...]
    gradients: Parameters
    before: Parameters
    after: Parameters
    loss_after: float
    probabilities_after: Array


@dataclass(frozen=True)
class GradientCheck:
    """One derivative, computed in two ways.

    Attributes
    ----------
    layer : int
        From 0.
    row : int
        The input that the weight belongs to; -1 for a bias.
    column : int
        The neuron that it belongs to.
    analytic : float
        By backpropagation.
    numerical : float
        (loss(w + ε) - loss(w - ε)) / 2ε.
    right : bool
        Whether the two agree.
    """

    layer: int
    row: int
    column: int
    analytic: float
    numerical: float
    right: bool


def step(
    network: Network,
    image: npt.ArrayLike,
    label: int,
    *,
    learning_rate: float = 0.1,
    optimizer: Optimizer | None = None,
) -> Step:
    """Take one training step on one image, and keep every intermediate result.

    Parameters
    ----------
    network : Network
        Its backend computes; its parameters are not changed. `Network(step.after, network.backend)` goes on.
    image : array with as many pixels as the network has inputs
        Integers from 0 (paper) to 255 (ink), floating point from 0 to 1, or bool.
    label : int
        What the image shows.
    learning_rate : float
        Step size.
    optimizer : Optimizer, optional
        By default plain SGD: w ← w - learning_rate · dw. Its memory is changed.

    Returns
    -------
    Step
        Forward pass, loss, backward pass and update.

    Raises
    ------
    ArgumentError
        An image or a label that does not fit the network.
    """
    backend, parameters = network.backend, network.parameters
    forward = activations(network, image)
    labels = _labels(network, label)
    loss, dz = backend.softmax_cross_entropy(forward.logits[None], labels)
    weights: list[Array] = []
    biases: list[Array] = []
    all_dz = [dz]
    for layer in reversed(range(len(parameters.weights))):
        dw, db = backend.dense_backward_parameters(forward.inputs[layer][None], all_dz[0])
        weights.insert(0, dw)
        biases.insert(0, db)
        if layer > 0:
            da = backend.dense_backward_input(all_dz[0], parameters.weights[layer])
            all_dz.insert(0, backend.relu_backward(da, forward.pre_activations[layer - 1][None]))
    gradients = Parameters(tuple(weights), tuple(biases))
    after = parameters.copy()
    (optimizer or SGD()).update(backend, after, gradients, learning_rate)
    _, z = backend.forward(after, as_row(network, image))
    loss_after, _ = backend.softmax_cross_entropy(z[-1], labels)
    p_after = backend.softmax_forward(z[-1])[0]
    dzs = tuple(each[0] for each in all_dz)
    return Step(forward, loss, dzs, gradients, parameters, after, loss_after, p_after)


def check_gradients(
    network: Network,
    image: npt.ArrayLike,
    label: int,
    which: Sequence[tuple[int, int, int]] | None = None,
) -> list[GradientCheck]:
    """Compare gradients by the network's backend with numerical ones by the reference.

    The numerical derivative is the difference quotient of the loss in float64, which knows nothing of
    backpropagation. At a corner of ReLU the derivatives to the left and to the right differ; there any value
    between the two is right.

    Parameters
    ----------
    network : Network
        The network.
    image : array with as many pixels as the network has inputs
        As for `step`.
    label : int
        What the image shows.
    which : sequence of (layer, row, column), optional
        The weights to check; row -1 is the bias. By default the three weights of each layer that have the
        largest gradients, and the bias that has.

    Returns
    -------
    list of GradientCheck
        One for each weight.

    Raises
    ------
    ArgumentError
        As for `step`; or there is no such weight.
    """
    x, labels = as_row(network, image), _labels(network, label)
    _, gradients = network.backend.loss_and_gradients(network.parameters, x, labels)
    which = _largest(gradients) if which is None else which
    reference, exact = get_backend("numpy"), network.parameters.astype(np.float64)

    def loss() -> float:
        _, z = reference.forward(exact, x.astype(np.float64))
        return reference.softmax_cross_entropy(z[-1], labels)[0]

    noise = NUMERICAL_NOISE + ROUNDINGS * float(np.finfo(network.parameters.dtype).eps)
    checks = []
    for layer, row, column in which:
        analytic = float(_row(gradients, layer, row, column)[column])
        weight = _row(exact, layer, row, column)
        value, middle = weight[column], loss()
        weight[column] = value + EPSILON
        right = (loss() - middle) / EPSILON
        weight[column] = value - EPSILON
        left = (middle - loss()) / EPSILON
        weight[column] = value
        slack = noise + TOLERANCE * max(abs(left), abs(right), float(abs(gradients.weights[layer]).max()))
        agree = min(left, right) - slack <= analytic <= max(left, right) + slack
        checks.append(GradientCheck(layer, row, column, analytic, (left + right) / 2, bool(agree)))
    return checks


def _labels(network: Network, label: int) -> Array:
    classes = network.layer_sizes[-1]
    if not 0 <= label < classes:
        raise ArgumentError(f"there is no class {label}: this network has {classes}, from 0 on")
    return np.array([label])


def _largest(gradients: Parameters) -> list[tuple[int, int, int]]:
    """The weights and the bias of each layer with the largest gradients."""
    found = []
    for layer, (dw, db) in enumerate(zip(gradients.weights, gradients.biases, strict=True)):
        for place in np.argsort(-np.abs(dw), axis=None, kind="stable")[:CHECKED]:
            row, column = np.unravel_index(place, dw.shape)
            found.append((layer, int(row), int(column)))
        found.append((layer, -1, int(np.abs(db).argmax())))
    return found


def _row(parameters: Parameters, layer: int, row: int, column: int) -> Array:
    """The row of weights, or for row -1 the biases, in which a column is; raises `ArgumentError`."""
    if 0 <= layer < len(parameters.weights):
        inputs, outputs = parameters.weights[layer].shape
        if -1 <= row < inputs and 0 <= column < outputs:
            return parameters.biases[layer] if row == -1 else parameters.weights[layer][row]
    raise ArgumentError(f"there is no weight ({layer}, {row}, {column}): layer, row and column count from 0")
