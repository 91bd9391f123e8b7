"""Let every call into the system fail in turn, and look at what is left.

    TMPDIR=/dev/shm python -m benchmarks.failing_calls

For each command that writes files, and for every N, the N-th call into the system that it makes (open, read,
write, fsync, rename, unlink, close, ...) fails with EIO; of a command that draws a picture, each that writes
into its folder. Then these fail with ENOSPC from the N-th on: a full disk. Each time the command must end by
itself without a traceback, the file that it writes must be the old one or a whole new one, exit code 0 must
mean the new one, and what was learned must be somewhere. The same command, given again, must then do its work
and leave nothing else in its folder.

A C compiler makes the library that lets calls fail (`failing_calls.c`); it is preloaded, so Linux is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import errno
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from apps.cli import main as inkdigits
from benchmarks.crash import CrashError, forked, make_data, train
from engine.model.model_file import load_model
from engine.training.checkpoint import checkpoint_path
from engine.training.keeping import interrupted_path
from engine.training.provenance import parameters_sha256

OLD = b"an old file"
BROKEN = -1  # in place of an exit code: a promise was not kept


@dataclass
class Command:
    """A command that writes one file, and how to tell that the file is whole.

    Attributes
    ----------
    name : str
        For the report.
    run : callable
        Runs it; returns its exit code.
    out : Path
        What it writes.
    is_whole : callable
        Whether `out` holds all that the command should write.
    learns : bool
        Whether there is something to lose.
    """

    name: str
    run: Callable[[], int]
    out: Path
    is_whole: Callable[[], bool]
    learns: bool = False


class Failure(NamedTuple):
    """How calls fail.

    Attributes
    ----------
    name : str
        For the report.
    error : int
        For errno.
    once : bool
        Whether only one call fails, or all that follow too.
    folder : str
        Only calls that write into it fail; all may where it is empty.
    """

    name: str
    error: int
    once: bool
    folder: str


def preload() -> None:
    """Start this program again with the library preloaded, unless it is."""
    if os.environ.get("LD_PRELOAD"):
        return
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "failing_calls.so"
        source = Path(__file__).with_suffix(".c")
        command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
        subprocess.run(command, check=True)
        environment = {**os.environ, "LD_PRELOAD": str(library)}
        sys.exit(
            subprocess.run(
                [sys.executable, "-m", "benchmarks.failing_calls", *sys.argv[1:]], env=environment
            ).returncode
        )


def armed(command: Command, said: Path, failure: Failure, n: int) -> int:
    """Run a command whose n-th call fails; with n = 0 none does, and their number is written to ``said``."""
    library = ctypes.CDLL(None)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    folder = ctypes.create_string_buffer(failure.folder.encode())  # the library keeps its address
    library.arm(ctypes.c_long(n), failure.error, failure.once, folder)
    code = command.run()
    calls = library.disarm()
    if not n:
        said.write_text(str(calls))
    return code


def check(command: Command, code: int, said: str) -> None:
    """What must hold after a failure."""
    if code not in (0, 1, 2):
        raise CrashError(f"exit code {code}: {said}")
    if "Traceback" in said or "should not" in said:
        raise CrashError(said)
    old, whole = command.out.read_bytes() == OLD, command.is_whole()
    if not (old or whole):
        raise CrashError(f"neither the old file nor a new one: {said}")
    if code == 0 and not whole:
        raise CrashError(f"exit code 0, but not written: {said}")
    if command.learns and "epoch 2/2" in said and not whole:
        kept = [
            checkpoint_path(command.out),
            interrupted_path(command.out),
            *Path.home().glob("model.*.json"),
        ]
        if not any(each.exists() for each in kept):
            raise CrashError(f"what was learned is lost: {said}")


def sweep(command: Command, folder: Path, every: int) -> Iterator[int]:
    """Let each call of a command fail; yields the exit codes, or `BROKEN`."""
    said = folder.parent / "said"

    def clear() -> None:
        for path in [*folder.iterdir(), *Path.home().iterdir()]:
            if path.is_file():
                path.unlink()
        command.out.write_bytes(OLD)

    # What matplotlib reads is not ours: of a command that draws, only the calls that write its picture fail.
    where = "" if command.learns else str(folder)
    for failure in (
        Failure("one call fails", errno.EIO, True, where),
        Failure("the disk is full from then on", errno.ENOSPC, False, str(folder)),
    ):
        clear()
        if forked(partial(armed, command, said, failure, 0)) or not command.is_whole():
            raise CrashError(f"{command.name} fails by itself: {said.read_text()}")
        calls = int(said.read_text())
        print(f"{command.name}: {failure.name}: {calls} calls", flush=True)
        for n in range(1, calls + 1, every):
            clear()
            code = forked(partial(armed, command, said, failure, n))
            what = f"{command.name}, call {n}, {failure.name}"
            try:
                check(command, code, said.read_text(errors="replace"))
                resumable = checkpoint_path(command.out).exists()
                if forked(command.run) or not command.is_whole():
                    raise CrashError("the same command does not work afterwards")
                # The network of a run that could not be resumed stays, beside that of the new run.
                expected = {
                    command.out.name,
                    *([interrupted_path(command.out).name] if not resumable else []),
                }
                if left := {each.name for each in folder.iterdir()} - expected:
                    raise CrashError(f"left over: {left}")
            except CrashError as broken:
                print(f"BROKEN: {what}: {broken}", flush=True)
                code = BROKEN
            yield code


def commands(data: Path, folder: Path) -> Iterator[Command]:
    """Every command that writes."""
    model, picture = folder / "model.json", folder / "picture.png"

    def run_train() -> int:
        resume = os.access(checkpoint_path(model), os.F_OK)  # a call that never fails here
        return train(data, model, resume, epochs=2, **{"batch-size": 29})

    def is_picture() -> bool:
        return picture.read_bytes().endswith(b"IEND\xaeB`\x82")

    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        model.unlink(missing_ok=True)
        run_train()
    expected = parameters_sha256(load_model(model)[0])
    trained = folder.parent / "trained.json"
    model.rename(trained)

    def is_model() -> bool:
        return model.read_bytes() != OLD and parameters_sha256(load_model(model)[0]) == expected

    yield Command("train", run_train, model, is_model, learns=True)
    words = ["evaluate", "--data", data, "--as-is", "--model", trained, "--confusion", picture]
    yield Command("evaluate --confusion", lambda: inkdigits(list(map(str, words))), picture, is_picture)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="let only each N-th call fail, to be quick")
    arguments = parser.parse_args()
    preload()
    started, broken = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name) / "run", Path(name) / "home"
        folder.mkdir()
        home.mkdir()
        os.environ["HOME"] = str(home)
        for command in commands(make_data(Path(name)), folder):
            with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
                command.run()  # here, so that everything is imported before the forks
            codes = list(sweep(command, folder, arguments.every))
            count = {code: codes.count(code) for code in sorted(set(codes))}
            print(f"{command.name}: {len(codes)} failures, exit codes {json.dumps(count)}")
            broken += codes.count(BROKEN)
            command.out.unlink()
    if broken:
        return 1
    print(f"every file old or new, nothing lost, nothing left over; {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
