"""The headline over every page: the digit, and beside it how certain it is."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class HeadlineView(View):
    """A guess is grey; only an answer gets the full ink.

    Attributes
    ----------
    glyph, words : Box
        The digit at the left, and the text beside it.
    """

    area_name = "headline"

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self.glyph = Box(area.x, area.y, self.px(50), area.height)
        left = self.glyph.right + self.px(14)
        self.words = Box(left, area.y, area.right - left, area.height)

    def looks(self, session: Session) -> Hashable:
        return session.words

    def paint(self, painter: Painter, session: Session) -> None:
        theme, words = painter.theme, session.words
        box = self.words if words.glyph else self.area
        if words.glyph:
            colour = theme.ink if words.certain else theme.faint
            painter.glyph(words.glyph, self.glyph.height, colour, self.glyph[:2])
        colour = theme.ink if words.certain or not session.guessing else theme.quiet
        painter.text(words.headline, LARGE, colour, (box.x, box.y + box.height * 0.24))
        size = NORMAL if painter.text_width(words.detail, NORMAL) <= box.width else SMALL
        painter.text(words.detail, size, theme.quiet, (box.x, box.y + box.height * 0.8))
