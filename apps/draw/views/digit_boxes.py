"""Boxes on the canvas round the digits, where there are several; that of the one shown has a thick line."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.state.actions import Action
from apps.draw.state.geometry import Rectangle
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.overlays import Overlay


class DigitBoxesView(Overlay):
    """A digit is chosen by resting the pointer on it."""

    area_name = "canvas"

    def looks(self, session: Session) -> Hashable:
        several = session.several
        return several.digits, several.chosen, bool(several.growing)

    def paint(self, painter: Painter, session: Session) -> None:
        several, theme = session.several, painter.theme
        for index, digit in enumerate(several.digits):
            shown = index == several.chosen and not several.growing
            colour, line = (theme.accent, 3.0) if shown else (theme.edge, 1.0)
            painter.outline(self._in_pixels(digit.box), colour, 8, line)

    def move(self, session: Session) -> Action | None:
        position = session.pointer.position
        if position is not None and not session.pointer.busy:
            x, y = position
            place = (x - self.area.x) / self.area.width, (y - self.area.y) / self.area.height
            session.several.point(place, session.now)
        return None

    def _in_pixels(self, box: Rectangle) -> Box:
        """A rectangle of the canvas in pixels of the window."""
        left, top, right, bottom = (round(corner * self.area.width) for corner in box)
        return Box(self.area.x + left, self.area.y + top, right - left, bottom - top)
