"""Networks that other programs wrote: dense ReLU networks are taken, others are refused with a reason."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.export.npz import read_npz
from engine.export.onnx import read_onnx
from engine.export.reading import ImportRefusedError
from engine.export.safetensors import read_safetensors

W0, B0 = np.arange(12, dtype=np.float32).reshape(4, 3), np.arange(3, dtype=np.float32)
W1, B1 = np.ones((3, 2), np.float32), np.zeros(2, np.float32)
TENSORS: dict[str, Any] = {"w0": W0, "b0": B0, "w1": W1, "b1": B1, "w0t": W0.T.copy(), "row": B0[None]}
TENSORS |= {"shape": [-1, 4], "cube": [-1, 2, 2]}

Node = tuple[Any, ...]  # operator, inputs, output, attributes
FIRST: Node = ("Gemm", ["x", "w0", "b0"], "z0", {})
RELU: Node = ("Relu", ["z0"], "a1", {})
LAST: Node = ("Gemm", ["a1", "w1", "b1"], "z1", {})
SOFTMAX: Node = ("Softmax", ["z1"], "p", {})


def write_model(
    path: Path,
    nodes: list[Node],
    change: Callable[[Any], None] = lambda model: None,
    input_shape: tuple[Any, ...] = ("n", 4),
) -> Path:
    """An ONNX file of these operators, whose last one makes the output."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **more) for kind, inputs, output, more in nodes],
        "g",
        [helper.make_tensor_value_info("x", 1, input_shape)],
        [helper.make_tensor_value_info(nodes[-1][2], 1, ("n", "m"))],
        [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in TENSORS.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


TAKEN: dict[str, list[Node]] = {
    "without softmax": [FIRST, RELU, LAST],
    "with softmax": [FIRST, RELU, LAST, SOFTMAX],
    "PyTorch's": [("Gemm", ["x", "w0t", "b0"], "z0", {"transB": 1, "alpha": 1.0, "beta": 1.0}), RELU, LAST],
    "TensorFlow's": [
        ("MatMul", ["x", "w0"], "y", {}),
        ("Add", ["y", "b0"], "z0", {}),
        RELU,
        LAST,
        ("Softmax", ["z1"], "p", {"axis": -1}),
    ],
    "biases first": [("MatMul", ["x", "w0"], "y", {}), ("Add", ["row", "y"], "z0", {}), RELU, LAST],
    "flattened": [("Flatten", ["x"], "f", {}), ("Gemm", ["f", "w0", "b0"], "z0", {}), RELU, LAST],
    "reshaped": [("Reshape", ["x", "shape"], "f", {}), ("Gemm", ["f", "w0", "b0"], "z0", {}), RELU, LAST],
}


@pytest.mark.parametrize("nodes", TAKEN.values(), ids=TAKEN)
def test_dense_relu_networks_are_taken(nodes: list[Node], tmp_path: Path) -> None:
    parameters, card = read_onnx(write_model(tmp_path / "theirs.onnx", nodes))
    for ours, theirs in zip(parameters.tensors(), (W0, B0, W1, B1), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert card.training == {"imported_from": "theirs.onnx"}
    assert card.accuracy == {}


def test_layers_without_biases_have_zeros(tmp_path: Path) -> None:
    nodes = [("MatMul", ["x", "w0"], "z0", {}), RELU, ("Gemm", ["a1", "w1"], "z1", {})]
    parameters, _ = read_onnx(write_model(tmp_path / "a.onnx", nodes))
    assert [b.tolist() for b in parameters.biases] == [[0, 0, 0], [0, 0]]


REFUSED: dict[str, tuple[list[Node], str]] = {
    "convolution": ([("Conv", ["x", "w0"], "z0", {})], r"operator Conv \(z0\): only dense layers, Relu"),
    "sigmoid": ([FIRST, ("Sigmoid", ["z0"], "a1", {}), LAST], r"operator Sigmoid \(a1\)"),
    "no relu": ([FIRST, ("Gemm", ["z0", "w1", "b1"], "z1", {})], "Relu is needed between layers"),
    "relu at the end": ([FIRST, RELU], "ends in Relu"),
    "relu twice": ([FIRST, RELU, ("Relu", ["a1"], "a2", {})], "does not follow a dense layer"),
    "relu first": ([("Relu", ["x"], "a", {})], "does not follow a dense layer"),
    "softmax between": (
        [FIRST, ("Softmax", ["z0"], "a1", {}), LAST],
        "Softmax is before it, and Relu is needed",
    ),
    "softmax over images": (
        [FIRST, RELU, LAST, ("Softmax", ["z1"], "p", {"axis": 0})],
        "not over the classes",
    ),
    "alpha": ([("Gemm", ["x", "w0", "b0"], "z0", {"alpha": 2.0})], "alpha is 2; 1 is needed"),
    "beta": ([("Gemm", ["x", "w0", "b0"], "z0", {"beta": 0.5})], r"beta is 0\.5"),
    "transposed input": ([("Gemm", ["x", "w0", "b0"], "z0", {"transA": 1})], "transA"),
    "x as biases": ([("Gemm", ["w0", "w1", "x"], "z0", {})], "not one chain"),
    "x as weights": ([("Gemm", ["w0t", "x", "row"], "z0", {})], "not one chain"),
    "x twice": ([("Add", ["x", "x"], "z0", {})], "not one chain"),
    "skip connection": (
        [FIRST, RELU, ("Add", ["a1", "z0"], "y", {})],
        "adds to something else than a MatMul",
    ),
    "branch": ([FIRST, RELU, ("Gemm", ["x", "w0", "b0"], "z1", {})], "not one chain"),
    "computed weights": ([("MatMul", ["x", "x2"], "z0", {})], "."),
    "flatten in the middle": ([FIRST, ("Flatten", ["z0"], "f", {})], "only images at the start"),
    "reshaped to images": ([("Reshape", ["x", "cube"], "f", {})], "to rows of pixels"),
    "flatten elsewhere": ([("Flatten", ["x"], "f", {"axis": 2})], "only images at the start"),
    "vector of weights": ([("MatMul", ["x", "b0"], "z0", {})], "two dimensions are needed"),
    "biases that do not fit": (
        [("Gemm", ["x", "w0", "b1"], "z0", {})],
        r"biases have shape \(2,\); \(3,\) is needed",
    ),
    "layers that do not fit": (
        [FIRST, RELU, ("Gemm", ["a1", "w0", "b0"], "z1", {})],
        r"weights\[1\] has shape",
    ),
    "not of ONNX": ([("Nothing", ["x"], "y", {})], "."),
}


@pytest.mark.parametrize(("nodes", "message"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_with_the_operator(nodes: list[Node], message: str, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=message) as caught:
        read_onnx(write_model(tmp_path / "theirs.onnx", nodes))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 160


def external(model: Any) -> None:
    """Keep the weights in another file: that of the machine's users."""
    import onnx

    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"


def sparse(model: Any) -> None:
    model.graph.sparse_initializer.add().values.name = "w9"


def foreign_domain(model: Any) -> None:
    model.graph.node[1].domain = "com.example"


def integers(model: Any) -> None:
    import onnx

    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(W0.astype(np.int64), "w0"))


def half(model: Any) -> None:
    import onnx

    model.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(W0.astype(np.float16), "w0"))


def too_few_numbers(model: Any) -> None:
    model.graph.initializer[0].dims[0] = 10**12


def other_output(model: Any) -> None:
    model.graph.output[0].name = "z0"


def second_input(model: Any) -> None:
    model.graph.input.add().CopyFrom(model.graph.input[0])
    model.graph.input[1].name = "y"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "numbers are in another file"),
        (sparse, "sparse"),
        (foreign_domain, "operators of its own"),
        (integers, "weights of layer 0 are int64"),
        (half, "weights of layer 0 are float16"),
        (too_few_numbers, "not ONNX: ValueError"),
        (other_output, "'z0' is not what its last operator makes"),
        (second_input, "2 inputs and 1 outputs"),
        (lambda model: model.graph.ClearField("node"), "."),
        (lambda model: model.ClearField("opset_import"), "."),
        (lambda model: model.functions.add(), "operators of its own"),
    ],
)
def test_malicious_and_damaged_models_are_refused(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefusedError, match=message) as caught:
        read_onnx(write_model(tmp_path / "theirs.onnx", [FIRST, RELU, LAST], change))
    assert "\n" not in str(caught.value)


