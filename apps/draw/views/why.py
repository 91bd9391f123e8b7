"""The page that says why: how the ink and the biases add up to the answer, and what is near to it.

The ink itself gets its colours on the canvas (see `apps.draw.views.evidence`).
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from apps.draw.paint.digit_pictures import enlarged
from apps.draw.paint.evidence import changed_picture, paint_signs
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.paint.waterfall import Part, Reach, paint_waterfall, reach_of, signed
from apps.draw.state.actions import Action
from apps.draw.state.geometry import Point
from apps.draw.state.insight_actions import BLANK, against
from apps.draw.state.layout import FINGER, SIDE, Box
from apps.draw.state.reasons import NEIGHBOURS, PAGE, Reasons
from apps.draw.state.session import Session
from apps.draw.views.view import View
from apps.messages import percent
from engine.recognition.explain import Explanation

QUESTION, SENTENCE, TITLE, CAPTION, LABEL = 30, 28, 22, 38, 20  # px, heights of lines
BAR, DIGIT = 34, 22  # px, of a digit's bar, and of the digit under it
ROW = 23  # px, of a row of the sum
GAP = 28  # px between the picture of the change and the nearest digits
WIDE = 1.5  # an area this much wider than high has two halves


class WhyPage(View):
    """A difference of two logits, part by part. It adds up.

    Attributes
    ----------
    bars : list of Box
        How probable each digit is; below is the digit.
    sum : Box
        The waterfall.
    change, nearest : Box
        The smallest change that flips the answer; the first of the nearest training digits.
    keys : list of Action
        Those that choose the other digit, from 0 to 9.
    digits : dict of Action to Box
        Where each digit can be pressed, narrower than a button.
    """

    name = PAGE

    def __init__(self) -> None:
        super().__init__()
        self.keys = [against(digit) for digit in range(10)]
        self.digits: dict[Action, Box] = {}
        self._reach: Reach = (0.0, 0.0)

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        wide, gap = area.width > WIDE * area.height, self.px(GAP)
        width = (area.width - gap) // 2 if wide else area.width
        key = max(FINGER, self.px(BAR + DIGIT))
        top, step = area.y + self.px(QUESTION), (width + self.px(6)) / 10
        self.digits = {}
        for digit, action in enumerate(self.keys):
            left, right = area.x + round(digit * step), area.x + round((digit + 1) * step) - self.px(6)
            self.digits[action] = Box(left, top, right - left, key)
        self.bars = [box._replace(height=key - self.px(DIGIT)) for box in self.digits.values()]
        top += key + self.px(10)
        self.sum = Box(area.x, top, width, 4 * self.px(ROW))
        self._arrange_below(area.right - width, area.y if wide else self.sum.bottom + self.px(SENTENCE))

    def _arrange_below(self, left: int, top: int) -> None:
        """The change at the left; at the right the nearest digits, and under them the button."""
        area, title, caption = self.area, self.px(TITLE), self.px(CAPTION)
        button, gap = max(FINGER, self.px(FINGER)), self.px(GAP)
        width, room = area.right - left, area.bottom - top - title - caption
        side = max(min(room, (width - gap) // 2) // SIDE, 1) * SIDE
        self.change = Box(left, top + title, side, side)
        right = self.change.right + gap
        small = (area.right - right - (NEIGHBOURS - 1) * self.px(6)) // NEIGHBOURS
        small = min(small, side + caption - button - self.px(LABEL))
        self.nearest = Box(right, top + title, small, small)
        top = min(self.change.bottom + caption, area.bottom) - button
        self.buttons = {BLANK: Box(right, top, area.right - right, button)}

    def looks(self, session: Session) -> Hashable:
        reasons = session.reasons
        reasons.update(session.prediction, _on_canvas(session))
        if not session.document.busy:
            job = reasons.look_around(session.worker)
            if job is not None:
                session.jobs.append(job)
        recognition = session.prediction.recognition
        self._now = None if recognition is None else recognition.probabilities
        # Kept, so that no other can have their ids.
        self._kept = reasons.explanation, self._now, reasons.without, reasons.surroundings
        hovered = session.pointer.hovered if session.pointer.hovered in (*self.keys, BLANK) else None
        return *map(id, self._kept), session.insight.failure, reasons.blanking, hovered, session.document.busy

    def key(self, session: Session, key: str) -> bool:
        """A digit is the one that the answer is compared with."""
        action = next((action for action in self.keys if key in action.keys), None)
        if action is not None:
            session.do(action)
        return action is not None

    def _under(self, session: Session) -> Action | None:
        digit = next((action for action, box in self.digits.items() if session.pointer.over(box)), None)
        return digit or super()._under(session)

    def paint(self, painter: Painter, session: Session) -> None:
        why = session.reasons.explanation
        self._paint_question(painter, session, why)
        self._paint_digits(painter, session, why)
        if why is not None:
            self._paint_sum(painter, why, fixed=session.document.busy)
        self._paint_change(painter, session.reasons)
        self._paint_nearest(painter, session)
        self._paint_blank(painter, session)

    def _paint_question(self, painter: Painter, session: Session, why: Explanation | None) -> None:
        """What is asked, and at the right what the colours on the canvas mean."""
        theme, area, y = painter.theme, self.area, self.area.y + self.px(QUESTION) * 0.4
        if why is None:
            insight = session.insight
            text = "Draw a digit, and see which ink decides"
            if insight.failure is not None:
                text = f"The backend failed: {insight.failure}"
            elif insight.network is None:
                text = "Nothing to see: the network is not at hand"
            painter.text(painter.fitted(text, NORMAL, area.width), NORMAL, theme.ink, (area.x, y))
            return
        painter.text(f"Why a {why.digit} and not a {why.other}?", NORMAL, theme.ink, (area.x, y))
        x, dot = self.sum.right, self.px(12)
        for colour, text in ((theme.minus, f"− for {why.other}"), (theme.plus, f"+ for {why.digit}")):
            x -= painter.text(text, SMALL, theme.quiet, (x, y), "right") + self.px(6) + dot
            painter.box(Box(x, round(y) - dot // 2, dot, dot), colour, 3)
            x -= self.px(14)

    def _paint_digits(self, painter: Painter, session: Session, why: Explanation | None) -> None:
        """A bar for each digit; where ink is left out, what it was before is an outline."""
        without, now = session.reasons.without, self._now
        shown = now if without is None else without.probabilities
        for digit, (action, bar) in enumerate(zip(self.keys, self.bars, strict=True)):
            theme, key = painter.theme, self.digits[action]
            hovered = session.pointer.hovered is action and action.enabled(session)
            painter.box(bar, theme.button_hovered if hovered else theme.button, 4)
            if why is not None and shown is not None:
                high = round(bar.height * float(shown[digit]))
                painter.box(Box(bar.x, bar.bottom - high, bar.width, high), theme.accent, 4)
            if without is not None and now is not None and now[digit] >= 0.01:
                high = max(round(bar.height * float(now[digit])), 4)
                painter.outline(Box(bar.x, bar.bottom - high, bar.width, high), theme.ink, 4)
            colour, text = theme.quiet, str(digit)
            if why is not None and digit in (why.digit, why.other):
                colour, text = theme.ink, f"{digit} {'+' if digit == why.digit else '−'}"
                edge = self.px(2)
                around = Box(key.x - edge, key.y - edge, key.width + 2 * edge, key.height + 2 * edge)
                painter.outline(around, theme.plus if digit == why.digit else theme.minus, 6, 2)
            painter.text(text, SMALL, colour, (key.center[0], key.bottom - self.px(DIGIT) * 0.5), "center")

    def _paint_sum(self, painter: Painter, why: Explanation, fixed: bool) -> None:
        """The waterfall; while the pen is down its scale may grow, but nothing gets smaller."""
        evidence = why.evidence
        parts = [
            Part(f"pixels for {why.digit}", float(evidence[evidence > 0].sum())),
            Part(f"pixels for {why.other}", float(evidence[evidence < 0].sum())),
            Part("biases", float(sum(why.biases))),
        ]
        total = Part(f"logit {why.digit} − logit {why.other}", why.difference)
        low, high = reach_of(parts, total)
        self._reach = (min(low, self._reach[0]), max(high, self._reach[1])) if fixed else (low, high)
        paint_waterfall(painter, self.sum, parts, total, reach=self._reach)
        text = f"It adds up: the parts make {signed(why.total)}"
        painter.text(
            text, SMALL, painter.theme.quiet, (self.sum.x, self.sum.bottom + self.px(SENTENCE) * 0.35)
        )

    def _paint_change(self, painter: Painter, reasons: Reasons) -> None:
        theme, box = painter.theme, self.change
        why, around = reasons.explanation, reasons.surroundings
        change = None if around is None else around.change
        painter.text("Smallest change", SMALL, theme.quiet, (box.x, box.y - self.px(TITLE) * 0.5))
        if why is None or around is None or reasons.image is None:
            painter.box(box, theme.paper, 0)
        elif change is None:
            painter.box(box, theme.paper, 0)
            painter.text("none found", SMALL, theme.quiet, box.center, "center")
        else:
            picture = changed_picture(reasons.image, change.change, box.width, theme)
            painter.picture(picture, box[:2])
            paint_signs(painter, change.change, box[:2], box.width / SIDE)
            most = percent(float(np.abs(change.change).max()))
            lines = f"to a {why.other}: at most {most}", "+ more ink, − less"
            for number, text in enumerate(lines):
                y = box.bottom + self.px(CAPTION) * (0.3 + 0.45 * number)
                painter.text(text, SMALL, theme.quiet, (box.x, y))
        painter.outline(box, theme.edge, radius=0, line=1)

    def _paint_nearest(self, painter: Painter, session: Session) -> None:
        theme, first, around = painter.theme, self.nearest, session.reasons.surroundings
        title_y = first.y - self.px(TITLE) * 0.5
        painter.text("Nearest training digits", SMALL, theme.quiet, (first.x, title_y))
        for place in range(NEIGHBOURS):
            x = first.x + place * (first.width + self.px(6))
            box = first._replace(x=x)
            if around is None or place >= len(around.nearest):
                if around is None or not around.trouble:
                    painter.box(box, theme.paper, 0)
                continue
            image, label = around.nearest[place]
            painter.picture(enlarged(image, painter.theme, box.width, smooth=True), box[:2])
            painter.outline(box, theme.edge, radius=0, line=1)
            at = box.center[0], box.bottom + self.px(LABEL) * 0.5
            painter.text(label, SMALL, theme.ink, at, "center")
        if around is not None and around.trouble:
            text = painter.fitted(around.trouble, SMALL, self.area.right - first.x)
            painter.text(text, SMALL, theme.ink, (first.x, first.y + self.px(12)))

    def _paint_blank(self, painter: Painter, session: Session) -> None:
        theme, box = painter.theme, self.buttons[BLANK]
        on, enabled = session.reasons.blanking, BLANK.enabled(session)
        hovered = session.pointer.hovered is BLANK and enabled
        painter.box(box, theme.button_hovered if hovered else theme.button)
        if on:
            painter.outline(box, theme.accent, line=2)
        text = "Point at ink: it is left out" if on else "Leave ink out (X)"
        text = painter.fitted(text, NORMAL, box.width - self.px(12))
        painter.text(text, NORMAL, theme.ink if enabled else theme.faint, box.center, "center")


def _on_canvas(session: Session) -> Point | None:
    """Where the pointer, or the pen of the arrow keys, is on the canvas; None elsewhere or while it draws."""
    ring, canvas = session.pointer.ring, session.layout.canvas
    if ring is None or session.document.busy:
        return None
    return (ring.center[0] - canvas.x) / canvas.width, (ring.center[1] - canvas.y) / canvas.height
