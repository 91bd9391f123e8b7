"""The row of tabs: one for each page."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL
from apps.draw.state.actions import Action
from apps.draw.state.layout import FINGER, INSET, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View

LETTER = 8.6  # px for each letter of a page's name
FULL = 0.85  # of the row: more than this for fingers, and long names would run into each other
NARROWEST = 24  # px, of a tab then (WCAG 2.2, 2.5.8)


class TabsView(View):
    """The tab of the page that is shown has a line under it, and brighter text."""

    area_name = "tabs"

    def __init__(self) -> None:
        super().__init__()
        self._actions: list[Action] = []
        self._size = 1.0

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        if len(self._actions) != len(session.pages):
            self._actions = [_show(number, page.name) for number, page in enumerate(session.pages)]
        full = [max(unit * (2 * INSET + LETTER * len(action.label)), FINGER) for action in self._actions]
        widths = _fit(full, area.width)
        self._size = min(width / most for width, most in zip(widths, full, strict=True))  # of the text
        edges = [area.x + round(sum(widths[:number])) for number in range(len(widths) + 1)]
        self.buttons = {
            action: Box(left, area.y, right - left, area.height)
            for action, (left, right) in zip(self._actions, pairwise(edges), strict=True)
        }

    def looks(self, session: Session) -> Hashable:
        return session.page, session.pointer.hovered in self.buttons and session.pointer.hovered

    def paint(self, painter: Painter, session: Session) -> None:
        theme = painter.theme
        for number, (action, box) in enumerate(self.buttons.items()):
            shown = number == session.page
            if session.pointer.hovered is action:
                painter.box(box, theme.button)
            left, colour = box.x + self.px(INSET * self._size), theme.ink if shown else theme.quiet
            width = painter.text(action.label, NORMAL * self._size, colour, (left, box.center[1]))
            if shown:
                line = max(2, self.px(3))
                painter.fill(Box(left, box.bottom - line - self.px(4), width, line), theme.accent)


def _fit(widths: list[float], room: int) -> list[float]:
    """The widths, made narrower where there is too little room: not below a finger if they need not."""
    least = FINGER if len(widths) * FINGER < FULL * room else NARROWEST
    spare = sum(widths) - len(widths) * least
    share = min(1.0, max(room - len(widths) * least, 0) / spare) if spare else 1.0
    return [least + (width - least) * share for width in widths]


def _show(number: int, name: str) -> Action:
    """The action that shows a page."""
    keys = (f"Ctrl+{number + 1}",)
    return Action(name, f"Show {name}", keys, lambda session: session.show_page(number))
