"""The command line as people and programs use it: output, exit codes, one line when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.cli import COMMANDS, main
from engine import Network
from engine.data.datasets import Dataset

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command line in this process; returns (exit code, standard output, standard error)."""

    def run(*words: object) -> tuple[int, str, str]:
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse ends the program itself
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def model(tiny: Dataset, tmp_path: Path) -> Path:
    from engine import train_model

    path = tmp_path / "tiny-model.json"
    train_model(path, "numpy", tiny, epochs=5, hidden=[16])
    return path


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


def test_evaluate(run: Any, tiny_file: Path, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures = [tmp_path / "confusion.png", tmp_path / "mistakes.svg"]
    code, out, _ = run(
        *("evaluate", "--data", tiny_file, "--model", model, "--json"),
        *("--confusion", pictures[0], "--mistakes", pictures[1]),
    )
    assert code == 0
    result = json.loads(out)
    assert set(result) == {"accuracy", "interval_95", "top2_accuracy", "n", "confusion"}
    assert result["n"] == np.sum(result["confusion"]) == 100
    assert result["accuracy"] == np.trace(result["confusion"]) / 100
    assert all(picture.stat().st_size > 1000 for picture in pictures)
    code, out, _ = run("evaluate", "--data", tiny_file, "--model", model)
    assert out.startswith("accuracy")


def test_predict(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    paths = []
    for index in range(3):
        paths.append(tmp_path / f"{index}.png")
        pillow.fromarray(255 - tiny.test.images[index]).resize((90, 90)).save(paths[-1])
    code, out, _ = run("predict", *paths, "--model", model, "--json")
    assert code == 0
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["file"] for answer in answers] == [str(path) for path in paths]
    assert [answer["digit"] for answer in answers] == tiny.test.labels[:3].tolist()
    assert all(np.isclose(sum(answer["probabilities"]), 1) for answer in answers)
    assert {answer["ink"] for answer in answers} == {"dark"}
    assert all(len(answer["box"]) == 4 for answer in answers)
    _, out, _ = run("predict", paths[0], "--model", model)
    assert out.startswith(f"{paths[0]}: {tiny.test.labels[0]}  >99% sure; second choice: ")
    assert "[dark ink, " in out


def test_backends(run: Any) -> None:
    code, out, _ = run("backends", "--json")
    assert code == 0
    listed = [json.loads(line) for line in out.splitlines()]
    assert [each["name"] for each in listed[:2]] == ["numpy", "numba"]
    code, out, _ = run("backends", "--check", "numpy")
    assert code == 0
    assert "24 of 24 checks passed" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["train", "--epochs", "many"], "argument --epochs"),
        (["train", "--epochs", "0"], "epochs: Expected `int` >= 1"),
        (["train", "--hidden", "128;64"], "not a list of sizes"),
        (["train", "--backend", "cuda"], "choose one of: numpy, numba"),
        (["train", "--data", "none.npz"], "there is no file none.npz"),
        (["train", "--out", "none/model.json"], "there is no folder"),
        (["train", "--plot", "curves.doc"], "end its name in .png"),
        (["train", "--dataset", "digits8x8", "--data", "a.npz"], "exclude each other"),
        (["evaluate", "--model", "none.json"], "cannot read the model none.json"),
        (["evaluate", "--confusion", "none/a.png"], "there is no folder"),
        (["predict"], "FILE"),
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


