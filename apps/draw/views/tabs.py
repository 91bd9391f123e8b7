"""The row of tabs: one for each page."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL
from apps.draw.state.actions import Action
from apps.draw.state.layout import INSET, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View

LETTER = 8.6  # px for each letter of a page's name


class TabsView(View):
    """The tab of the page that is shown has a line under it, and brighter text."""

    area_name = "tabs"

    def __init__(self) -> None:
        super().__init__()
        self._actions: list[Action] = []

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        if len(self._actions) != len(session.pages):
            self._actions = [_show(number, page.name) for number, page in enumerate(session.pages)]
        x = area.x
        self.buttons = {}
        for action in self._actions:
            width = self.px(2 * INSET + LETTER * len(action.label))
            self.buttons[action] = Box(x, area.y, width, area.height)
            x += width

    def looks(self, session: Session) -> Hashable:
        return session.page, session.pointer.hovered in self.buttons and session.pointer.hovered

    def paint(self, painter: Painter, session: Session) -> None:
        theme = painter.theme
        for number, (action, box) in enumerate(self.buttons.items()):
            shown = number == session.page
            if session.pointer.hovered is action:
                painter.box(box, theme.button)
            left, colour = box.x + self.px(INSET), theme.ink if shown else theme.quiet
            width = painter.text(action.label, NORMAL, colour, (left, box.center[1]))
            if shown:
                line = max(2, self.px(3))
                painter.fill(Box(left, box.bottom - line - self.px(4), width, line), theme.accent)


def _show(number: int, name: str) -> Action:
    """The action that shows a page."""
    keys = (f"Ctrl+{number + 1}",)
    return Action(name, f"Show {name}", keys, lambda session: session.show_page(number))
