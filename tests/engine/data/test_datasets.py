"""Data: found in the promised order, checked once, and never believed."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data import archives, datasets
from engine.data.datasets import (
    DataError,
    Dataset,
    Examples,
    classes_of,
    indices_of,
    load_digits8x8,
    load_mnist,
    read_dataset,
)


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
    assert mnist.test is not None
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
    assert dataset.test is not None
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
        (IMAGES.astype(float) - 1, LABELS, r"float64 from -1.0 to -1.0; .* floating point in \[0, 1\]"),
        (IMAGES.astype(float) + 2, LABELS, "float64 from 2.0 to 2.0"),
        (IMAGES.astype(float) + np.nan, LABELS, "nan"),
        (IMAGES.astype(int) + 256, LABELS, "int64 from 256 to 256; integers in 0-255"),
        (IMAGES.astype(complex), LABELS, r"images are complex128 \(5, 28, 28\)"),
        (IMAGES[:, :0], LABELS, r"images are uint8 \(5, 0, 28\)"),
        (IMAGES[0, 0], LABELS, r"images are uint8 \(28,\)"),
        (IMAGES, LABELS[:4], "one integer for each of 5"),
        (IMAGES, LABELS.astype(float), "one integer"),
        (IMAGES, LABELS.astype(int) - 1, "labels run from -1"),
        (IMAGES[:0], LABELS[:0], "no examples"),
    ],
)
def test_bad_examples_are_refused(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Examples(images, labels)


def test_test_examples_must_fit() -> None:
    with pytest.raises(DataError, match="labels run from 10 to 10; there are 10 classes"):
        Dataset("d", Examples(IMAGES, LABELS), Examples(IMAGES, LABELS + 10))
    with pytest.raises(DataError, match=r"test images are \(20, 28\), training images \(28, 28\)"):
        Dataset("d", Examples(IMAGES, LABELS), Examples(IMAGES[:, :20], LABELS))


@pytest.mark.parametrize("dtype", [np.int64, np.uint16, np.float32, np.float64, np.uint8, bool])
@pytest.mark.parametrize("shape", [(6, 5, 4), (6, 20), (6, 1, 5, 4), (6, 5, 4, 1)])
def test_integers_and_floats_of_any_kind_are_images(dtype: Any, shape: tuple[int, ...]) -> None:
    top = 1 if np.dtype(dtype).kind in "fb" else 255
    pixels = (np.arange(120) % 2 * top).reshape(shape).astype(dtype)
    examples = Examples(pixels, np.arange(6))
    assert examples.images.shape == tuple(side for side in shape if side != 1)
    assert examples.images.dtype == (np.float32 if np.dtype(dtype).kind == "f" else np.uint8)
    assert examples.images.max() == (1 if np.dtype(dtype).kind in "fb" else 255)
    assert examples.pixels == 20


@pytest.mark.parametrize(
    ("labels", "classes", "indices"),
    [
        ([3, 9, 3], tuple("0123456789"), [3, 9, 3]),
        (["7", "1"], tuple("0123456789"), [7, 1]),
        ([10, 2, 30], ("2", "10", "30"), [1, 0, 2]),
        (["b", "a", "b"], ("a", "b"), [1, 0, 1]),
        ([-1, 1], ("-1", "1"), [0, 1]),
    ],
)
def test_labels_are_digits_or_what_is_found(
    labels: Any, classes: tuple[str, ...], indices: list[int]
) -> None:
    assert classes_of(labels) == classes
    np.testing.assert_array_equal(indices_of(labels, classes), indices)


def test_unknown_labels_are_named() -> None:
    with pytest.raises(DataError, match="'c' is not among the 2 classes"):
        indices_of(["a", "c"], ("a", "b"))
    with pytest.raises(DataError, match="float64"):
        indices_of(np.zeros(3), ("0",))


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
    np.savez(tmp_path / "half.npz", x_train=IMAGES)
    with pytest.raises(DataError, match="has no array 'y_train'"):
        read_dataset(tmp_path / "half.npz")


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    objects = np.array([object()], dtype=object)
    np.savez(tmp_path / "evil.npz", x_train=objects, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    with pytest.raises(DataError, match="allow_pickle"):
        read_dataset(tmp_path / "evil.npz")


def test_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_TIGHT", 10_000)
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", bytes(100_000))
    with pytest.raises(DataError, match="unpacks to 0 MB, more than it may"):
        read_dataset(tmp_path / "bomb.npz")


def test_archive_larger_than_the_caller_expects_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(1000))
    assert archives.read_archive(tmp_path / "a.npz", ("x",), largest=10_000)[0].shape == (1000,)
    with pytest.raises(DataError, match=r"a\.npz unpacks to 0 MB, more than it may"):
        archives.read_archive(tmp_path / "a.npz", ("x",), largest=8000)


def test_environment_names_a_folder_that_is_there(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (nowhere, nowhere / "none"):
        monkeypatch.setenv("INKDIGITS_DATA", str(folder))
        with pytest.raises(DataError, match=r"INKDIGITS_DATA names .*, without a mnist\.npz: correct it"):
            load_mnist()
