"""The real window: a virtual screen, a window manager, a mouse, and the title of the window.

Nothing in here knows how the window is made: it is started as a user starts it, drawn in with a mouse that
the X server moves, and asked by the title that it shows.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from apps.draw.state.layout import FIRST_SIZE, arrange

ROOT = Path(__file__).resolve().parents[3]
MISSING = [tool for tool in ("Xvfb", "xdotool", "openbox") if shutil.which(tool) is None]
PATIENCE = 30  # seconds that starting may take, on a busy machine
XVFB = ("-noreset", "-screen", "0", "1280x800x24")  # without -noreset it restarts when a client goes
ANSWER_TIME = 5  # seconds that a prediction may take

pytestmark = [
    pytest.mark.screen,
    pytest.mark.slow,
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"not installed here: {', '.join(MISSING)} (apt install xvfb xdotool openbox)",
    ),
]

Places = Sequence[tuple[float, float]]

# As a person would draw them, in the unit square of the canvas.
DIGITS: dict[int, list[Places]] = {
    1: [[(0.52, 0.15), (0.51, 0.4), (0.5, 0.62), (0.48, 0.85)]],
    3: [
        [
            (0.33, 0.24), (0.41, 0.17), (0.53, 0.16), (0.62, 0.24), (0.61, 0.35), (0.54, 0.43), (0.44, 0.47),
            (0.55, 0.5), (0.64, 0.58), (0.65, 0.7), (0.58, 0.8), (0.46, 0.84), (0.34, 0.8), (0.29, 0.73),
        ]
    ],
    7: [[(0.28, 0.2), (0.45, 0.19), (0.7, 0.18), (0.62, 0.36), (0.53, 0.58), (0.45, 0.84)]],
}  # fmt: skip


class Screen:
    """A virtual screen with a window manager, and a mouse and a keyboard on it."""

    def __init__(self, display: str) -> None:
        self.environment = {
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("SDL_", "WAYLAND_"))
            },
            "DISPLAY": display,
        }

    def xdotool(self, *words: object) -> str:
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout.strip()


class App:
    """The program as a user starts it."""

    def __init__(self, screen: Screen, *options: str) -> None:
        self._screen = screen
        self.process = subprocess.Popen(
            [sys.executable, "-m", "apps.draw", *options],
            cwd=ROOT,
            env=screen.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.window = ""
        self._size = FIRST_SIZE

    @property
    def title(self) -> str:
        return self._screen.xdotool("getwindowname", self.window)

    def title_like(self, pattern: str) -> str:
        """The title, as soon as it matches; fails after a while."""
        end = time.monotonic() + ANSWER_TIME
        while not re.fullmatch(pattern, title := self.title):
            self._must_run()
            assert time.monotonic() < end, f"the title is {title!r}, not like {pattern!r}"
            time.sleep(0.05)
        return title

    def draw(self, strokes: list[Places], button: int = 1) -> None:
        """Draw on the canvas with the mouse, in small steps as a person does."""
        canvas = arrange(self._size).canvas
        for stroke in strokes:
            pixels = [(canvas.x + x * canvas.width, canvas.y + y * canvas.height) for x, y in _dense(stroke)]
            self._move(pixels[0])
            self._screen.xdotool("mousedown", button)
            for pixel in pixels[1:]:
                self._move(pixel)
            self._screen.xdotool("mouseup", button)

    def press(self, key: str) -> None:
        self._screen.xdotool("key", key)

    def resize(self, size: tuple[int, int]) -> None:
        self._screen.xdotool("windowsize", "--sync", self.window, *size)
        self._size = size

    def close(self) -> int:
        """Close it as a user does; returns the exit code."""
        self.press("alt+F4")
        return self.process.wait(PATIENCE)

    def _move(self, pixel: tuple[float, float]) -> None:
        self._screen.xdotool("mousemove", "--window", self.window, round(pixel[0]), round(pixel[1]))

    def _must_run(self) -> None:
        code = self.process.poll()
        assert code is None, f"the program ended with {code}: {self.process.communicate()[0]}"

    def wait_for_window(self) -> None:
        """Polled: SDL's windows are not found by name, and xdotool's own waiting may never end."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self._must_run()
            found = self._screen.xdotool("search", "--onlyvisible", "--pid", self.process.pid).split()
            if found and self._screen.xdotool("getactivewindow") == found[-1]:
                self.window = found[-1]
                return  # the window manager has placed it and given it the keyboard
            time.sleep(0.1)
        pytest.fail(f"no window came within {PATIENCE} s")


