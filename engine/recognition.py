"""From probabilities to an answer: a digit, two candidates, or a reason for having none.

The one place where it is decided what a drawing is said to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from backends.base import Array
from engine.network import Network
from engine.strokes import Strokes, strokes_to_image

UNSURE_BELOW = 0.5  # probability of the best candidate


class State(StrEnum):
    """What can be said of a drawing."""

    EMPTY = "empty"  # nothing is drawn
    UNSURE = "unsure"  # two candidates
    DIGIT = "digit"


@dataclass(frozen=True)
class Recognition:
    """What the network made of one picture.

    Attributes
    ----------
    state : how far the rest can be trusted
    image : (28, 28) uint8, what the network saw
    probabilities : (10,), in the order of the digits; None when nothing is drawn
    """

    state: State
    image: Array
    probabilities: Array | None

    @property
    def digit(self) -> int | None:
        """The most probable digit."""
        return None if self.probabilities is None else int(self.probabilities.argmax())

    @property
    def second(self) -> int | None:
        """The second most probable digit."""
        return None if self.probabilities is None else int(np.argsort(self.probabilities)[-2])


def recognize_image(network: Network, image: Array) -> Recognition:
    """Read a (28, 28) uint8 picture framed as MNIST's are."""
    if not image.any():
        return Recognition(State.EMPTY, image, None)
    probabilities = network.predict_proba(image[None])[0]
    state = State.UNSURE if probabilities.max() < UNSURE_BELOW else State.DIGIT
    return Recognition(state, image, probabilities)


def recognize_strokes(network: Network, strokes: Strokes) -> Recognition:
    """Read a drawing."""
    return recognize_image(network, strokes_to_image(strokes))
