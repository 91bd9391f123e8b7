"""The arrays that cross the contract: a network's parameters, and images as rows of pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from backends.errors import LONGEST, ArgumentError

Array = npt.NDArray[Any]
REALS = (np.dtype(np.float32), np.dtype(np.float64))  # what networks compute in


@dataclass(frozen=True, eq=False, repr=False)
class Parameters:
    """The weights and biases of a network, layer by layer: what training changes and a model file saves.

    Gradients, momentum and averages have the same shapes, and so the same class. The arrays are kept, not
    copied. Two objects are equal if their layer sizes, dtypes and values are; NaN equals NaN.

    Attributes
    ----------
    weights : tuple of (I, O) arrays, float32 or float64
        One per layer. The outputs of one layer are the inputs of the next. Any sequence may be given.
    biases : tuple of (O,) arrays, of the same dtype
        One per layer. Any sequence may be given.

    Raises
    ------
    ArgumentError
        The numbers of arrays, their shapes or their dtypes do not fit each other.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(self.weights))  # a list's arrays could be exchanged later
        object.__setattr__(self, "biases", tuple(self.biases))
        _check_layers(self.weights, self.biases)

    def __repr__(self) -> str:
        return f"Parameters({'-'.join(map(str, self.layer_sizes))}, {self.dtype})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        return (
            self.layer_sizes == other.layer_sizes
            and self.dtype == other.dtype
            and all(
                np.array_equal(a, b, equal_nan=True)
                for a, b in zip(self.tensors(), other.tensors(), strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]  # the numbers change

    @classmethod
    def unchecked(cls, weights: tuple[Array, ...], biases: tuple[Array, ...]) -> Parameters:
        """As the constructor, for arrays that are known to fit: a training step has no time to look again.

        Parameters
        ----------
        weights : tuple of (I, O) arrays
            One for each layer.
        biases : tuple of (O,) arrays
            One for each layer.

        Returns
        -------
        Parameters
            Undefined where the arrays do not fit each other.
        """
        made = object.__new__(cls)
        object.__setattr__(made, "weights", weights)
        object.__setattr__(made, "biases", biases)
        return made

    @classmethod
    def zeros(cls, layer_sizes: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> Parameters:
        """Parameters that are all zero, for layers of the given sizes.

        Parameters
        ----------
        layer_sizes : tuple of int
            The inputs, then the outputs of each layer, such as ``(784, 128, 64, 10)``.
        dtype : dtype, float32 or float64
            Of every array.

        Returns
        -------
        Parameters
            New arrays.

        Raises
        ------
        ArgumentError
            Fewer than two sizes, a size of 0, or another dtype.
        """
        try:
            pairs = list(pairwise(layer_sizes))
            weights = tuple(np.zeros((inputs, outputs), dtype) for inputs, outputs in pairs)
            biases = tuple(np.zeros(outputs, dtype) for _, outputs in pairs)
        except (TypeError, ValueError) as error:  # a size or a dtype that is none
            raise ArgumentError(
                f"parameters: no network has layers {layer_sizes!r:.40} in {dtype!r:.20}: {error}"[:LONGEST]
            ) from None
        return cls(weights, biases)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """The inputs of the network, then the outputs of each layer."""
        return (self.weights[0].shape[0], *(w.shape[1] for w in self.weights))

    @property
    def inputs(self) -> int:
        """The number of inputs of the first layer."""
        inputs: int = self.weights[0].shape[0]
        return inputs

    @property
    def outputs(self) -> int:
        """The number of outputs of the last layer, one per class."""
        outputs: int = self.weights[-1].shape[1]
        return outputs

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of every array, float32 or float64."""
        dtype: np.dtype[Any] = self.weights[0].dtype
        return dtype

    @property
    def count(self) -> int:
        """The number of weights and biases in all layers."""
        return sum(tensor.size for tensor in self.tensors())

    def tensors(self) -> Iterator[Array]:
        """Iterate over the arrays themselves, not copies.

        Yields
        ------
        (I, O) or (O,) array
            Weights and biases of the first layer, then of the second, and so on.
        """
        for w, b in zip(self.weights, self.biases, strict=True):
            yield w
            yield b

    def zeros_like(self) -> Parameters:
        """Parameters of the same shapes and dtype that are all zero.

        Returns
        -------
        Parameters
            New arrays.
        """
        return Parameters(tuple(map(np.zeros_like, self.weights)), tuple(map(np.zeros_like, self.biases)))

    def astype(self, dtype: npt.DTypeLike) -> Parameters:
        """Copy to the given dtype.

        Parameters
        ----------
        dtype : dtype, float32 or float64
            Of the copy; it may be the present one.

        Returns
        -------
        Parameters
            New arrays.

        Raises
        ------
        ArgumentError
            Another dtype.
        """
        return Parameters(
            tuple(w.astype(dtype) for w in self.weights), tuple(b.astype(dtype) for b in self.biases)
        )

    def copy(self) -> Parameters:
        """Copy every array.

        Returns
        -------
        Parameters
            New arrays of the same dtype.
        """
        return self.astype(self.dtype)


def _check_layers(weights: tuple[Array, ...], biases: tuple[Array, ...]) -> None:
    """Raise `ArgumentError` unless these arrays make a network."""
    if not weights or len(weights) != len(biases):
        raise ArgumentError(
            f"parameters: {len(weights)} weights and {len(biases)} biases; as many are needed, at least one"
        )
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
        for name, array in (("weights", w), ("biases", b)):
            if not isinstance(array, np.ndarray) or array.dtype not in REALS:
                kind = getattr(array, "dtype", type(array).__name__)
                raise ArgumentError(f"parameters: {name}[{layer}] is {kind}; float32 or float64 is needed")
            if array.dtype != weights[0].dtype:
                raise ArgumentError(
                    f"parameters: {name}[{layer}] is {array.dtype}; {weights[0].dtype} is needed"
                )
        if w.ndim != 2 or 0 in w.shape or (layer and w.shape[0] != weights[layer - 1].shape[1]):
            inputs = weights[layer - 1].shape[1] if layer else "inputs"
            raise ArgumentError(
                f"parameters: weights[{layer}] has shape {w.shape}; ({inputs}, outputs) is needed"
            )
        if b.shape != w.shape[1:]:
            raise ArgumentError(f"parameters: biases[{layer}] has shape {b.shape}; {w.shape[1:]} is needed")


def flatten(images: Array) -> Array:
    """Reshape images to rows of pixels; N may be 0.

    Parameters
    ----------
    images : (N, rows, columns) or (N, P) array
        Not changed.

    Returns
    -------
    (N, P) array
        A view of the images where NumPy can make one.
    """
    return images.reshape(len(images), math.prod(images.shape[1:]))


def scale_pixels(images: Array, dtype: npt.DTypeLike) -> Array:
    """Convert images to the rows that a network expects.

    Parameters
    ----------
    images : (N, rows, columns) or (N, P) array
        Bytes (uint8) are divided by 255; floating point is taken to be in [0, 1] already. Not changed.
    dtype : dtype
        Of the result.

    Returns
    -------
    (N, P) array
        C-contiguous, in [0, 1], 1 for ink; the images' own memory where nothing has to be converted.
    """
    rows = flatten(images)
    if rows.dtype == np.uint8:
        return np.divide(rows, 255, dtype=dtype, order="C")
    return np.ascontiguousarray(rows, dtype)
