"""What the window may cost, in CPU time and bytes, without the network's part."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from apps.draw.state.geometry import Point
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from tests.apps.draw.acting import CLEAR, at, draw
from tests.apps.draw.conftest import FACTS, FakeNetwork

pygame = pytest.importorskip("pygame")

from apps.draw.paint.painter import PICTURES  # noqa: E402 - needs Pygame
from apps.draw.paint.pictures import Pictures  # noqa: E402
from apps.draw.window import Window  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")

# Where coverage is measured, each line of Python takes longer; the budgets themselves are for runs without.
SLOWER = 3 if sys.gettrace() else 1
USUAL = 1.25e-3  # seconds of `small_work` on the machine that the budgets are for, when it is quiet
FRAME_BUDGET = SLOWER * 4e-3  # seconds of CPU for a frame while drawing, at 1000x640
ANSWER_BUDGET = SLOWER * 8e-3  # from a move of the pointer to the bars


@pytest.fixture
def window() -> Iterator[Window]:
    session = Session(LivePrediction(FakeNetwork().recognize), FACTS)
    window = Window(session, clock=lambda: time.perf_counter(), sleep=lambda seconds: None)
    yield window
    window.close()


def places(count: int, step: float = 0.01) -> Iterator[Point]:
    """A walk over the canvas, a point for each frame."""
    chance, x, y = random.Random(1), 0.5, 0.5
    for _ in range(count):
        x = min(max(x + chance.gauss(0, step), 0.05), 0.95)
        y = min(max(y + chance.gauss(0, step), 0.05), 0.95)
        yield x, y


def small_work() -> float:
    """CPU seconds of a fixed piece of work like that of a frame: Python, NumPy, and pictures on pictures."""
    paper, ink = pygame.Surface((300, 300)), pygame.Surface((60, 60), pygame.SRCALPHA)
    numbers = np.linspace(-1, 1, 2000)
    started = time.process_time()
    for index in range(60):
        for part in range(40):
            paper.get_clip().clip((part, part, index, 20))
        paper.blit(ink, (index, index))
        np.clip(np.abs(numbers), 0, 1).repeat(4)
    return time.process_time() - started


def slowness() -> float:
    """How many times slower than usual the machine is just now; at least 1.

    A shared machine is for minutes up to twice as slow as it is otherwise. A budget is a claim about the
    window, not about its neighbours.
    """
    return max(1.0, min(small_work() for _ in range(3)) / USUAL)


def least_frame(window: Window, count: int = 40) -> float:
    """CPU seconds, on a usual machine, of a frame while a stroke grows: the least mean of ten frames."""
    session, means, walk = window._session, [], places(count)
    for _ in range(0, count, 10):
        slower, costs = slowness(), []
        for place in islice(walk, 10):
            started = time.process_time()
            session.pointer.move(at(session, *place))
            window.paint()
            costs.append(time.process_time() - started)
        means.append(float(np.mean(costs)) / slower)
    return min(means)


def test_a_frame_costs_the_same_however_long_the_stroke_is(window: Window) -> None:
    session = window._session
    session.pointer.press(at(session, 0.5, 0.5))
    for place in places(10_000, 0.004):
        session.pointer.move(at(session, *place))
    window.paint()
    assert least_frame(window) < FRAME_BUDGET


def test_a_frame_costs_the_same_however_many_strokes_there_are(window: Window) -> None:
    session = window._session
    chance = random.Random(2)
    for _ in range(1000):
        x, y = chance.random() * 0.9, chance.random() * 0.9
        session.document.start_pen((x, y), 0.02)
        session.document.move((x + 0.05, y + 0.05))
        session.document.finish()
    window.paint()
    session.pointer.press(at(session, 0.5, 0.5))
    assert least_frame(window) < FRAME_BUDGET
    session.pointer.release()
    session.pointer.press(at(session, 0.5, 0.5), erases=True)
    assert least_frame(window) < 8 * FRAME_BUDGET, "an eraser among a thousand strokes"


def test_the_bars_follow_the_pointer_within_8_milliseconds(window: Window) -> None:
    session = window._session
    draw(session)
    window.paint()
    session.pointer.press(at(session, 0.5, 0.5))
    assert least_frame(window) < ANSWER_BUDGET
    assert session.prediction.recognition.digit == 2


def test_nothing_is_computed_where_nothing_changes(window: Window) -> None:
    draw(window._session)
    window.paint()
    until = time.perf_counter() + 30
    while window.restless and time.perf_counter() < until:  # the bars are on their way
        window.paint()
    costs = []
    for _ in range(30):
        started = time.process_time()
        window.paint()
        costs.append(time.process_time() - started)
        assert window._screen.painted == []
    assert min(costs) < SLOWER * 1e-3


def test_pictures_are_kept_within_their_bytes() -> None:
    kept = Pictures(100_000)
    made: list[int] = []

    def make(key: int) -> Any:
        made.append(key)
        return pygame.Surface((50, 50), pygame.SRCALPHA)  # 10,000 bytes

    for key in range(40):
        kept.get(key, lambda key=key: make(key))  # type: ignore[misc]
        kept.get(0, lambda: make(0))
        assert kept.size <= 100_000
    assert made == list(range(40)), "what is used stays"
    kept.get(39, lambda: make(39))
    assert made == list(range(40)), "and so does what is new"
    kept.get(1, lambda: make(1))
    assert made[40:] == [1], "what was not used for long is dropped"
    kept.get("large", lambda: pygame.Surface((400, 400), pygame.SRCALPHA))
    assert kept.size <= 100_000
    kept.clear()
    assert kept.size == 0


def memory() -> float:
    """What this process holds, in MB."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a file of the system's
        return int(file.read().split()[1]) * 4096 / 2**20


def test_sizes_and_digits_leave_memory_as_it_was(window: Window) -> None:
    session = window._session
    draw(session)
    chance = random.Random(3)

    def resize(count: int) -> None:
        for _ in range(count):
            window.resize((chance.randint(820, 1400), chance.randint(560, 900)))
            window.paint()
            assert PICTURES.size < 2**23

    resize(4)
    before = memory()
    resize(20)
    for _ in range(100):
        draw(session)
        window.paint()
        session.do(CLEAR)
    assert memory() - before < 20


@pytest.mark.slow
def test_400_sizes_and_2000_digits_leave_memory_as_it_was(window: Window) -> None:
    session = window._session
    window.resize((1000, 640))
    before = memory()
    chance = random.Random(4)
    for _ in range(400):
        window.resize((chance.randint(820, 1600), chance.randint(560, 1000)))
        window.paint()
    for _ in range(2000):
        draw(session)
        window.paint()
        session.do(CLEAR)
    window.resize((1000, 640))
    window.paint()
    assert memory() - before < 40


@pytest.mark.slow
def test_random_events_break_nothing(window: Window) -> None:
    """Mouse, keys, fingers and sizes in any order; `python -m benchmarks.window_events` runs 100,000."""
    from benchmarks.window_events import throw

    throw(window, 3000, seed=1)
