"""The network as people at a prompt use it."""

from __future__ import annotations

import copy
import doctest
import multiprocessing
import os
import pickle
import timeit
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import engine.model.network
from backends import InkdigitsError, get_backend
from backends.arrays import scale_pixels
from backends.base import Backend
from backends.errors import ArgumentError
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
    forms = [ink, ink.reshape(5, 784), ink.astype(np.float64), np.asfortranarray(ink), ink[:, None]]
    forms += [images.astype(np.int64), images.astype(np.uint16), images.astype(">i4"), images[..., None]]
    for form in (*forms, images.tolist()):
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
        (np.full((1, 784), 256), r"int64 \(1, 784\), 256 to 256; pixels lie between 0 \(paper\) and 255"),
        (np.full((1, 784), -1), r"int64 \(1, 784\), -1 to -1"),
        (np.zeros((1, 784), complex), r"complex128 \(1, 784\); pixels are integers from 0 to 255"),
        (np.zeros((1, 28, 28, 3), np.uint8), r"uint8 \(1, 28, 28, 3\), 0 to 0; this network reads"),
        (np.full((1, 784), "ink"), r"<U3 \(1, 784\); pixels are"),
        ([[0.0] * 784, [0.0]], "images make no array"),
        (None, "this network reads"),
    ],
)
def test_bad_images_are_refused(network: Network, images: Any, message: str) -> None:
    with pytest.raises(InkdigitsError, match=message):
        network.predict(images)


def test_one_bad_pixel_anywhere_is_found(network: Network) -> None:
    """The compiled way checks the range while it reads."""
    for place in (0, 63, 700, 783):
        for pixel in (1.0001, -1e-9, np.nan, np.inf):
            image = np.zeros((1, 784), np.float32)
            image[0, place] = pixel
            with pytest.raises(ArgumentError, match="pixels lie between"):
                network.predict(image)


def test_bool_is_ink_and_paper(network: Network) -> None:
    images = np.random.default_rng(0).random((3, 28, 28)) < 0.2
    np.testing.assert_array_equal(network.predict_proba(images), network.predict_proba(255 * images))


def test_a_copy_predicts_the_same(network: Network) -> None:
    images = np.random.default_rng(0).integers(256, size=(20, 28, 28)).astype(np.uint8)
    expected = network.predict_proba(images)
    one = network.predict_proba(images[:1])  # a compiled backend has addresses of this network's arrays now
    for again in (copy.copy(network), copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        np.testing.assert_array_equal(again.predict_proba(images), expected)
        np.testing.assert_array_equal(again.predict_proba(images[:1]), one)
        assert again.parameters == network.parameters


def test_a_copy_keeps_backend_and_threads(backend: Backend) -> None:
    network = Network.load(backend=get_backend(backend.name, threads=2))
    again = pickle.loads(pickle.dumps(network))
    assert type(again.backend) is type(backend)
    assert again.backend.threads == 2
    assert copy.deepcopy(network).backend is network.backend


@pytest.mark.slow
def test_another_process_predicts_the_same(network: Network) -> None:
    images = np.random.default_rng(0).integers(256, size=(3, 28, 28)).astype(np.uint8)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(network.predict_proba, images).result()
    np.testing.assert_array_equal(there, network.predict_proba(images))


@pytest.mark.slow
@pytest.mark.parametrize(
    "images",
    [
        np.full((1, 784), 0.5, np.float32),
        np.full((1, 28, 28), 0.5, np.float32),
        np.full((1, 784), 127, np.uint8),
        np.full((1, 28, 28), 127, np.uint8),
    ],
    ids=lambda images: f"{images.dtype}-{images.ndim}d",
)
def test_the_public_door_is_quick(backend: Backend, images: Any) -> None:
    """The goal is 1.5 times what the backend takes behind it; 2.5 leaves room for a busy machine."""
    if numba_runs_as_python():
        pytest.skip("compilation is switched off by NUMBA_DISABLE_JIT")
    network = Network.load(backend=backend)
    x = scale_pixels(images, np.float32)
    calls = [
        lambda: backend.predict_proba(network.parameters, x),
        lambda: network.predict_proba(images),
        lambda: network.predict(images),
    ]
    inside, proba, predict = (
        min(times)
        for times in zip(
            *([timeit.timeit(call, number=200) for call in calls] for _ in range(30)), strict=True
        )
    )
    assert max(proba, predict) < 2.5 * inside


def numba_runs_as_python() -> bool:
    return bool(int(os.environ.get("NUMBA_DISABLE_JIT", "0")))


def test_a_network_says_what_it_is(network: Network) -> None:
    assert repr(network) == f"Network(784-12-10, float32, backend={network.backend.name!r})"
    assert repr(network.parameters) == "Parameters(784-12-10, float32)"


def test_parameters_are_equal_where_their_numbers_are(network: Network) -> None:
    same, other = network.parameters.copy(), network.parameters.copy()
    other.weights[1][3, 4] += 1
    assert network.parameters == same
    assert network.parameters != other
    assert network.parameters != network.parameters.astype(np.float64)
    assert network.parameters != "parameters"
    assert network != Network(same, network.backend)


def test_the_package_shows_its_public_names() -> None:
    assert dir(engine) == sorted([*engine.__all__, "DigitClassifier"])


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
