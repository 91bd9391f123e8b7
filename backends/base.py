"""A neural network in terms of 13 formulas: the forward pass, backpropagation, and training steps.

A backend has to implement the formulas, called *kernels* (`backends.kernels`). Everything else that a network
needs is composed of them here, once, and so every backend gets it for free. These are the *compositions*:

* `Backend.forward`: from the input to the logits, layer by layer;
* `Backend.predict_proba`: the forward pass, then softmax;
* `Backend.predict_images`: the same for images of any usual form;
* `Backend.loss_and_gradients`: backpropagation, from the loss back to the first layer;
* `Backend.train_minibatches`: one step of an optimizer after another.

A backend is correct as soon as its kernels are. To be fast, it may override a composition with a fused one;
`backends.conformance` checks that the results agree. Each composition first has its arguments checked by
`backends.checks`, and so must one that overrides it.

This layer knows nothing about files, data sets, windows or the command line. NumPy's products are held to the
backend's number of threads (`backends.blas`).
Dimension letters and names are those of `backends.kernels`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backends import checks, imaging
from backends.arrays import Array, Parameters, scale_pixels
from backends.blas import with_own_threads
from backends.kernels import Kernels

if TYPE_CHECKING:
    from backends.optimizers import ExponentialMovingAverage, Optimizer


class Backend(Kernels):
    """The arithmetic of a network: a backend is an object, chosen once and passed as an argument.

    Its methods may be called from several threads at once, except on arguments that they change.

    Parameters
    ----------
    threads : int
        Number of threads that the backend may use, at least 1; another number may change the last digits of a
        result.

    Attributes
    ----------
    name : str
        The name by which users select the backend, such as ``"numpy"``.
    threads : int
        Number of threads that the backend may use.
    notify : callable, optional
        Called with one line before work that takes seconds and happens once, such as compiling.
    """

    name: str
    threads: int = 1
    notify: Callable[[str], None] | None = None

    def __init__(self, threads: int = 1) -> None:
        self.threads = checks.threads(threads)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its class and its threads, and made anew there: compiled code and devices do not travel.

        Override it in a backend that is made with more.
        """
        return type(self), (self.threads,)

    def __deepcopy__(self, memo: object) -> Backend:
        """Itself: one backend may serve any number of threads and networks."""
        return self

    @property
    def imaging(self) -> ModuleType:
        """The functions that draw and augment digits, those of `backends.imaging` unless overridden."""
        return imaging

    # ---- Compositions: a backend may override them with faster ones -----------------------------

    @with_own_threads
    def forward(self, parameters: Parameters, x: Array) -> tuple[list[Array], list[Array]]:
        """Run the forward pass and keep what backpropagation needs.

        For layers l = 1 ... L, with a₀ = x::

            z_l = a_(l-1) w_l + b_l         dense_forward
            a_l = max(z_l, 0)               relu_forward, for l < L

        The last layer has no ReLU: its pre-activation z_L holds the logits.

        Parameters
        ----------
        parameters : Parameters
            Weights and biases of the L layers.
        x : array of shape (B, I)
            A batch of inputs, in the dtype of the parameters.

        Returns
        -------
        inputs : list of L arrays of shape (B, I)
            The input of each layer: a₀ ... a_(L-1).
        pre_activations : list of L arrays of shape (B, O)
            The pre-activation of each layer: z₁ ... z_L.
        """
        x = checks.inputs("forward", parameters, x)
        inputs: list[Array] = []
        pre_activations: list[Array] = []
        a = x
        for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
            if layer > 0:
                a = self.relu_forward(pre_activations[-1])
            inputs.append(a)
            pre_activations.append(self.dense_forward(a, w, b))
        return inputs, pre_activations

    @with_own_threads
    def predict_proba(self, parameters: Parameters, x: Array) -> Array:
        """Compute the probability of each class: softmax(z_L).

        Parameters
        ----------
        parameters : Parameters
            Weights and biases.
        x : array of shape (B, I)
            A batch of inputs, in the dtype of the parameters.

        Returns
        -------
        array of shape (B, C)
            Each row sums to 1.
        """
        x = checks.inputs("predict_proba", parameters, x)
        with checks.inside:
            _, pre_activations = self.forward(parameters, x)
            return self.softmax_forward(pre_activations[-1])

    def predict_images(self, parameters: Parameters, images: npt.ArrayLike) -> Array:
        """Compute the probability of each class of images as people have them.

        Parameters
        ----------
        parameters : Parameters
            Weights and biases.
        images : array of shape (N, P), (N, rows, columns), (N, 1, rows, columns) or (N, rows, columns, 1)
            Integers from 0 to 255, floating point from 0 to 1, or bool; ink high.

        Returns
        -------
        array of shape (N, C)
            Each row sums to 1.

        Raises
        ------
        ArgumentError
            Another shape or dtype, or pixels out of range or NaN.
        """
        return self.predict_proba(parameters, checks.pixels(parameters, images))

    @with_own_threads
    def loss_and_gradients(self, parameters: Parameters, x: Array, labels: Array) -> tuple[float, Parameters]:
        """Compute the mean loss of a batch and its gradient by backpropagation.

        The error dz is the derivative of the loss with respect to a pre-activation. It is known at the
        logits. Each layer, from the last to the first, turns it into the gradients of its own parameters
        and passes it on to the layer before. These are the four equations of Nielsen (2015), chapter 2,
        with one row for each example of the batch::

            dz_L     = (softmax(z_L) - onehot(label)) / B               softmax_cross_entropy
            dw_l     = a_(l-1)ᵀ dz_l                                    dense_backward_parameters
            db_l     = Σ_batch dz_l                                     dense_backward_parameters
            dz_(l-1) = dz_l w_lᵀ where z_(l-1) > 0, else 0              dense_backward_input, relu_backward

        Parameters
        ----------
        parameters : Parameters
            Weights and biases.
        x : array of shape (B, I)
            A batch of inputs, in the dtype of the parameters.
        labels : array of shape (B,) or (B, C)
            Integer labels, or soft targets in the dtype of the parameters (then the first equation is that
            of `soft_cross_entropy`).

        Returns
        -------
        loss : float
            The mean cross-entropy of the batch.
        gradients : Parameters
            The derivative of the loss with respect to each parameter, in the parameters' shapes.
        """
        x, labels = checks.batch("loss_and_gradients", parameters, x, labels)
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
        return loss, Parameters.unchecked(tuple(dw), tuple(db))

    def prepare_images(self, images: Array, dtype: npt.DTypeLike) -> Any:
        """Convert images to the form that this backend's `train_minibatches` expects.

        By default each image becomes a row of pixels. Bytes stay bytes, which need a quarter of the memory
        of float32; floating point becomes ``dtype``.

        Parameters
        ----------
        images : array of shape (N, rows, columns) or (N, P)
            Bytes (uint8) from 0 to 255, or floating point from 0 to 1.
        dtype : dtype
            The dtype of the parameters that will be trained.

        Returns
        -------
        object
            An array of shape (N, P), or whatever the backend prefers.
        """
        return checks.images("prepare_images", images, dtype)

    @with_own_threads
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
        """Take one training step for each mini-batch.

        Many steps in one call: a compiled backend then pays the cost of a Python call once for all of them.
        Changes ``parameters``, ``optimizer`` and ``average``.

        Parameters
        ----------
        parameters : Parameters
            Weights and biases, updated in place.
        optimizer : Optimizer
            Turns gradients into updates; its state changes with each step.
        images : object
            What `prepare_images` returned on this backend for the dtype of the parameters.
        labels : array of shape (N,) or (N, C)
            Integer labels, or soft targets in the dtype of the parameters.
        order : array of shape (M,)
            Indices of the training images. Each run of ``batch_size`` indices is one mini-batch; the last
            may be shorter.
        batch_size : int
            Number of images per step.
        learning_rates : array of shape (ceil(M / batch_size),)
            The learning rate of each step.
        average : ExponentialMovingAverage, optional
            A moving average of the parameters, updated after each step.

        Returns
        -------
        float
            The mean loss of the M images, each measured just before the step that trained on it.
        """
        images, labels, order, batch_size, learning_rates = checks.training(
            "train_minibatches",
            parameters,
            optimizer,
            images,
            labels,
            order,
            batch_size,
            learning_rates,
            average,
        )
        loss_sum = 0.0
        for step, start in enumerate(range(0, len(order), batch_size)):
            batch = order[start : start + batch_size]
            x = scale_pixels(images[batch], parameters.dtype)
            with checks.inside:  # once for all steps, above
                loss, gradients = self.loss_and_gradients(parameters, x, labels[batch])
            optimizer.update(self, parameters, gradients, float(learning_rates[step]))
            if average is not None:
                average.update(self, parameters)
            loss_sum += loss * len(batch)
        return loss_sum / len(order)

    def warm_up(
        self,
        layer_sizes: tuple[int, ...],
        dtype: npt.DTypeLike = np.float32,
        optimizer: Optimizer | None = None,
        average: ExponentialMovingAverage | None = None,
    ) -> None:
        """Do now what would delay the first call, such as compiling; by default, nothing.

        Parameters
        ----------
        layer_sizes : tuple of int
            Sizes of the network that will be used, from input to output.
        dtype : dtype
            The dtype of its parameters.
        optimizer : Optimizer, optional
            The one that will train it; not changed. Without one, the network will only predict.
        average : ExponentialMovingAverage, optional
            The moving average that is kept meanwhile; not changed.
        """
