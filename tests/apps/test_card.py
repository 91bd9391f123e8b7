"""``inkdigits card``: what a model file says of itself, in prose."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.cli import main
from engine import Network

ROOT = Path(__file__).parents[2]


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    content = json.loads(path.read_text())
    change(content["card"])
    path.write_text(json.dumps(content))
    return path


def test_card_in_the_documentation_is_that_of_the_shipped_model(run: Any) -> None:
    code, out, _ = run("card")
    assert code == 0
    command = "inkdigits card > docs/model-card.md"
    assert out == (ROOT / "docs" / "model-card.md").read_text("utf-8"), f"write it again: {command}"
    accuracy = Network.load().card.accuracy
    low, high = accuracy["test_interval_95"]
    assert f"| {accuracy['test']:.2%} | {low:.2%} to {high:.2%} (Wilson) |" in out
    assert all(len(line) <= 120 for line in out.splitlines())


def test_the_command_on_the_card_makes_the_network_again(
    run: Any, model: Path, tiny_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    code, out, _ = run("card", model)
    assert code == 0
    (line,) = [each for each in out.splitlines() if each.startswith("    inkdigits")]
    words = shlex.split(line)[1:]
    words[words.index("FILE")] = str(tiny_file)
    code, out, err = run(*words)
    assert "the same weights, bit for bit" in out, err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda card: card.update(training={}, accuracy={}), "does not say what it was trained on"),
        (lambda card: card.update(training={}, accuracy={}), "holds no measurement"),
        (lambda card: card["training"].update(dataset="[x](http://y)`\x1b[2J|"), "`[x](http://y)\\x1b[2J|`"),
        (
            lambda card: card["training"].update(stopped_early=True, epochs_done=3),
            "early, after epoch 3",
        ),
        (lambda card: card["training"].update(started_from={}), "It began as another network"),
        (lambda card: card["training"].update(sweep={"trials": 12}), "best of a sweep of 12 trials"),
        (
            lambda card: card["training"].update(versions={}, machine={}),
            "Not recorded: the version of",
        ),
        (lambda card: card["accuracy"].pop("test"), "There was no test set"),
        (
            lambda card: card["accuracy"].update(unseen_writers=0.9, unseen_writers_digits=50),
            "| writers held out | 50 | 90.00% | 0.00% to 100.00% (over writers) |",
        ),
        (
            lambda card: card.update(classes=["<b>", "b", *map(str, range(2, 10))]),
            "10 classes: `<b>`, `b`,",
        ),
    ],
)
def test_every_kind_of_network_has_a_card(
    run: Any, model: Path, change: Callable[[dict[str, Any]], Any], words: str
) -> None:
    code, out, err = run("card", edit(model, change))
    assert (code, err) == (0, "")
    assert words in out
    assert out.isprintable() or set(filter(lambda each: not each.isprintable(), out)) == {"\n"}


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card["accuracy"].update(test="good"),
        lambda card: card["accuracy"].update(test=1.5),
        lambda card: card["accuracy"].update(test_examples=0),
        lambda card: card["training"].update(options={"hidden": "wide"}),
        lambda card: card["training"].update(writers=5),
    ],
)
def test_cards_that_make_no_sense_are_refused(
    run: Any, model: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    code, out, err = run("card", edit(model, change))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "card" in err
    assert model.name in err


def test_a_missing_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["card", "none.json"])
    assert "there is no file none.json" in capsys.readouterr().err
