"""Buttons and their tooltips, and the slider for the brush's size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apps.draw.paint.icons import ICONS
from apps.draw.paint.painter import Painter
from apps.draw.paint.theme import NORMAL, SMALL, Colour
from apps.draw.state.actions import Action, Place
from apps.draw.state.layout import Box
from apps.draw.state.session import Session
from apps.draw.views.view import View


class ButtonsView(View):
    """A row of buttons, each for an action.

    Attributes
    ----------
    buttons : dict of Action to Box
        Where the buttons are.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        super().__init__()
        self._actions = tuple(actions)
        self.buttons: dict[Action, Box] = {}

    def paint(self, painter: Painter, session: Session) -> None:
        for action, box in self.buttons.items():
            _paint_button(painter, session, action, box)
        pointer = session.pointer
        self.animating = pointer.waiting and pointer.hovered in self.buttons
        if pointer.tooltip is not None and pointer.tooltip in self.buttons:
            _paint_tooltip(painter, session, pointer.tooltip.tooltip, self.buttons[pointer.tooltip])

    def press(self, session: Session) -> Action | None:
        return None if session.pointer.erases else self._hovered(session)

    def move(self, session: Session) -> Action | None:
        return self._hovered(session)

    def release(self, session: Session) -> Action | None:
        return self._hovered(session)

    def _hovered(self, session: Session) -> Action | None:
        return next((action for action, box in self.buttons.items() if session.pointer.over(box)), None)

    def _at(self, place: Place) -> list[Action]:
        """The actions whose buttons belong to a place, in the order of the table."""
        return [action for action in self._actions if action.place is place]


class ToolsView(ButtonsView):
    """Tools at the left, commands at the right, the brush's size between.

    Attributes
    ----------
    slider, track : Box
        Where the slider takes a press, and the line that its knob runs on.
    """

    area_name = "tools"

    def arrange(self, area: Box, unit: float) -> None:
        super().arrange(area, unit)
        gap, side = self.px(8), area.height
        self.buttons = _row(area.x, area.y, self._at(Place.TOOL), side, gap)
        start, end = area.x + len(self.buttons) * (side + gap), area.right
        for action in self._at(Place.COMMAND):
            width = self.px(6 + 14 * len(action.label))
            self.buttons[action] = Box(end - width, area.y, width, side)
            end -= width + gap
        self.slider = Box(start, area.y, end - start, side)
        room = self.px(16)  # for the knob at both ends
        self.track = Box(start + room, area.y, end - start - 2 * room, side)

    def paint(self, painter: Painter, session: Session) -> None:
        _paint_slider(painter, self.track, session.brush_setting)
        super().paint(painter, session)

    def press(self, session: Session) -> Action | None:
        pointer = session.pointer
        if pointer.over(self.slider) and not pointer.erases:
            pointer.sliding = True
            self._slide(session)
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


class SwitchesView(ButtonsView):
    """What is shown, and how; at the right end of the area."""

    area_name = "switches"

    def arrange(self, area: Box, unit: float) -> None:
        super().arrange(area, unit)
        actions, side, gap = self._at(Place.SWITCH), area.height, self.px(4)
        self.buttons = _row(area.right - len(actions) * (side + gap) + gap, area.y, actions, side, gap)


def _row(left: int, top: int, actions: Sequence[Action], side: int, gap: int) -> dict[Action, Box]:
    return {action: Box(left + index * (side + gap), top, side, side) for index, action in enumerate(actions)}


def _paint_button(painter: Painter, session: Session, action: Action, box: Box) -> None:
    pointer = session.pointer
    hovered = action.enabled(session) and pointer.hovered is action and pointer.pressed in (None, action)
    pressed = hovered and pointer.pressed is action
    behind, front = _colours(painter, session, action, hovered)
    if behind is not None:
        painter.box(box, behind)
    if pressed:
        painter.outline(box, painter.theme.ink if action.primary else painter.theme.accent, line=2)
    x, y = box.center
    y += painter.px(1) if pressed else 0
    if action.icon is None:
        painter.text(action.label, NORMAL, front, (x, y), "center")
    else:
        side = painter.px(22)
        painter.icon(ICONS[action.icon], Box(x - side // 2, y - side // 2, side, side), front)


def _colours(
    painter: Painter, session: Session, action: Action, hovered: bool
) -> tuple[Colour | None, Colour]:
    """The colours behind a button and on it."""
    theme = painter.theme
    bare = action.place is Place.SWITCH
    plain = theme.button_hovered if hovered else None if bare else theme.button
    if not action.enabled(session):
        return plain, theme.faint
    if action.primary:
        return theme.accent_hovered if hovered else theme.accent, theme.on_accent
    if action.on(session):
        return plain, theme.accent
    return plain, theme.quiet if bare else theme.ink


def _paint_slider(painter: Painter, track: Box, setting: float) -> None:
    """Paint the part of the track up to the knob brighter; the knob grows with the brush."""
    theme = painter.theme
    x, middle = track.x + round(track.width * setting), track.center[1]
    line = max(4, painter.px(4))
    painter.box(Box(track.x, middle - line // 2, track.width, line), theme.line, line / 2)
    painter.box(Box(track.x, middle - line // 2, x - track.x, line), theme.quiet, line / 2)
    half = painter.px(5 + 6 * setting)
    painter.box(Box(x - half, middle - half, 2 * half, 2 * half), theme.ink, half)


def _paint_tooltip(painter: Painter, session: Session, text: str, button: Box) -> None:
    """Paint it above the button, or below one at the top, and always within the window."""
    width, height, gap = painter.text_width(text, SMALL) + painter.px(20), painter.px(28), painter.px(8)
    x = min(max(button.center[0] - width // 2, gap), session.layout.size[0] - width - gap)
    y = button.y - height - gap
    box = Box(x, y if y >= 0 else button.bottom + gap, width, height)
    painter.box(box, painter.theme.ink, 6)
    painter.text(text, SMALL, painter.theme.background, box.center, "center")
