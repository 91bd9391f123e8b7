"""``inkdigits train``: what it prints and saves, with and without a recipe."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends import Backend, get_backend
from engine import Network
from engine.data.datasets import Dataset

ROOT = Path(__file__).parents[2]


def test_train_prints_one_object_an_epoch_and_one_at_the_end(
    run: Any, tiny_file: Path, tmp_path: Path
) -> None:
    out_file = tmp_path / "out.json"
    plot = tmp_path / "curves.png"
    pytest.importorskip("matplotlib")
    code, out, err = run(
        *("train", "--data", tiny_file, "--epochs", 3, "--hidden", "12,6"),
        *("--out", out_file, "--plot", plot, "--json"),
    )
    assert code == 0
    *epochs, last = [json.loads(line) for line in out.splitlines()]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert all(set(e) == {"epoch", "train_loss", "validation_accuracy", "seconds"} for e in epochs)
    assert set(last) == {"test_accuracy", "test_interval_95", "out"}
    assert last["out"] == str(out_file)
    assert "epoch 3/3" in err  # plain lines, as this is no terminal
    assert "\r" not in err
    assert Network.load(out_file).layer_sizes == (784, 12, 6, 10)
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_train_for_people(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    code, out, err = run("train", "--data", tiny_file, "--epochs", 1, "--out", tmp_path / "out.json")
    assert code == 0
    assert "test accuracy" in out
    assert f"inkdigits draw --model {tmp_path / 'out.json'}" in err


def test_train_without_network_or_data(run: Any, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    code, out, _ = run(
        "train", "--dataset", "digits8x8", "--epochs", 10, "--out", tmp_path / "m.json", "--json"
    )
    assert code == 0
    assert json.loads(out.splitlines()[-1])["test_accuracy"] > 0.9


def test_training_by_a_recipe(run: Any, recipe_words: list[Any], tmp_path: Path) -> None:
    words = ["train", *recipe_words]
    code, out, err = run(*words, "--without-writers", "2", "--out", tmp_path / "a.json")
    assert code == 0, err
    *epochs, last = [json.loads(line) for line in out.splitlines()]
    assert len(epochs) == 12
    assert last["test_accuracy"] > 0.8
    assert last["unseen_writers_digits"] == 3
    card = Network.load(tmp_path / "a.json").card
    assert card.training["writers"] == [1, 3]
    assert card.decision.temperature != 1
    run(*words, "--without-writers", "2", "--out", tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()  # bit for bit
    measured = ["evaluate", "--model", tmp_path / "a.json", "--strokes", tmp_path / "drawings.json", "--json"]
    assert json.loads(run(*measured)[1])["seen_in_training"] == 6
    code, _, err = run(*words, "--without-writers", "4")
    assert code == 2
    assert "no digits by 4" in err


@pytest.mark.parametrize(
    ("recipe", "words", "message"),
    [
        ("", [], "is empty"),
        ("[training", [], "is not a recipe"),
        ("stages=[]\n[training]", [], "length >= 1"),
        ("[training]\n[[stages]]\nblocks=0\nblock_size=1", [], ">= 1"),
        ("[training]\n[[stages]]\nblocks=1\nblock_size=9", ["--epochs", "3"], "exclude each other"),
        (
            "[training]\n[[stages]]\nblocks=1\nblock_size=9\nmixture={drawings=1}",
            [],
            "name a file of them with --strokes",
        ),
    ],
)
def test_bad_recipes_are_refused(
    run: Any, tiny_file: Path, tmp_path: Path, recipe: str, words: list[str], message: str
) -> None:
    (tmp_path / "recipe.toml").write_text(recipe)
    code, _, err = run("train", "--data", tiny_file, "--recipe", tmp_path / "recipe.toml", *words)
    assert code == 2
    assert message in err
    assert run("train", "--recipe", "none")[0] == 2


def test_divergence_exits_1(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    code, _, err = run(
        "train", "--data", tiny_file, "--optimizer", "sgd", "--learning-rate", "1e30", "--out", out
    )
    assert code == 1
    assert "diverged" in err
    assert not out.exists()


@pytest.mark.parametrize("package", ["tqdm", "matplotlib", "pooch"])
def test_missing_package_names_the_whole_extra(
    run: Any, tiny_file: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = run("train", "--data", tiny_file)
    assert code == 2
    assert err == (
        "inkdigits: training needs packages that are not installed here: pip install 'inkdigits[train]'\n"
    )


def test_interrupted_training_keeps_what_it_has(tiny_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with subprocess.Popen(
        [sys.executable, "-m", "apps.train", "--data", tiny_file, "--epochs", "1000000", "--out", out],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if " 3/1000000" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "out.interrupted.json" in rest
    assert "Traceback" not in rest
    assert Network.load(tmp_path / "out.interrupted.json").card.accuracy["validation"] > 0.5
    assert not out.exists()


def test_closed_pipe_keeps_the_network_so_far(tiny_file: Path, tmp_path: Path) -> None:
    """As in ``inkdigits train --json | head -1``."""
    words = [
        "train",
        "--data",
        str(tiny_file),
        "--epochs",
        "1000000",
        "--out",
        str(tmp_path / "out.json"),
        "--json",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "inkdigits", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["epoch"] == 1
        process.stdout.close()
        said = process.stderr.readlines()
    assert process.returncode == 1
    assert said[-2:] == [
        f"interrupted: the network so far is in {tmp_path / 'out.interrupted.json'}\n",
        "the same command with --resume goes on\n",
    ]
    assert Network.load(tmp_path / "out.interrupted.json").card.accuracy["validation"] > 0.5


def at_a_terminal(words: list[Any], columns: int) -> str:
    """What a command writes to a terminal of that width."""
    pty, termios, fcntl = (pytest.importorskip(name) for name in ("pty", "termios", "fcntl"))
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TQDM_MININTERVAL": "0"}
    environment = {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")}
    with subprocess.Popen(
        [sys.executable, "-m", "inkdigits", *words], stdout=inner, stderr=inner, stdin=inner, env=environment
    ):
        os.close(inner)
        written = b""
        with contextlib.suppress(OSError):  # Linux's way to say that the other side is closed
            while part := os.read(terminal, 65536):
                written += part
    os.close(terminal)
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_bars_at_a_terminal_fit_and_give_way_to_one_line_an_epoch(
    tiny_file: Path, tmp_path: Path, columns: int
) -> None:
    words = ["train", "--data", tiny_file, "--epochs", "10", "--out", tmp_path / "out.json"]
    written = at_a_terminal(words, columns)
    # A carriage return begins the line anew: what follows the last one is what stays.
    left = [line.rpartition("\r")[2] for line in written.split("\n")]
    epochs = [line for line in left if line.startswith("epoch")]
    assert len(epochs) == 10
    for number, line in enumerate(epochs, 1):
        assert re.fullmatch(
            rf"epoch {number:2}/10  loss \d\.\d{{4}}  validation +\d+\.\d\d%  \d+\.\d\d s", line
        )
    bars = [each.rstrip() for each in re.split(r"[\r\n]", written) if "/450" in each]
    assert bars
    assert max(map(len, bars)) < columns
    assert "," not in "".join(bars)
    assert all(re.search(r"/450  \d\d:\d\d  loss \d\.\d{4}$", bar) for bar in bars)
    assert len({bar.index("/450") for bar in bars}) == 1  # aligned


def test_options_that_would_be_ignored_are_refused(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    (tmp_path / "drawings.json").write_text("[]")
    refused: list[tuple[list[Any], str]] = [
        (["--without-writers", "3"], "--without-writers belongs to --strokes"),
        (["--strokes", tmp_path / "drawings.json"], "--strokes belongs to --recipe"),
        (["--momentum", "0.5", "--optimizer", "adamw"], "--momentum belongs to --optimizer nesterov"),
    ]
    for words, message in refused:
        code, _, err = run("train", "--data", tiny_file, "--out", tmp_path / "out.json", *words)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch-size", "451"], "--batch-size 451 is more than the 450 training images; 64 would work"),
        (
            ["--hidden", "100000,100000"],
            "--hidden 100000,100000 makes 10,079,600,010 parameters; 2,097,152 fit into a model file: "
            "781,781 would",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_a_value_that_does(
    run: Any, tiny_file: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    code, _, err = run("train", "--data", tiny_file, "--out", tmp_path / "out.json", *words)
    assert code == 2
    assert err == f"inkdigits: {message}\n"
    assert len(err) <= 160


def test_large_learning_rate_is_remarked_on(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    words = [
        "train",
        "--data",
        tiny_file,
        "--epochs",
        1,
        "--out",
        tmp_path / "out.json",
        "--optimizer",
        "sgd",
    ]
    assert "0.1 is the default" in run(*words, "--learning-rate", "1.5")[2].splitlines()[0]
    assert "default" not in run(*words, "--learning-rate", "0.5")[2]


def test_home_folder_is_expanded(
    run: Any, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    code, _, _ = run("train", f"--data=~/{tiny_file.name}", "--epochs", 1, "--out=~/out.json")
    assert code == 0
    assert (tmp_path / "out.json").is_file()


def test_no_more_threads_than_cores(
    run: Any, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.options.usable_cores", lambda: 1)
    used: list[int] = []

    def recorded(name: str | None, threads: int) -> Backend:
        used.append(threads)
        return get_backend(name, threads)

    monkeypatch.setattr("apps.options.get_backend", recorded)
    words = ["train", "--data", tiny_file, "--epochs", 1, "--out", tmp_path / "out.json"]
    code, _, err = run(*words, "--threads", 99)
    assert (code, used) == (0, [1])
    assert err.splitlines()[0] == "--threads 99: using 1, one for each core that there is"
    assert "--threads" not in run(*words, "--threads", 1)[2]


def interrupted(words: list[Any], signals: list[signal.Signals]) -> tuple[int, str]:
    """Start a command and send it signals after the first epoch; returns its exit code and messages."""
    with subprocess.Popen(
        [sys.executable, "-m", "inkdigits", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        for number in signals:
            process.send_signal(number)
        _, err = process.communicate(timeout=120)
        return process.returncode, err


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_interrupted_run_goes_on_and_ends_with_the_same_bits(
    run: Any, tiny_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    words = ["train", "--data", tiny_file, "--epochs", 200, "--hidden", 16, "--json", "--out"]
    code, said = interrupted([*words, tmp_path / "a.json"], [number])
    assert code == 128 + number
    assert "the network so far is in" in said
    assert "--resume goes on" in said
    assert "Traceback" not in said
    card = Network.load(tmp_path / "a.interrupted.json").card.training
    assert card["stopped_early"]
    assert 0 < card["epochs_done"] < 200
    code, out, err = run(*words, tmp_path / "a.json", "--resume")
    assert code == 0, err
    assert json.loads(out.splitlines()[-1])["resumed"] == 1
    assert {each.name for each in tmp_path.iterdir()} == {"a.json", "tiny.npz"}  # all else is swept
    run(*words, tmp_path / "b.json")
    resumed, straight = ((tmp_path / name).read_text() for name in ("a.json", "b.json"))
    assert '"resumed": 1' in resumed
    assert resumed[resumed.index('"layers"') :] == straight[straight.index('"layers"') :]


def test_second_sigterm_ends_with_143_and_keeps_the_network(tiny_file: Path, tmp_path: Path) -> None:
    words = ["train", "--data", tiny_file, "--epochs", 100_000, "--hidden", 16, "--json"]
    code, said = interrupted([*words, "--out", tmp_path / "a.json"], [signal.SIGTERM] * 3)
    assert code == 143
    assert "Traceback" not in said
    assert Network.load(tmp_path / "a.interrupted.json").card.training["stopped_early"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirection", "code", "ends"),
    [
        ("2>&-", 0, ""),
        ("2>/dev/full", 0, ""),
        (">&-", 0, ""),
        (">/dev/full", 2, "the network so far is in"),
    ],
)
def test_closed_and_full_outputs_lose_nothing(
    tiny_file: Path, tmp_path: Path, redirection: str, code: int, ends: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("Linux has it")
    words = [
        "train",
        "--data",
        tiny_file,
        "--epochs",
        2,
        "--hidden",
        4,
        "--json",
        "--out",
        tmp_path / "a.json",
    ]
    command = shlex.join([sys.executable, "-m", "inkdigits", *map(str, words)])
    done = subprocess.run(
        ["sh", "-c", f"{command} {redirection}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert ends in done.stderr
    assert "Traceback" not in done.stderr
    assert "should not" not in done.stderr
    kept = tmp_path / ("a.interrupted.json" if code else "a.json")
    assert Network.load(kept).layer_sizes == (784, 4, 10)
    if ">&-" not in redirection.removeprefix("2"):
        assert "epoch 1/2" not in done.stdout  # what is for standard error is not an answer


def test_divergence_late_in_a_run_keeps_the_best_epoch(
    run: Any, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.training import loop

    take_steps = loop._take_steps

    def diverge(learner: Any, *rest: Any) -> None:
        if learner.epoch == 3:
            raise loop.TrainingDivergedError("training diverged in epoch 4: the loss is nan")
        take_steps(learner, *rest)

    monkeypatch.setattr(loop, "_take_steps", diverge)
    words = ("train", "--data", tiny_file, "--epochs", 5, "--hidden", 8, "--out", tmp_path / "a.json")
    code, _, err = run(*words)
    assert code == 1
    assert re.search(r"the network of the best epoch, [123], is in .*a\.interrupted\.json", err)
    assert "use a learning rate below 0.02, such as 0.002" in err
    assert "--resume" not in err
    assert Network.load(tmp_path / "a.interrupted.json").card.accuracy["validation"] > 0.5


def test_run_that_got_worse_saves_the_best_beside_it(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    words = ("--epochs", 6, "--batch-size", 16, "--validation", 0.2, "--hidden", 8, "--optimizer", "sgd")
    decay = ("--learning-rate", 10, "--warm-up", 0.99, "--weight-decay", 0.15)
    code, _, err = run("train", "--data", tiny_file, *words, *decay, "--out", tmp_path / "a.json")
    assert code == 0
    assert "a weight decay of 0.15 is much; try" in err
    assert "the best, is in" in err
    last, best = (Network.load(tmp_path / name).card.accuracy for name in ("a.json", "a.best.json"))
    assert best["validation"] > last["validation"] + 0.2


def test_failing_test_keeps_the_trained_network(
    run: Any, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(training: Any) -> None:
        raise MemoryError

    words = ("train", "--data", tiny_file, "--epochs", 1, "--hidden", 4, "--out", tmp_path / "a.json")
    with monkeypatch.context() as patched:
        patched.setattr("engine.training.trainer.Training.test", fail)
        code, _, err = run(*words)
    assert code == 1
    assert not Network.load(tmp_path / "a.json").card.training["stopped_early"]
    assert "--resume goes on" in err
    assert run(*words, "--resume")[0] == 0
    assert "test" in Network.load(tmp_path / "a.json").card.accuracy


def test_hard_links_and_read_only_files_are_not_replaced_in_silence(
    run: Any, tiny_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.json"
    out.write_text("old")
    (tmp_path / "b.json").hardlink_to(out)
    words = ("train", "--data", tiny_file, "--epochs", 1, "--hidden", 4, "--out", out)
    code, _, err = run(*words)
    assert code == 0
    assert "a.json is one of 2 names of a file (hard links)" in err.splitlines()[0]
    assert (tmp_path / "b.json").read_text() == "old"
    out.chmod(0o444)
    code, _, err = run(*words)
    assert code == 2
    assert "it is read-only" in err


@pytest.mark.parametrize(
    ("flag", "value"), [("weight-decay", "inf"), ("epochs", 10**10), ("seed", 2**64), ("batch-size", 2**70)]
)
def test_values_without_a_limit_are_refused(run: Any, tiny_file: Path, flag: str, value: Any) -> None:
    code, _, err = run("train", "--data", tiny_file, f"--{flag}", value)
    assert code == 2
    assert f"argument --{flag}" in err


def test_resume_without_a_checkpoint_is_refused(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    code, _, err = run("train", "--data", tiny_file, "--out", tmp_path / "a.json", "--resume")
    assert code == 2
    assert "start without --resume" in err


def test_a_checkpoint_is_not_replaced_in_silence(run: Any, tiny_file: Path, tmp_path: Path) -> None:
    (tmp_path / "a.checkpoint.npz").write_bytes(b"of another day")
    words = ("train", "--data", tiny_file, "--epochs", 1, "--hidden", 4, "--out", tmp_path / "a.json")
    assert "--resume would go on with it" in run(*words)[2]


def test_start_from_a_network(run: Any, tiny_file: Path, model: Path, tmp_path: Path) -> None:
    words = ("train", "--data", tiny_file, "--epochs", 1, "--from", model, "--out", tmp_path / "a.json")
    code, out, err = run(*words, "--json")
    assert code == 0, err
    assert json.loads(out.splitlines()[0])["train_loss"] < 0.2
    assert Network.load(tmp_path / "a.json").card.training["started_from"]["dataset"] == "tiny"
    code, _, err = run(*words, "--hidden", 5)
    assert code == 2
    assert "--hidden and --from exclude each other" in err


def test_folder_of_pictures_sorted_by_label(run: Any, tiny: Dataset, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for index in range(60):
        folder = tmp_path / "pictures" / str(tiny.train.labels[index])
        folder.mkdir(parents=True, exist_ok=True)
        pillow.fromarray(255 - tiny.train.images[index]).save(folder / f"{index}.png")
    words = ("train", "--data", tmp_path / "pictures", "--epochs", 30, "--batch-size", 8)
    code, out, err = run(*words, "--hidden", 16, "--out", tmp_path / "a.json", "--validation", 0.2)
    assert code == 0, err
    assert "there is no test set" in out
    assert Network.load(tmp_path / "a.json").card.accuracy["validation"] > 0.8


def test_network_for_other_classes_says_their_names(run: Any, tiny: Dataset, tmp_path: Path) -> None:
    names = np.array(["ring", "line", "", "", "", "", "", "corner"])
    files = tmp_path / "shapes.npz", tmp_path / "shapes.json"
    test: dict[str, Any] = {"x_test": tiny.test.images, "y_test": names[tiny.test.labels]}
    np.savez(files[0], x_train=tiny.train.images, y_train=names[tiny.train.labels], **test)
    code, _, err = run("train", "--data", files[0], "--epochs", 5, "--hidden", 16, "--out", files[1])
    assert code == 0, err
    code, out, err = run("evaluate", "--data", files[0], "--as-is", "--model", files[1])
    assert code == 0, err
    assert out.splitlines()[-4].split() == ["label", "\\", "prediction", "corner", "line", "ring"]
    (tmp_path / "corner.json").write_text('{"strokes": [[[0, 0], [20, 0], [10, 30]]]}')
    code, out, err = run("predict", tmp_path / "corner.json", "--model", files[1], "--json")
    assert json.loads(out)["label"] == "corner", err
    for command in ("draw", "evaluate"):
        code, _, err = run(command, "--model", files[1])
        assert code == 2
        assert (
            "needs a network for 28x28 digits; this one takes 784 pixels and knows corner, line, ring" in err
        )
