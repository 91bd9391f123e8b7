"""The buttons of the page on which a network learns: a row, or the answers to a question in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.draw.state.actions import Action
from apps.draw.state.training_choices import NAMES
from apps.draw.state.watched_training import Question, Stage

if TYPE_CHECKING:
    from apps.draw.state.session import Session


def _at(*stages: Stage) -> Callable[[Session], bool]:
    return lambda session: session.network is not None and session.training.stage in stages


def _can_save(session: Session) -> bool:
    growing = session.training.growing
    return session.files is not None and growing is not None and growing.digits > 0


def _can_begin(session: Session) -> bool:
    return session.network is not None and session.training.stage is not Stage.LOADING


def _chooser(name: str, by: int) -> Callable[[Session], None]:
    return lambda session: session.training.choose(name, by)


START = Action(
    "Start",
    "Let the network learn",
    ("S",),
    lambda session: session.training.start_or_pause(),
    primary=True,
    enabled=_at(Stage.NONE, Stage.PAUSED),
)
PAUSE = Action("Pause", "Pause", ("S",), lambda session: session.training.start_or_pause())
STEP = Action(
    "Step",
    "Take one step: learn from 64 digits",
    (".",),
    lambda session: session.training.step(),
    enabled=_at(Stage.PAUSED),
    repeats=True,
)
TURBO = Action(
    "Turbo",
    "Learn as fast as this machine can",
    ("F",),
    lambda session: session.training.toggle_turbo(),
    on=lambda session: session.training.turbo,
)
NEW = Action(
    "New",
    "Make a new network, with random weights",
    ("N",),
    lambda session: session.training.new(),
    enabled=_can_begin,
)
SAVE_NETWORK = Action(
    "Save",
    "Save this network in your documents",
    ("W",),
    lambda session: session.training.save(),
    enabled=_can_save,
)
STOP = Action(
    "Stop",
    "Stop, and choose which network answers",
    ("X",),
    lambda session: session.training.stop(),
    enabled=lambda session: session.training.active,
)
CANCEL = Action("Cancel", "Leave all as it is", ("C",), lambda session: session.training.cancel())
ANSWERS = {
    Question.STOP: (
        Action("Keep it", "Let the new network answer", ("K",), lambda session: session.training.keep()),
        Action(
            "Go back", "Let the model from before answer", ("R",), lambda session: session.training.go_back()
        ),
        CANCEL,
    ),
    Question.NEW: (
        Action("Start afresh", "Throw away what it learned", ("N",), lambda session: session.training.new()),
        replace(SAVE_NETWORK, label="Save it"),
        CANCEL,
    ),
}
STEPPERS = {
    name: tuple(
        Action("‹" if by < 0 else "›", f"{says} {label.lower()}", (), _chooser(name, by))
        for by, says in ((-1, "Previous"), (1, "Next"))
    )
    for name, label in NAMES.items()
}


def controls(session: Session) -> tuple[Action, ...]:
    """The row of buttons as it is now."""
    training = session.training
    if training.question is not None:
        return ANSWERS[training.question]
    first = PAUSE if training.stage is Stage.RUNNING else START
    return first, STEP, TURBO, NEW, SAVE_NETWORK, STOP
