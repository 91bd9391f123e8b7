"""``inkdigits backends``."""

from __future__ import annotations

import json
from typing import Any


def test_backends(run: Any) -> None:
    code, out, _ = run("backends", "--json")
    assert code == 0
    listed = [json.loads(line) for line in out.splitlines()]
    assert [each["name"] for each in listed[:2]] == ["numpy", "numba"]
    code, out, _ = run("backends", "--check", "numpy")
    assert code == 0
    assert "40 of 40 checks passed" in out
