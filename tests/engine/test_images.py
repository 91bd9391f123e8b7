"""Pictures of digits, whatever the paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.datasets import Dataset
from engine.images import ImageError, picture_to_image, read_picture

pillow = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("dark_on_light", [True, False], ids=["dark on light", "light on dark"])
def test_either_polarity_gives_mnist_back(mnist: Dataset, dark_on_light: bool) -> None:
    for image in mnist.test.images[:50]:
        grey = image / 255
        framed = picture_to_image(1 - grey if dark_on_light else grey)
        np.testing.assert_allclose(framed.astype(int), image, atol=1)


def test_noisy_paper_is_paper(mnist: Dataset) -> None:
    random = np.random.default_rng(0)
    image = mnist.test.images[0]
    page = np.full((150, 200), 0.8)
    page[20:132, 60:172] -= 0.6 * np.kron(image / 255, np.ones((4, 4)))
    page += random.normal(0, 0.01, page.shape)
    framed = picture_to_image(np.clip(page, 0, 1))
    assert np.abs(framed.astype(int) - image).mean() < 6


def test_blank_page_gives_a_blank_picture() -> None:
    assert not picture_to_image(np.full((30, 40), 0.7)).any()


def test_transparent_parts_are_white(tmp_path: Path) -> None:
    picture = pillow.new("RGBA", (40, 40), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (18, 5, 22, 35))
    picture.save(tmp_path / "one.png")
    grey = read_picture(tmp_path / "one.png")
    assert grey[0, 0] == 1
    assert grey[20, 20] == 0


def test_turned_photo_is_turned_back(tmp_path: Path) -> None:
    picture = pillow.new("L", (60, 20), 255)
    exif = pillow.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture.save(tmp_path / "photo.jpg", exif=exif)
    assert read_picture(tmp_path / "photo.jpg").shape == (60, 20)


def test_large_photo_is_shrunk(tmp_path: Path) -> None:
    pillow.new("L", (3000, 2000), 255).save(tmp_path / "photo.png")
    assert max(read_picture(tmp_path / "photo.png").shape) == 1000


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + bytes(50)])
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
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 30_000)
    with pytest.raises(ImageError, match="bomb"):
        read_picture(tmp_path / "bomb.png")
