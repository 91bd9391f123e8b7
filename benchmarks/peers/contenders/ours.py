"""inkdigits itself, on its two backends, through the doors that its users have."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from backends import get_backend
from backends.arrays import Array, Parameters
from backends.optimizers import SGD, AdamW, ExponentialMovingAverage, Nesterov, Optimizer
from benchmarks.peers.contenders import Predictor, Trainer
from engine import Network
from engine.augmentation.images import augment_images
from engine.data.datasets import Examples

AUGMENTED_AT_ONCE = 1024


class NumpyTrainer(Trainer):
    optimizers = ("sgd", "nesterov", "adamw")
    backend_name = "numpy"

    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None:
        self.backend = get_backend(self.backend_name, threads)
        self.start, self.digits, self.optimizer_name = start, digits, optimizer
        self.images = self.backend.prepare_images(digits.images, np.float32)
        self.random = np.random.default_rng(0)
        self.restart()

    def restart(self) -> None:
        self.parameters = self.start.copy()
        self.average: ExponentialMovingAverage | None = None
        self.optimizer: Optimizer = SGD()
        if self.optimizer_name == "adamw":
            self.optimizer = AdamW(self.parameters, weight_decay=0.01)
            self.average = ExponentialMovingAverage(self.parameters, 0.999)
        elif self.optimizer_name == "nesterov":
            self.optimizer = Nesterov(self.parameters)

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        return self.backend.train_minibatches(
            self.parameters,
            optimizer=self.optimizer,
            images=self.augmented() if self.augmentation else self.images,
            labels=self.digits.labels,
            order=order,
            batch_size=batch_size,
            learning_rates=np.broadcast_to(rate, math.ceil(len(order) / batch_size)),
            average=self.average,
        )

    def augmented(self) -> Any:
        """Every image augmented anew, a block at a time, by as many threads as the backend has."""
        amounts = self.augmentation
        assert amounts is not None
        starts = range(0, len(self.digits), AUGMENTED_AT_ONCE)
        blocks = [self.digits.images[start : start + AUGMENTED_AT_ONCE] for start in starts]
        with ThreadPoolExecutor(self.backend.threads) as team:
            augmented = team.map(
                lambda block, random: augment_images(block, amounts, random, self.backend),
                blocks,
                self.random.spawn(len(blocks)),
            )
            return self.backend.prepare_images(np.concatenate(list(augmented)), np.float32)

    def scores(self, x: Array) -> Array:
        return self.backend.predict_proba(self.parameters, x)


class NumbaTrainer(NumpyTrainer):
    backend_name = "numba"


class NumpyNetwork(Predictor):
    """The public door: the range of the pixels is checked at every call."""

    backend_name = "numpy"
    file_name = "model.json"
    first_answer = """
import sys
import numpy as np
from engine import Network
print(Network.load(sys.argv[1], backend="numpy").predict_proba(np.zeros((1, 784), np.float32)))
"""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        self.network = Network(parameters, get_backend(self.backend_name, threads))
        self.x = x

    def predict(self) -> Array:
        return self.network.predict_proba(self.x)

    @staticmethod
    def save(parameters: Parameters, path: str) -> None:
        Network(parameters).save(path)


class NumbaNetwork(NumpyNetwork):
    backend_name = "numba"
    first_answer = NumpyNetwork.first_answer.replace('"numpy"', '"numba"')


class NumbaBackend(Predictor):
    """The inner door, which `Network` calls when it has checked the pixels."""

    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        self.backend = get_backend("numba", threads)
        self.parameters, self.x = parameters, x

    def predict(self) -> Array:
        return self.backend.predict_proba(self.parameters, self.x)
