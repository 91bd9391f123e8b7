"""``inkdigits sweep``: many training runs, whose results survive whatever ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Network
from engine.data.datasets import read_dataset
from engine.training.sweep import Search
from engine.training.sweep_config import read_sweep
from engine.training.trials import Result, Trial, suggest

pytest.importorskip("optuna")
pytest.importorskip("tqdm")

CONFIG = """
method = "grid"
seeds = [1, 2]
data = "tiny.npz"
[options]
hidden = [4]
epochs = 4
[search]
learning_rate = [0.002, 0.01]
"""


@pytest.fixture
def config(tiny_file: Path) -> Path:
    path = tiny_file.with_name("rates.toml")
    path.write_text(CONFIG)
    return path


def lines(folder: Path) -> list[dict[str, Any]]:
    """What the file of results has, its head left out."""
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()[1:]]


def test_sweep(run: Any, config: Path, tiny_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    code, out, err = run("sweep", config, "--out", folder, "--json")
    assert code == 0, err
    first, second, best = [json.loads(line) for line in out.splitlines()]
    assert first["validation_accuracy"] >= second["validation_accuracy"]
    assert first["interval_95"][0] <= first["validation_accuracy"] <= first["interval_95"][1]
    assert {each["parameters"]["learning_rate"] for each in (first, second)} == {0.002, 0.01}
    assert sorted((each["trial"], each["seed"]) for each in lines(folder)) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert (folder / "outcome.png").read_bytes().startswith(b"\x89PNG")

    # The best network: of the best trial, tested, and made again by its card.
    card = Network.load(folder / "best.json").card
    assert card.training["options"]["learning_rate"] == first["parameters"]["learning_rate"]
    assert min(first["seeds"].values()) < card.accuracy["validation"] == max(first["seeds"].values())
    assert card.accuracy["test"] == best["test_accuracy"]
    assert card.training["sweep"]["trials"] == 2
    again = tmp_path / "again.json"
    code, out, err = run(
        "train", "--like", folder / "best.json", "--data", tiny_file, "--out", again, "--json"
    )
    assert code == 0, err
    assert json.loads(out.splitlines()[-1])["same_weights"] is True

    # The same command trains nothing again; what was lost of it is trained again, and no more.
    path = folder / "results.jsonl"
    text = path.read_text()
    code, out, err = run("sweep", config, "--out", folder)
    assert code == 0
    assert "trial 1 seed" not in err
    assert "learning_rate" in out
    path.write_text(text[:-20])  # killed while it wrote its last line
    code, _, err = run("sweep", config, "--out", folder)
    assert code == 0, err
    assert "3 done before" in err
    assert len(lines(folder)) == 4

    config.write_text(CONFIG.replace("0.002", "0.003"))
    code, _, err = run("sweep", config, "--out", folder)
    assert code == 2
    assert "is of another run: search is" in err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[search]", "[serach]", "unknown field serach"),
        ("learning_rate", "learnign_rate", "there is no option learnign_rate"),
        ("[0.002, 0.01]", "[0.002, -1]", "learning_rate: must be"),
        ("[0.002, 0.01]", "[0.002]", "two or more different values"),
        ("[0.002, 0.01]", "{ low = 0.1, high = 0.01 }", "low 0.1 must be less than high 0.01"),
        ("[0.002, 0.01]", "{ low = 0.01, high = 0.1 }", "a grid needs points"),
        ("[0.002, 0.01]", "{ low = 0, high = 1, log = true }", "log needs a low of more than 0"),
        ("[0.002, 0.01]", "{ low = 0.01, high = nan, points = 2 }", "must be less than high"),
        ("hidden = [4]", "learning_rate = 1.0", "learning_rate is searched"),
        ("hidden = [4]", "seed = 1", "name seeds in the list seeds"),
        ("hidden = [4]", "validation = 0.0", "compared by validation accuracy"),
        ("hidden = [4]", "validation = 0.0001", "of 500 examples is nothing"),
        ("hidden = [4]", "batch_size = 5000", "batch_size: 5,000 is more than"),
        ("hidden = [4]", "hidden = [100000, 100000]", "hidden: "),
        ("seeds = [1, 2]", "seeds = [1, 1]", "a seed stands there twice"),
        ("seeds = [1, 2]", "seeds = []", "seeds"),
        ('"grid"', '"tpe"', "trials is missing"),
        ('"grid"', '"tree"', "method"),
        ("tiny.npz", "none.npz", "there is no file"),
        ('data = "tiny.npz"', 'recipe = "wurst"', "there is no recipe"),
        ("seeds", "\x00", "is not a sweep"),
    ],
)
def test_wrong_configurations_are_refused_in_a_line(
    run: Any, config: Path, tmp_path: Path, old: str, new: str, words: str
) -> None:
    assert old in CONFIG
    config.write_text(CONFIG.replace(old, new))
    code, out, err = run("sweep", config, "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert words in err.splitlines()[-1]
    assert len(err.splitlines()) <= 2  # and that seven digits are missing in these data


def test_missing_optuna_is_named(
    run: Any, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps import options

    monkeypatch.setitem(options.EXTRAS, "sweep", ("no_such_module",))
    code, _, err = run("sweep", config, "--out", tmp_path / "out")
    assert code == 2
    assert "inkdigits[sweep]" in err


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_interruptions_do_not_change_what_is_tried(config: Path, method: str) -> None:
    text = CONFIG.replace('"grid"', f'"{method}"\ntrials = 30').replace(
        "[0.002, 0.01]", "{ low = 0.001, high = 1.0, log = true }\nbatch_size = [16, 32]\nhidden = [[], [4]]"
    )
    config.write_text(text.replace("hidden = [4]\n", ""))
    sweep = read_sweep(config)
    first = [suggest(sweep, [], number) for number in range(1, 31)]
    assert first[4] == suggest(sweep, [], 5)
    rates = [each["learning_rate"] for each in first]
    assert len(set(rates)) == 30
    assert 0.001 <= min(rates) < 0.01 < max(rates) <= 1
    sizes = {(each["batch_size"], len(each["hidden"])) for each in first}
    assert sizes == {
        (16, 0),
        (16, 1),
        (32, 0),
        (32, 1),
    }


def test_tpe_goes_where_the_best_are(config: Path) -> None:
    text = CONFIG.replace('"grid"', '"tpe"\ntrials = 60').replace("learning_rate", "momentum")
    config.write_text(text.replace("[0.002, 0.01]", "{ low = 0.0, high = 0.99 }"))
    sweep = read_sweep(config)
    trials: list[Trial] = []
    for number in range(1, 41):
        parameters = suggest(sweep, trials, number)
        accuracy = 1 - abs(parameters["momentum"] - 0.7)
        result = Result(
            trial=number,
            seed=1,
            parameters=parameters,
            validation_accuracy=accuracy,
            validation_examples=50,
            seconds=1.0,
        )
        trials.append(Trial(number, parameters, [result]))
    late = [abs(each.parameters["momentum"] - 0.7) for each in trials[20:]]
    assert sorted(late)[10] < 0.15  # at random, it would be 0.3


def test_one_process_at_a_time(run: Any, config: Path, tiny_file: Path, tmp_path: Path) -> None:
    search = Search(read_sweep(config), tmp_path / "out", read_dataset(tiny_file))
    try:
        code, _, err = run("sweep", config, "--out", tmp_path / "out")
    finally:
        search.close()
    assert code == 2
    assert "in use by another process" in err


def command(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inkdigits", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(what: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def children(of: int) -> list[int]:
    """The training runs of a sweep."""
    found = Path(f"/proc/{of}/task/{of}/children").read_text().split()
    return [int(each) for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def finished(folder: Path) -> int:
    try:
        return (folder / "results.jsonl").read_text().count("\n") - 1
    except FileNotFoundError:
        return 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_killed_at_any_moment_it_goes_on(config: Path, tmp_path: Path) -> None:
    config.write_text(CONFIG.replace("hidden = [4]", "hidden = [4]\nbatch_size = 4"))
    folder = tmp_path / "out"
    sweep = command("sweep", config, "--out", folder)
    wait_for(lambda: finished(folder) >= 1 and children(sweep.pid))
    runs = children(sweep.pid)
    sweep.kill()
    sweep.communicate()
    wait_for(lambda: not any(Path(f"/proc/{each}").exists() for each in runs), 10)  # none is left behind
    before = lines(folder)
    assert 1 <= len(before) < 4

    sweep = command("sweep", config, "--out", folder, "--json")
    wait_for(lambda: children(sweep.pid))
    os.kill(children(sweep.pid)[0], signal.SIGKILL)  # a training run dies; the sweep goes on
    out, err = sweep.communicate(timeout=100)
    assert sweep.returncode == 0, err
    assert "its worker was killed; starting it again" in err
    after = lines(folder)
    assert after[: len(before)] == before
    assert sorted((each["trial"], each["seed"]) for each in after) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert json.loads(out.splitlines()[-1])["best"] == str(folder / "best.json")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A scheduler of Dask on this machine's loopback; gives its address."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    process = dask("scheduler", *words)
    wait_for(file.exists)
    wait_for(lambda: file.read_text().endswith("}"))
    yield json.loads(file.read_text())["address"]
    process.kill()
    process.wait()


def dask(*words: str) -> subprocess.Popen[bytes]:
    # The temporary folder is not in the way of `import inkdigits`: workers need it, and nothing else.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


@pytest.mark.slow
def test_on_a_cluster_that_loses_a_worker(config: Path, tmp_path: Path, scheduler: str) -> None:
    config.write_text(CONFIG.replace("hidden = [4]", "hidden = [4]\nbatch_size = 4"))
    folder = tmp_path / "out"
    words = (
        "worker",
        scheduler,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    )
    place = ("--local-directory", str(tmp_path / "workers"))
    workers = [dask(*words, *place) for _ in range(2)]
    try:
        sweep = command("sweep", config, "--out", folder, "--scheduler", scheduler, "--json")
        wait_for(lambda: finished(folder) >= 1)
        workers[0].kill()
        out, err = sweep.communicate(timeout=100)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert sweep.returncode == 0, err
    assert len(lines(folder)) == 4
    assert len(out.splitlines()) == 3
    alone = command("sweep", config, "--out", tmp_path / "here", "--json")
    assert [json.loads(each)["validation_accuracy"] for each in alone.communicate()[0].splitlines()[:2]] == [
        json.loads(each)["validation_accuracy"] for each in out.splitlines()[:2]
    ]


def test_a_cluster_that_is_not_there(run: Any, config: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    words = ("sweep", config, "--out", tmp_path / "out", "--scheduler")
    code, _, err = run(*words, "nonsense://127.0.0.1")
    assert code == 1
    assert "there is no scheduler of Dask at nonsense" in err
