"""The window without a mouse: a focus that goes from button to button, and a pen that arrow keys move.

Without a focus the arrow keys move the pen, and Space puts it down and lifts it. Tab gives the buttons the
focus, one after the other; Enter or Space presses the one that has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.draw.state.actions import Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box

if TYPE_CHECKING:
    from apps.draw.state.session import Session

ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}
STEP, FINE_STEP = 1 / 28, 1 / 140  # canvas units that an arrow key moves the pen, and with Shift


class Keyboard:
    """The focus and the pen.

    Attributes
    ----------
    focus : Action or None
        The action whose button has the focus.
    pen : (x, y) or None
        Where the pen is in canvas units; None while the mouse draws.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.focus: Action | None = None
        self.pen: Point | None = None
        self._down = False

    def press(self, key: str, repeated: bool) -> bool:
        """Handle a key; returns whether it meant anything here."""
        name = key.removeprefix("Shift+")
        if name == "Tab":
            self._next(-1 if key != name else 1)
        elif self.focus is not None and key in ("Enter", "Space"):
            if not repeated:
                self._session.do(self.focus)
        elif self.focus is not None and name in ARROWS:
            self._next(sum(ARROWS[name]))
        elif self._session.panel is not None:
            return False
        elif name in ARROWS:
            self._move(ARROWS[name], FINE_STEP if key != name else STEP)
        elif key == "Space" and not repeated:
            self._tap()
        else:
            return False
        return True

    def leave(self) -> None:
        """Another device is used: the focus and the pen go, and the line ends."""
        self.focus = self.pen = None
        self.lift()

    def lift(self) -> None:
        """Lift the pen."""
        if self._down:
            self._session.document.finish()
        self._down = False

    @property
    def focused(self) -> Box | None:
        """Where the button with the focus is."""
        return None if self.focus is None else self._buttons().get(self.focus)

    def _buttons(self) -> dict[Action, Box]:
        views = self._session.touchable
        return {action: box for view in views for action, box in view.buttons.items()}

    def _next(self, step: int) -> None:
        """Give the focus to the next button that can be pressed; the canvas is one of them, as None."""
        self.lift()
        session = self._session
        stops: list[Action | None] = [each for each in self._buttons() if each.enabled(session)]
        if session.panel is None:
            stops.insert(0, None)
        if stops:
            place = stops.index(self.focus) if self.focus in stops else -step if step < 0 else -1
            self.focus = stops[(place + step) % len(stops)]

    def _move(self, direction: tuple[int, int], step: float) -> None:
        x, y = self.pen or (0.5, 0.5)
        if self.pen is not None:
            x, y = (min(max(at + by * step, 0.0), 1.0) for at, by in zip((x, y), direction, strict=True))
        self.pen = x, y
        if self._down:
            self._session.document.move(self.pen)

    def _tap(self) -> None:
        """Put the pen down, or lift it."""
        if self._down:
            self.lift()
            return
        self._session.pointer.erases = False
        self.pen = self.pen or (0.5, 0.5)
        self._session.start_stroke(self.pen)
        self._down = True
