"""Teach a network one writer's hand from a few drawings, without forgetting what it knew.

A network that is trained on ten drawings alone forgets the others. So each step also replays other digits
with the answers that the network gave before (Li and Hoiem 2017, learning without forgetting): whatever is
not taught stays as it was. The replayed digits are drawn from outlines, so no data set is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.blas import BlasThreads
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
from engine.training.schedules import LearningRates

# Chosen on writers that the network had not seen: `python -m benchmarks.teaching`.
STEPS = 40  # a round
ROUNDS = 4  # at most; one is enough unless a drawing is still taken for something else
TAUGHT, REPLAYED = 32, 320  # images in each step
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
    labels: Sequence[int] | npt.NDArray[np.integer],
    *,
    replay: Array | None = None,
    seed: int = 0,
) -> Taught:
    """Teach a network some drawings.

    A round of forty steps of AdamW takes a few tenths of a second; the first call in a process also draws
    the digits for replay, which takes as long again. Each step trains on 32 variants of the drawings,
    augmented mildly and labelled as taught, and on 320 replayed digits, whose targets are the old network's
    probabilities. Up to three more rounds follow while a drawing is still not learned.

    Parameters
    ----------
    network : Network
        For 28x28 images; not changed.
    drawings : sequence of strokes
        As for `recognize_strokes`: each a list of lists of points (x, y).
    labels : sequence or array of int
        What each drawing is.
    replay : (N, 28, 28) array of uint8, optional
        Images not to forget, framed as MNIST's; by default digits that are drawn here. An empty array
        replays nothing.
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
    right = np.asarray(labels)
    known = _checked(network, drawings, right)
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
    targets = np.eye(classes, dtype=before.dtype)[np.concatenate([right, right[again]])]
    new = Network(network.parameters.copy(), backend, _card(network.card, len(known)))
    after = before
    for _ in _train(network, new.parameters, taught, targets, replay, random):
        after = new.predict_proba(images)
        if (after.argmax(axis=1) == right).all():
            break
    return Taught(new, images, right, before, after)


def _train(
    network: Network,
    parameters: Parameters,
    taught: Array,
    targets: Array,
    replay: Array,
    random: np.random.Generator,
) -> Iterator[None]:
    """Train, round by round. Changes ``parameters``; ``network`` answers for what is replayed."""
    backend, optimizer = network.backend, AdamW(parameters)
    images = np.concatenate([taught, replay])
    if len(replay):
        targets = np.concatenate([targets, network.predict_proba(replay)])
    replayed = REPLAYED if len(replay) else 0
    rates = LearningRates(LEARNING_RATE, STEPS, "cosine")[:]
    prepared = backend.prepare_images(images, parameters.dtype)
    for _ in range(ROUNDS):
        order = np.concatenate(
            [
                random.integers(len(taught), size=(STEPS, TAUGHT)),
                len(taught) + random.integers(max(len(replay), 1), size=(STEPS, replayed)),
            ],
            axis=1,
        )
        with blame(backend, "teaching"), BlasThreads(backend.threads):  # as `Training` does
            backend.train_minibatches(
                parameters, optimizer, prepared, targets, order.ravel(), TAUGHT + replayed, rates
            )
        yield


def _checked(network: Network, drawings: Sequence[Strokes], labels: Array) -> list[Drawing]:
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
    if labels.dtype.kind not in "iu":
        raise ArgumentError(f"labels are {labels.dtype}; integers are needed")
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
