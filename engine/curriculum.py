"""What a network learns from, lesson by lesson: a data set as it is, or a recipe's fresh variations of it.

A lesson is a set of digits with what is to be said of them, gone through several times. The plain curriculum
is one lesson, the data set, gone through once an epoch. A recipe makes new digits for each lesson: varied
pictures, varied drawings and scribbles, mixed, and judged by teachers if it has any.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from engine.scribbles import scribbles
from engine.stroke_variation import PackedDrawings, StrokeVariation, pack_drawings, vary_drawings
from engine.teacher import Teacher

CLASSES = 10
AT_ONCE = 256  # digits varied in one go: small enough for the processor's cache
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


class Teaching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Teachers, and how much their word counts.

    Attributes
    ----------
    teachers, steps, batch_size : how many, and how each is trained, on digits of every stage
    trust : the teachers' share in a target; the label has the rest
    temperature : by which their logits are divided, so that they doubt more openly
    blend : how often another digit is laid faintly over a digit; then the teachers' word alone counts
    """

    teachers: Annotated[int, Meta(ge=1)]
    steps: Annotated[int, Meta(ge=1)]
    batch_size: Annotated[int, Meta(ge=1)] = 256
    trust: Annotated[float, Meta(ge=0, le=1)] = 0.7
    temperature: Annotated[float, Meta(gt=0)] = 2.0
    blend: Annotated[float, Meta(ge=0, le=1)] = 0.0


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole training run: options of `TrainingOptions`, stages, teachers, and how answers are judged.

    Attributes
    ----------
    scribble_weight : what a scribble counts beside a digit's 1; its target is every digit alike
    decision : how the network's probabilities are to be read, fitted on writers it had not seen
    """

    training: dict[str, Any]
    stages: Annotated[list[Stage], Meta(min_length=1)]
    teaching: Teaching | None = None
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
    backend : varies the pictures
    teachers_backend : computes the teachers, whose inputs are dense: NumPy is the right one
    """

    def __init__(
        self,
        recipe: Recipe,
        pictures: Examples,
        drawings: Sequence[Drawing],
        backend: Backend,
        teachers_backend: Backend,
    ) -> None:
        digits = [drawing for drawing in drawings if drawing.label is not None]
        if not digits and any(s.mixture.drawings or s.mixture.scribbles for s in recipe.stages):
            raise RecipeError("this recipe learns from drawings: name a file of them with --strokes")
        self.recipe = recipe
        self.pictures = pictures
        self.digits = digits
        self.packed = pack_drawings(digits) if digits else None
        self.backend = backend
        self.teachers_backend = teachers_backend

    def steps(self, batch_size: int) -> int:
        return sum(
            stage.lessons * stage.passes * math.ceil(stage.digits / batch_size)
            for stage in self.recipe.stages
        )

    def lessons(self, random: np.random.Generator) -> Iterator[Preparation | Lesson]:
        """Make the lessons, one when the one before is over; teachers are trained before the first."""
        maker = _Maker(self, random)
        teachers: list[Teacher] = []
        teaching = self.recipe.teaching
        for number in range(teaching.teachers if teaching else 0):
            assert teaching is not None
            teacher = Teacher(random, self.teachers_backend)
            batches = maker.batches(teaching.steps, teaching.batch_size)
            for done in teacher.train(batches, teaching.steps):
                yield Preparation(f"teacher {number + 1} of {teaching.teachers}", done, teaching.steps)
            teachers.append(teacher)
        for stage in self.recipe.stages:
            for _ in range(stage.lessons):
                images = np.empty((stage.digits, 28, 28), np.uint8)
                targets = np.empty((stage.digits, CLASSES), np.float32)
                for start in range(0, stage.digits, AT_ONCE):
                    part = slice(start, min(start + AT_ONCE, stage.digits))
                    images[part], labels = maker.digits(stage, part.stop - part.start)
                    blended = _blend(images[part], labels, teaching.blend if teaching else 0, random)
                    targets[part] = self._targets(images[part], labels, blended, teachers)
                    yield Preparation("new digits", part.stop, stage.digits)
                yield Lesson(images, targets, stage.passes)

    def _targets(self, images: Array, labels: Array, blended: Array, teachers: list[Teacher]) -> Array:
        """What is to be said of digits: (n, 10). A label below 0 marks a scribble."""
        digits = labels >= 0
        targets = np.full((len(labels), CLASSES), self.recipe.scribble_weight / CLASSES, np.float32)
        targets[digits] = np.eye(CLASSES, dtype=np.float32)[labels[digits]]
        teaching = self.recipe.teaching
        if teaching:
            logits = np.mean([teacher.logits(images[digits]) for teacher in teachers], axis=0)
            advice = self.backend.softmax_forward(logits / np.float32(teaching.temperature))
            trust = np.where(blended[digits, None], np.float32(1), np.float32(teaching.trust))
            targets[digits] = (1 - trust) * targets[digits] + trust * advice
        return targets


