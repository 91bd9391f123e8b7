"""Parameters as compiled loops like them: each layer one array, in whole vectors, at a cache line."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from backends.arrays import Array, Parameters
from backends.checks import is_a

VECTOR = 16  # outputs are rounded up to a multiple of this
CACHE_LINE = 64  # bytes


def pack(parameters: Parameters) -> tuple[Array, ...]:
    """Each layer as one array (I + 1, O), the biases below the weights, O rounded up to whole vectors."""
    layers = []
    for w, b in zip(parameters.weights, parameters.biases, strict=True):
        inputs, outputs = w.shape
        layer = zeros_at_cache_line((inputs + 1, _whole_vectors(outputs)), w.dtype)
        layer[:inputs, :outputs], layer[inputs, :outputs] = w, b
        layers.append(layer)
    return tuple(layers)


def unpack(layers: tuple[Array, ...], parameters: Parameters) -> None:
    """Write packed layers back. Changes ``parameters``."""
    for layer, w, b in zip(layers, parameters.weights, parameters.biases, strict=True):
        w[:], b[:] = layer[:-1, : w.shape[1]], layer[-1, : w.shape[1]]


def pack_memory(memory: dict[int, Parameters], w: tuple[Array, ...]) -> tuple[Array | None, ...]:
    """What is remembered of each packed layer of w, (K, I + 1, O), each at its own index, or None."""
    if not memory:
        return (None,) * len(w)
    count = max(memory) + 1
    layers = tuple(zeros_at_cache_line((count, *each.shape), each.dtype) for each in w)
    for k, each in memory.items():
        for layer, packed in zip(layers, pack(each), strict=True):
            layer[k] = packed
    return layers


def unpack_memory(layers: tuple[Array | None, ...], memory: dict[int, Parameters]) -> None:
    """Write packed memory back. Changes ``memory``."""
    for k, each in memory.items():
        unpack(tuple(layer[k] for layer in layers if layer is not None), each)


def zeros_at_cache_line(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """As `np.zeros`, at the start of a cache line: a vector that lies in two of them takes two loads."""
    size, dtype = math.prod(shape), np.dtype(dtype)
    room = np.zeros(size + CACHE_LINE // dtype.itemsize, dtype)
    first = -room.ctypes.data % CACHE_LINE // dtype.itemsize
    return room[first : first + size].reshape(shape)


def transposed_room(layers: tuple[Array, ...]) -> tuple[Array, ...]:
    """Room for each layer's weights transposed, (O + 1, I), I rounded up to whole vectors; all zeros."""
    return tuple(
        zeros_at_cache_line((layer.shape[1] + 1, _whole_vectors(len(layer) - 1)), layer.dtype)
        for layer in layers
    )


def _whole_vectors(numbers: int) -> int:
    return math.ceil(numbers / VECTOR) * VECTOR


class AddressTable:
    """Where parameters lie in memory, to predict a few images: handing over arrays takes longer.

    The table has a row for each layer, (address of weights, address of biases, I, O), and a last one for the
    activations of hidden layers, (address, 0, 2, widest). It is valid as long as ``parameters`` is kept: its
    arrays change in place, and never move. One thread at a time may use it.
    """

    __slots__ = ("_activations", "classes", "dtype", "parameters", "shapes", "table")

    def __init__(self, parameters: Parameters, most_images: int) -> None:
        is_a("predict", "parameters", parameters, Parameters)
        self.parameters = parameters
        self.dtype = parameters.dtype
        self.classes = parameters.layer_sizes[-1]
        self.shapes: set[tuple[int, ...]] = set()  # none, where the parameters are not C-contiguous
        if all(each.dtype == self.dtype and each.flags.carray for each in parameters.tensors()):
            widest = max(parameters.layer_sizes[1:])
            self._activations = np.empty((2, widest), self.dtype)
            layers = zip(parameters.weights, parameters.biases, strict=True)
            rows = [(w.ctypes.data, b.ctypes.data, *w.shape) for w, b in layers]
            self.table = np.array([*rows, (self._activations.ctypes.data, 0, 2, widest)], np.int64)
            self.shapes = {(n, parameters.layer_sizes[0]) for n in range(most_images + 1)}

    def fits(self, x: Array) -> bool:
        """Whether x may be read by addresses: shape, dtype and layout are those the table was made for."""
        return type(x) is np.ndarray and x.flags.carray and x.shape in self.shapes and x.dtype == self.dtype
