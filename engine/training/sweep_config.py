"""The schema of a sweep: which options and recipes are tried, how they are searched, and with which seeds."""

from __future__ import annotations

import itertools
import json
import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from backends.errors import InkdigitsError, one_line, shown
from engine.data.files import MEGABYTE, read_file
from engine.training.options import OptionsError, TrainingOptions
from engine.training.recipe import Recipe, RecipeError, read_recipe

LARGEST_FILE = MEGABYTE
MOST_TRIALS = 100_000
WAY_OUT = "; docs/sweep.md has an example"
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Parameters = dict[str, Any]  # one value for each thing that is searched


class SweepError(InkdigitsError):
    """A sweep that cannot be read or run."""


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers from low to high.

    Attributes
    ----------
    low, high : int or float
        Both included; two integers make a range of integers.
    log : bool
        Search the logarithm.
    points : int or None
        How many values a grid takes.
    """

    low: int | float
    high: int | float
    log: bool = False
    points: Annotated[int, Meta(ge=2, le=1000)] | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} must be less than high {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs a low of more than 0, not {self.low:g}")

    @property
    def is_integer(self) -> bool:
        """Whether the values are integers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def grid(self) -> list[int | float]:
        """The points, evenly spaced, on a logarithmic scale where `log` says so.

        Returns
        -------
        list of int or float
            Each once.
        """
        shares = [index / ((self.points or 2) - 1) for index in range(self.points or 2)]
        if self.log:
            values = [self.low * (self.high / self.low) ** share for share in shares]
        else:
            values = [self.low + (self.high - self.low) * share for share in shares]
        return list(dict.fromkeys(map(round, values))) if self.is_integer else values


