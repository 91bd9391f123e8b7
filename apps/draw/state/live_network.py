"""The network that reads the drawing; it may learn or get another backend while the window is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from backends.arrays import Array
from backends.base import Backend
from backends.errors import BackendFailedError, blame
from engine.data.strokes import Strokes
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_image, recognize_strokes
from engine.recognition.segment import segment

T = TypeVar("T")
SMALLEST_DIGIT = 0.04  # of the canvas; anything smaller is a dot


class LiveNetwork:
    """A network that can be replaced; whoever asks it always asks the present one.

    Parameters
    ----------
    network : Network
        The first one.
    tell : callable, optional
        Gets the first failure of a backend, as text.

    Attributes
    ----------
    network : Network
        The present one. It is never changed itself, only replaced: so it can be told by its identity
        whether what was computed with it is still right, and undoing means putting back the one before.
    """

    def __init__(self, network: Network, tell: Callable[[str], object] | None = None) -> None:
        self.network = network
        self._tell = tell

    def recognize(self, strokes: Strokes) -> Recognition:
        """Recognize a drawing.

        Raises
        ------
        BackendFailedError
            The backend failed.
        """
        network = self.network
        return self._ask(network, lambda: recognize_strokes(network, strokes, SMALLEST_DIGIT))

    def recognize_image(self, image: Array) -> Recognition:
        """Recognize an image of 28x28 pixels that was not drawn here.

        Raises
        ------
        BackendFailedError
            The backend failed.
        """
        network = self.network
        return self._ask(network, lambda: recognize_image(network, image))

    def recognize_digits(self, strokes: Strokes) -> list[tuple[list[int], Recognition]]:
        """Divide a drawing into digits; returns the indices of each one's strokes, and what it is.

        Raises
        ------
        BackendFailedError
            The backend failed.
        """
        network = self.network

        def divide() -> list[tuple[list[int], Recognition]]:
            digits = segment(network, strokes)
            parts = ([strokes[i] for i in digit] for digit in digits)
            found = (recognize_strokes(network, part, SMALLEST_DIGIT) for part in parts)
            return list(zip(digits, found, strict=True))

        return self._ask(network, divide)

    def use_backend(self, backend: Backend) -> None:
        """Compute with another backend from now on; the parameters stay the same arrays."""
        self.network = Network(self.network.parameters, backend, self.network.card)

    def _ask(self, network: Network, compute: Callable[[], T]) -> T:
        """The result; the first failure is told."""
        try:
            with blame(network.backend, "drawing"):
                return compute()
        except BackendFailedError as error:
            if self._tell is not None:
                self._tell(str(error))
            self._tell = None
            raise
