"""The canvas: paper, grid, ink, the hint, and the ring under the pointer."""

from __future__ import annotations

import pygame

from apps.draw.paint.ink import draw_ink
from apps.draw.paint.painter import Painter, tint
from apps.draw.paint.theme import LARGE, SMALL, Colour
from apps.draw.state.document import Strokes
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session


class CanvasView:
    """Keeps the picture of the ink until the drawing, its size or the colours change."""

    def __init__(self) -> None:
        self._shown: tuple[Strokes, int, Colour] | None = None
        self._ink = pygame.Surface((0, 0))

    def paint(self, painter: Painter, session: Session) -> None:
        box = session.layout.canvas
        painter.box(box, painter.theme.paper)
        if session.grid:
            _paint_grid(painter, box)
        if session.drawing.empty:
            _paint_hint(painter, box)
        else:
            painter.surface.blit(
                self._picture(session.drawing.strokes, box.width, painter.theme.ink), box[:2]
            )
        painter.outline(box, painter.theme.line, line=1)
        _paint_ring(painter, session)

    def _picture(self, strokes: Strokes, side: int, colour: Colour) -> pygame.Surface:
        wanted = strokes, side, colour
        if self._shown != wanted:
            self._ink, self._shown = tint(draw_ink(strokes, side), colour), wanted
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
    help_text = "as large as you like, anywhere"
    painter.text(help_text, SMALL, painter.theme.faint, (x, y + painter.px(18)), "center")


def _paint_ring(painter: Painter, session: Session) -> None:
    """The ring has a dark and a light line, so that it is seen on paper and on ink."""
    ring = session.ring
    if ring is None:
        return
    theme = painter.theme
    painter.surface.set_clip(session.layout.canvas)
    painter.ring(ring.center, ring.radius + 1.2, theme.paper, 1.2)
    painter.ring(ring.center, ring.radius, theme.accent if ring.erases else theme.quiet, 1.4)
    painter.surface.set_clip(None)
