"""A backend that raises is named in one line, with the command that checks it."""

from __future__ import annotations

import pytest

from backends import InkdigitsError
from backends.errors import BackendFailedError, blame, one_line, shown
from backends.numpy_backend import NumpyBackend


class Mine(NumpyBackend):
    name = "mine"


def test_a_backend_that_raises_is_named() -> None:
    with pytest.raises(BackendFailedError) as caught, blame(Mine(), "training"):
        raise ValueError("a\x1b[2Jb\nc")
    assert str(caught.value) == (
        "the backend mine failed while training: ValueError: a\\x1b[2Jb c; inkdigits backends --check mine"
    )
    assert caught.value.exit_code == 1
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_long_message_leaves_room_for_the_command() -> None:
    with pytest.raises(BackendFailedError) as caught, blame(Mine(), "training"):
        raise ValueError("x" * 1000)
    assert len(str(caught.value)) == 160
    assert str(caught.value).endswith("...; inkdigits backends --check mine")


def test_an_exception_that_cannot_be_shown_is_named_by_its_type() -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(BackendFailedError, match="training: UnprintableError; "), blame(Mine(), "training"):
        raise UnprintableError


def test_a_backend_cannot_end_the_program() -> None:
    with pytest.raises(BackendFailedError, match="SystemExit: 0"), blame(Mine(), "drawing"):
        raise SystemExit(0)


@pytest.mark.parametrize("error", [InkdigitsError("wrong shape"), KeyboardInterrupt(), MemoryError()])
def test_some_exceptions_are_not_the_backends(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, blame(Mine(), "training"):
        raise error
    assert caught.value is error


def test_one_line_is_printable_and_short() -> None:
    assert one_line("a\t\r\n b\u202e\x07", 20) == r"a\t\r\n b\u202e\x07"
    assert one_line("abcdefghij", 8) == "abcde..."


def test_long_messages_lose_their_middle() -> None:
    said = str(InkdigitsError(f"begin{'x' * 10**7}\x1b\nend"))
    assert len(said) == 300
    assert said.startswith("beginx")
    assert said.endswith(r"xx\x1b\nend")
    assert "..." in said


def test_names_of_files_are_shown_in_part() -> None:
    assert shown("a\x1b.json") == r"a\x1b.json"
    assert shown(b"\xff.json".decode("utf-8", "surrogateescape")) == r"\udcff.json"
    assert len(shown("/" + "d" * 4000 + "/model.json")) == 120
    assert shown("/" + "d" * 4000 + "/model.json").endswith("/model.json")
