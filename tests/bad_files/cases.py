"""What a bad file is, and what makes many of one good document."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

Place = tuple[str | int, ...]


class Bad(NamedTuple):
    """A bad file: what is wrong with it, its content, and a regular expression for the message."""

    name: str
    content: bytes
    message: str


def replaced(document: Any, place: Place, value: Any) -> Any:
    """A copy of a document with another value at a place."""
    document = copy.deepcopy(document)
    at = document
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return document


def written(place: Place) -> str:
    """A place as messages write it, as a regular expression: \\$\\.a\\[0\\]."""
    return "".join(rf"\[{key}\]" if isinstance(key, int) else rf"\.{key}" for key in place)


def without(document: Any, place: Place) -> Any:
    """A copy of a document without what is at a place."""
    document = copy.deepcopy(document)
    at = document
    for key in place[:-1]:
        at = at[key]
    del at[place[-1]]
    return document


def any_text(content: bytes, message: str) -> Iterator[Bad]:
    """What is wrong with a text whatever it says."""
    for part in range(1, 20):
        yield Bad(
            f"cut after {part}/20", content[: len(content) * part // 20], f"{message}|truncated|malformed"
        )
    for start in (b"PK\x03\x04", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x80\x04K\x01.", b"NaN"):
        yield Bad(f"begins with {start!r}", start + content, f"{message}|malformed|neither|UTF-8")
    yield Bad("empty", b"", "is empty")
    yield Bad("UTF-16", content.decode().encode("utf-16"), f"{message}|malformed|neither|UTF-8")
    yield Bad("more after it", content + b"{}", f"{message}|malformed")
