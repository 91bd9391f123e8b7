"""What a network computes for the drawing, for the pages that look inside it.

Nothing is computed before a page asks, and the forward pass once for each prediction: 0.1 ms for the shipped
network. An explanation takes 0.3 ms more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple, TypeVar

from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from backends import get_backend
from backends.arrays import Array
from backends.errors import BackendFailedError, blame
from engine.augmentation.drawn_digits import drawn_digits
from engine.augmentation.strokes import StrokeAugmentation
from engine.model.network import Network
from engine.recognition.activations import Activations, Neuron, activations, neuron
from engine.recognition.explain import Explanation, contributions_to, explain, without_ink
from engine.recognition.recognize import Recognition, State, recognize_image

TYPICAL = 20  # drawn digits, two of each, that a neuron is compared with

Chosen = tuple[int, int]  # a layer, counted from 0, and the place of a neuron in it
T = TypeVar("T")


class Ordering(NamedTuple):
    """The neurons of each hidden layer, ordered by what they add to a logit.

    Attributes
    ----------
    digit : int
        The class of the logit.
    contributions : tuple of (O,) arrays
        What each neuron adds to it.
    places : tuple of (O,) arrays of integers
        The neurons in their order, from the one that adds most to the one that takes most away.
    scales : tuple of float
        The contribution of each layer that counts as strong.
    """

    digit: int
    contributions: tuple[Array, ...]
    places: tuple[Array, ...]
    scales: tuple[float, ...]


class _Ordered(NamedTuple):
    """An ordering, and what it is for."""

    network: Network
    found: Activations
    busy: bool
    ordering: Ordering


class Insight:
    """The inner life of a network, and what the user chose to see of it.

    Parameters
    ----------
    live_network : LiveNetwork, optional
        The one that predicts; without it there is nothing to see.

    Attributes
    ----------
    ordered : bool
        Whether the neurons are ordered by what they add to the answer.
    pinned : bool
        Whether that neuron's account is shown.
    other : int or None
        The class that the answer is compared with; None for the second choice.
    failure : str or None
        Why there is nothing to see, where the backend failed.
    """

    def __init__(self, live_network: LiveNetwork | None = None) -> None:
        self._live_network = live_network
        self._chosen: Chosen | None = None
        self.pinned = False
        self.ordered = False
        self.other: int | None = None
        self.failure: str | None = None
        self._seen: tuple[Recognition, Network] | None = None  # those that `_found` is for
        self._found: Activations | None = None
        self._ordering: _Ordered | None = None
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
        recognition, network = prediction.recognition, self.network
        if network is None or recognition is None or not _has_answer(recognition):
            self._seen = self._found = self.failure = None
        elif not self._is_seen(recognition, network) and not prediction.pending:
            self._seen, self.failure = (recognition, network), None
            self._found = self._try(lambda: activations(network, recognition.image))
        elif self._seen is not None and self._seen[1] is not network:
            self._seen = self._found = None  # what another network computed says nothing of this one
        return self._found

    def _is_seen(self, recognition: Recognition, network: Network) -> bool:
        return self._seen is not None and self._seen[0] is recognition and self._seen[1] is network

    @property
    def answer(self) -> int | None:
        """The most probable class, for what `activations` returned last."""
        return None if self._found is None else int(self._found.logits.argmax())

    def neuron(self, layer: int, index: int) -> Neuron | None:
        """The account of one neuron, for what `activations` returned last."""
        return neuron(self._seen[1], self._found, layer, index) if self._seen and self._found else None

    def explanation(self) -> Explanation | None:
        """Why the answer and not the other class, for what `activations` returned last."""
        digit = self.answer
        if self._seen is None or digit is None:
            return None
        (seen, network), other = self._seen, None if self.other == digit else self.other
        return self._try(lambda: explain(network, seen.image, digit, other))

    def without(self, x: float, y: float, radius: float) -> Recognition | None:
        """What the drawing would be without the ink around a place, all in pixels of the input."""
        if self._seen is None:
            return None
        seen, network = self._seen
        return self._try(lambda: recognize_image(network, without_ink(seen.image, x, y, radius)))

    # ---- The neuron that is looked at ----------------------------------------------------------

    @property
    def chosen(self) -> Chosen | None:
        """The neuron that is pointed at, or that the keyboard stepped to: (layer, index)."""
        if self._chosen is None or self._chosen[0] >= len(self.sizes):
            return None
        return self._chosen if self._chosen[1] < self.sizes[self._chosen[0]] else None

    @chosen.setter
    def chosen(self, chosen: Chosen | None) -> None:
        self._chosen = chosen

    def step(self, by: int) -> None:
        """Choose the neuron that is shown ``by`` after the chosen one, from layer to layer and around."""
        places = [(layer, index) for layer in range(len(self.sizes)) for index in self._places(layer)]
        if places:
            start = places.index(self.chosen) if self.chosen in places else -1 if by > 0 else 0
            self.chosen = places[(start + by) % len(places)]

    def ordering(self, busy: bool) -> Ordering | None:
        """The order of the neurons, for what `activations` returned last; None for that of the network.

        Parameters
        ----------
        busy : bool
            Whether the pen is down: then order and scales stay what they are, so that nothing jumps.
        """
        found, digit = self._found, self.answer
        if not self.ordered or found is None or digit is None or self._seen is None:
            self._ordering = None
            return None
        network, before = self._seen[1], self._ordering
        if before is None or (found, busy) != (before.found, before.busy):
            added = self._try(lambda: contributions_to(network, found, digit))
            kept = before if before is not None and before.network is network and busy else None
            if added is None:
                self.ordered = False  # not asked again in every frame
                return None
            self._ordering = _Ordered(network, found, busy, _order(digit, added, kept))
        assert self._ordering is not None
        return self._ordering.ordering

    def _places(self, layer: int) -> list[int]:
        """The neurons of a layer in the order in which they are shown."""
        ordered = self._ordering is not None and self._ordering.network is self.network
        if self._ordering is None or not ordered or layer == len(self.sizes) - 1:
            return list(range(self.sizes[layer]))
        places: list[int] = self._ordering.ordering.places[layer].tolist()
        return places

    def _try(self, compute: Callable[[], T]) -> T | None:
        """The result, or None where the backend failed."""
        assert self.network is not None
        try:
            with blame(self.network.backend, "looking inside"):
                return compute()
        except BackendFailedError as error:
            self.failure = str(error)
            return None


def _order(digit: int, added: tuple[Array, ...], kept: _Ordered | None) -> Ordering:
    if kept is not None:
        return kept.ordering._replace(digit=digit, contributions=added)
    places = tuple((-each).argsort(kind="stable") for each in added)
    scales = tuple(max(float(abs(each).max(initial=0)), 1e-6) for each in added)
    return Ordering(digit, added, places, scales)


def _scales(network: Network) -> tuple[float, ...]:
    reference = Network(network.parameters, get_backend("numpy"), network.card)
    found = [activations(reference, image).activations for image in _typical_digits()]
    strongest = ([float(a.max()) for a in layer] for layer in zip(*found, strict=True))
    return tuple(max(sum(each) / TYPICAL, 1e-6) for each in strongest)


@cache
def _typical_digits() -> Array:
    return drawn_digits(TYPICAL, StrokeAugmentation(), get_backend("numpy"))


def _has_answer(recognition: Recognition) -> bool:
    return recognition.probabilities is not None and recognition.state is not State.TOO_SMALL
