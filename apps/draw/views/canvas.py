"""The canvas: paper, grid, ink, the hint, and the ring under the pointer."""

from __future__ import annotations

import pygame

from apps.draw.paint.ink import draw_ink
from apps.draw.paint.painter import Painter, tint
from apps.draw.paint.theme import LARGE, SMALL, Colour
from apps.draw.state.actions import Action
from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class CanvasView(View):
    """Keeps the picture of the ink until the strokes, the size or the colours change."""

    area_name = "canvas"

    def __init__(self) -> None:
        super().__init__()
        self._painted: tuple[PenStrokes, int, Colour] | None = None
        self._ink = pygame.Surface((0, 0))

    def paint(self, painter: Painter, session: Session) -> None:
        box = self.area
        painter.box(box, painter.theme.paper)
        if session.grid:
            _paint_grid(painter, box)
        if session.document.empty:
            _paint_hint(painter, box)
        else:
            ink = self._picture(session.document.strokes, box.width, painter.theme.ink)
            painter.surface.blit(ink, box[:2])
        painter.outline(box, painter.theme.line, line=1)
        _paint_ring(painter, box, session)

    def press(self, session: Session) -> Action | None:
        if session.pointer.over(self.area):
            session.start_stroke(self._point(session))
        return None

    def move(self, session: Session) -> Action | None:
        session.document.move(self._point(session))
        return None

    def release(self, session: Session) -> Action | None:
        session.document.finish()
        return None

    def _point(self, session: Session) -> Point:
        """The pointer's position in canvas units."""
        x, y = session.pointer.position or (0, 0)
        return (x - self.area.x) / self.area.width, (y - self.area.y) / self.area.height

    def _picture(self, strokes: PenStrokes, side: int, colour: Colour) -> pygame.Surface:
        wanted = strokes, side, colour
        if self._painted != wanted:
            self._ink, self._painted = tint(draw_ink(strokes, side), colour), wanted
        return self._ink


def _paint_grid(painter: Painter, box: Box) -> None:
    cell = box.width // SIDE
    for index in range(1, SIDE):
        offset = index * cell
        painter.surface.fill(painter.theme.grid, (box.x + offset, box.y + 1, 1, box.height - 2))
        painter.surface.fill(painter.theme.grid, (box.x + 1, box.y + offset, box.width - 2, 1))


def _paint_hint(painter: Painter, box: Box) -> None:
    x, y = box.center
    painter.text("Draw a digit", LARGE, painter.theme.quiet, (x, y - painter.px(12)), "center")
    how = "any size, anywhere"
    painter.text(how, SMALL, painter.theme.faint, (x, y + painter.px(18)), "center")


def _paint_ring(painter: Painter, box: Box, session: Session) -> None:
    """Paint a dark and a light line, to be seen on paper and on ink."""
    ring = session.pointer.ring
    if ring is None:
        return
    theme = painter.theme
    painter.surface.set_clip(box)
    painter.ring(ring.center, ring.radius + 1.2, theme.paper, 1.2)
    painter.ring(ring.center, ring.radius, theme.accent if ring.erases else theme.quiet, 1.4)
    painter.surface.set_clip(None)
