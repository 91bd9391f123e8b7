"""A network as a NumPy archive: ``weights_0`` (I, O), ``biases_0`` (O,), ``weights_1``, ..., and text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from backends.arrays import Parameters
from engine.data.archives import DataError, read_archive
from engine.export.metadata import card_from, metadata_of
from engine.export.reading import ImportRefusedError, check_readable, parameters_from
from engine.model.card import Card
from engine.model.network import Network
from engine.model.safe_write import write_atomically

MOST_LAYERS = 1000


def write_npz(network: Network, path: Path) -> None:
    """Write a network as a NumPy archive, atomically.

    Parameters
    ----------
    network : Network
        The network. A layer computes ``x @ weights + biases``; text stands in 0-d arrays under the names of
        `metadata_of`.
    path : pathlib.Path
        The file; one that exists is replaced.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    arrays = {name: np.array(text) for name, text in metadata_of(network).items()}
    for layer, (w, b) in enumerate(zip(network.parameters.weights, network.parameters.biases, strict=True)):
        arrays |= {f"weights_{layer}": w, f"biases_{layer}": b}
    archive = io.BytesIO()
    np.savez(archive, **arrays)  # type: ignore[arg-type]  # mypy takes a name for allow_pickle
    write_atomically(path, archive.getvalue())


def read_npz(path: Path) -> tuple[Parameters, Card]:
    """Read a network from a NumPy archive; pickled objects in it are refused.

    Parameters
    ----------
    path : pathlib.Path
        A file as `write_npz` writes it; the text may be missing.

    Returns
    -------
    parameters : Parameters
        The same bits.
    card : Card
        The exported card, or a new one.

    Raises
    ------
    ImportRefusedError, ModelFileError
        The file cannot be read, or holds no such network.
    """
    path = check_readable(path)
    try:
        with zipfile.ZipFile(path) as archive:
            there = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ImportRefusedError(path, f"not a NumPy archive: {error}") from None
    layers = [layer for layer in range(MOST_LAYERS) if f"weights_{layer}" in there]
    if not layers or layers != list(range(len(layers))):
        raise ImportRefusedError(path, "no arrays weights_0, biases_0, weights_1, ...")
    text = tuple(name for name in there if name in ("inkdigits", "card"))
    try:
        arrays = read_archive(path, tuple(f"{kind}_{n}" for n in layers for kind in ("weights", "biases")))
        metadata = {name: str(array) for name, array in zip(text, read_archive(path, text), strict=True)}
    except DataError as error:
        raise ImportRefusedError(path, "it " + str(error).removeprefix(f"{path} ")) from None
    parameters = parameters_from(arrays[::2], arrays[1::2], path)
    return parameters, card_from(metadata, path, parameters.outputs)
