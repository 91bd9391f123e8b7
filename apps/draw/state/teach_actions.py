"""The buttons of the row in which the network is told what the digit was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.draw.state.actions import Action
from engine.data.datasets import DIGITS

if TYPE_CHECKING:
    from apps.draw.state.session import Session


def _teacher(digit: int) -> Callable[[Session], None]:
    return lambda session: session.teaching.teach(digit)


# A digit alone is a page's first: on Why it is the digit to compare with.
TEACH = tuple(
    Action(
        digit,
        f"It was a {digit}: let the network learn it",
        (f"Ctrl+Shift+{digit}", digit),
        _teacher(int(digit)),
        enabled=lambda session: session.teaching.possible,
    )
    for digit in DIGITS
)
UNLEARN = Action(
    "Undo",
    "Forget what was just learned",
    ("Ctrl+Z",),
    lambda session: session.teaching.undo(),
    enabled=lambda session: session.teaching.can_undo,
)
SAVE_TAUGHT = Action(
    "Save",
    "Save the network that has learned in your documents",
    ("Ctrl+Shift+S",),
    lambda session: session.teaching.save(),
    enabled=lambda session: session.files is not None and session.teaching.unsaved,
)
