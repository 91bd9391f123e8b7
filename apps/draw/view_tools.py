"""Buttons, the brush's slider, and tooltips."""

from __future__ import annotations

from apps.draw.actions import ACTIONS, Action
from apps.draw.desk import Desk, slider_track
from apps.draw.icons import ICONS
from apps.draw.layout import Box, Layout
from apps.draw.paint import Painter
from apps.draw.theme import NORMAL, SMALL, Colour


def paint_tools(painter: Painter, desk: Desk) -> None:
    for action, box in desk.layout.buttons.items():
        _paint_button(painter, desk, action, box)
    _paint_slider(painter, desk)


def paint_tooltip(painter: Painter, desk: Desk) -> None:
    """What the button under the pointer does, and its key; shown after a moment."""
    if desk.tooltip is None:
        return
    text = ACTIONS[desk.tooltip].tooltip
    box = tooltip_box(desk.layout, desk.layout.buttons[desk.tooltip], painter.text_width(text, SMALL))
    painter.box(box, painter.theme.ink, 6)
    painter.text(text, SMALL, painter.theme.ground, box.center, "center")


def tooltip_box(layout: Layout, button: Box, text_width: int) -> Box:
    """Above the button, or below one at the top, and always within the window."""
    width, height = text_width + round(20 * layout.unit), round(28 * layout.unit)
    gap = round(8 * layout.unit)
    x = min(max(button.center[0] - width // 2, gap), layout.size[0] - width - gap)
    y = button.y - height - gap
    return Box(x, y if y >= 0 else button.bottom + gap, width, height)


def _paint_button(painter: Painter, desk: Desk, action: Action, box: Box) -> None:
    usable = desk.enabled(action)
    hovered = usable and desk.hovered is action and desk.pressed in (None, action)
    pressed = hovered and desk.pressed is action
    ground, front = _colours(painter, desk, action, hovered)
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


def _colours(painter: Painter, desk: Desk, action: Action, hovered: bool) -> tuple[Colour | None, Colour]:
    """Behind a button, and on it. Predict alone is in the accent colour; the view's switches have no box."""
    theme = painter.theme
    bare = action in (Action.LIVE, Action.GRID, Action.THEME, Action.HELP)
    plain = theme.risen if hovered else None if bare else theme.raised
    if not desk.enabled(action):
        return plain, theme.faint
    if action is Action.PREDICT:
        return theme.accent_risen if hovered else theme.accent, theme.on_accent
    if desk.on(action):
        return plain, theme.accent
    return plain, theme.quiet if bare else theme.ink


def _paint_slider(painter: Painter, desk: Desk) -> None:
    """A wedge that says thin and wide, and a knob."""
    theme, track = painter.theme, slider_track(desk.layout)
    x, middle = track.x + round(track.width * desk.brush_position), track.center[1]
    line = max(4, painter.px(4))
    painter.box(Box(track.x, middle - line // 2, track.width, line), theme.line, line / 2)
    painter.box(Box(track.x, middle - line // 2, x - track.x, line), theme.quiet, line / 2)
    half = painter.px(5 + 6 * desk.brush_position)
    painter.box(Box(x - half, middle - half, 2 * half, 2 * half), theme.ink, half)
