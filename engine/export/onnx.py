"""A network as ONNX: Gemm and Relu for each layer, Softmax at the end.

The reader follows the one chain of operators from input to output, and takes it where it is a dense ReLU
network: Gemm, or MatMul with Add, for a layer, Relu between layers, and perhaps Flatten or Reshape before and
Softmax after them. It reads no file but the one that is named, and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import describe
from engine.export.metadata import card_from, metadata_of
from engine.export.reading import ImportRefusedError, check_readable, parameters_from
from engine.model.card import Card
from engine.model.network import Network
from engine.model.safe_write import write_atomically

OPSET, IR_VERSION = 17, 9  # read by ONNX Runtime since 1.14 and by OpenVINO since 2023


def write_onnx(network: Network, path: Path) -> None:
    """Write a network as ONNX, atomically; onnx's own checker has looked at it.

    Parameters
    ----------
    network : Network
        The network.
    path : pathlib.Path
        The file; one that exists is replaced.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    write_atomically(path, onnx_model(network.parameters, metadata_of(network)))


def onnx_model(parameters: Parameters, metadata: Mapping[str, str]) -> bytes:
    """Encode a network as an ONNX file.

    Parameters
    ----------
    parameters : Parameters
        Weights and biases; float64 stays float64.
    metadata : mapping of str to str
        The file's metadata properties.

    Returns
    -------
    bytes
        A model with the input ``pixels`` (n, I), in [0, 1], and the output ``probabilities`` (n, C), both of
        the parameters' dtype.
    """
    from onnx import checker, helper, numpy_helper

    real = helper.np_dtype_to_tensor_dtype(parameters.dtype)
    nodes, constants, name = [], [], "pixels"
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        if layer:
            nodes.append(helper.make_node("Relu", [name], [f"a{layer}"]))
            name = f"a{layer}"
        constants += [numpy_helper.from_array(w, f"w{layer}"), numpy_helper.from_array(b, f"b{layer}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"z{layer}"]))
        name = f"z{layer}"
    nodes.append(helper.make_node("Softmax", [name], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "inkdigits",
        [helper.make_tensor_value_info("pixels", real, ["n", parameters.inputs])],
        [helper.make_tensor_value_info("probabilities", real, ["n", parameters.outputs])],
        constants,
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="inkdigits",
    )
    helper.set_model_props(model, dict(metadata))
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def read_onnx(path: Path) -> tuple[Parameters, Card]:
    """Read a dense ReLU network; a Softmax at its end is ours too, and where there is none, it is added.

    Parameters
    ----------
    path : pathlib.Path
        The ONNX file, with all its numbers in it.

    Returns
    -------
    parameters : Parameters
        The same bits.
    card : Card
        The exported card, or a new one.

    Raises
    ------
    ImportRefusedError, ModelFileError
        The file cannot be read, or holds anything else. The message names the first operator that does not
        fit.
    """
    import onnx

    path = check_readable(path)
    try:
        model = onnx.load_model_from_string(path.read_bytes())
        _check_standard(model, path)
        constants = _constants(model.graph, path)
        onnx.checker.check_model(model)
        chain = _Chain(path, constants, *_ends(model.graph, constants, path))
        for node in model.graph.node:
            if node.op_type != "Constant":
                chain.follow(node)
        parameters = chain.parameters()
    except ImportRefusedError:
        raise
    except Exception as error:  # of protobuf, onnx's checker or NumPy, which share no base
        raise ImportRefusedError(path, f"not ONNX: {describe(error)}") from None
    metadata = {each.key: each.value for each in model.metadata_props}
    return parameters, card_from(metadata, path, parameters.outputs)


def _check_standard(model: Any, path: Path) -> None:
    if model.functions or any(each.domain not in ("", "ai.onnx") for each in model.graph.node):
        raise ImportRefusedError(
            path, "it has operators of its own; only ONNX's standard ones can be imported"
        )
    if model.graph.sparse_initializer:
        raise ImportRefusedError(path, "it has sparse weights; dense ones are needed")


def _constants(graph: Any, path: Path) -> dict[str, Array]:
    """The numbers in the file, by name; refuses those that are in another file."""
    from onnx import external_data_helper, numpy_helper

    tensors = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and [each.name for each in node.attribute] == ["value"]:
            tensors[node.output[0]] = node.attribute[0].t
    if any(map(external_data_helper.uses_external_data, tensors.values())):
        raise ImportRefusedError(path, "its numbers are in another file (PyTorch: external_data=False)")
    return {name: numpy_helper.to_array(tensor) for name, tensor in tensors.items()}


def _ends(graph: Any, constants: Mapping[str, Array], path: Path) -> tuple[str, str]:
    """The names of the only input and the only output."""
    inputs = [each.name for each in graph.input if each.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ImportRefusedError(
            path, f"it has {len(inputs)} inputs and {len(graph.output)} outputs; one of each is needed"
        )
    return inputs[0], graph.output[0].name


class _Chain:
    """The layers found so far, from the input on."""

    def __init__(self, path: Path, constants: Mapping[str, Array], first: str, last: str) -> None:
        self.path, self.constants = path, constants
        self.name, self.last = first, last  # of the array that comes next, and of the output
        self.before = "start"  # the operator that made the next array
        self.weights: list[Array] = []
        self.biases: list[Array | None] = []

    def follow(self, node: Any) -> None:
        """Take one more operator, or refuse it."""
        known = {"Flatten", "Reshape", "Gemm", "MatMul", "Add", "Relu", "Softmax"}
        if node.op_type not in known:
            raise self._refused(node, "only dense layers, Relu and a last Softmax can be imported")
        inputs = list(node.input)
        other_way_round = node.op_type == "Add" and len(inputs) == 2 and inputs[1] == self.name
        if inputs.count(self.name) != 1 or not (inputs[0] == self.name or other_way_round):
            raise self._refused(node, "the operators are not one chain from input to output")
        getattr(self, f"_{node.op_type.lower()}")(node, {each.name: each for each in node.attribute})
        self.before, self.name = node.op_type, node.output[0]

    def parameters(self) -> Parameters:
        """The network, when all operators are followed."""
        if self.name != self.last:
            raise ImportRefusedError(
                self.path, f"its output {self.last!r} is not what its last operator makes"
            )
        if self.before == "Relu":
            raise ImportRefusedError(self.path, "it ends in Relu; the last layer needs none")
        biases = [
            np.zeros(w.shape[1], w.dtype) if b is None else b
            for w, b in zip(self.weights, self.biases, strict=True)
        ]
        return parameters_from(self.weights, biases, self.path)

    def _flatten(self, node: Any, attributes: Mapping[str, Any]) -> None:
        if self.before != "start" or ("axis" in attributes and attributes["axis"].i != 1):
            raise self._refused(node, "only images at the start can be flattened")

    def _reshape(self, node: Any, attributes: Mapping[str, Any]) -> None:
        if self.before != "start" or self._constant(node, 1).shape != (2,):
            raise self._refused(node, "only images at the start can be reshaped, to rows of pixels")

    def _gemm(self, node: Any, attributes: Mapping[str, Any]) -> None:
        for name, expected in (("alpha", 1.0), ("beta", 1.0)):
            if name in attributes and attributes[name].f != expected:
                raise self._refused(node, f"{name} is {attributes[name].f:g}; 1 is needed")
        if "transA" in attributes and attributes["transA"].i:
            raise self._refused(node, "transA is set")
        self._dense(node)
        if "transB" in attributes and attributes["transB"].i:
            self.weights[-1] = self.weights[-1].T
        if len(node.input) > 2 and node.input[2]:
            self._bias(node, 2)

    def _matmul(self, node: Any, attributes: Mapping[str, Any]) -> None:
        self._dense(node)

    def _add(self, node: Any, attributes: Mapping[str, Any]) -> None:
        if self.before != "MatMul":
            raise self._refused(node, "it adds to something else than a MatMul")
        self._bias(node, 1 - list(node.input).index(self.name))

    def _relu(self, node: Any, attributes: Mapping[str, Any]) -> None:
        if self.before not in ("Gemm", "MatMul", "Add"):
            raise self._refused(node, "it does not follow a dense layer")

    def _softmax(self, node: Any, attributes: Mapping[str, Any]) -> None:
        if self.before not in ("Gemm", "MatMul", "Add"):
            raise self._refused(node, "it does not follow a dense layer")
        if "axis" in attributes and attributes["axis"].i not in (1, -1):
            raise self._refused(node, "it is not over the classes")

    def _dense(self, node: Any) -> None:
        """A layer's weights, the second input; its biases are zero so far."""
        if self.before not in ("start", "Flatten", "Reshape", "Relu"):
            raise self._refused(node, f"{self.before} is before it, and Relu is needed between layers")
        weights = self._constant(node, 1)
        if weights.ndim != 2:
            raise self._refused(node, f"its weights have shape {weights.shape}; two dimensions are needed")
        self.weights.append(weights)
        self.biases.append(None)  # until they come

    def _bias(self, node: Any, index: int) -> None:
        bias, outputs = self._constant(node, index), self.weights[-1].shape[1]
        if bias.shape not in ((outputs,), (1, outputs)):
            raise self._refused(node, f"its biases have shape {bias.shape}; ({outputs},) is needed")
        self.biases[-1] = bias.reshape(outputs)

    def _constant(self, node: Any, index: int) -> Array:
        name = node.input[index]
        if name not in self.constants:
            raise self._refused(node, f"its input {name!r} is computed; a constant is needed")
        return self.constants[name]

    def _refused(self, node: Any, why: str) -> ImportRefusedError:
        name = node.name or node.output[0]
        return ImportRefusedError(self.path, f"operator {node.op_type} ({name}): {why}")
