"""Everything that a key or a button can ask for: one table for keys, buttons, tooltips and help."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What can be asked for."""

    PREDICT = "predict"
    CLEAR = "clear"
    UNDO = "undo"
    REDO = "redo"
    ERASER = "eraser"
    THINNER = "thinner"
    WIDER = "wider"
    LIVE = "live"
    GRID = "grid"
    THEME = "theme"
    HELP = "help"
    CLOSE = "close"


@dataclass(frozen=True)
class Entry:
    """How an action is named and reached.

    Attributes
    ----------
    label : on its button, if that has no icon
    says : what it does, for tooltips and help
    keys : as they are written, such as ``Ctrl+Z``; the first is the one that is shown
    """

    label: str
    says: str
    keys: tuple[str, ...]

    @property
    def tooltip(self) -> str:
        return f"{self.says}  ({self.keys[0]})"


ACTIONS = {
    Action.PREDICT: Entry("Predict", "Read the drawing now", ("P",)),
    Action.CLEAR: Entry("Clear", "Clear the canvas", ("Q", "Delete")),
    Action.UNDO: Entry("Undo", "Undo", ("Ctrl+Z",)),
    Action.REDO: Entry("Redo", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z")),
    Action.ERASER: Entry("Eraser", "Eraser on or off", ("E",)),
    Action.THINNER: Entry("Thinner", "Thinner brush", ("[",)),
    Action.WIDER: Entry("Wider", "Wider brush", ("]",)),
    Action.LIVE: Entry("Live", "Read while drawing, or only when asked", ("L",)),
    Action.GRID: Entry("Grid", "Grid on or off", ("G",)),
    Action.THEME: Entry("Theme", "Dark or light", ("T",)),
    Action.HELP: Entry("Help", "Show all keys", ("H", "F1")),
    Action.CLOSE: Entry("Close", "Close the window", ("Esc",)),
}

ACTION_OF_KEY = {key: action for action, entry in ACTIONS.items() for key in entry.keys}
