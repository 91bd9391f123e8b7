"""The answer: the digit, very large, and beside it how certain it is."""

from __future__ import annotations

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from apps.messages import words_for


class AnswerView(View):
    """A guess is grey; only an answer gets the full ink.

    Attributes
    ----------
    glyph, words : Box
        The digit at the left, and the text beside it, under the row of switches.
    """

    area_name = "answer"

    def arrange(self, area: Box, unit: float) -> None:
        super().arrange(area, unit)
        self.glyph = Box(area.x, area.y, self.px(106), area.height)
        left, top = self.glyph.right + self.px(12), area.y + FINGER + self.px(4)
        self.words = Box(left, top, area.right - left, area.bottom - top)

    def paint(self, painter: Painter, session: Session) -> None:
        theme, box = painter.theme, self.words
        words = words_for(session.prediction.recognition, session.prediction.failure)
        left = self.glyph.x
        if words.glyph:
            left = box.x
            colour = theme.ink if words.certain else theme.faint
            painter.glyph(words.glyph, self.glyph.height, colour, self.glyph[:2])
        colour = theme.ink if words.glyph else theme.quiet
        painter.text(words.headline, LARGE, colour, (left, box.y + box.height * 0.45))
        painter.text(words.detail, NORMAL, theme.quiet, (left, box.y + box.height * 0.8))
