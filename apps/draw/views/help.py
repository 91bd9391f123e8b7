"""The help: every key, over everything else."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.actions import CLOSE, Action
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View

MOUSE: list[tuple[str, tuple[str, ...]]] = [
    ("Draw", ("left button", "pen", "finger")),
    ("Erase", ("right button",)),
    ("Brush size", ("wheel",)),
]


class HelpView(View):
    """While it is open, a click anywhere closes it and does nothing else."""

    area_name = "window"

    def paint(self, painter: Painter, session: Session) -> None:
        if not session.help:
            return
        veil = pygame.Surface(painter.surface.get_size(), pygame.SRCALPHA)
        veil.fill((*painter.theme.background, 190))
        painter.surface.blit(veil, (0, 0))
        rows = MOUSE + [(action.says, action.keys) for action in session.actions]
        _paint_panel(painter, self.area, rows)

    def press(self, session: Session) -> Action | None:
        return CLOSE if session.help else None

    move = release = press


def _paint_panel(painter: Painter, area: Box, rows: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    theme = painter.theme
    step, pad, head = painter.px(28), painter.px(32), painter.px(44)
    width, height = painter.px(560), 2 * pad + head + len(rows) * step
    box = Box((area.width - width) // 2, (area.height - height) // 2, width, height)
    painter.box(box, theme.paper, 14)
    painter.outline(box, theme.line, 14, 1)
    top, right = box.y + pad, box.right - pad
    painter.text("Shortcuts", LARGE, theme.ink, (box.x + pad, top + painter.px(8)))
    painter.text("Esc or click to close", SMALL, theme.quiet, (right, top + painter.px(8)), "right")
    for index, (says, keys) in enumerate(rows):
        y = top + head + round((index + 0.5) * step)
        painter.text(says, NORMAL, theme.quiet, (box.x + pad, y))
        _paint_keys(painter, keys, right, y)


def _paint_keys(painter: Painter, keys: tuple[str, ...], right: int, middle: int) -> None:
    """Paint keys as keyboards show them, the last one ending at ``right``."""
    height = painter.px(22)
    for key in reversed(keys):
        width = max(height, painter.text_width(key, SMALL) + painter.px(14))
        cap = Box(right - width, middle - height // 2, width, height)
        painter.box(cap, painter.theme.button, 5)
        painter.text(key, SMALL, painter.theme.ink, cap.center, "center")
        right = cap.x - painter.px(6)
