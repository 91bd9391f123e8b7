"""The network's input, pixel by pixel, and beside it the facts: backend, time, model, accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pygame

from apps.draw.paint.painter import Painter, between
from apps.draw.paint.theme import NORMAL, SMALL, Theme
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from backends.arrays import Array

TITLE = "What the network sees"


@dataclass(frozen=True)
class Facts:
    """What does not change while the window is open.

    Attributes
    ----------
    backend, model : str
        The name of the backend and of the model file.
    accuracy : float or None
        The model's accuracy on its test set, if known.
    """

    backend: str
    model: str
    accuracy: float | None


class NetworkInputView(View):
    """The 28x28 picture, enlarged without smoothing, and beside it what predicts, how fast and how well.

    Attributes
    ----------
    picture, facts : Box
        The picture at the left, and the text beside it.
    """

    area_name = "network_input"

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts

    def arrange(self, area: Box, unit: float) -> None:
        super().arrange(area, unit)
        self.picture = Box(area.x, area.y, area.height, area.height)
        left = self.picture.right + self.px(20)
        self.facts = Box(left, area.y, area.right - left, area.height)

    def paint(self, painter: Painter, session: Session) -> None:
        recognition = session.prediction.recognition
        image = np.zeros((SIDE, SIDE), np.uint8) if recognition is None else recognition.image
        self._paint_picture(painter, image)
        self._paint_facts(painter, session.prediction.milliseconds)

    def _paint_picture(self, painter: Painter, image: Array) -> None:
        small = pygame.surfarray.make_surface(_coloured(image, painter.theme).swapaxes(0, 1))
        painter.surface.blit(pygame.transform.scale(small, self.picture[2:]), self.picture[:2])
        painter.outline(self.picture, painter.theme.line, radius=0, line=1)

    def _paint_facts(self, painter: Painter, milliseconds: float | None) -> None:
        theme, box, facts = painter.theme, self.facts, self._facts
        painter.text(TITLE, _fitting(painter, box), theme.ink, (box.x, box.y + painter.px(9)))
        painter.text("28 × 28 pixels", SMALL, theme.quiet, (box.x, box.y + painter.px(30)))
        rows = [
            ("Backend", facts.backend),
            ("Prediction", "–" if milliseconds is None else f"{milliseconds:.1f} ms"),
            ("Model", facts.model),
            ("Test accuracy", "–" if facts.accuracy is None else f"{facts.accuracy:.1%}"),
        ]
        step = painter.px(22)
        for index, (name, value) in enumerate(rows):
            y = box.bottom - painter.px(8) - (len(rows) - 1 - index) * step
            used = painter.text(name, SMALL, theme.quiet, (box.x, y))
            room = box.width - used - painter.px(12)
            painter.text(_shortened(painter, value, room), SMALL, theme.ink, (box.right, y), "right")


def _coloured(image: Array, theme: Theme) -> Array:
    """Map (28, 28) ink to (28, 28, 3) colours, from paper to ink."""
    coloured: Array = _shades(theme)[image]
    return coloured


@cache
def _shades(theme: Theme) -> Array:
    return np.array([between(theme.paper, theme.ink, ink / 255) for ink in range(256)], np.uint8)


def _fitting(painter: Painter, box: Box) -> int:
    return NORMAL if painter.text_width(TITLE, NORMAL) <= box.width else SMALL


def _shortened(painter: Painter, text: str, room: float) -> str:
    """Cut a long name in the middle until it fits."""
    kept = len(text)
    shown = text
    while painter.text_width(shown, SMALL) > room and kept > 2:
        kept -= 1
        shown = f"{text[: kept // 2]}…{text[-(kept - kept // 2) :]}"
    return shown
