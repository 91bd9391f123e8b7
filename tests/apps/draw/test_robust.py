"""Bad days of a window: its display, fonts, clock, model or disk fail it. The drawing survives."""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.draw.state.files import Folders
from apps.draw.state.live_network import LiveNetwork
from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from backends.errors import InkdigitsError
from engine import Network
from tests.apps.draw.acting import BRING_BACK, SAVE, draw, points
from tests.apps.draw.conftest import FACTS

pygame = pytest.importorskip("pygame")

from apps.draw.paint.photo import png_of  # noqa: E402 - needs Pygame
from apps.draw.window import DOZE, PATIENCE, Window, start_display  # noqa: E402

pytestmark = pytest.mark.usefixtures("_display")


class Clock:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.longest = 0.0  # sleep

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.longest = max(self.longest, seconds)
        self.now += seconds


class Events:
    """A source of events that have no end to wait for."""

    def __init__(self) -> None:
        self.longest = 0  # milliseconds that were waited for

    def wait(self, timeout: int) -> Any:
        self.longest = max(self.longest, timeout)
        return pygame.Event(pygame.NOEVENT)

    def get(self) -> list[Any]:
        return [pygame.Event(pygame.MOUSEMOTION, pos=(5, 5), buttons=(0, 0, 0))]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(session: Session, clock: Clock, tmp_path: Path) -> Iterator[Window]:
    session.files = Folders(tmp_path / "saved", tmp_path / "data", png_of)
    window = Window(session, clock=clock, sleep=clock.sleep, events=Events())
    yield window
    with contextlib.suppress(pygame.error):
        window.close()


@pytest.mark.parametrize("jump", [-1e9, -1.0, 1.0, 1e9])
def test_clock_that_jumps_holds_nothing_up(
    window: Window, session: Session, clock: Clock, jump: float
) -> None:
    events = Events()
    window.listen_to(events)
    window.step()
    clock.now += jump
    draw(session)
    for _ in range(3):
        window.step()
        assert session.elapsed >= 0
    assert window.title == "inkdigits – 1 (90%)"
    assert clock.longest <= DOZE
    assert events.longest <= 1000 * PATIENCE


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 700)])
def test_window_of_any_size_stands(window: Window, session: Session, size: tuple[int, int]) -> None:
    window.resize(size)
    draw(session)
    for _ in session.pages:
        window.paint()
        session.turn_page(1)
    window.resize((1000, 640))
    window.paint()
    assert len(points(session)) == 1


def test_drawing_is_kept_where_the_display_goes_away(
    window: Window, session: Session, make_session: Callable[[], Session]
) -> None:
    draw(session)
    drawn = points(session)

    class Lost:
        def wait(self, timeout: int) -> Any:
            raise pygame.error("X connection broken")

        def get(self) -> list[Any]:
            raise pygame.error("X connection broken")

    window.listen_to(Lost())
    with pytest.raises(InkdigitsError, match="the window was lost: X connection broken") as caught:
        window.run()
    assert len(str(caught.value)) <= 160
    after = make_session()
    after.files = session.files
    after.do(BRING_BACK)
    assert points(after) == drawn


@pytest.mark.parametrize(
    "error", [NotImplementedError("font module not available"), pygame.error("no fonts")]
)
def test_missing_fonts_are_told_in_one_line(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(pygame.font, "init", fail)
    with pytest.raises(InkdigitsError, match=r"no window can be opened: .*font"):
        start_display(visible=False)


def test_sound_is_never_started(window: Window) -> None:
    window.paint()
    assert pygame.mixer is None or not pygame.mixer.get_init()


def test_model_file_that_is_replaced_or_deleted_changes_nothing(window: Window, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    Network.load().save(model)
    live = LiveNetwork(Network.load(model, "numpy"))
    strokes = [[(0.3, 0.2), (0.7, 0.2), (0.4, 0.8)]]
    before = live.recognize(strokes).probabilities
    model.write_text("broken")
    assert (live.recognize(strokes).probabilities == before).all()
    model.unlink()
    session = Session(LivePrediction(live.recognize), FACTS, network=live)
    shown = Window(session, clock=lambda: 0.0)
    draw(session)
    shown.paint()
    assert session.prediction.recognition is not None
    assert session.prediction.failure is None
    shown.close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_full_disk_costs_no_drawing(
    window: Window, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    draw(session)
    session.do(SAVE)
    (saved,) = (tmp_path / "saved").glob("*.json")
    old = saved.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        session.do(SAVE)
        assert os.strerror(code) in session.notice
        window.paint()
    assert saved.read_bytes() == old
    assert sorted(path.suffix for path in (tmp_path / "saved").iterdir()) == [".json", ".png"]
    assert len(points(session)) == 1
    session.do(SAVE)
    assert json.loads((tmp_path / "saved/drawing-002.json").read_text())["strokes"]


def test_saving_pictures_leaves_nothing_in_memory(session: Session) -> None:
    """Pygame never lets go of a file object that it has written to: `benchmarks.soak` found it."""
    draw(session)
    strokes: Any = session.document.strokes
    png_of(strokes)
    tracemalloc.start()
    size = len(png_of(strokes))
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(10):
        png_of(strokes)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 5 * size
