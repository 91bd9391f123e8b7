"""Whatever is in a file, its reader gives a result or one line that says what, where and how to go on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from re import search
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends import InkdigitsError
from backends.arrays import Parameters
from backends.optimizers import Nesterov
from engine.data.datasets import read_dataset
from engine.data.drawings import read_drawings
from engine.data.photos import find_digit, read_picture
from engine.data.strokes import strokes_to_image
from engine.model.network import Network
from engine.training.checkpoint import load_checkpoint
from engine.training.loop import Learner
from engine.training.recipe import read_recipe
from tests import bad_files
from tests.bad_files import KINDS, Bad

pytest.importorskip("PIL.Image")
ROOT = Path(__file__).parents[1]
FEWEST = {"model": 150, "recipe": 150, "drawings": 150, "picture": 100, "data": 100, "checkpoint": 100}


def read_model(path: Path) -> None:
    network = Network.load(path, "numpy")
    images = np.stack([np.zeros(network.layer_sizes[0]), np.ones(network.layer_sizes[0])])
    np.testing.assert_allclose(network.predict_proba(images).sum(axis=1), 1, atol=1e-3)


def read_strokes(path: Path) -> None:
    for drawing in read_drawings(path):
        strokes_to_image(drawing.strokes)


def resume(path: Path) -> None:
    parameters = Parameters.zeros((3, 2))
    load_checkpoint(path, Learner(parameters, Nesterov(parameters)), {"seed": 0, "layer_sizes": [3, 2]})


READERS: dict[str, Callable[[Path], Any]] = {
    "model": read_model,
    "recipe": lambda path: read_recipe(str(path)),
    "drawings": read_strokes,
    "picture": lambda path: find_digit(read_picture(path)),
    "data": read_dataset,
    "checkpoint": resume,
}


@pytest.mark.parametrize("kind", KINDS)
def test_good_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    path.write_bytes(bad_files.good(kind))
    READERS[kind](path)


@pytest.mark.parametrize("kind", KINDS)
def test_bad_files_are_refused_with_the_message_they_must_give(tmp_path: Path, kind: str) -> None:
    cases = bad_files.bad(kind)
    assert len({case.content for case in cases}) >= FEWEST[kind]
    wrong = [problem for case in cases if (problem := _problem(kind, case, tmp_path))]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(cases)}:", *wrong])


def _problem(kind: str, case: Bad, folder: Path) -> str | None:
    """What is wrong with a reader's answer to a bad file, or None."""
    path = folder / f"{kind}.file"
    path.write_bytes(case.content)
    start, limit = time.process_time(), 2
    try:
        READERS[kind](path)
    except InkdigitsError as error:
        said = str(error)
        faults = {
            "another exit code": error.exit_code != 2,
            "does not name the file": path.name not in said,
            "not printable": not said.isprintable(),
            "longer than 300": len(said) > 300,
            f"not {case.message!r}": not search(case.message, said),
            "slow": time.process_time() - start > limit,
        }
        return next((f"{case.name}: {what}: {said}" for what, is_so in faults.items() if is_so), None)
    except Exception as error:
        return f"{case.name}: {type(error).__name__}: {error!s:.200}"
    return f"{case.name}: accepted"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    for target, message in {
        str(fifo): "a device or a pipe",
        "/dev/zero": "a device or a pipe",
        str(tmp_path): "is a folder",
        "/proc/kmsg": "is empty|cannot read|there is no",
        "/proc/self/environ": "is empty|there is no",
    }.items():
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        with pytest.raises(InkdigitsError, match=message):
            READERS[kind](link)
    with pytest.raises(InkdigitsError, match="there is no"):
        READERS[kind](tmp_path / ("x" * 200) / "none")
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**32)
    with pytest.raises(InkdigitsError, match="larger than"):
        READERS[kind](tmp_path / "sparse")


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_any_bytes_and_changed_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    content = bytearray(bad_files.good(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = start + data.draw(st.integers(0, 8))
        content[start:end] = data.draw(st.binary(max_size=8))
    path = tmp_path_factory.getbasetemp() / f"{kind}.changed"
    path.write_bytes(data.draw(st.one_of(st.just(bytes(content)), st.binary(max_size=200))))
    with contextlib.suppress(InkdigitsError):
        READERS[kind](path)


LARGE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "lists in a model": ("model", lambda: bad_files.good("model")[:-2] + b"[]," * 10**7),
    "empty layers": ("model", lambda: bad_files.good("model")[:-2] + b", " + b"[]," * 10**7 + b"{}]}"),
    "keys in a model": ("model", lambda: b'{"format": "' + b'":1,"' * 5 * 10**6),
    "points": ("drawings", lambda: b'[{"strokes": [[' + b"[1,2]," * 10**7),
    "words in a line": ("drawings", lambda: b".SEGMENT\n.PEN_DOWN\n" + b"1 " * 10**7),
    "dotted keys": ("recipe", lambda: b"".join(b"a%d" % i + b".a" * 39 + b"=1\n" for i in range(10**4))),
    "tables": ("recipe", lambda: b"[[a]]\n" * 150_000),
    "pixels": ("picture", lambda: bad_files.png(5000, 3999, pixels=bytes(5001 * 3999), kind=0)),
    "a directory": ("data", lambda: bad_files.crowded(10**6)),
}


def large_model() -> bytes:
    """As many numbers as a model may have."""
    row = b"[" + b",".join([b"-1.234567e-05"] * 2000) + b"]"
    head = json.loads(bad_files.good("model")) | {"layer_sizes": [784, 2000, 10], "dtype": "float32"}
    head["card"]["classes"] = None
    layers = [([row] * 784, row), ([b"[" + b",".join([b"0.5"] * 10) + b"]"] * 2000, b"[" + b"0," * 9 + b"0]")]
    text = b",".join(b'{"weights":[%s],"biases":%s}' % (b",".join(w), b) for w, b in layers)
    del head["layers"]
    head["activations"] = ["relu", "softmax"]
    return json.dumps(head).encode()[:-1] + b',"layers":[' + text + b"]}"


def large_recipe() -> bytes:
    """As many stages as fit."""
    head, stage = bad_files.good("recipe").decode().split("stages = [")
    stage = stage.rstrip().removesuffix("]")
    stages = ",\n".join([stage] * 900)
    return f"{head}stages = [{stages}]\n".encode()


def large_data(dtype: str, pack: Callable[..., None] = np.savez) -> bytes:
    """256 MB of pictures."""
    file = io.BytesIO()
    n = 2**28 // 784 // np.dtype(dtype).itemsize
    pictures = np.zeros((n, 784), dtype)
    pictures[:, ::2] = np.random.default_rng(0).integers(0, 2, (n, 392))
    pack(file, x_train=pictures, y_train=np.arange(n) % 10)
    return file.getvalue()


ACCEPTED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a large model": ("model", large_model),
    "a large recipe": ("recipe", large_recipe),
    "many points": ("drawings", lambda: b'[{"strokes": [[' + b"[1,2]," * 999_990 + b"[3,4]]]}]"),
    "a large picture": ("picture", lambda: bad_files.png(5000, 3999, pixels=bytes(5001 * 3999), kind=0)),
    "256 MB of bytes": ("data", lambda: large_data("u1")),
    "256 MB of float64": ("data", lambda: large_data("f8")),
    "256 MB, compressed": ("data", lambda: large_data("u1", np.savez_compressed)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*LARGE, *ACCEPTED])
