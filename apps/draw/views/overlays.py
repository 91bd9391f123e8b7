"""What lies over the other views: the pointer's ring, the focus, a tooltip, a notice."""

from __future__ import annotations

from collections.abc import Hashable

from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL
from apps.draw.state.actions import Action
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class Overlay(View):
    """Something that cannot be touched."""

    area_name = "window"

    def press(self, session: Session) -> Action | None:
        return None

    move = release = press


class RingView(Overlay):
    """The edge of the brush or the eraser; a dark and a light line, to be seen on paper and on ink.

    A pen that arrow keys move has a dot in the middle, and a thicker ring while it is down.
    """

    def looks(self, session: Session) -> Hashable:
        return session.pointer.ring, session.keyboard.pen is not None, session.document.busy

    def paint(self, painter: Painter, session: Session) -> None:
        ring, theme = session.pointer.ring, painter.theme
        if ring is None:
            return
        by_keys = session.keyboard.pen is not None
        line = (3.0 if by_keys and session.document.busy else 1.4) * max(painter.unit, 1)
        colour = theme.accent if ring.erases or by_keys else theme.quiet
        with painter.clipped(session.layout.canvas):
            painter.ring(ring.center, ring.radius + line / 2 + 0.5, theme.paper, 1.2 * max(painter.unit, 1))
            painter.ring(ring.center, ring.radius, colour, line)
            if by_keys:
                painter.ring(ring.center, 0.0, colour, 2 * line)


class FocusView(Overlay):
    """A line around the button that has the focus."""

    def looks(self, session: Session) -> Hashable:
        return session.keyboard.focused

    def paint(self, painter: Painter, session: Session) -> None:
        box = session.keyboard.focused
        if box is not None:
            edge = painter.px(3)
            around = Box(box.x - edge, box.y - edge, box.width + 2 * edge, box.height + 2 * edge)
            painter.outline(around, painter.theme.ink, 10, 2)


class TooltipView(Overlay):
    """Above its button, or below one at the top, and always within the window."""

    def looks(self, session: Session) -> Hashable:
        return session.pointer.tooltip

    def paint(self, painter: Painter, session: Session) -> None:
        action = session.pointer.tooltip
        box = next((view.buttons[action] for view in session.touchable if action in view.buttons), None)
        if action is None or box is None or not action.says or session.panel is not None:
            return
        text = action.tooltip
        width, height, gap = painter.text_width(text, SMALL) + painter.px(20), painter.px(28), painter.px(8)
        x = min(max(box.center[0] - width // 2, gap), session.layout.size[0] - width - gap)
        y = box.y - height - gap
        tip = Box(x, y if y >= 0 else box.bottom + gap, width, height)
        painter.box(tip, painter.theme.ink, 6)
        painter.text(text, SMALL, painter.theme.background, tip.center, "center")


class NoticeView(Overlay):
    """What just happened, at the foot of the canvas."""

    def looks(self, session: Session) -> Hashable:
        return session.notice

    def paint(self, painter: Painter, session: Session) -> None:
        if not session.notice:
            return
        canvas, pad = session.layout.canvas, painter.px(14)
        room = session.layout.size[0] - 4 * pad
        text = painter.fitted(session.notice, NORMAL, room - 2 * pad)
        width, height = painter.text_width(text, NORMAL) + 2 * pad, painter.px(38)
        x = min(max(canvas.center[0] - width // 2, pad), session.layout.size[0] - width - pad)
        box = Box(x, canvas.bottom - height - pad, width, height)
        painter.box(box, painter.theme.ink)
        painter.text(text, NORMAL, painter.theme.background, box.center, "center")
