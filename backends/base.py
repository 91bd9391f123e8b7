"""The numerical contract: what a backend must compute, and what it gets for free.

What this layer must do
-----------------------
* Say which formulas a backend writes (the *kernels*, abstract below): few, pure, each checkable alone.
* Write once, from those kernels, everything a network needs (the *compositions*): the forward pass,
  backpropagation, a run of training steps. A new backend is correct as soon as its kernels are;
  it is fast once it replaces a composition by a fused one.
* Know nothing of files, data sets, windows or the command line. It imports NumPy only.

Arrays that cross the contract are C-contiguous NumPy arrays of one dtype, float32 as a rule and
float64 for checking. Their shapes, ranges and labels have been checked by the caller: kernels
assume clean input, and may do anything at all with a label that is no class.

Dimension letters: B batch, I inputs of a layer, O outputs of a layer, C classes, N images, P pixels.
Names: ``x`` input, ``z`` pre-activation, ``a`` activation, ``w`` weights, ``b`` biases, and ``dz`` for
the derivative of the loss with respect to ``z``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backends import imaging

if TYPE_CHECKING:
    from backends.optimizers import Optimizer, WeightAverage

Array = npt.NDArray[Any]


class InkdigitsError(Exception):
    """Something the user can put right; the message is one line that says what, where and how.

    ``exit_code`` is what a command ends with: 2 for input that cannot be used.
    """

    exit_code = 2


@dataclass(frozen=True)
class Parameters:
    """The numbers of a network, layer by layer: all that training changes, and all that is saved.

    Gradients, momentum and averages have the same shapes, and so the same class.

    Attributes
    ----------
    weights : tuple of (I, O) arrays
    biases : tuple of (O,) arrays
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    @classmethod
    def zeros(cls, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> Parameters:
        """All zeros, for layers of the given sizes, such as ``(784, 128, 64, 10)``."""
        pairs = list(pairwise(layer_sizes))
        return cls(
            tuple(np.zeros((inputs, outputs), dtype) for inputs, outputs in pairs),
            tuple(np.zeros(outputs, dtype) for _, outputs in pairs),
        )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        return (self.weights[0].shape[0], *(w.shape[1] for w in self.weights))

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.weights[0].dtype
        return dtype

    @property
    def count(self) -> int:
        """How many numbers there are in all."""
        return sum(tensor.size for tensor in self.tensors())

    def tensors(self) -> Iterator[Array]:
        """Every array: weights and biases of the first layer, of the second, and so on."""
        for w, b in zip(self.weights, self.biases, strict=True):
            yield w
            yield b

    def zeros_like(self) -> Parameters:
        return Parameters(tuple(map(np.zeros_like, self.weights)), tuple(map(np.zeros_like, self.biases)))

    def astype(self, dtype: npt.DTypeLike) -> Parameters:
        """A copy in another precision."""
        return Parameters(
            tuple(w.astype(dtype) for w in self.weights), tuple(b.astype(dtype) for b in self.biases)
        )

    def copy(self) -> Parameters:
        return self.astype(self.dtype)


def flatten(images: Array) -> Array:
    """Images (N, rows, columns) as rows of pixels, (N, P); also when there are none of them."""
    return images.reshape(len(images), math.prod(images.shape[1:]))


def scale_pixels(images: Array, dtype: npt.DTypeLike) -> Array:
    """Pixels as the network reads them: (N, P), in [0, 1], ink = 1.

    Bytes (uint8) are divided by 255; floating point is taken to be in [0, 1] already.
    """
    rows = flatten(images)
    if rows.dtype == np.uint8:
        return np.divide(rows, 255, dtype=dtype, order="C")
    return np.ascontiguousarray(rows, dtype)


class Backend(ABC):
    """How the arithmetic is done. A backend is an object, chosen once, passed as an argument.

    Its methods may be called from several threads at once, except those that change what they are given.

    Parameters
    ----------
    threads : how many threads it may use; one, the default, is what repeats on every machine
    """

    name: str

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    # ---- Kernels: one formula each, to be written by every backend ---------------------------

    @abstractmethod
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        """z = x w + b, with x (B, I), w (I, O), b (O,); returns z (B, O)."""

    @abstractmethod
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        """dw = xᵀ dz and db = Σ_batch dz, with x (B, I), dz (B, O); returns dw (I, O), db (O,).

        The gradient of the input is a kernel of its own, since the first layer has no use for it.
        """

    @abstractmethod
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        """dx = dz wᵀ, with dz (B, O), w (I, O); returns dx (B, I)."""

    @abstractmethod
    def relu_forward(self, z: Array) -> Array:
        """a = max(z, 0), element by element; NaN stays NaN."""

    @abstractmethod
    def relu_backward(self, da: Array, z: Array) -> Array:
        """dz = da where z > 0, else 0: the derivative at exactly 0 is taken to be 0."""

    @abstractmethod
    def softmax_forward(self, z: Array) -> Array:
        """p_c = exp(z_c) / Σ_k exp(z_k) in each row, computed from z - max(z) so as not to overflow."""

    @abstractmethod
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        """The loss of logits z (B, C) against integer labels (B,), and its gradient.

        loss = mean over the batch of log Σ_k exp(z_k) - z_label (log-sum-exp: no epsilon needed);
        dz = (softmax(z) - onehot(label)) / B, of shape (B, C).
        """

    @abstractmethod
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        """The loss of logits z (B, C) against soft targets t (B, C), and its gradient.

        loss = mean over the batch of Σ_c t_c (log Σ_k exp(z_k) - z_c); dz = (Σ_c t_c · softmax(z) - t) / B.
        A row of targets that sums to less than 1 weighs so much less; one that is one-hot gives what
        `softmax_cross_entropy` gives for its label.
        """

    @abstractmethod
    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        """p ← p - learning_rate · dp. Changes p."""

    @abstractmethod
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        """v ← momentum · v + dp;  p ← p - learning_rate · (dp + momentum · v). Changes p and v.

        Nesterov's momentum as Sutskever et al. (2013) rewrote it, in the form of PyTorch and Keras.
        """

    @abstractmethod
    def adamw_update(
        self,
        p: Array,
        dp: Array,
        m: Array,
        v: Array,
        step: int,
        learning_rate: float,
        beta1: float,
        beta2: float,
        epsilon: float,
    ) -> None:
        """One step of Adam (Kingma and Ba 2015, algorithm 1). Changes p, m and v.

        m ← β₁ m + (1 - β₁) dp;  v ← β₂ v + (1 - β₂) dp²;
        p ← p - learning_rate · (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε), where t = ``step`` counts from 1.
        The W of AdamW, decoupled weight decay, is `decay_update`, which every optimizer shares.
        """

    @abstractmethod
    def decay_update(self, w: Array, factor: float) -> None:
        """w ← factor · w. Decoupled weight decay (Loshchilov and Hutter 2019). Changes w."""

    @abstractmethod
    def average_update(self, average: Array, p: Array, decay: float) -> None:
        """average ← decay · average + (1 - decay) · p. Changes average."""

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

    def draw_lines(self, points: Array, joined: Array, pen_width: Array, height: int, width: int) -> Array:
        """Draw lines with a round pen, anti-aliased: see `backends.imaging.draw_lines`."""
        return imaging.draw_lines(points, joined, pen_width, height, width)

    def center_by_mass(self, boxes: Array, side: int) -> Array:
        """Paste boxes of ink by their centres of mass: see `backends.imaging.center_by_mass`."""
        return imaging.center_by_mass(boxes, side)

    def warp(self, images: Array, maps: Array, shifts: Array, knots: Array) -> Array:
        """Turn, move and bend pictures: see `backends.imaging.warp`."""
        return imaging.warp(images, maps, shifts, knots)

    def ink_extent(self, images: Array, maps: Array) -> Array:
        """The longer side of the ink after a linear map: see `backends.imaging.ink_extent`."""
        return imaging.ink_extent(images, maps)

    def smooth_field(self, places: Array, knots: Array) -> Array:
        """A smooth field at some places: see `backends.imaging.smooth_field`."""
        return imaging.smooth_field(places, knots)

    def change_width(self, images: Array, amount: Array) -> Array:
        """Make lines wider or thinner: see `backends.imaging.change_width`."""
        return imaging.change_width(images, amount)

    def soften(self, images: Array, amount: Array) -> Array:
        """Blend each pixel with its neighbours: see `backends.imaging.soften`."""
        return imaging.soften(images, amount)

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
        average: WeightAverage | None = None,
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

    def warm_up(  # noqa: B027 (not abstract, in spite of its empty body: most backends need none)
        self, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32, training: bool = True
    ) -> None:
        """Do whatever must happen once (compiling, say) before a clock or a first stroke runs.

        With ``training`` false, only what reading drawings needs. Nothing by default.
        """
