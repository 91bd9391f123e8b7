"""Public docstrings are valid numpydoc, document every parameter, and their examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import types
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

import backends
import engine
import inkdigits

numpydoc_validate = pytest.importorskip("numpydoc.validate")
numpydoc_docscrape = pytest.importorskip("numpydoc.docscrape")

ROOT = Path(__file__).parent.parent

INTERNAL = ("backends.numba_backend", "backends.checks", "backends.conformance.")
# The checks of numpydoc that are not ours.
NOT_CHECKED = {
    "GL01": "the summary stands on the line of the opening quotes",
    "GL02": "a docstring of one line is closed on that line",
    "SS02": "a summary may be a formula",
    "SS05": "a summary may begin with a noun in the plural",
    "ES01": "one line is often enough",
    "SA01": "a See Also section only where it helps",
    "EX01": "examples only where they help",
}


def _modules() -> Iterator[str]:
    """Every module of the public packages.

    The Numba backend, the checks of arguments and those of conformance are internal: their doors are
    `Backend` and `failures`.
    """
    for package in ("backends", "engine", "inkdigits"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = (
                path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
            )
            private = name.startswith(INTERNAL) or path.stem in ("__main__", "_siblings")
            if not private:
                yield name


def _public_names(module: str) -> Iterator[str]:
    """The full names of a module's public functions and classes, and of their public methods."""
    for name, member in vars(importlib.import_module(module)).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module:
            continue
        if inspect.isfunction(member):
            yield f"{module}.{name}"
        elif inspect.isclass(member):
            yield f"{module}.{name}"
            yield from (f"{module}.{name}.{method}" for method in _public_methods(member))


def _public_methods(cls: type) -> Iterator[str]:
    """Methods and properties that a class defines; without a docstring, an override has its base's."""
    kinds = (types.FunctionType, classmethod, staticmethod, property)
    for name, member in vars(cls).items():
        inherited = any(hasattr(base, name) for base in cls.__mro__[1:])
        if name.startswith("_") or not isinstance(member, kinds) or (inherited and not member.__doc__):
            continue
        yield name


def _is_record(member: object) -> bool:
    """Whether a class documents its parameters as attributes: a dataclass, a struct or a named tuple."""
    if not inspect.isclass(member):
        return False
    return is_dataclass(member) or issubclass(member, msgspec.Struct) or hasattr(member, "_fields")


def _is_protocol(cls: type) -> bool:
    """Whether a class is a protocol, to which `typing` adds an ``__init__(*args, **kwargs)``."""
    return bool(getattr(cls, "_is_protocol", False))


def _mistakes(name: str) -> list[str]:
    """What is wrong with the docstring of one function, class, method or property."""
    member = numpydoc_validate.Validator._load_obj(name)
    not_checked = set(NOT_CHECKED)
    mistakes = []
    if _is_record(member):
        not_checked |= {"PR01"}
        mistakes = _mistakes_in_attributes(member)
    elif inspect.isclass(member) and ("__init__" not in vars(member) or _is_protocol(member)):
        not_checked |= {"PR01"}  # its base documents them, or it cannot be made
    errors = numpydoc_validate.validate(name)["errors"]
    return [f"{code}: {text}" for code, text in errors if code not in not_checked] + mistakes


def _mistakes_in_attributes(record: Any) -> list[str]:
    """The fields of a record are its attributes, each with a type and a sentence."""
    entries = numpydoc_docscrape.get_doc_object(record)["Attributes"]
    documented = [name for names, _, _ in entries for name in names.split(", ")]
    fields = list(inspect.signature(record).parameters)
    mistakes = [] if documented == fields else [f"Attributes: {documented}, but the fields are {fields}"]
    for names, kind, text in entries:
        sentence = " ".join(text)
        # numpydoc lists the properties of a class, which have docstrings of their own, without a type.
        if names in fields and not (kind and sentence.endswith(".") and not sentence[0].islower()):
            mistakes.append(f"Attribute {names}: needs a type, and below it a sentence")
    return mistakes


LINTED = [name for module in _modules() for name in _public_names(module)]


@pytest.mark.parametrize("name", LINTED)
def test_docstring_is_valid_numpydoc(name: str) -> None:
    assert not _mistakes(name)


def test_the_public_list_is_linted() -> None:
    """What the three packages export is linted."""
    for package in (backends, engine, inkdigits):
        for name in package.__all__:
            member = getattr(package, name)
            if inspect.isclass(member) or inspect.isfunction(member):
                assert f"{member.__module__}.{name}" in LINTED


@pytest.mark.parametrize("module", list(_modules()))
def test_examples_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


def broken(x: int, y: int) -> int:
    """Adds two numbers

    Parameters
    ----------
    x : The first.
    z : int
        Not there.
    """
    return x + y


class Record(msgspec.Struct):
    """Two fields, of which one is documented as the project used to.

    Attributes
    ----------
    first : the first
    """

    first: int
    second: int


def test_mistakes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inkdigits, "broken", broken, raising=False)
    monkeypatch.setattr(inkdigits, "Record", Record, raising=False)
    found = {mistake[:4] for mistake in _mistakes("inkdigits.broken")}
    assert {"SS03", "PR01", "PR02", "PR07", "RT01"} <= found
    assert len(_mistakes("inkdigits.Record")) == 2
