"""What a network computes for the drawing, for the pages that look inside it.

Nothing is computed before a page asks, and the forward pass once for each prediction: 0.1 ms for the shipped
network. An explanation takes 0.3 ms more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from backends import get_backend
from backends.errors import BackendFailedError, blame
from engine.augmentation.drawn_digits import drawn_digits
from engine.augmentation.strokes import StrokeAugmentation
from engine.model.network import Network
from engine.recognition.activations import Activations, Neuron, activations, neuron
from engine.recognition.explain import Explanation, explain
from engine.recognition.recognize import Recognition, State

TYPICAL = 20  # drawn digits, two of each, that a neuron is compared with

Chosen = tuple[int, int]  # a layer, counted from 0, and the place of a neuron in it
T = TypeVar("T")


class Insight:
    """The inner life of a network, and what the user chose to see of it.

    Parameters
    ----------
    live_network : LiveNetwork, optional
        The one that predicts; without it there is nothing to see.

    Attributes
    ----------
    chosen : (layer, index) or None
        The neuron that is pointed at, or that the keyboard stepped to.
    pinned : bool
        Whether that neuron's account is shown.
    other : int or None
        The class that the answer is compared with; None for the second choice.
    failure : str or None
        Why there is nothing to see, where the backend failed.
    """

    def __init__(self, live_network: LiveNetwork | None = None) -> None:
        self._live_network = live_network
        self.chosen: Chosen | None = None
        self.pinned = False
        self.other: int | None = None
        self.failure: str | None = None
        self._seen: Recognition | None = None  # the one that `_found` is for
        self._found: Activations | None = None
        self._scaled: tuple[Network, tuple[float, ...]] | None = None  # `scales`, and the network they are of

    @property
    def network(self) -> Network | None:
        """The network that predicts now."""
        return None if self._live_network is None else self._live_network.network

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many neurons each layer has, the output last."""
        return () if self.network is None else tuple(self.network.layer_sizes[1:])

    @property
    def scales(self) -> tuple[float, ...]:
        """The activation of each layer that counts as strong: of its strongest neuron, for a typical digit.

        The mean over some drawn digits. It is the network's own and no drawing's, so nothing jumps while the
        pen moves, and two drawings can be compared.
        """
        network = self.network
        if network is None:
            return ()
        if self._scaled is None or self._scaled[0] is not network:
            self._scaled = network, _scales(network)
        return self._scaled[1]

    def activations(self, prediction: LivePrediction) -> Activations | None:
        """All layers for the drawing as it is now; None where it has no answer.

        While the worker makes the next prediction, those of the last one are kept, as its answer is.
        """
        seen = prediction.recognition
        if self.network is None or seen is None or not _has_answer(seen):
            self._seen = self._found = self.failure = None
        elif seen is not self._seen and not prediction.pending:
            network = self.network
            self._seen, self.failure = seen, None
            self._found = self._try(lambda: activations(network, seen.image))
        return self._found

    @property
    def answer(self) -> int | None:
        """The most probable class, for what `activations` returned last."""
        return None if self._found is None else int(self._found.logits.argmax())

    def neuron(self, layer: int, index: int) -> Neuron | None:
        """The account of one neuron, for what `activations` returned last."""
        return neuron(self.network, self._found, layer, index) if self.network and self._found else None

    def explanation(self) -> Explanation | None:
        """Why the answer and not the other class, for what `activations` returned last."""
        network, seen, digit = self.network, self._seen, self.answer
        if network is None or seen is None or digit is None:
            return None
        other = None if self.other == digit else self.other
        return self._try(lambda: explain(network, seen.image, digit, other))

    def step(self, by: int) -> None:
        """Choose the neuron that comes ``by`` after the chosen one, from layer to layer and around."""
        places = [(layer, index) for layer, size in enumerate(self.sizes) for index in range(size)]
        if places:
            start = places.index(self.chosen) if self.chosen in places else -1 if by > 0 else 0
            self.chosen = places[(start + by) % len(places)]

    def _try(self, compute: Callable[[], T]) -> T | None:
        """The result, or None where the backend failed."""
        assert self.network is not None
        try:
            with blame(self.network.backend, "looking inside"):
                return compute()
        except BackendFailedError as error:
            self.failure = str(error)
            return None


def _scales(network: Network) -> tuple[float, ...]:
    images = drawn_digits(TYPICAL, StrokeAugmentation(), get_backend("numpy"))
    found = [activations(network, image).activations for image in images]
    strongest = ([float(a.max()) for a in layer] for layer in zip(*found, strict=True))
    return tuple(max(sum(each) / TYPICAL, 1e-6) for each in strongest)


def _has_answer(recognition: Recognition) -> bool:
    return recognition.probabilities is not None and recognition.state is not State.TOO_SMALL
