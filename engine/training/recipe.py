"""The schema of a recipe: a whole training run in one TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backends.errors import InkdigitsError
from engine.augmentation.images import ImageAugmentation
from engine.augmentation.strokes import StrokeAugmentation
from engine.model.card import DecisionRule

RECIPES = Path(__file__).parents[1] / "recipes"


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
    pictures: ImageAugmentation = ImageAugmentation()
    strokes: StrokeAugmentation = StrokeAugmentation()


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole training run: options of `TrainingOptions`, stages, and how answers are judged.

    Attributes
    ----------
    non_digit_weight : what a scribble counts beside a digit's 1; its target is every digit alike
    decision : how the network's probabilities are to be read, fitted on writers it had not seen
    """

    training: dict[str, Any]
    stages: Annotated[list[Stage], Meta(min_length=1)]
    non_digit_weight: Annotated[float, Meta(ge=0)] = 0.1
    decision: DecisionRule = DecisionRule()

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
