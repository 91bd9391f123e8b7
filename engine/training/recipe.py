"""The schema of a recipe: a whole training run in one TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from backends.errors import InkdigitsError, one_line, shown
from engine.augmentation.images import ImageAugmentation
from engine.augmentation.strokes import StrokeAugmentation
from engine.data.files import MEGABYTE, read_file
from engine.model.card import DecisionRule
from engine.training.options import MOST_EPOCHS, OptionsError, TrainingOptions

LARGEST_FILE = MEGABYTE
MOST_DOTS, MOST_DOTS_IN_ALL = 40, 20_000  # in a line: a key of n parts, a.b.c, takes time and memory ~ n²
WAY_OUT = "; the recipe best is an example"
RECIPES = Path(__file__).parents[1] / "recipes"


class RecipeError(InkdigitsError):
    """A recipe that cannot be read or followed."""


Part = Annotated[int, Meta(ge=0, le=1_000_000)]


class Mixture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many parts of a block are images, drawings and non-digits.

    Attributes
    ----------
    images, drawings, non_digits : int, at least 0
        Parts; not all of them 0.
    """

    images: Part = 1
    drawings: Part = 0
    non_digits: Part = 0

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

    blocks: Annotated[int, Meta(ge=1, le=MOST_EPOCHS)]
    block_size: Annotated[int, Meta(ge=1, le=10_000_000)]
    epochs: Annotated[int, Meta(ge=1, le=MOST_EPOCHS)] = 1
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
    stages: Annotated[list[Stage], Meta(min_length=1, max_length=1000)]
    non_digits: Annotated[int, Meta(ge=1, le=10_000_000)] = 50_000
    non_digit_weight: Annotated[float, Meta(ge=0, le=1000)] = 0.1
    decision: DecisionRule = DecisionRule()

    def __post_init__(self) -> None:
        if self.epochs > MOST_EPOCHS:
            raise ValueError(f"the stages have {self.epochs:,} epochs together; {MOST_EPOCHS:,} may be")

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
    by_name = {path.stem: path for path in sorted(RECIPES.glob("*.toml"))}
    path = by_name.get(name, Path(name))
    if name not in by_name and not _exists(path):
        names = ", ".join(by_name)
        raise RecipeError(f"there is no recipe {shown(name)!r}: name a file, or one of: {names}")
    encoded = read_file(path, RecipeError, LARGEST_FILE)
    try:
        return _decode(encoded)
    except ValueError as error:
        what = one_line(str(error).replace("`", ""), 110)
        raise RecipeError(f"{shown(path)} is not a recipe: {what}{WAY_OUT}") from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or has a zero byte
        return False


def _decode(encoded: bytes) -> Recipe:
    """A recipe, all of it checked; raises ValueError that names the key."""
    text = encoded.decode("utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS:
            raise ValueError(f"line {number} has more than {MOST_DOTS} dots")
    if text.count(".") > MOST_DOTS_IN_ALL:
        raise ValueError(f"it has more than {MOST_DOTS_IN_ALL:,} dots")
    try:
        recipe = msgspec.convert(tomllib.loads(text), Recipe)
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None
    if "epochs" in recipe.training:
        raise ValueError("training.epochs: the epochs of a recipe are those of its stages")
    for name in recipe.training:
        if name not in TrainingOptions.__struct_fields__:
            raise ValueError(f"training: there is no option {name}")
    try:
        TrainingOptions.checked(**recipe.training)
    except OptionsError as error:
        raise ValueError(f"training.{error}") from None
    return recipe
