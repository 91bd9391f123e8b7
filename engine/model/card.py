"""The card of a network: where its numbers come from, how good they are, and how to read its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec


@dataclass(frozen=True)
class Preprocessing:
    """Names a way from ink to 28x28; a model reads well only what came the way it was trained for."""

    id: str
    version: int


PREPROCESSING = Preprocessing("mnist-box20-mass-pen2.25", 1)


class DecisionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a network's probabilities are to be read (see `engine.recognition.recognize`).

    Attributes
    ----------
    temperature : by which its logits are divided, so that 90 % sure means right nine times in ten
    accept_threshold : the probability from which a drawing is called a digit
    pair_threshold : below that, the sum of the best two from which they are named as candidates
    """

    temperature: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    accept_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    pair_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Card(msgspec.Struct, forbid_unknown_fields=True):
    """Where a network's numbers come from, how good they are, and how its answers are to be read.

    Attributes
    ----------
    training : backend, seed, options, data and their hash, library versions
    accuracy : measured shares of right answers, with what they were measured on
    preprocessing : the way from ink to 28x28 that the network learnt from
    decision : when its answer is a digit
    classes : what each output stands for, in order; None for the ten digits
    """

    training: dict[str, Any] = msgspec.field(default_factory=dict)
    accuracy: dict[str, Any] = msgspec.field(default_factory=dict)
    preprocessing: Preprocessing = PREPROCESSING
    decision: DecisionRule = DecisionRule()
    classes: Annotated[tuple[ClassName, ...], msgspec.Meta(min_length=1)] | None = None
