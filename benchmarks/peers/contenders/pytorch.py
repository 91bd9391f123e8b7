"""PyTorch, eager and with `torch.compile`: data in a tensor, batches by indexing, fused optimizers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional

from backends.arrays import Array, Parameters, scale_pixels
from benchmarks.peers.contenders import Predictor, Trainer
from engine.augmentation.images import ImageAugmentation
from engine.data.datasets import Examples


def module(parameters: Parameters) -> Any:
    """The network as a module, with these parameters."""
    layers: list[Any] = []
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        linear = torch.nn.Linear(*w.shape)
        linear.weight.data, linear.bias.data = torch.from_numpy(w.T.copy()), torch.from_numpy(b.copy())
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class EagerTrainer(Trainer):
    optimizers = ("sgd", "nesterov", "adamw")
    compiled = False

    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self.x = torch.from_numpy(scale_pixels(digits.images, np.float32))
        self.labels = torch.from_numpy(digits.labels.astype(np.int64))
        self.optimizer_name = optimizer
        self.model = module(start)
        self.start = [p.detach().clone() for p in self.model.parameters()]
        self.loss = torch.compile(self.mean_loss) if self.compiled else self.mean_loss
        self.restart()

    def mean_loss(self, x: Any, labels: Any) -> Any:
        return functional.cross_entropy(self.model(x), labels)

    def restart(self) -> None:
        parameters = list(self.model.parameters())
        with torch.no_grad():
            torch._foreach_copy_(parameters, self.start)
        self.average: list[Any] | None = None
        if self.optimizer_name == "adamw":
            weights, biases = [p for p in parameters if p.ndim == 2], [p for p in parameters if p.ndim == 1]
            groups = [{"params": weights, "weight_decay": 0.01}, {"params": biases, "weight_decay": 0.0}]
            self.optimizer: Any = torch.optim.AdamW(groups, fused=True)
            self.average = [p.detach().clone() for p in parameters]
        elif self.optimizer_name == "nesterov":
            self.optimizer = torch.optim.SGD(parameters, momentum=0.9, nesterov=True, fused=True)
        else:
            self.optimizer = torch.optim.SGD(parameters, fused=True)

    def set_rate(self, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        rates = rate if isinstance(rate, np.ndarray) else None
        if rates is None:
            self.set_rate(float(rate))
        indices = torch.from_numpy(order)
        loss_sum = torch.zeros(())
        parameters = [p.detach() for p in self.model.parameters()]
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = indices[start : start + batch_size]
            x = self.x[batch]
            if self.augmentation:
                x = augment(x.view(-1, 1, 28, 28), self.augmentation).view(-1, 784)
            loss = self.loss(x, self.labels[batch])
            self.optimizer.zero_grad()
            loss.backward()
            if rates is not None:
                self.set_rate(float(rates[step]))
            self.optimizer.step()
            if self.average is not None:
                torch._foreach_lerp_(self.average, parameters, 1 - min(0.999, (2 + step) / (11 + step)))
            loss_sum += loss.detach() * len(batch)
        return float(loss_sum) / len(order)

    def scores(self, x: Array) -> Array:
        with torch.inference_mode():
            return np.asarray(self.model(torch.from_numpy(x)))


class CompiledTrainer(EagerTrainer):
    compiled = True


class EagerPredictor(Predictor):
    compiled = False
    file_name = "model.pt"
    first_answer = """
import sys
import torch
model = torch.load(sys.argv[1], weights_only=False)
with torch.inference_mode():
    print(torch.softmax(model(torch.zeros(1, 784)), 1))
"""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        torch.set_num_threads(threads)
        self.model = torch.nn.Sequential(*module(parameters), torch.nn.Softmax(1)).eval()
        if self.compiled:
            self.model = torch.compile(self.model)
        self.x = torch.from_numpy(x)

    def predict(self) -> Any:
        with torch.inference_mode():
            return self.model(self.x)

    @staticmethod
    def save(parameters: Parameters, path: str) -> None:
        torch.save(module(parameters), path)


class CompiledPredictor(EagerPredictor):
    compiled = True


def augment(x: Any, amounts: ImageAugmentation) -> Any:
    """What `augment_images` does, without its framing at the end, to a batch (B, 1, 28, 28)."""
    n = len(x)

    def symmetric(most: float) -> Any:
        return (torch.rand(n) * 2 - 1) * most

    angle, wide, shear = (
        symmetric(amounts.rotation),
        symmetric(amounts.aspect).exp(),
        symmetric(amounts.shear),
    )
    size = symmetric(amounts.size).exp()
    cos, sin = angle.cos(), angle.sin()
    shift_x, shift_y = symmetric(amounts.shift / 14), symmetric(amounts.shift / 14)
    first = torch.stack([cos * wide / size, (cos * shear / wide - sin / wide) / size, shift_x], 1)
    second = torch.stack([sin * wide / size, (sin * shear / wide + cos / wide) / size, shift_y], 1)
    places = functional.affine_grid(torch.stack([first, second], 1), list(x.shape), align_corners=False)
    knots = torch.randn(n, 2, 5, 5) * (torch.rand(n, 1, 1, 1) * (amounts.elastic / 14))
    field = functional.interpolate(knots, size=(28, 28), mode="bicubic", align_corners=True)
    x = functional.grid_sample(x, places + field.permute(0, 2, 3, 1), align_corners=False)
    amount = (symmetric(amounts.width) * (torch.rand(n) < 0.5)).view(n, 1, 1, 1)
    wider = functional.max_pool2d(x, 3, 1, 1) - x
    thinner = x + functional.max_pool2d(-x, 3, 1, 1)
    x = x + amount * torch.where(amount > 0, wider, thinner)
    blur = (torch.rand(n) * amounts.blur * (torch.rand(n) < 0.3)).view(n, 1, 1, 1)
    x = x + blur * (functional.avg_pool2d(x, 3, 1, 1) - x)
    gain = (torch.rand(n) * amounts.contrast).exp() / x.amax((1, 2, 3)).clamp(min=0.25)
    return (x * gain.view(n, 1, 1, 1)).clamp(max=1)
