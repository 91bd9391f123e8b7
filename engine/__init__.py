"""What a network is, how it learns, and how it reads: the front door for people at a prompt.

>>> from engine import Network, train_model
>>> train_model("trained.json", epochs=3)  # doctest: +SKIP
>>> Network.load("trained.json", backend="numba").predict(images)  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from backends import Backend, InkdigitsError, get_backend
from engine.data.datasets import Dataset, load_mnist
from engine.model.network import Network
from engine.model.safe_write import check_writable
from engine.training.options import TrainingOptions
from engine.training.trainer import Training

__version__ = "0.1.0"
__all__ = ["InkdigitsError", "Network", "train_model"]


def train_model(
    path: str | os.PathLike[str],
    backend: Backend | str | None = None,
    dataset: Dataset | None = None,
    **options: Any,
) -> Network:
    """Train a network and save it.

    Parameters
    ----------
    path : the model file to write
    backend : a `Backend`, a backend's name, or None for the default
    dataset : MNIST when none is given
    options : of `TrainingOptions`, such as ``epochs=5``

    Returns
    -------
    The network, its test accuracy on its card.
    """
    path = Path(path)
    check_writable(path)
    checked = TrainingOptions.checked(**options)
    training = Training(dataset or load_mnist(), checked, get_backend(backend))
    for _ in training.run():
        pass
    training.test()
    training.network.save(path)
    return training.network
