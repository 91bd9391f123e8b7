"""All that decides how a network learns, besides data and backend."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from backends.errors import InkdigitsError

DEFAULT_LEARNING_RATE = {"sgd": 0.1, "nesterov": 0.02, "adamw": 0.002}


class OptionsError(InkdigitsError):
    """Training options that make no sense."""


class TrainingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides how a network learns, besides data and backend.

    Attributes
    ----------
    hidden : sizes of the hidden layers
    epochs : passes over the training examples
    batch_size : examples for one step; the last step of an epoch takes what is left
    optimizer : "sgd", "nesterov" or "adamw"
    learning_rate : the largest; None takes one that suits the optimizer
    momentum : of Nesterov
    weight_decay : decoupled, on weights only
    schedule : "constant" or "cosine"
    warm_up : share of all steps over which the rate rises
    ema_decay : of the moving average of the weights, which is then what is kept; 0 for none
    validation : share of the training examples held back to watch progress; 0 to learn from all
    seed : of the one random generator that initialises, splits and shuffles
    """

    hidden: tuple[Annotated[int, Meta(ge=1, le=100_000)], ...] = (128, 64)
    epochs: Annotated[int, Meta(ge=1)] = 10
    batch_size: Annotated[int, Meta(ge=1)] = 64
    optimizer: Literal["sgd", "nesterov", "adamw"] = "nesterov"
    learning_rate: Annotated[float, Meta(gt=0, le=1e300)] | None = None
    momentum: Annotated[float, Meta(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Meta(ge=0)] = 0.0
    schedule: Literal["constant", "cosine"] = "cosine"
    warm_up: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    ema_decay: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    validation: Annotated[float, Meta(ge=0, lt=1)] = 0.1
    seed: Annotated[int, Meta(ge=0)] = 0

    @classmethod
    def checked(cls, **options: Any) -> TrainingOptions:
        """Options from anywhere; raises `OptionsError` with the one that is wrong."""
        try:
            return msgspec.convert(options, cls)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            name = where.rstrip("`").partition("[")[0]
            if not name:  # a name that is none of ours
                raise OptionsError(
                    f"{_plain_words(what)}; there are {', '.join(cls.__struct_fields__)}"
                ) from None
            raise OptionsError(f"{name}: {_plain_words(what)}, not {options[name]!r}") from None

    @property
    def peak_learning_rate(self) -> float:
        return self.learning_rate or DEFAULT_LEARNING_RATE[self.optimizer]


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
