"""A network as safetensors, named and laid out like the state of PyTorch's ``nn.Sequential``.

``0.weight`` (O, I), ``0.bias`` (O,), ``2.weight``, ...: the odd numbers are the ReLUs. `read_safetensors`
takes any names in ``weight`` and ``bias``, in the order of the numbers and letters before them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from backends.arrays import Array, Parameters
from engine.export.metadata import card_from, metadata_of
from engine.export.reading import ImportRefusedError, check_readable, parameters_from
from engine.model.card import Card
from engine.model.network import Network
from engine.model.safe_write import write_atomically

DTYPES = {"F32": np.float32, "F64": np.float64}


def write_safetensors(network: Network, path: Path) -> None:
    """Write a network as safetensors, atomically; its metadata ``inkdigits`` is `metadata_of` it, as JSON.

    Parameters
    ----------
    network : Network
        The network.
    path : pathlib.Path
        The file; one that exists is replaced.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    from safetensors.numpy import save

    tensors: dict[str, Array] = {}
    for layer, (w, b) in enumerate(zip(network.parameters.weights, network.parameters.biases, strict=True)):
        tensors |= {f"{2 * layer}.weight": np.ascontiguousarray(w.T), f"{2 * layer}.bias": b}
    # One entry, because the library writes several in any order.
    write_atomically(path, save(tensors, {"inkdigits": json.dumps(metadata_of(network))}))


def read_safetensors(path: Path) -> tuple[Parameters, Card]:
    """Read a dense network; ReLU between its layers is taken for granted, as the file cannot tell.

    Parameters
    ----------
    path : pathlib.Path
        Tensors ``NAME.weight`` (O, I) and ``NAME.bias`` (O,), one pair for each layer, and no others.

    Returns
    -------
    parameters : Parameters
        The same bits.
    card : Card
        The exported card, or a new one.

    Raises
    ------
    ImportRefusedError, ModelFileError
        The file cannot be read, or holds no such network.
    """
    from safetensors import SafetensorError, safe_open

    path = check_readable(path)
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            for name in names:
                dtype = file.get_slice(name).get_dtype()
                if dtype not in DTYPES:
                    raise ImportRefusedError(path, f"{name} is {dtype}; F32 or F64 is needed")
            layers = _in_order(names, path)
            weights = [_matrix(file.get_tensor(f"{name}weight"), name, path) for name in layers]
            biases = [file.get_tensor(f"{name}bias") for name in layers]
            said = (file.metadata() or {}).get("inkdigits")
    except (SafetensorError, OSError) as error:
        raise ImportRefusedError(path, f"not safetensors: {error}") from None
    parameters = parameters_from(weights, biases, path)
    return parameters, card_from(_decoded(said, path), path, parameters.outputs)


def _decoded(said: str | None, path: Path) -> dict[str, str]:
    if said is None:
        return {}
    try:
        return msgspec.json.decode(said, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise ImportRefusedError(path, f"its metadata are damaged: {error}") from None


def _in_order(names: Iterable[str], path: Path) -> list[str]:
    """What stands before ``weight`` and ``bias``, sorted with numbers as numbers."""
    found: dict[str, set[str]] = {}
    for name in names:
        layer, dot, kind = name.rpartition(".")
        if kind not in ("weight", "bias"):
            raise ImportRefusedError(path, f"{name!r} is neither a weight nor a bias of a dense layer")
        found.setdefault(layer + dot, set()).add(kind)
    for layer, kinds in found.items():
        if len(kinds) != 2:
            raise ImportRefusedError(path, f"{layer}weight and {layer}bias are needed; only one is there")
    return sorted(found, key=_natural)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts numbers in names as numbers: every second part is one."""
    parts = re.split("([0-9]+)", name)
    return [
        (len(part.lstrip("0")), part.lstrip("0")) if odd % 2 else (0, part) for odd, part in enumerate(parts)
    ]


def _matrix(weight: Array, name: str, path: Path) -> Array:
    if weight.ndim != 2:
        raise ImportRefusedError(path, f"{name}weight has shape {weight.shape}: not a dense layer's")
    return weight.T
