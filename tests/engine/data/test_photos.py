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
from engine.data.photos import LARGEST_SIDE, find_digit, find_digits, images_from_pictures, read_picture
from engine.data.pictures import ImageError

pillow = pytest.importorskip("PIL.Image")
pytest.importorskip("scipy")

from benchmarks import paper  # noqa: E402 - needs Pillow and SciPy

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


# ---- Pages of all kinds ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Network:
    return Network.load()


@pytest.fixture(scope="module")
def page_digits(mnist: Dataset) -> list[paper.Digit]:
    """Digits that the shipped network reads, one of each and some more."""
    network, train = Network.load(), mnist.train[:200]
    right = np.flatnonzero(network.predict(train.images) == train.labels)
    return [paper.Digit(int(train.labels[i]), image=train.images[i]) for i in right[:30]]


def as_read(picture: Any, tmp_path: Path) -> Array:
    path = tmp_path / "page.png"
    exif = picture.info.get("exif")
    picture.save(path, **({"exif": exif} if exif else {}))
    return read_picture(path)


@pytest.mark.parametrize("kind", [kind for kind in paper.PAGES if kind != "12 megapixels"])
def test_every_kind_of_page_is_read(
    kind: str, page_digits: list[paper.Digit], shipped: Network, tmp_path: Path
) -> None:
    """`python -m benchmarks.pages` reads 200 of each kind."""
    random = np.random.default_rng(len(kind))
    some = page_digits[len(kind) % 10 :][:6]
    found = [find_digits(as_read(paper.PAGES[kind](digit, random), tmp_path)) for digit in some]
    answers = ["".join(map(str, shipped.predict(np.stack([each.image for each in one])))) for one in found]
    assert sum(answer == str(digit.label) for answer, digit in zip(answers, some, strict=True)) >= 5


@pytest.mark.parametrize("column", [False, True], ids=["row", "column"])
def test_digits_are_found_in_reading_order(
    column: bool, page_digits: list[paper.Digit], shipped: Network, tmp_path: Path
) -> None:
    right = 0
    for start in range(0, 12, 3):
        some, random = page_digits[start : start + 3], np.random.default_rng(start)
        found = find_digits(as_read(paper.row_of(some, random, column), tmp_path))
        answers = shipped.predict(np.stack([each.image for each in found])).tolist()
        right += answers == [digit.label for digit in some]
        along = [each.box[1 if column else 0] for each in found]
        assert along == sorted(along)
    assert right >= 3


def test_two_rows_are_read_one_after_the_other() -> None:
    page = np.full((200, 200), 0.9)
    for top, left in ((20, 30), (24, 120), (120, 20), (116, 130)):
        page[top : top + 50, left : left + 10] = 0.1
    boxes = [each.box for each in find_digits(page)]
    assert [(round(left * 200), round(top * 200)) for left, top, _, _ in boxes] == [
        (30, 20),
        (120, 24),
        (20, 120),
        (130, 116),
    ]


@pytest.mark.parametrize("kind", ["clean page", "colour", "soft shadow", "cut to the ink, 128 px", "ruled"])
def test_a_negative_is_read_as_the_picture_is(
    kind: str, page_digits: list[paper.Digit], tmp_path: Path
) -> None:
    """Light and dark change places; what is found is the same."""
    for digit in page_digits[:4]:
        picture = as_read(paper.PAGES[kind](digit, np.random.default_rng(3)), tmp_path)
        found, negative = find_digit(picture), find_digit(1 - picture)
        assert (found.dark_on_light, negative.dark_on_light) == (True, False)
        assert np.abs(np.subtract(found.box, negative.box)).max() < 0.03
        assert np.abs(found.image.astype(int) - negative.image).mean() < 16


