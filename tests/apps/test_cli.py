"""The command line as a whole: help, exit codes, one line when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from apps.cli import COMMANDS

ROOT = Path(__file__).parents[2]


def test_help_teaches(run: Any) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)
    assert "examples:" in out
    assert run()[0] == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Any, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "usage: inkdigits" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--epochs", "many"], "argument --epochs"),
        (["train", "--epochs", "0"], "argument --epochs: must be an integer >= 1, not 0"),
        (["train", "--hidden", "128;64"], "not a list of sizes"),
        (["train", "--hidden", "0"], "argument --hidden: must be an integer >= 1"),
        (["train", "--learning-rate", "nan"], "argument --learning-rate: must be a number"),
        (["train", "--strokes", "."], "argument --strokes: . is a folder; name a file"),
        (["train", "--out", "."], "argument --out: cannot write .: it is a folder"),
        (["train", "--threads", "0"], "not a number of threads"),
        (["train", "--fly\x1b"], "unrecognized arguments: --fly\\x1b (see inkdigits train --help)"),
        (["train", "--backend", "cuda"], "choose one of: numpy, numba"),
        (["train", "--data", "none.npz"], "there is no file none.npz"),
        (["train", "--out", "none/model.json"], "there is no folder"),
        (["train", "--plot", "curves.doc"], "end its name in .png"),
        (["train", "--dataset", "digits8x8", "--data", __file__], "exclude each other"),
        (["evaluate", "--model", "none.json"], "argument --model: there is no file none.json"),
        (["evaluate", "--confusion", "none/a.png"], "there is no folder"),
        (["evaluate", "--data", "."], ". is a folder; name a file"),
        (["evaluate", "--strokes", "/dev/null"], "/dev/null is a device or a pipe; name a file"),
        (["evaluate", "--model", "x" * 300], "File name too long"),
        (["predict"], "FILE"),
        (["predict", "."], ". is a folder; name a file"),
        (["predict", "none.png"], "there is no file none.png"),
        (["backends", "--check", "cuda"], "there is no backend 'cuda'"),
    ],
)
def test_unusable_input_exits_2_with_one_line(run: Any, words: list[str], message: str) -> None:
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_surprise_exits_1_without_a_traceback(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise ValueError("from the depths")

    monkeypatch.setattr("apps.backends.available_backends", surprise)
    code, _, err = run("backends")
    assert code == 1
    assert "ValueError: from the depths" in err
    assert "Traceback" not in err


def test_a_library_that_exits_is_no_success(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.backends.available_backends", lambda: sys.exit(0))
    code, out, err = run("backends")
    assert (code, out) == (1, "")
    assert "something called sys.exit(0)" in err


@pytest.mark.parametrize("module", ["train", "evaluate", "predict", "backends", "draw"])
def test_modules_run_from_a_clone(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"apps.{module}", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"inkdigits {module}" in done.stdout


def test_closed_pipe_is_no_traceback(tiny_file: Path, model: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "apps.evaluate", "--data", tiny_file, "--model", model],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 1


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--out"],
        ["train", "--plot"],
        ["evaluate", "--confusion"],
        ["evaluate", "--mistakes"],
        ["predict", "FILE", "--show"],
        ["cross-validate", "--confusion"],
    ],
    ids=" ".join,
)
def test_no_writer_replaces_a_pipe(run: Any, tmp_path: Path, words: list[str]) -> None:
    pytest.importorskip("matplotlib")
    pipe, drawing = tmp_path / "pipe.png", tmp_path / "seven.json"
    os.mkfifo(pipe)
    drawing.write_text(json.dumps({"strokes": [[[1, 1], [7, 1], [4, 10]]]}))
    code, out, err = run(*[drawing if word == "FILE" else word for word in words], pipe)
    assert (code, out) == (2, "")
    assert "it is a pipe; name a file" in err
    assert pipe.is_fifo()


INTERRUPTIBLE = """
import signal, sys
set_handler = signal.signal
def announce(*arguments):
    signal.signal = set_handler
    set_handler(*arguments)
    print(flush=True)
signal.signal = announce
from inkdigits.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("milliseconds", range(0, 401, 40))
def test_interrupt_is_one_line_from_the_first_moment(
    tiny_file: Path, tmp_path: Path, milliseconds: int
) -> None:
    """From the first statement of ours, that is: before it, Python itself prints a traceback."""
    words = ["train", "--data", str(tiny_file), "--epochs", "1000000", "--out", str(tmp_path / "out.json")]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(milliseconds / 1000)
        err = _interrupt(process)
    said = ("no training image", "epoch", "stopping; once more", "the same command with --resume")
    lines = [line for line in err.splitlines() if not line.startswith(said)]
    assert process.returncode == 130
    assert lines
    last = ("inkdigits: interrupted", "interrupted: the network so far")
    assert [line for line in lines if not line.startswith(last)] == []


def _interrupt(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C, and again after ten seconds, as a library may swallow it; returns what was said."""
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    return process.communicate()[1]


def test_an_interrupt_that_python_ignores_is_sent_again(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Destructor:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)  # as if Ctrl-C came just here

    def work(*_: object) -> None:
        Destructor()
        time.sleep(10)

    monkeypatch.setattr("apps.backends.available_backends", work)
    assert run("backends") == (130, "", "inkdigits: interrupted\n")


def test_importing_inkdigits_waits_for_nothing() -> None:
    """So the command can answer to Ctrl-C before it imports NumPy."""
    code = "import sys, inkdigits.__main__; sys.exit(bool({'numpy', 'engine', 'apps'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    code = "import inkdigits; from inkdigits import *; print(Network, train_model, inkdigits.__version__)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
