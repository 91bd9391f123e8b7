"""What a network computes on the way to its answer, and the account of a single neuron."""

from __future__ import annotations

import numpy as np
import pytest

from backends import InkdigitsError, get_backend
from engine import Network, activations, neuron
from engine.data.strokes import strokes_to_image

SEVEN = strokes_to_image([[(0, 0), (6, 0), (3, 9)]])


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.load()


def test_layers_are_those_of_the_reference(network: Network) -> None:
    found = activations(network, SEVEN)
    inputs, z = get_backend("numpy").forward(network.parameters, SEVEN.reshape(1, -1) / np.float32(255))
    assert len(found.inputs) == len(found.pre_activations) == len(found.activations) == 3
    for layer in range(3):
        np.testing.assert_array_equal(found.inputs[layer], inputs[layer][0])
        np.testing.assert_array_equal(found.pre_activations[layer], z[layer][0])
    np.testing.assert_array_equal(found.activations[0], np.maximum(z[0][0], 0))
    np.testing.assert_array_equal(found.probabilities, network.predict_proba(SEVEN[None])[0])
    np.testing.assert_array_equal(found.logits, z[-1][0])


@pytest.mark.parametrize("layer", [0, 1, 2, -1])
def test_accounts_add_up(network: Network, layer: int) -> None:
    found = activations(network, SEVEN)
    sizes = network.layer_sizes[1:]
    for index in range(0, sizes[layer], 7):
        account = neuron(network, found, layer, index)
        assert account.positive + account.negative + account.bias == pytest.approx(account.z, abs=1e-4)
        assert account.positive >= 0 >= account.negative
        assert account.a == found.activations[layer][index]
        assert account.contributions.sum() == pytest.approx(account.positive + account.negative, abs=1e-4)


def test_strongest_connections_are_the_largest(network: Network) -> None:
    found = activations(network, SEVEN)
    index = int(found.activations[0].argmax())
    account = neuron(network, found, 0, index)
    sizes = [abs(each.contribution) for each in account.strongest_inputs]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == np.abs(account.contributions).max()
    outputs = account.strongest_outputs
    assert len(account.strongest_inputs) == len(outputs) == 5
    onward = found.activations[0][index] * network.parameters.weights[1][index]
    assert outputs[0].contribution == pytest.approx(onward[np.abs(onward).argmax()])
    assert outputs[0].weight == network.parameters.weights[1][index, outputs[0].neuron]
    assert neuron(network, found, 2, 7).strongest_outputs == ()


def test_what_cannot_be_used_is_refused(network: Network) -> None:
    found = activations(network, SEVEN)
    for layer, index in ((3, 0), (-4, 0), (0, 128), (0, -1)):
        with pytest.raises(InkdigitsError, match="no neuron"):
            neuron(network, found, layer, index)
    for image in (SEVEN[:5], np.full(784, np.nan), np.full(784, 2.0), [["a"]]):
        with pytest.raises(InkdigitsError):
            activations(network, image)
