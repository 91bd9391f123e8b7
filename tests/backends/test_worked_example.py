"""A 2-2-2 network worked by hand: truth that owes nothing to any of our code.

x = (1, 2), label 1
w1 = [[1, 0], [0, -1]], b1 = (0, 1)     z1 = (1, -1)     a1 = (1, 0)
w2 = [[0, ln 3], [5, 7]], b2 = (0, 0)   z2 = (0, ln 3)   p = (1/4, 3/4)
loss = -ln(3/4)
dz2 = p - (0, 1) = (1/4, -1/4)
dw2 = a1ᵀ dz2 = [[1/4, -1/4], [0, 0]]   db2 = (1/4, -1/4)
da1 = dz2 w2ᵀ = (-ln(3)/4, -1/2)        dz1 = (-ln(3)/4, 0), the second ReLU being off
dw1 = xᵀ dz1 = [[-ln(3)/4, 0], [-ln(3)/2, 0]]   db1 = (-ln(3)/4, 0)
"""

from __future__ import annotations

import numpy as np
import pytest

from backends.arrays import Parameters
from backends.base import Backend
from backends.optimizers import SGD

LN3 = np.log(3)


def network() -> Parameters:
    return Parameters(
        (np.array([[1.0, 0.0], [0.0, -1.0]]), np.array([[0.0, LN3], [5.0, 7.0]])),
        (np.array([0.0, 1.0]), np.array([0.0, 0.0])),
    )


X, LABEL = np.array([[1.0, 2.0]]), np.array([1])
GRADIENTS = Parameters(
    (np.array([[-LN3 / 4, 0.0], [-LN3 / 2, 0.0]]), np.array([[0.25, -0.25], [0.0, 0.0]])),
    (np.array([-LN3 / 4, 0.0]), np.array([0.25, -0.25])),
)


def test_probabilities(backend: Backend) -> None:
    np.testing.assert_allclose(backend.predict_proba(network(), X), [[0.25, 0.75]], rtol=1e-14)


def test_loss_and_gradients(backend: Backend) -> None:
    loss, gradients = backend.loss_and_gradients(network(), X, LABEL)
    assert loss == pytest.approx(-np.log(0.75), rel=1e-14)
    for each, expected in zip(gradients.tensors(), GRADIENTS.tensors(), strict=True):
        np.testing.assert_allclose(each, expected, rtol=1e-14, atol=1e-16)


def test_one_step_of_training(backend: Backend) -> None:
    parameters = network()
    images = backend.prepare_images(X, np.float64)
    loss = backend.train_minibatches(
        parameters, SGD(), images, LABEL, np.array([0]), 1, learning_rates=np.array([0.5])
    )
    assert loss == pytest.approx(-np.log(0.75), rel=1e-14)
    for after, before, dp in zip(parameters.tensors(), network().tensors(), GRADIENTS.tensors(), strict=True):
        np.testing.assert_allclose(after, before - 0.5 * dp, rtol=1e-14, atol=1e-16)
