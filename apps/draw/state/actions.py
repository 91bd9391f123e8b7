"""Everything that a key or a button can do: one table for keys, buttons, tooltips and the menu.

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
    CORNER = auto()  # at the top right, beside the tabs: an icon


def always(session: Session) -> bool:
    return True


def never(session: Session) -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Action:
    """One row of the table.

    Attributes
    ----------
    label : str
        The text of a button without an icon.
    says : str
        What the action does, for its tooltip and the menu.
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
        Whether what the action switches is on.
    shown : callable
        Whether there is a button now.
    repeats : bool
        Whether a key that is held down runs it again and again.
    """

    label: str
    says: str
    keys: tuple[str, ...]
    run: Callable[[Session], None]
    place: Place | None = None
    icon: str | None = None
    primary: bool = False
    enabled: Callable[[Session], bool] = always
    on: Callable[[Session], bool] = never
    shown: Callable[[Session], bool] = always
    repeats: bool = False

    @property
    def tooltip(self) -> str:
        return f"{self.says}  ({self.keys[0]})" if self.keys else self.says


def _toggle(setting: str) -> Callable[[Session], None]:
    """Make the handler that turns one of the session's settings on or off."""
    return lambda session: setattr(session, setting, not getattr(session, setting))


def _has_ink(session: Session) -> bool:
    return not session.document.empty


def _has_files(session: Session) -> bool:
    return session.files is not None


NOTHING = Action("", "", (), lambda session: None)  # keeps a press from what is below
CLOSE = Action("Back", "Leave a panel or a button", ("Esc",), lambda session: session.go_back())
MENU = Action(
    "Menu",
    "Everything that you can do, and its keys",
    ("H", "F1"),
    lambda session: session.show_panel("menu"),
    Place.CORNER,
    icon="menu",
)
QUIT = Action("Quit", "Close the window", ("Ctrl+Q", "Ctrl+W"), lambda session: session.close())

SWAP_BACKEND = Action(
    "Backend",
    "Compute with another backend",
    ("B",),
    lambda session: session.backends.swap(),
    enabled=lambda session: session.network is not None,
)

ACTIONS = (
    Action(
        "Undo",
        "Undo",
        ("Ctrl+Z",),
        lambda session: session.undo(),
        Place.TOOL,
        icon="undo",
        enabled=lambda session: session.teaching.can_undo or session.document.can_undo,
        repeats=True,
    ),
    Action(
        "Redo",
        "Redo",
        ("Ctrl+Y", "Ctrl+Shift+Z"),
        lambda session: session.redo(),
        Place.TOOL,
        icon="redo",
        enabled=lambda session: session.teaching.can_redo or session.document.can_redo,
        repeats=True,
    ),
    Action(
        "Eraser",
        "Erase instead of drawing",
        ("E",),
        _toggle("eraser"),
        Place.TOOL,
        icon="eraser",
        on=lambda session: session.eraser,
    ),
    Action("Thinner", "Thinner brush", ("[",), lambda session: session.widen_brush(-1), repeats=True),
    Action("Thicker", "Thicker brush", ("]",), lambda session: session.widen_brush(1), repeats=True),
    Action(
        "Clear",
        "Clear the canvas",
        ("Q", "Delete"),
        lambda session: session.clear(),
        Place.COMMAND,
        enabled=lambda session: _has_ink(session) or session.picture is not None,
    ),
    Action(
        "Predict",
        "Predict now",
        ("P",),
        lambda session: session.predict(),
        Place.COMMAND,
        primary=True,
        enabled=_has_ink,
        shown=lambda session: not session.prediction.live,
    ),
    Action(
        "Save",
        "Save the drawing",
        ("Ctrl+S",),
        lambda session: session.save(),
        Place.COMMAND,
        enabled=lambda session: _has_ink(session) and _has_files(session),
        shown=lambda session: session.prediction.live,
    ),
    Action(
        "Open",
        "Open a saved drawing",
        ("Ctrl+O",),
        lambda session: session.show_panel("open"),
        enabled=_has_files,
    ),
    Action(
        "Bring back",
        "Bring back the last session's drawing",
        ("Ctrl+R",),
        lambda session: session.bring_back(),
        enabled=_has_files,
    ),
    Action(
        "Live",
        "Predict while drawing",
        ("L",),
        lambda session: session.toggle_live(),
        on=lambda session: session.prediction.live,
    ),
    SWAP_BACKEND,
    Action(
        "Digit",
        "Show the next of several digits",
        ("D",),
        lambda session: session.several.choose(session.several.chosen + 1),
        enabled=lambda session: bool(session.several.digits),
        repeats=True,
    ),
    Action("Grid", "Show the grid", ("G",), _toggle("grid"), on=lambda session: session.grid),
    Action("Dark", "Dark colours", ("T",), _toggle("dark"), on=lambda session: session.dark),
    Action("Calm", "Calm: nothing moves by itself", ("M",), _toggle("calm"), on=lambda session: session.calm),
    Action("Next", "Next view", ("Ctrl+Tab",), lambda session: session.turn_page(1)),
    Action("Previous", "Previous view", ("Ctrl+Shift+Tab",), lambda session: session.turn_page(-1)),
    MENU,
    CLOSE,
    QUIT,
)
