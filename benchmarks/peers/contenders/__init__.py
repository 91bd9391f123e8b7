"""The contenders: our network and its rivals, one file for each framework.

A contender offers a `Trainer`, a `Predictor`, or both. To add one, write its file as its own users would
write the code, and give it a line in `CONTENDERS`. Each runs in its own process (`benchmarks.peers.worker`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from backends.arrays import Array, Parameters
from engine.augmentation.images import ImageAugmentation
from engine.data.datasets import Examples


class Trainer(ABC):
    """A network in training, its data already in memory in the form that the framework prefers.

    Parameters
    ----------
    start : Parameters
        The first weights and biases, float32; never changed.
    digits : Examples
        What to learn from.
    optimizer : str
        One of `optimizers`.
    threads : int
        How many it may use.

    Attributes
    ----------
    optimizers : tuple of str
        "sgd", "nesterov" and "adamw", as far as they are written here. "adamw" decays the weights, not the
        biases, by 0.01 and keeps a moving average of the parameters.
    augmentation : ImageAugmentation or None
        If set, an epoch learns from fresh augmentations of the images.
    """

    optimizers: ClassVar[tuple[str, ...]] = ("sgd",)
    augmentation: ImageAugmentation | None = None

    @abstractmethod
    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None: ...

    @abstractmethod
    def restart(self) -> None:
        """Go back to the first weights, without compiling again."""

    @abstractmethod
    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        """Train once on the examples in ``order`` and return their mean loss.

        ``rate`` is the learning rate, or one for each step. Each loss is measured just before its step.
        """

    @abstractmethod
    def scores(self, x: Array) -> Array:
        """A score for each class, (N, 10); x is (N, 784) float32. The largest score is the prediction."""


class Predictor(ABC):
    """A network that predicts the same images again and again.

    Parameters
    ----------
    parameters : Parameters
        Weights and biases, float32.
    x : Array, (N, 784) float32
        The images, in [0, 1].
    threads : int
        How many it may use.
    """

    @abstractmethod
    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None: ...

    @abstractmethod
    def predict(self) -> Any:
        """The probabilities, (N, 10), in whatever array the framework's users get. This is what is timed."""


@dataclass(frozen=True)
class Contender:
    """Where a contender's code is, and what must be installed to run it."""

    module: str
    trainer: str | None = None
    predictor: str | None = None
    packages: tuple[str, ...] = ()  # import names
    extra: str = "peers"
    rival: bool = True

    def load(self, role: str) -> Any:
        """Import the class for a role, "trainer" or "predictor"."""
        return getattr(import_module(self.module), getattr(self, role))

    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.packages if find_spec(package) is None]


HERE = __name__
OURS, TORCH, JAX, TENSORFLOW = f"{HERE}.ours", f"{HERE}.pytorch", f"{HERE}.jax", f"{HERE}.tensorflow"
ORT, OPENVINO = f"{HERE}.onnxruntime", f"{HERE}.openvino"
CONTENDERS = {
    "numba": Contender(OURS, "NumbaTrainer", "NumbaNetwork", ("numba",), "numba", rival=False),
    "numba, inner": Contender(OURS, None, "NumbaBackend", ("numba",), "numba", rival=False),
    "numpy": Contender(OURS, "NumpyTrainer", "NumpyNetwork", rival=False),
    "pytorch": Contender(TORCH, "EagerTrainer", "EagerPredictor", ("torch",)),
    "pytorch, compiled": Contender(TORCH, "CompiledTrainer", "CompiledPredictor", ("torch",)),
    "jax": Contender(JAX, "JaxTrainer", "JaxPredictor", ("jax",)),
    "tensorflow": Contender(TENSORFLOW, "GraphTrainer", "GraphPredictor", ("tensorflow",)),
    "tensorflow, xla": Contender(TENSORFLOW, "XlaTrainer", "XlaPredictor", ("tensorflow",)),
    "scikit-learn": Contender(f"{HERE}.sklearn", "SklearnTrainer", "SklearnPredictor", ("sklearn",)),
    "onnxruntime": Contender(ORT, None, "SessionPredictor", ("onnxruntime", "onnx")),
    "onnxruntime, bound": Contender(ORT, None, "BoundPredictor", ("onnxruntime", "onnx")),
    "openvino": Contender(OPENVINO, None, "OpenvinoPredictor", ("openvino", "onnx"), "peers-openvino"),
    "sgemm": Contender(OURS),  # no network: how fast BLAS multiplies matrices
}
TRAINERS = tuple(name for name, each in CONTENDERS.items() if each.trainer)
PREDICTORS = tuple(name for name, each in CONTENDERS.items() if each.predictor)

ROOT = Path(__file__).parents[3]
