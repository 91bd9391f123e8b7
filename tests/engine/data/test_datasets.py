"""Data: found in the promised order, checked once, and never believed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data import datasets
from engine.data.datasets import DataError, Dataset, Examples, load_digits8x8, load_mnist, read_dataset


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no data and no network."""
    monkeypatch.delenv("INKDIGITS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "URL", "http://127.0.0.1:9/mnist.npz")
    return tmp_path


def test_real_mnist_is_known_by_its_digits(mnist: Dataset) -> None:
    assert mnist.name == "mnist"
    assert (len(mnist.train), len(mnist.test)) == (60_000, 10_000)


def test_a_file_of_ones_own_comes_first(tiny_file: Path, tiny: Dataset) -> None:
    dataset = load_mnist(tiny_file)
    assert dataset.name == "tiny.npz"
    assert dataset.sha256 == tiny.sha256


def test_the_folder_of_the_environment_comes_next(
    nowhere: Path, tiny_file: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_file.rename(nowhere / "mnist.npz")
    monkeypatch.setenv("INKDIGITS_DATA", str(nowhere))
    assert load_mnist().sha256 == tiny.sha256


@pytest.mark.parametrize("place", ["cache/inkdigits", "keras/datasets"])
def test_caches_are_looked_into(
    nowhere: Path, tiny_file: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    pytest.importorskip("pooch")
    (nowhere / place).mkdir(parents=True)
    tiny_file.rename(nowhere / place / "mnist.npz")
    with pytest.raises(DataError, match="could not be downloaded"):
        load_mnist()  # not the real digits: a cache that holds anything else is passed over
    monkeypatch.setattr(datasets, "MNIST_SHA256", tiny.sha256)
    assert load_mnist().name == "mnist"


def test_offline_message_names_every_way_out(nowhere: Path) -> None:
    pytest.importorskip("pooch")
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        load_mnist()
    for way in ("--data FILE", "INKDIGITS_DATA", "digits8x8"):
        assert str(caught.value).index(way) < str(caught.value).index("could not be")  # ways out first
    assert len(str(caught.value)) <= 160


def test_without_the_downloader_it_says_what_is_missing(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(DataError, match=r"^pip install 'inkdigits\[train\]'"):
        load_mnist()


def test_download_is_checked_and_kept(
    nowhere: Path, tiny_file: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooch = pytest.importorskip("pooch")
    fetched = []

    class Local:
        def __init__(self, **options: Any) -> None: ...

        def __call__(self, url: str, output: Any, mirror: Any) -> None:
            fetched.append(url)
            Path(output.name if hasattr(output, "name") else output).write_bytes(tiny_file.read_bytes())

    monkeypatch.setattr(pooch, "HTTPDownloader", Local)
    with pytest.raises(DataError, match="hash"):
        load_mnist()
    monkeypatch.setattr(datasets, "URL_SHA256", pooch.file_hash(str(tiny_file)))
    monkeypatch.setattr(datasets, "MNIST_SHA256", tiny.sha256)
    assert load_mnist().sha256 == tiny.sha256
    assert load_mnist().name == "mnist"
    assert len(fetched) == 2  # the refused one and the good one; the third time it was in the cache


def test_digits8x8_need_no_download() -> None:
    pytest.importorskip("sklearn")
    dataset = load_digits8x8()
    assert (len(dataset.train), len(dataset.test)) == (1438, 359)
    assert set(dataset.test.labels.tolist()) == set(range(10))


def test_keras_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keras", None)
    monkeypatch.setitem(__import__("sys").modules, "keras.datasets", None)
    with pytest.raises(DataError, match=r"pip install 'inkdigits\[tensorflow\]'"):
        datasets.load_mnist_from_keras()


IMAGES, LABELS = np.zeros((5, 28, 28), np.uint8), np.zeros(5, np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.astype(float), LABELS, "uint8"),
        (IMAGES[:, :20], LABELS, "28, 28"),
        (IMAGES.reshape(5, 784), LABELS, "28, 28"),
        (IMAGES, LABELS[:4], "one integer for each of 5"),
        (IMAGES, LABELS.astype(float), "one integer"),
        (IMAGES, LABELS + 10, "labels run from 10 to 10"),
        (IMAGES, LABELS.astype(int) - 1, "labels run from -1"),
        (IMAGES[:0], LABELS[:0], "no examples"),
    ],
)
def test_bad_examples_are_refused(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Examples(images, labels)


def test_damaged_archives_are_refused(tmp_path: Path, tiny_file: Path) -> None:
    good = tiny_file.read_bytes()
    cases = {
        "empty.npz": b"",
        "text.npz": b"hello",
        "cut.npz": good[: len(good) // 2],
        "flipped.npz": good[:300] + b"\xff" * 50 + good[350:],
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            read_dataset(tmp_path / name)


def test_missing_array_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "half.npz", x_train=IMAGES, y_train=LABELS)
    with pytest.raises(DataError, match="has no array 'x_test'"):
        read_dataset(tmp_path / "half.npz")


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    objects = np.array([object()], dtype=object)
    np.savez(tmp_path / "evil.npz", x_train=objects, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    with pytest.raises(DataError, match="allow_pickle"):
        read_dataset(tmp_path / "evil.npz")


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "LARGEST_ARCHIVE", 10_000)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", bytes(100_000))
    with pytest.raises(DataError, match="unpacks to more than"):
        read_dataset(tmp_path / "bomb.npz")
