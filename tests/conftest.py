"""What tests share: backends by name, real digits where they are, small ones where they are not."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from backends import Backend, get_backend
from engine.data.datasets import Dataset, Examples, read_dataset
from engine.data.drawings import Drawing, read_drawings
from engine.data.strokes import strokes_to_image

NEEDS_NUMBA = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="numba is not installed")


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """Where SIGINT is ignored, as in the background of a shell, processes that tests start ignore it too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _one_thread_of_blas() -> Iterator[None]:
    """Tests run side by side, on as many cores as there are; what they start inherits the variable."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture(params=["numpy", pytest.param("numba", marks=NEEDS_NUMBA)])
def backend(request: pytest.FixtureRequest) -> Backend:
    return get_backend(request.param)


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST; without it, the tests that need it say so and are skipped."""
    folder = os.environ.get("INKDIGITS_DATA")
    if not folder:
        pytest.skip("INKDIGITS_DATA names no folder with mnist.npz")
    return read_dataset(Path(folder) / "mnist.npz")


@pytest.fixture(scope="session")
def pen_strokes() -> list[Drawing]:
    """The real pen strokes; without them, the tests that need them say so and are skipped."""
    path = Path(os.environ.get("INKDIGITS_DATA", "")) / "pen_strokes_dev.json"
    if not path.is_file():
        pytest.skip("INKDIGITS_DATA names no folder with pen_strokes_dev.json")
    return read_drawings(path)


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """600 easy drawings that anyone can make: ones (a line), zeros (a ring) and sevens (a corner)."""
    random = np.random.default_rng(0)
    turn = np.linspace(0, 2 * np.pi, 20)
    shapes = {
        0: np.stack([np.cos(turn), 1.3 * np.sin(turn)], axis=1),
        1: np.array([[0.0, 0.0], [0.0, 3.0]]),
        7: np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 3.0]]),
    }
    labels = random.choice(list(shapes), 600)
    images = [
        strokes_to_image([shapes[label] @ (np.eye(2) + random.normal(0, 0.1, (2, 2)))]) for label in labels
    ]
    digits = Examples(np.stack(images), labels)
    return Dataset("tiny", digits[:500], digits[500:])


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which a server on this machine offers its files."""
    folder = tmp_path / "web"
    folder.mkdir()
    server = HTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # requests leaves the socket of a refused request to the garbage collector


@pytest.fixture
def tiny_file(tiny: Dataset, tmp_path: Path) -> Path:
    """The tiny digits as a file."""
    path = tmp_path / "tiny.npz"
    np.savez(
        path,
        x_train=tiny.train.images,
        y_train=tiny.train.labels,
        x_test=tiny.test.images,
        y_test=tiny.test.labels,
    )
    return path
