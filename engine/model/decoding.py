"""What the bytes of a model file mean, checked from the outside in: nothing is believed that can be counted.

First the head, then the card, then the numbers, then that they give probabilities. Each step bounds what the
next may take: of a file of 32 MB, none takes more than 500 MB.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import one_line
from backends.registry import get_backend
from engine.data.datasets import DIGITS
from engine.data.files import MEGABYTE
from engine.model.card import PREPROCESSING, Card

LARGEST_FILE = 32 * MEGABYTE
LARGEST_CARD = MEGABYTE
MOST_PARAMETERS = LARGEST_FILE // 16  # a number takes up to 16 bytes
LARGEST_TEXT = 8 * MEGABYTE  # what is left without the lists of numbers
MOST_LAYERS = 100
LARGEST_LOGIT = 1e30  # in float32, which ends at 3e38, no image then gives infinity or NaN


Size = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _Layer(msgspec.Struct, forbid_unknown_fields=True):
    weights: list[list[float]]
    biases: list[float]


class _ModelFile(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["inkdigits-model"]
    version: Literal[1]
    layer_sizes: Annotated[list[Size], msgspec.Meta(min_length=2, max_length=MOST_LAYERS)]
    activations: Annotated[list[Literal["relu", "softmax"]], msgspec.Meta(max_length=MOST_LAYERS)]
    dtype: Literal["float32", "float64"]
    card: msgspec.Raw  # this and the layers are decoded when their sizes are known to be possible
    layers: msgspec.Raw


def decode_model(encoded: bytes) -> tuple[Parameters, Card]:
    """Decode and check a model file.

    Parameters
    ----------
    encoded : bytes
        All of it, at most ``LARGEST_FILE``.

    Returns
    -------
    parameters : Parameters
        In the file's dtype; every image gives finite probabilities.
    card : Card
        Which fits the parameters.

    Raises
    ------
    ValueError
        The message names the part that is wrong.
    """
    content: _ModelFile = _decode(encoded, _ModelFile)
    _check_counts(encoded, content)
    _check_keys(encoded)
    card = _card(content)
    parameters = _parameters(content)
    _check_probabilities(parameters)
    return parameters, card


def _decode(encoded: bytes | msgspec.Raw, kind: Any, where: str = "") -> Any:
    """A part of the file, typed; raises ValueError naming what is wrong."""
    try:
        return msgspec.json.decode(encoded, type=kind)
    except msgspec.MsgspecError as error:
        what, _, below = str(error).partition(" - at `$")
        place = (where + below).lstrip(".")
        at = f" - at $.{place}" if place else ""
        raise ValueError(f"not a model file of inkdigits: {what}{at}".replace("`", "")) from None
    except UnicodeDecodeError:
        raise ValueError("not a model file of inkdigits: not UTF-8 text") from None
    except RecursionError:
        raise ValueError("not a model file of inkdigits: brackets are nested too deeply") from None


def _check_counts(encoded: bytes, content: _ModelFile) -> None:
    """Refuse more numbers than the sizes tell of, before they fill the memory; raises ValueError."""
    if len(bytes(content.card)) > LARGEST_CARD:
        raise ValueError(f"the card is larger than {LARGEST_CARD // MEGABYTE} MB")
    parameters = sum((inputs + 1) * outputs for inputs, outputs in pairwise(content.layer_sizes))
    if parameters > MOST_PARAMETERS:
        raise ValueError(f"layer_sizes tell of {parameters:,} parameters; {MOST_PARAMETERS:,} may be")
    commas = encoded.count(b",") - bytes(content.card).count(b",")
    if commas > 2 * parameters + 10 * MOST_LAYERS:
        raise ValueError(f"layers has more than the {parameters:,} numbers that layer_sizes tell of")


_NUMBERS = re.compile(rb"\[[-+0-9.eE,\s]*+\]")  # a list of numbers


def _check_keys(encoded: bytes) -> None:
    """Refuse a key that stands twice in an object: of the two values, no reader could tell which is meant."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {one_line(key, 40)!r} stands twice")
            seen.add(key)

    text = _NUMBERS.sub(b"0", encoded)
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"more than {LARGEST_TEXT // MEGABYTE} MB of it are not lists of numbers")
    try:
        json.loads(text, object_pairs_hook=check)
    except RecursionError:
        raise ValueError("not a model file of inkdigits: brackets are nested too deeply") from None


