"""Reading one digit, as the window does, and ten thousand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from backends.arrays import Parameters, scale_pixels
from engine.data.datasets import Examples
from engine.data.strokes import strokes_to_image
from engine.model.network import Network


@pytest.mark.parametrize("dtype", [np.float32, np.uint8], ids=["float32", "uint8"])
@pytest.mark.parametrize("n", [1, 10_000])
def test_network_predict_proba(
    benchmark: Any, digits: Examples, parameters: Parameters, backend: Backend, n: int, dtype: Any
) -> None:
    """The public door, (N, 28, 28), checks included."""
    benchmark.group = f"probabilities of {n:,} digits"
    network = Network(parameters, backend)
    x = scale_pixels(digits.images[:n], np.float32)
    images = digits.images[:n] if dtype == np.uint8 else x.reshape(n, 28, 28)
    expected = get_backend("numpy").predict_proba(parameters, x)
    np.testing.assert_allclose(network.predict_proba(images), expected, rtol=1e-4, atol=1e-6)
    benchmark(network.predict_proba, images)


@pytest.mark.parametrize("n", [1, 10_000])
def test_backend_predict_proba(
    benchmark: Any, digits: Examples, parameters: Parameters, backend: Backend, n: int
) -> None:
    """The room behind it: rows of float32, their range unchecked."""
    benchmark.group = f"probabilities of {n:,} digits"
    x = scale_pixels(digits.images[:n], np.float32)
    expected = get_backend("numpy").predict_proba(parameters, x)
    np.testing.assert_allclose(backend.predict_proba(parameters, x), expected, rtol=1e-4, atol=1e-6)
    benchmark(backend.predict_proba, parameters, x)


def test_strokes_to_image(benchmark: Any) -> None:
    benchmark.group = "a drawing of 50 points to 28x28"
    turn = np.linspace(0, 4 * np.pi, 50)
    drawing = [np.stack([np.cos(turn) * turn, np.sin(turn)], axis=1)]
    assert strokes_to_image(drawing).shape == (28, 28)
    benchmark(strokes_to_image, drawing)
