"""``inkdigits backends``."""

from __future__ import annotations

import json
from typing import Any

from backends import registry


def test_backends(run: Any) -> None:
    code, out, _ = run("backends", "--json")
    assert code == 0
    listed = [json.loads(line) for line in out.splitlines()]
    assert [each["name"] for each in listed[:2]] == ["numpy", "numba"]


def test_list_for_people(run: Any, monkeypatch: Any) -> None:
    """Name, version, origin, needs, and whether it runs here, in columns."""
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    monkeypatch.setattr(registry, "entry_points", lambda group: ())
    monkeypatch.delenv("INKDIGITS_BACKEND", raising=False)
    code, out, _ = run("backends")
    assert code == 0
    head, numpy, numba = out.splitlines()
    assert head.split() == ["name", "version", "origin", "needs", "runs", "here"]
    column = head.index("runs here")
    assert numpy[column:] == "yes, the default"
    assert numba[column:].endswith("numba, which is not installed: pip install 'inkdigits[numba]'")
    assert numba.split()[0] == numba.split()[3] == "numba"
    code, out, _ = run("backends", "--json")
    listed = json.loads(out.splitlines()[1])
    assert (listed["needs"], listed["available"]) == (["numba"], False)
    assert listed["why_not"] in numba
