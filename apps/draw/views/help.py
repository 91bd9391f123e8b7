"""The help: every key, over everything else."""

from __future__ import annotations

import pygame

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.actions import ACTIONS
from apps.draw.state.layout import Box, Layout

MOUSE: list[tuple[str, tuple[str, ...]]] = [
    ("Draw", ("left button", "pen", "finger")),
    ("Erase", ("right button",)),
    ("Brush size", ("wheel",)),
]


def paint_help(painter: Painter, layout: Layout) -> None:
    theme = painter.theme
    veil = pygame.Surface(painter.surface.get_size(), pygame.SRCALPHA)
    veil.fill((*theme.ground, 190))
    painter.surface.blit(veil, (0, 0))

    rows = MOUSE + [(entry.says, entry.keys) for entry in ACTIONS.values()]
    step, pad = painter.px(28), painter.px(32)
    width, height = painter.px(560), 2 * pad + painter.px(44) + len(rows) * step
    box = Box((layout.size[0] - width) // 2, (layout.size[1] - height) // 2, width, height)
    painter.box(box, theme.paper, 14)
    painter.outline(box, theme.line, 14, 1)
    painter.text("Keys", LARGE, theme.ink, (box.x + pad, box.y + pad + painter.px(8)))
    painter.text(
        "Esc or a click closes this",
        SMALL,
        theme.quiet,
        (box.right - pad, box.y + pad + painter.px(8)),
        "right",
    )
    for index, (says, keys) in enumerate(rows):
        y = box.y + pad + painter.px(44) + round((index + 0.5) * step)
        painter.text(says, NORMAL, theme.quiet, (box.x + pad, y))
        _paint_keys(painter, keys, box.right - pad, y)


def _paint_keys(painter: Painter, keys: tuple[str, ...], right: int, middle: int) -> None:
    """Keys as keyboards show them, the last one ending at ``right``."""
    height = painter.px(22)
    for key in reversed(keys):
        width = max(height, painter.text_width(key, SMALL) + painter.px(14))
        cap = Box(right - width, middle - height // 2, width, height)
        painter.box(cap, painter.theme.raised, 5)
        painter.text(key, SMALL, painter.theme.ink, cap.center, "center")
        right = cap.x - painter.px(6)
