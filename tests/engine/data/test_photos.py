"""Pictures of digits on any background."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.arrays import Array
from engine import Network
from engine.data import pictures
from engine.data.datasets import Dataset
from engine.data.photos import LARGEST_SIDE, find_digit, images_from_pictures, read_picture
from engine.data.pictures import ImageError

pillow = pytest.importorskip("PIL.Image")

BOTH = pytest.mark.parametrize("dark_on_light", [True, False], ids=["dark on light", "light on dark"])


def photo(image: Any, dark_on_light: bool, noise: float, seed: int) -> Array:
    """Blue ink on yellowish paper under a lamp to one side, with a speck of dirt, as a camera sees it."""
    random = np.random.default_rng(seed)
    ink = np.asarray(pillow.fromarray(image).resize((112, 112), pillow.Resampling.BICUBIC)) / 255
    page = np.zeros((180, 240))
    top, left = random.integers(0, 180 - 112), random.integers(0, 240 - 112)
    page[top : top + 112, left : left + 112] = ink
    page[3:5, 3:5] = 1
    y, x = np.mgrid[-1:1:180j, -1:1:240j]
    light = 0.8 + 0.12 * random.uniform(-1, 1) * x + 0.1 * random.uniform(-1, 1) * y - 0.1 * (x**2 + y**2)
    paper, blue = np.array([1.0, 0.97, 0.9]), np.array([0.15, 0.2, 0.55])
    colours = light[..., None] * (paper + page[..., None] * (blue - paper))
    colours = np.clip(colours + random.normal(0, noise, colours.shape), 0, 1)
    return colours if dark_on_light else 1 - colours


@BOTH
def test_images_of_mnist_come_back_unchanged(mnist: Dataset, dark_on_light: bool) -> None:
    for image in mnist.test.images[:50]:
        found = find_digit((255 - image if dark_on_light else image) / 255)
        assert found.dark_on_light is dark_on_light
        np.testing.assert_allclose(found.image.astype(int), image, atol=1)


@BOTH
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_photos_are_recognized(mnist: Dataset, dark_on_light: bool, noise: float) -> None:
    network = Network.load()
    assert mnist.test is not None
    some = mnist.test[:20]
    found = [find_digit(photo(image, dark_on_light, noise, seed)) for seed, image in enumerate(some.images)]
    assert all(each.dark_on_light is dark_on_light for each in found)
    right = network.predict(np.stack([each.image for each in found])) == some.labels
    assert right.mean() >= 0.95


def test_box_is_where_the_ink_is() -> None:
    page = np.full((100, 200), 0.9)
    page[20:60, 50:100] = 0.1
    assert find_digit(page).box == (0.25, 0.2, 0.5, 0.6)


def test_pieces_of_a_digit_are_kept() -> None:
    """A five whose bar is a component of its own loses nothing."""
    page = np.full((100, 100), 0.9)
    page[20:26, 40:70] = 0.1
    page[32:80, 40:46] = 0.1
    left, top, right, bottom = find_digit(page).box
    assert (left, top, right, bottom) == (0.4, 0.2, 0.7, 0.8)


@pytest.mark.parametrize("shape", [(28, 28), (100, 140), (100, 140, 3)])
def test_blank_page_gives_a_blank_image(shape: tuple[int, ...]) -> None:
    assert not find_digit(np.full(shape, 0.7)).image.any()


def test_arrays_of_many_pictures(mnist: Dataset) -> None:
    some = mnist.test.images[:5]
    np.testing.assert_allclose(images_from_pictures(some).astype(int), some, atol=1)
    large = np.kron(some, np.ones((1, 2, 2), np.uint8))
    np.testing.assert_allclose(images_from_pictures(large).astype(int), some, atol=1)
    np.testing.assert_allclose(images_from_pictures(some / 16).astype(int), some, atol=1)
    assert images_from_pictures(some[:0]).shape == (0, 28, 28)


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    picture = pillow.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (18, 5, 22, 35))
    picture.save(tmp_path / "one.png")
    colours = read_picture(tmp_path / "one.png")
    assert (colours[0, 0] == 1).all()
    assert (colours[20, 20] == 0).all()


def test_photo_is_rotated_as_its_exif_data_say(tmp_path: Path) -> None:
    exif = pillow.Exif()
    exif[0x0112] = 6  # orientation: rotated by a quarter turn
    pillow.new("L", (60, 20), 255).save(tmp_path / "photo.jpg", exif=exif)
    assert read_picture(tmp_path / "photo.jpg").shape == (60, 20, 3)


def test_large_photo_is_shrunk(tmp_path: Path) -> None:
    pillow.new("L", (3000, 2000), 255).save(tmp_path / "photo.png")
    assert max(read_picture(tmp_path / "photo.png").shape) == LARGEST_SIDE


@pytest.mark.parametrize("content", [b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"broken\.png is not a picture"):
        read_picture(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="there is no file"):
        read_picture(tmp_path / "none.png")


def test_decompression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow.new("L", (200, 200)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(pictures, "MOST_PIXELS", 30_000)
    with pytest.raises(ImageError, match=r"bomb\.png has 200 x 200 pixels: make it smaller"):
        read_picture(tmp_path / "bomb.png")
