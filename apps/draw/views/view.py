"""What every view is: a part of the window that is arranged, painted and touched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.state.actions import NOTHING, Action
from apps.draw.state.layout import Box
from apps.draw.state.session import Session


class View(ABC):
    """A part of the window. What it shows is kept in the session; its own are only places and pictures.

    Attributes
    ----------
    name : str
        What a page is called: on its tab, and on the command line.
    area_name : str
        The field of `Layout` with its area; a page has ``"page"``.
    area : Box
        Where it is, in pixels of the window.
    unit : float
        How much larger everything is than in a window of the first size.
    animating : bool
        Whether the next frame will look different although nothing happens. `paint` sets it.
    buttons : dict of Action to Box
        What can be pressed, and where: with the mouse, a finger, or the focus of the keyboard.
    """

    name = ""
    area_name = "page"

    def __init__(self) -> None:
        self.area = Box(0, 0, 0, 0)
        self.unit = 1.0
        self.animating = False
        self.buttons: dict[Action, Box] = {}

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        """Take an area of the window, and put each part of the view in its place."""
        self.area, self.unit = area, unit

    @abstractmethod
    def looks(self, session: Session) -> Hashable:
        """All that the picture depends on, but for size and theme: it is painted again when this changes."""

    @abstractmethod
    def paint(self, painter: Painter, session: Session) -> None:
        """Paint the view as the session is now; its area has been emptied."""

    def covers(self, session: Session) -> bool:
        """Whether it lies over everything else now, so that nothing else can be touched."""
        return False

    def key(self, session: Session, key: str) -> bool:
        """A key that is meant for this page first; returns whether it had a meaning."""
        return False

    def press(self, session: Session) -> Action | None:
        """A button or a finger went down at ``session.pointer.position``; returns the action there.

        An action keeps the press from the views below. It runs where `release` returns it too.
        """
        if session.pointer.erases:
            return NOTHING if self._under(session) else None
        return self._under(session)

    def move(self, session: Session) -> Action | None:
        """The pointer moved, anywhere in the window; returns the action under it."""
        return self._under(session)

    def release(self, session: Session) -> Action | None:
        """The button or the finger went up, anywhere; returns the action under the pointer."""
        return self._under(session)

    def px(self, length: float) -> int:
        """A length in a window of the first size, in pixels of this one."""
        return round(length * self.unit)

    def _under(self, session: Session) -> Action | None:
        return next((action for action, box in self.buttons.items() if session.pointer.over(box)), None)
