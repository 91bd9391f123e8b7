"""A network: layers of given sizes, the numbers in them, and the backend that computes with them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.registry import get_backend
from engine.model.card import Card
from engine.model.history import History
from engine.model.model_file import load_model, save_model, shipped_model_path


class Network:
    """Dense layers with ReLU between them and softmax at the end.

    Parameters
    ----------
    parameters : the weights and biases
    backend : a `Backend`, a backend's name, or None for the default (see `backends.get_backend`)
    card : where the parameters come from and how good they are

    Attributes
    ----------
    history : the epochs of the training run that made the network; empty for one that was loaded

    Examples
    --------
    >>> network = Network.load()                    # the model that comes with the project
    >>> blank = np.zeros((1, 28, 28), np.float32)
    >>> network.predict_proba(blank).shape
    (1, 10)
    """

    def __init__(
        self,
        parameters: Parameters,
        backend: Backend | str | None = None,
        card: Card | None = None,
    ) -> None:
        self.parameters = parameters
        self.backend = get_backend(backend)
        self.card = card or Card()
        self.history = History()

    def __repr__(self) -> str:
        sizes = "-".join(map(str, self.layer_sizes))
        return f"Network({sizes}, {self.parameters.dtype}, backend={self.backend.name!r})"

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] | None = None, backend: Backend | str | None = None
    ) -> Network:
        """Read a model file, the shipped one if none is named; raises `ModelFileError`."""
        parameters, card = load_model(Path(path) if path else shipped_model_path())
        return cls(parameters, backend, card)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file, whole or not at all: an old one stays until the new one is safe."""
        save_model(Path(path), self.parameters, self.card)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each output, in order; "0", "1", ... where the card has no others."""
        return self.card.classes or tuple(map(str, range(self.layer_sizes[-1])))

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        return self.parameters.layer_sizes

    def predict_proba(self, images: npt.ArrayLike) -> Array:
        """The probability of each class, (N, C).

        Parameters
        ----------
        images : (N, P) or (N, rows, columns) array, with one channel axis or none
            As many pixels as the network has inputs: integers from 0 (paper) to 255 (ink), floating point
            from 0 to 1, or bool.

        Raises
        ------
        ArgumentError
            Another shape or dtype, or pixels out of range or NaN.
        """
        return self.backend.predict_images(self.parameters, images)

    def predict(self, images: npt.ArrayLike) -> Array:
        """The most probable class of each image, (N,) indices; images as for `predict_proba`."""
        most_probable: Array = self.backend.predict_images(self.parameters, images).argmax(axis=1)
        return most_probable


def initial_parameters(
    layer_sizes: tuple[int, ...],
    random: np.random.Generator,
    dtype: npt.DTypeLike = np.float32,
) -> Parameters:
    """Random weights before training, zero biases.

    w ~ Normal(0, 2 / fan_in) keeps the size of the signal from layer to layer under ReLU, which
    silences half of it (He et al. 2015); the last layer has no ReLU, so Normal(0, 1 / fan_in) there.
    """
    parameters = Parameters.zeros(layer_sizes, dtype)
    last = len(parameters.weights) - 1
    for layer, w in enumerate(parameters.weights):
        variance = (1 if layer == last else 2) / w.shape[0]
        w[:] = random.normal(0, np.sqrt(variance), w.shape)
    return parameters
