"""The row in which the network is told what the digit was, and what it has learned from that."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.state.teach_actions import SAVE_TAUGHT, TEACH, UNLEARN
from apps.draw.state.teaching import Correction
from apps.draw.views.tools import paint_button
from apps.draw.views.view import View
from apps.messages import percent

QUESTION, GAP, BUTTON = 48, 3, 62  # px: "It was", between two digits, a button beside what was learned


class TeachView(View):
    """Ten digits to choose from; while the drawing that was taught is there, before and after instead."""

    area_name = "teach"

    def __init__(self) -> None:
        super().__init__()
        self._face: tuple[object, ...] = ()

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self._place(session)

    def _place(self, session: Session) -> None:
        """Place the buttons that there are now; the focus goes from a digit to undoing what it taught."""
        area, gap = self.area, self.px(GAP)
        if session.network is None or session.teaching.learning is not None:
            self.buttons = {}
        elif session.teaching.last is None:
            left = area.x + self.px(QUESTION)
            edges = [left + round(n * (area.right + gap - left) / len(TEACH)) for n in range(len(TEACH) + 1)]
            self.buttons = {
                action: Box(edges[n], area.y, edges[n + 1] - edges[n] - gap, area.height)
                for n, action in enumerate(TEACH)
            }
        else:
            width, gap = self.px(BUTTON), self.px(2 * GAP)
            lefts = area.right - 2 * width - gap, area.right - width
            self.buttons = {
                action: Box(left, area.y, width, area.height)
                for action, left in zip((UNLEARN, SAVE_TAUGHT), lefts, strict=True)
            }
            if session.keyboard.focus in TEACH:
                session.keyboard.focus = UNLEARN

    def looks(self, session: Session) -> Hashable:
        teaching, pointer = session.teaching, session.pointer
        face = session.network is None, teaching.learning, teaching.last
        if face != self._face:
            self._face = face
            self._place(session)
        hovered = (pointer.hovered, pointer.pressed) if pointer.hovered in self.buttons else None
        return face, teaching.testing, teaching.possible, teaching.unsaved, hovered

    def paint(self, painter: Painter, session: Session) -> None:
        theme, area, correction = painter.theme, self.area, session.teaching.last
        if session.teaching.learning is not None:
            words = f"Learning that it was {session.teaching.learning}…"
            painter.text(words, NORMAL, theme.quiet, (area.x, area.center[1]))
        elif correction is not None:
            self._paint_correction(painter, session, correction)
        elif self.buttons:
            ink = theme.quiet if session.teaching.possible else theme.faint
            painter.text("It was", SMALL, ink, (area.x, area.center[1]))
        for action, box in self.buttons.items():
            paint_button(painter, session, action, box)

    def _paint_correction(self, painter: Painter, session: Session, correction: Correction) -> None:
        """Two lines: what became more probable, and what became of all other digits."""
        theme, area, room = (
            painter.theme,
            self.area,
            min(box.x for box in self.buttons.values()) - self.area.x,
        )
        first = f"{correction.digit}: was {percent(correction.before)}, now {percent(correction.after)}"
        second = session.teaching.testing
        if correction.scores is not None:
            before, after = (f"{score:.2%}" for score in correction.scores)
            second = f"{session.teaching.test_set}: was {before}, now {after}"
        large = NORMAL if painter.text_width(first, NORMAL) <= room else SMALL
        for words, size, ink, at in ((first, large, theme.ink, 0.27), (second, SMALL, theme.quiet, 0.77)):
            painter.text(painter.fitted(words, size, room), size, ink, (area.x, area.y + area.height * at))
