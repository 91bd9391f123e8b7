"""The arrays that cross the contract: a network's parameters, and images as rows of pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


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
