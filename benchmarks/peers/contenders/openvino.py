"""OpenVINO: a model compiled for the shape of its input, one request used again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openvino

from backends.arrays import Array, Parameters
from benchmarks.peers.contenders import Predictor
from benchmarks.peers.contenders.onnxruntime import onnx_model


class OpenvinoPredictor(Predictor):
    file_name = "model.onnx"
    first_answer = """
import sys
import numpy as np
import openvino
model = openvino.Core().compile_model(sys.argv[1], "CPU")
print(model(np.zeros((1, 784), np.float32))[0])
"""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        core = openvino.Core()
        model = core.read_model(onnx_model(parameters))
        model.reshape(list(x.shape))
        settings = {
            "PERFORMANCE_HINT": "LATENCY" if len(x) == 1 else "THROUGHPUT",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "f32",  # as everybody; bfloat16 is its default where the CPU has it
        }
        self.request = core.compile_model(model, "CPU", settings).create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(x, shared_memory=True))
        self.p = self.request.get_output_tensor().data

    def predict(self) -> Any:
        self.request.infer()
        return self.p

    @staticmethod
    def save(parameters: Parameters, path: str) -> None:
        Path(path).write_bytes(onnx_model(parameters))
