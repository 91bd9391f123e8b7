"""The evidence on the canvas, over the ink, while the page with the reasons is shown and the pen is up."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pygame

from apps.draw.paint.evidence import enlarged_ink, evidence_picture, paint_signs
from apps.draw.paint.ink_layer import InkLayer
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import Theme
from apps.draw.state.document import PenStrokes
from apps.draw.state.geometry import Point
from apps.draw.state.layout import Box
from apps.draw.state.reasons import BLANK_RADIUS, PAGE
from apps.draw.state.session import Session
from apps.draw.views.overlays import Overlay
from backends.arrays import Array
from engine.recognition.explain import Explanation


class EvidenceView(Overlay):
    """The ink in the colour of what it adds, and a disc of paper where ink is left out.

    Parameters
    ----------
    on_canvas : InkLayer, optional
        The canvas's, which is mostly the ink that is explained: it need not be laid twice.
    """

    area_name = "canvas"

    def __init__(self, on_canvas: InkLayer | None = None) -> None:
        super().__init__()
        self._on_canvas, self._ink = on_canvas or InkLayer(), InkLayer()
        self._shown: Explanation | None = None
        self._made: tuple[tuple[Explanation, Theme, Box], pygame.Surface, Point] | None = None

    def looks(self, session: Session) -> Hashable:
        if session.pages[session.page].name != PAGE:
            self._shown = None
            return None
        reasons = session.reasons
        if reasons.strokes and reasons.explanation is not None:
            self._ink_of(reasons.strokes)  # a little in every frame, so that lifting the pen is quick
        hidden = session.document.busy
        self._shown = None if hidden else reasons.explanation  # kept, so that no other can have its id
        return id(self._shown), self._blank(session)

    def paint(self, painter: Painter, session: Session) -> None:
        why, image = self._shown, session.reasons.image
        place = None if why is None else session.reasons.placement
        if why is None or place is None or image is None:
            return
        key, pixel = (why, painter.theme, self.area), self.area.width / place.scale
        if self._made is None or self._made[0] != key:
            drawn = session.reasons.strokes
            coverage = self._ink_of(drawn) if drawn else enlarged_ink(image, self.area.width)
            part = _box_of(coverage)
            picture = evidence_picture(why.evidence, place, coverage, part, painter.theme)
            corner = -place.x * pixel - part.x, -place.y * pixel - part.y
            ink = coverage[part.y : part.bottom, part.x : part.right]
            paint_signs(Painter(picture, painter.theme, painter.unit), why.evidence, corner, pixel, ink)
            self._made = key, picture, (self.area.x + part.x, self.area.y + part.y)
        with painter.clipped(self.area):
            painter.picture(*self._made[1:])
            blank = self._blank(session)
            if blank is not None:
                (x, y), radius = blank, round(BLANK_RADIUS * pixel)
                disc = Box(round(x) - radius, round(y) - radius, 2 * radius, 2 * radius)
                painter.box(disc, painter.theme.paper, radius)
                painter.ring(blank, radius, painter.theme.accent, 2 * max(painter.unit, 1))

    def _blank(self, session: Session) -> Point | None:
        """Where ink is left out, in pixels of the window."""
        ring = session.pointer.ring
        return ring.center if session.reasons.without is not None and ring is not None else None

    def _ink_of(self, strokes: PenStrokes) -> Array:
        """The ink on the canvas of what is explained."""
        ink, on_canvas = self._ink, self._on_canvas
        ink.fit(self.area.width)
        if ink.strokes is not strokes is on_canvas.strokes and len(on_canvas.coverage) == len(ink.coverage):
            ink.take_over(on_canvas)
        ink.update(strokes)
        return ink.coverage


def _box_of(coverage: Array) -> Box:
    """The smallest box with all ink."""
    rows, columns = (np.flatnonzero(coverage.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Box(0, 0, 0, 0)
    top, left = int(rows[0]), int(columns[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
