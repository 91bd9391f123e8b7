"""The network's input, pixel by pixel, and beside it the facts: backend, time, model, accuracy."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from apps.draw.paint.digit_pictures import enlarged
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.state.actions import SWAP_BACKEND
from apps.draw.state.backend_switch import Comparison
from apps.draw.state.layout import FINGER, SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.tools import button_looks
from apps.draw.views.view import View
from backends.arrays import Array

SWAP = replace(SWAP_BACKEND)  # its button here; the other is a row of the menu
TITLE = "The network's input"
BLANK = np.zeros((SIDE, SIDE), np.uint8)


class NetworkInputView(View):
    """The 28x28 picture, enlarged without smoothing, and beside it what predicts, how fast and how well.

    Attributes
    ----------
    picture, facts : Box
        The picture at the left, and the text beside it.
    """

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self.picture = Box(area.x, area.y, area.height, area.height)
        left = self.picture.right + self.px(20)
        self.facts = Box(left, area.y, area.right - left, area.height)
        self.step = self.px(22)  # from one row of facts to the next
        high = max(FINGER, 2 * self.step)
        top = self._row(1) - self.step // 2 - (high - 2 * self.step) // 2
        self.buttons = {SWAP: Box(left - self.px(8), top, self.facts.width + self.px(8), high)}

    def _row(self, number: int) -> int:
        """The height of the middle of a row of facts; the last one, at the foot, is row 4."""
        return self.facts.bottom - self.px(8) - (4 - number) * self.step

    def looks(self, session: Session) -> Hashable:
        backends = session.backends
        return (
            _image(session).tobytes(),
            session.prediction.milliseconds,
            len(session.left_out),
            session.facts,
            (backends.name, backends.preparing, backends.comparison and id(backends.comparison)),
            button_looks(session, SWAP),
        )

    def paint(self, painter: Painter, session: Session) -> None:
        picture = enlarged(_image(session), painter.theme, self.picture.width)
        painter.picture(picture, self.picture[:2])
        painter.outline(self.picture, painter.theme.edge, radius=0, line=1)
        self._paint_facts(painter, session)

    def _paint_facts(self, painter: Painter, session: Session) -> None:
        theme, box, facts = painter.theme, self.facts, session.facts
        painter.text(TITLE, _fitting(painter, box), theme.ink, (box.x, box.y + painter.px(9)))
        painter.text("28 × 28 pixels", SMALL, theme.quiet, (box.x, box.y + painter.px(30)))
        left_out = len(session.left_out)
        if left_out:
            marks = "mark is" if left_out == 1 else "marks are"
            text = f"{left_out} tiny {marks} left out"
            painter.text(text, SMALL, theme.ink, (box.x, box.y + painter.px(51)))
        if session.pointer.hovered is SWAP:
            painter.box(self.buttons[SWAP], theme.button)
        rows = [
            *_backend_rows(session),
            ("Model", facts.model),
            (facts.test_set, "–" if facts.accuracy is None else f"{facts.accuracy:.1%}"),
        ]
        for number, (name, value) in enumerate(rows, 5 - len(rows)):
            y = self._row(number)
            used = painter.text(name, SMALL, theme.quiet, (box.x, y))
            room = box.width - used - painter.px(12)
            painter.text(painter.fitted(value, SMALL, room), SMALL, theme.ink, (box.right, y), "right")


def _backend_rows(session: Session) -> list[tuple[str, str]]:
    """The present backend and its time; or those of all that were used, and by how much they differ."""
    backends, compared = session.backends, session.backends.comparison
    if backends.preparing:
        return [("Backend", backends.name), (f"Preparing {backends.preparing}…", "")]
    if compared is None:
        return [("Backend", backends.name), ("Prediction", _time(session.prediction.milliseconds, 1))]
    other = next(name for name in compared.milliseconds if name != backends.name)
    shown = [name for name in compared.milliseconds if name in (backends.name, other)]
    return [
        *((_in_use(name, backends.name), _time(compared.milliseconds[name], 2)) for name in shown),
        ("They differ by", _difference(compared)),
    ]


def _in_use(name: str, present: str) -> str:
    return f"{name}, in use" if name == present else name


def _time(milliseconds: float | None, places: int) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.{places}f} ms"


def _difference(compared: Comparison) -> str:
    """Such as 4e-7; 0 where the bits are the same."""
    mantissa, _, exponent = f"{compared.difference:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if compared.difference else "0"


def _image(session: Session) -> Array:
    recognition = session.prediction.recognition
    return BLANK if recognition is None else recognition.image


def _fitting(painter: Painter, box: Box) -> int:
    return NORMAL if painter.text_width(TITLE, NORMAL) <= box.width else SMALL
