"""What a network learns from, lesson by lesson: a data set as it is, or a recipe's fresh variations of it.

A lesson is a set of digits with what is to be said of them, gone through several times. The plain curriculum
is one lesson, the data set, gone through once an epoch. A recipe makes new digits for each lesson: varied
pictures, varied drawings and scribbles, mixed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec
import numpy as np
from msgspec import Meta

from backends.base import Array, Backend, InkdigitsError
from engine.datasets import Examples
from engine.drawings import Drawing
from engine.model_file import Decision
from engine.picture_variation import PictureVariation, vary_pictures
from engine.preprocessing import SIDE
from engine.scribbles import scribbles
from engine.stroke_variation import StrokeVariation, pack_drawings, vary_drawings

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


class Curriculum(Protocol):
    """Lessons, and how many steps they will take in all, which the learning rate's schedule has to know."""

    def steps(self, batch_size: int) -> int: ...

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]: ...


class PlainCurriculum:
    """The examples as they are, once an epoch."""

    def __init__(self, examples: Examples, epochs: int) -> None:
        self.examples = examples
        self.epochs = epochs

    def steps(self, batch_size: int) -> int:
        return self.epochs * math.ceil(len(self.examples) / batch_size)

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]:
        yield Lesson(self.examples.images, self.examples.labels, self.epochs)


# ---- Recipes --------------------------------------------------------------------------------------


class RecipeError(InkdigitsError):
    """A recipe that cannot be read or followed."""


class Mixture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many parts of a lesson are pictures, drawings and scribbles."""

    pictures: Annotated[int, Meta(ge=0)] = 1
    drawings: Annotated[int, Meta(ge=0)] = 0
    scribbles: Annotated[int, Meta(ge=0)] = 0

    def counts(self, n: int) -> tuple[int, int, int]:
        """How many of n digits are of each kind."""
        parts = self.pictures + self.drawings + self.scribbles
        drawn, scribbled = n * self.drawings // parts, n * self.scribbles // parts
        return n - drawn - scribbled, drawn, scribbled


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lessons of one kind, one after the other.

    Attributes
    ----------
    lessons, digits, passes : how many lessons, digits in each, and times that each is gone through
    mixture, pictures, strokes : what the digits are
    """

    lessons: Annotated[int, Meta(ge=1)]
    digits: Annotated[int, Meta(ge=1)]
    passes: Annotated[int, Meta(ge=1)]
    mixture: Mixture = Mixture()
    pictures: PictureVariation = PictureVariation()
    strokes: StrokeVariation = StrokeVariation()


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole training run: options of `TrainingOptions`, stages, and how answers are judged.

    Attributes
    ----------
    scribble_weight : what a scribble counts beside a digit's 1; its target is every digit alike
    decision : how the network's probabilities are to be read, fitted on writers it had not seen
    """

    training: dict[str, Any]
    stages: Annotated[list[Stage], Meta(min_length=1)]
    scribble_weight: Annotated[float, Meta(ge=0)] = 0.1
    decision: Decision = Decision()

    @property
    def epochs(self) -> int:
        return sum(stage.lessons * stage.passes for stage in self.stages)


def read_recipe(name: str) -> Recipe:
    """Read a recipe: one that comes with inkdigits, by name, or a TOML file; raises `RecipeError`."""
    shipped = sorted(RECIPES.glob("*.toml"))
    by_name = {path.stem: path for path in shipped}
    if name not in by_name and not Path(name).is_file():
        raise RecipeError(f"there is no recipe {name!r}: name a file, or one of: {', '.join(by_name)}")
    path = by_name.get(name, Path(name))
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Recipe)
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from None
    except (msgspec.ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not a recipe: {error}") from None


class RecipeCurriculum:
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
        targets = np.full((len(labels), CLASSES), self.recipe.scribble_weight / CLASSES, np.float32)
        targets[digits] = np.eye(CLASSES, dtype=np.float32)[labels[digits]]
        return targets


class _Chosen(NamedTuple):
    """Indices of what is to be varied in one go."""

    pictures: Array
    drawings: Array


class _Material:
    """What is varied: pictures, drawings and scribbles. Every digit comes once before any comes again."""

    def __init__(self, curriculum: RecipeCurriculum, random: np.random.Generator) -> None:
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
        images = [vary_pictures(pictures, stage.pictures, random, self.backend)]
        if len(drawings):
            images.append(vary_drawings(drawings, stage.strokes, random, self.backend))
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
