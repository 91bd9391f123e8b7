"""Everything that a key or a button can do: one table for keys, buttons, tooltips and help.

To add an action, add a row to `ACTIONS`; if it has an icon, draw that in `apps.draw.paint.icons`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.draw.state.session import Session


class Place(Enum):
    """Where the button of an action is."""

    TOOL = auto()  # under the canvas, from the left: an icon
    COMMAND = auto()  # under the canvas, from the right: a label
    SWITCH = auto()  # at the top right: an icon without a background


def _always(session: Session) -> bool:
    return True


def _never(session: Session) -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Action:
    """One row of the table.

    Attributes
    ----------
    label : str
        The text of a button without an icon.
    says : str
        What the action does, for its tooltip and the help.
    keys : tuple of str
        Keys as people write them, such as ``Ctrl+Z``; the tooltip shows the first.
    run : callable
        The handler. It changes the session.
    place : Place, optional
        Where the button is; None for an action without a button.
    icon : str, optional
        The name of a drawing in `apps.draw.paint.icons.ICONS`.
    primary : bool
        Whether the button has the accent colour.
    enabled : callable
        Whether the action would do anything now.
    on : callable
        Whether the button of a switch shows that it is on.
    """

    label: str
    says: str
    keys: tuple[str, ...]
    run: Callable[[Session], None]
    place: Place | None = None
    icon: str | None = None
    primary: bool = False
    enabled: Callable[[Session], bool] = _always
    on: Callable[[Session], bool] = _never

    @property
    def tooltip(self) -> str:
        return f"{self.says}  ({self.keys[0]})"


def _toggle(setting: str) -> Callable[[Session], None]:
    """Make the handler that turns one of the session's settings on or off."""
    return lambda session: setattr(session, setting, not getattr(session, setting))


def _has_ink(session: Session) -> bool:
    return not session.document.empty


CLOSE = Action("Close", "Close the window", ("Esc",), lambda session: session.close())

ACTIONS = (
    Action(
        "Predict",
        "Predict now",
        ("P",),
        lambda session: session.prediction.run(session.document.strokes),
        Place.COMMAND,
        primary=True,
        enabled=_has_ink,
    ),
    Action(
        "Clear",
        "Clear the canvas",
        ("Q", "Delete"),
        lambda session: session.document.clear(),
        Place.COMMAND,
        enabled=_has_ink,
    ),
    Action(
        "Undo",
        "Undo",
        ("Ctrl+Z",),
        lambda session: session.document.undo(),
        Place.TOOL,
        icon="undo",
        enabled=lambda session: session.document.can_undo,
    ),
    Action(
        "Redo",
        "Redo",
        ("Ctrl+Y", "Ctrl+Shift+Z"),
        lambda session: session.document.redo(),
        Place.TOOL,
        icon="redo",
        enabled=lambda session: session.document.can_redo,
    ),
    Action(
        "Eraser",
        "Turn the eraser on or off",
        ("E",),
        _toggle("eraser"),
        Place.TOOL,
        icon="eraser",
        on=lambda session: session.eraser,
    ),
    Action("Thinner", "Thinner brush", ("[",), lambda session: session.widen_brush(-1)),
    Action("Thicker", "Thicker brush", ("]",), lambda session: session.widen_brush(1)),
    Action(
        "Live",
        "Predict while drawing",
        ("L",),
        lambda session: session.prediction.toggle_live(),
        Place.SWITCH,
        icon="eye",
        on=lambda session: session.prediction.live,
    ),
    Action(
        "Grid",
        "Show or hide the grid",
        ("G",),
        _toggle("grid"),
        Place.SWITCH,
        icon="grid",
        on=lambda session: session.grid,
    ),
    Action("Theme", "Switch between dark and light", ("T",), _toggle("dark"), Place.SWITCH, icon="sun"),
    Action("Help", "Show keyboard shortcuts", ("H", "F1"), _toggle("help"), Place.SWITCH, icon="question"),
    CLOSE,
)
