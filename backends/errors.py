"""The one base class of errors that are meant for the user."""

from __future__ import annotations


class InkdigitsError(Exception):
    """Something the user can put right; the message is one line that says what, where and how.

    ``exit_code`` is what a command ends with: 2 for input that cannot be used.
    """

    exit_code = 2


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
