"""What ``inkdigits draw`` prints when it cannot open a window: one line, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from apps.draw.command import _require_pygame, _tell
from apps.draw.state.live_network import LiveNetwork
from backends import Array, InkdigitsError
from backends.errors import BackendFailedError
from backends.numpy_backend import NumpyBackend
from engine import Network
from engine.recognition.recognize import State

ROOT = Path(__file__).resolve().parents[3]


def run_draw(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    }
    return subprocess.run(
        [sys.executable, "-m", "apps.draw", *options],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_it_says_so_in_one_line() -> None:
    pytest.importorskip("pygame")
    for environment in ({}, {"DISPLAY": ":987"}, {"SDL_VIDEODRIVER": "x11"}):
        done = run_draw(**environment)
        assert done.returncode == 2, done
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        assert "desktop" in done.stderr


def test_a_model_that_is_not_there_is_named() -> None:
    pytest.importorskip("pygame")
    done = run_draw("--model", "nowhere.json")
    assert done.returncode == 2
    assert "nowhere.json" in done.stderr


def test_without_pygame_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(InkdigitsError, match=r"pip install 'inkdigits\[draw\]'"):
        _require_pygame()


def test_the_old_pygame_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", types.ModuleType("pygame"))
    with pytest.raises(InkdigitsError, match="pip uninstall"):
        _require_pygame()


def test_a_pygame_ce_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old = types.ModuleType("pygame")
    old.IS_CE = True  # type: ignore[attr-defined]
    old.version = types.SimpleNamespace(vernum=(2, 4, 1), ver="2.4.1")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pygame", old)
    with pytest.raises(InkdigitsError, match="pip install -U"):
        _require_pygame()


def test_the_command_line_does_not_wait_for_pygame() -> None:
    script = "import sys, apps.draw.command; sys.exit('pygame' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0


def test_a_backend_that_fails_is_told_once_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(NumpyBackend):
        name = "broken"

        def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
            raise ValueError("no device")

    recognize = LiveNetwork(Network.load(backend=Broken()), _tell).recognize
    assert recognize([]).state is State.EMPTY
    for _ in range(2):
        with pytest.raises(BackendFailedError, match="--check broken"):
            recognize([[(0.3, 0.2), (0.3, 0.8)]])
    assert capsys.readouterr().err == (
        "inkdigits: the backend broken failed while drawing: ValueError: no device; "
        "inkdigits backends --check broken\n"
    )
