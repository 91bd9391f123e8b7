"""The canvas: paper, grid, ink, and the hint. Only the part that changed is painted."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.ink_layer import InkLayer
from apps.draw.paint.painter import Painter, tint
from apps.draw.paint.theme import LARGE, SMALL
from apps.draw.state.actions import Action
from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class CanvasView(View):
    """Keeps the ink of the strokes: those that the network gets, and fainter those that are left out.

    Parameters
    ----------
    ink : InkLayer, optional
        Where the ink that the network gets is laid; other views may look at it.
    """

    area_name = "canvas"

    def __init__(self, ink: InkLayer | None = None) -> None:
        super().__init__()
        self._inks = ink or InkLayer(), InkLayer()
        self._painted: tuple[bool, bool, Box] | None = None
        self._shown: tuple[PenStrokes, PenStrokes] = (), ()  # kept, so that no other can have their ids

    def looks(self, session: Session) -> Hashable:
        self._shown = session.document.strokes, session.left_out
        return *map(id, self._shown), session.grid

    def paint(self, painter: Painter, session: Session) -> None:
        strokes, left_out = session.document.strokes, session.left_out
        for ink in self._inks:
            ink.fit(self.area.width)
        changed = [ink.update(part) for ink, part in zip(self._inks, _split(strokes, left_out), strict=True)]
        paper = session.grid, not strokes, self.area
        if paper != self._painted:
            self._painted = paper
            changed = [Box(0, 0, self.area.width, self.area.height)]
        for box in changed:
            if box is not None:
                self._paint_part(painter, session, box)

    def forget(self) -> None:
        """Everything has to be painted again."""
        self._painted = None

    def _paint_part(self, painter: Painter, session: Session, part: Box) -> None:
        """Paint a part of the canvas, in its own pixels, from the paper up."""
        theme, area = painter.theme, self.area
        x, y = area.x + part.x, area.y + part.y
        with painter.clipped(Box(x, y, part.width, part.height)):
            painter.fill(area, theme.background)
            painter.box(area, theme.paper)
            if session.grid:
                _paint_grid(painter, area, part)
            if session.document.empty:
                _paint_hint(painter, area)
            for ink, colour in zip(self._inks, (theme.ink, theme.faint), strict=True):
                coverage = ink.coverage[part.y : part.bottom, part.x : part.right]
                if coverage.any():
                    painter.picture(tint(coverage, colour), (x, y))
            painter.outline(area, theme.edge, line=1)

    def press(self, session: Session) -> Action | None:
        """A press that meets no button puts the pen down, beside the canvas too: a line may begin there."""
        session.start_stroke(self._point(session))
        return None

    def move(self, session: Session) -> Action | None:
        if session.keyboard.pen is None:
            session.document.move(self._point(session))
        return None

    def release(self, session: Session) -> Action | None:
        session.document.finish()
        return None

    def _point(self, session: Session) -> Point:
        """The pointer's position in canvas units."""
        x, y = session.pointer.position or (0, 0)
        return (x - self.area.x) / self.area.width, (y - self.area.y) / self.area.height


def _split(strokes: PenStrokes, left_out: PenStrokes) -> tuple[PenStrokes, PenStrokes]:
    """What the network gets, and what is left out of it."""
    if not left_out:
        return strokes, ()
    faint = set(map(id, left_out))
    return tuple(stroke for stroke in strokes if id(stroke) not in faint), left_out


def _paint_grid(painter: Painter, box: Box, part: Box) -> None:
    """The lines of the grid that cross a part of the canvas."""
    cell, line = box.width // SIDE, max(1, painter.px(0.6))
    for index in range(max(1, part.x // cell), min(SIDE, part.right // cell + 1)):
        painter.fill(Box(box.x + index * cell, box.y + 1, line, box.height - 2), painter.theme.grid)
    for index in range(max(1, part.y // cell), min(SIDE, part.bottom // cell + 1)):
        painter.fill(Box(box.x + 1, box.y + index * cell, box.width - 2, line), painter.theme.grid)


def _paint_hint(painter: Painter, box: Box) -> None:
    x, y = box.center
    painter.text("Draw a digit", LARGE, painter.theme.quiet, (x, y - painter.px(12)), "center")
    painter.text("any size, anywhere", SMALL, painter.theme.quiet, (x, y + painter.px(18)), "center")
