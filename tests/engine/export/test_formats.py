"""Exported networks: the same bits when they come back, and the same answers where they are used."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.arrays import Array, Parameters
from engine.export.c_header import write_c_header
from engine.export.npz import read_npz, write_npz
from engine.export.onnx import read_onnx, write_onnx
from engine.export.reading import ImportRefusedError
from engine.export.safetensors import read_safetensors, write_safetensors
from engine.model.card import Card, DecisionRule, Preprocessing
from engine.model.model_file import ModelFileError
from engine.model.network import Network, initial_parameters
from engine.model.safe_write import WriteError

PAGE = Path(__file__).parents[3] / "docs" / "taking-the-model-elsewhere.md"
STRANGE_NAMES = ('a"', "*/ 1;??/", "zwölf\n", "\\n")

Write = Callable[[Network, Path], None]
Read = Callable[[Path], tuple[Parameters, Card]]
FORMATS: dict[str, tuple[Write, Read, str | None]] = {
    ".npz": (write_npz, read_npz, None),
    ".onnx": (write_onnx, read_onnx, "onnx"),
    ".safetensors": (write_safetensors, read_safetensors, "safetensors"),
}


def a_network(dtype: Any = np.float32, sizes: tuple[int, ...] = (6, 5, 4)) -> Network:
    parameters = initial_parameters(sizes, np.random.default_rng(2), dtype)
    for b in parameters.biases:
        b[:] = np.random.default_rng(3).normal(size=b.shape)
    parameters.weights[0][0, 0] = -0.0
    parameters.weights[0][1, 1] = np.finfo(dtype).smallest_subnormal
    card = Card({"seed": 3, "note": "zwölf\n"}, {"test": 0.5}, decision=DecisionRule(0.8, 0.9, 0.9))
    return Network(parameters, "numpy", card)


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> tuple[str, Write, Read]:
    write, read, library = FORMATS[request.param]
    if library:
        pytest.importorskip(library)
    return request.param, write, read


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(6, 5, 4), (3, 2), (4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)])
def test_what_comes_back_is_the_same_model_file_to_the_byte(
    form: tuple[str, Write, Read], tmp_path: Path, dtype: Any, sizes: tuple[int, ...]
) -> None:
    suffix, write, read = form
    network = a_network(dtype, sizes)
    network.save(tmp_path / "before.json")
    write(network, tmp_path / f"network{suffix}")
    Network(*_reordered(read(tmp_path / f"network{suffix}"))).save(tmp_path / "after.json")
    assert (tmp_path / "before.json").read_bytes() == (tmp_path / "after.json").read_bytes()


def _reordered(read: tuple[Parameters, Card]) -> tuple[Parameters, str, Card]:
    return read[0], "numpy", read[1]


def test_same_network_same_bytes(form: tuple[str, Write, Read], tmp_path: Path) -> None:
    suffix, write, _ = form
    for name in ("a", "b"):
        write(a_network(), tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("write", [write_npz, write_onnx, write_safetensors, write_c_header])
def test_writers_replace_nothing_but_files(write: Write, tmp_path: Path) -> None:
    library = write.__module__.rpartition(".")[2]
    if library in ("onnx", "safetensors"):
        pytest.importorskip(library)
    (tmp_path / "folder").mkdir()
    with pytest.raises(WriteError, match="it is a folder"):
        write(a_network(), tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_damaged_files_are_refused_in_one_line(form: tuple[str, Write, Read], tmp_path: Path) -> None:
    suffix, write, read = form
    path = tmp_path / f"network{suffix}"
    write(a_network(), path)
    good = path.read_bytes()
    random = np.random.default_rng(0)
    damaged = [b"", b"hello", good[: len(good) // 2], good[:-1], good[40:]]
    for _ in range(60):
        bytes_ = bytearray(good)
        bytes_[random.integers(min(len(good), 800))] = random.integers(256)
        damaged.append(bytes(bytes_))
    for content in damaged:
        path.write_bytes(content)
        with contextlib.suppress(ImportRefusedError, ModelFileError):
            read(path)  # a changed number or letter may be a network too
    for content in damaged[:3]:
        path.write_bytes(content)
        with pytest.raises(ImportRefusedError) as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) <= 160


def test_large_and_special_files_are_refused_unread(form: tuple[str, Write, Read], tmp_path: Path) -> None:
    suffix, _, read = form
    with pytest.raises(ImportRefusedError, match="No such file"):
        read(tmp_path / "none")
    with pytest.raises(ImportRefusedError, match="not a regular file"):
        read(tmp_path)
    with (tmp_path / f"large{suffix}").open("wb") as file:
        file.truncate(200 * 2**20)  # takes no space
    with pytest.raises(ImportRefusedError, match="larger than 128 MB"):
        read(tmp_path / f"large{suffix}")


def test_cards_are_checked_as_in_a_model_file(form: tuple[str, Write, Read], tmp_path: Path) -> None:
    suffix, write, read = form
    for change, message in (
        (Card(preprocessing=Preprocessing("mine", 7)), "images were made by mine 7"),
        (Card(classes=("a", "b")), "2 different names; 4 are needed"),
    ):
        write(Network(a_network().parameters, "numpy", change), tmp_path / f"network{suffix}")
        with pytest.raises(ImportRefusedError, match=message):
            read(tmp_path / f"network{suffix}")


def test_nan_is_refused(form: tuple[str, Write, Read], tmp_path: Path) -> None:
    suffix, write, read = form
    network = a_network()
    network.parameters.biases[1][0] = np.nan
    write(network, tmp_path / f"network{suffix}")
    with pytest.raises(ImportRefusedError, match="biases of layer 1 hold NaN"):
        read(tmp_path / f"network{suffix}")


# The page of the documentation: its code is run on the shipped model.


def blocks(language: str) -> dict[str, str]:
    """The code of each section, by its heading."""
    sections = re.split("^## ", PAGE.read_text("utf-8"), flags=re.M)[1:]
    found = {each.partition("\n")[0]: re.search(rf"```{language}\n(.*?)```", each, re.S) for each in sections}
    return {heading: match[1] for heading, match in found.items() if match}


TRACKER = "Take a run to a tracker"
NEEDS: dict[str, tuple[str, ...]] = {
    "NumPy": (),
    "ONNX Runtime": ("onnx", "onnxruntime"),
    "OpenVINO": ("onnx", "openvino"),
    "PyTorch": ("safetensors", "torch"),
    "Keras": ("safetensors", "tensorflow"),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped model in all formats whose libraries are here."""
    folder = tmp_path_factory.mktemp("exported")
    network = Network.load()
    write_npz(network, folder / "digits.npz")
    write_c_header(network, folder / "digits.h")
    for suffix in (".onnx", ".safetensors"):
        write, _, library = FORMATS[suffix]
        try:
            __import__(str(library))
        except ImportError:
            continue
        write(network, folder / f"digits{suffix}")
    return folder


