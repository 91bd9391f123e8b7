"""Another backend while the window is open: the answer must stay the same, and only the time may change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import MANY_POINTS
from apps.draw.state.waiting import wait_for
from backends.arrays import Array
from backends.base import Backend
from backends.errors import InkdigitsError, blame
from backends.registry import available_backends, get_backend
from engine.model.network import Network
from engine.recognition.recognize import Recognition

if TYPE_CHECKING:
    from apps.draw.state.session import Session

ROUNDS = 3  # predictions of each backend; the quickest counts
LINE = [[(0.4, 0.2), (0.6, 0.8)]]  # drawn once, so that drawing is compiled too


@dataclass(frozen=True)
class Comparison:
    """What the backends say of one drawing.

    Attributes
    ----------
    milliseconds : dict from str to float or None
        By the backends' names: of a whole prediction; None where the time is not taken.
    difference : float
        The largest difference of a probability to that of the first backend.
    """

    milliseconds: dict[str, float | None]
    difference: float


class BackendSwitch:
    """Swaps the backend of the session's network.

    Parameters
    ----------
    session : Session
        Whose network it is.

    Attributes
    ----------
    preparing : str
        The backend that is being prepared, such as compiled; empty if none is.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ready: dict[str, Backend] = {}
        self._tried = ""  # the last one that was asked for
        self._compared: tuple[Recognition, Network, Comparison] | None = None
        self.preparing = ""

    @property
    def name(self) -> str:
        """Of the present backend."""
        network = self._session.network
        return self._session.facts.backend if network is None else network.network.backend.name

    def swap(self) -> None:
        """Go on to the next backend; one that cannot run here says so, and the present one stays."""
        live = self._session.network
        if live is None or self.preparing:
            return
        present = live.network.backend
        self._ready.setdefault(present.name, present)
        known = available_backends()
        names = list(known)
        last = self._tried or present.name
        start = names.index(last) + 1 if last in names else 0
        name = next(each for each in names[start:] + names[:start] if each != present.name)
        self._tried = name
        if name in self._ready:
            live.use_backend(self._ready[name])
        elif known[name].why_not:
            self._session.say(f"{name} {known[name].why_not}")
        else:
            self.preparing = name
            self._session.jobs.append(self._prepare(name))

    def _prepare(self, name: str) -> Iterator[None]:
        """Make a backend in the worker, then use it."""
        live = self._session.network
        assert live is not None
        network = live.network
        try:
            backend = yield from wait_for(self._session.worker, lambda: _made(name, network))
            self._ready[name] = backend
            live.use_backend(backend)
        except InkdigitsError as error:
            self._session.say(str(error))
        finally:
            self.preparing = ""

    @property
    def comparison(self) -> Comparison | None:
        """What the backends that were used say of the drawing once it rests; None while there is only one."""
        session, live = self._session, self._session.network
        prediction = session.prediction
        seen = prediction.recognition
        points = sum(len(stroke.points) for stroke in prediction.strokes or ())
        if live is None or seen is None or seen.probabilities is None or len(self._ready) < 2:
            return None
        if self._compared and self._compared[0] is seen and self._compared[1] is live.network:
            return self._compared[2]
        if session.document.busy or session.jobs or prediction.pending or points > MANY_POINTS:
            return None
        comparison = self._compare(live.network)
        if comparison is not None:
            self._compared = seen, live.network, comparison
        return comparison

    def _compare(self, network: Network) -> Comparison | None:
        prediction = self._session.prediction
        strokes = [stroke.points for stroke in prediction.strokes or ()]
        probabilities: list[Array] = []
        milliseconds: dict[str, float | None] = {}
        for name, backend in list(self._ready.items()):
            other = LiveNetwork(Network(network.parameters, backend, network.card))
            least: float | None = None
            try:
                for _ in range(ROUNDS if prediction.clock else 1):
                    started = prediction.clock() if prediction.clock else 0.0
                    found = other.recognize(strokes)
                    if prediction.clock:
                        took = (prediction.clock() - started) * 1000
                        least = took if least is None else min(took, least)
            except InkdigitsError as error:
                del self._ready[name]
                self._session.say(str(error))
                return None
            assert found.probabilities is not None, "the same strokes have some on another backend"
            probabilities.append(found.probabilities)
            milliseconds[name] = least
        differences = [float(abs(each - probabilities[0]).max()) for each in probabilities]
        return Comparison(milliseconds, max(differences))


def _made(name: str, network: Network) -> Backend:
    """A backend that has done all that would delay its first prediction."""
    backend = get_backend(name, network.backend.threads)
    with blame(backend, "getting ready"):
        backend.warm_up(network.layer_sizes, network.parameters.dtype)
    LiveNetwork(Network(network.parameters, backend, network.card)).recognize(LINE)
    return backend
