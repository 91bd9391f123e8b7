"""The comparison with other libraries: what it writes, whom it skips, and that nothing wrong is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.__main__ import Results, is_installed
from benchmarks.peers.contenders import CONTENDERS, PREDICTORS, ROOT, TRAINERS, Contender
from benchmarks.peers.report import machine, markdown
from benchmarks.peers.rows import Row, Work, measure
from benchmarks.peers.tasks import Epoch, Predict, Task, Times
from benchmarks.peers.worker import Team, easy_digits

WRONG = "tests.benchmarks.wrong_contenders"


class InThisProcess:
    """A worker without a process."""

    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self, task: Task) -> None:
        self._measure = task.prepare(self.name, easy_digits(), 1)

    def measure(self) -> Times:
        return self._measure()


def a_row(title: str = "one epoch, batch 64, SGD", **wall: list[float]) -> Row:
    cpu = {name: [each / 2 for each in wall[name]] for name in wall}
    return Row(title, "epochs", 1, "s", wall=wall, cpu=cpu)


@pytest.mark.slow
def test_the_command_measures_and_reports_on_made_up_digits(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peers", "--quick", "--output", str(tmp_path)]
    command += ["--only", "epochs", "answers", "processes", "--contenders", "numpy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = [Row(**each) for each in json.loads((tmp_path / "peers.json").read_text())["rows"]]
    assert [row.title for row in rows] == [
        "one epoch, batch 64, SGD",
        "one epoch, batch 16, SGD",
        "one epoch, batch 1, SGD",
        "one digit, median",
        "one digit, 99th percentile",
        "10,000 digits",
        "process start to first answer",
        "peak memory of a training run, one epoch",
    ]
    for row in rows:
        assert not row.left_out
        assert row.wall["numpy"][0] > 0
        assert (row.cpu["numpy"][0] > 0) == (row.unit != "MB")
    assert "10,000 digits, 1 thread" in (tmp_path / "peers.md").read_text()
    assert (tmp_path / "peers.png").stat().st_size > 0


@pytest.mark.parametrize(
    ("wrong", "task", "reason"),
    [
        (
            Contender(WRONG, trainer="TooFastTrainer"),
            Epoch(16, 0.1),
            "WrongResultError: a mean loss of",
        ),
        (
            Contender(WRONG, predictor="OffNetwork"),
            Predict(50),
            "WrongResultError: probabilities off by up to 0.001",
        ),
        (Contender(WRONG, trainer="FailingTrainer"), Epoch(16, 0.1), "MemoryError: no room"),
    ],
)
def test_what_is_wrong_is_left_out_and_the_row_says_why(
    monkeypatch: pytest.MonkeyPatch, wrong: Contender, task: Task, reason: str
) -> None:
    monkeypatch.setitem(CONTENDERS, "wrong", wrong)
    work = Work("title", "epochs", 1, {"wrong": task, "numpy": task})
    row = measure(work, InThisProcess, rounds=2)
    assert row.left_out["wrong"].startswith(reason)
    assert list(row.wall) == ["numpy"]
    assert len(row.wall["numpy"]) == len(row.cpu["numpy"]) == 2
    assert reason in str(row)
    assert reason in markdown([row], machine())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CONTENDERS if name != "sgemm"])
def test_every_contender_computes_what_the_reference_does(name: str) -> None:
    if missing := CONTENDERS[name].missing():
        pytest.skip(f"{' and '.join(missing)} not installed")
    if name == "pytorch, compiled":
        pytest.skip("compiles for half a minute")
    with Team(threads=1, quick=True) as team:
        worker = team.worker(name)
        tasks: list[Task] = [Epoch(16, 0.1)] if name in TRAINERS else []
        tasks += [Predict(1), Predict(50)] if name in PREDICTORS else []
        for task in tasks:
            worker.prepare(task)  # raises if something else comes out
            assert worker.measure().wall > 0


def test_a_rival_that_is_not_installed_is_skipped_and_its_extra_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Contender(WRONG, packages=("no_such_package",), extra="peers-openvino")
    monkeypatch.setitem(CONTENDERS, "absent", absent)
    assert not is_installed("absent")
    message = "absent: skipped, no_such_package is not installed: pip install -e '.[peers-openvino]'\n"
    assert capsys.readouterr().err == message
    assert is_installed("numpy")


def test_each_row_compares_with_its_fastest_rival() -> None:
    row = a_row(numba=[1.0, 2.0, 1.0], jax=[3.0, 4.0, 5.0], pytorch=[9.0, 9.0, 2.0], numpy=[0.1, 0.1, 0.1])
    assert row.fastest_rival == "jax"  # by the median; NumPy is ours, not a rival
    assert row.ratio("jax") == (3.0, 2.0, 5.0)
    line = "| one epoch, batch 64, SGD | 1 | 1 s | 0.5 | 4 s | 2 | jax | **3.00** (2.00-5.00) |"
    assert line in markdown([row], machine())


def test_the_summary_has_the_rows_of_the_readme_in_their_order() -> None:
    titles = ["10,000 digits", "one epoch, batch 1, SGD", "batch size 4", "one epoch, batch 64, SGD"]
    rows = [a_row(title, numba=[1.0], jax=[2.0]) for title in titles]
    summary = markdown(rows, machine()).split("## ")[1]
    found = [line.split(" | ")[0].strip("| ") for line in summary.splitlines() if "jax" in line]
    assert found == ["one epoch, batch 64, SGD", "one epoch, batch 1, SGD", "10,000 digits"]


def test_resume_keeps_the_rows_of_the_same_machine_and_commit(tmp_path: Path) -> None:
    first, second = a_row("first", numba=[1.0]), a_row("second", numba=[1.0])
    Results(tmp_path, resume=False).add(first)
    again = Results(tmp_path, resume=True)
    assert again.has(Work("first", "epochs", 1, {}))
    assert not again.has(Work("first", "epochs", 2, {}))
    again.add(second)
    assert not Results(tmp_path, resume=False).has(Work("first", "epochs", 1, {}))

    content = json.loads((tmp_path / "peers.json").read_text())
    assert [each["title"] for each in content["rows"]] == ["first", "second"]
    content["machine"]["commit"] = "another"
    (tmp_path / "peers.json").write_text(json.dumps(content))
    assert not Results(tmp_path, resume=True).has(Work("first", "epochs", 1, {}))
