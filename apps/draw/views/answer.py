"""The answer: the digit, very large, and how far it can be trusted, in words."""

from __future__ import annotations

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL
from apps.draw.state.layout import Layout
from apps.messages import words_for
from engine.recognition.recognize import Recognition


def paint_answer(painter: Painter, layout: Layout, recognition: Recognition | None) -> None:
    """A guess is shown in grey; only an answer gets the full ink."""
    theme, box = painter.theme, layout.words
    words = words_for(recognition)
    left = layout.glyph.x
    if words.glyph:
        left = box.x
        colour = theme.ink if words.certain else theme.faint
        painter.glyph(words.glyph, layout.glyph.height, colour, layout.glyph[:2])
    colour = theme.ink if words.glyph else theme.quiet
    painter.text(words.headline, LARGE, colour, (left, box.y + box.height * 0.45))
    painter.text(words.detail, NORMAL, theme.quiet, (left, box.y + box.height * 0.8))
