"""What an exported file says besides the numbers, as text under names: all formats carry the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.export.reading import ImportRefusedError
from engine.model.card import Card
from engine.model.decoding import check_card
from engine.model.network import Network

LAYOUT = "1"  # of the names below


def metadata_of(network: Network) -> dict[str, str]:
    """Describe a network: what it takes, what it answers, and where it comes from.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    dict of str to str
        ``input`` and ``output`` in plain words; ``preprocessing``, ``classes`` and ``card`` as JSON. The card
        is the whole one, so that a reader restores the model file to the byte.
    """
    card = msgspec.structs.replace(network.card, classes=network.classes)
    return {
        "inkdigits": LAYOUT,
        "input": f"rows of {network.layer_sizes[0]} pixels, each from 0 (paper) to 1 (ink)",
        "output": "the probability of each class, at temperature 1",
        "preprocessing": msgspec.json.encode(card.preprocessing).decode(),
        "classes": json.dumps(network.classes),
        "card": msgspec.json.encode(card).decode(),
    }


def card_from(metadata: Mapping[str, str], path: Path, outputs: int) -> Card:
    """Restore the card of an exported network, or make one for a file from elsewhere.

    Parameters
    ----------
    metadata : mapping of str to str
        As `metadata_of`; or anything else, which is then ignored.
    path : pathlib.Path
        Where they were read, for messages and for the card.
    outputs : int
        How many classes the network has.

    Returns
    -------
    Card
        Without accuracy for a file from elsewhere, and with its name under ``training.imported_from``.

    Raises
    ------
    ImportRefusedError
        The card is damaged or for another preprocessing, or its classes do not fit.
    """
    text = metadata.get("card") if "inkdigits" in metadata else None
    if text is None:
        return Card(training={"imported_from": path.name}, classes=tuple(map(str, range(outputs))))
    try:
        card = msgspec.json.decode(text, type=Card)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise ImportRefusedError(path, f"its card is damaged: {error}") from None
    try:
        check_card(card, outputs)
    except ValueError as error:
        raise ImportRefusedError(path, str(error)) from None
    return card
