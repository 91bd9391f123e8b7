"""Pictures that are damaged, enormous, slow, or of a format that is not read."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np

from tests.bad_files.cases import Bad

LARGE = "pixels: make it smaller"
READ = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
NOT_READ = (
    *(
        "EPS",
        "PDF",
        "PCX",
        "TGA",
        "SGI",
        "ICO",
        "DIB",
        "IM",
        "MSP",
        "SPIDER",
        "XBM",
        "JPEG2000",
        "BLP",
        "DDS",
    ),
    *("ICNS", "AVIF", "PALM", "QOI"),
)


def picture(kind: str, size: tuple[int, int] = (30, 20)) -> bytes:
    """A small picture of stripes."""
    from PIL import Image

    mode = {"PALM": "P", "BLP": "P", "MSP": "1", "XBM": "1", "SPIDER": "F", "GIF": "L"}.get(kind, "RGB")
    stripes = (np.arange(size[0] * size[1]).reshape(size[::-1]) % 7 * 36).astype(np.uint8)
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        Image.fromarray(stripes).convert(mode).save(file, kind)
    return file.getvalue()


def png(
    width: int, height: int, *, chunks: bytes = b"", pixels: bytes = b"", depth: int = 8, kind: int = 0
) -> bytes:
    """A PNG file, right or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 10 10
%%EndComments
(written-by-ghostscript) (w) file closefile
showpage
%%EOF
"""
SIGNATURES = {
    "PostScript": b"%!PS\n{} loop\n",
    "PDF": b"%PDF-1.4\n",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "Photoshop": b"8BPS\0\1" + bytes(40),
    "FITS": b"SIMPLE  =                    T" + bytes(90),
    "GRIB": b"GRIB" + bytes(40),
    "BUFR": b"BUFR" + bytes(40),
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(40),
    "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(40),
    "EMF": b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(40),
    "FLI": bytes(4) + b"\x11\xaf" + bytes(140),
    "MIC": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "Python": b"import os\n",
    "a pickle": b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8c\x02os\x94.",
    "shell": b"#!/bin/sh\ntouch here\n",
    "ELF": b"\x7fELF" + bytes(60),
    "zip": b"PK\x03\x04" + bytes(60),
    "nothing but zeros": bytes(1000),
    "one byte": b"\x89",
    "text": b"hello",
    "QuickTime": bytes(4) + b"ftypqt  " + bytes(40),
    "RIFF": b"RIFF" + bytes(4) + b"WAVE" + bytes(40),
    "Flash": b"FWS" + bytes(40),
    "XCF": b"gimp xcf " + bytes(40),
}


def bad_pictures() -> Iterator[Bad]:
    """Pictures that are refused."""
    other_format = "is not a picture in one of these formats: PNG, JPEG"
    yield Bad("EPS that writes a file", EPS, other_format)
    yield Bad("empty", b"", "is empty")
    for name, content in SIGNATURES.items():
        yield Bad(name, content, other_format)
    for kind in NOT_READ:
        try:
            content = picture(kind)
        except (KeyError, OSError, ValueError):  # a Pillow that cannot write it
            continue
        yield Bad(kind, content, other_format)
    for kind in READ:
        whole = picture(kind)
        for part in (0.1, 0.2, 0.35, 0.5, 0.65, 0.8):
            yield Bad(f"{kind}, {part:.0%}", whole[: int(len(whole) * part)], "is not a picture")
    for width, height in (
        (0, 5),
        (5, 0),
        (1, 80_000_000),
        (80_000_000, 1),
        (5000, 5000),
        (2**31 - 1, 1),
        (40_000, 1),
    ):
        decodable = 5000 <= max(width, height) < 2**31 - 1
        yield Bad(f"{width} x {height}", png(width, height), LARGE if decodable else "is not a picture")
    for depth, colours in ((3, 0), (8, 1), (16, 3), (0, 0), (255, 255), (8, 3)):
        yield Bad(
            f"depth {depth}, colours {colours}", png(5, 5, depth=depth, kind=colours), "is not a picture"
        )
    yield Bad("PNG of 60,000 parts", png(5, 5, chunks=chunk(b"abCd", b"") * 60_000), "more than 50,000 parts")
    yield Bad(
        "GIF of 60,000 comments", b"GIF89a\5\0\5\0\0\0\0" + b"!\xfe\0" * 60_000, "more than 50,000 parts"
    )
    yield Bad("JPEG of 60,000 segments", b"\xff\xd8" + b"\xff\xe1\0\2" * 60_000, "more than 50,000 parts")
    texts = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) * 80
    yield Bad("PNG of 80 MB of text", png(5, 5, chunks=texts), "Too much memory")
    for kind, magic in (("plain", b"P3"), ("of 254 levels", b"P6")):
        content = magic + b" 2000 2000 254\n" + b"1 " * 10
        yield Bad(f"PPM, {kind}", content, "too large for its kind of PPM")
    for size in (b"-1 1", b"0 0", b"99999999999 1", b"1 x", b"1", b"9000 9000"):
        yield Bad(f"PPM, {size!r}", b"P6 " + size + b" 255\nxyz", "is not a picture|pixels")
    scans = picture("JPEG")
    start = scans.rindex(b"\xff\xda")
    many = scans[:-2] + scans[start:-2] * 40 + scans[-2:]
    yield Bad("JPEG of 41 scans", many, "more than 30 scans")
