"""Opening picture files with Pillow, which is told what it may read and how much.

Pillow knows a format by the file's content, whatever its name, and some of its 40 formats start another
program (EPS: Ghostscript), follow paths, or decode in Python. So the formats are named here, pixels are
counted before they are decoded, and so are the parts of the file, each of which takes time.
"""

from __future__ import annotations

import importlib
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from backends.errors import InkdigitsError, describe, install_hint, shown
from engine.data.files import MEGABYTE, read_file

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats, and Pillow's module for each.
FORMATS = {
    "PNG": "Png",
    "JPEG": "Jpeg",
    "GIF": "Gif",
    "BMP": "Bmp",
    "TIFF": "Tiff",
    "WEBP": "WebP",
    "PPM": "Ppm",
}
LARGEST_FILE = 64 * MEGABYTE
MOST_PIXELS = 20_000_000
LONGEST_SIDE = 30_000  # px; each row takes memory of its own
MOST_READS = 50_000  # of parts of a file; a photo has some hundreds
MOST_SCANS = 30  # of a progressive JPEG, each of which goes over all pixels; a photo has about ten
SLOW_CODECS = ("ppm", "ppm_plain", "bmp_rle")  # written in Python
SLOW_LIMIT = 1_000_000  # pixels and bytes
WAY_OUT = "save it as PNG or JPEG"


class ImageError(InkdigitsError):
    """A picture file that cannot be read."""


def open_picture(path: Path, side: int) -> Image:
    """Read a picture file, rotated as its EXIF data say.

    Parameters
    ----------
    path : pathlib.Path
        The file: PNG, JPEG, GIF (the first frame), BMP, TIFF (the first page), WebP or PPM.
    side : int
        Of a JPEG file that is larger, no more than this and a half is read.

    Returns
    -------
    PIL.Image.Image
        In mode RGBA.

    Raises
    ------
    ImageError
        Pillow is not installed, or the file is missing, damaged, too large or no picture.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError

        for module in FORMATS.values():  # or Pillow would import its modules for all formats there are
            importlib.import_module(f"PIL.{module}ImagePlugin")
    except ImportError:
        raise ImageError(f"reading pictures needs Pillow: {install_hint('predict')}") from None
    content = read_file(path, ImageError, LARGEST_FILE)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(_Counted(content), formats=list(FORMATS)) as file,
        ):
            _check(file, content)
            file.draft("RGB", (side, side))
            upright: Image.Image = ImageOps.exif_transpose(file)
            return upright.convert("RGBA")
    except _LimitError as error:
        raise ImageError(f"{shown(path)} {error}") from None
    except UnidentifiedImageError:
        raise ImageError(
            f"{shown(path)} is not a picture in one of these formats: {', '.join(FORMATS)}"
        ) from None
    except Exception as error:  # damaged files raise many things
        why = describe(error, 90)
        raise ImageError(f"{shown(path)} is not a picture that can be read ({why}): {WAY_OUT}") from None


class _LimitError(Exception):
    """More than is read; the message follows the file's name."""


class _Counted(io.BytesIO):
    """A file of which a limited number of parts is read."""

    left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise _LimitError(f"has more than {MOST_READS:,} parts: {WAY_OUT}")
        return super().read(size)


def _check(file: Image, content: bytes) -> None:
    """Refuse a picture that would take long to decode, before it is decoded."""
    width, height = file.size
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _LimitError(f"has {width} x {height} pixels: make it smaller")
    codecs = {tile[0] for tile in getattr(file, "tile", ())}
    if codecs & set(SLOW_CODECS) and max(width * height, len(content)) > SLOW_LIMIT:
        raise _LimitError(f"is too large for its kind of {file.format} file: {WAY_OUT}")
    is_jpeg = file.format in ("JPEG", "MPO") or file.info.get("compression") == "jpeg"
    if is_jpeg and content.count(b"\xff\xda") > MOST_SCANS:
        raise _LimitError(f"has more than {MOST_SCANS} scans: {WAY_OUT}")