def save(path: Path, **tensors: Any) -> Path:
    safetensors = pytest.importorskip("safetensors.numpy")
    path.write_bytes(
        safetensors.save({name.replace("__", "."): np.ascontiguousarray(t) for name, t in tensors.items()})
    )
    return path


def test_safetensors_are_ordered_by_the_numbers_in_their_names(tmp_path: Path) -> None:
    square = [np.full((2, 2), layer, np.float32) for layer in range(12)]
    bias = np.zeros(2, np.float32)
    tensors = {
        f"net.fc{n}.{kind}": t for n in range(12) for kind, t in (("weight", square[n]), ("bias", bias))
    }
    parameters, card = read_safetensors(save(tmp_path / "theirs.safetensors", **tensors))
    assert [w[0, 0] for w in parameters.weights] == list(range(12))
    assert card.training == {"imported_from": "theirs.safetensors"}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a__weight": W0.T, "a__bias": B0, "a__running_mean": B0}, "neither a weight nor a bias"),
        ({"a__weight": W0.T}, "a.weight and a.bias are needed; only one is there"),
        ({"a__weight": W0, "a__bias": B0}, r"biases\[0\] has shape \(3,\); \(4,\) is needed"),
        ({"a__weight": W0[None], "a__bias": B0}, r"a\.weight has shape \(1, 4, 3\): not a dense layer's"),
        ({"a__weight": W0.T.astype(np.float16), "a__bias": B0}, "a.weight is F16; F32 or F64 is needed"),
        ({"a__weight": W0.T.astype(np.float64), "a__bias": B0}, "is float32; float64 is needed"),
        ({"b__weight": W0.T, "b__bias": B0, "a__weight": W1.T, "a__bias": B1}, r"weights\[1\] has shape"),
        ({}, "0 weights and 0 biases"),
    ],
)
def test_other_safetensors_are_refused(tensors: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=message):
        read_safetensors(save(tmp_path / "theirs.safetensors", **tensors))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"weights_0": W0}, "biases_0"),
        ({"weights_1": W0, "biases_1": B0}, "no arrays weights_0"),
        ({"x": W0}, "no arrays weights_0"),
        ({"weights_0": np.array([object()], object), "biases_0": B0}, "it is not a NumPy archive"),
        (
            {"weights_0": W0, "biases_0": B0, "inkdigits": np.array("1"), "card": np.array("{}{")},
            "card is damaged",
        ),
        ({"weights_0": W0, "biases_0": B0, "inkdigits": W0, "card": W0}, "card is damaged"),
    ],
)
def test_other_archives_are_refused(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "theirs.npz", **arrays)
    with pytest.raises(ImportRefusedError, match=message) as caught:
        read_npz(tmp_path / "theirs.npz")
    assert "\n" not in str(caught.value)


def test_pipes_do_not_hang(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(ImportRefusedError, match="not a regular file"):
        read_onnx(tmp_path / "pipe.onnx")


@pytest.mark.slow
def test_importing_formats_imports_no_library_of_theirs() -> None:
    code = (
        "import sys, engine.export.onnx, engine.export.safetensors, apps.export, apps.import_model;"
        "sys.exit(bool({'onnx', 'safetensors'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
