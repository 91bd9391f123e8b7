"""Checkpoints: all that an interrupted run needs to go on and end as if it had never stopped.

A checkpoint is a NumPy archive: the arrays of the parameters, of the optimizer's memory, of the moving
average and of the best epoch, and one JSON text with the counters, the epochs so far, and what the run was
told to do. It holds no code and no paths, and is written atomically.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np

from backends.arrays import Array, Parameters
from backends.errors import InkdigitsError, one_line, shown
from engine.data.archives import DataError, read_archive
from engine.data.files import MEGABYTE
from engine.model.history import EpochRecord
from engine.model.safe_write import write_atomically
from engine.training.loop import Learner
from engine.training.options import MOST_EPOCHS

FORMAT = "inkdigits-checkpoint 1"
LARGEST_TEXT = 160 * MEGABYTE  # of the counters and epochs
MOST_PARTS = 4 * MOST_EPOCHS + 100_000  # of that text: an epoch has four
WAY_OUT = "start without --resume"


class CheckpointError(InkdigitsError):
    """A checkpoint that is missing, damaged, or of another run."""


Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Counters(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    run: dict[str, Any]  # what the run was told to do: two runs alike in this are one run
    resumed: Count
    epoch: Count
    seen: Count
    steps: Count
    loss_sum: float
    seconds: float
    optimizer_steps: Count
    average_steps: Count
    history: list[dict[str, Any]]
    best_epoch: Count = 0  # not in the files of early versions


def checkpoint_path(out: Path) -> Path:
    """Where the checkpoint of a run lies: beside the model file that it will write.

    Parameters
    ----------
    out : Path
        The model file.

    Returns
    -------
    Path
        The same name, ending in ``.checkpoint.npz``.
    """
    return out.with_name(f"{out.stem}.checkpoint.npz")


def save_checkpoint(path: Path, learner: Learner, run: dict[str, Any], resumed: int = 0) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
        The file.
    learner : Learner
        Between two parts of an epoch, where `train_epochs` yields.
    run : dict
        What the run was told to do, as JSON has it.
    resumed : int
        How often the run has been resumed.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    counters = _Counters(
        format=FORMAT,
        run=run,
        resumed=resumed,
        epoch=learner.epoch,
        seen=learner.seen,
        steps=learner.steps,
        loss_sum=learner.loss_sum,
        seconds=learner.seconds,
        optimizer_steps=learner.optimizer.steps_taken,
        average_steps=learner.average.steps_taken if learner.average else 0,
        history=[asdict(each) for each in learner.history],
        best_epoch=learner.best_epoch,
    )
    file = io.BytesIO()
    text = np.frombuffer(msgspec.json.encode(counters), np.uint8)
    # Before version 2.1 NumPy takes allow_pickle=False for one more array; these are numbers, never pickled.
    arrays: dict[str, Any] = dict([("counters", text), *_arrays(learner), *_named("best", learner.best)])
    np.savez(file, **arrays)
    write_atomically(path, file.getvalue())


def load_checkpoint(path: Path, learner: Learner, run: dict[str, Any]) -> int:
    """Bring a learner to where a checkpoint was written.

    Parameters
    ----------
    path : Path
        The file.
    learner : Learner
        New, of the same run. Changed in place.
    run : dict
        What this run is told to do; the checkpoint must be of the same.

    Returns
    -------
    int
        How often the run had been resumed.

    Raises
    ------
    CheckpointError
        No such file, not a checkpoint, or one of another run; the message says what differs.
    """
    if not path.exists():
        raise CheckpointError(f"there is no checkpoint {shown(path)} to resume from: {WAY_OUT}")
    arrays = list(_arrays(learner))
    best = learner.kept.copy()
    of_best = list(_named("best", best))
    needed, on_top = ("counters", *(name for name, _ in arrays)), tuple(name for name, _ in of_best)
    largest = sum(array.nbytes for _, array in [*arrays, *of_best]) + 2 * LARGEST_TEXT
    try:
        text, *saved = read_archive(path, needed, on_top, largest)
        counters, history = _decode(text)
    except (DataError, ValueError) as error:
        why = one_line(str(error).removeprefix(f"{shown(path)} "), 110)
        raise CheckpointError(f"{shown(path)} is not a checkpoint of this run: {why}; {WAY_OUT}") from None
    if not counters.best_epoch <= counters.epoch == len(history):
        raise CheckpointError(f"{shown(path)} is damaged: its counters contradict each other; {WAY_OUT}")
    as_saved = msgspec.json.decode(msgspec.json.encode(run))  # JSON has lists where Python has tuples
    for what, there, here in _differences(counters.run, as_saved):
        difference = one_line(f"{what} is {there} there and {here} here")
        raise CheckpointError(f"{shown(path)} is of another run: {difference}")
    if len(saved) > len(arrays):
        arrays += of_best
        learner.best, learner.best_epoch = best, counters.best_epoch
    for (name, array), each in zip(arrays, saved, strict=True):
        if each.shape != array.shape or each.dtype != array.dtype or not np.isfinite(each).all():
            found = one_line(f"{name} is {each.dtype} {each.shape}", 80)
            raise CheckpointError(f"{shown(path)} is damaged: {found}, or not finite; {WAY_OUT}")
    for (_, array), each in zip(arrays, saved, strict=True):
        array[...] = each
    learner.epoch, learner.seen, learner.steps = counters.epoch, counters.seen, counters.steps
    learner.loss_sum, learner.seconds = counters.loss_sum, counters.seconds
    learner.history[:] = history
    learner.optimizer.steps_taken = counters.optimizer_steps
    if learner.average:
        learner.average.steps_taken = counters.average_steps
    return counters.resumed


def _decode(text: Array) -> tuple[_Counters, list[EpochRecord]]:
    """The counters and the epochs so far; raises ValueError."""
    encoded = text.tobytes()
    if len(encoded) > LARGEST_TEXT or encoded.count(b",") > MOST_PARTS:  # before they fill the memory
        raise ValueError("it tells of more epochs than a run may have")
    try:
        counters = msgspec.json.decode(encoded, type=_Counters)
        history = msgspec.convert(counters.history, list[EpochRecord])
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None
    if counters.format != FORMAT:
        raise ValueError(f"its format is {one_line(counters.format, 40)!r}, not {FORMAT!r}")
    return counters, history


def _arrays(learner: Learner) -> Iterator[tuple[str, Array]]:
    """Every array that training changes, by name; `Learner.best` comes on top."""
    groups: dict[str, Parameters] = {"parameters": learner.parameters}
    groups |= {f"memory{index}": each for index, each in enumerate(learner.optimizer.memory)}
    if learner.average:
        groups["average"] = learner.average.parameters
    for group, parameters in groups.items():
        yield from _named(group, parameters)


def _named(group: str, parameters: Parameters | None) -> Iterator[tuple[str, Array]]:
    """The arrays of parameters, by name; none where there are no parameters."""
    for index, tensor in enumerate(parameters.tensors() if parameters else ()):
        yield f"{group}.{index}", tensor


def _differences(there: Any, here: Any, where: str = "") -> Iterator[tuple[str, str, str]]:
    """Where two JSON values differ: (what, there, here), shortened."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in [*there, *(key for key in here if key not in there)]:
            yield from _differences(there.get(key), here.get(key), f"{where}.{key}".lstrip("."))
    elif there != here:
        yield where, f"{there!r:.30}", f"{here!r:.30}"
