"""What keys and buttons do on the page that takes a training step apart."""

from __future__ import annotations

from apps.draw.state.actions import Action
from apps.draw.state.session import Session


def _has_step(session: Session) -> bool:
    return session.stepping.step is not None


NEXT_PART = Action(
    "Next",
    "The next part of the step, and after the last the next step",
    ("Space",),
    lambda session: session.stepping.forward(),
    primary=True,
    enabled=_has_step,
    repeats=True,
)
PART_BEFORE = Action(
    "Back",
    "The part before",
    ("Backspace",),
    lambda session: session.stepping.back(),
    enabled=lambda session: _has_step(session) and session.stepping.can_go_back,
    repeats=True,
)
TEN_STEPS = Action(
    "Ten steps",
    "Take ten steps at once",
    ("Shift+Space",),
    lambda session: session.stepping.take_many(),
    enabled=_has_step,
)


def to_be(digit: int) -> Action:
    """Make the action that says what the drawing is to be."""
    return Action(
        str(digit),
        f"Let it learn that this is a {digit}",
        (str(digit),),
        lambda session: session.stepping.choose(digit),
        enabled=_has_step,
    )
