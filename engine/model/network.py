"""A network: layers of given sizes, the numbers in them, and the backend that computes with them."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.base import Backend
from backends.registry import get_backend
from engine.data.shown import Shown
from engine.model.card import Card
from engine.model.history import History
from engine.model.model_file import load_model, save_model, shipped_model_path


class Network(Shown):
    """Dense layers with ReLU between them and softmax at the end.

    Parameters
    ----------
    parameters : Parameters
        The weights and biases; kept, not copied.
    backend : Backend, str or None
        What computes, or its name; None for the default (see `backends.get_backend`).
    card : Card, optional
        Where the parameters come from and how good they are.

    Attributes
    ----------
    history : History
        The epochs of the training run that made the network; empty for one that was loaded.

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
        """Read a model file.

        Parameters
        ----------
        path : str or path-like, optional
            The file. By default the model that comes with the project.
        backend : Backend, str or None
            As for `Network`.

        Returns
        -------
        Network
            With the file's parameters and card, and no history.

        Raises
        ------
        ModelFileError
            The file cannot be read or trusted.
        BackendError
            No such backend, or it cannot run here.
        """
        parameters, card = load_model(Path(path) if path else shipped_model_path())
        return cls(parameters, backend, card)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file atomically: an old one stays until the new one is complete.

        Parameters
        ----------
        path : str or path-like
            The file; one that exists is replaced.

        Raises
        ------
        ModelFileError
            `load` would refuse the file: numbers that do not give probabilities, or too many of them.
        WriteError
            The file cannot be written.
        """
        card = msgspec.structs.replace(self.card, classes=self.classes)
        save_model(Path(path), self.parameters, card)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each output, in order; "0", "1", ... where the card has no others."""
        return self.card.classes or tuple(map(str, range(self.layer_sizes[-1])))

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """The inputs of the network, then the outputs of each layer."""
        return self.parameters.layer_sizes

    def predict_proba(self, images: npt.ArrayLike) -> Array:
        """The probability of each class for each image.

        Parameters
        ----------
        images : (N, P) or (N, rows, columns) array, with one channel axis or none
            As many pixels as the network has inputs: integers from 0 (paper) to 255 (ink), floating point
            from 0 to 1, or bool.

        Returns
        -------
        (N, C) array of the parameters' dtype
            Each row sums to 1.

        Raises
        ------
        ArgumentError
            Another shape or dtype, or pixels out of range or NaN.
        """
        return self.backend.predict_images(self.parameters, images)

    def predict(self, images: npt.ArrayLike) -> Array:
        """The most probable class of each image.

        Parameters
        ----------
        images : (N, P) or (N, rows, columns) array, with one channel axis or none
            As for `predict_proba`.

        Returns
        -------
        (N,) array of int64
            Indices into `classes`; the lowest of equally probable ones.

        Raises
        ------
        ArgumentError
            As for `predict_proba`.
        """
        most_probable: Array = self.backend.predict_images(self.parameters, images).argmax(axis=1)
        return most_probable


def initial_parameters(
    layer_sizes: tuple[int, ...],
    random: np.random.Generator,
    dtype: npt.DTypeLike = np.float32,
) -> Parameters:
    """Random weights and zero biases, to start training from.

    w ~ Normal(0, 2 / fan_in), where 2 / fan_in is the variance, keeps the size of the signal from layer to
    layer under ReLU, which silences half of it (He et al. 2015). The last layer has no ReLU, so its weights
    are drawn from Normal(0, 1 / fan_in).

    Parameters
    ----------
    layer_sizes : tuple of int
        The inputs, then the outputs of each layer.
    random : numpy.random.Generator
        Draws the weights; its state advances.
    dtype : dtype, float32 or float64
        Of the parameters.

    Returns
    -------
    Parameters
        New arrays.

    Raises
    ------
    ArgumentError
        Fewer than two sizes, a size of 0, or another dtype.
    """
    parameters = Parameters.zeros(layer_sizes, dtype)
    last = len(parameters.weights) - 1
    for layer, w in enumerate(parameters.weights):
        variance = (1 if layer == last else 2) / w.shape[0]
        w[:] = random.normal(0, np.sqrt(variance), w.shape)
    return parameters
