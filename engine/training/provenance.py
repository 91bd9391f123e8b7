"""Where a network comes from, for its card: what is needed to make it again, and on which machine.

The bits of a network follow from its data, its options, the kind of processor, the versions of the libraries
and, with NumPy, the number of threads. So all of these are on the card.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import ThreadpoolController

from backends.arrays import Parameters
from backends.base import Backend
from engine.data.datasets import Dataset
from engine.data.drawings import Drawing, drawings_sha256
from engine.model.network import Network
from engine.recognition.overlap import images_sha256
from engine.training.options import TrainingOptions
from engine.training.recipe import Recipe

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("inkdigits", "numpy", "numba")
# What may differ between two runs that are told the same.
CIRCUMSTANCES = ("versions", "machine")


def training_card(
    dataset: Dataset,
    options: TrainingOptions,
    backend: Backend,
    recipe: Recipe | None,
    drawings: Sequence[Drawing],
    start: Network | None,
) -> dict[str, Any]:
    """How a network comes about, so that it can be made again.

    Parameters
    ----------
    dataset : Dataset
        What it learns from.
    options : TrainingOptions
        How it learns.
    backend : Backend
        What computes.
    recipe : Recipe or None
        What makes the examples.
    drawings : sequence of Drawing
        For the recipe.
    start : Network or None
        Where training starts.

    Returns
    -------
    dict
        For `Card.training`.
    """
    card = {
        "backend": backend.name,
        "dataset": dataset.name,
        "data_sha256": dataset.sha256,
        "train_sha256": images_sha256(dataset.train.images, dataset.train.labels),
        "options": msgspec.to_builtins(options),
        "versions": versions(),
        "machine": machine(backend.threads),
    }
    if recipe:
        card["recipe"] = msgspec.to_builtins(recipe)
        card["drawings"] = len(drawings)
        card["drawings_sha256"] = drawings_sha256(drawings)
        card["writers"] = sorted({each.writer for each in drawings if each.writer is not None}, key=str)
    if start:
        keys = ("dataset", "data_sha256", "drawings_sha256", "started_from")
        before = {key: start.card.training[key] for key in keys if key in start.card.training}
        card["started_from"] = {"parameters_sha256": parameters_sha256(start.parameters), **before}
    return card


def parameters_sha256(parameters: Parameters) -> str:
    """A fingerprint of all weights and biases.

    Parameters
    ----------
    parameters : Parameters
        Of a network.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    digest = hashlib.sha256()
    for tensor in parameters.tensors():
        digest.update(np.ascontiguousarray(tensor).tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """The versions of Python, of this project and of the libraries that compute.

    Returns
    -------
    dict
        By name; what is not installed is left out, and so is a commit that is not known.
    """
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # a machine without Numba
    return found | ({"commit": commit} if (commit := _commit()) else {})


def machine(threads: int) -> dict[str, Any]:
    """What computes, as far as the bits depend on it.

    Parameters
    ----------
    threads : int
        Of the backend.

    Returns
    -------
    dict
        The processor, NumPy's BLAS with the kind of processor it has chosen its code for, and the threads.
    """
    return {"processor": _processor(), "blas": _blas(), "threads": threads}


def differences(training: Mapping[str, Any], threads: int) -> Iterator[tuple[str, str, str]]:
    """What is different here from where a network was trained, or not known of it.

    Parameters
    ----------
    training : mapping
        `Card.training` of the network.
    threads : int
        That would be used here.

    Yields
    ------
    tuple of str
        What, its value there (empty where the card does not say) and its value here.
    """
    here: dict[str, dict[str, Any]] = {"versions": versions(), "machine": machine(threads)}
    for group, values in here.items():
        there = training.get(group)
        for name, value in values.items():
            was = there.get(name, "") if isinstance(there, Mapping) else ""
            if was != value:
                yield name, str(was), str(value)


@cache
def _commit() -> str | None:
    """The commit of a checkout, with "-dirty" where files were changed since; None outside one."""
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):  # no git, or a checkout that it does not trust
        return None
    return told.stdout.strip()


def _blas() -> str:
    """NumPy's BLAS: other packages in this process may have brought theirs."""
    found = [each for each in ThreadpoolController().info() if each["user_api"] == "blas"]
    of_numpy = [each for each in found if "numpy" in each["filepath"]] or found
    names = (f"{each['internal_api']} {each['version']} {each.get('architecture', '')}" for each in of_numpy)
    return ", ".join(sorted(names)).strip() or "unknown"


@cache
def _processor() -> str:
    """The name of the processor, as precise as the system tells it without starting a program."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    except OSError:  # not Linux
        pass
    return platform.processor() or platform.machine()
