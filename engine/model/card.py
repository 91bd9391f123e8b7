"""The card of a network: how it was trained, how accurate it is, and how to interpret its probabilities.

The card is saved with the parameters in the model file, where a person can read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec


@dataclass(frozen=True)
class Preprocessing:
    """An identifier of the way from ink to 28x28 images.

    A network works only on images made the way its training images were, so a model file that names another
    preprocessing is refused.

    Attributes
    ----------
    id : str
        Name of the procedure: frame size, centring, pen width.
    version : int
        Version of the procedure; it grows when the same ink gives another image.
    """

    id: str
    version: int


PREPROCESSING = Preprocessing("mnist-box20-mass-pen2.25", 1)


class DecisionRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How probabilities become a verdict (see `engine.recognition.recognize`).

    With p the probabilities at this temperature, p₁ the largest and p₂ the second largest::

        p₁ >= accept_threshold              a digit
        p₁ + p₂ >= pair_threshold           unsure: one of two digits
        otherwise                           not a digit

    Attributes
    ----------
    temperature : float
        Divisor of the logits, which calibrates the probabilities: of the answers given with a probability of
        90 %, nine in ten should be correct. From 0.05 to 20: beyond, p to the power of 1/T is all 0 or all 1.
    accept_threshold : float
        Smallest probability at which a drawing is accepted as a digit.
    pair_threshold : float
        Smallest sum of the two largest probabilities at which both digits are named as candidates.
    """

    temperature: Annotated[float, msgspec.Meta(ge=0.05, le=20)] = 1.0
    accept_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    pair_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


ClassName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Card(msgspec.Struct, forbid_unknown_fields=True):
    """How a network was trained, how accurate it is, and how to interpret its probabilities.

    Attributes
    ----------
    training : dict
        Backend, options, seed, data set and its hash, versions of the libraries.
    accuracy : dict
        Measured accuracies, with their intervals and the number of examples.
    preprocessing : Preprocessing
        The way from ink to 28x28 by which the training images were made.
    decision : DecisionRule
        How probabilities become a verdict.
    classes : tuple of str or None
        Name of each output, in order; None for the ten digits.
    """

    training: dict[str, Any] = msgspec.field(default_factory=dict)
    accuracy: dict[str, Any] = msgspec.field(default_factory=dict)
    preprocessing: Preprocessing = PREPROCESSING
    decision: DecisionRule = DecisionRule()
    classes: Annotated[tuple[ClassName, ...], msgspec.Meta(min_length=1)] | None = None
