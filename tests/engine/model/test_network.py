"""The network as people at a prompt use it."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

import engine.model.network
from backends import InkdigitsError
from backends.base import Backend
from engine import Network
from engine.data.datasets import Dataset
from engine.model.network import initial_parameters
from engine.recognition.evaluation import evaluate


@pytest.fixture
def network(backend: Backend) -> Network:
    return Network(initial_parameters((784, 12, 10), np.random.default_rng(0)), backend)


def test_every_form_of_an_image_is_read_alike(network: Network) -> None:
    images = np.random.default_rng(0).integers(256, size=(5, 28, 28)).astype(np.uint8)
    expected = network.predict_proba(images)
    assert expected.shape == (5, 10)
    np.testing.assert_allclose(expected.sum(axis=1), 1, rtol=1e-6)
    ink = (images / 255).astype(np.float32)
    for form in (ink, ink.reshape(5, 784), ink.astype(np.float64), np.asfortranarray(ink), images[:, ::1]):
        np.testing.assert_allclose(network.predict_proba(form), expected, rtol=1e-5)
    np.testing.assert_array_equal(network.predict(images), expected.argmax(axis=1))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros(784), "add an axis in front"),
        (np.zeros((28, 28)), "add an axis in front"),
        (np.zeros((2, 20, 20)), "reads \\(N, 784\\)"),
        (np.full((1, 784), 255.0), "divide by 255"),
        (np.full((1, 784), -0.1), "between 0"),
        (np.full((1, 784), np.nan), "between 0"),
        (np.zeros((1, 784), int), "uint8"),
        (np.zeros((1, 784), bool), "uint8"),
    ],
)
def test_bad_images_are_refused(network: Network, images: Any, message: str) -> None:
    with pytest.raises(InkdigitsError, match=message):
        network.predict(images)


def test_no_images_give_no_answers(network: Network) -> None:
    assert network.predict(np.zeros((0, 784), np.float32)).shape == (0,)


def test_save_and_load_keep_every_bit(network: Network, tmp_path: Any) -> None:
    network.save(tmp_path / "model.json")
    again = Network.load(tmp_path / "model.json", backend=network.backend)
    for a, b in zip(again.parameters.tensors(), network.parameters.tensors(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_initial_weights_are_he_normal() -> None:
    parameters = initial_parameters((784, 400, 300, 10), np.random.default_rng(0))
    for w, variance in zip(parameters.weights, (2 / 784, 2 / 400, 1 / 300), strict=True):
        assert w.var() == pytest.approx(variance, rel=0.1)
        assert abs(w.mean()) < 0.01
    assert not any(b.any() for b in parameters.biases)


def test_shipped_model_reads_the_test_set(mnist: Dataset, backend: Backend) -> None:
    network = Network.load(backend=backend)
    assert mnist.test is not None
    evaluation = evaluate(network, mnist.test)
    assert evaluation.accuracy >= 0.975
    assert evaluation.accuracy == pytest.approx(network.card.accuracy["test"], abs=2e-4)


def test_examples_in_the_docstring() -> None:
    assert doctest.testmod(engine.model.network).failed == 0


def test_images_may_lie_in_memory_in_any_order(backend: Backend) -> None:
    """A stack with the images along its last axis, turned: rows do not lie one after the other."""
    network = Network(initial_parameters((12, 7, 4), np.random.default_rng(0)), backend)
    straight = np.random.default_rng(1).integers(256, size=(20, 3, 4)).astype(np.uint8)
    turned = np.ascontiguousarray(straight.transpose(1, 2, 0)).transpose(2, 0, 1)
    np.testing.assert_array_equal(network.predict_proba(turned), network.predict_proba(straight))
