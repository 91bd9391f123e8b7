"""Options that several commands share, so that they are spelled and explained alike."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from types import ModuleType

from backends import Backend, InkdigitsError
from engine.model.network import Network


def add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        metavar="NAME",
        help="how to compute: numpy, numba, or another that `inkdigits backends` lists "
        "(default: the environment's INKDIGITS_BACKEND, else numpy)",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        metavar="N",
        type=_positive,
        default=1,
        help="threads for the backend (default: 1); with numba any number gives the same results, with numpy "
        "they depend on it in the last digits",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads")
    return int(text)


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="FILE",
        type=Path,
        help="the network to use (default: the one that comes with inkdigits)",
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        help="a .npz file with x_train, y_train, x_test, y_test (default: mnist.npz in the folder that "
        "INKDIGITS_DATA names, else a cached copy, else a download)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="print JSON, one object a line, on standard output"
    )


def get_ready(network: Network, training: bool = False) -> None:
    """Let the backend compile, if it does such things, and say so: the first time it is half a minute."""
    backend = network.backend
    if type(backend).warm_up is not Backend.warm_up:
        print(f"{backend.name}: getting ready (compiling, the first time)", file=sys.stderr, flush=True)
        backend.warm_up(network.layer_sizes, network.parameters.dtype, training)


def need(module: str, package: str, purpose: str) -> ModuleType:
    """Import an optional dependency, or say how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InkdigitsError(f"{purpose} needs {package}: pip install {package}") from None
