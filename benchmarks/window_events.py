"""Random events for the window: ``python -m benchmarks.window_events [COUNT]`` (100,000 by default).

Mouse, wheel, keys, fingers, sizes and lost focus in any order, in all views, without a screen. It prints the
memory after each tenth; an exception ends it. What can be undone is kept on purpose: 0.44 MB for each drawing
that was taught, up to 100, and 1,000 changes. Here that is cut short, so that a leak would be seen.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import pygame

from apps.draw.state import document, teaching
from apps.draw.state.facts import Facts
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.draw.window import Window, start_display
from engine.model.network import Network

KEYS = [ord(each) for each in "dqpeghltzy[]123,.onxm "]
KEYS += [
    pygame.K_TAB,
    pygame.K_RETURN,
    pygame.K_ESCAPE,
    pygame.K_LEFT,
    pygame.K_UP,
    pygame.K_DOWN,
    pygame.K_RIGHT,
]
MODIFIERS = [0, 0, 0, pygame.KMOD_LCTRL, pygame.KMOD_LSHIFT, pygame.KMOD_LCTRL | pygame.KMOD_LSHIFT]


def throw(window: Window, count: int, seed: int) -> None:
    """Send random events to a window, and let it paint."""
    chance = random.Random(seed)
    session, handler = window._session, window._handler
    for index in range(count):
        handler.handle(_event(chance, window.size), window.size)
        if chance.random() < 0.3:
            window.paint()
        if index % 500 == 499:
            window.resize((chance.randint(300, 1500), chance.randint(300, 1000)))
            session.document.clear()
        if session.closed:
            session.closed = False


def _event(chance: random.Random, size: tuple[int, int]) -> pygame.Event:
    place = chance.randint(-20, size[0] + 20), chance.randint(-20, size[1] + 20)
    near = chance.random() / 2, chance.random() * 0.9
    kinds: dict[int, dict[str, Any]] = {
        pygame.MOUSEMOTION: {"pos": place, "buttons": tuple(chance.choices((0, 1), k=3)), "rel": (0, 0)},
        pygame.MOUSEBUTTONDOWN: {"pos": place, "button": chance.randint(1, 3)},
        pygame.MOUSEBUTTONUP: {"pos": place, "button": chance.randint(1, 3)},
        pygame.MOUSEWHEEL: {"x": 0, "y": chance.randint(-2, 2)},
        pygame.KEYDOWN: {
            "key": chance.choice(KEYS),
            "mod": chance.choice(MODIFIERS),
            "unicode": "",
            "scancode": 0,
        },
        pygame.KEYUP: {"key": chance.choice(KEYS), "mod": 0, "unicode": "", "scancode": 0},
        pygame.FINGERDOWN: {"touch_id": 1, "finger_id": chance.randint(1, 2), "x": near[0], "y": near[1]},
        pygame.FINGERMOTION: {"touch_id": 1, "finger_id": chance.randint(1, 2), "x": near[0], "y": near[1]},
        pygame.FINGERUP: {"touch_id": 1, "finger_id": chance.randint(1, 2), "x": near[0], "y": near[1]},
        pygame.WINDOWLEAVE: {},
        pygame.WINDOWFOCUSLOST: {},
    }
    weights = [8, 3, 3, 1, 3, 2, 1, 3, 1, 0.3, 0.2]
    ((kind, fields),) = chance.choices(list(kinds.items()), weights)
    return pygame.Event(kind, fields)


def _memory() -> str:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a file of the system's
        return f"{int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f} MB"


def main() -> int:
    """Run it with the shipped network."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    teaching.MOST, document.LONGEST_HISTORY = 3, 50
    start_display(visible=False)
    network = LiveNetwork(Network.load())
    prediction = LivePrediction(network.recognize)
    window = Window(Session(prediction, Facts("numpy", "model.json", None), network=network))
    throw(window, min(count, 2000), seed=0)
    print(f"{_memory()} when all pages have been seen", flush=True)
    for tenth in range(1, 11):
        throw(window, count // 10, seed=tenth)
        print(f"{_memory()} after {tenth * count // 10} events", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
