"""Training that can be watched: a network learns while the window is open, and answers for the drawing.

Some steps are taken in each frame. The model from before comes back when the user says so, and nothing that
was learned is thrown away without asking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from apps.draw.state.growing_network import GrowingNetwork, find_digits, new_training
from apps.draw.state.training_choices import Choices
from apps.draw.state.waiting import wait_for
from backends.errors import InkdigitsError
from backends.registry import available_backends
from engine.data.datasets import Dataset
from engine.model.network import Network

if TYPE_CHECKING:
    from apps.draw.state.session import Session

STEPS = 3  # a frame, of 64 digits each: slow enough to watch
TURBO_STEPS = 5  # at once at full speed: 4.5 ms with NumPy
TURBO_TIMES = 3  # a frame, where the time is not taken
SLICE = 4e-3  # seconds a frame, after which no more are begun
MEASURED = 12  # frames from one measurement of the accuracy to the next


class Stage(Enum):
    """What is being done."""

    NONE = auto()  # no network learns
    LOADING = auto()
    RUNNING = auto()
    PAUSED = auto()
    OVER = auto()  # all epochs are over, or the run failed


class Question(Enum):
    """What is asked before anything is lost."""

    STOP = auto()  # which network answers from now on?
    NEW = auto()  # may the one that learned go?


class WatchedTraining:
    """Trains a network frame by frame; it takes the place of the session's network meanwhile.

    Parameters
    ----------
    session : Session
        Its `LiveNetwork` gets copies of the network that learns.

    Attributes
    ----------
    choices : Choices
        For the next new network.
    stage : Stage
        What is being done.
    question : Question or None
        What the user has to answer.
    turbo : bool
        Whether it learns at full speed.
    growing : GrowingNetwork or None
        The network that learns, or learned last.
    shown : Network or None
        The last copy of it.
    note : str
        What is being waited for, or what went wrong.
    speed : float or None
        Digits that it learns from in a second, where the time is taken.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.choices = Choices(session.network.network.backend.name) if session.network else Choices()
        self.stage = Stage.NONE
        self.question: Question | None = None
        self.turbo = False
        self.growing: GrowingNetwork | None = None
        self.shown: Network | None = None
        self.note = ""
        self.speed: float | None = None
        self._dataset: Dataset | None = None
        self._job: Iterator[None] = iter(())
        self._before: tuple[Network, str, float | None] | None = None  # what answered, its name and accuracy
        self._saved_at = 0  # digits learned from when it was last saved

    @property
    def active(self) -> bool:
        """Whether there is a network that learns, or could go on."""
        return self.stage in (Stage.RUNNING, Stage.PAUSED, Stage.OVER)

    @property
    def answers(self) -> bool:
        """Whether the network that learns is the one that predicts."""
        live, shown = self._session.network, self.shown
        return live is not None and shown is not None and live.network.parameters is shown.parameters

    @property
    def unsaved(self) -> bool:
        """Whether something was learned that is in no file."""
        return self.growing is not None and self.growing.digits != self._saved_at

    @property
    def outdated(self) -> bool:
        """Whether other settings are chosen than those of the network that learns."""
        return self.active and self.growing is not None and self.growing.choices != self.choices

    # ---- What the buttons do -------------------------------------------------------------------

    def choose(self, name: str, by: int) -> None:
        """Choose another value for the next new network."""
        known = available_backends()
        self.choices = self.choices.step(name, by, tuple(each for each in known if not known[each].why_not))

    def start_or_pause(self) -> None:
        """Make a network and let it learn; or pause, or go on."""
        fresh = self.growing is None or (self.outdated and not self.growing.digits)
        if self.stage is Stage.RUNNING:
            self.stage = Stage.PAUSED
        elif self.stage is Stage.PAUSED and not fresh:
            self._take_over()
            self.stage = Stage.RUNNING
            if self._job not in self._session.jobs:
                self._start_job(self._frames())
        elif self.stage in (Stage.NONE, Stage.PAUSED):
            self._begin(Stage.RUNNING)

    def step(self) -> None:
        """Take one step: learn from 64 digits."""
        if self.stage is Stage.PAUSED and self.growing is not None:
            self._take_over()
            self._learn(lambda taken: taken < 1, 1)
            self._try(self.growing.measure)

    def toggle_turbo(self) -> None:
        """Learn at full speed, or slowly enough to watch."""
        self.turbo = not self.turbo

    def new(self) -> None:
        """A new network with random weights; asks first where what was learned would be lost."""
        if self.active and self.unsaved and self.question is not Question.NEW:
            self._ask(Question.NEW)
        elif self.stage is not Stage.LOADING:
            self._begin(Stage.PAUSED)

    def stop(self) -> None:
        """Stop, and ask which network answers from now on."""
        if self.active:
            self._ask(Question.STOP)

    def cancel(self) -> None:
        """Leave the question unanswered."""
        self.question = None

    def keep(self) -> None:
        """The network that learned answers from now on."""
        if self.active:
            self._take_over()
            self._before, self.question, self.stage = None, None, Stage.NONE

    def go_back(self) -> None:
        """The model from before answers again."""
        if self.active and self._before is not None and self._session.network is not None:
            (network, model, accuracy), live = self._before, self._session.network
            live.network = Network(network.parameters, live.network.backend, network.card)
            self._session.facts = replace(self._session.facts, model=model, accuracy=accuracy)
            self._before = self.growing = self.shown = self.question = None
            self.stage = Stage.NONE

    def save(self) -> None:
        """Save it as a new file in the user's documents, with a card that says how it learned."""
        files, growing = self._session.files, self.growing
        if files is None or growing is None:
            return
        try:
            where = files.save_network(growing.measured_copy())
        except InkdigitsError as error:
            self._session.say(str(error))
            return
        self._saved_at = growing.digits
        if self.answers and not self.active:
            self._session.facts = replace(self._session.facts, model=where.rpartition("/")[2])
        self._session.say(f"Saved: {where}")

    # ---- Beginning -----------------------------------------------------------------------------

    def _ask(self, question: Question) -> None:
        self.question = question
        if self.stage is Stage.RUNNING:
            self.stage = Stage.PAUSED

    def _begin(self, then: Stage) -> None:
        live = self._session.network
        if live is not None:
            came_from, self.question, self.stage = self.stage, None, Stage.LOADING
            self.note = "Reading the digits…" if self._dataset is None else "A new network…"
            self._start_job(self._load(live.network, self.choices, came_from, then))

    def _start_job(self, job: Iterator[None]) -> None:
        self._job = job
        self._session.jobs.append(job)

    def _load(self, reader: Network, choices: Choices, came_from: Stage, then: Stage) -> Iterator[None]:
        """Read the digits and make a network, in the worker; then let it learn."""

        def make() -> GrowingNetwork:
            self._dataset = self._dataset or find_digits()
            return GrowingNetwork(new_training(self._dataset, choices, reader.backend, self._tell), choices)

        yield  # so that the note is seen first
        try:
            growing = yield from wait_for(self._session.worker, make)
        except (InkdigitsError, MemoryError) as error:
            self.stage = came_from
            self._fail(error)
            return
        if self.answers and self._before is None:  # the last one was kept: it is what was before
            self._note_before()
        self._take_over(growing)
        self._saved_at, self.note, self.stage = 0, "", then
        self._try(growing.measure)
        yield from self._frames()

    def _tell(self, note: str) -> None:
        """What a backend is doing; it calls this from the worker."""
        self.note = note

    def _note_before(self) -> None:
        """Remember what answers now, so that it can come back."""
        live, facts = self._session.network, self._session.facts
        assert live is not None
        self._before = live.network, facts.model, facts.accuracy

    def _take_over(self, growing: GrowingNetwork | None = None) -> None:
        """Let the network that learns answer instead of the present one."""
        if not self.answers:
            self._note_before()
        self.growing = growing or self.growing
        self._show()
        self._session.facts = replace(self._session.facts, model="new network", accuracy=None)

    # ---- Learning ------------------------------------------------------------------------------

    def _frames(self) -> Iterator[None]:
        """The job: in each frame some steps, or one measurement of the accuracy."""
        frame, clock = 0, self._session.prediction.clock
        self.speed, then = None, (0.0, 0)  # the time and the digits at the last measurement
        while self.stage is Stage.RUNNING and self.growing is not None:
            yield
            frame += 1
            if self.stage is not Stage.RUNNING:
                break
            if not self.answers:
                self.note, self.stage = "Paused: another network was put in its place", Stage.PAUSED
            elif frame % MEASURED == 0:
                self._try(self.growing.measure)
                now = clock() if clock else 0.0, self.growing.digits
                if then[0] < now[0] and then[1]:
                    self.speed = (now[1] - then[1]) / (now[0] - then[0])
                then = now
            else:
                self._learn(self._more(), TURBO_STEPS if self.turbo else 1)
        self.turbo = self.turbo and self.stage is not Stage.OVER

    def _more(self) -> Callable[[int], bool]:
        """Whether more steps fit into this frame."""
        clock = self._session.prediction.clock
        if not self.turbo:
            return lambda taken: taken < STEPS
        if clock is None:
            return lambda taken: taken < TURBO_TIMES
        until = clock() + SLICE
        return lambda taken: clock() < until

    def _learn(self, more: Callable[[int], bool], at_once: int) -> None:
        growing = self.growing
        assert growing is not None
        remark, self.note = growing.remark, ""
        if self._try(lambda: growing.learn(more, at_once)):  # where it failed, the numbers may be none
            self._show()
        if growing.remark != remark:
            self._session.say(growing.remark)
        if growing.over:
            self.stage = Stage.OVER
            self._try(growing.measure)

    def _show(self) -> None:
        """Let a copy of the network as it is now predict, on the backend that predicts now."""
        live = self._session.network
        if live is not None and self.growing is not None:
            live.network = self.shown = self.growing.copy(live.network.backend)

    def _try(self, work: Callable[[], object]) -> bool:
        """Do something with the network; where that fails, training is over, and the rest stays."""
        try:
            work()
        except InkdigitsError as error:
            self.stage = Stage.OVER
            self._fail(error)
            return False
        return True

    def _fail(self, error: BaseException) -> None:
        self.note = str(error) or "there is not enough memory for it"
        self._session.say(self.note)
