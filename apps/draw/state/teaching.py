"""Teaching the network what a drawing was: learned in the worker, shown before and after, undone again.

All that was taught is taught together, each time to the network from before the first correction: so what was
learned first is not forgotten for what comes later, and to undo is to go on with the network from before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from apps.draw.state.document import PenStrokes
from apps.draw.state.facts import Facts
from apps.draw.state.live_network import SMALLEST_DIGIT
from apps.draw.state.waiting import wait_for
from backends.errors import InkdigitsError
from engine.data.datasets import DIGITS, Examples, find_mnist
from engine.data.framing import SIDE
from engine.model.network import Network
from engine.recognition.evaluation import evaluate
from engine.recognition.recognize import recognize_strokes

if TYPE_CHECKING:
    from apps.draw.state.session import Session

MOST = 100  # drawings that are taught together
DRAWN = 1000  # digits that it is tested on where MNIST is not at hand


@dataclass(eq=False)
class Correction:
    """A drawing that was taught.

    Attributes
    ----------
    strokes : tuple of PenStroke
        The drawing.
    digit : int
        What it was.
    network, facts : Network, Facts
        What answered before, and what is known of it.
    taught : Network
        What answers since.
    before, after : float
        How probable the digit was for each of them, as the bars show it.
    scores : (float, float) or None
        The accuracy of both on the test set; None until it is measured.
    """

    strokes: PenStrokes
    digit: int
    network: Network
    facts: Facts
    taught: Network
    before: float
    after: float
    scores: tuple[float, float] | None = None


class Teaching:
    """What the session's network was taught in this window.

    Parameters
    ----------
    session : Session
        Its `LiveNetwork` gets the network that has learned.

    Attributes
    ----------
    learning : int or None
        The digit that is being learned.
    test_set : str
        What the scores are measured on.
    testing : str
        What is said while there are no scores.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.learning: int | None = None
        self.test_set = self.testing = ""
        self._corrections: list[Correction] = []
        self._undone: list[Correction] = []
        self._tests: Examples | None = None
        self._saved: Network | None = None

    @property
    def corrections(self) -> list[Correction]:
        """Those that the present network has learned from, the last one at the end."""
        live = self._session.network
        if self._corrections and (live is None or not _same(live.network, self._corrections[-1].taught)):
            self._corrections, self._undone = [], []  # another network was put in its place
        return self._corrections

    @property
    def last(self) -> Correction | None:
        """The last correction, as long as its drawing is the one that is shown."""
        last, shown = self.corrections[-1:], self._session.several.shown
        return last[0] if last and last[0].strokes == shown else None

    @property
    def possible(self) -> bool:
        """Whether there is a digit on the canvas that could be taught now."""
        live, session = self._session.network, self._session
        recognition = session.prediction.recognition
        if live is None or self.learning is not None or session.training.active or session.document.busy:
            return False
        network = live.network
        digits = network.classes == DIGITS and network.layer_sizes[0] == SIDE * SIDE
        drawn = session.picture is None and recognition is not None and recognition.probabilities is not None
        return digits and drawn and self.last is None and len(self.corrections) < MOST

    @property
    def unsaved(self) -> bool:
        """Whether something was taught that is in no file."""
        return bool(self.corrections) and self._saved is not self.corrections[-1].taught

    # ---- What buttons and keys do --------------------------------------------------------------

    def teach(self, digit: int) -> None:
        """Let the network learn that the drawing is this digit."""
        if self.possible:
            self.learning = digit
            self._session.jobs.append(self._learn(digit, self._session.several.shown))

    @property
    def can_undo(self) -> bool:
        """Whether teaching is what was done last."""
        return self.last is not None and self.learning is None

    def undo(self) -> None:
        """Let the network from before answer again."""
        correction = self.last
        if correction is not None and self.can_undo:
            self.corrections.remove(correction)
            self._undone.append(correction)
            self._answer(correction.network, correction.facts)

    @property
    def can_redo(self) -> bool:
        """Whether undoing a correction is what was done last."""
        live, correction = self._session.network, self._undone[-1] if self._undone else None
        if live is None or correction is None or self.learning is not None:
            return False
        return correction.strokes == self._session.several.shown and _same(live.network, correction.network)

    def redo(self) -> None:
        """Let the network answer again that has learned what was undone."""
        if self.can_redo:
            correction = self._undone.pop()
            self._corrections.append(correction)
            self._answer(correction.taught, self._facts())

    def save(self) -> None:
        """Save the network as a new file in the user's documents, and say where."""
        files, live = self._session.files, self._session.network
        if files is not None and live is not None and self.corrections:
            try:
                where = files.save_network(live.network)
            except InkdigitsError as error:
                self._session.say(str(error))
                return
            self._saved = self.corrections[-1].taught
            self._session.facts = replace(self._session.facts, model=where.rpartition("/")[2])
            self._session.say(f"Saved: {where}")

    # ---- Learning ------------------------------------------------------------------------------

    def _learn(self, digit: int, strokes: PenStrokes) -> Iterator[None]:
        """The job: the worker teaches and tests, and meanwhile the window goes on."""
        session, live = self._session, self._session.network
        assert live is not None
        network, corrections = live.network, [*self.corrections]
        yield  # so that it is seen that something happens
        try:
            correction = yield from wait_for(
                session.worker, lambda: self._taught(network, corrections, digit, strokes)
            )
        except (InkdigitsError, MemoryError) as error:
            session.say(f"Not learned: {error}" if str(error) else "Not learned: there is not enough memory")
            return
        finally:
            self.learning = None
        if not _same(live.network, network):
            session.say("Not learned: another network was put in its place")
            return
        self._corrections, self._undone = [*corrections, correction], []
        self._answer(correction.taught, self._facts())
        self.testing = "other digits: being tested…"
        correction.scores = yield from wait_for(session.worker, lambda: self._score(correction))
        self.testing = "other digits: could not be tested"

    def _taught(
        self, network: Network, corrections: list[Correction], digit: int, strokes: PenStrokes
    ) -> Correction:
        """Teach the network from before the first correction all of them and this one."""
        from engine.training.fine_tune import teach  # nothing needs it before the first correction

        first = corrections[0].network if corrections else network
        start = Network(first.parameters, network.backend, first.card)
        known = {each.strokes: each.digit for each in corrections} | {strokes: digit}  # the last word counts
        drawings = [[stroke.points for stroke in drawing] for drawing in known]
        taught = teach(start, drawings, list(known.values())).network
        before, after = (_probability(each, strokes, digit) for each in (network, taught))
        return Correction(strokes, digit, network, self._session.facts, taught, before, after)

    def _score(self, correction: Correction) -> tuple[float, float] | None:
        """The accuracy before and after, on digits that were not taught."""
        try:
            if self._tests is None:
                self._tests, self.test_set = self._find_tests(correction.network)
            both = [evaluate(each, self._tests) for each in (correction.network, correction.taught)]
            return both[0].accuracy, both[1].accuracy
        except (InkdigitsError, MemoryError):
            return None

    def _find_tests(self, network: Network) -> tuple[Examples, str]:
        """MNIST's test digits where they are at hand, else drawn digits."""
        try:
            mnist = find_mnist()
        except InkdigitsError:
            mnist = None
        if mnist is not None and mnist[1].test is not None:
            return mnist[1].test, "MNIST"
        from engine.augmentation.drawn_digits import drawn_examples
        from engine.training.recipe import read_recipe

        augmentation = read_recipe("best").stages[-1].strokes
        return drawn_examples(DRAWN, augmentation, network.backend), "drawn digits"

    def _answer(self, network: Network, facts: Facts) -> None:
        """Let a network answer, on the backend that computes now."""
        live = self._session.network
        if live is not None:
            live.network = Network(network.parameters, live.network.backend, network.card)
            self._session.facts = facts

    def _facts(self) -> Facts:
        """What is known of the present network: its accuracy is no longer the one on its card."""
        count, first = len(self._corrections), self._corrections[0].facts
        return replace(first, model=f"{first.model}, taught {count}", accuracy=None)


def _same(one: Network, other: Network) -> bool:
    """Whether two networks have the same parameters; the backend may be another."""
    return one.parameters is other.parameters


def _probability(network: Network, strokes: PenStrokes, digit: int) -> float:
    """How probable a digit is for a drawing, as the bars show it."""
    found = recognize_strokes(network, [stroke.points for stroke in strokes], SMALLEST_DIGIT)
    return 0.0 if found.probabilities is None else float(found.probabilities[digit])
