"""Jobs in processes of their own: what becomes of them when they, or their parent, are killed or fail."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backends.cores import usable_cores
from engine.training.executor import ProcessPool

ROOT = Path(__file__).parents[3]
SCRIPT = """
import os, signal, sys, time
from backends import InkdigitsError
from engine.training.executor import Done, Lost, ProcessPool, Update, run_jobs

def work(shared, job, report):
    report((os.getpid(), shared))
    if job == "sleep":
        time.sleep(60)
    if job == "refuse":
        raise InkdigitsError("not like this")
    if job == "fail":
        raise ZeroDivisionError("of course")
    if job == "die" :
        os.kill(os.getpid(), signal.SIGKILL)
    return job * 2

if __name__ == "__main__":
    taken = []
    def jobs():
        for job in sys.argv[1:]:
            taken.append(job)
            yield job
    for event in run_jobs(ProcessPool("all", workers=1), work, jobs()):
        if isinstance(event, Update):
            print("update", *event.what, flush=True)
        else:
            result = getattr(event, "result", "")
            print(type(event).__name__, event.job, result, "taken", len(taken), flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def start(script: Path, *jobs: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, str(script), *jobs]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_jobs_are_taken_when_there_is_room_and_errors_are_results(script: Path) -> None:
    out, err = start(script, "one", "refuse", "two").communicate(timeout=60)
    lines = [line for line in out.splitlines() if not line.startswith("update")]
    assert lines == [
        "Done one oneone taken 1",
        "Done refuse not like this taken 2",
        "Done two twotwo taken 3",
    ]
    assert err == ""


@pytest.mark.slow
def test_a_job_that_kills_its_process_is_given_up_in_the_end(script: Path) -> None:
    out, err = start(script, "die", "one").communicate(timeout=60)
    lines = [line for line in out.splitlines() if not line.startswith("update")]
    assert lines == ["Lost die  taken 1"] * 3
    assert "was killed 4 times at the same run" in err


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for a process in /proc")
def test_a_parent_that_is_killed_leaves_no_job_behind(script: Path) -> None:
    parent = start(script, "sleep")
    assert parent.stdout is not None
    job = int(parent.stdout.readline().split()[1])
    parent.kill()
    parent.communicate()
    until = time.monotonic() + 10
    while Path(f"/proc/{job}").exists():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
def test_other_errors_end_it_all(script: Path) -> None:
    _, err = start(script, "fail", "one").communicate(timeout=60)
    assert "ExecutorError: a run failed: RuntimeError: ZeroDivisionError: of course" in err


def test_cores_are_shared_out() -> None:
    cores = usable_cores()
    assert ProcessPool(None).slots == cores
    assert ProcessPool(None, workers=1).slots == 1
    assert ProcessPool(None, workers=1000).slots == cores
    assert ProcessPool(None, threads=cores).slots == 1
    assert ProcessPool(None, threads=1000, workers=4).slots == 1
