"""What a network learns from, block by block: a data set as it is, or what a recipe makes of it.

A block is an array of examples that is trained on for one or more epochs. A plain data set is one block. A
recipe makes a new block after each: augmented images, augmented drawings and non-digits, mixed.

Every block can be made again alone. A recipe makes it in chunks of `CHUNK` examples, and a chunk follows
from ``(seed, block, chunk)`` and nothing else, so any number of threads gives the same examples, and a run
that was interrupted makes again only the block that it was in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

import numpy as np

from backends.arrays import Array
from backends.base import Backend
from backends.errors import blame
from engine.augmentation.images import augment_images
from engine.augmentation.non_digits import non_digits
from engine.augmentation.strokes import PackedDrawings, augment_drawings, pack_drawings
from engine.data.datasets import DIGITS, Examples
from engine.data.drawings import Drawing
from engine.data.framing import SIDE
from engine.training.recipe import Recipe, RecipeError, Stage
from engine.training.seeds import Purpose, generator

CHUNK = 1024  # examples made together: enough that NumPy's own cost a call is small beside the work
NON_DIGITS_AT_ONCE = 500  # each such group of non-digits has a generator of its own


class Block(NamedTuple):
    """Examples to train on.

    Attributes
    ----------
    images : (n, 28, 28) uint8, or whatever shape the data set has
        The examples.
    targets : (n,) integer labels, or (n, C) float32 soft targets
        What they show.
    """

    images: Array
    targets: Array


class BlockPlan(NamedTuple):
    """What is known of a block before it is made.

    Attributes
    ----------
    size : int
        Examples in it.
    epochs : int
        Times that it is trained on.
    """

    size: int
    epochs: int


@dataclass(frozen=True)
class Preparation:
    """How far something is that has to be done before training goes on.

    Attributes
    ----------
    what : str
        What is being made, such as "new examples".
    done, of : int
        How many of how many.
    """

    what: str
    done: int
    of: int


class ExampleSource(Protocol):
    """Blocks of examples, each addressed by its number."""

    @property
    def plans(self) -> Sequence[BlockPlan]:
        """All blocks of the run, in order; the schedule of the learning rate has to know them."""

    def make(self, block: int) -> Iterator[Preparation | Block]:
        """Make one block.

        Parameters
        ----------
        block : int
            Its index in `plans`.

        Yields
        ------
        Preparation or Block
            The progress, any number of times, and last the block.
        """


class PlainExamples:
    """A data set as it is: one block.

    Parameters
    ----------
    examples : Examples
        To learn from.
    epochs : int
        Times that all are seen.
    """

    def __init__(self, examples: Examples, epochs: int) -> None:
        self.examples = examples
        self.plans = [BlockPlan(len(examples), epochs)]

    def make(self, block: int) -> Iterator[Preparation | Block]:
        """Make the only block: the data set's own arrays, not copies.

        Parameters
        ----------
        block : int
            Not used.

        Yields
        ------
        Block
            All examples.
        """
        yield Block(self.examples.images, self.examples.labels)


class RecipeExamples:
    """The blocks of a recipe.

    Parameters
    ----------
    recipe : Recipe
        What to make.
    images : Examples
        28x28 digits, to be augmented as images.
    drawings : sequence of Drawing
        To be augmented as strokes; those without a label are left out.
    backend : Backend
        Augments, with as many threads as it has.
    seed : int
        Everything drawn by chance follows from it.

    Raises
    ------
    RecipeError
        The recipe needs drawings, and there are none; or the images are no 28x28 digits.
    """

    def __init__(
        self, recipe: Recipe, images: Examples, drawings: Sequence[Drawing], backend: Backend, seed: int
    ) -> None:
        self.recipe = recipe
        self.images = images
        self.digits = [each for each in drawings if each.label is not None and any(map(len, each.strokes))]
        self.backend = backend
        self.seed = seed
        if images.images.shape[1:] != (SIDE, SIDE) or images.images.dtype != np.uint8:
            raise RecipeError("a recipe learns from 28x28 images of bytes: train on this data without one")
        if not self.digits and any(s.mixture.drawings or s.mixture.non_digits for s in recipe.stages):
            raise RecipeError("this recipe learns from drawings: name a file of them with --strokes")
        self._stages = [stage for stage in recipe.stages for _ in range(stage.blocks)]
        self.plans = [BlockPlan(stage.block_size, stage.epochs) for stage in self._stages]
        # How many images, drawings and non-digits the blocks before each block take.
        self._before = np.zeros((len(self._stages) + 1, 3), np.int64)
        self._before[1:] = np.cumsum([_chunk_counts(stage).sum(axis=0) for stage in self._stages], axis=0)
        self._image_order = _EndlessOrder(len(images), seed, Purpose.IMAGE_ORDER)
        self._drawing_order = _EndlessOrder(len(self.digits), seed, Purpose.DRAWING_ORDER)
        self._non_digits = min(recipe.non_digits, int(self._before[-1, 2]))  # no more than the run will use
        self._drawings: PackedDrawings | None = None  # the digits, then the non-digits

    def make(self, block: int) -> Iterator[Preparation | Block]:
        """Make one block, with as many threads as the backend has.

        Parameters
        ----------
        block : int
            Its index in `plans`.

        Yields
        ------
        Preparation or Block
            The progress after each chunk, and last the block, in new arrays. Before the first block, the
            progress of making the non-digits too.
        """
        yield from self._make_drawings()
        stage = self._stages[block]
        images = np.empty((stage.block_size, SIDE, SIDE), np.uint8)
        targets = np.empty((stage.block_size, len(DIGITS)), np.float32)
        made = 0
        with ThreadPoolExecutor(self.backend.threads) as team:
            chunks = range(len(_chunk_counts(stage)))
            for augmented, labels in team.map(partial(self.chunk, block), chunks):
                part = slice(made, made + len(labels))
                images[part], targets[part] = augmented, self._targets(labels)
                made = part.stop
                yield Preparation("new examples", made, stage.block_size)
        yield Block(images, targets)

    def chunk(self, block: int, chunk: int) -> tuple[Array, Array]:
        """Make one chunk of a block; may be called by several threads at once, after `make`.

        Every image and every drawing is taken once before any is taken again, counted over the whole run.

        Parameters
        ----------
        block : int
            Its index in `plans`.
        chunk : int
            Its index in the block.

        Returns
        -------
        images : (n, 28, 28) uint8
            Augmented and shuffled.
        labels : (n,) int64
            What they show; -1 for a non-digit.
        """
        stage = self._stages[block]
        counts = _chunk_counts(stage)
        before = self._before[block] + counts[:chunk].sum(axis=0)
        random = generator(self.seed, Purpose.AUGMENTATION, block, chunk)
        which = self._image_order.take(before[0], counts[chunk, 0])
        with blame(self.backend, "augmenting"):
            images = [augment_images(self.images.images[which], stage.images, random, self.backend)]
        labels = [self.images.labels[which].astype(np.int64)]
        if counts[chunk, 1:].any():
            assert self._drawings is not None, "make a block first"
            digits = self._drawing_order.take(before[1], counts[chunk, 1])
            others = len(self.digits) + (random.random(counts[chunk, 2]) * self._non_digits).astype(np.int64)
            drawings = self._drawings[np.concatenate([digits, others])]
            with blame(self.backend, "augmenting"):
                images.append(augment_drawings(drawings, stage.strokes, random, self.backend))
            labels.append(drawings.labels.astype(np.int64))
        order = random.permutation(sum(map(len, labels)))
        return np.concatenate(images)[order], np.concatenate(labels)[order]

    def _make_drawings(self) -> Iterator[Preparation]:
        """Make the non-digits, once a run, and pack them with the digits."""
        if self._drawings is not None or not self.digits:
            return
        made: list[Drawing] = []
        for group, start in enumerate(range(0, self._non_digits, NON_DIGITS_AT_ONCE)):
            count = min(NON_DIGITS_AT_ONCE, self._non_digits - start)
            made += non_digits(count, self.digits, generator(self.seed, Purpose.NON_DIGITS, group))
            yield Preparation("non-digits", len(made), self._non_digits)
        self._drawings = pack_drawings([*self.digits, *made])

    def _targets(self, labels: Array) -> Array:
        """Soft targets (n, 10): one-hot for a digit; every digit alike, and little, for a non-digit."""
        digits = labels >= 0
        targets = np.full((len(labels), len(DIGITS)), self.recipe.non_digit_weight / len(DIGITS), np.float32)
        targets[digits] = np.eye(len(DIGITS), dtype=np.float32)[labels[digits]]
        return targets


def _chunk_counts(stage: Stage) -> Array:
    """How many images, drawings and non-digits each chunk of a block has, (chunks, 3)."""
    starts = range(0, stage.block_size, CHUNK)
    return np.array([stage.mixture.counts(min(CHUNK, stage.block_size - start)) for start in starts])


class _EndlessOrder:
    """Indices without end: all n of them shuffled, then all of them shuffled anew, and so on."""

    def __init__(self, n: int, seed: int, purpose: Purpose) -> None:
        self.n = n
        self._round = lru_cache(2)(lambda index: generator(seed, purpose, index).permutation(n))

    def take(self, start: int, count: int) -> Array:
        """The indices at start, start + 1, ..., (count,)."""
        parts = [np.zeros(0, np.int64)]
        while count > 0:
            index, first = divmod(int(start), self.n)
            parts.append(self._round(index)[first : first + count])
            start, count = start + len(parts[-1]), count - len(parts[-1])
        return np.concatenate(parts)
