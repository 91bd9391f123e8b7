"""From Pygame's events to the session: keys and the pointer."""

from __future__ import annotations

import sys

import pygame

from apps.draw.state.session import Session

NAMED_KEYS = {pygame.K_ESCAPE: "Esc", pygame.K_DELETE: "Delete", pygame.K_F1: "F1"}
LEFT, RIGHT = 1, 3

# A Mac has no touch screen; its trackpad sends finger events besides the mouse's, in fractions of itself.
FINGERS = sys.platform != "darwin"


class EventHandler:
    """Handles events for a session.

    A finger's positions are fractions of the window. The mouse event that SDL sends for each finger event is
    ignored. Until the first finger is lifted, other fingers are ignored.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._finger: tuple[int, int] | None = None
        self._button: int | None = None  # the mouse button that is down; others are ignored

    def handle(self, event: pygame.Event, size: tuple[int, int]) -> None:
        """Handle one event in a window of this size in pixels."""
        if event.type == pygame.QUIT or event.type == pygame.WINDOWCLOSE:
            self._session.closed = True
        elif event.type == pygame.KEYDOWN:
            self._session.do_key(key_name(event))
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._leave(event.type == pygame.WINDOWFOCUSLOST)
        elif event.type in (pygame.FINGERDOWN, pygame.FINGERMOTION, pygame.FINGERUP):
            self._handle_finger(event, size)
        elif not getattr(event, "touch", False):
            self._handle_mouse(event)

    def _handle_mouse(self, event: pygame.Event) -> None:
        if event.type == pygame.MOUSEMOTION:
            self._session.pointer.move(event.pos)
        elif event.type == pygame.MOUSEWHEEL:
            self._session.widen_brush(getattr(event, "precise_y", event.y))
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (LEFT, RIGHT) and self._button is None:
            self._button = event.button
            self._session.pointer.press(event.pos, erases=event.button == RIGHT)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == self._button:
            self._button = None
            self._session.pointer.move(event.pos)
            self._session.pointer.release(event.pos)

    def _handle_finger(self, event: pygame.Event, size: tuple[int, int]) -> None:
        finger = event.touch_id, event.finger_id
        position = event.x * size[0], event.y * size[1]
        if not FINGERS:
            return
        if event.type == pygame.FINGERDOWN and self._finger is None:
            self._finger = finger
            self._session.pointer.press(position)
        elif finger == self._finger and event.type == pygame.FINGERMOTION:
            self._session.pointer.move(position)
        elif finger == self._finger:
            self._finger = None
            self._session.pointer.move(position)
            self._session.pointer.release(position)
            self._session.pointer.leave()  # a lifted finger does not hover

    def _leave(self, focus_lost: bool) -> None:
        """The pointer or the keyboard focus left; without the focus, no event tells that a button went up."""
        if focus_lost:
            self._finger = self._button = None
            self._session.pointer.release()
        self._session.pointer.leave()


def key_name(event: pygame.Event) -> str:
    """Write a key as the table of actions does: ``P``, ``[``, ``Esc``, ``Ctrl+Shift+Z``.

    A key counts as the character that it types, wherever it is on the keyboard. With Ctrl, or Command on a
    Mac, nothing is typed, and the key counts by its own name.
    """
    if event.key in NAMED_KEYS:
        return NAMED_KEYS[event.key]
    modifiers = getattr(event, "mod", 0)
    if modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META):
        shift = "Shift+" if modifiers & pygame.KMOD_SHIFT else ""
        return f"Ctrl+{shift}{pygame.key.name(event.key).upper()}"
    return (getattr(event, "unicode", "") or pygame.key.name(event.key)).upper()
