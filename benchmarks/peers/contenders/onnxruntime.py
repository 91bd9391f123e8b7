"""ONNX Runtime: a session's `run`, and `run_with_iobinding` with input and output bound beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from backends.arrays import Array, Parameters
from benchmarks.peers.contenders import Predictor


def onnx_model(parameters: Parameters) -> bytes:
    """The network as an ONNX file: x (n, 784) -> p (n, 10)."""
    nodes, constants, name = [], [], "x"
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        constants += [numpy_helper.from_array(w, f"w{layer}"), numpy_helper.from_array(b, f"b{layer}")]
        if layer:
            nodes.append(helper.make_node("Relu", [name], [f"a{layer}"]))
            name = f"a{layer}"
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"z{layer}"]))
        name = f"z{layer}"
    nodes.append(helper.make_node("Softmax", [name], ["p"], axis=1))
    pixels, classes = parameters.layer_sizes[0], parameters.layer_sizes[-1]
    graph = helper.make_graph(
        nodes,
        "inkdigits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", pixels])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", classes])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


class SessionPredictor(Predictor):
    file_name = "model.onnx"
    first_answer = """
import sys
import numpy as np
import onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
print(session.run(None, {"x": np.zeros((1, 784), np.float32)})[0])
"""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            onnx_model(parameters), options, providers=["CPUExecutionProvider"]
        )
        self.x = x

    def predict(self) -> Any:
        return self.session.run(["p"], {"x": self.x})[0]

    @staticmethod
    def save(parameters: Parameters, path: str) -> None:
        Path(path).write_bytes(onnx_model(parameters))


class BoundPredictor(SessionPredictor):
    """Reads x where it is, and writes every answer into the same array."""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        super().__init__(parameters, x, threads)
        self.p = np.empty((len(x), parameters.layer_sizes[-1]), np.float32)
        self.binding = self.session.io_binding()
        self.binding.bind_input("x", "cpu", 0, np.float32, x.shape, x.ctypes.data)
        self.binding.bind_output("p", "cpu", 0, np.float32, self.p.shape, self.p.ctypes.data)

    def predict(self) -> Array:
        self.session.run_with_iobinding(self.binding)
        return self.p
