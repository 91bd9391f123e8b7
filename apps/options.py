"""Options that several commands share, so that they are spelled and explained alike."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from apps.output import printable, say
from backends import Backend, InkdigitsError, get_backend
from backends.cores import usable_cores
from backends.errors import blame, install_hint
from engine.data.datasets import DIGITS
from engine.data.framing import SIDE
from engine.data.strokes import strokes_to_image
from engine.model.network import Network
from engine.model.safe_write import check_writable, other_names

if TYPE_CHECKING:
    from engine.training.trainer import Training

# The modules of each extra of setup.cfg that a command may need.
EXTRAS = {
    "train": ("tqdm", "matplotlib", "pooch"),
    "predict": ("PIL", "scipy"),
    "digits8x8": ("sklearn",),
    "export": ("onnx", "safetensors"),
    "sweep": ("optuna",),
    "tensorflow": ("tensorflow",),
}


def add_backend(parser: argparse.ArgumentParser) -> None:
    """``--backend``, what computes."""
    parser.add_argument(
        "--backend",
        metavar="NAME",
        help="numpy, numba, or another that `inkdigits backends` lists "
        "(default: $INKDIGITS_BACKEND, else numpy)",
    )


def add_threads(parser: argparse.ArgumentParser) -> None:
    """``--threads``, for `chosen_backend`."""
    parser.add_argument(
        "--threads",
        metavar="N",
        type=number_of("threads"),
        help="number of threads (default: 1); numba gives the same results with any number, numpy's differ "
        "in the last digits",
    )


def number_of(things: str) -> Callable[[str], int]:
    """Make the ``type=`` of an option that is one or more of something."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < 1:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of {things}")
        return int(text)

    return parse


def add_model(parser: argparse.ArgumentParser) -> None:
    """``--model``, a network to use."""
    parser.add_argument(
        "--model",
        metavar="FILE",
        type=input_file,
        help="model file (default: the model that comes with inkdigits)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``, output for programs."""
    parser.add_argument(
        "--json", action="store_true", help="print JSON to standard output, one object a line"
    )


def add_picture(parser: argparse.ArgumentParser, flag: str, what: str) -> None:
    """An option that saves a picture."""
    parser.add_argument(
        flag, metavar="FILE", type=_picture_file, help=f"save {what} to this file (.png, .svg or .pdf)"
    )


def writers(text: str) -> list[str]:
    """Argument type: names of writers, separated by commas."""
    return text.split(",")


def input_file_or_folder(text: str) -> Path:
    """Argument type: a file or a folder to read."""
    path = Path(os.path.expanduser(text))
    return path if path.is_dir() else input_file(text)


def input_file(text: str) -> Path:
    """Argument type: a file to read."""
    path = Path(os.path.expanduser(text))
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise argparse.ArgumentTypeError(f"there is no file {text}") from None
    except OSError as error:
        raise argparse.ArgumentTypeError(f"cannot read {text}: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise argparse.ArgumentTypeError(f"{text} is a folder; name a file")
    if not stat.S_ISREG(mode):
        raise argparse.ArgumentTypeError(f"{text} is a device or a pipe; name a file")
    return path


def output_file(text: str) -> Path:
    """Argument type: a file to write. What could not be written is refused here, before any work is done."""
    path = Path(os.path.expanduser(text))
    try:
        check_writable(path)
    except InkdigitsError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if others := other_names(path):
        say(f"{text} is one of {others + 1} names of a file (hard links): the others keep the old content")
    return path


def _picture_file(text: str) -> Path:
    need("train", "drawing a picture")
    from apps import plots

    if not plots.can_draw(Path(text)):
        raise argparse.ArgumentTypeError(f"cannot draw {text}: end its name in .png, .svg or .pdf")
    return output_file(text)


def refuse_without(arguments: argparse.Namespace, flag: str, needed: str) -> None:
    """Refuse an option that would be ignored, because it belongs to one that is not given."""

    def given(flag: str) -> bool:
        return bool(getattr(arguments, flag.removeprefix("--").replace("-", "_")))

    if given(flag) and not given(needed):
        raise InkdigitsError(f"{flag} belongs to {needed}, which is not given: add it, or leave {flag} out")


def chosen_backend(arguments: argparse.Namespace) -> Backend:
    """The backend that the command line names, with no more threads than there are cores.

    More would not compute more: they would wait for each other, with NumPy for minutes.
    """
    wanted = arguments.threads or 1
    threads = min(wanted, usable_cores())
    if threads < wanted:
        say(f"--threads {wanted}: using {threads}, one for each core that there is")
    return get_backend(arguments.backend, threads)


def is_for_digits(network: Network) -> bool:
    """Whether a network was trained on 28x28 digits."""
    return network.classes == DIGITS and network.layer_sizes[0] == SIDE * SIDE


def need_digits(network: Network, purpose: str) -> None:
    """Refuse a network that was trained on something else than 28x28 digits, where digits are needed."""
    if not is_for_digits(network):
        names = printable(", ".join(network.classes))[:40]
        raise InkdigitsError(
            f"{purpose} needs a network for 28x28 digits; this one takes {network.layer_sizes[0]} pixels and "
            f"knows {names}"
        )


def get_ready(network: Network, training: Training | None = None, drawing: bool = False) -> None:
    """Let the backend do now what it does once, such as compiling, and say so where it takes seconds.

    Parameters
    ----------
    network : Network
        The network that will be used.
    training : Training, optional
        What will train it.
    drawing : bool
        Whether strokes will be drawn and recognized.
    """
    backend = network.backend
    backend.notify = say
    with blame(backend, "getting ready"):
        if training:
            training.warm_up()
        else:
            backend.warm_up(network.layer_sizes, network.parameters.dtype)
        if drawing:
            strokes_to_image([[(0.0, 0.0), (1.0, 1.0)]], backend=backend)


def need(extras: str, purpose: str) -> None:
    """Refuse to go on without extras ("train,predict"), and say how to install them.

    All its packages are looked for at once, so that nobody installs them one by one.
    """
    if any(find_spec(module) is None for extra in extras.split(",") for module in EXTRAS[extra]):
        raise InkdigitsError(f"{purpose} needs packages that are not installed here: {install_hint(extras)}")
