"""Errors that are meant for the user, and the text of other exceptions made fit to be shown in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backends.base import Backend

LONGEST = 160  # characters of a message, apart from the name of a file in it
LONGEST_NAME = 120  # characters of the name of a file in a message
LONGEST_OF_ALL = 300  # characters of a line on standard error


class InkdigitsError(Exception):
    """Something the user can put right; the message is one line that says what, where and how.

    ``exit_code`` is what a command ends with: 2 for input that cannot be used.

    Parameters
    ----------
    message : str
        May quote a file or another's exception: control characters are escaped, and of more than 300
        characters the middle is left out.
    """

    exit_code = 2

    def __init__(self, message: object = "") -> None:
        super().__init__(one_line(message, LONGEST_OF_ALL, middle=True))


def install_hint(extra: str) -> str:
    """The command that installs an extra of setup.cfg.

    Parameters
    ----------
    extra : str
        Its name.

    Returns
    -------
    str
        For an error message.
    """
    return f"pip install 'inkdigits[{extra}]'"


class ArgumentError(InkdigitsError, ValueError):
    """An array or a number that a function cannot take: its shape, its dtype or its range is wrong."""


class BackendFailedError(InkdigitsError):
    """A backend raised an exception; the message names it and the command that checks it."""

    exit_code = 1


@contextmanager
def blame(backend: Backend, task: str) -> Iterator[None]:
    """Turn an exception from a backend into one line that names the backend.

    Wrap only code that runs the backend: whatever goes wrong inside is taken to be its fault.
    ``InkdigitsError``, ``KeyboardInterrupt`` and ``MemoryError`` pass unchanged.

    Parameters
    ----------
    backend : Backend
        The backend that runs.
    task : str
        What it does, such as ``"training"``.

    Yields
    ------
    None
        Use it in a ``with`` statement.

    Raises
    ------
    BackendFailedError
        The backend raised an exception, which is kept as the cause.
    """
    try:
        yield
    except (InkdigitsError, MemoryError):
        raise
    except (Exception, SystemExit) as error:  # another's code may raise anything, or try to exit
        name = one_line(getattr(backend, "name", type(backend).__name__), 30)
        start, end = f"the backend {name} failed while {task}: ", f"; inkdigits backends --check {name}"
        room = LONGEST - len(start) - len(end)
        raise BackendFailedError(f"{start}{describe(error, room)}{end}") from error


def describe(error: BaseException, limit: int = LONGEST) -> str:
    """Show an exception as one printable line: its type, then its message, line breaks as spaces.

    Parameters
    ----------
    error : BaseException
        The exception.
    limit : int
        Most characters of the line.

    Returns
    -------
    str
        The line.
    """
    try:
        said = str(error)
    except Exception:  # even that may fail in another's code
        said = ""
    said = " ".join(said[: 2 * LONGEST_OF_ALL].split())
    return one_line(f"{type(error).__name__}: {said}" if said else type(error).__name__, limit)


def one_line(text: object, limit: int = LONGEST, middle: bool = False) -> str:
    r"""Escape the line breaks and control characters of a text, and cut it.

    What a file, a name or another's exception says could otherwise move the cursor, recolour the terminal or
    fill it. Everything that is shown passes through here.

    Parameters
    ----------
    text : object
        Whatever `str` turns into text.
    limit : int
        Most characters of the line.
    middle : bool
        Whether to leave out the middle of a text that is too long, instead of its end.

    Returns
    -------
    str
        The line.

    Examples
    --------
    >>> one_line("a\nb")
    'a\\nb'
    >>> one_line("abcdefghij", 8)
    'abcde...'
    """
    said = str(text)
    end = limit // 2 if middle else 0
    if len(said) > 2 * limit:  # so that an enormous text takes no time
        said = said[:limit] + said[-limit:]
    line = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in said)
    if len(line) <= limit:
        return line
    return line[: limit - end - 3].rstrip() + "..." + line[len(line) - end :]


def shown(path: object) -> str:
    """Show the name of a file or folder: printable, and without the middle of a long one.

    Parameters
    ----------
    path : path-like
        The name, which may be any text or, on Linux, any bytes.

    Returns
    -------
    str
        At most 120 characters.
    """
    return one_line(path, LONGEST_NAME, middle=True)
