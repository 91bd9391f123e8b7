"""Labelled digits that are on this machine, and which of them the network takes for another.

Nothing is loaded or computed before the page asks for it, and nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from apps.draw.state.document import PenStroke
from apps.draw.state.files import USUAL_WIDTH, to_canvas
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.waiting import wait_for
from backends.arrays import Array
from backends.errors import InkdigitsError, shown
from engine.model.network import Network
from engine.recognition.recognize import tempered

if TYPE_CHECKING:
    from apps.draw.state.session import Session
    from engine.data.datasets import Examples
    from engine.data.drawings import Drawing
    from engine.recognition.evaluation import Evaluation

T = TypeVar("T")
DATA = {"mnist": "MNIST test set", "pen-strokes": "Pen strokes"}  # as in `engine.sources`, and in words
AT_ONCE = 500  # images to predict in one frame
DRAWN_AT_ONCE = 8  # drawings to make images of in one frame

Cell = tuple[int, int]  # the label and the answer


@dataclass(frozen=True, eq=False)
class Picture:
    """A digit without strokes, 28x28 pixels, and the words under it."""

    image: Array
    says: str


@dataclass(frozen=True, eq=False)
class LabelledDigits:
    """The digits of a data set.

    Attributes
    ----------
    examples : Examples
        Images and labels.
    drawings : sequence of Drawing, or None
        How they were drawn, if it is known.
    seen : int
        How many of them the network was trained on, as far as its card tells.
    """

    examples: Examples
    drawings: Sequence[Drawing] | None
    seen: int


class Mistakes:
    """A network's answers to labelled digits, and which of them the user looks at.

    Parameters
    ----------
    network : LiveNetwork, optional
        The one to evaluate.
    worker : Executor, optional
        Reads files; without it, a frame does.

    Attributes
    ----------
    source : str
        The data set that is looked at, a key of `DATA`.
    digits : LabelledDigits or None
        Those of this data set; None before they are loaded, and where there are none.
    evaluation : Evaluation or None
        The answers to them.
    trouble : str
        Why there is nothing to see; "missing" where the data set is not on this machine.
    percent : int
        How much of the evaluation that is under way is done, in steps of ten.
    cell : (label, answer) or None
        The cell of the confusion matrix that is chosen.
    opened : bool
        Whether its digits are shown.
    picked : int or None
        Which of `members` is chosen.
    """

    def __init__(self, network: LiveNetwork | None, worker: Executor | None = None) -> None:
        self._live, self._worker = network, worker
        self.source = "mnist"
        self.digits: LabelledDigits | None = None
        self.evaluation: Evaluation | None = None
        self.trouble = ""
        self.percent = 0
        self.cell: Cell | None = None
        self.opened = False
        self.picked: int | None = None
        self._loaded: dict[str, LabelledDigits] = {}
        self._evaluated: Network | None = None  # which `evaluation` or `trouble` is for
        self._work: Iterator[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether the digits are being loaded or evaluated."""
        return self._work is not None

    def work(self) -> Iterator[None] | None:
        """The slow work to be done now, for `Session.jobs`; None if there is none, or it is under way."""
        if self._live is None or self.busy or self._evaluated is self._live.network:
            return None
        self._work = self._evaluate(self._live, self.source)
        return self._work

    def look_at(self, source: str) -> None:
        """Look at a data set; if it was missing, look for it again."""
        self.source = source
        self.digits = self.evaluation = self._evaluated = self._work = None
        self.trouble, self.percent = "", 0
        self.close()
        self.cell = None

    # ---- What is chosen ------------------------------------------------------------------------

    @property
    def members(self) -> list[int]:
        """The digits of the chosen cell: mistakes from the surest on, right answers from the least sure."""
        if self.evaluation is None or self.cell is None:
            return []
        return self.evaluation.cell(*self.cell)

    def step(self, across: int, down: int) -> None:
        """Choose the cell beside the chosen one, or at first the most frequent mistake."""
        if self.evaluation is None:
            return
        classes = range(len(self.evaluation.classes))
        if self.cell is None:
            wrong = [(label, answer) for label in classes for answer in classes if label != answer]
            self.cell = max(wrong, key=self.count)
            return
        label, answer = self.cell
        self.cell = min(max(label + down, 0), classes[-1]), min(max(answer + across, 0), classes[-1])

    def count(self, cell: Cell) -> int:
        """How many digits a cell has."""
        return 0 if self.evaluation is None else int(self.evaluation.confusion[cell])

    def open(self, cell: Cell | None) -> None:
        """Show the digits of a cell, if it has any."""
        if cell is not None and self.count(cell):
            self.cell, self.opened, self.picked = cell, True, None

    def close(self) -> None:
        """Show the matrix again."""
        self.opened, self.picked = False, None

    def put(self, session: Session, index: int) -> None:
        """Put a digit on the canvas: its strokes, or its picture where it has none."""
        digits = self.digits
        if digits is None:
            return
        if digits.drawings is None:
            says = f"{DATA[self.source]}, number {index}: label {digits.examples.labels[index]}"
            session.show_picture(Picture(digits.examples.images[index], says))
            return
        strokes = digits.drawings[index].strokes
        lines = [[(float(x), float(y)) for x, y in stroke] for stroke in strokes]
        lines = to_canvas([line for line in lines if line])
        session.document.replace(tuple(PenStroke(tuple(line), USUAL_WIDTH) for line in lines))

    # ---- Slow work -----------------------------------------------------------------------------

    def _evaluate(self, live: LiveNetwork, source: str) -> Iterator[None]:
        """Load the digits if that is to be done, and predict them, some in each frame."""
        from engine.recognition.evaluation import evaluate_in_parts

        mine, network = self._work, live.network
        try:
            if source not in self._loaded:
                yield from self._load(network, source)
            digits = self._loaded.get(source)
            if self._work is not mine:
                return
            if digits is None:
                self.trouble, self._evaluated = "missing", network
                return
            parts = evaluate_in_parts(network, digits.examples, AT_ONCE)
            evaluation = yield from self._told(parts, len(digits.examples), source)
            if self._work is mine and live.network is network:
                probabilities = tempered(evaluation.probabilities, network.card.decision.temperature)
                self.evaluation = replace(evaluation, probabilities=probabilities)
                self.digits, self._evaluated, self.trouble, self.picked = digits, network, "", None
        except InkdigitsError as error:
            if self._work is mine:
                self.trouble, self._evaluated = str(error), network
        finally:
            if self._work is mine:
                self._work = None

    def _load(self, network: Network, source: str) -> Iterator[None]:
        """Load a data set, if it is on this machine; drawings have to be made images of, too."""
        from engine.recognition.evaluation import images_in_parts

        found = yield from wait_for(self._worker, lambda: _find(source, network))
        if isinstance(found, LabelledDigits):
            self._loaded[source] = found
        elif found is not None:
            drawings, seen = found
            parts = images_in_parts(network, drawings, DRAWN_AT_ONCE)
            examples = yield from self._told(parts, len(drawings), source)
            self._loaded[source] = LabelledDigits(examples, drawings, seen)

    def _told(self, parts: Generator[int, None, T], count: int, source: str) -> Generator[None, None, T]:
        """Do one part in each frame, and tell how much is done."""
        while True:
            try:
                done = next(parts)
            except StopIteration as end:
                result: T = end.value
                return result
            if source == self.source:
                self.percent = 10 * (10 * done // count)
            yield


def _find(source: str, network: Network) -> LabelledDigits | tuple[list[Drawing], int] | None:
    """Images with labels, or drawings and how many of them were trained on; None if they are not here."""
    from engine.data.datasets import DataError, find_mnist
    from engine.data.drawings import read_drawings
    from engine.recognition.overlap import count_seen_images, seen_drawings
    from engine.sources import SOURCES

    if source == "mnist":
        mnist = find_mnist()
        if mnist is None or mnist[1].test is None:
            return None
        test = mnist[1].test
        if mnist[1].classes != network.classes:
            raise DataError(f"{shown(mnist[0])} does not hold the ten digits: name another, or fetch MNIST")
        return LabelledDigits(test, None, count_seen_images(network.card, test.images, test.labels))
    path = SOURCES[source].find()
    if path is None:
        return None
    drawings = read_drawings(path)
    seen = sum(seen_drawings(network.card, drawings))
    return [each for each in drawings if each.label is not None], seen
