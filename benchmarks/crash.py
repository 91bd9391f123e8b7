"""Kill training at random moments, resume it, and compare the weights with those of an unbroken run.

    TMPDIR=/dev/shm python -m benchmarks.crash --kills 1000      # in memory, where fsync costs nothing

Each run is the whole command ``inkdigits train`` in a process of its own, forked from this one so that it
starts at once. It writes a checkpoint after every part of an epoch, so that about half of the time goes into
saving. SIGKILL comes at a random moment; then the model file must be the old one or a whole new one, and the
checkpoint whole. The command is given again, with --resume where there is a checkpoint, and may be killed
again. The run that gets through must have the weights of an unbroken one, bit for bit, and leave nothing else
in its folder. What SIGKILL cannot show is a power failure: the system still writes what it was given.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads must not fork

import argparse
import contextlib
import io
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

import apps.train
from apps.cli import main as inkdigits
from engine.model.model_file import load_model
from engine.training.checkpoint import checkpoint_path
from engine.training.provenance import parameters_sha256
from engine.training.train_model import run_with_checkpoints

OPTIONS = {"hidden": 8, "epochs": 3, "batch-size": 8, "optimizer": "adamw", "ema-decay": 0.9, "seed": 1}


class CrashError(AssertionError):
    """A promise that was not kept."""


def forked(work: Callable[[], int], kill_after: float | None = None) -> int:
    """Run something in a process of its own, silently; returns its exit code, or minus its signal."""
    child = os.fork()
    if not child:
        code = 70
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(null, stream)
            code = work()
        except SystemExit as stop:  # argparse's way
            code = int(stop.code or 0)
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def make_data(folder: Path) -> Path:
    """64 training and 16 test pictures of 5x5, which are learned in a moment."""
    numbers = np.random.default_rng(0)
    labels = numbers.integers(0, 3, 80)
    images = numbers.integers(0, 100, (80, 5, 5)).astype(np.uint8)
    images[np.arange(80), labels] += 120
    path = folder / "data.npz"
    x, y = images.reshape(80, 25), labels
    np.savez(path, x_train=x[:64], y_train=y[:64], x_test=x[64:], y_test=y[64:])
    return path


def train(data: Path, out: Path, resume: bool = False, **more: int) -> int:
    """The command, with a checkpoint after each part of an epoch, and maybe other options."""
    vars(apps.train)["run_with_checkpoints"] = partial(run_with_checkpoints, every=0)
    words = [f"--{name}={value}" for name, value in {"data": data, "out": out, **OPTIONS, **more}.items()]
    return inkdigits(["train", *words, *(["--resume"] if resume else [])])


def check_folder(out: Path, old: bytes, expected: str) -> str:
    """Old or new, never neither; returns which files there are."""
    found = []
    if out.read_bytes() != old:
        if parameters_sha256(load_model(out)[0]) != expected:
            raise CrashError(f"{out} has other weights")
        found.append("new model")
    if checkpoint_path(out).exists():
        with np.load(checkpoint_path(out)) as arrays:
            for name in arrays.files:
                arrays[name]  # whole: each has a checksum
        found.append("checkpoint")
    if any(each.name.startswith(".inkdigits") for each in out.parent.iterdir()):
        found.append("temporary file")
    return " and ".join(found) or "nothing yet"


def one_chain(
    data: Path, folder: Path, old: bytes, expected: str, longest: float, dice: random.Random
) -> Counter[str]:
    """Kill a run, resume it, kill it again, and at last let it end; returns what the kills left behind."""
    out = folder / "model.json"
    out.write_bytes(old)
    left: Counter[str] = Counter()
    while True:
        run = partial(train, data, out, checkpoint_path(out).exists())
        last = left.total() and dice.random() < 0.25
        code = forked(run, None if last else dice.uniform(0, longest))
        if code == 0:
            break
        if code != -signal.SIGKILL:
            raise CrashError(f"exit code {code}")
        left[check_folder(out, old, expected)] += 1
    if check_folder(out, old, expected) != "new model":
        raise CrashError("an unbroken end does not leave the new model alone")
    if rest := {each.name for each in folder.iterdir()} - {out.name}:
        raise CrashError(f"left over: {rest}")
    out.unlink()
    return left


def crash(kills: int, seed: int = 0, say: Callable[[str], None] = lambda message: None) -> Counter[str]:
    """Kill runs, and resume them; returns how often each kind of state was left.

    Raises
    ------
    CrashError
        A promise was not kept.
    """
    dice, left = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        data, folder = make_data(Path(name)), Path(name) / "run"
        folder.mkdir()
        out = folder / "model.json"
        tqdm.set_lock(threading.RLock())  # its own would be shared with processes that die holding it
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            train(data, out)  # here, so that whatever is done once is done before the forks
        started = time.perf_counter()
        if forked(partial(train, data, out)) != 0:
            raise CrashError("the unbroken run failed")
        longest = time.perf_counter() - started
        expected = parameters_sha256(load_model(out)[0])
        old = out.read_bytes().replace(b'"seed": 1', b'"seed": 2')  # any other model
        while left.total() < kills:
            before = left.total()
            left += one_chain(data, folder, old, expected, longest, dice)
            if left.total() // 100 > before // 100:
                say(f"{left.total()} kills")
    return left


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    started = time.perf_counter()
    left = crash(arguments.kills, arguments.seed, partial(print, file=sys.stderr, flush=True))
    seconds = time.perf_counter() - started
    print(f"{left.total()} kills in {seconds:.0f} s, all resumed to the same bits; left behind:")
    for what, count in left.most_common():
        print(f"  {count:5}  {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
