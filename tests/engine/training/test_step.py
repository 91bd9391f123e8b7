"""One training step with every intermediate, and a gradient check that turns red where it should."""

from __future__ import annotations

import numpy as np
import pytest

from backends import Backend, InkdigitsError
from backends.arrays import Array, scale_pixels
from backends.numpy_backend import NumpyBackend
from backends.optimizers import SGD, AdamW
from engine import Network, check_gradients, step
from engine.data.strokes import strokes_to_image
from engine.model.network import initial_parameters

SEVEN = strokes_to_image([[(0, 0), (6, 0), (3, 9)]])
ROW = scale_pixels(SEVEN[None], np.float32)


def new_network(backend: Backend, dtype: type = np.float32) -> Network:
    return Network(initial_parameters((784, 16, 12, 10), np.random.default_rng(0), dtype), backend)


def test_every_number_is_the_references() -> None:
    backend = NumpyBackend()
    network = new_network(backend)
    parameters = network.parameters
    taken = step(network, SEVEN, 4, learning_rate=0.05)
    loss, gradients = backend.loss_and_gradients(parameters, ROW, np.array([4]))
    inputs, z = backend.forward(parameters, ROW)
    assert taken.loss == loss
    assert taken.gradients == gradients
    for layer in range(3):
        np.testing.assert_array_equal(taken.forward.pre_activations[layer], z[layer][0])
        np.testing.assert_allclose(gradients.biases[layer], taken.dz[layer], rtol=1e-6)
        np.testing.assert_allclose(
            np.outer(inputs[layer][0], taken.dz[layer]), gradients.weights[layer], atol=1e-7
        )
    expected = parameters.copy()
    backend.train_minibatches(expected, SGD(), ROW, np.array([4]), np.array([0]), 1, np.array([0.05]))
    assert taken.after == expected
    assert taken.before is parameters
    assert taken.loss_after < taken.loss


def test_steps_of_another_optimizer_go_on_from_each_other() -> None:
    network = new_network(NumpyBackend())
    before = network.parameters.copy()
    optimizer = AdamW(network.parameters)
    first = step(network, SEVEN, 4, learning_rate=0.002, optimizer=optimizer)
    second = step(Network(first.after), SEVEN, 4, learning_rate=0.002, optimizer=optimizer)
    expected = before.copy()
    NumpyBackend().train_minibatches(
        expected, AdamW(before), ROW, np.array([4]), np.array([0, 0]), 1, np.full(2, 0.002)
    )
    assert second.after == expected
    assert network.parameters == before
    assert optimizer.steps_taken == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_agree_with_numerical_ones(dtype: type) -> None:
    for label in (2, 7):
        found = check_gradients(new_network(NumpyBackend(), dtype), SEVEN, label)
        assert len(found) == 3 * 4
        assert all(each.right for each in found)
        assert max(abs(each.analytic) for each in found) > 0.1


def test_shipped_network_and_chosen_weights_agree() -> None:
    network = Network.load()
    assert all(each.right for each in check_gradients(network, SEVEN, 3))
    places = [(0, 400, 5), (1, 3, 3), (2, -1, 9)]
    found = check_gradients(network, SEVEN, 3, places)
    assert [(each.layer, each.row, each.column) for each in found] == places
    assert all(each.right for each in found)
    blank = check_gradients(new_network(NumpyBackend()), np.zeros(784), 3)  # all sums are at ReLU's corner
    assert all(each.right for each in blank)


class ForgetsBias(NumpyBackend):
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return x @ w


class SlightlyWrongInputGradient(NumpyBackend):
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        return dz @ w.T * dz.dtype.type(1.0001)


class ForgetsReLU(NumpyBackend):
    def relu_backward(self, da: Array, z: Array) -> Array:
        return da.copy()


class WrongSign(NumpyBackend):
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        return -(x.T @ dz), dz.sum(axis=0)


class WrongButConsistent(NumpyBackend):
    """Its gradients are those of its own loss, which is not the reference's."""

    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        return 2 * (x @ w) + b

    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        return 2 * (x.T @ dz), dz.sum(axis=0)

    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        return 2 * (dz @ w.T)


@pytest.mark.parametrize(
    "wrong", [ForgetsBias, SlightlyWrongInputGradient, ForgetsReLU, WrongSign, WrongButConsistent]
)
def test_wrong_backend_turns_the_check_red(wrong: type[NumpyBackend]) -> None:
    network = Network(Network.load().parameters, wrong())
    assert not all(each.right for each in check_gradients(network, SEVEN, 3))


def test_what_cannot_be_used_is_refused() -> None:
    network = new_network(NumpyBackend())
    for label in (-1, 10):
        with pytest.raises(InkdigitsError, match="no class"):
            step(network, SEVEN, label)
    with pytest.raises(InkdigitsError):
        step(network, SEVEN[:3], 1)
    for place in ((3, 0, 0), (-1, 0, 0), (0, 784, 0), (0, -2, 0), (0, 0, 16), (0, 0, -1)):
        with pytest.raises(InkdigitsError, match="no weight"):
            check_gradients(network, SEVEN, 3, [place])
