"""Training steps on the drawing, taken apart: for the page that shows how a network learns.

The steps are taken on copies: the network that answers never learns from them. They begin anew with another
drawing, another network or another digit that it is to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backends.errors import BackendFailedError, InkdigitsError, blame
from engine.data.datasets import DIGITS
from engine.model.network import Network

if TYPE_CHECKING:
    from apps.draw.state.session import Session
    from engine.recognition.recognize import Recognition
    from engine.training.step import GradientCheck, Step

LEARNING_RATE = 0.05
MANY = 10  # steps that are taken at once
MOST = 200  # steps that can be taken back


@dataclass(frozen=True)
class Part:
    """A part of a step.

    Attributes
    ----------
    name : str
        What it is called.
    formula : str
        With the names of `backends.base`.
    layer : int or None
        The layer whose derivatives it computes, counted from 0.
    """

    name: str
    formula: str
    layer: int | None = None


def parts_of(layers: int) -> tuple[Part, ...]:
    """The parts of a step of a network with this many layers of weights, in the order of computing."""
    last = layers - 1
    backward = [Part(f"dz{layers}", f"dz{layers} = p - onehot", last)]
    for layer in reversed(range(last)):
        above = layer + 2
        backward.append(Part(f"dz{layer + 1}", f"dz{above} @ W{above}.T where z{layer + 1} > 0", layer))
    return (
        Part("forward", "z = x @ W + b, ReLU(z)"),
        Part("loss", "-log p,  p = softmax(z)"),
        *backward,
        Part("update", f"W -= {LEARNING_RATE} * x.T @ dz"),
    )


class Stepping:
    """A step, part by part.

    Parameters
    ----------
    session : Session
        The steps are for its prediction and its network.

    Attributes
    ----------
    label : int or None
        What the drawing is to be; None where there is nothing to learn from.
    reached : int
        How many parts of the step have been shown.
    failure : str
        Why there is no step, where the backend failed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.label: int | None = None
        self.reached = 1
        self.failure = ""
        self._chosen: int | None = None  # by the user; else the answer is the label
        self._steps: list[Step] = []
        self._checks: tuple[Step, list[GradientCheck]] | None = None
        self._for: tuple[Recognition, Network, int] | None = None

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        return self._steps[-1] if self._steps else None

    @property
    def taken(self) -> int:
        """How many steps came before it."""
        return max(len(self._steps) - 1, 0)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Those of the step."""
        return parts_of(len(self.step.dz)) if self.step else ()

    def update(self) -> None:
        """Call it in every frame of the page: begin anew where something else is to be learned.

        While the pen is down, all stays as it is: nobody reads numbers while they draw.
        """
        session, live = self._session, self._session.network
        recognition = session.prediction.recognition
        if session.document.busy:
            return
        probabilities = None if recognition is None else recognition.probabilities
        if live is None or recognition is None or probabilities is None or live.network.classes != DIGITS:
            self._steps, self._for, self._chosen, self.label, self.failure = [], None, None, None, ""
            return
        self.label = int(probabilities.argmax()) if self._chosen is None else self._chosen
        wanted = recognition, live.network, self.label
        if self._for is None or any(one is not other for one, other in zip(self._for, wanted, strict=True)):
            self.reached = 1
            self._for, self._steps, self.failure = wanted, [], ""
            self._take(live.network)

    @property
    def checks(self) -> list[GradientCheck] | None:
        """The gradients beside numerical ones; None while the pen is down or other work is done."""
        step, session = self.step, self._session
        if step is None or self._for is None or session.document.busy or session.jobs:
            return None
        if self._checks is None or self._checks[0] is not step:
            from engine.training.step import check_gradients

            recognition, network, label = self._for
            at = Network(step.before, network.backend, network.card)
            try:
                with blame(network.backend, "checking gradients"):
                    self._checks = step, check_gradients(at, recognition.image, label)
            except BackendFailedError as error:
                self._checks, self.failure = (step, []), str(error)
        return self._checks[1]

    # ---- What buttons and keys do --------------------------------------------------------------

    def choose(self, digit: int) -> None:
        """Let the drawing be this digit."""
        self._chosen = digit
        self.update()

    def forward(self) -> None:
        """Show the next part; after the last, take the step and begin the next."""
        if self.reached < len(self.parts):
            self.reached += 1
        elif self.step is not None:
            self._take_next()
            self.reached = 1

    def back(self) -> None:
        """Show one part less; before the first, go back to the step before."""
        if self.reached > 1:
            self.reached -= 1
        elif self.taken:
            self._steps.pop()
            self.reached = len(self.parts)

    def take_many(self) -> None:
        """Take ten steps, and show the last one whole."""
        for _ in range(MANY):
            self._take_next()
        self.reached = len(self.parts)

    @property
    def can_go_back(self) -> bool:
        return self.reached > 1 or self.taken > 0

    # ---- Computing -----------------------------------------------------------------------------

    def _take_next(self) -> None:
        step, wanted = self.step, self._for
        if step is not None and wanted is not None:
            self._take(Network(step.after, wanted[1].backend, wanted[1].card))
            del self._steps[:-MOST]

    def _take(self, network: Network) -> None:
        from engine.training import step as steps  # nothing needs it before the page is shown

        assert self._for is not None
        recognition, _, label = self._for
        try:
            with blame(network.backend, "taking a step"):
                taken = steps.step(network, recognition.image, label, learning_rate=LEARNING_RATE)
            self._steps.append(taken)
        except InkdigitsError as error:
            self.failure = str(error)