@pytest.mark.parametrize("seed", range(25))
def test_place_and_size_do_not_matter(page_digits: list[paper.Digit], seed: int) -> None:
    random = np.random.default_rng(seed)
    (rows, columns), share = random.integers(100, 257, 2), random.uniform(0.3, 0.8)
    digit = page_digits[random.integers(10)]
    page = paper.put(paper.ink_of(digit, int(share * min(rows, columns))), random, int(columns), int(rows))
    usual = np.pad(paper.ink_of(digit, 90), 60)
    found, expected = find_digits(0.9 - 0.8 * page), find_digits(0.9 - 0.8 * usual)
    assert len(found) == len(expected) == 1
    # Rounding may tip a centre of mass over the edge of a pixel.
    moved = [np.roll(expected[0].image, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    assert min(np.abs(found[0].image.astype(int) - each).mean() for each in moved) < 12


def test_a_set_of_small_pictures_has_one_polarity(mnist: Dataset) -> None:
    """A full picture among them would be turned inside out if it were looked at alone."""
    full = np.zeros((1, 16, 16), np.uint8)
    full[0, :, 1:] = 255
    small = np.stack([np.pad(image[4:24:2, 4:24:2], 3) for image in mnist.train.images[:50]])
    images = images_from_pictures(np.concatenate([small, full]))
    alone = images_from_pictures(full)
    assert images[-1].sum() > alone[0].sum()


def test_frames_rules_and_dirt_are_no_ink() -> None:
    page = np.full((200, 240), 0.9)
    page[60:140, 100:112] = 0.1  # a one
    clean = find_digits(page)
    framed, ruled, dirty, cut = page.copy(), page.copy(), page.copy(), page.copy()
    framed[30:170, [60, 61, 160, 161]] = framed[[30, 31, 168, 169], 60:162] = 0.1
    ruled[[40, 41, 100, 101, 160, 161]] = 0.1
    dirty[20:23, 20:23] = 0.1
    cut[:, :14] = 0.3  # a table
    for other in (framed, ruled, dirty, cut):
        found = find_digits(other)
        assert len(found) == 1
        assert np.abs(np.subtract(found[0].box, clean[0].box)).max() < 0.01
        assert np.abs(found[0].image.astype(int) - clean[0].image).mean() < 3


def one(width: int = 12) -> Array:
    """A page with a one of 80 rows."""
    page = np.full((200, 240), 0.9)
    page[60:140, 100 : 100 + width] = 0.1
    return page


def ink_across(page: Array) -> int:
    """Columns of the network's input that are mostly ink."""
    (found,) = find_digits(page)
    return int((found.image.max(axis=0) > 127).sum())


def test_thin_pens_are_made_wider_and_fat_ones_thinner() -> None:
    assert ink_across(one(2)) >= 2
    assert find_digits(one(2))[0].image.max() == 255
    assert ink_across(one(12)) == 3
    assert ink_across(one(28)) <= 6


def test_dirt_and_marks_beside_a_digit_are_left_out() -> None:
    expected = find_digits(one())[0].box
    dirt, mark = one(), one()
    dirt[70:73, 125:128] = 0.1
    mark[150:170, 200:212] = 0.1
    for page in (dirt, mark):
        (found,) = find_digits(page)
        assert found.box == expected


def test_the_bar_of_a_seven_belongs_to_it() -> None:
    """Even where a pen was lifted between the two."""
    page = one()
    page[48:60, 40:113] = page[58:60, :] = 0.1
    page[56:60] = 0.9
    (found,) = find_digits(page)
    assert found.box[0] == pytest.approx(40 / 240)


def test_a_line_with_a_gap_is_one_digit() -> None:
    page = one()
    page[98:100] = 0.9
    assert len(find_digits(page)) == 1


def test_ink_as_bright_as_its_paper_is_seen() -> None:
    green, grey = np.array([0.1, 0.6, 0.1]), np.full(3, 0.8 / 3)
    page = np.where(one()[..., None] < 0.5, green, grey)
    assert np.abs(np.subtract(find_digits(page)[0].box, find_digits(one())[0].box)).max() < 0.01
