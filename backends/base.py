"""The numerical contract: what a backend must compute, and what it gets for free.

What this layer must do
-----------------------
* Write once, from the 13 formulas of `backends.kernels`, everything a network needs (the *compositions*): the
  forward pass, backpropagation, a run of training steps. A new backend is correct as soon as its kernels are;
  it is fast once it replaces a composition by a fused one.
* Know nothing of files, data sets, windows or the command line. It imports NumPy only.

Dimension letters and names are those of `backends.kernels`.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backends import imaging
from backends.arrays import Array, Parameters, flatten, scale_pixels
from backends.kernels import Kernels

if TYPE_CHECKING:
    from backends.optimizers import ExponentialMovingAverage, Optimizer


class Backend(Kernels):
    """How the arithmetic is done. A backend is an object, chosen once, passed as an argument.

    Its methods may be called from several threads at once, except those that change what they are given.

    Parameters
    ----------
    threads : how many threads it may use; one, the default, is what repeats on every machine

    Attributes
    ----------
    name : what users call it
    imaging : how digits are drawn and augmented: the functions of `backends.imaging`, which is the default.
        A backend for networks needs no other.
    """

    name: str

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    @property
    def imaging(self) -> ModuleType:
        return imaging

    # ---- Compositions: written once from the kernels; a backend may replace them by faster ones ----

    def forward(self, parameters: Parameters, x: Array) -> tuple[list[Array], list[Array]]:
        """The forward pass: every layer's input, and every layer's pre-activation.

        x (B, I) goes through dense and ReLU again and again; the last layer has no ReLU,
        so the last pre-activation holds the logits.
        """
        inputs: list[Array] = []
        pre_activations: list[Array] = []
        a = x
        for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
            if layer > 0:
                a = self.relu_forward(pre_activations[-1])
            inputs.append(a)
            pre_activations.append(self.dense_forward(a, w, b))
        return inputs, pre_activations

    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        """The probability of each class, (B, C), for inputs x (B, I)."""
        _, pre_activations = self.forward(parameters, x)
        return self.softmax_forward(pre_activations[-1])

    def loss_and_gradients(self, parameters: Parameters, x: Array, labels: Array) -> tuple[float, Parameters]:
        """Backpropagation: the mean loss of a batch, and its gradient for every parameter.

        ``labels`` are integers (B,), or soft targets (B, C) in the dtype of the parameters.

        The four equations of Nielsen (2015), chapter 2: the error dz starts at the logits,
        and each layer turns it into its own gradients and into the error of the layer before.
        """
        inputs, pre_activations = self.forward(parameters, x)
        cross_entropy = self.softmax_cross_entropy if labels.ndim == 1 else self.soft_cross_entropy
        loss, dz = cross_entropy(pre_activations[-1], labels)
        layers = len(parameters.weights)
        dw: list[Array] = [np.empty(0)] * layers
        db: list[Array] = [np.empty(0)] * layers
        for layer in reversed(range(layers)):
            dw[layer], db[layer] = self.dense_backward_parameters(inputs[layer], dz)
            if layer > 0:
                da = self.dense_backward_input(dz, parameters.weights[layer])
                dz = self.relu_backward(da, pre_activations[layer - 1])
        return loss, Parameters(tuple(dw), tuple(db))

    def prepare_images(self, images: Array, dtype: npt.DTypeLike) -> Any:
        """Images (N, 28, 28) or (N, P) in the form that this backend's `train_minibatches` likes.

        By default the array itself, one row an image: bytes stay bytes, a quarter of the memory.
        """
        return flatten(images)

    def train_minibatches(
        self,
        parameters: Parameters,
        optimizer: Optimizer,
        images: Any,
        labels: Array,
        order: Array,
        batch_size: int,
        learning_rates: Array,
        average: ExponentialMovingAverage | None = None,
    ) -> float:
        """Many training steps in one call, so that a compiled backend pays for Python once.

        Parameters
        ----------
        parameters : changed in place, as are ``optimizer`` and ``average``
        images : what `prepare_images` returned for this backend and the dtype of the parameters
        labels : (N,) integers, or soft targets (N, C) in the dtype of the parameters
        order : (M,) indices of the images to learn from; each run of ``batch_size`` is one step
        learning_rates : one for each step, (ceil(M / batch_size),)

        Returns
        -------
        The mean loss over the M images, each measured just before the step that learnt from it.
        """
        loss_sum = 0.0
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = order[start : start + batch_size]
            x = scale_pixels(images[batch], parameters.dtype)
            loss, gradients = self.loss_and_gradients(parameters, x, labels[batch])
            optimizer.update(self, parameters, gradients, float(learning_rates[step]))
            if average is not None:
                average.update(self, parameters)
            loss_sum += loss * len(batch)
        return loss_sum / len(order)

    def warm_up(
        self, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32, training: bool = True
    ) -> None:
        """Do whatever must happen once (compiling, say) before a clock or a first stroke runs.

        With ``training`` false, only what reading drawings needs. Nothing by default.
        """
