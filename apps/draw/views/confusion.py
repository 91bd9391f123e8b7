"""A confusion matrix: a cell for each label and each answer to it."""

from __future__ import annotations

from apps.draw.paint.painter import Painter, between
from apps.draw.paint.theme import SMALL, SMALLEST, Colour, Theme
from apps.draw.state.actions import Action
from apps.draw.state.layout import Box
from apps.draw.state.mistakes import Cell, Mistakes
from apps.draw.state.session import Session

CLASSES = range(10)
LABELS = 20  # px for the labels at the left and above
STRONGEST = 0.55  # how much of its colour the fullest cell has


class ConfusionMatrix:
    """The rows are labels, the columns answers. A cell that has digits can be opened.

    Attributes
    ----------
    cells : dict of Action to Box
        Where each cell is; empty while there is nothing to see.
    cell_of : dict of Action to Cell
        What each action opens.
    """

    def __init__(self) -> None:
        self.cells: dict[Action, Box] = {}
        self.cell_of = {_open((label, answer)): (label, answer) for label in CLASSES for answer in CLASSES}
        self._room = 0  # for the labels

    def arrange(self, area: Box, room: int) -> int:
        """Fill an area, with ``room`` pixels for the labels; returns where the matrix ends at the right."""
        self._room = room
        cell = min((area.width - room) // 10, (area.height - room) // 10)
        left, top = area.x + room, area.y + room
        self.cells = {
            action: Box(left + answer * cell, top + label * cell, cell, cell)
            for action, (label, answer) in self.cell_of.items()
        }
        return left + 10 * cell

    def under(self, session: Session) -> Action | None:
        """The cell under the pointer."""
        return next((action for action, box in self.cells.items() if session.pointer.over(box)), None)

    def paint(self, painter: Painter, session: Session) -> None:
        theme, mistakes = painter.theme, session.mistakes
        mistaken = [mistakes.count(cell) for cell in self.cell_of.values() if cell[0] != cell[1]]
        for action, box in self.cells.items():
            label, answer = self.cell_of[action]
            inner = Box(box.x, box.y, box.width - 1, box.height - 1)
            hovered = session.pointer.hovered is action
            _paint_cell(painter, mistakes, (label, answer), inner, max(mistaken), hovered)
            if answer == 0:
                painter.text(
                    str(label), SMALL, theme.quiet, (box.x - self._room / 2, box.center[1]), "center"
                )
            if label == 0:
                painter.text(
                    str(answer), SMALL, theme.quiet, (box.center[0], box.y - self._room / 2), "center"
                )


def shade(theme: Theme, cell: Cell, count: int, most_mistaken: int) -> Colour:
    """Right answers have a little blue; mistakes have more orange the more there are."""
    if cell[0] == cell[1]:
        return between(theme.paper, theme.plus, 0.18)
    share = (count / most_mistaken) ** 0.5 if most_mistaken else 0.0
    return between(theme.paper, theme.minus, STRONGEST * share)


def _paint_cell(
    painter: Painter, mistakes: Mistakes, cell: Cell, box: Box, most_mistaken: int, hovered: bool
) -> None:
    theme, count, chosen = painter.theme, mistakes.count(cell), mistakes.cell == cell
    painter.fill(box, shade(theme, cell, count, most_mistaken))
    if count:
        colour = theme.quiet if cell[0] == cell[1] else theme.ink
        painter.text(str(count), SMALL if count < 1000 else SMALLEST, colour, box.center, "center")
    if chosen or (hovered and count):
        painter.outline(box, theme.ink if chosen else theme.edge, 0, 2)


def _open(cell: Cell) -> Action:
    """The action that shows the digits of a cell."""
    return Action(
        f"{cell[0]}{cell[1]}",
        "Show these digits",
        (),
        lambda session: session.mistakes.open(cell),
        enabled=lambda session: session.mistakes.count(cell) > 0,
    )
