"""What was learned is kept: saving that does not give up, and what is saved of a run that ended badly."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from backends.errors import InkdigitsError, describe
from engine.model.model_file import ModelFileError
from engine.model.network import Network
from engine.model.safe_write import WriteError
from engine.training.checkpoint import checkpoint_path
from engine.training.interruption import unbroken
from engine.training.trainer import Training


def interrupted_path(out: Path) -> Path:
    """Where the network of a run that did not end is saved: beside the model file that it should write.

    Parameters
    ----------
    out : Path
        The model file.

    Returns
    -------
    Path
        The same name, ending in ``.interrupted.json``.
    """
    return out.with_name(f"{out.stem}.interrupted{out.suffix}")


def best_path(out: Path) -> Path:
    """Where the best network is saved, when the last is much worse.

    Parameters
    ----------
    out : Path
        The model file.

    Returns
    -------
    Path
        The same name, ending in ``.best.json``.
    """
    return out.with_name(f"{out.stem}.best{out.suffix}")


def save_network(network: Network, path: Path) -> None:
    """Save a network; where that cannot be, in the home folder or in that for temporary files.

    Signals wait until it is done.

    Parameters
    ----------
    network : Network
        What was learned.
    path : Path
        The model file.

    Raises
    ------
    WriteError
        It is not where it should be; the message says where it is.
    ModelFileError
        A model file cannot hold it: NaN, infinity, numbers that are too large or too many.
    """
    with unbroken():
        try:
            network.save(path)
        except WriteError as error:
            if other := _save_elsewhere(network, path):
                raise WriteError(f"{error}; the network is in {other}") from None
            raise


def save_trained(training: Training, out: Path) -> None:
    """Save the network of a run that is over; where no model file can hold it, keep the best epoch's.

    Parameters
    ----------
    training : Training
        The run.
    out : Path
        The model file.

    Raises
    ------
    WriteError
        As `save_network`.
    ModelFileError
        As `save_network`; the message says where the best epoch's network is.
    """
    try:
        save_network(training.network, out)
    except ModelFileError as error:
        said = keep_unfinished(training, out, diverged=True)
        raise ModelFileError(f"{error}; {said}" if said else str(error)) from None


def keep_unfinished(training: Training, out: Path, diverged: bool = False) -> str | None:
    """Save what a run has learned that did not come to its end.

    Parameters
    ----------
    training : Training
        The run.
    out : Path
        The model file that it should have written; it is left alone (see `interrupted_path`).
    diverged : bool
        Keep the best epoch's network rather than the last.

    Returns
    -------
    str or None
        One line that says where it is, or why it could not be saved; None where nothing was learned.
    """
    path = interrupted_path(out)
    said = None
    if not diverged:
        try:
            save_network(training.network, path)
            return f"interrupted: the network so far is in {path}"
        except Exception as error:  # whatever it is, the one that ended the run matters more
            said = f"interrupted: {_words(error)}"
            if isinstance(error, WriteError):
                return said
    best = training.best()
    if best is None:
        return said
    try:
        save_network(best, path)
    except Exception as error:
        return f"interrupted: {_words(error)}"
    return f"the network of the best epoch, {best.card.training['epochs_done']}, is in {path}"


def clear_away(training: Training, out: Path) -> None:
    """Remove what was kept of a run, once its network is saved.

    Parameters
    ----------
    training : Training
        A run that is over.
    out : Path
        Its model file.
    """
    kept = [checkpoint_path(out), *([interrupted_path(out)] if training.resumed else [])]
    for path in kept:
        with contextlib.suppress(OSError):  # it does no harm
            path.unlink(missing_ok=True)


def _save_elsewhere(network: Network, path: Path) -> Path | None:
    for folder in _other_folders():
        other = folder / f"{path.stem}.{os.getpid()}{path.suffix}"
        with contextlib.suppress(InkdigitsError, OSError):
            if not other.exists():
                network.save(other)
                return other
    return None


def _other_folders() -> Iterator[Path]:
    """The folders that every user can write to, as a rule."""
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield Path.home()
    with contextlib.suppress(OSError):  # no such folder either
        yield Path(tempfile.gettempdir())


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, InkdigitsError) else describe(error)