class Sweep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a sweep does.

    Attributes
    ----------
    search : dict
        What is tried: for each option of `TrainingOptions` (but not its seed) or "recipe" a list of values,
        or a `Range`.
    options : dict
        Options of `TrainingOptions` that are the same in every trial.
    method : {"tpe", "random", "grid"}
        How the values are chosen: by the trials so far (tree-structured Parzen estimator, Bergstra et al.
        2011), at random, or all of them.
    trials : int or None
        How many; a grid has as many as it has points, and may be cut short. May grow when a sweep goes on.
    seeds : tuple of int
        Each trial is trained with each of these seeds.
    search_seed : int
        What a random search and TPE draw follows from it.
    data, dataset, strokes, backend, recipe : str or None
        As the options of ``inkdigits train``; files beside the configuration.
    threads : int
        Of each training run.
    """

    search: Annotated[dict[str, Range | list[Any]], Meta(min_length=1)]
    options: dict[str, Any] = {}
    method: Literal["tpe", "random", "grid"] = "tpe"
    trials: Annotated[int, Meta(ge=1, le=MOST_TRIALS)] | None = None
    seeds: Annotated[tuple[Seed, ...], Meta(min_length=1, max_length=1000)] = (0, 1, 2)
    search_seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = 0
    data: str | None = None
    dataset: Literal["mnist", "mnist-keras", "digits8x8"] | None = None
    strokes: str | None = None
    backend: str | None = None
    recipe: str | None = None
    threads: Annotated[int, Meta(ge=1, le=1024)] = 1

    def __post_init__(self) -> None:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: a seed stands there twice")
        for name, values in self.search.items():
            self._check_search(name, values)
        if self.method == "grid":
            self.grid()
        for name in self.options:
            if name == "seed":
                raise ValueError("options: name seeds in the list seeds")
            if name in self.search:
                raise ValueError(f"options: {name} is searched; leave it out here")
        if self.recipe and "recipe" in self.search:
            raise ValueError("recipe: it is searched; leave it out here")
        if self.method != "grid" and self.trials is None:
            raise ValueError(f"trials is missing: how many trials for {self.method}?")

    def _check_search(self, name: str, values: Range | list[Any]) -> None:
        if name == "seed":
            raise ValueError("search.seed: name seeds in the list seeds; each trial is repeated with all")
        if name not in (*TrainingOptions.__struct_fields__, "recipe"):
            raise ValueError(f"search: there is no option {name:.40}")
        if isinstance(values, list):
            if len({json.dumps(each) for each in values}) < max(2, len(values)):
                raise ValueError(f"search.{name}: give two or more different values")
        elif self.method == "grid" and values.points is None:
            raise ValueError(f"search.{name}: a grid needs points, such as points = 3")

    def grid(self) -> list[Parameters]:
        """Every combination of the values, the last name's changing first.

        Returns
        -------
        list of dict
            The parameters of each trial.
        """
        values = [each if isinstance(each, list) else each.grid() for each in self.search.values()]
        if (count := math.prod(map(len, values))) > MOST_TRIALS:
            raise SweepError(
                f"the grid has {count:,} points; {MOST_TRIALS:,} are the most: use random or tpe"
            )
        return [dict(zip(self.search, each, strict=True)) for each in itertools.product(*values)]

    @property
    def count(self) -> int:
        """How many trials there will be."""
        if self.method == "grid":
            return min(self.trials or MOST_TRIALS, len(self.grid()))
        return self.trials or 0

    def recipe_of(self, parameters: Parameters) -> str | None:
        """The name of the recipe of a trial.

        Parameters
        ----------
        parameters : dict
            Of the trial.

        Returns
        -------
        str or None
            None where it has none.
        """
        name: str | None = parameters.get("recipe", self.recipe)
        return name

    def options_of(self, parameters: Parameters, recipe: Recipe | None, seed: int) -> TrainingOptions:
        """The training options of a trial.

        Parameters
        ----------
        parameters : dict
            Of the trial.
        recipe : Recipe or None
            Of the trial.
        seed : int
            Of the repeat.

        Returns
        -------
        TrainingOptions
            The options, all valid.

        Raises
        ------
        SweepError
            Options that are wrong, or nothing is held back to compare the trials by.
        """
        searched = {name: value for name, value in parameters.items() if name != "recipe"}
        try:
            options = TrainingOptions.chosen({**self.options, **searched, "seed": seed}, recipe)
        except OptionsError as error:
            raise SweepError(f"a trial cannot be trained: {error}") from None
        if not options.validation:
            raise SweepError("trials are compared by validation accuracy: give validation, such as 0.1")
        return options

    def corners(self) -> list[Parameters]:
        """Parameters in which each value, or each end of a range, occurs: what has to be checked.

        Returns
        -------
        list of dict
            As many as the longest list has values.
        """
        values = [each if isinstance(each, list) else [each.low, each.high] for each in self.search.values()]
        longest = max(map(len, values))
        return [
            {name: each[min(index, len(each) - 1)] for name, each in zip(self.search, values, strict=True)}
            for index in range(longest)
        ]


def read_sweep(path: Path) -> Sweep:
    """Read the configuration of a sweep; names of files in it become paths beside it.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    Sweep
        Checked, but for what depends on the data.

    Raises
    ------
    SweepError
        Not a valid configuration; the message names the key.
    """
    encoded = read_file(path, SweepError, LARGEST_FILE)
    try:
        text = encoded.decode("utf-8")
        if any(line.count(".") > 40 for line in text.splitlines()):  # a key of n parts takes memory ~ n²
            raise ValueError("a line has more than 40 dots")
        sweep = msgspec.convert(tomllib.loads(text), Sweep)
        sweep = _beside(sweep, path.parent)
    except RecursionError:
        raise SweepError(f"{shown(path)} is not a sweep: brackets are nested too deeply{WAY_OUT}") from None
    except ValueError as error:
        what = one_line(str(error).replace("`", ""), 110)
        raise SweepError(f"{shown(path)} is not a sweep: {what}{WAY_OUT}") from None
    for parameters in sweep.corners():
        try:
            sweep.options_of(parameters, recipe_named(sweep.recipe_of(parameters)), sweep.seeds[0])
        except RecipeError as error:
            raise SweepError(str(error)) from None
    return sweep


def recipe_named(name: str | None) -> Recipe | None:
    """The recipe of a name, if any.

    Parameters
    ----------
    name : str or None
        As `engine.training.recipe.read_recipe` takes it; None or "" for none.

    Returns
    -------
    Recipe or None
        The recipe.
    """
    return read_recipe(name) if name else None


def _beside(sweep: Sweep, folder: Path) -> Sweep:
    """The same with paths of files that are relative to a folder."""

    def file(name: str | None) -> str | None:
        return None if name is None else str(folder / Path(name).expanduser())

    def recipe(name: Any) -> Any:
        return file(name) if isinstance(name, str) and name.endswith(".toml") else name

    search = dict(sweep.search)
    if "recipe" in search:
        if isinstance(search["recipe"], Range) or not all(isinstance(each, str) for each in search["recipe"]):
            raise ValueError("search.recipe: give a list of names or files")
        search["recipe"] = [recipe(each) for each in search["recipe"]]
    return msgspec.structs.replace(
        sweep,
        data=file(sweep.data),
        strokes=file(sweep.strokes),
        recipe=recipe(sweep.recipe),
        search=search,
    )
