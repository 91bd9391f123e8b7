"""What every view is: a part of the window that is arranged, painted and touched."""

from __future__ import annotations

from abc import ABC, abstractmethod

from apps.draw.paint.painter import Painter
from apps.draw.state.actions import Action
from apps.draw.state.layout import Box
from apps.draw.state.session import Session


class View(ABC):
    """A part of the window. What it shows is kept in the session; its own are only places and pictures.

    Attributes
    ----------
    area_name : str
        The field of `Layout` with its area.
    area : Box
        Where it is, in pixels of the window.
    unit : float
        How much larger everything is than in a window of the first size.
    animating : bool
        Whether the next frame will look different although nothing happens. `paint` sets it.
    """

    area_name: str

    def __init__(self) -> None:
        self.area = Box(0, 0, 0, 0)
        self.unit = 1.0
        self.animating = False

    def arrange(self, area: Box, unit: float) -> None:
        """Take an area of the window, and put each part of the view in its place."""
        self.area, self.unit = area, unit

    @abstractmethod
    def paint(self, painter: Painter, session: Session) -> None:
        """Paint the view as the session is now."""

    def press(self, session: Session) -> Action | None:
        """A button or a finger went down at ``session.pointer.position``; returns the action there.

        An action keeps the press from the views below. It runs where `release` returns it too.
        """
        return None

    def move(self, session: Session) -> Action | None:
        """The pointer moved, anywhere in the window; returns the action under it."""
        return None

    def release(self, session: Session) -> Action | None:
        """The button or the finger went up, anywhere; returns the action under the pointer."""
        return None

    def px(self, length: float) -> int:
        """A length in a window of the first size, in pixels of this one."""
        return round(length * self.unit)