def _card(content: _ModelFile) -> Card:
    """The card, checked by itself and against the network's outputs; raises ValueError."""
    if "preprocessing" not in _decode(content.card, dict[str, msgspec.Raw], "card"):
        raise ValueError("the card names no preprocessing: images may be made in another way")
    card: Card = _decode(content.card, Card, "card")
    check_card(card, content.layer_sizes[-1])
    return card


def check_card(card: Card, outputs: int) -> None:
    """Refuse a card that this version cannot use, or that does not fit its network.

    Parameters
    ----------
    card : Card
        The card.
    outputs : int
        How many classes the network has.

    Raises
    ------
    ValueError
        The message names the part that is wrong.
    """
    if card.preprocessing != PREPROCESSING:
        theirs, ours = (
            one_line(f"{each.id} {each.version}", 40) for each in (card.preprocessing, PREPROCESSING)
        )
        raise ValueError(f"card.preprocessing: images were made by {theirs}, not by {ours}")
    try:
        msgspec.json.encode(card)
    except (OverflowError, RecursionError, ValueError):
        raise ValueError("the card has a number of more than 64 bits: it could not be saved again") from None
    for name, value in card.accuracy.items():
        _check_accuracy(name, value)
    if not isinstance(card.training.get("writers", []), list):
        raise ValueError("card.training.writers is not a list")
    classes = card.classes
    if classes is None and outputs != len(DIGITS):
        raise ValueError(f"there are {outputs} outputs, and no card.classes to name them: digits have 10")
    if outputs < 2:
        raise ValueError("there is one output: nothing to choose from")
    if classes is not None and not len(classes) == len(set(classes)) == outputs:
        raise ValueError(f"card.classes has {len(set(classes))} different names; {outputs} are needed")
    if classes is not None and not all(name.isprintable() for name in classes):
        raise ValueError("card.classes has a name that cannot be printed")


def _check_accuracy(name: str, value: Any) -> None:
    """Refuse what is no share and no count; raises ValueError."""
    numbers = value if isinstance(value, list) else [value]
    largest = 10**9 if name.endswith(("examples", "digits")) else 1
    for number in numbers:
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if number is not None and not (is_number and 0 <= number <= largest):
            where = f"card.accuracy.{one_line(name, 30)}"
            raise ValueError(f"{where} is {one_line(number, 20)}: not from 0 to {largest:,}")


def _parameters(content: _ModelFile) -> Parameters:
    """The numbers as arrays; raises ValueError naming the part whose shape or numbers are wrong."""
    sizes = content.layer_sizes
    count = len(sizes) - 1
    expected = ["relu"] * (count - 1) + ["softmax"]
    if list(content.activations) != expected:
        raise ValueError(f"activations are {one_line(content.activations, 40)}; relu ..., softmax can be run")
    layers: list[_Layer] = _decode(content.layers, list[_Layer], "layers")
    if len(layers) != count:
        raise ValueError(f"there are {len(layers)} layers; layer_sizes tell of {count}")
    weights, biases = [], []
    for index, layer in enumerate(layers):
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


def _check_probabilities(parameters: Parameters) -> None:
    """Refuse numbers with which an image could give infinity or NaN; raises ValueError.

    No image gives a larger activation than ``bound``: h <- |W|ᵀ h + |b|, beginning with a full image. A blank
    and a full one are predicted besides.
    """
    bound = np.ones(parameters.layer_sizes[0])
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        with np.errstate(over="ignore", invalid="ignore"):
            bound = bound @ np.abs(w, dtype=np.float64) + np.abs(b, dtype=np.float64)
        if not (bound <= LARGEST_LOGIT).all():
            raise ValueError(f"layers[{layer}] has numbers so large that an image may give NaN")
    blank_and_full = np.zeros((2, parameters.layer_sizes[0]), parameters.dtype)
    blank_and_full[1] = 1
    probabilities = get_backend("numpy").predict_proba(parameters, blank_and_full)
    if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3):
        raise ValueError("the probabilities of a blank image do not sum to 1")
