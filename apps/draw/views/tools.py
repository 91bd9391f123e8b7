"""The row under the canvas: tools, the slider for the brush's size, and commands; and the menu's button."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from apps.draw.paint.icons import ICONS
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, Colour
from apps.draw.state.actions import NOTHING, Action, Place
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class ToolsView(View):
    """Tools at the left, commands at the right, the brush's size between.

    Attributes
    ----------
    slider, track : Box
        Where the slider takes a press, and the line that its knob runs on.
    """

    area_name = "tools"

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        gap, side = self.px(8), area.height
        tools = actions_at(session, Place.TOOL)
        self.buttons = {
            action: Box(area.x + index * (side + gap), area.y, side, side)
            for index, action in enumerate(tools)
        }
        start, end = area.x + len(tools) * (side + gap), area.right
        for action in actions_at(session, Place.COMMAND):
            width = self.px(20 + 12 * len(action.label))
            self.buttons[action] = Box(end - width, area.y, width, side)
            end -= width + gap
        self.slider = Box(start, area.y, end - start, side)
        room = self.px(16)  # for the knob at both ends
        self.track = Box(start + room, area.y, end - start - 2 * room, side)

    def looks(self, session: Session) -> Hashable:
        return session.brush, tuple(button_looks(session, action) for action in self.buttons)

    def paint(self, painter: Painter, session: Session) -> None:
        _paint_slider(painter, self.track, session.brush_setting)
        for action, box in self.buttons.items():
            paint_button(painter, session, action, box)

    def press(self, session: Session) -> Action | None:
        pointer = session.pointer
        if pointer.over(self.slider) and not pointer.erases:
            pointer.sliding = True
            self._slide(session)
            return NOTHING
        return super().press(session)

    def move(self, session: Session) -> Action | None:
        if session.pointer.sliding:
            self._slide(session)
        return super().move(session)

    def release(self, session: Session) -> Action | None:
        session.pointer.sliding = False
        return super().release(session)

    def _slide(self, session: Session) -> None:
        if session.pointer.position is not None:
            session.brush_setting = (session.pointer.position[0] - self.track.x) / self.track.width


class CornerView(View):
    """The button of the menu, beside the tabs."""

    area_name = "corner"

    def arrange(self, area: Box, unit: float, session: Session) -> None:
        super().arrange(area, unit, session)
        self.buttons = dict.fromkeys(actions_at(session, Place.CORNER)[:1], area)

    def looks(self, session: Session) -> Hashable:
        return tuple(button_looks(session, action) for action in self.buttons)

    def paint(self, painter: Painter, session: Session) -> None:
        for action, box in self.buttons.items():
            paint_button(painter, session, action, box, bare=True)


def actions_at(session: Session, place: Place) -> Sequence[Action]:
    """The actions whose buttons belong to a place now, in the order of the table."""
    return [action for action in session.actions if action.place is place and action.shown(session)]


def button_looks(session: Session, action: Action) -> Hashable:
    """All that the picture of a button depends on."""
    return action.enabled(session), action.on(session), _hovered(session, action), _pressed(session, action)


def paint_button(painter: Painter, session: Session, action: Action, box: Box, bare: bool = False) -> None:
    """Paint a button; a bare one has nothing behind it until the pointer is over it.

    What is on is filled with the accent, so that not only its hue tells.
    """
    front, behind = _colours(painter, session, action)
    if not bare or _hovered(session, action):
        painter.box(box, behind)
    pressed = _pressed(session, action)
    if pressed:
        painter.outline(box, painter.theme.ink, line=2)
    x, y = box.center
    y += painter.px(1) if pressed else 0
    if action.icon is None:
        painter.text(action.label, NORMAL, front, (x, y), "center")
    else:
        side = min(painter.px(22), box.height // 2)
        painter.icon(ICONS[action.icon], Box(x - side // 2, y - side // 2, side, side), front)


def _colours(painter: Painter, session: Session, action: Action) -> tuple[Colour, Colour]:
    """The colours on a button and behind it."""
    theme, hovered = painter.theme, _hovered(session, action)
    if not action.enabled(session):
        return theme.faint, theme.button
    if action.primary or action.on(session):
        return theme.on_accent, theme.accent_hovered if hovered else theme.accent
    return theme.ink, theme.button_hovered if hovered else theme.button


def _hovered(session: Session, action: Action) -> bool:
    pointer = session.pointer
    return action.enabled(session) and pointer.hovered is action and pointer.pressed in (None, action)


def _pressed(session: Session, action: Action) -> bool:
    return _hovered(session, action) and session.pointer.pressed is action


def _paint_slider(painter: Painter, track: Box, setting: float) -> None:
    """Paint the part of the track up to the knob brighter; the knob grows with the brush."""
    theme = painter.theme
    x, middle = track.x + round(track.width * setting), track.center[1]
    line = max(4, painter.px(4))
    painter.box(Box(track.x, middle - line // 2, track.width, line), theme.edge, line / 2)
    painter.box(Box(track.x, middle - line // 2, x - track.x, line), theme.quiet, line / 2)
    half = painter.px(5 + 6 * setting)
    painter.box(Box(x - half, middle - half, 2 * half, 2 * half), theme.ink, 99)
