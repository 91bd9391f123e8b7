"""The network's input, pixel by pixel, and beside it the facts: backend, time, model, accuracy."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache

import numpy as np
import pygame

from apps.draw.paint.painter import Painter, between
from apps.draw.paint.theme import NORMAL, SMALL, Theme
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from backends.arrays import Array

TITLE = "The network's input"
BLANK = np.zeros((SIDE, SIDE), np.uint8)


class NetworkInputView(View):
    """The 28x28 picture, enlarged without smoothing, and beside it what predicts, how fast and how well.

    Attributes
    ----------
    picture, facts : Box
        The picture at the left, and the text beside it.
    """

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self.picture = Box(area.x, area.y, area.height, area.height)
        left = self.picture.right + self.px(20)
        self.facts = Box(left, area.y, area.right - left, area.height)

    def looks(self, session: Session) -> Hashable:
        return _image(session).tobytes(), session.prediction.milliseconds, len(session.left_out)

    def paint(self, painter: Painter, session: Session) -> None:
        small = pygame.surfarray.make_surface(_coloured(_image(session), painter.theme).swapaxes(0, 1))
        painter.picture(pygame.transform.scale(small, self.picture[2:]), self.picture[:2])
        painter.outline(self.picture, painter.theme.edge, radius=0, line=1)
        self._paint_facts(painter, session)

    def _paint_facts(self, painter: Painter, session: Session) -> None:
        theme, box, facts = painter.theme, self.facts, session.facts
        painter.text(TITLE, _fitting(painter, box), theme.ink, (box.x, box.y + painter.px(9)))
        painter.text("28 × 28 pixels", SMALL, theme.quiet, (box.x, box.y + painter.px(30)))
        left_out = len(session.left_out)
        if left_out:
            marks = "mark is" if left_out == 1 else "marks are"
            text = f"{left_out} tiny {marks} left out"
            painter.text(text, SMALL, theme.ink, (box.x, box.y + painter.px(51)))
        milliseconds = session.prediction.milliseconds
        rows = [
            ("Backend", facts.backend),
            ("Prediction", "–" if milliseconds is None else f"{milliseconds:.1f} ms"),
            ("Model", facts.model),
            (facts.test_set, "–" if facts.accuracy is None else f"{facts.accuracy:.1%}"),
        ]
        step = painter.px(22)
        for index, (name, value) in enumerate(rows):
            y = box.bottom - painter.px(8) - (len(rows) - 1 - index) * step
            used = painter.text(name, SMALL, theme.quiet, (box.x, y))
            room = box.width - used - painter.px(12)
            painter.text(painter.fitted(value, SMALL, room), SMALL, theme.ink, (box.right, y), "right")


def _image(session: Session) -> Array:
    recognition = session.prediction.recognition
    return BLANK if recognition is None else recognition.image


def _coloured(image: Array, theme: Theme) -> Array:
    """Map (28, 28) ink to (28, 28, 3) colours, from paper to ink."""
    coloured: Array = _shades(theme)[image]
    return coloured


@cache
def _shades(theme: Theme) -> Array:
    return np.array([between(theme.paper, theme.ink, ink / 255) for ink in range(256)], np.uint8)


def _fitting(painter: Painter, box: Box) -> int:
    return NORMAL if painter.text_width(TITLE, NORMAL) <= box.width else SMALL
