"""The page that takes a training step apart: forward, loss, backward, update, with formulas and numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from apps.draw.paint.cells import paint_cells, paint_sample
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.paint.waterfall import signed
from apps.draw.state.actions import Action
from apps.draw.state.layout import FINGER, Box
from apps.draw.state.session import Session
from apps.draw.state.step_actions import NEXT_PART, PART_BEFORE, TEN_STEPS, to_be
from apps.draw.state.stepping import Part
from apps.draw.views.tools import button_looks, paint_button
from apps.draw.views.view import View
from apps.messages import percent
from backends.arrays import Array

if TYPE_CHECKING:
    from engine.training.step import GradientCheck, Step

HEAD, BAR, DIGIT, BADGE = 26, 30, 20, 24  # px, heights: a title, a digit's bar, the digit under it, the check
NAMES, VALUE = 180, 96  # px of a row's left and right
CELLS = 16  # of a row of them; the ten digits stand in one
WIDE = 1.5  # an area this much wider than high has two halves
HALF_GAP = 32


class StepPage(View):
    """What one step does, and after it what it changed.

    Attributes
    ----------
    keys : list of Action
        Those that say which digit it is to be, from 0 to 9.
    digits : dict of Action to Box
        Where each of them can be pressed, narrower than a button.
    rows, badge : Box
        The parts of the step, one row each; the check of the gradients.
    """

    name = "Step"

    def __init__(self) -> None:
        super().__init__()
        self.keys = [to_be(digit) for digit in range(10)]
        self.digits: dict[Action, Box] = {}
        self.rows = self.badge = Box(0, 0, 0, 0)

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        wide, gap = area.width > WIDE * area.height, self.px(HALF_GAP)
        width = (area.width - gap) // 2 if wide else area.width
        key, button = max(FINGER, self.px(BAR + DIGIT)), max(FINGER, self.px(FINGER))
        top, step = area.y + self.px(HEAD), (width + self.px(6)) / 10
        self.digits = {}
        for digit, action in enumerate(self.keys):
            left, right = area.x + round(digit * step), area.x + round((digit + 1) * step) - self.px(6)
            self.digits[action] = Box(left, top, right - left, key)
        foot, badge = area.bottom - button, self.px(BADGE)
        if wide:
            self.rows = Box(area.right - width, area.y, width, area.height)
        else:
            top += key + self.px(8)
            self.rows = Box(area.x, top, width, foot - badge - top)
        self.badge = Box(area.x, foot - badge, width, badge)
        gap = self.px(8)
        each = (width - 2 * gap) // 3
        self.buttons = {
            action: Box(area.x + place * (each + gap), foot, each, button)
            for place, action in enumerate((PART_BEFORE, NEXT_PART, TEN_STEPS))
        }

    def looks(self, session: Session) -> Hashable:
        stepping = session.stepping
        stepping.update()
        self._shown = stepping.step, stepping.checks  # kept, so that no other can have their ids
        hovered = session.pointer.hovered if session.pointer.hovered in self.keys else None
        buttons = tuple(button_looks(session, action) for action in self.buttons)
        return *map(id, self._shown), stepping.reached, stepping.label, stepping.failure, hovered, buttons

    def key(self, session: Session, key: str) -> bool:
        """Digits say what it is to be; Space is the page's while no pen and no focus is moved by keys."""
        action = next((action for action in (*self.keys, *self.buttons) if key in action.keys), None)
        if action is None:
            return False
        by_keys = session.keyboard.pen is not None or session.keyboard.focus is not None
        if key.endswith("Space") and by_keys:
            return False
        session.do(action)
        return True

    def _under(self, session: Session) -> Action | None:
        digit = next((action for action, box in self.digits.items() if session.pointer.over(box)), None)
        return digit or super()._under(session)

    def paint(self, painter: Painter, session: Session) -> None:
        self._paint_title(painter, session)
        self._paint_digits(painter, session)
        self._paint_rows(painter, session)
        self._paint_badge(painter, session)
        self._paint_legend(painter)
        for action, box in self.buttons.items():
            paint_button(painter, session, action, box)

    def _paint_title(self, painter: Painter, session: Session) -> None:
        theme, stepping, y = painter.theme, session.stepping, self.area.y + self.px(HEAD) * 0.35
        left, right = self.area.x, self.badge.right
        title, count = (
            f"Let it be a {stepping.label}: step {stepping.taken + 1}",
            "outlined before, filled after",
        )
        if stepping.step is None:
            title, count = stepping.failure or "Draw a digit, and see how the network would learn it", ""
        title = painter.fitted(title, NORMAL, right - left - painter.text_width(count, SMALL) - self.px(8))
        painter.text(title, NORMAL, theme.ink, (left, y))
        painter.text(count, SMALL, theme.quiet, (right, y), "right")

    def _paint_digits(self, painter: Painter, session: Session) -> None:
        """How probable each digit is: an outline before the step and, once it is taken, a bar after it."""
        theme, stepping = painter.theme, session.stepping
        before = after = None
        if stepping.step is not None:
            before = stepping.step.forward.probabilities
            after = stepping.step.probabilities_after if stepping.reached == len(stepping.parts) else None
        for digit, (action, key) in enumerate(self.digits.items()):
            bar = key._replace(height=key.height - self.px(DIGIT))
            hovered = session.pointer.hovered is action and action.enabled(session)
            painter.box(bar, theme.button_hovered if hovered else theme.button, 4)
            if after is not None:
                high = round(bar.height * float(after[digit]))
                painter.box(Box(bar.x, bar.bottom - high, bar.width, high), theme.accent, 4)
            if before is not None and before[digit] >= 0.005:
                high = max(round(bar.height * float(before[digit])), 4)
                painter.outline(Box(bar.x, bar.bottom - high, bar.width, high), theme.ink, 4)
            chosen = digit == stepping.label
            painter.text(
                str(digit),
                SMALL,
                theme.ink if chosen else theme.quiet,
                (key.center[0], key.bottom - self.px(9)),
                "center",
            )
            if chosen:
                line = self.px(3)
                painter.fill(Box(key.x, key.bottom - line, key.width, line), theme.accent)

    def _paint_rows(self, painter: Painter, session: Session) -> None:
        """A row for each part: its name and formula; once it is reached, its numbers."""
        stepping, theme, rows = session.stepping, painter.theme, self.rows
        parts = stepping.parts
        height = rows.height // max(len(parts), 1)
        for number, part in enumerate(parts):
            box = Box(rows.x, rows.y + number * height, rows.width, height)
            reached, latest = number < stepping.reached, number == stepping.reached - 1
            if latest:
                painter.box(box, theme.paper, 6)
            edge = self.px(6)
            upper, lower = box.y + height * 0.32, box.y + height * 0.74
            ink = theme.ink if latest else theme.quiet if reached else theme.faint
            painter.text(part.name, SMALL, ink, (box.x + edge, upper))
            room = self.px(NAMES) - edge
            formula = painter.fitted(part.formula, SMALL, room)
            painter.text(formula, SMALL, theme.quiet if reached else theme.faint, (box.x + edge, lower))
            if reached and stepping.step is not None:
                shown = _shown(part, stepping.step, stepping.label or 0)
                painter.text(shown.value, SMALL, ink, (box.right - edge, upper), "right")
                painter.text(shown.note, SMALL, theme.quiet, (box.right - edge, lower), "right")
                self._paint_values(painter, box, shown.values)

    def _paint_values(self, painter: Painter, row: Box, values: Array) -> None:
        """Numbers as cells between the formula and the value; the largest has the full colour."""
        left = row.x + self.px(NAMES)
        width = row.width - self.px(NAMES) - self.px(VALUE) - self.px(16)
        if not len(values) or width < 10:
            return
        columns = min(len(values), CELLS)
        lines = -(-len(values) // columns)
        high = min(row.height - self.px(8), max(self.px(4) * lines, self.px(12)))
        area = Box(left, row.y + (row.height - high) // 2, width // columns * columns, high // lines * lines)
        largest = max(float(np.abs(values).max()), 1e-12)
        paint_cells(painter, values / largest, columns, area, gap=1 if lines == 1 else 0, holes=False)

    def _paint_badge(self, painter: Painter, session: Session) -> None:
        """Whether the gradients are right, in words and in colour."""
        theme, checks = painter.theme, session.stepping.checks
        if session.stepping.step is None or not checks:
            return
        wrong = [check for check in checks if not check.right]
        worst = max(wrong or checks, key=lambda check: abs(check.analytic - check.numerical))
        dot, y = self.px(12), self.badge.center[1]
        painter.box(Box(self.badge.x, y - dot // 2, dot, dot), theme.bad if wrong else theme.good, 6)
        words = f"Gradients checked: {len(checks)} agree, within {_most(checks)}"
        if wrong:
            words = f"WRONG gradient {_place(worst)}: {worst.analytic:.2g}, numerically {worst.numerical:.2g}"
        x = self.badge.x + dot + self.px(8)
        words = painter.fitted(words, SMALL, self.badge.right - self.px(60) - x)
        painter.text(words, SMALL, theme.bad if wrong else theme.quiet, (x, y))

    def _paint_legend(self, painter: Painter) -> None:
        """What blue and orange are."""
        x, y, cell = self.badge.right, self.badge.center[1], self.px(10)
        for value, sign in ((-1.0, "\N{MINUS SIGN}"), (1.0, "+")):
            x -= painter.text(sign, SMALL, painter.theme.quiet, (x, y), "right") + self.px(4) + cell
            paint_sample(painter, value, Box(x, y - cell // 2, cell, cell))
            x -= self.px(8)


class Shown(NamedTuple):
    """What is shown of a part: numbers as cells, and two short texts."""

    values: Array
    value: str
    note: str


def _shown(part: Part, step: Step, label: int) -> Shown:
    nothing = np.zeros(0)
    if part.name == "forward":
        return Shown(step.forward.logits, signed(float(step.forward.logits[label])), f"logit of {label}")
    if part.name == "loss":
        return Shown(
            nothing, _number(step.loss), f"{label}: {percent(float(step.forward.probabilities[label]))}"
        )
    if part.layer is not None:
        dz = step.dz[part.layer]
        return Shown(
            dz, f"largest {_number(float(np.abs(dz).max()))}", f"{np.count_nonzero(dz)} of {dz.size} not 0"
        )
    return Shown(nothing, f"loss {_number(step.loss_after)}", f"was {_number(step.loss)}")


def _number(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:.3g}"


def _most(checks: list[GradientCheck]) -> str:
    return f"{max(abs(check.analytic - check.numerical) for check in checks):.0e}"


def _place(check: GradientCheck) -> str:
    """Where a weight is, as in the formulas: layers count from 1, rows and columns from 0."""
    if check.row < 0:
        return f"db{check.layer + 1}[{check.column}]"
    return f"dW{check.layer + 1}[{check.row}, {check.column}]"
