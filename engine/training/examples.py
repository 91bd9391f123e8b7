"""What a network learns from, lesson by lesson: a data set as it is, or a recipe's fresh variations of it.

A lesson is a set of digits with what is to be said of them, gone through several times. The plain curriculum
is one lesson, the data set, gone through once an epoch. A recipe makes new digits for each lesson: varied
pictures, varied drawings and scribbles, mixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from backends.arrays import Array
from backends.base import Backend
from engine.augmentation.images import augment_images
from engine.augmentation.non_digits import scribbles
from engine.augmentation.strokes import augment_drawings, pack_drawings
from engine.data.datasets import Examples
from engine.data.drawings import Drawing
from engine.data.framing import SIDE
from engine.training.recipe import Recipe, RecipeError, Stage

CLASSES = 10
AT_ONCE = 1024  # digits varied in one go: enough that NumPy's own cost a call is small beside the work
RECIPES = Path(__file__).parent / "recipes"
SCRIBBLES = 50_000  # made once a run; each is varied anew


class Lesson(NamedTuple):
    """Digits to learn from, several times over."""

    images: Array  # (n, 28, 28) uint8
    targets: Array  # (n,) integer labels, or (n, 10) float32 soft targets
    passes: int


@dataclass(frozen=True)
class Preparation:
    """How far something is that has to be done before learning goes on."""

    what: str
    done: int
    of: int


class ExampleSource(Protocol):
    """Lessons, and how many steps they will take in all, which the learning rate's schedule has to know."""

    def steps(self, batch_size: int) -> int: ...

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]: ...


class PlainExamples:
    """The examples as they are, once an epoch."""

    def __init__(self, examples: Examples, epochs: int) -> None:
        self.examples = examples
        self.epochs = epochs

    def steps(self, batch_size: int) -> int:
        return self.epochs * math.ceil(len(self.examples) / batch_size)

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]:
        yield Lesson(self.examples.images, self.examples.labels, self.epochs)


class RecipeExamples:
    """The lessons of a recipe.

    Parameters
    ----------
    pictures : examples to be varied as pictures
    drawings : examples to be varied as strokes; those without a label are left out
    backend : varies them
    """

    def __init__(
        self,
        recipe: Recipe,
        pictures: Examples,
        drawings: Sequence[Drawing],
        backend: Backend,
    ) -> None:
        digits = [each for each in drawings if each.label is not None and any(map(len, each.strokes))]
        if not digits and any(s.mixture.drawings or s.mixture.scribbles for s in recipe.stages):
            raise RecipeError("this recipe learns from drawings: name a file of them with --strokes")
        self.recipe = recipe
        self.pictures = pictures
        self.digits = digits
        self.backend = backend

    def steps(self, batch_size: int) -> int:
        return sum(
            stage.lessons * stage.passes * math.ceil(stage.digits / batch_size)
            for stage in self.recipe.stages
        )

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]:
        """Make the lessons, one when the one before is over, with as many threads as the backend has."""
        material = _Material(self, random)
        with ThreadPoolExecutor(self.backend.threads) as team:
            for stage in self.recipe.stages:
                for _ in range(stage.lessons):
                    yield from self._lesson(stage, material, random, team)

    def _lesson(
        self, stage: Stage, material: _Material, random: np.random.Generator, team: Executor
    ) -> Iterator[Preparation | Lesson]:
        """New digits, a thousand at a time, each thousand with a random generator of its own.

        So any number of threads makes the same.
        """
        images = np.empty((stage.digits, SIDE, SIDE), np.uint8)
        targets = np.empty((stage.digits, CLASSES), np.float32)
        sizes = [min(AT_ONCE, stage.digits - start) for start in range(0, stage.digits, AT_ONCE)]
        chosen = [material.choose(stage.mixture.counts(size)) for size in sizes]
        made = 0
        for varied, labels in team.map(material.vary, repeat(stage), chosen, random.spawn(len(sizes))):
            part = slice(made, made + len(labels))
            images[part], targets[part] = varied, self._targets(labels)
            made = part.stop
            yield Preparation("new digits", made, stage.digits)
        yield Lesson(images, targets, stage.passes)

    def _targets(self, labels: Array) -> Array:
        """What is to be said of digits: (n, 10). A label below 0 marks a scribble."""
        digits = labels >= 0
        targets = np.full((len(labels), CLASSES), self.recipe.non_digit_weight / CLASSES, np.float32)
        targets[digits] = np.eye(CLASSES, dtype=np.float32)[labels[digits]]
        return targets


class _Chosen(NamedTuple):
    """Indices of what is to be varied in one go."""

    pictures: Array
    drawings: Array


class _Material:
    """What is varied: pictures, drawings and scribbles. Every digit comes once before any comes again."""

    def __init__(self, curriculum: RecipeExamples, random: np.random.Generator) -> None:
        self.random = random
        self.backend = curriculum.backend
        self.pictures = curriculum.pictures
        self.digits = len(curriculum.digits)
        self._next_pictures = _Shuffled(len(curriculum.pictures), random)
        self._next_digits = _Shuffled(self.digits, random)
        drawings = list(curriculum.digits)
        if any(stage.mixture.scribbles for stage in curriculum.recipe.stages):
            drawings += scribbles(SCRIBBLES, curriculum.digits, random)
        self.drawings = pack_drawings(drawings)

    def choose(self, counts: tuple[int, int, int]) -> _Chosen:
        """So many pictures, drawings and scribbles."""
        pictured, drawn, scribbled = counts
        strays = self.random.integers(self.digits, self.digits + SCRIBBLES, size=scribbled)
        return _Chosen(
            self._next_pictures.next(pictured), np.concatenate([self._next_digits.next(drawn), strays])
        )

    def vary(self, stage: Stage, chosen: _Chosen, random: np.random.Generator) -> tuple[Array, Array]:
        """Varied digits, shuffled: images (n, 28, 28) uint8 and labels (n,), -1 for a scribble."""
        pictures, drawings = self.pictures.images[chosen.pictures], self.drawings[chosen.drawings]
        images = [augment_images(pictures, stage.pictures, random, self.backend)]
        if len(drawings):
            images.append(augment_drawings(drawings, stage.strokes, random, self.backend))
        labels = np.concatenate([self.pictures.labels[chosen.pictures], drawings.labels], dtype=np.int64)
        order = random.permutation(len(labels))
        return np.concatenate(images)[order], labels[order]


class _Shuffled:
    """Indices without end: all of them shuffled, then all of them shuffled anew."""

    def __init__(self, n: int, random: np.random.Generator) -> None:
        self.n = n
        self.random = random
        self.left = np.zeros(0, np.int64)

    def next(self, count: int) -> Array:
        while len(self.left) < count:
            self.left = np.concatenate([self.left, self.random.permutation(self.n)])
        now, self.left = self.left[:count], self.left[count:]
        return now
