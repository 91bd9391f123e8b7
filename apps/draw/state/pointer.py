"""What follows the pointer: a mouse, a pen or a finger.

Buttons act when they are let go where they were pressed. What there is to touch comes from the views: each
returns the action under the pointer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from apps.draw.state.actions import Action
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box

if TYPE_CHECKING:
    from apps.draw.state.session import Session

TOOLTIP_AFTER = 0.5  # seconds


@dataclass(frozen=True)
class Ring:
    """The edge of the brush or the eraser under the pointer, in pixels."""

    center: Point
    radius: float
    erases: bool


class Part(Protocol):
    """What a session needs of a view; `apps.draw.views.view.View` says more."""

    name: str
    area_name: str
    buttons: dict[Action, Box]

    def arrange(self, area: Box, unit: float, session: Session) -> None: ...

    def covers(self, session: Session) -> bool: ...

    def key(self, session: Session, key: str) -> bool: ...

    def press(self, session: Session) -> Action | None: ...

    def move(self, session: Session) -> Action | None: ...

    def release(self, session: Session) -> Action | None: ...


class Pointer:
    """Where the pointer is, what it hovers over and what it holds.

    Attributes
    ----------
    position : (x, y) or None
        In pixels of the window; None where it is not over the window.
    erases : bool
        Whether the last press was that of the right button.
    hovered, pressed : Action or None
        The action whose button is under the pointer, and the one whose button is held down.
    sliding : bool
        Whether the pointer holds the slider.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.position: Point | None = None
        self.erases = False
        self.hovered: Action | None = None
        self.pressed: Action | None = None
        self.sliding = False
        self._hovered_since = 0.0

    def press(self, position: Point, erases: bool = False) -> None:
        """Put the left button or a finger down; ``erases`` stands for the right button.

        The topmost view that has an action there gets the press, and no view below it.
        """
        self._session.keyboard.leave()
        self.move(position)
        self.erases = erases
        self.pressed = _first(view.press(self._session) for view in reversed(self._session.touchable))

    def move(self, position: Point) -> None:
        """Move to this position, pressed or not."""
        self.position = position
        hovered = _first([view.move(self._session) for view in reversed(self._session.touchable)])
        if self.busy:
            hovered = None
        if hovered is not self.hovered:
            self.hovered, self._hovered_since = hovered, self._session.now

    def release(self, position: Point | None = None) -> None:
        """Lift the button or the finger; without a position nothing is done but to let go."""
        self.position = position or self.position
        under = _first([view.release(self._session) for view in reversed(self._session.touchable)])
        pressed, self.pressed = self.pressed, None
        if pressed is not None and position is not None and under is pressed:
            self._hovered_since = self._session.now  # hides its tooltip
            self._session.do(pressed)

    def leave(self) -> None:
        """Leave the window."""
        self.position = self.hovered = None

    def over(self, box: Box) -> bool:
        """Whether the pointer is over a box."""
        return self.position is not None and box.holds(self.position)

    @property
    def busy(self) -> bool:
        """Whether it draws, erases or slides, so that no button is meant."""
        return self.sliding or self._session.document.busy

    @property
    def tooltip(self) -> Action | None:
        """The action whose tooltip is to be shown: the pointer has rested on its button."""
        return None if self._settling or self.pressed is not None else self.hovered

    @property
    def tooltip_due(self) -> float | None:
        """When a tooltip will appear although nothing happens; None if none will."""
        waiting = self.hovered is not None and self.pressed is None and self._settling
        return self._hovered_since + TOOLTIP_AFTER if waiting else None

    @property
    def ring(self) -> Ring | None:
        """Where the brush or the eraser would touch; None away from the canvas."""
        session, canvas, pen = self._session, self._session.layout.canvas, self._session.keyboard.pen
        center = self.position
        if pen is not None:
            center = canvas.x + pen[0] * canvas.width, canvas.y + pen[1] * canvas.height
        elif center is None or not canvas.holds(center):
            return None
        if session.panel is not None:
            return None
        erases = session.document.erasing if session.document.busy else session.eraser
        radius = session.eraser_radius if erases else session.brush / 2
        return Ring(center, radius * canvas.width, erases)

    @property
    def _settling(self) -> bool:
        """Whether it has not rested long enough for a tooltip."""
        return self._session.now - self._hovered_since < TOOLTIP_AFTER


def _first(found: Iterable[Action | None]) -> Action | None:
    return next((action for action in found if action is not None), None)