def _dense(stroke: Places, steps: int = 4) -> list[tuple[float, float]]:
    dense = [stroke[0]]
    for (x0, y0), (x1, y1) in pairwise(stroke):
        dense += [(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(1, steps + 1)]
    return dense


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    read, write = os.pipe()
    with _running("Xvfb", *XVFB, "-displayfd", str(write), pass_fds=(write,)):
        os.close(write)
        with os.fdopen(read) as number:
            screen = Screen(f":{number.readline().strip()}")
        with _running("openbox", environment=screen.environment):
            _wait_until(lambda: bool(screen.xdotool("get_num_desktops")), "the window manager")
            yield screen


def _wait_until(ready: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end, f"{what} was not ready within {PATIENCE} s"
        time.sleep(0.05)


@contextmanager
def _running(
    *command: str, environment: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()
) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=environment, pass_fds=pass_fds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.fixture
def app(screen: Screen, tmp_path: Path) -> Iterator[App]:
    screen.environment |= {"XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path)}
    app = App(screen)
    with app.process:
        try:
            app.wait_for_window()
            yield app
        finally:
            app.process.kill()


def test_digits_drawn_with_a_mouse_are_recognized(app: App) -> None:
    app.title_like("inkdigits")
    for digit, strokes in DIGITS.items():
        app.draw(strokes)
        app.title_like(rf"inkdigits – {digit} \(.*%\)")
        app.press("q")
        app.title_like("inkdigits")
    app.draw(DIGITS[3])
    app.press("ctrl+z")
    app.title_like("inkdigits")
    app.press("ctrl+y")
    app.title_like(r"inkdigits – 3 \(.*%\)")
    app.resize((1180, 720))
    app.press("ctrl+z")
    app.title_like("inkdigits")
    app.draw(DIGITS[7])
    app.title_like(r"inkdigits – 7 \(.*%\)")
    assert app.close() == 0
    assert app.process.communicate()[0] == ""


def test_a_number_drawn_with_a_mouse_is_read(app: App) -> None:
    app.title_like("inkdigits")
    for digit, left in ((7, 0.0), (3, 0.33), (1, 0.62)):
        app.draw([[(left + 0.5 * x, 0.2 + 0.5 * y) for x, y in stroke] for stroke in DIGITS[digit]])
    app.title_like("inkdigits – 731")
    app.press("ctrl+z")
    app.title_like("inkdigits – 73")
    assert app.close() == 0
    assert app.process.communicate()[0] == ""


def test_keys_alone_draw_save_and_bring_back(app: App, screen: Screen, tmp_path: Path) -> None:
    app.title_like("inkdigits")
    for key in ["Up"] * 8 + ["space"] + ["Down"] * 14 + ["space"]:
        app.press(key)
    app.title_like(r"inkdigits – 1 \(.*%\)")
    app.press("ctrl+s")
    _wait_until(lambda: any(tmp_path.rglob("drawing-001.png")), "the saved picture")
    assert any(tmp_path.rglob("drawing-001.json"))
    app.press("ctrl+q")
    assert app.process.wait(PATIENCE) == 0
    later = App(screen)
    with later.process:
        try:
            later.wait_for_window()
            later.title_like("inkdigits")
            later.press("ctrl+r")
            later.title_like(r"inkdigits – 1 \(.*%\)")
        finally:
            later.process.kill()


def test_an_idle_window_sleeps(app: App) -> None:
    """Wake-ups and CPU time of a second in which nothing happens, as the kernel counts them."""
    app.title_like("inkdigits")
    time.sleep(3)
    before = _usage(app.process.pid)
    time.sleep(2)
    after = _usage(app.process.pid)
    assert (after[0] - before[0]) / 2 < 20
    assert (after[1] - before[1]) / 2 < 0.03  # s; 0.013-0.016 on a machine that does nothing else


def _usage(pid: int) -> tuple[int, float]:
    """Voluntary context switches of all threads, and CPU seconds."""
    switches, nanoseconds = 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        switches += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
        nanoseconds += int((task / "schedstat").read_text().split()[0])  # stat counts in hundredths
    return switches, nanoseconds / 1e9
