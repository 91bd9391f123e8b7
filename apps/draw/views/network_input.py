"""What the network saw, pixel by pixel, and the facts of the reading beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pygame

from apps.draw.paint.painter import Painter, between
from apps.draw.paint.theme import NORMAL, SMALL, Theme
from apps.draw.state.layout import SIDE, Box, Layout
from backends.arrays import Array
from engine.recognition.recognize import Recognition


@dataclass(frozen=True)
class Facts:
    """What does not change while the window is open: the backend, the model, its test accuracy if known."""

    backend: str
    model: str
    accuracy: float | None


def paint_seen(painter: Painter, layout: Layout, recognition: Recognition | None) -> None:
    """The 28x28 picture, enlarged without any smoothing."""
    image = np.zeros((SIDE, SIDE), np.uint8) if recognition is None else recognition.image
    small = pygame.surfarray.make_surface(_coloured(image, painter.theme).swapaxes(0, 1))
    painter.surface.blit(pygame.transform.scale(small, layout.seen[2:]), layout.seen[:2])
    painter.outline(layout.seen, painter.theme.line, radius=0, line=1)


def paint_facts(painter: Painter, layout: Layout, facts: Facts, milliseconds: float | None) -> None:
    """The status: what reads here, how fast, how well."""
    box = layout.facts
    painter.text(
        "What the network sees", _fitting(painter, box), painter.theme.ink, (box.x, box.y + painter.px(9))
    )
    painter.text("28 × 28 pixels", SMALL, painter.theme.quiet, (box.x, box.y + painter.px(30)))
    rows = [
        ("Backend", facts.backend),
        ("Reading", "–" if milliseconds is None else f"{milliseconds:.1f} ms"),
        ("Model", facts.model),
        ("On test", "–" if facts.accuracy is None else f"{facts.accuracy * 100:.1f} %"),
    ]
    step = painter.px(22)
    for index, (name, value) in enumerate(rows):
        y = box.bottom - painter.px(8) - (len(rows) - 1 - index) * step
        used = painter.text(name, SMALL, painter.theme.quiet, (box.x, y))
        room = box.width - used - painter.px(12)
        painter.text(_shortened(painter, value, room), SMALL, painter.theme.ink, (box.right, y), "right")


def _coloured(image: Array, theme: Theme) -> Array:
    """(28, 28) ink to (28, 28, 3) colours, from paper to ink."""
    coloured: Array = _shades(theme)[image]
    return coloured


@cache
def _shades(theme: Theme) -> Array:
    return np.array([between(theme.paper, theme.ink, ink / 255) for ink in range(256)], np.uint8)


def _fitting(painter: Painter, box: Box) -> int:
    return NORMAL if painter.text_width("What the network sees", NORMAL) <= box.width else SMALL


def _shortened(painter: Painter, text: str, room: float) -> str:
    """A long name, cut in the middle until it fits."""
    kept = len(text)
    shown = text
    while painter.text_width(shown, SMALL) > room and kept > 2:
        kept -= 1
        shown = f"{text[: kept // 2]}…{text[-(kept - kept // 2) :]}"
    return shown
