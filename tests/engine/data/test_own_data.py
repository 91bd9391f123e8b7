"""A user's own data: archives of any picture size, folders sorted by label."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.data.datasets import DIGITS, DataError, Dataset
from engine.data.own_data import read_own_data
from engine.data.pictures import ImageError


def test_pictures_of_another_size_are_framed(tmp_path: Path, tiny: Dataset) -> None:
    large = np.kron(255 - tiny.train.images[:20], np.ones((1, 3, 3), np.uint8))  # dark on light, 84x84
    np.savez(tmp_path / "large.npz", x_train=large, y_train=tiny.train.labels[:20])
    dataset = read_own_data(tmp_path / "large.npz")
    assert dataset.test is None
    assert dataset.classes == DIGITS
    difference = np.abs(dataset.train.images.astype(int) - tiny.train.images[:20])
    assert difference.mean() < 5  # of 255


def test_28x28_images_and_rows_are_taken_as_they_are(tmp_path: Path, tiny: Dataset) -> None:
    images, labels = tiny.train.images[:20], tiny.train.labels[:20]
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels, x_test=images[:5], y_test=labels[:5])
    np.testing.assert_array_equal(read_own_data(tmp_path / "a.npz").train.images, images)
    np.savez(tmp_path / "b.npz", x_train=np.eye(4), y_train=list("abca"))
    rows = read_own_data(tmp_path / "b.npz")
    assert (rows.train.pixels, rows.classes) == (4, ("a", "b", "c"))


@pytest.mark.parametrize("axis", [1, 3])
def test_a_single_channel_axis_is_dropped(tmp_path: Path, tiny: Dataset, axis: int) -> None:
    images = np.expand_dims(tiny.train.images[:5], axis)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=tiny.train.labels[:5])
    np.testing.assert_array_equal(read_own_data(tmp_path / "a.npz").train.images, tiny.train.images[:5])


def test_pictures_with_other_channels_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros((2, 9, 9, 4)), y_train=np.zeros(2, int))
    with pytest.raises(DataError, match=r"\(2, 9, 9, 4\)"):
        read_own_data(tmp_path / "a.npz")


@pytest.fixture
def folder(tmp_path: Path, tiny: Dataset) -> Path:
    """Pictures in folders, as people keep them; with a file of the system's among them."""
    pillow = pytest.importorskip("PIL.Image")
    for index in range(12):
        label = tmp_path / "pictures" / str(tiny.train.labels[index])
        label.mkdir(parents=True, exist_ok=True)
        pillow.fromarray(255 - tiny.train.images[index]).resize((60, 60)).save(label / f"{index}.png")
        (label / ".hidden").write_text("not a picture")
    return tmp_path / "pictures"


def test_folder_sorted_by_label(folder: Path, tiny: Dataset) -> None:
    told: list[tuple[int, int]] = []
    dataset = read_own_data(folder, lambda done, of: told.append((done, of)))
    assert (dataset.name, dataset.classes, len(dataset.train)) == ("pictures", DIGITS, 12)
    np.testing.assert_array_equal(np.sort(dataset.train.labels), np.sort(tiny.train.labels[:12]))
    assert told == [(done, 12) for done in range(1, 13)]


def test_folder_with_a_test_part_and_names_for_labels(folder: Path) -> None:
    for part in ("train", "test"):
        (folder / "apart" / part).mkdir(parents=True)
    (folder / "1").rename(folder / "apart" / "train" / "line")
    (folder / "7").rename(folder / "apart" / "train" / "corner")
    (folder / "0").rename(folder / "apart" / "test" / "line")
    dataset = read_own_data(folder / "apart")
    assert dataset.classes == ("corner", "line")
    assert dataset.test is not None
    assert set(dataset.test.labels) == {1}


def test_what_is_no_picture_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "7" / "notes.txt").write_text("hello")
    with pytest.raises(ImageError, match=r"notes\.txt"):
        read_own_data(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no pictures: sort them into a sub-folder for each label"):
        read_own_data(tmp_path / "empty")
