"""The 13 formulas that every backend writes: few, pure, each checkable alone.

Read them beside `backends.numpy_backend`, which has one short function for each, and `backends.base`, which
builds a network from them.

Arrays are C-contiguous NumPy arrays of one dtype, float32 as a rule and float64 for checking.

Dimension letters: B batch, I inputs of a layer, O outputs of a layer, C classes, N images, P pixels.
Names: ``x`` input, ``z`` pre-activation, ``a`` activation, ``w`` weights, ``b`` biases, and ``dz`` for
the derivative of the loss with respect to ``z``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from backends.arrays import Array


class Kernels(ABC):
    """The formulas of a network, one method each."""

    @abstractmethod
    def dense_forward(self, x: Array, w: Array, b: Array) -> Array:
        """z = x w + b, with x (B, I), w (I, O), b (O,); returns z (B, O).

        Parameters
        ----------
        x : (B, I) array
            Inputs of the layer.
        w : (I, O) array
            Weights.
        b : (O,) array
            Biases.

        Returns
        -------
        (B, O) array
            Pre-activations z.
        """

    @abstractmethod
    def dense_backward_parameters(self, x: Array, dz: Array) -> tuple[Array, Array]:
        """dw = xᵀ dz and db = Σ_batch dz, with x (B, I), dz (B, O); returns dw (I, O), db (O,).

        The gradient of the input is a kernel of its own, since the first layer has no use for it.

        Parameters
        ----------
        x : (B, I) array
            Inputs of the layer.
        dz : (B, O) array
            Gradient of the loss with respect to its pre-activations.

        Returns
        -------
        dw : (I, O) array
            Gradient of the weights.
        db : (O,) array
            Gradient of the biases.
        """

    @abstractmethod
    def dense_backward_input(self, dz: Array, w: Array) -> Array:
        """dx = dz wᵀ, with dz (B, O), w (I, O); returns dx (B, I).

        Parameters
        ----------
        dz : (B, O) array
            Gradient of the loss with respect to the layer's pre-activations.
        w : (I, O) array
            Weights.

        Returns
        -------
        (B, I) array
            Gradient dx of the layer's inputs.
        """

    @abstractmethod
    def relu_forward(self, z: Array) -> Array:
        """a = max(z, 0), element by element; NaN stays NaN.

        Parameters
        ----------
        z : array
            Pre-activations, of any shape.

        Returns
        -------
        array
            Activations a, a new array of the same shape.
        """

    @abstractmethod
    def relu_backward(self, da: Array, z: Array) -> Array:
        """dz = da where z > 0, else 0: the derivative at exactly 0 is taken to be 0.

        Parameters
        ----------
        da : array
            Gradient of the loss with respect to the activations.
        z : array
            Pre-activations, of the same shape.

        Returns
        -------
        array
            Gradient dz of the pre-activations, a new array of the same shape.
        """

    @abstractmethod
    def softmax_forward(self, z: Array) -> Array:
        """p_c = exp(z_c) / Σ_k exp(z_k) in each row, computed from z - max(z) so as not to overflow.

        Parameters
        ----------
        z : (B, C) array
            Logits.

        Returns
        -------
        (B, C) array
            Probabilities; each row sums to 1.
        """

    @abstractmethod
    def softmax_cross_entropy(self, z: Array, labels: Array) -> tuple[float, Array]:
        """The loss of logits z (B, C) against integer labels (B,), and its gradient.

        loss = mean over the batch of log Σ_k exp(z_k) - z_label (log-sum-exp: no epsilon needed);
        dz = (softmax(z) - onehot(label)) / B, of shape (B, C).

        Parameters
        ----------
        z : (B, C) array
            Logits.
        labels : (B,) array of integers
            Classes, from 0 to C - 1.

        Returns
        -------
        loss : float
            Mean over the batch.
        dz : (B, C) array
            Gradient of the loss with respect to the logits.
        """

    @abstractmethod
    def soft_cross_entropy(self, z: Array, targets: Array) -> tuple[float, Array]:
        """The loss of logits z (B, C) against soft targets t (B, C), and its gradient.

        loss = mean over the batch of Σ_c t_c (log Σ_k exp(z_k) - z_c); dz = (Σ_c t_c · softmax(z) - t) / B.
        A row of targets that sums to less than 1 counts for that much less; a one-hot row gives what
        `softmax_cross_entropy` gives for its label.

        Parameters
        ----------
        z : (B, C) array
            Logits.
        targets : (B, C) array
            Non-negative weights of the classes.

        Returns
        -------
        loss : float
            Mean over the batch.
        dz : (B, C) array
            Gradient of the loss with respect to the logits.
        """

    @abstractmethod
    def sgd_update(self, p: Array, dp: Array, learning_rate: float) -> None:
        """p ← p - learning_rate · dp. Changes p.

        Parameters
        ----------
        p : array
            Parameters, changed in place.
        dp : array
            Their gradient, of the same shape.
        learning_rate : float
            Step size.
        """

    @abstractmethod
    def nesterov_update(
        self, p: Array, dp: Array, velocity: Array, learning_rate: float, momentum: float
    ) -> None:
        """v ← momentum · v + dp;  p ← p - learning_rate · (dp + momentum · v). Changes p and v.

        Nesterov's momentum as Sutskever et al. (2013) rewrote it, in the form of PyTorch and Keras.

        Parameters
        ----------
        p : array
            Parameters, changed in place.
        dp : array
            Their gradient, of the same shape.
        velocity : array
            The v of the formula, of the same shape, changed in place; zeros before the first step.
        learning_rate : float
            Step size.
        momentum : float
            Share of the velocity that is kept, in [0, 1).
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

        Parameters
        ----------
        p : array
            Parameters, changed in place.
        dp : array
            Their gradient, of the same shape.
        m, v : array
            Moving averages of the gradient and of its square, of the same shape, changed in place; zeros
            before the first step.
        step : int
            Number of this step, counted from 1.
        learning_rate : float
            Step size.
        beta1, beta2 : float
            Decay of m and of v, in [0, 1).
        epsilon : float
            Keeps the denominator away from 0.
        """

    @abstractmethod
    def decay_update(self, w: Array, factor: float) -> None:
        """w ← factor · w. Decoupled weight decay (Loshchilov and Hutter 2019). Changes w.

        Parameters
        ----------
        w : array
            Weights, changed in place.
        factor : float
            Share that is kept, 1 - learning_rate · weight_decay.
        """

    @abstractmethod
    def average_update(self, average: Array, p: Array, decay: float) -> None:
        """average ← decay · average + (1 - decay) · p. Changes average.

        Parameters
        ----------
        average : array
            Exponential moving average, changed in place.
        p : array
            Parameters, of the same shape.
        decay : float
            Share of the average that is kept, in [0, 1).
        """
