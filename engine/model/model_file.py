"""model.json: a network's numbers and the card that says where they come from.

One JSON object. Its head can be read by a person; below it, each line is one row of a weight matrix:
the weights from one input to every output. Numbers are written with just the digits that make
reading them back exact. A model file names nothing that is imported and no path, so loading one runs no code.
"""

from __future__ import annotations

import os
import stat
import sysconfig
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import InkdigitsError
from engine.model.card import PREPROCESSING, Card
from engine.model.safe_write import write_atomically

FORMAT = "inkdigits-model"
VERSION = 1
LARGEST_FILE = 256 * 2**20  # bytes


class ModelFileError(InkdigitsError):
    """A model file that cannot be read or trusted, or a network that cannot be saved."""


Size = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _Layer(msgspec.Struct, forbid_unknown_fields=True):
    weights: list[list[float]]
    biases: list[float]


class _ModelFile(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["inkdigits-model"]
    version: Literal[1]
    layer_sizes: Annotated[list[Size], msgspec.Meta(min_length=2)]
    activations: list[Literal["relu", "softmax"]]
    dtype: Literal["float32", "float64"]
    card: Card
    layers: list[_Layer]


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
        with another preprocessing; or a part has the wrong shape or a number that is not finite. The message
        names the part.
    """
    encoded = _read(Path(os.path.expanduser(path)))
    try:
        content = msgspec.json.decode(encoded, type=_ModelFile)
    except msgspec.MsgspecError as error:
        raise ModelFileError(f"{path} is not a model file of inkdigits: {error}") from None
    except UnicodeDecodeError:
        raise ModelFileError(f"{path} is not a model file of inkdigits: not UTF-8 text") from None
    check_card(path, content.card, content.layer_sizes[-1])
    try:
        return _parameters(content), content.card
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from None


def save_model(path: Path, parameters: Parameters, card: Card) -> None:
    """Write a model file atomically: at every moment the name holds the old file or the whole new one.

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
        A parameter is not finite, or the file would be larger than `load_model` reads.
    WriteError
        The file cannot be written (see `engine.model.safe_write`).
    """
    if not all(np.isfinite(tensor).all() for tensor in parameters.tensors()):
        raise ModelFileError(f"{path} was not written: the network holds NaN or infinity")
    data = _encode(parameters, card)
    if len(data) > LARGEST_FILE:
        megabytes = len(data) >> 20
        raise ModelFileError(f"{path} was not written: {megabytes} MB are more than a model file may have")
    write_atomically(path, data)


def check_card(path: Path, card: Card, outputs: int) -> None:
    """Refuse a card that this version cannot use, or that does not fit its network.

    Parameters
    ----------
    path : Path
        Where it was read, for the message.
    card : Card
        The card.
    outputs : int
        How many classes the network has.

    Raises
    ------
    ModelFileError
        The network was trained with another preprocessing, or the card names another number of classes.
    """
    trained_for = card.preprocessing
    if trained_for != PREPROCESSING:
        raise ModelFileError(
            f"{path} was trained on pictures made by {trained_for.id!r} version {trained_for.version}; this "
            f"inkdigits makes them by {PREPROCESSING.id!r} version {PREPROCESSING.version}: train it anew"
        )
    classes = card.classes
    if classes is not None and not len(classes) == len(set(classes)) == outputs:
        raise ModelFileError(
            f"{path}: card.classes has {len(set(classes))} different names; {outputs} are needed"
        )


def _read(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(f"{path} is not a regular file; name a model.json")
        if status.st_size > LARGEST_FILE:
            raise ModelFileError(f"{path} is larger than {LARGEST_FILE >> 20} MB: not a model file")
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read the model {path}: {error.strerror}") from None


def _parameters(content: _ModelFile) -> Parameters:
    """The numbers as arrays; raises ValueError naming the part whose shape or numbers are wrong."""
    sizes = content.layer_sizes
    count = len(sizes) - 1
    expected = ["relu"] * (count - 1) + ["softmax"]
    if list(content.activations) != expected:
        raise ValueError(f"activations are {content.activations}; {expected} is what can be run")
    if len(content.layers) != count:
        raise ValueError(f"there are {len(content.layers)} layers; layer_sizes {sizes} tell of {count}")
    weights, biases = [], []
    for index, layer in enumerate(content.layers):
        inputs, outputs = sizes[index], sizes[index + 1]
        where = f"layers[{index}]"
        if len(layer.weights) != inputs:
            raise ValueError(f"{where}.weights has {len(layer.weights)} rows; {inputs} are needed")
        for row, numbers in enumerate(layer.weights):
            if len(numbers) != outputs:
                raise ValueError(f"{where}.weights[{row}] has {len(numbers)} numbers, not {outputs}")
        if len(layer.biases) != outputs:
            raise ValueError(f"{where}.biases has {len(layer.biases)} numbers; {outputs} are needed")
        weights.append(_finite(layer.weights, content.dtype, f"{where}.weights"))
        biases.append(_finite(layer.biases, content.dtype, f"{where}.biases"))
    return Parameters(tuple(weights), tuple(biases))


def _finite(numbers: Any, dtype: str, where: str) -> Array:
    with np.errstate(over="ignore"):  # reported below, in our words
        array: Array = np.array(numbers, np.float64).astype(dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{where} holds a number that is too large for {dtype}")
    return array


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
