"""model.json: a network's numbers and the card that says where they come from.

One JSON object. Its head can be read by a person; below it, each line is one row of a weight matrix:
the weights from one input to every output. Numbers are written with just the digits that make
reading them back exact. A model file names nothing that is imported and no path, so loading one runs no code.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import msgspec
import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import InkdigitsError, one_line, shown
from engine.data.files import MEGABYTE, read_file
from engine.model.card import Card
from engine.model.decoding import LARGEST_FILE, decode_model
from engine.model.safe_write import write_atomically

FORMAT = "inkdigits-model"
VERSION = 1
WAY_OUT = "take another model, or train one: inkdigits train"


class ModelFileError(InkdigitsError):
    """A model file that cannot be read or trusted, or a network that cannot be saved."""


def shipped_model_path() -> Path:
    """Where the model that comes with the project is.

    Returns
    -------
    Path
        The model.json at the root of a checkout, else where pip put it.
    """
    checkout = Path(__file__).resolve().parents[2] / "model.json"
    if checkout.exists():
        return checkout
    return Path(sysconfig.get_path("data")) / "share" / "inkdigits" / "model.json"


def load_model(path: Path) -> tuple[Parameters, Card]:
    """Read a model file and check all of it.

    Parameters
    ----------
    path : Path
        The file; a leading ``~`` is the home directory.

    Returns
    -------
    parameters : Parameters
        The weights and biases, in the file's dtype.
    card : Card
        Where they come from and how good they are.

    Raises
    ------
    ModelFileError
        The file is missing, not a regular file, too large, not JSON, of another format or version, or trained
        with another preprocessing; or a part has the wrong shape or numbers that do not give probabilities.
        The message names the part.
    """
    encoded = read_file(Path(os.path.expanduser(path)), ModelFileError, LARGEST_FILE)
    try:
        return decode_model(encoded)
    except ValueError as error:
        raise ModelFileError(f"{shown(path)}: {one_line(error, 110)}: {WAY_OUT}") from None


def save_model(path: Path, parameters: Parameters, card: Card) -> None:
    """Write a model file atomically: at every moment the name holds the old file or the whole new one.

    What would be written is decoded first, as `load_model` does, which takes some tens of milliseconds.

    Parameters
    ----------
    path : Path
        The file; one that exists is replaced.
    parameters : Parameters
        The weights and biases, all finite.
    card : Card
        Where they come from and how good they are.

    Raises
    ------
    ModelFileError
        `load_model` would refuse the file. Nothing is written.
    WriteError
        The file cannot be written (see `engine.model.safe_write`).
    """
    if not all(np.isfinite(tensor).all() for tensor in parameters.tensors()):
        raise ModelFileError(f"{shown(path)} was not written: the network holds NaN or infinity")
    try:
        data = _encode(parameters, card)
        if len(data) > LARGEST_FILE:
            raise ValueError(f"{len(data) // MEGABYTE} MB are more than a model file may have")
        decode_model(data)
    except (ValueError, OverflowError, RecursionError) as error:  # the last two: of a card that is no JSON
        raise ModelFileError(f"{shown(path)} was not written: {one_line(error, 110)}") from None
    write_atomically(path, data)


def _encode(parameters: Parameters, card: Card) -> bytes:
    """The file's bytes. The same numbers and card give the same bytes."""
    layers = [
        {"weights": [_row(row) for row in w], "biases": _row(b)}
        for w, b in zip(parameters.weights, parameters.biases, strict=True)
    ]
    head = {
        "format": FORMAT,
        "version": VERSION,
        "layer_sizes": parameters.layer_sizes,
        "activations": ["relu"] * (len(layers) - 1) + ["softmax"],
        "dtype": parameters.dtype.name,
        "card": card,
    }
    readable_head = msgspec.json.format(msgspec.json.encode(head), indent=1)
    return readable_head.removesuffix(b"\n}") + b',\n "layers": ' + msgspec.json.encode(layers) + b"\n}\n"


def _row(numbers: Array) -> msgspec.Raw:
    """Numbers as JSON on a line of their own, each in the shortest form that reads back the same."""
    shortest = numbers.astype(str).astype(np.float64)
    return msgspec.Raw(b"\n" + msgspec.json.encode(shortest.tolist()))
