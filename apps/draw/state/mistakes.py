"""Labelled digits that are on this machine, and which of them the network takes for another.

Nothing is loaded or computed before the page asks for it, and nothing is ever downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.draw.state.document import PenStroke
from apps.draw.state.files import USUAL_WIDTH, to_canvas
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.waiting import wait_for
from backends.arrays import Array
from backends.errors import InkdigitsError, blame, shown
from engine.data.strokes import strokes_to_image
from engine.model.network import Network

if TYPE_CHECKING:
    from apps.draw.state.session import Session
    from engine.recognition.evaluation import Evaluation

DATA = {"mnist": "MNIST test set", "pen-strokes": "Pen strokes"}  # as in `engine.sources`, and in words
AT_ONCE = 500  # images to predict in one frame
DRAWN_AT_ONCE = 8  # drawings to make images of in one frame

Cell = tuple[int, int]  # the label and the answer


@dataclass(frozen=True, eq=False)
class Picture:
    """A digit without strokes, 28x28 pixels, and what is to be said of it."""

    image: Array
    says: str


@dataclass(eq=False)
class LabelledDigits:
    """The digits of a data set.

    Attributes
    ----------
    labels : (N,) array of integers
        What they are.
    images : (N, 28, 28) array of uint8
        The network's input.
    strokes : list of lists of strokes, or None
        How they were drawn, if it is known.
    seen : int
        How many of them the network was trained on, as far as its card tells.
    drawn : int
        How many of ``images`` are made already: those of drawings are made in slices.
    """

    labels: Array
    images: Array
    strokes: list[list[Any]] | None
    seen: int
    drawn: int


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
        label, answer = self.cell
        evaluation = self.evaluation
        found = np.flatnonzero((evaluation.labels == label) & (evaluation.answers == answer))
        sure = evaluation.probabilities[found, answer]
        order = np.argsort(sure if label == answer else -sure, kind="stable")
        return [int(index) for index in found[order]]

    def step(self, across: int, down: int) -> None:
        """Choose the cell beside the chosen one, or at first the most frequent mistake."""
        if self.evaluation is None:
            return
        classes = len(self.evaluation.confusion)
        if self.cell is None:
            wrong = self.evaluation.confusion * (1 - np.eye(classes, dtype=int))
            label, answer = divmod(int(wrong.argmax()), classes)
            self.cell = label, answer
            return
        label, answer = self.cell
        self.cell = min(max(label + down, 0), classes - 1), min(max(answer + across, 0), classes - 1)

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
        if digits.strokes is None:
            says = f"{DATA[self.source]}, number {index}: label {digits.labels[index]}"
            session.show_picture(Picture(digits.images[index], says))
            return
        lines = [[(float(x), float(y)) for x, y in stroke] for stroke in digits.strokes[index]]
        lines = to_canvas([line for line in lines if line])
        session.document.replace(tuple(PenStroke(tuple(line), USUAL_WIDTH) for line in lines))

    # ---- Slow work -----------------------------------------------------------------------------

    def _evaluate(self, live: LiveNetwork, source: str) -> Iterator[None]:
        """Load the digits if that is to be done, and predict them, some in each frame."""
        mine, network = self._work, live.network
        try:
            if source not in self._loaded:
                found = yield from wait_for(self._worker, lambda: _load(source, network))
                if found is not None:
                    self._loaded[source] = found
            if source in self._loaded:
                yield from self._predict(live, network, source)
            elif self._work is mine:
                self.trouble, self._evaluated = "missing", network
        except InkdigitsError as error:
            if self._work is mine:
                self.trouble, self._evaluated = str(error), network
        finally:
            if self._work is mine:
                self._work = None

    def _predict(self, live: LiveNetwork, network: Network, source: str) -> Iterator[None]:
        from engine.recognition.evaluation import Evaluation

        mine, digits, parts = self._work, self._loaded[source], []
        count = len(digits.labels)
        while digits.strokes is not None and digits.drawn < count:
            part = slice(digits.drawn, digits.drawn + DRAWN_AT_ONCE)
            with blame(network.backend, "drawing"):
                images = [strokes_to_image(each, backend=network.backend) for each in digits.strokes[part]]
            digits.images[part] = images
            digits.drawn += len(images)
            yield from self._pause(digits.drawn, count)
            if self._work is not mine:
                return
        for start in range(0, count, AT_ONCE):
            with blame(network.backend, "evaluating"):
                parts.append(network.predict_proba(digits.images[start : start + AT_ONCE]))
            yield from self._pause(start, count)
            if self._work is not mine or live.network is not network:
                return
        self.digits, self._evaluated, self.trouble = digits, network, ""
        self.evaluation = Evaluation(digits.labels, np.concatenate(parts), network.classes)
        self.picked = None

    def _pause(self, done: int, count: int) -> Iterator[None]:
        """Leave the rest for the next frame."""
        self.percent = 10 * (10 * done // count)
        yield


def _load(source: str, network: Network) -> LabelledDigits | None:
    """The digits of a data set with labels; None where it is not on this machine."""
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
        seen = count_seen_images(network.card, test.images, test.labels)
        return LabelledDigits(test.labels, test.images, None, seen, len(test))
    path = SOURCES[source].find()
    if path is None:
        return None
    drawings = read_drawings(path)
    was_seen = seen_drawings(network.card, drawings)
    known = [each for each in drawings if each.label is not None]
    return LabelledDigits(
        np.array([each.label for each in known], np.int64),
        np.zeros((len(known), 28, 28), np.uint8),
        [each.strokes for each in known],
        sum(was_seen),
        drawn=0,
    )
