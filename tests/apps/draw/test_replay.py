"""Recordings: what was recorded is replayed to the same pixels, and pictures of it need no screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.draw.state.live_prediction import LivePrediction
from apps.draw.state.session import Session
from backends.errors import InkdigitsError
from engine.data.drawings import read_drawing
from tests.apps.draw.acting import at
from tests.apps.draw.conftest import FACTS, FakeNetwork

pygame = pytest.importorskip("pygame")

from apps.draw import screenshot  # noqa: E402 - needs Pygame
from apps.draw.replay import Header, Recorder, Replay, read_replay  # noqa: E402
from apps.draw.window import Window  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.usefixtures("_display")


def line(t: float, event: str, **fields: Any) -> str:
    return json.dumps({"t": t, "event": event, "fields": fields})


def recording(path: Path, *lines: str, header: str = '{"size": [1000, 640]}') -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def stroke(session: Session, *places: tuple[float, float]) -> list[str]:
    """A stroke through places on the canvas, an event each hundredth of a second from 0.5 s."""
    pixels = [at(session, *place) for place in places]
    lines = [line(0.5, "MOUSEBUTTONDOWN", pos=pixels[0], button=1)]
    lines += [
        line(0.5 + i / 100, "MOUSEMOTION", pos=pixel, buttons=[1, 0, 0])
        for i, pixel in enumerate(pixels[1:], 1)
    ]
    return [*lines, line(0.6 + len(pixels) / 100, "MOUSEBUTTONUP", pos=pixels[-1], button=1)]


def new_session() -> Session:
    return Session(LivePrediction(FakeNetwork().recognize), FACTS)


def play(replay: Replay) -> tuple[Session, Window]:
    session = new_session()
    window = screenshot.open_window(session, replay)
    screenshot.run(window, session, replay)
    return session, window


def test_a_recording_draws_as_the_mouse_did(session: Session, tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", *stroke(session, (0.2, 0.5), (0.5, 0.5), (0.8, 0.5)))
    replayed, window = play(read_replay(path))
    (drawn,) = replayed.document.strokes
    np.testing.assert_allclose(drawn.points, [(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)])
    assert window.title == "inkdigits – 1 (90%)"
    assert not window.restless
    window.close()


def test_what_is_recorded_is_replayed_to_the_same_pixels(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    time = [10.0]
    first = new_session()
    window = Window(first, (900, 600), clock=lambda: time[0], sleep=lambda seconds: None)
    recorder = Recorder(path, Header(window.size), lambda: time[0])
    window.listen_to(recorder)
    pygame.event.clear()
    places = [at(first, 0.3 + i / 50, 0.3 + i * i / 900) for i in range(20)]
    pygame.event.post(pygame.Event(pygame.KEYDOWN, key=ord("t"), mod=0, unicode="t", scancode=23))
    pygame.event.post(pygame.Event(pygame.MOUSEBUTTONDOWN, pos=places[0], button=1))
    for place in places:
        pygame.event.post(pygame.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(1, 0, 0)))
        time[0] += 0.02
        window.step()
    pygame.event.post(pygame.Event(pygame.MOUSEBUTTONUP, pos=places[-1], button=1))
    pygame.event.post(pygame.Event(pygame.MOUSEMOTION, pos=(5, 5), rel=(0, 0), buttons=(0, 0, 0)))
    for _ in range(12):
        window.step()
        time[0] += 1.1  # it dozes, so that the test does not wait
    recorder.close()
    shown = pygame.surfarray.array3d(window.surface)
    window.close()
    replayed, again = play(read_replay(path))
    assert [s.points for s in replayed.document.strokes] == [s.points for s in first.document.strokes]
    assert not replayed.dark
    np.testing.assert_array_equal(pygame.surfarray.array3d(again.surface), shown)
    again.close()


def test_events_come_when_their_time_has_come() -> None:
    first, second = pygame.Event(pygame.KEYUP, key=1), pygame.Event(pygame.KEYUP, key=2)
    replay = Replay(Header((1000, 640)), [(1.0, first), (2.0, second)])
    assert replay.get() == []
    replay.sleep(1.5)
    assert replay.get() == [first]
    assert replay.wait(400).type == pygame.NOEVENT
    assert replay.wait(400) == second
    assert replay.clock() == 2.0
    assert replay.over


def test_a_size_that_was_recorded_is_taken(tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl", line(0.2, "WINDOWSIZECHANGED", x=1200, y=800))
    session, window = play(read_replay(path))
    assert window.size == (1200, 800)
    assert session.layout.size == (1200, 800)
    window.close()


BROKEN = {
    "an empty file": "",
    "no size": '{"theme": "dark"}',
    "a huge window": '{"size": [100000, 640]}',
    "an unknown event": '{"size": [1000, 640]}\n{"t": 0, "event": "AUDIODEVICEADDED"}',
    "a motion without a place": '{"size": [1000, 640]}\n{"t": 0, "event": "MOUSEMOTION"}',
    "a place that is a word": '{"size": [9, 9]}\n'
    '{"t": 0, "event": "MOUSEMOTION", "fields": {"pos": "x", "buttons": [0,0,0]}}',
    "time that goes back": '{"size": [9, 9]}\n{"t": 2, "event": "WINDOWLEAVE"}\n'
    '{"t": 1, "event": "WINDOWLEAVE"}',
    "time without end": '{"size": [9, 9]}\n{"t": 1e300, "event": "WINDOWLEAVE"}',
    "a drawing": '{"strokes": [[[0, 0], [1, 1]]]}',
    "noise": "\x00\xff",
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InkdigitsError, match="a device or a pipe"):
        read_replay(tmp_path / "pipe")


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_no_recording_is_refused_in_one_line(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(BROKEN[broken], "latin-1")
    with pytest.raises(InkdigitsError) as refused:
        read_replay(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


# ---- The command ---------------------------------------------------------------------------------


def run_draw(*words: object) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    return subprocess.run(
        [sys.executable, "-m", "apps.draw", *map(str, words)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_a_picture_is_taken_without_a_screen(session: Session, tmp_path: Path) -> None:
    lines = stroke(session, (0.5, 0.15), (0.5, 0.3), (0.5, 0.5), (0.5, 0.85))
    path = recording(tmp_path / "r.jsonl", *lines)
    for name in ("one.png", "one.gif"):
        done = run_draw("--replay", path, "--screenshot", tmp_path / name, "--theme", "light")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    picture = pygame.image.load(tmp_path / "one.png")
    assert picture.get_size() == (1000, 640)
    assert picture.get_at((2, 2))[:3] == (244, 244, 241)
    from PIL import Image

    with Image.open(tmp_path / "one.gif") as moving:
        assert getattr(moving, "n_frames", 0) >= 3
    drawing = ROOT / "tests/apps/draw/one.json"
    done = run_draw(drawing, "--size", "1400x900", "--screenshot", tmp_path / "two.png")
    assert done.returncode == 0
    assert pygame.image.load(tmp_path / "two.png").get_size() == (1400, 900)
    assert len(read_drawing(drawing).strokes) == 1


def test_options_that_contradict_each_other_are_refused(run: Any, tmp_path: Path) -> None:
    path = recording(tmp_path / "r.jsonl")
    for words, what in (
        (["--replay", path], "--screenshot"),
        (["--record", tmp_path / "x", "--screenshot", tmp_path / "x.png"], "--record"),
        (["--screenshot", tmp_path / "x.tiff"], ".png or .gif"),
        (["--size", "0x5"], "1000x640"),
        (["--size", "large"], "1000x640"),
        (["--theme", "pink"], "pink"),
        (["--replay", tmp_path / "none", "--screenshot", tmp_path / "x.png"], "none"),
    ):
        code, out, err = run("draw", *words)
        assert code == 2, words
        assert out == ""
        assert what in err
