"""Those who are compared: a network of ours on a backend, the same in PyTorch, the same in ONNX Runtime.

The same arrays in memory, float32, learning rate and order of the examples for everybody; `trainers` checks
that they learn the same. PyTorch is written as a good user writes it: the data preloaded as a tensor, batches
by indexing, fused optimizers, eager and compiled, and variations of a whole batch at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backends import Backend, get_backend
from backends.arrays import Array, Parameters, scale_pixels
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer
from engine.augmentation.images import ImageAugmentation
from engine.data.datasets import Examples
from engine.training.examples import Lesson, Preparation, RecipeExamples
from engine.training.recipe import Recipe, Stage

LAYER_SIZES = (784, 128, 64, 10)


class TorchRun:
    """Training in PyTorch; with ``variation``, on fresh variations of each batch's pictures."""

    def __init__(
        self,
        start: Parameters,
        digits: Examples,
        optimizer: str,
        rate: float,
        compiled: bool = False,
        variation: ImageAugmentation | None = None,
    ) -> None:
        import torch

        self.torch = torch
        self.x = torch.from_numpy(scale_pixels(digits.images, np.float32))
        self.labels = torch.from_numpy(digits.labels.astype(np.int64))
        self.start, self.optimizer, self.rate = start, optimizer, rate
        self.compiled, self.variation = compiled, variation
        self.restart()

    def restart(self) -> None:
        """Back to the first weights."""
        torch = self.torch
        layers: list[Any] = []
        for w, b in zip(self.start.weights, self.start.biases, strict=True):
            linear = torch.nn.Linear(*w.shape)
            linear.weight.data = torch.from_numpy(w.T.copy())
            linear.bias.data = torch.from_numpy(b.copy())
            layers += [linear, torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        weights = [p for p in self.model.parameters() if p.ndim == 2]
        biases = [p for p in self.model.parameters() if p.ndim == 1]
        self.average = None
        if self.optimizer == "adamw":
            groups = [{"params": weights, "weight_decay": 0.01}, {"params": biases, "weight_decay": 0.0}]
            self.steps = torch.optim.AdamW(groups, lr=self.rate, fused=True)
            self.average = [p.detach().clone() for p in self.model.parameters()]
        elif self.optimizer == "nesterov":
            self.steps = torch.optim.SGD(
                self.model.parameters(), lr=self.rate, momentum=0.9, nesterov=True, fused=True
            )
        else:
            self.steps = torch.optim.SGD(self.model.parameters(), lr=self.rate, fused=True)
        cross_entropy = torch.nn.functional.cross_entropy
        model = self.model
        self.loss = lambda x, labels: cross_entropy(model(x), labels)
        if self.compiled:
            self.loss = torch.compile(self.loss)

    def epoch(self, order: Array, batch_size: int, rates: Array | None = None) -> float:
        """One pass over the examples; returns their mean loss."""
        torch = self.torch
        indices = torch.from_numpy(order)
        loss_sum = torch.zeros(())
        parameters = [p.detach() for p in self.model.parameters()]
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = indices[start : start + batch_size]
            x = self.x[batch]
            if self.variation:
                x = torch_variation(x.view(-1, 1, 28, 28), self.variation).view(-1, 784)
            loss = self.loss(x, self.labels[batch])
            self.steps.zero_grad()
            loss.backward()
            if rates is not None:
                for group in self.steps.param_groups:
                    group["lr"] = float(rates[step])
            self.steps.step()
            if self.average is not None:
                torch._foreach_lerp_(self.average, parameters, 1 - min(0.999, (2 + step) / (11 + step)))
            loss_sum += loss.detach() * len(batch)
        return float(loss_sum) / len(order)

    def accuracy(self, x: Any, labels: Any) -> float:
        with self.torch.inference_mode():
            return float((self.model(x).argmax(1) == labels).float().mean())


class OurRun:
    """The same with a backend of ours; the variations of an epoch are made first, then learnt from."""

    def __init__(
        self,
        start: Parameters,
        digits: Examples,
        optimizer: str,
        rate: float,
        backend: Backend,
        variation: ImageAugmentation | None = None,
    ) -> None:
        self.backend, self.start, self.optimizer, self.rate = backend, start, optimizer, rate
        self.images, self.labels = backend.prepare_images(digits.images, np.float32), digits.labels
        self.lessons: Iterator[Preparation | Lesson] | None = None
        if variation:
            stage = Stage(lessons=1_000_000, digits=len(digits), passes=1, pictures=variation)
            curriculum = RecipeExamples(Recipe(training={}, stages=[stage]), digits, [], backend)
            self.lessons = curriculum.lessons(np.random.default_rng(0))
        self.restart()

    def restart(self) -> None:
        self.parameters = self.start.copy()
        self.average: ExponentialMovingAverage | None = None
        self.steps: Optimizer = SGD()
        if self.optimizer == "adamw":
            self.steps = AdamW(self.parameters, weight_decay=0.01)
            self.average = ExponentialMovingAverage(self.parameters, 0.999)
        elif self.optimizer == "nesterov":
            self.steps = Nesterov(self.parameters)

    def epoch(self, order: Array, batch_size: int, rates: Array | None = None) -> float:
        if rates is None:
            rates = np.full(math.ceil(len(order) / batch_size), self.rate)
        if self.lessons:
            lesson = next(each for each in self.lessons if isinstance(each, Lesson))
            self.images = self.backend.prepare_images(lesson.images, np.float32)
            self.labels = lesson.targets
        return self.backend.train_minibatches(
            self.parameters, self.steps, self.images, self.labels, order, batch_size, rates, self.average
        )

    def accuracy(self, x: Array, labels: Array) -> float:
        return float((self.backend.predict_proba(self.parameters, x).argmax(1) == labels).mean())


def torch_variation(x: Any, variation: ImageAugmentation) -> Any:
    """What `augment_images` does to a batch (B, 1, 28, 28), in PyTorch, without the framing at its end."""
    import torch
    from torch.nn import functional

    n = len(x)

    def around(most: float) -> Any:
        return (torch.rand(n) * 2 - 1) * most

    angle, wide, shear = around(variation.rotation), around(variation.aspect).exp(), around(variation.shear)
    size = around(variation.size).exp()
    cos, sin = angle.cos(), angle.sin()
    shift_x, shift_y = around(variation.shift / 14), around(variation.shift / 14)
    first = torch.stack([cos * wide / size, (cos * shear / wide - sin / wide) / size, shift_x], 1)
    second = torch.stack([sin * wide / size, (sin * shear / wide + cos / wide) / size, shift_y], 1)
    places = functional.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    knots = torch.randn(n, 2, 5, 5) * (torch.rand(n, 1, 1, 1) * (variation.elastic / 14))
    field = functional.interpolate(knots, size=(28, 28), mode="bicubic", align_corners=True)
    x = functional.grid_sample(x, places + field.permute(0, 2, 3, 1), align_corners=False)
    amount = (around(variation.width) * (torch.rand(n) < 0.5)).view(n, 1, 1, 1)
    wider = functional.max_pool2d(x, 3, 1, 1) - x
    thinner = x + functional.max_pool2d(-x, 3, 1, 1)
    x = x + amount * torch.where(amount > 0, wider, thinner)
    blur = (torch.rand(n) * variation.blur * (torch.rand(n) < 0.3)).view(n, 1, 1, 1)
    x = x + blur * (functional.avg_pool2d(x, 3, 1, 1) - x)
    gain = (torch.rand(n) * variation.contrast).exp() / x.amax((1, 2, 3)).clamp(min=0.25)
    return (x * gain.view(n, 1, 1, 1)).clamp(max=1)


def compile_works() -> bool:
    """Whether torch.compile does, here: it wants a C++ compiler."""
    import torch

    try:
        torch.compile(lambda x: x + 1)(torch.zeros(3))
    except Exception as error:
        print(f"torch.compile does not work here: {type(error).__name__}")
        return False
    return True


def trainers(
    start: Parameters,
    digits: Examples,
    optimizer: str,
    rate: float,
    compiled_backend: Backend,
    torch_compile: bool,
) -> dict[str, OurRun | TorchRun]:
    """Everybody at the start of the same training run, checked to learn the same."""
    runs: dict[str, OurRun | TorchRun] = {
        "numba": OurRun(start, digits, optimizer, rate, compiled_backend),
        "numpy": OurRun(start, digits, optimizer, rate, get_backend("numpy")),
        "pytorch": TorchRun(start, digits, optimizer, rate),
    }
    if torch_compile:
        runs["pytorch compiled"] = TorchRun(start, digits, optimizer, rate, compiled=True)
    order = np.random.default_rng(1).permutation(len(digits))[:2048]
    losses = {name: run.epoch(order, 64) for name, run in runs.items()}
    for name, loss in losses.items():
        assert math.isclose(loss, losses["numpy"], rel_tol=1e-3), f"{name} learns otherwise: {losses}"
    return runs


def onnx_session(parameters: Parameters, threads: int) -> Any:
    """The network in ONNX Runtime."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

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
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