def test_the_worst_files_take_little_time_and_memory(tmp_path: Path, name: str) -> None:
    """In a process of its own, because memory that is given back is not counted as free.

    VmHWM, since ru_maxrss begins with that of the process which started this one.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("the system does not tell the memory of a process since it began")
    kind, make = (LARGE | ACCEPTED)[name]
    (tmp_path / "large").write_bytes(make())
    code = f"""
import re, sys, time
from pathlib import Path
from tests.test_readers import READERS, InkdigitsError
start, said = time.process_time(), ""
try:
    READERS[{kind!r}](Path(sys.argv[1]))
except InkdigitsError as error:
    said = str(error)
kilobytes = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)
print(time.process_time() - start, int(kilobytes) / 1024, said)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "large")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    first, second, *said = done.stdout.split()
    seconds, megabytes = float(first), float(second)
    print(f"{name}: {seconds:.2f} s, {megabytes:.0f} MB {' '.join(said)}")
    assert not said or name in LARGE
    assert seconds < 2
    assert megabytes < 500


def test_a_small_model_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(bad_files.good("model")[:-2] + b"[]," * 10**5)
    tracemalloc.start()
    with pytest.raises(InkdigitsError, match=r"malformed|truncated"):
        read_model(tmp_path / "model")
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


AUDIT = """
import contextlib, sys
from pathlib import Path
from tests.test_readers import KINDS, READERS, InkdigitsError, bad_files
folder = Path(sys.argv[1])
for kind in KINDS:  # what the readers themselves import
    (folder / kind).write_bytes(bad_files.good(kind))
    READERS[kind](folder / kind)
for each in ("JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"):
    (folder / "picture").write_bytes(bad_files.picture(each))
    READERS["picture"](folder / "picture")
cases = [(kind, case.content) for kind in KINDS for case in bad_files.bad(kind)]
FORBIDDEN = ("subprocess", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.startfile", "os.spawn",
    "socket", "pickle", "urllib", "http", "ftplib", "ctypes.dlopen", "os.remove", "os.rename", "os.mkdir",
    "os.chmod", "shutil", "tempfile", "webbrowser", "sqlite3", "code.__new__")
own, found = set(map(str, (folder / kind for kind in KINDS))), set()
"\\x1b".encode("unicode_escape")
modules = set(sys.modules)
def hook(event, arguments):
    if event.startswith(FORBIDDEN):
        found.add((event, str(arguments)))
    if event == "open" and not isinstance(arguments[0], int) and str(arguments[0]) not in own:
        outside.add(str(arguments[0]))
outside = set()
sys.addaudithook(hook)
for kind, content in cases:
    own_write = open(folder / kind, "wb")
    own_write.write(content)
    own_write.close()
    with contextlib.suppress(InkdigitsError):
        READERS[kind](folder / kind)
new = {name for name in set(sys.modules) - modules}
print(sorted(found), sorted(each for each in outside if not each.endswith((".py", ".pyc"))), sorted(new))
"""


@pytest.mark.slow
def test_reading_starts_no_process_opens_no_socket_and_imports_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", AUDIT, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[] [] []\n", "")
    assert not (ROOT / "written-by-ghostscript").exists()
