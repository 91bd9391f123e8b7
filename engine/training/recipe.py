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
    """How many parts of a block are images, drawings and non-digits.

    Attributes
    ----------
    images, drawings, non_digits : int, at least 0
        Parts; not all of them 0.
    """

    images: Annotated[int, Meta(ge=0)] = 1
    drawings: Annotated[int, Meta(ge=0)] = 0
    non_digits: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        if not self.images + self.drawings + self.non_digits:
            raise ValueError("a mixture of nothing: give images, drawings or non_digits")

    def counts(self, n: int) -> tuple[int, int, int]:
        """Divide a number of examples by kind.

        Parameters
        ----------
        n : int
            Number of examples.

        Returns
        -------
        images : int
            How many are images.
        drawings : int
            How many are drawings.
        non_digits : int
            How many are non-digits.
        """
        parts = self.images + self.drawings + self.non_digits
        drawings, non_digits = n * self.drawings // parts, n * self.non_digits // parts
        images = n - drawings - non_digits if self.images else 0
        return images, n - images - non_digits, non_digits


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Blocks of one kind, one after the other.

    Attributes
    ----------
    blocks : int
        How many.
    block_size : int
        Examples in each.
    epochs : int
        Times that each block is trained on.
    mixture : Mixture
        What the examples are.
    images : ImageAugmentation
        How images are augmented.
    strokes : StrokeAugmentation
        How drawings and non-digits are augmented.
    """

    blocks: Annotated[int, Meta(ge=1)]
    block_size: Annotated[int, Meta(ge=1, le=10_000_000)]
    epochs: Annotated[int, Meta(ge=1)] = 1
    mixture: Mixture = Mixture()
    images: ImageAugmentation = ImageAugmentation()
    strokes: StrokeAugmentation = StrokeAugmentation()


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole training run.

    Attributes
    ----------
    training : dict
        Options of `TrainingOptions`.
    stages : list of Stage
        In order; at least one.
    non_digits : int
        How many different non-digits are made for the run; each use of one is augmented anew.
    non_digit_weight : float
        What a non-digit weighs beside a digit's 1. Its target is every digit alike.
    decision : DecisionRule
        How the network's probabilities become a verdict, fitted on held-out writers.
    """

    training: dict[str, Any]
    stages: Annotated[list[Stage], Meta(min_length=1)]
    non_digits: Annotated[int, Meta(ge=1, le=10_000_000)] = 50_000
    non_digit_weight: Annotated[float, Meta(ge=0)] = 0.1
    decision: DecisionRule = DecisionRule()

    @property
    def epochs(self) -> int:
        """Epochs of all blocks together."""
        return sum(stage.blocks * stage.epochs for stage in self.stages)


def read_recipe(name: str) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    name : str
        Of one that comes with inkdigits, such as "best", or of a TOML file.

    Returns
    -------
    Recipe
        The recipe, checked.

    Raises
    ------
    RecipeError
        No such recipe, or not a valid one.
    """
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
