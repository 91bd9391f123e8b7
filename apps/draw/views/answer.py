"""The page with the answer: ten bars, and under or beside them the network's input."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.state.layout import SIDE, Box
from apps.draw.state.session import Session
from apps.draw.views.bars import BarsView
from apps.draw.views.network_input import NetworkInputView
from apps.draw.views.view import View

WIDE = 1.5  # an area this much wider than high has the input beside the bars


class AnswerPage(View):
    """How probable each digit is.

    Attributes
    ----------
    bars, network_input : View
        Its two parts.
    """

    name = "Answer"

    def __init__(self) -> None:
        super().__init__()
        self.bars = BarsView()
        self.network_input = NetworkInputView()

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        picture = max(5, self.px(6)) * SIDE
        if area.width > WIDE * area.height:
            width = round(area.width * 0.42)
            left = Box(area.x, area.y, width, area.height)
            start = left.right + self.px(32)
            right = Box(start, area.y + self.px(18), area.right - start, picture)
        else:
            left = Box(area.x, area.y, area.width, area.height - picture - self.px(12))
            right = Box(area.x, area.bottom - picture, area.width, picture)
        self.bars.arrange(left, unit, session)
        self.network_input.arrange(right, unit, session)
        self.buttons = self.network_input.buttons

    def looks(self, session: Session) -> Hashable:
        return self.bars.looks(session), self.network_input.looks(session)

    def paint(self, painter: Painter, session: Session) -> None:
        self.bars.paint(painter, session)
        self.network_input.paint(painter, session)
        self.animating = self.bars.animating
