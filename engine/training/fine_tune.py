"""Teach a network one writer's hand from a few drawings, without forgetting what it knew.

A network that is trained on ten drawings alone forgets the others. So each step also replays other digits
with the answers that the network gave before (Li and Hoiem 2017, learning without forgetting): whatever is
not taught stays as it was. The replayed digits are drawn from outlines, so no data set is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import ArgumentError, blame
from backends.optimizers import AdamW
from engine.augmentation.drawn_digits import drawn_digits
from engine.augmentation.strokes import augment_drawings, pack_drawings
from engine.data.datasets import DIGITS
from engine.data.drawings import Drawing
from engine.data.framing import SIDE
from engine.data.strokes import Strokes, strokes_to_image
from engine.model.card import Card
from engine.model.network import Network
from engine.training.recipe import read_recipe
from engine.training.schedules import learning_rates

# Chosen on writers that the network had not seen: `python -m benchmarks.teaching`.
STEPS = 40
TAUGHT, REPLAYED = 64, 256  # images in each step
VARIANTS = 160  # of all drawings together, each augmented mildly
REPLAY_SET = 1000  # digits that are drawn for replay
LEARNING_RATE = 3e-4  # at first; falls to 0


@dataclass(frozen=True, eq=False, repr=False)
class Taught:
    """What teaching changed.

    Attributes
    ----------
    network : Network
        A new network; the old one is as it was, so to undo is to go on with that.
    images : (n, 28, 28) array of uint8
        The drawings as the network sees them.
    labels : (n,) array of integers
        What they are.
    before : (n, C) array
        The old network's probabilities.
    after : (n, C) array
        The new network's.
    """

    network: Network
    images: Array
    labels: Array
    before: Array
    after: Array

    @property
    def learned(self) -> Array:
        """Whether the new network is right about each drawing, (n,)."""
        learned: Array = self.after.argmax(axis=1) == self.labels
        return learned


def teach(
    network: Network,
    drawings: Sequence[Strokes],
    labels: Sequence[int],
    *,
    replay: Array | None = None,
    seed: int = 0,
) -> Taught:
    """Teach a network some drawings.

    Forty steps of AdamW, a few tenths of a second. Each takes 64 variants of the drawings, augmented mildly
    and labelled as taught, and 256 replayed digits, whose targets are the old network's probabilities.

    Parameters
    ----------
    network : Network
        For 28x28 images; not changed.
    drawings : sequence of strokes
        As for `recognize_strokes`: each a list of lists of points (x, y).
    labels : sequence of int
        What each drawing is.
    replay : (N, 28, 28) array of uint8, optional
        Images not to forget, framed as MNIST's; by default digits that are drawn here. An empty
        array replays nothing.
    seed : int
        Everything random follows from it.

    Returns
    -------
    Taught
        The new network, and the answers to the drawings before and after. Nothing is written to a file.

    Raises
    ------
    ArgumentError
        No drawings, not a label for each, a label or a drawing that cannot be used, or another network.
    """
    known = _checked(network, drawings, labels)
    backend, classes = network.backend, network.layer_sizes[-1]
    random = np.random.default_rng(seed)
    stages = read_recipe("best").stages
    images = np.stack([strokes_to_image(each, backend=backend) for each in drawings])
    before = network.predict_proba(images)
    with blame(backend, "teaching"):
        again = np.arange(max(VARIANTS - len(known), 0)) % len(known)
        variants = augment_drawings(pack_drawings(known)[again], stages[-1].strokes, random, backend)
        if replay is None:
            replay = drawn_digits(REPLAY_SET, stages[0].strokes, backend)
    taught = np.concatenate([images, variants])
    right = np.eye(classes, dtype=before.dtype)[np.concatenate([labels, np.asarray(labels)[again]])]
    parameters = network.parameters.copy()
    _train(network, parameters, taught, right, replay, random)
    new = Network(parameters, backend, _card(network.card, len(known)))
    return Taught(new, images, np.asarray(labels), before, new.predict_proba(images))


def _train(
    network: Network,
    parameters: Parameters,
    taught: Array,
    right: Array,
    replay: Array,
    random: np.random.Generator,
) -> None:
    """Take all steps. Changes ``parameters``; ``network`` answers for what is replayed."""
    replayed = REPLAYED if len(replay) else 0
    order = [
        np.concatenate(
            [
                random.integers(len(taught), size=TAUGHT),
                len(taught) + random.integers(max(len(replay), 1), size=replayed),
            ]
        )
        for _ in range(STEPS)
    ]
    targets = np.concatenate([right, network.predict_proba(replay)])
    with blame(network.backend, "teaching"):
        network.backend.train_minibatches(
            parameters,
            AdamW(parameters),
            network.backend.prepare_images(np.concatenate([taught, replay]), parameters.dtype),
            targets,
            np.concatenate(order),
            TAUGHT + replayed,
            learning_rates(LEARNING_RATE, STEPS, "cosine", 0.0),
        )


def _checked(network: Network, drawings: Sequence[Strokes], labels: Sequence[int]) -> list[Drawing]:
    """Drawings with their labels; raises `ArgumentError`."""
    classes = network.layer_sizes[-1]
    if network.layer_sizes[0] != SIDE * SIDE:
        raise ArgumentError(
            f"teaching needs a network for 28x28 images; this takes {network.layer_sizes[0]} pixels"
        )
    if not len(drawings) or len(drawings) != len(labels):
        raise ArgumentError(
            f"{len(drawings)} drawings and {len(labels)} labels; give a label for each drawing"
        )
    for index, (strokes, label) in enumerate(zip(drawings, labels, strict=True)):
        if not 0 <= label < classes:
            raise ArgumentError(
                f"drawing {index} has the label {label}; this network has {classes} classes, from 0"
            )
        points = [point for stroke in strokes for point in stroke]
        if not points or not np.isfinite(points).all():
            raise ArgumentError(f"drawing {index} has no points, or one that is not finite: draw it again")
    are_digits = network.classes == DIGITS  # whose writing styles can be augmented
    return [
        Drawing(list(each), int(label) if are_digits else None)
        for each, label in zip(drawings, labels, strict=True)
    ]


def _card(card: Card, n: int) -> Card:
    """The card of a network that was taught n drawings: nothing has been measured on it yet."""
    training = {**card.training, "taught": card.training.get("taught", 0) + n}
    return Card(training, {}, card.preprocessing, card.decision, card.classes)
