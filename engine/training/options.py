"""All that decides how a network learns, besides data and backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from backends.errors import InkdigitsError

if TYPE_CHECKING:
    from engine.training.recipe import Recipe

MOST_EPOCHS = 1_000_000
DEFAULT_LEARNING_RATE = {"sgd": 0.1, "nesterov": 0.02, "adamw": 0.002}


class OptionsError(InkdigitsError, ValueError):
    """Training options that make no sense."""


class TrainingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides how a network learns, besides data and backend.

    Attributes
    ----------
    hidden : tuple of int
        Sizes of the hidden layers.
    epochs : int
        Passes over the training examples.
    batch_size : int
        Images per step; the last step of an epoch takes what is left.
    optimizer : {"sgd", "nesterov", "adamw"}
        How parameters follow from gradients.
    learning_rate : float or None
        The peak learning rate; None takes one that suits the optimizer.
    momentum : float
        Of Nesterov.
    weight_decay : float
        Decoupled, on weights only.
    schedule : {"constant", "cosine"}
        How the learning rate goes on after the warm-up.
    warm_up : float
        Share of all steps over which the learning rate rises first.
    ema_decay : float
        Of the exponential moving average of the parameters, which is then what is kept; 0 for none.
    validation : float
        Share of the training examples held back to watch progress; 0 to learn from all.
    seed : int
        Everything drawn by chance follows from it.
    """

    hidden: Annotated[tuple[Annotated[int, Meta(ge=1, le=100_000)], ...], Meta(max_length=98)] = (128, 64)
    epochs: Annotated[int, Meta(ge=1, le=MOST_EPOCHS)] = 10
    batch_size: Annotated[int, Meta(ge=1, le=10_000_000)] = 64
    optimizer: Literal["sgd", "nesterov", "adamw"] = "nesterov"
    learning_rate: Annotated[float, Meta(gt=0, le=1e300)] | None = None
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Meta(ge=0, le=1e300)] = 0.0
    schedule: Literal["constant", "cosine"] = "cosine"
    warm_up: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    ema_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    validation: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0

    @classmethod
    def checked(cls, **options: Any) -> TrainingOptions:
        """Check options from any source; NumPy's numbers and arrays are converted.

        Parameters
        ----------
        **options : Any
            By the names of the attributes above; those left out have their defaults.

        Returns
        -------
        TrainingOptions
            The options, all valid.

        Raises
        ------
        OptionsError
            Naming the option that is wrong.
        """
        plain = {name: _plain(value) for name, value in options.items()}
        try:
            return msgspec.convert(plain, cls)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            name = where.rstrip("`").partition("[")[0]
            if not name:  # a name that is none of ours
                raise OptionsError(
                    f"{_plain_words(what)}; there are {', '.join(cls.__struct_fields__)}"
                ) from None
            raise OptionsError(f"{name}: {_plain_words(what)}, not {plain[name]!r}") from None

    @classmethod
    def chosen(cls, given: Mapping[str, Any], recipe: Recipe | None = None) -> TrainingOptions:
        """Combine the options given with a recipe's and the defaults; the first that has a value counts.

        Parameters
        ----------
        given : mapping from str to Any
            Options by name.
        recipe : Recipe, optional
            Its options take the place of the defaults, and its epochs are those of the run. With a recipe,
            ``validation`` is 0 by default.

        Returns
        -------
        TrainingOptions
            The options, all valid.

        Raises
        ------
        OptionsError
            An option that is wrong, or ``epochs`` beside a recipe, which has its own.
        """
        if recipe is None:
            return cls.checked(**given)
        if "epochs" in given:
            raise OptionsError("epochs and a recipe exclude each other: a recipe has its own")
        return cls.checked(**{"validation": 0.0, **recipe.training, "epochs": recipe.epochs, **given})

    @property
    def peak_learning_rate(self) -> float:
        """The learning rate, or the one that suits the optimizer."""
        return self.learning_rate or DEFAULT_LEARNING_RATE[self.optimizer]


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays, and other sequences, as Python's numbers and lists."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _plain_words(what: str) -> str:
    """What msgspec says is wrong, without its code: "must be an integer >= 1"."""
    words = {
        "Object contains unknown field": "there is no option",
        "Expected": "must be",
        "`int`": "an integer",
        "`float`": "a number",
        "`array`": "a list",
        "`str`": "text",
        "Invalid enum value": "there is no",
        "`": "",
    }
    for old, new in words.items():
        what = what.replace(old, new)
    return what.partition(", got")[0]