def _blend(images: Array, labels: Array, share: float, random: np.random.Generator) -> Array:
    """Lay other digits faintly over a share of the digits. Changes ``images``; returns which, (n,) bool.

    Teachers show more of what they know on such pictures than on digits (mixup, Zhang et al. 2018; for
    teaching, Beyer et al. 2022).
    """
    blended = (labels >= 0) & (random.random(len(labels)) < share)
    others = random.choice(np.flatnonzero(labels >= 0), blended.sum())
    own = random.uniform(0.5, 1, (len(others), 1, 1)).astype(np.float32)
    images[blended] = np.rint(own * images[blended] + (1 - own) * images[others])
    return blended


class _Maker:
    """Makes digits; every example comes once before any comes again."""

    def __init__(self, curriculum: RecipeCurriculum, random: np.random.Generator) -> None:
        self.curriculum = curriculum
        self.random = random
        self.pictures = _Shuffled(len(curriculum.pictures), random)
        self.drawings = _Shuffled(len(curriculum.digits), random)
        self.strays: PackedDrawings | None = None
        if any(stage.mixture.scribbles for stage in curriculum.recipe.stages):
            made = scribbles(SCRIBBLES, curriculum.digits, random)
            for drawing in made:
                drawing.label = 0  # packing wants one; nobody reads it
            self.strays = pack_drawings(made)

    def digits(self, stage: Stage, n: int) -> tuple[Array, Array]:
        """So many digits, shuffled: images (n, 28, 28) uint8 and labels (n,), -1 for a scribble."""
        curriculum, random = self.curriculum, self.random
        pictured, drawn, scribbled = stage.mixture.counts(n)
        chosen = self.pictures.next(pictured)
        pictures = curriculum.pictures
        images = [vary_pictures(pictures.images[chosen], stage.pictures, random, curriculum.backend)]
        labels = [pictures.labels[chosen].astype(np.int64)]
        if drawn:
            assert curriculum.packed is not None
            drawings = curriculum.packed[self.drawings.next(drawn)]
            images.append(vary_drawings(drawings, stage.strokes, random, curriculum.backend))
            labels.append(drawings.labels.astype(np.int64))
        if scribbled:
            assert self.strays is not None
            strays = self.strays[random.integers(len(self.strays), size=scribbled)]
            images.append(vary_drawings(strays, stage.strokes, random, curriculum.backend))
            labels.append(np.full(scribbled, -1))
        order = random.permutation(n)
        return np.concatenate(images)[order], np.concatenate(labels)[order]

    def batches(self, steps: int, batch_size: int) -> Iterator[tuple[Array, Array]]:
        """So many batches of digits alone, from each stage in proportion."""
        stages = self.curriculum.recipe.stages
        shares = np.cumsum([stage.lessons * stage.digits * stage.passes for stage in stages])
        for step in range(steps):
            stage = stages[np.searchsorted(shares / shares[-1], (step + 0.5) / steps)]
            mixture = msgspec.structs.replace(stage.mixture, scribbles=0)
            yield self.digits(msgspec.structs.replace(stage, mixture=mixture), batch_size)


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