def test_blank_picture_is_no_digit(run: Any, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.new("L", (30, 30), 255).save(tmp_path / "blank.png")
    code, out, _ = run("predict", tmp_path / "blank.png", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["state"] == "empty"
    assert answer["digit"] is answer["probabilities"] is None


def test_drawings_are_read_and_measured(run: Any, tmp_path: Path) -> None:
    seven, dot = [[[1, 1], [7, 1], [4, 10]]], [[[3, 3]]]
    (tmp_path / "seven.json").write_text(json.dumps({"strokes": seven}))
    code, out, _ = run("predict", tmp_path / "seven.json", "--json")
    assert code == 0
    assert json.loads(out)["digit"] == 7

    drawings = [
        {"label": 7, "strokes": seven, "writer": 3},
        {"label": None, "strokes": dot},
        {"label": None, "strokes": []},
    ]
    (tmp_path / "drawings.json").write_text(json.dumps(drawings))
    code, out, _ = run("evaluate", "--strokes", tmp_path / "drawings.json", "--json")
    assert code == 0
    result = json.loads(out)
    assert result["accuracy"] == result["top2_accuracy"] == result["n"] == 1
    assert result["states"] == {"empty": 1, "too_small": 1, "not_a_digit": 0, "unsure": 0, "digit": 1}
    assert result["confusion"][7][7] == 1
    assert 0 < result["milliseconds_per_digit"] < 100
    words = ["evaluate", "--strokes", tmp_path / "drawings.json", "--json", "--writers"]
    assert json.loads(run(*words, "3")[1])["states"]["empty"] == 0
    code, _, err = run(*words, "4")
    assert code == 2
    assert "there are no drawings" in err


def test_drawings_without_a_label_are_counted(run: Any, tmp_path: Path) -> None:
    (tmp_path / "blanks.json").write_text(json.dumps([{"label": None, "strokes": []}] * 3))
    words = ("evaluate", "--strokes", tmp_path / "blanks.json")
    code, out, _ = run(*words, "--json")
    assert code == 0
    result = json.loads(out)
    assert result["accuracy"] is result["top2_accuracy"] is result["interval_95"] is None
    assert result["n"] == np.sum(result["confusion"]) == 0
    assert result["states"]["empty"] == 3
    code, out, _ = run(*words, "--threads", "2")
    assert code == 0
    assert "3 empty" in out
    code, _, err = run(*words, "--mistakes", tmp_path / "mistakes.png")
    assert code == 2
    assert "no mistakes to draw" in err


def test_pictures_of_any_size_are_measured(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    large = np.kron(255 - tiny.test.images[:20], np.ones((1, 3, 3), np.uint8))
    np.savez(tmp_path / "large.npz", x_test=large, y_test=tiny.test.labels[:20])
    code, out, _ = run("evaluate", "--data", tmp_path / "large.npz", "--model", model, "--json")
    assert code == 0
    assert json.loads(out)["accuracy"] > 0.9
    code, _, err = run("evaluate", "--data", tmp_path / "large.npz", "--model", model, "--as-is")
    assert code == 2
    assert "(20, 84, 84)" in err


def test_show_draws_what_was_found(run: Any, tiny: Dataset, model: Path, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    pillow.fromarray(255 - tiny.test.images[0]).save(tmp_path / "a.png")
    code, _, _ = run("predict", tmp_path / "a.png", "--model", model, "--show", tmp_path / "shown.png")
    assert code == 0
    assert (tmp_path / "shown.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def recipe_words(tiny_file: Path, tmp_path: Path) -> list[Any]:
    """Options that name a whole recipe in small: pictures, drawings of three writers, scribbles."""
    recipe = """
[training]
optimizer = "adamw"
batch_size = 64
hidden = [16]
[[stages]]
blocks = 2
block_size = 500
epochs = 6
mixture = { images = 6, drawings = 3, non_digits = 1 }
images = { rotation = 0.1, elastic = 1.0, width = 0.3, blur = 0.3 }
strokes = { rotation = 0.1, elastic = 0.02, hook = 0.5, thin = 0.2, pen_high = 3.0 }
"""
    (tmp_path / "recipe.toml").write_text(recipe)
    corner, line = [[[0, 0], [2, 0], [1, 3]]], [[[0, 0], [0, 3]]]
    drawings = [
        {"label": label, "writer": writer, "strokes": strokes}
        for writer in (1, 2, 3)
        for label, strokes in ((7, corner), (1, line), (9, [*corner, *line]))
    ]
    (tmp_path / "drawings.json").write_text(json.dumps(drawings))
    files = [
        "--data",
        tiny_file,
        "--recipe",
        tmp_path / "recipe.toml",
        "--strokes",
        tmp_path / "drawings.json",
    ]
    return [*files, "--json"]


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
    code, _, err = run(*words, "--without-writers", "4")
    assert code == 2
    assert "no digits by 4" in err


def test_cross_validation(run: Any, recipe_words: list[Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "confusion.png"
    code, out, err = run("cross-validate", *recipe_words, "--folds", "2", "--confusion", picture)
    assert code == 0, err
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert found["n"] == np.sum(found["confusion"]) == 9
    assert found["writers"] == 3
    assert len(found["folds"]) == 2
    assert found["interval_95"] == [0, 1]  # three writers tell nothing of others
    assert found["accuracy"] == pytest.approx((6 * found["folds"][0] + 3 * found["folds"][1]) / 9)
    assert set(found["decision"]) == {"temperature", "accept_threshold", "pair_threshold"}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "without 1, 3" in err

    code, out, _ = run("cross-validate", *recipe_words[:-1], "--folds", "2")
    assert code == 0
    assert "[decision]" in out
    assert run("cross-validate", *recipe_words, "--folds", "1")[0] == 2
    assert run("cross-validate", "--recipe", "best")[0] == 2
    nobody = [{"label": 7, "strokes": [[[0, 0], [2, 0], [1, 3]]]}]
    (tmp_path / "drawings.json").write_text(json.dumps(nobody))
    code, _, err = run("cross-validate", *recipe_words)
    assert code == 2
    assert "names 0 writers" in err


@pytest.mark.parametrize(
    ("recipe", "words", "message"),
    [
        ("", [], "missing required field"),
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


def test_surprise_exits_1_without_a_traceback(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise ValueError("from the depths")

    monkeypatch.setattr("apps.backends.available_backends", surprise)
    code, _, err = run("backends")
    assert code == 1
    assert "ValueError: from the depths" in err
    assert "Traceback" not in err


def test_missing_extra_says_what_to_install(
    run: Any, tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    code, _, err = run("train", "--data", tiny_file)
    assert code == 2
    assert "pip install tqdm" in err


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


def test_reading_a_picture_starts_fast_because_little_is_imported(tiny: Dataset, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(tiny.test.images[0]).save(tmp_path / "a.png")
    code = (
        "import sys; from apps.cli import main; main(['predict', sys.argv[1]]); "
        "heavy = {'numba', 'matplotlib', 'pygame', 'tqdm', 'sklearn', 'pooch'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.png"], cwd=ROOT, check=True, capture_output=True
    )
