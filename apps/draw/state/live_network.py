"""The network that reads the drawing; it may learn or get another backend while the window is open."""

from __future__ import annotations

from collections.abc import Callable

from backends.base import Backend
from backends.errors import BackendFailedError, blame
from engine.data.strokes import Strokes
from engine.model.network import Network
from engine.recognition.recognize import Recognition, recognize_strokes

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
        try:
            with blame(network.backend, "drawing"):
                return recognize_strokes(network, strokes, smallest=SMALLEST_DIGIT)
        except BackendFailedError as error:
            if self._tell is not None:
                self._tell(str(error))
            self._tell = None
            raise

    def use_backend(self, backend: Backend) -> None:
        """Compute with another backend from now on; the parameters stay the same arrays."""
        self.network = Network(self.network.parameters, backend, self.network.card)
