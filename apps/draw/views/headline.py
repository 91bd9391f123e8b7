"""The headline over every page: the digit, and beside it how certain it is; or all digits of a number."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from apps.draw.paint.painter import CAP, Painter
from apps.draw.paint.theme import LARGE, NORMAL, SMALL
from apps.draw.state.actions import Action
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View
from apps.messages import words_for
from engine.recognition.recognize import State

WORDS = 164  # px that the words beside a number have at least
PITCH = 0.8  # of the height of a digit, from one digit of a number to the next
UNDER = 10  # px under a number, for the line under the digit that is shown
NARROWEST = 24  # px for each digit; a longer number is cut, and its digits cannot be pressed


class Numeral(NamedTuple):
    """A digit of a number: what is written, whether it is an answer, and whether the pages show it."""

    glyph: str
    certain: bool
    shown: bool


class HeadlineView(View):
    """A guess is grey; only an answer gets the full ink. Each digit of a number can be pressed.

    Attributes
    ----------
    glyph, words : Box
        The digit at the left, and the text beside it.
    """

    area_name = "headline"

    def __init__(self) -> None:
        super().__init__()
        self._shows: list[Action] = []
        self._pitch = 0

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self.glyph = Box(area.x, area.y, self.px(50), area.height)
        self.words = self._beside(self.glyph.right)

    def looks(self, session: Session) -> Hashable:
        numerals, hovered = _numerals(session), session.pointer.hovered
        self._place(numerals, session)
        return session.words, tuple(numerals), hovered if hovered in self.buttons else None

    def paint(self, painter: Painter, session: Session) -> None:
        theme, words, several = painter.theme, session.words, session.several
        box, detail = self.words if words.glyph else self.area, words.detail
        if several.digits:
            box = self._paint_number(painter, session)
            if not several.growing:
                detail = f"digit {several.chosen + 1} of {len(several.digits)}; D: next"
        elif words.glyph:
            colour = theme.ink if words.certain else theme.faint
            painter.glyph(words.glyph, self.glyph.height, colour, self.glyph[:2])
        colour = theme.ink if words.certain or not session.guessing else theme.quiet
        painter.text(words.headline, LARGE, colour, (box.x, box.y + box.height * 0.24))
        size = NORMAL if painter.text_width(detail, NORMAL) <= box.width else SMALL
        painter.text(detail, size, theme.quiet, (box.x, box.y + box.height * 0.8))

    def _place(self, numerals: list[Numeral], session: Session) -> None:
        """Give each digit of a number its button; in a number that is too long, none has room for one."""
        area, count = self.area, len(numerals)
        room = (area.width - self.px(WORDS)) // max(count, 1)
        self._pitch = min(round(PITCH * (area.height - self.px(UNDER))), room)
        while len(self._shows) < count:
            self._shows.append(_show(len(self._shows)))
        can_be_pressed = self._pitch >= self.px(NARROWEST) and not session.several.growing
        self.buttons = {
            action: Box(area.x + index * self._pitch, area.y, self._pitch, area.height)
            for index, action in enumerate(self._shows[: count if can_be_pressed else 0])
        }

    def _paint_number(self, painter: Painter, session: Session) -> Box:
        """Paint the digits; returns the room for the words beside them."""
        theme, area, numerals = painter.theme, self.area, _numerals(session)
        if self._pitch < self.px(NARROWEST):
            number, room = "".join(each.glyph for each in numerals), area.width - self.px(WORDS)
            painter.text(painter.fitted(number, LARGE, room), LARGE, theme.ink, (area.x, area.center[1]))
            return self._beside(area.x + room)
        size, middle = self._pitch / PITCH / CAP / self.unit, area.center[1] - self.px(UNDER / 2)
        for index, (glyph, certain, shown) in enumerate(numerals):
            cell = Box(area.x + index * self._pitch, area.y, self._pitch, area.height)
            if self.buttons and session.pointer.hovered is self._shows[index]:
                painter.box(cell, theme.button)
            painter.text(
                glyph, size, theme.ink if certain else theme.faint, (cell.center[0], middle), "center"
            )
            if shown:
                edge, line = self.px(4), self.px(3)
                painter.fill(
                    Box(cell.x + edge, cell.bottom - line, cell.width - 2 * edge, line), theme.accent
                )
        return self._beside(area.x + len(numerals) * self._pitch)

    def _beside(self, right: int) -> Box:
        """The room for words beside what ends at ``right``."""
        left = right + self.px(14)
        return Box(left, self.area.y, self.area.right - left, self.area.height)


def _numerals(session: Session) -> list[Numeral]:
    """The digits of a number from left to right, with the guess for what is growing; none for one digit."""
    several, guess = session.several, session.words
    numerals = [
        Numeral(
            words_for(digit.recognition).glyph or "-",
            digit.recognition.state is State.DIGIT,
            index == several.chosen and not several.growing,
        )
        for index, digit in enumerate(several.digits)
    ]
    if several.growing:
        numerals.insert(several.place, Numeral(guess.glyph or "-", guess.certain, True))
    return numerals


def _show(digit: int) -> Action:
    """The action that shows a digit."""
    return Action(str(digit + 1), "Show this digit", (), lambda session: session.several.choose(digit))
