"""How many of the examples that a network is tested on it was trained on, as far as its card tells.

A card holds hashes of whole data sets, so only a whole data set is known again: of a part of one, or of the
same images in another order, nothing can be said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from backends.arrays import Array
from engine.data.datasets import MNIST_SHA256
from engine.data.drawings import Drawing, drawings_sha256
from engine.model.card import Card

# `images_sha256` of MNIST's training set, for cards older than "train_sha256".
MNIST_TRAIN_SHA256 = "edc0d1098aa497be14ace79ddd5171e5a3dcf9c4d196c015389203eb3ba1f59b"


def images_sha256(images: Array, labels: Array) -> str:
    """A fingerprint of images and labels, however they were packed.

    Parameters
    ----------
    images : (N, ...) uint8
        Any images.
    labels : (N,) integers
        Below 256.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    digest = hashlib.sha256(np.ascontiguousarray(images).tobytes())
    digest.update(labels.astype(np.uint8).tobytes())
    return digest.hexdigest()


def count_seen_images(card: Card, images: Array, labels: Array) -> int:
    """How many of these images a network was trained on: all of them or, as far as is known, none.

    Parameters
    ----------
    card : Card
        Of the network.
    images : (N, ...) uint8
        As for `images_sha256`.
    labels : (N,) integers
        As for `images_sha256`.

    Returns
    -------
    int
        N or 0.
    """
    known = card.training.get("train_sha256")
    if known is None and card.training.get("data_sha256") == MNIST_SHA256:
        known = MNIST_TRAIN_SHA256
    return len(images) if known is not None and images_sha256(images, labels) == known else 0


def seen_drawings(card: Card, drawings: Sequence[Drawing]) -> list[bool]:
    """For each drawing of a file, whether a network was trained on it.

    Parameters
    ----------
    card : Card
        Of the network.
    drawings : sequence of Drawing
        The whole file: the network may have been trained without some of its writers.

    Returns
    -------
    list of bool
        One for each drawing.
    """
    writers = card.training.get("writers", [])
    seen = [each.writer is None or each.writer in writers for each in drawings]
    trained_on = [each for each, was_seen in zip(drawings, seen, strict=True) if was_seen]
    if card.training.get("drawings_sha256") != drawings_sha256(trained_on):
        return [False] * len(drawings)
    return seen
