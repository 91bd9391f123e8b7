"""Buttons, the brush's slider, and tooltips."""

from __future__ import annotations

from apps.draw.paint.icons import ICONS
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL, Colour
from apps.draw.state.actions import ACTIONS, Action
from apps.draw.state.layout import Box, Layout
from apps.draw.state.session import Session, slider_track


def paint_tools(painter: Painter, session: Session) -> None:
    for action, box in session.layout.buttons.items():
        _paint_button(painter, session, action, box)
    _paint_slider(painter, session)


def paint_tooltip(painter: Painter, session: Session) -> None:
    """What the button under the pointer does, and its key; shown after a moment."""
    if session.tooltip is None:
        return
    text = ACTIONS[session.tooltip].tooltip
    box = tooltip_box(
        session.layout, session.layout.buttons[session.tooltip], painter.text_width(text, SMALL)
    )
    painter.box(box, painter.theme.ink, 6)
    painter.text(text, SMALL, painter.theme.ground, box.center, "center")


def tooltip_box(layout: Layout, button: Box, text_width: int) -> Box:
    """Above the button, or below one at the top, and always within the window."""
    width, height = text_width + round(20 * layout.unit), round(28 * layout.unit)
    gap = round(8 * layout.unit)
    x = min(max(button.center[0] - width // 2, gap), layout.size[0] - width - gap)
    y = button.y - height - gap
    return Box(x, y if y >= 0 else button.bottom + gap, width, height)


def _paint_button(painter: Painter, session: Session, action: Action, box: Box) -> None:
    usable = session.enabled(action)
    hovered = usable and session.hovered is action and session.pressed in (None, action)
    pressed = hovered and session.pressed is action
    ground, front = _colours(painter, session, action, hovered)
    if ground is not None:
        painter.box(box, ground)
    if pressed:
        painter.outline(box, painter.theme.ink if action is Action.PREDICT else painter.theme.accent, line=2)
    sink = painter.px(1) if pressed else 0
    if action in ICONS:
        side = painter.px(22)
        x, y = box.center
        painter.icon(ICONS[action], Box(x - side // 2, y - side // 2 + sink, side, side), front)
    else:
        x, y = box.center
        painter.text(ACTIONS[action].label, NORMAL, front, (x, y + sink), "center")


def _colours(
    painter: Painter, session: Session, action: Action, hovered: bool
) -> tuple[Colour | None, Colour]:
    """Behind a button, and on it. Predict alone is in the accent colour; the view's switches have no box."""
    theme = painter.theme
    bare = action in (Action.LIVE, Action.GRID, Action.THEME, Action.HELP)
    plain = theme.risen if hovered else None if bare else theme.raised
    if not session.enabled(action):
        return plain, theme.faint
    if action is Action.PREDICT:
        return theme.accent_risen if hovered else theme.accent, theme.on_accent
    if session.on(action):
        return plain, theme.accent
    return plain, theme.quiet if bare else theme.ink


def _paint_slider(painter: Painter, session: Session) -> None:
    """A wedge that says thin and wide, and a knob."""
    theme, track = painter.theme, slider_track(session.layout)
    x, middle = track.x + round(track.width * session.brush_position), track.center[1]
    line = max(4, painter.px(4))
    painter.box(Box(track.x, middle - line // 2, track.width, line), theme.line, line / 2)
    painter.box(Box(track.x, middle - line // 2, x - track.x, line), theme.quiet, line / 2)
    half = painter.px(5 + 6 * session.brush_position)
    painter.box(Box(x - half, middle - half, 2 * half, 2 * half), theme.ink, half)
