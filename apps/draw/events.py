"""Pygame's events in terms of the session: which key is which action, what the pointer does."""

from __future__ import annotations

import sys

import pygame

from apps.draw.state.actions import ACTION_OF_KEY
from apps.draw.state.session import Session

NAMED_KEYS = {pygame.K_ESCAPE: "Esc", pygame.K_DELETE: "Delete", pygame.K_F1: "F1"}
LEFT, RIGHT = 1, 3

# A Mac has no touch screen, but its trackpad sends fingers, in fractions of itself, beside the mouse.
FINGERS = sys.platform != "darwin"


class Events:
    """Hands events on to a session.

    A finger's events are fractions of the window. Each comes with a twin that pretends to be a mouse and
    is left out, and only the first finger counts until it is lifted.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._finger: tuple[int, int] | None = None
        self._button: int | None = None  # the mouse button that is down; others wait for it

    def handle(self, event: pygame.Event, size: tuple[int, int]) -> None:
        """Do what an event asks for, in a window of that size in pixels."""
        if event.type == pygame.QUIT or event.type == pygame.WINDOWCLOSE:
            self._session.closed = True
        elif event.type == pygame.KEYDOWN:
            action = ACTION_OF_KEY.get(key_name(event))
            if action is not None:
                self._session.do(action)
        elif event.type in (pygame.WINDOWLEAVE, pygame.WINDOWFOCUSLOST):
            self._leave(event.type == pygame.WINDOWFOCUSLOST)
        elif event.type in (pygame.FINGERDOWN, pygame.FINGERMOTION, pygame.FINGERUP):
            self._handle_finger(event, size)
        elif not getattr(event, "touch", False):
            self._handle_mouse(event)

    def _handle_mouse(self, event: pygame.Event) -> None:
        if event.type == pygame.MOUSEMOTION:
            self._session.move(event.pos)
        elif event.type == pygame.MOUSEWHEEL:
            self._session.turn_wheel(getattr(event, "precise_y", event.y))
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (LEFT, RIGHT) and self._button is None:
            self._button = event.button
            self._session.press(event.pos, erases=event.button == RIGHT)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == self._button:
            self._button = None
            self._session.move(event.pos)
            self._session.release(event.pos)

    def _handle_finger(self, event: pygame.Event, size: tuple[int, int]) -> None:
        finger = event.touch_id, event.finger_id
        position = event.x * size[0], event.y * size[1]
        if not FINGERS:
            return
        if event.type == pygame.FINGERDOWN and self._finger is None:
            self._finger = finger
            self._session.press(position)
        elif finger == self._finger and event.type == pygame.FINGERMOTION:
            self._session.move(position)
        elif finger == self._finger:
            self._finger = None
            self._session.move(position)
            self._session.release(position)
            self._session.leave()  # a lifted finger hovers over nothing

    def _leave(self, focus_lost: bool) -> None:
        """The pointer or the keyboard went elsewhere; after the latter no one tells that a button went up."""
        if focus_lost:
            self._finger = self._button = None
            self._session.release()
        self._session.leave()


def key_name(event: pygame.Event) -> str:
    """A key as the table of actions writes it: ``P``, ``[``, ``Esc``, ``Ctrl+Shift+Z``.

    Characters are taken as typed, wherever the keyboard has them; with Ctrl (or a Mac's command key)
    nothing is typed, so the key's own name counts.
    """
    if event.key in NAMED_KEYS:
        return NAMED_KEYS[event.key]
    modifiers = getattr(event, "mod", 0)
    if modifiers & (pygame.KMOD_CTRL | pygame.KMOD_META):
        shift = "Shift+" if modifiers & pygame.KMOD_SHIFT else ""
        return f"Ctrl+{shift}{pygame.key.name(event.key).upper()}"
    return (getattr(event, "unicode", "") or pygame.key.name(event.key)).upper()
