"""From Pygame's events to the session: keys, the pointer, and files that are dropped on the window."""

from __future__ import annotations

import sys
from pathlib import Path

import pygame

from apps.draw.state.session import Session

NAMED_KEYS = {
    pygame.K_ESCAPE: "Esc",
    pygame.K_DELETE: "Delete",
    pygame.K_BACKSPACE: "Backspace",
    pygame.K_F1: "F1",
    pygame.K_TAB: "Tab",
    pygame.K_RETURN: "Enter",
    pygame.K_KP_ENTER: "Enter",
    pygame.K_SPACE: "Space",
    pygame.K_LEFT: "Left",
    pygame.K_RIGHT: "Right",
    pygame.K_UP: "Up",
    pygame.K_DOWN: "Down",
}
SHIFTED = {"Tab", "Space", "Left", "Right", "Up", "Down"}  # mean something else with Shift
# The keys of a keyboard by their place, with what they type on an American one.
PHYSICAL_KEYS = {
    **{pygame.KSCAN_A + index: letter for index, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")},
    **{pygame.KSCAN_1 + index: digit for index, digit in enumerate("1234567890")},
    pygame.KSCAN_LEFTBRACKET: "[",
    pygame.KSCAN_RIGHTBRACKET: "]",
    pygame.KSCAN_COMMA: ",",
    pygame.KSCAN_PERIOD: ".",
}
LEFT, RIGHT = 1, 3
PALM = 0.03  # canvas units: a finger that has drawn no further may be a palm, and gives way to the next

# A Mac has no touch screen; its trackpad sends finger events besides the mouse's, in fractions of itself.
FINGERS = sys.platform != "darwin"


class EventHandler:
    """Handles events for a session.

    A finger's positions are fractions of the window. The mouse event that SDL sends for each finger event is
    ignored. While a finger draws, others are ignored; but a palm that rests on the screen gives way.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._finger: tuple[int, int] | None = None
        self._button: int | None = None  # the mouse button that is down; others are ignored
        self._held: set[int] = set()  # keys that are down, by their place

    def handle(self, event: pygame.Event, size: tuple[int, int], scale: float = 1.0) -> None:
        """Handle one event in a window of this size in pixels.

        ``scale`` is the number of pixels for each unit of the mouse's positions; 2 on some Macs.
        """
        session = self._session
        if event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
            session.close()
        elif event.type == pygame.KEYDOWN:
            place = getattr(event, "scancode", None) or event.key
            session.do_key(*key_names(event), repeated=place in self._held)
            self._held.add(place)
        elif event.type == pygame.KEYUP:
            self._held.discard(getattr(event, "scancode", None) or event.key)
        elif event.type == pygame.DROPFILE:
            session.open(Path(event.file))
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._leave(event.type == pygame.WINDOWFOCUSLOST)
        elif event.type in (pygame.FINGERDOWN, pygame.FINGERMOTION, pygame.FINGERUP):
            self._handle_finger(event, size)
        elif not getattr(event, "touch", False):
            self._handle_mouse(event, scale)

    def _handle_mouse(self, event: pygame.Event, scale: float) -> None:
        pointer = self._session.pointer
        if event.type == pygame.MOUSEWHEEL:
            self._session.widen_brush(getattr(event, "precise_y", event.y))
            return
        if event.type not in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            return
        position = event.pos[0] * scale, event.pos[1] * scale
        if event.type == pygame.MOUSEMOTION:
            if self._button is not None and not event.buttons[self._button - 1]:
                self._button = None  # it went up where no event told so
                pointer.release()
            if self._button is None:
                self._session.keyboard.leave()
            pointer.move(position)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (LEFT, RIGHT) and self._button is None:
            self._button = event.button
            pointer.press(position, erases=event.button == RIGHT)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == self._button:
            self._button = None
            pointer.move(position)
            pointer.release(position)

    def _handle_finger(self, event: pygame.Event, size: tuple[int, int]) -> None:
        finger = event.touch_id, event.finger_id
        position = event.x * size[0], event.y * size[1]
        pointer = self._session.pointer
        if not FINGERS:
            return
        if event.type == pygame.FINGERDOWN and (self._finger is None or self._rests()):
            if self._finger is not None:
                self._session.document.cancel()
            self._finger = finger
            pointer.press(position)
        elif finger == self._finger and event.type == pygame.FINGERMOTION:
            pointer.move(position)
        elif finger == self._finger and event.type == pygame.FINGERUP:
            self._finger = None
            pointer.move(position)
            pointer.release(position)
            pointer.leave()  # a lifted finger does not hover

    def _rests(self) -> bool:
        """Whether the finger that draws has not moved."""
        document = self._session.document
        if not document.busy or document.erasing or document.empty:
            return False
        left, top, right, bottom = document.strokes[-1].box
        return max(right - left, bottom - top) < PALM

    def _leave(self, focus_lost: bool) -> None:
        """The pointer or the keyboard focus left; without the focus, no event tells that a button went up."""
        if focus_lost:
            self._finger = self._button = None
            self._held.clear()
            self._session.pointer.release()
            self._session.keyboard.lift()
        self._session.pointer.leave()


def key_names(event: pygame.Event) -> tuple[str, ...]:
    """What a key may be called in the table of actions, such as ``P``, ``[``, ``Esc``, ``Ctrl+Shift+Z``.

    A key counts as the character that it types, wherever it is on the keyboard; with Ctrl, or Command on a
    Mac, as the character that it would type. Where that has no meaning, the key counts by its place: all keys
    of an alphabet without these letters, but only digits and signs where the letters are elsewhere.
    AltGr only helps to type, though Windows sends it as Ctrl and Alt.
    """
    modifiers = getattr(event, "mod", 0)
    shift = bool(modifiers & pygame.KMOD_SHIFT)
    helps = bool(modifiers & (pygame.KMOD_ALT | pygame.KMOD_MODE))
    ctrl = bool(modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META))
    if event.key in NAMED_KEYS:
        name = NAMED_KEYS[event.key]
        name = f"Shift+{name}" if shift and name in SHIFTED else name
        return () if helps else (f"Ctrl+{name}" if ctrl else name,)
    typed = getattr(event, "unicode", "").upper()
    if helps:
        return (typed,) if typed.isprintable() and typed else ()
    if ctrl:
        typed = chr(event.key).upper() if event.key < 0x110000 and chr(event.key).isprintable() else ""
    names = [typed] if typed and typed.isprintable() else []
    place = PHYSICAL_KEYS.get(getattr(event, "scancode", 0), "")
    if place and place != typed and not (typed.isascii() and place.isalpha()):
        names.append(place)
    return tuple(f"Ctrl+{'Shift+' if shift else ''}{name}" for name in names) if ctrl else tuple(names)
