"""A long day with the program, in accelerated time: does its memory stay flat?

    python -m benchmarks.soak --minutes 15
    python -m benchmarks.soak --rounds 200

Each round draws a digit in the window (nothing is shown, and the clock runs as fast as the machine), saves
the drawing, teaches it to the network that the window shows, trains and saves a small network, and recognizes
the saved drawing with the saved network. It is one process and one window for all rounds. The table has the
resident memory after each round; the exit code is 1 where it has grown by more than 5 % since the warm-up.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pygame

from apps.draw import screenshot
from apps.draw.paint.photo import png_of
from apps.draw.replay import Header, Replay
from apps.draw.state.facts import Facts
from apps.draw.state.files import Folders
from apps.draw.state.geometry import Point
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from apps.draw.window import Window, start_display
from engine import Network, teach, train_model
from engine.augmentation.drawn_digits import OUTLINES
from engine.data.drawings import read_drawing
from engine.recognition.recognize import recognize_strokes

SIZE = 1000, 640
GROWTH = 0.05  # at most
WARM_UP = 0.2  # of the rounds
MEGABYTE = 2**20


class Feed(Replay):
    """A recording that never ends: what one round does is appended to it."""

    def __init__(self) -> None:
        super().__init__(Header(SIZE), [])

    def give(self, events: list[tuple[float, pygame.Event]]) -> None:
        """Let these events happen, at times from now on."""
        self._events = [(self._now + after, event) for after, event in events]
        self._next = 0


def stroke_events(session: Session, points: list[Point]) -> list[tuple[float, pygame.Event]]:
    """The mouse draws a stroke through places on the canvas."""
    canvas = session.layout.canvas
    pixels = [(canvas.x + x * canvas.width, canvas.y + y * canvas.height) for x, y in points]
    down = (0.1, pygame.Event(pygame.MOUSEBUTTONDOWN, pos=pixels[0], button=1))
    moves = [
        (0.1 + i / 100, pygame.Event(pygame.MOUSEMOTION, pos=pixel, buttons=(1, 0, 0)))
        for i, pixel in enumerate(pixels)
    ]
    return [
        down,
        *moves,
        (0.2 + len(pixels) / 100, pygame.Event(pygame.MOUSEBUTTONUP, pos=pixels[-1], button=1)),
    ]


def key(name: int, **fields: Any) -> list[tuple[float, pygame.Event]]:
    """A key is pressed and released."""
    return [
        (0.1, pygame.Event(pygame.KEYDOWN, key=name, **fields)),
        (0.2, pygame.Event(pygame.KEYUP, key=name, **fields)),
    ]


def outline(digit: int, number: int) -> list[Point]:
    """The first stroke of a digit's outline on the canvas, with points between its corners."""
    stroke = OUTLINES[digit][number % len(OUTLINES[digit])].split("|")[0]
    corners = [(0.3 + int(place[0]) / 10, 0.2 + int(place[1]) / 10) for place in stroke.split()]
    between = [
        ((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(corners) for t in (0, 0.5)
    ]
    return [*between, corners[-1]]


class Day:
    """The rounds, and what they have in common.

    Parameters
    ----------
    folder : Path
        For all files.
    """

    def __init__(self, folder: Path) -> None:
        start_display(visible=False)
        self._folder = folder
        self._feed = Feed()
        self._first = Network.load(backend="numpy")
        self._live = LiveNetwork(self._first)
        self._session = Session(
            LivePrediction(self._live.recognize),
            Facts("numpy", "model.json", None),
            Folders(folder / "drawings", folder / "data", png_of),
            network=self._live,
        )
        self._window: Window = screenshot.open_window(self._session, self._feed)
        random = np.random.default_rng(0)
        self._data = random.integers(0, 256, (200, 784)).astype(np.uint8), np.arange(200) % 10

    def round(self, number: int) -> None:
        """Draw, save, teach, train, recognize; raises AssertionError where something is missing."""
        digit = number % 10
        self._play(stroke_events(self._session, outline(digit, number // 10)))
        strokes = [list(stroke.points) for stroke in self._session.document.strokes]
        assert len(strokes) == 1
        self._play(key(pygame.K_s, unicode="s", mod=pygame.KMOD_CTRL))
        drawing = self._folder / "drawings" / "drawing-001.json"
        taught = teach(self._first if digit == 0 else self._live.network, [strokes], [digit], seed=number)
        self._live.network = taught.network
        model = self._folder / "model.json"
        train_model(model, "numpy", self._data, hidden=[16], epochs=2, seed=number)
        answer = recognize_strokes(Network.load(model, "numpy"), read_drawing(drawing).strokes)
        assert answer.probabilities is not None
        for path in drawing.parent.iterdir():
            path.unlink()
        self._session.turn_page(1)
        self._play(key(pygame.K_DELETE))
        assert not self._session.document.strokes

    def _play(self, events: list[tuple[float, pygame.Event]]) -> None:
        self._feed.give(events)
        screenshot.run(self._window, self._session, self._feed)


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def growth(sizes: list[int]) -> float:
    """How much memory has grown since the warm-up: the median of the last fifth over that of the first."""
    warm = sizes[int(len(sizes) * WARM_UP) :]
    part = max(len(warm) // 5, 1)
    return median(warm[-part:]) / median(warm[:part]) - 1


def soak(enough: Callable[[int], bool]) -> float:
    """Live through rounds until there are enough; prints the memory after each, and returns its growth."""
    sizes: list[int] = []
    with tempfile.TemporaryDirectory(prefix="inkdigits-soak-") as folder:
        day = Day(Path(folder))
        while not enough(len(sizes)):
            day.round(len(sizes))
            sizes.append(resident())
            print(f"{len(sizes):6} {sizes[-1] / MEGABYTE:8.1f} MB", flush=True)
    grown = growth(sizes)
    print(f"{len(sizes)} rounds: memory has grown by {grown:.1%} since the warm-up; {GROWTH:.0%} may be")
    return grown


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Live through a long day, and see whether memory stays flat."
    )
    until = parser.add_mutually_exclusive_group()
    until.add_argument("--rounds", type=int, metavar="N", default=100)
    until.add_argument("--minutes", type=float, metavar="N")
    arguments = parser.parse_args()
    if arguments.minutes is None:
        sys.exit(soak(lambda done: done >= arguments.rounds) > GROWTH)
    end = time.monotonic() + 60 * arguments.minutes
    sys.exit(soak(lambda done: done > 0 and time.monotonic() > end) > GROWTH)


if __name__ == "__main__":
    main()
