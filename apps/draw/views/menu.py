"""The panels that lie over everything: the menu with every action and its keys, and the saved drawings."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import pygame

from apps.draw.paint.icons import CHECK
from apps.draw.paint.ink import draw_ink
from apps.draw.paint.painter import Painter, tint
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.actions import MENU, Action
from apps.draw.state.files import Saved
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.session import Session
from apps.draw.views.view import View

MOUSE: list[tuple[str, tuple[str, ...]]] = [
    ("Draw", ("left button", "pen", "finger")),
    ("Erase", ("right button",)),
    ("Brush size", ("wheel",)),
    ("Move the pen", ("arrows", "Shift")),
    ("Pen down, pen up", ("Space",)),
    ("Next button, press it", ("Tab", "Enter")),
]
ACROSS = 4  # saved drawings in a row


class Panel(View):
    """While it is open nothing else can be touched; a press beside it closes it, and does nothing else.

    Attributes
    ----------
    panel : Box
        Where it is in the window.
    """

    area_name = "window"
    title = ""
    width, height = 0, 0  # in a window of the first size

    def __init__(self) -> None:
        super().__init__()
        self.panel = Box(0, 0, 0, 0)
        self._leave = Action("", "", (), lambda session: session.go_back())

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        width, height = min(self.px(self.width), area.width), min(self.px(self.height), area.height)
        self.panel = Box((area.width - width) // 2, (area.height - height) // 2, width, height)

    def covers(self, session: Session) -> bool:
        return session.panel == self.name

    def looks(self, session: Session) -> Hashable:
        states = tuple((action.enabled(session), action.on(session)) for action in self.buttons)
        return self.covers(session) and (session.pointer.hovered, states)

    def _under(self, session: Session) -> Action | None:
        return (super()._under(session) or self._leave) if self.covers(session) else None

    def _paint_panel(self, painter: Painter) -> None:
        """The veil over the window, the panel and its title."""
        theme, box = painter.theme, self.panel
        veil = pygame.Surface(painter.surface.get_size(), pygame.SRCALPHA)
        veil.fill((*theme.background, 200))
        painter.picture(veil, (0, 0))
        painter.box(box, theme.paper, 14)
        painter.outline(box, theme.edge, 14, 1)
        pad, y = self.px(28), box.y + self.px(32)
        painter.text(self.title, LARGE, theme.ink, (box.x + pad, y))
        painter.text("Esc closes", SMALL, theme.quiet, (box.right - pad, y), "right")


class MenuView(Panel):
    """Two columns of rows, each of which can be pressed; below, what the mouse and the arrow keys do."""

    name, title = "menu", "Menu"
    width, height = 880, 600

    def __init__(self) -> None:
        super().__init__()
        self._listed: dict[Action, Action] = {}  # the action of each row

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        if not self._listed:
            self._listed = {_row_of(action): action for action in session.actions if action is not MENU}
        rows, pad = (len(self._listed) + 1) // 2, self.px(20)
        step = max(self.px(40), min(FINGER, (self.panel.height - self.px(170)) // rows))
        width = (self.panel.width - 3 * pad) // 2
        left, top = self.panel.x + pad, self.panel.y + self.px(58)
        self.buttons = {
            row: Box(left + (index // rows) * (width + pad), top + index % rows * step, width, step)
            for index, row in enumerate(self._listed)
        }

    def paint(self, painter: Painter, session: Session) -> None:
        if not self.covers(session):
            return
        self._paint_panel(painter)
        pad = self.px(8)
        for action, box in self.buttons.items():
            if session.pointer.hovered is action:
                painter.box(box, painter.theme.button)
            colour = painter.theme.ink if action.enabled(session) else painter.theme.faint
            _paint_row(painter, action.says, self._listed[action].keys, box, pad, colour)
            if action.on(session):
                side, x = self.px(14), box.x + pad + painter.text_width(action.says, NORMAL) + self.px(10)
                painter.icon(CHECK, Box(x, box.center[1] - side // 2, side, side), painter.theme.ink)
        self._paint_mouse(painter)

    def _paint_mouse(self, painter: Painter) -> None:
        boxes = list(self.buttons.values())
        columns, step = (boxes[0], boxes[-1]), self.px(28)
        top = max(box.bottom for box in boxes) + self.px(10)
        painter.fill(Box(boxes[0].x, top, boxes[-1].right - boxes[0].x, 1), painter.theme.line)
        for index, (says, keys) in enumerate(MOUSE):
            column = columns[index // 3]
            row = Box(column.x, top + self.px(8) + index % 3 * step, column.width, step)
            _paint_row(painter, says, keys, row, self.px(8), painter.theme.quiet)


class OpenView(Panel):
    """The drawings saved last, the newest first; each has a key of its own."""

    name, title = "open", "Saved drawings"
    width, height = 780, 470

    def __init__(self) -> None:
        super().__init__()
        self._saved: dict[Action, Saved] = {}

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self._saved = {}
        if session.panel == self.name and session.files is not None:
            for number, saved in enumerate(session.files.recent()):
                self._saved[_open(number, saved)] = saved
        pad, side = self.px(28), self.px(160)
        gap = (self.panel.width - 2 * pad - ACROSS * side) // (ACROSS - 1)
        left, top = self.panel.x + pad, self.panel.y + self.px(66)
        self.buttons = {
            action: Box(left + i % ACROSS * (side + gap), top + i // ACROSS * self.px(196), side, side)
            for i, action in enumerate(self._saved)
        }

    def paint(self, painter: Painter, session: Session) -> None:
        if not self.covers(session):
            return
        self._paint_panel(painter)
        theme = painter.theme
        if not self._saved:
            painter.text("Nothing is saved yet", NORMAL, theme.quiet, self.panel.center, "center")
        for action, saved in self._saved.items():
            box = self.buttons[action]
            painter.box(box, theme.button_hovered if session.pointer.hovered is action else theme.button)
            painter.picture(tint(draw_ink(saved.strokes, box.width), theme.ink), box[:2])
            label = f"{action.keys[0]}   {saved.path.stem}"
            painter.text(label, SMALL, theme.quiet, (box.center[0], box.bottom + self.px(13)), "center")


def _row_of(action: Action) -> Action:
    """The row of the menu for an action: it closes the menu first. Its keys are only shown there."""

    def run(session: Session) -> None:
        session.go_back()
        session.do(action)

    return replace(action, run=run, keys=())


def _open(number: int, saved: Saved) -> Action:
    """The action that opens a drawing."""

    def run(session: Session) -> None:
        session.go_back()
        session.open(saved.path)

    return Action(saved.path.stem, f"Open {saved.path.name}", (str(number + 1),), run)


def _paint_row(
    painter: Painter, says: str, keys: tuple[str, ...], row: Box, pad: int, colour: tuple[int, int, int]
) -> None:
    """What an action does, and its keys as keyboards show them."""
    middle, height, right = row.center[1], painter.px(22), row.right - pad
    painter.text(says, NORMAL, colour, (row.x + pad, middle))
    for key in reversed(keys):
        width = max(height, painter.text_width(key, SMALL) + painter.px(14))
        cap = Box(right - width, middle - height // 2, width, height)
        painter.box(cap, painter.theme.button, 5)
        painter.text(key, SMALL, painter.theme.ink, cap.center, "center")
        right = cap.x - painter.px(6)
