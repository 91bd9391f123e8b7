"""model.json: exact, whole or not at all, and refused with a reason when it is not what it should be."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backends.arrays import Parameters
from engine.model import model_file
from engine.model.card import Card
from engine.model.model_file import ModelFileError, load_model, save_model, shipped_model_path
from engine.training.recipe import Recipe, read_recipe

SIZES = (4, 3, 2)
TWO = ("a", "b")  # names of the outputs
LARGEST = 2.0**66  # of numbers that give probabilities whatever the image


def some_parameters(dtype: Any = np.float32) -> Parameters:
    parameters = Parameters.zeros(SIZES, dtype)
    for index, tensor in enumerate(parameters.tensors()):
        tensor[:] = np.random.default_rng(index).normal(size=tensor.shape)
    return parameters


def assert_same(ours: Parameters, expected: Parameters) -> None:
    for a, b in zip(ours.tensors(), expected.tensors(), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a.view(np.uint8), b.view(np.uint8))  # bit by bit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_round_trip_is_bit_exact(tmp_path_factory: pytest.TempPathFactory, dtype: Any, data: Any) -> None:
    width = np.dtype(dtype).itemsize * 8
    numbers = st.floats(-LARGEST, LARGEST, width=width)
    parameters = Parameters(
        (data.draw(hnp.arrays(dtype, (3, 2), elements=numbers)),),
        (data.draw(hnp.arrays(dtype, 2, elements=numbers)),),
    )
    path = tmp_path_factory.mktemp("model") / "model.json"
    save_model(path, parameters, Card(classes=TWO))
    assert_same(load_model(path)[0], parameters)


def test_card_and_bytes_are_kept(tmp_path: Path) -> None:
    card = Card(training={"seed": 3, "note": "zwölf\n"}, accuracy={"test": 0.5}, classes=TWO)
    save_model(tmp_path / "a.json", some_parameters(), card)
    parameters, read = load_model(tmp_path / "a.json")
    assert read == card
    save_model(tmp_path / "b.json", parameters, read)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_head_can_be_read_by_a_person(tmp_path: Path) -> None:
    save_model(tmp_path / "model.json", some_parameters(), Card(classes=TWO))
    lines = (tmp_path / "model.json").read_text().splitlines()
    assert lines[1] == ' "format": "inkdigits-model",'
    assert max(len(line) for line in lines) < 100
    assert json.loads((tmp_path / "model.json").read_text())["layer_sizes"] == list(SIZES)


def damage(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    def damaged(text: str) -> str:
        content = json.loads(text)
        change(content)
        return json.dumps(content)

    return damaged


DAMAGES: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda text: "", "is empty"),
    "cut": (lambda text: text[: text.rindex("[")], "truncated"),
    "not JSON": (lambda text: "PK" + text, "malformed"),
    "more after it": (lambda text: text + "{}", "malformed"),
    "a list": (lambda text: "[]", "Expected object"),
    "another format": (damage(lambda c: c.update(format="other")), "Invalid enum value 'other'"),
    "a later version": (damage(lambda c: c.update(version=2)), "Invalid enum value 2"),
    "an unknown part": (damage(lambda c: c.update(code="import os")), "unknown field code"),
    "no card": (damage(lambda c: c.pop("card")), "missing required field card"),
    "sizes of zero": (damage(lambda c: c.update(layer_sizes=[4, 0, 2])), "layer_sizes"),
    "sizes that lie": (damage(lambda c: c.update(layer_sizes=[4, 5, 2])), r"layers\[0\].*3 numbers, not 5"),
    "enormous sizes": (
        damage(lambda c: c.update(layer_sizes=[10**6, 10**6, 2])),
        "parameters; 2,097,152 may be",
    ),
    "an unknown activation": (damage(lambda c: c.update(activations=["tanh", "softmax"])), "tanh"),
    "activations in disorder": (damage(lambda c: c.update(activations=["softmax", "relu"])), "can be run"),
    "a layer less": (damage(lambda c: c["layers"].pop()), "1 layers; .* tell of 2"),
    "a row less": (damage(lambda c: c["layers"][1]["weights"].pop()), r"layers\[1\].weights has 2 rows"),
    "a bias less": (damage(lambda c: c["layers"][0]["biases"].pop()), r"layers\[0\].biases has 2 numbers"),
    "text": (damage(lambda c: c["layers"][0]["biases"].__setitem__(1, "1")), r"layers\[0\].biases\[1\]"),
    "null": (damage(lambda c: c["layers"][0]["biases"].__setitem__(1, None)), "got null"),
    "true": (damage(lambda c: c["layers"][0]["biases"].__setitem__(1, True)), "got bool"),
    "NaN": (lambda text: text.replace('"biases":\n[', '"biases":\n[NaN,', 1), "malformed"),
    "infinity": (lambda text: text.replace('"biases":\n[', '"biases":\n[1e999,', 1), "out of range"),
    "too large": (damage(lambda c: c["layers"][0]["biases"].__setitem__(1, 1e300)), "too large for float32"),
    "another preprocessing": (
        damage(lambda c: c["card"]["preprocessing"].update(version=99)),
        "pen2.25 99, not by .* train one",
    ),
    "UTF-16": (lambda text: text.encode("utf-16").decode("latin-1"), "malformed|UTF-8"),
}


@pytest.mark.parametrize(("change", "message"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_file_is_refused_with_the_part_named(
    tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    path = tmp_path / "model.json"
    save_model(path, some_parameters(), Card(classes=TWO))
    path.write_text(change(path.read_text()), encoding="latin-1")
    with pytest.raises(ModelFileError, match=message) as caught:
        load_model(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_any_bytes_give_a_message_and_never_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "model.json"
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        load_model(path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no file"):
        load_model(tmp_path / "none.json")
    with pytest.raises(ModelFileError, match="is a folder; name a file"):
        load_model(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="is a device or a pipe"):
        load_model(tmp_path / "pipe")


def test_network_with_nan_is_not_saved(tmp_path: Path) -> None:
    parameters = some_parameters()
    parameters.biases[0][1] = np.nan
    with pytest.raises(ModelFileError, match="NaN"):
        save_model(tmp_path / "model.json", parameters, Card())
    assert not list(tmp_path.iterdir())


UNREADABLE: dict[str, tuple[float, Card, str]] = {
    "numbers so large": (3e38, Card(classes=TWO), r"layers\[0\] has numbers so large"),
    "an accuracy": (1, Card(classes=TWO, accuracy={"test": 37.5}), "accuracy.test is 37.5: not from 0 to 1"),
    "names of classes": (1, Card(classes=("a", "a")), "1 different names; 2 are needed"),
    "no names": (1, Card(), "no card.classes to name them"),
    "a card too large": (1, Card({"note": "x" * 2**20}, classes=TWO), "card is larger than 1 MB"),
}


@pytest.mark.parametrize(("weight", "card", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_could_not_be_loaded_is_not_saved(
    tmp_path: Path, weight: float, card: Card, message: str
) -> None:
    path = tmp_path / "model.json"
    path.write_text("the old one")
    parameters = some_parameters()
    parameters.weights[0][:] = weight
    with pytest.raises(ModelFileError, match=f"model.json was not written: .*{message}") as caught:
        save_model(path, parameters, card)
    assert len(str(caught.value).splitlines()) == 1
    assert path.read_text() == "the old one"
    assert [each.name for each in tmp_path.iterdir()] == ["model.json"]


def test_network_too_large_to_be_read_again_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_file, "LARGEST_FILE", 1000)
    with pytest.raises(ModelFileError, match="more than a model file may have"):
        save_model(tmp_path / "model.json", some_parameters(), Card(training={"note": "x" * 1000}))
    assert not list(tmp_path.iterdir())


def test_shipped_model_is_there_and_says_where_it_comes_from() -> None:
    parameters, card = load_model(shipped_model_path())
    assert parameters.layer_sizes == (784, 128, 64, 10)
    assert card.accuracy["test"] >= 0.975
    assert {"backend", "options", "data_sha256", "versions"} <= card.training.keys()


def test_shipped_model_is_the_shipped_recipes() -> None:
    """Whoever changes the recipe trains the model anew."""
    _, card = load_model(shipped_model_path())
    recipe = read_recipe("best")
    assert msgspec.convert(card.training["recipe"], Recipe) == recipe
    assert card.decision == recipe.decision
