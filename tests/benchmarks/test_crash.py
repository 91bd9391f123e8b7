"""Small versions of the crash test and of the failing calls; RELIABILITY.md has the large ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")  # where fsync costs nothing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="they fork, and preload a library"),
]


def benchmark(*words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if MEMORY.is_dir():
        environment["TMPDIR"] = str(MEMORY)
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_killed_runs_end_with_the_same_bits() -> None:
    assert "all resumed to the same bits" in benchmark("benchmarks.crash", "--kills", "20")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_no_failing_call_loses_anything() -> None:
    told = benchmark("benchmarks.failing_calls", "--every", "97")
    assert "every file old or new, nothing lost, nothing left over" in told
    assert "BROKEN" not in told
