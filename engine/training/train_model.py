"""`train_model`: a whole training run in one call, and the loop that keeps checkpoints."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from backends.base import Backend
from backends.cores import usable_cores
from backends.errors import InkdigitsError
from backends.registry import get_backend
from engine.data.datasets import DataError, Dataset, dataset_from_arrays, load_mnist
from engine.data.drawings import Drawing
from engine.model.network import Network
from engine.model.safe_write import check_writable
from engine.training.checkpoint import checkpoint_path
from engine.training.diagnosis import Remark
from engine.training.interruption import stop_requests, unbroken
from engine.training.keeping import clear_away, keep_unfinished, save_trained
from engine.training.limits import check_batch_size
from engine.training.loop import TrainingDivergedError
from engine.training.options import OptionsError, TrainingOptions
from engine.training.recipe import Recipe, read_recipe
from engine.training.trainer import Event, Training

CHECKPOINT_EVERY = 60.0  # seconds

Int = int | np.integer
Float = float | np.floating


def train_model(
    path: str | os.PathLike[str] | None = None,
    backend: Backend | str | None = None,
    dataset: Dataset | tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    *,
    threads: int = 1,
    network: Network | None = None,
    recipe: Recipe | str | None = None,
    drawings: Sequence[Drawing] = (),
    resume: bool = False,
    hidden: Sequence[Int] | npt.NDArray[np.integer] | None = None,
    epochs: Int | None = None,
    batch_size: Int | None = None,
    optimizer: Literal["sgd", "nesterov", "adamw"] | None = None,
    learning_rate: Float | None = None,
    momentum: Float | None = None,
    weight_decay: Float | None = None,
    schedule: Literal["constant", "cosine"] | None = None,
    warm_up: Float | None = None,
    ema_decay: Float | None = None,
    validation: Float | None = None,
    seed: Int | None = None,
) -> Network:
    """Train a network, test it once where there are test examples, and save it where a path is given.

    Parameters
    ----------
    path : path-like, optional
        The model file to write. With a path, a checkpoint lies beside it while training runs.
    backend : Backend or str, optional
        What computes, or its name; by default what the environment's ``INKDIGITS_BACKEND`` names, else NumPy.
    dataset : Dataset or (X, y), optional
        MNIST by default. Or arrays: X of shape (N, rows, columns) or (N, I), integers in 0-255 or floating
        point in [0, 1], ink high; y of shape (N,), integers or strings.
    threads : int
        For a backend that is named: one for each core at most, since more would wait for each other.
    network : Network, optional
        Where to start; by default random parameters.
    recipe : Recipe or str, optional
        Train on augmented examples: a recipe, its name ("best") or a TOML file.
    drawings : sequence of Drawing
        For the recipe.
    resume : bool
        Go on from the checkpoint of the same run that was interrupted.
    hidden, epochs, batch_size, optimizer, learning_rate, momentum, weight_decay, schedule, warm_up, \
ema_decay, validation, seed : optional
        As in `TrainingOptions`, which has the defaults; a recipe has its own.

    Returns
    -------
    Network
        With ``history`` (loss, validation accuracy and seconds of each epoch) and a card.

    Raises
    ------
    InkdigitsError
        Options or data that cannot be used, a diverging run, or a file that cannot be written.
    KeyboardInterrupt
        Ctrl-C or SIGTERM; with a path, after the checkpoint is written.

    Warns
    -----
    UserWarning
        The network does not learn, or gets worse; the message says what to try.

    Notes
    -----
    With a path, whatever ends the run early leaves the network so far beside it (see `interrupted_path`), and
    a divergence that of the best epoch.
    """
    given = {
        "hidden": hidden,
        "epochs": epochs,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "weight_decay": weight_decay,
        "schedule": schedule,
        "warm_up": warm_up,
        "ema_decay": ema_decay,
        "validation": validation,
        "seed": seed,
    }
    if resume and path is None:
        raise OptionsError("resume needs a path: the checkpoint lies beside the model file")
    out = None if path is None else Path(path).expanduser()
    if out is not None:
        check_writable(out)
        check_writable(checkpoint_path(out))
    followed = read_recipe(recipe) if isinstance(recipe, str) else recipe
    options = TrainingOptions.chosen({k: v for k, v in given.items() if v is not None}, followed)
    data = _as_dataset(dataset)
    if batch_size is not None and followed is None:
        check_batch_size(options, len(data.train) - round(len(data.train) * options.validation))
    training = Training(
        data,
        options,
        get_backend(backend, min(threads, usable_cores())),
        recipe=followed,
        drawings=drawings,
        network=network,
    )
    if out is None:
        for record in training.run():
            _warn(record)
        training.test()
        return training.network
    if resume:
        training.resume(checkpoint_path(out))
    with stop_requests() as stop:
        try:
            for record in run_with_checkpoints(training, checkpoint_path(out), stop):
                _warn(record)
        except BaseException as error:  # a second signal, no memory, anything
            keep_unfinished(training, out, diverged=isinstance(error, TrainingDivergedError))
            raise
        if not training.finished:
            keep_unfinished(training, out)
            raise KeyboardInterrupt
        save_trained(training, out)  # before the test, so that nothing can take it away
        if training.test() is not None:
            save_trained(training, out)
    clear_away(training, out)
    return training.network


def _warn(record: Event) -> None:
    if isinstance(record, Remark):
        warnings.warn(record.message, stacklevel=3)


def run_with_checkpoints(
    training: Training,
    path: Path,
    stop: Callable[[], bool] = lambda: False,
    every: float = CHECKPOINT_EVERY,
    remark: Callable[[str], None] = lambda message: None,
) -> Generator[Event, None, None]:
    """Run a training, and write a checkpoint now and then, and whenever it is left before its end.

    Parameters
    ----------
    training : Training
        To be run.
    path : Path
        The checkpoint. It stays when the run is over: remove it once the network is saved.
    stop : callable
        Asked after each record; True writes a checkpoint and ends the run.
    every : float
        Seconds between checkpoints.
    remark : callable
        Told where a checkpoint cannot be written, which does not end the run.

    Yields
    ------
    Preparation, Progress, EpochRecord or Remark
        As `Training.run`. A caller that stops listening (by ``close``, or an exception of its own) leaves a
        checkpoint behind.
    """

    def save() -> None:
        try:
            with unbroken():
                training.save_checkpoint(path)
        except InkdigitsError as error:
            remark(str(error))
        except MemoryError:
            remark(f"cannot write {path}: there is no memory left for it")

    saved = time.monotonic()
    for record in training.run():
        try:
            yield record
        except GeneratorExit:
            save()
            raise
        if stop() and not training.finished:
            save()
            return
        if time.monotonic() - saved >= every:
            save()
            saved = time.monotonic()


def _as_dataset(data: Dataset | tuple[npt.ArrayLike, npt.ArrayLike] | None) -> Dataset:
    if data is None:
        return load_mnist()
    if isinstance(data, Dataset):
        return data
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise DataError(f"dataset is a {type(data).__name__}; give a Dataset, or (X, y): images and labels")
    return dataset_from_arrays(*data)