@pytest.fixture(scope="module")
def pixels(tiny: Any) -> Array:
    """Drawings and random images, (n, 784)."""
    drawn = tiny.test.images.reshape(-1, 784) / np.float32(255)
    return np.concatenate([drawn, np.random.default_rng(0).random((20, 784), np.float32), drawn[:1] * 0])


def test_every_block_of_the_page_is_run() -> None:
    assert set(blocks("python")) == {*NEEDS, TRACKER}
    assert set(blocks("c")) == {"C"}


def test_a_run_is_taken_to_a_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow itself is not installed here; a stand-in takes what its `log_metrics` would."""
    logged: list[tuple[dict[str, float], int]] = []
    mlflow = types.ModuleType("mlflow")
    vars(mlflow)["start_run"] = contextlib.nullcontext
    vars(mlflow)["log_metrics"] = lambda metrics, step: logged.append((dict(metrics), step))
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    monkeypatch.chdir(tmp_path)
    record = {"epoch": 1, "train_loss": 0.5, "validation_accuracy": None, "seconds": 2.0}
    Path("run.jsonl").write_text(json.dumps(record) + "\n")
    exec(blocks("python")[TRACKER], {})
    assert logged == [({"train_loss": 0.5, "seconds": 2.0}, 1)]


@pytest.mark.filterwarnings("default")  # other libraries warn of themselves
@pytest.mark.parametrize("library", NEEDS)
def test_answers_are_equal_in_other_libraries(
    library: str, exported: Path, pixels: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in NEEDS[library]:
        pytest.importorskip(module)
    code = blocks("python")[library]
    assert len([line for line in code.splitlines() if line]) <= 12
    monkeypatch.chdir(exported)
    script = types.ModuleType("script")
    exec(code, vars(script))
    answers = script.predict_proba(pixels)
    np.testing.assert_allclose(answers, Network.load(backend="numpy").predict_proba(pixels), atol=1e-5)
    assert answers.dtype == np.float32


def test_onnx_says_what_it_takes(exported: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(exported / "digits.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [each.version for each in model.opset_import] == [17]
    said = {each.key: each.value for each in model.metadata_props}
    assert json.loads(said["preprocessing"])["id"] == "mnist-box20-mass-pen2.25"
    assert json.loads(said["classes"]) == list("0123456789")
    assert "784 pixels" in said["input"]
    assert json.loads(said["card"])["accuracy"]["test"] == 0.9916


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_onnx_runtime_computes_every_dtype(dtype: Any, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    network = a_network(dtype)
    write_onnx(network, tmp_path / "a.onnx")
    x = np.random.default_rng(0).random((9, 6)).astype(dtype)
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"])
    answers = session.run(None, {"pixels": x})[0]
    np.testing.assert_allclose(answers, network.predict_proba(x), rtol=1e-5 if dtype == np.float32 else 1e-12)


COMPILE = ["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic", "-std=c99"]


@pytest.fixture(scope="module")
def compile_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Compile a program beside a header; returns the program."""
    try:
        subprocess.run(["cc", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no C compiler here")

    def compile_c(folder: Path, main: str) -> Path:
        (folder / "main.c").write_text(main)
        done = subprocess.run(
            [*COMPILE, "main.c", "-o", "main", "-lm"], cwd=folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[:2000]
        assert done.stderr == ""
        return folder / "main"

    return compile_c


def test_c_answers_are_equal(compile_c: Callable[..., Path], exported: Path, pixels: Array) -> None:
    program = compile_c(exported, blocks("c")["C"])
    done = subprocess.run([program], input=pixels.tobytes(), capture_output=True, check=True)
    answers = np.array([line.split() for line in done.stdout.splitlines()], float)
    expected = Network.load(backend="numpy").predict_proba(pixels)
    np.testing.assert_allclose(answers[:, 1:], expected, atol=1e-5)
    np.testing.assert_array_equal(answers[:, 0], expected.argmax(axis=1))


def test_c_holds_any_network(compile_c: Callable[..., Path], tmp_path: Path) -> None:
    """Doubles, one layer, and names that would end a string or a comment."""
    network = a_network(np.float64, (6, 4))
    network.card.classes = STRANGE_NAMES
    write_c_header(network, tmp_path / "digits.h")
    main = """#include <stdio.h>
#include "digits.h"
int main(void) {
    static const char *names[] = INKDIGITS_CLASS_NAMES;
    double x[INKDIGITS_INPUTS] = {0.1, 0, 0.3, -0.4, 0, 0.6}, p[INKDIGITS_CLASSES];
    int i, best = inkdigits_predict(x, p);
    for (i = 0; i < 4; i++) printf("%s|%.17g|", names[i], p[i]);
    printf("%d|%s|%.17g", best, INKDIGITS_PREPROCESSING, INKDIGITS_TEMPERATURE);
    return 0;
}
"""
    said = (
        subprocess.run([compile_c(tmp_path, main)], capture_output=True, check=True)
        .stdout.decode()
        .split("|")
    )
    w, b = network.parameters.weights[0], network.parameters.biases[0]
    z = np.exp(np.array([0.1, 0, 0.3, -0.4, 0, 0.6]) @ w + b)
    assert tuple(said[0:8:2]) == STRANGE_NAMES
    np.testing.assert_allclose(np.array(said[1:8:2], float), z / z.sum(), rtol=1e-12)
    assert said[8:] == [str(z.argmax()), "mnist-box20-mass-pen2.25 version 1", f"{0.8:.17g}"]


def test_c_header_may_be_included_and_not_used(compile_c: Callable[..., Path], tmp_path: Path) -> None:
    write_c_header(a_network(), tmp_path / "digits.h")
    compile_c(tmp_path, '#include "digits.h"\n#include "digits.h"\nint main(void) { return 0; }\n')
