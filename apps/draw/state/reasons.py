"""Why the answer and not another digit: what the page with the reasons shows.

All of it is for what `Insight.activations` returned last, so the two never contradict each other. What takes
longer than a frame, the smallest change and the nearest training digits, is left to the session's worker, and
computed by the reference backend, which any thread may use.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point
from apps.draw.state.insight import Insight
from apps.draw.state.layout import SIDE
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.waiting import wait_for
from backends import get_backend
from backends.arrays import Array
from backends.errors import InkdigitsError
from engine.data.strokes import Placement, placement
from engine.model.network import Network
from engine.recognition.explain import Explanation, NearestExamples
from engine.recognition.recognize import Recognition
from engine.recognition.smallest_change import Change, smallest_change

if TYPE_CHECKING:
    from engine.data.datasets import Examples

PAGE = "Why"  # the name of the page that shows it
NEIGHBOURS = 5  # training digits that are shown
BLANK_RADIUS = 3.5  # pixels of the network's input
WHOLE_CANVAS = Placement(SIDE, 0.0, 0.0)  # of a picture that was not drawn here
GET_DIGITS = "inkdigits data mnist"


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What lies around an image.

    Attributes
    ----------
    change : Change or None
        The smallest change found that makes the other digit of it.
    nearest : list of (image, label)
        The training digits that are most alike for the network.
    trouble : str
        Why there are none, as far as it can be told in a few words.
    """

    change: Change | None
    nearest: list[tuple[Array, str]]
    trouble: str


class Reasons:
    """The explanation, and what else there is to say.

    Parameters
    ----------
    insight : Insight
        What the network computes.

    Attributes
    ----------
    explanation : Explanation or None
        Pixel by pixel, the answer against the other digit.
    image : (28, 28) array of uint8, or None
        What it explains.
    strokes : tuple of PenStroke, or None
        What that was drawn with; None where it was not drawn here.
    blanking : bool
        Whether the ink under the pointer is left out, as far as the page shows it.
    without : Recognition or None
        The answer without that ink.
    surroundings : Surroundings or None
        None until they are known.
    """

    def __init__(self, insight: Insight) -> None:
        self._insight = insight
        self.explanation: Explanation | None = None
        self.image: Array | None = None
        self.strokes: PenStrokes | None = None
        self.blanking = False
        self.without: Recognition | None = None
        self.surroundings: Surroundings | None = None
        self._key: tuple[object, ...] = ()  # what the explanation is for
        self._placement: Placement | None = None  # kept when it was asked for
        self._blanked: tuple[object, ...] = ()  # what `without` is for
        self._asked: Explanation | None = None  # the one that the surroundings are for, or will be
        self._digits: Examples | None = None
        self._nearest: NearestExamples | None = None

    def update(self, prediction: LivePrediction, at: Point | None = None) -> None:
        """Explain what is recognized now. Call it once a frame while the page is shown.

        Parameters
        ----------
        prediction : LivePrediction
            What is recognized.
        at : (x, y), optional
            Where the pointer is on the canvas, from 0 to 1; None elsewhere.
        """
        found, other = self._insight.activations(prediction), self._insight.other
        if (found, other) != self._key:
            self._key = found, other
            self.explanation = self._insight.explanation()
            self.image = None if prediction.recognition is None else prediction.recognition.image
            self.strokes, self.surroundings, self._placement = prediction.strokes, None, None
        self._blank(at if self.blanking else None)

    @property
    def placement(self) -> Placement | None:
        """From the canvas, which has the side 1, to pixels of the image; None where nothing is explained."""
        if self.explanation is None:
            return None
        if self._placement is None:
            drawn = [stroke.points for stroke in self.strokes or ()]
            self._placement = placement(drawn) if drawn else WHOLE_CANVAS
        return self._placement

    def look_around(self, worker: Executor | None) -> Iterator[None] | None:
        """The slow work to be done now, for `Session.jobs`; None if there is none, or it is under way."""
        why, image, network = self.explanation, self.image, self._insight.network
        if why is None or image is None or network is None or why is self._asked:
            return None
        self._asked = why
        return self._look_around(worker, why, image, network)

    def _look_around(
        self, worker: Executor | None, why: Explanation, image: Array, network: Network
    ) -> Iterator[None]:
        found = yield from wait_for(worker, lambda: self._surroundings(why, image, network))
        if why is self.explanation:
            self.surroundings = found

    def _surroundings(self, why: Explanation, image: Array, network: Network) -> Surroundings:
        if self._nearest is None or self._nearest.network.parameters is not network.parameters:
            self._nearest = None
            reference = Network(network.parameters, get_backend("numpy"), network.card)
        else:
            reference = self._nearest.network
        change = smallest_change(reference, image, why.other)
        try:
            self._digits = self._digits or _training_digits(network)
            if self._digits is None:
                return Surroundings(change, [], f"get them: {GET_DIGITS}")
            self._nearest = self._nearest or NearestExamples(reference, self._digits)
        except InkdigitsError as error:
            return Surroundings(change, [], str(error))
        indices, _ = self._nearest.find(image, NEIGHBOURS)
        nearest = [(self._digits.images[i], network.classes[self._digits.labels[i]]) for i in indices]
        return Surroundings(change, nearest, "")

    def _blank(self, at: Point | None) -> None:
        """Leave out the ink around a place, or none."""
        place = self.placement if at is not None else None
        if at is None or place is None:
            self.without, self._blanked = None, ()
        elif (at, self.explanation) != self._blanked:
            self._blanked = at, self.explanation
            x, y = at[0] * place.scale + place.x, at[1] * place.scale + place.y
            self.without = self._insight.without(x, y, BLANK_RADIUS)


def _training_digits(network: Network) -> Examples | None:
    """MNIST's training digits, where they are on this machine and the network tells the same classes."""
    from engine.data.datasets import find_mnist

    found = find_mnist()
    return found[1].train if found is not None and found[1].classes == network.classes else None
