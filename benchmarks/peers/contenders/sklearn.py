"""scikit-learn: `MLPClassifier`, whose `partial_fit` is one epoch.

It takes no first weights, so the first call of `partial_fit` makes its own and ours are put in their place.
It shuffles by itself; that is switched off, and the data are put in our order, to learn the same.
"""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from backends.arrays import Array, Parameters, scale_pixels
from benchmarks.peers.contenders import Predictor, Trainer
from engine.data.datasets import Examples

CLASSES = np.arange(10)


def classifier(parameters: Parameters) -> MLPClassifier:
    """A classifier with these weights, for plain SGD without momentum or weight decay."""
    model = MLPClassifier(
        parameters.layer_sizes[1:-1],
        solver="sgd",
        alpha=0.0,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    model.partial_fit(np.zeros((1, parameters.layer_sizes[0]), np.float32), [0], classes=CLASSES)
    model.coefs_ = [w.copy() for w in parameters.weights]
    model.intercepts_ = [b.copy() for b in parameters.biases]
    return model


class SklearnTrainer(Trainer):
    def __init__(self, start: Parameters, digits: Examples, optimizer: str, threads: int) -> None:
        self.start = start
        self.x, self.labels = scale_pixels(digits.images, np.float32), digits.labels
        self.restart()

    def restart(self) -> None:
        self.model = classifier(self.start)

    def epoch(self, order: Array, batch_size: int, rate: float | Array) -> float:
        self.model.set_params(batch_size=batch_size, learning_rate_init=rate)
        self.model._optimizer.learning_rate = rate  # made by the first call of partial_fit
        self.model.partial_fit(self.x[order], self.labels[order])
        return float(self.model.loss_)

    def scores(self, x: Array) -> Array:
        return np.asarray(self.model.predict_proba(x))


class SklearnPredictor(Predictor):
    def __init__(self, parameters: Parameters, x: Array, threads: int) -> None:
        self.model, self.x = classifier(parameters), x

    def predict(self) -> Array:
        return np.asarray(self.model.predict_proba(self.x))
