"""Who may import whom: apps -> engine -> backends.base -> numpy."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE_MAY_USE = {"backends", "backends.base", "backends.imaging", "backends.optimizers", "backends.registry"}
WINDOW_AND_WORDS = {"tqdm", "matplotlib", "pygame"}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "backends").glob("*.py")), ids=lambda path: path.name)
def test_backends_stand_on_the_ground(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(path)}
    allowed = {"numpy", "backends"}
    if path.name.startswith("numba_") and path.name != "numba_backend.py":
        allowed |= {"numba", "llvmlite"}  # imported when a Numba backend is made, not before
    assert tops - sys.stdlib_module_names <= allowed


@pytest.mark.parametrize("path", sorted((ROOT / "engine").glob("*.py")), ids=lambda path: path.name)
def test_engine_knows_no_concrete_backend_and_no_app(path: Path) -> None:
    names = imports(path)
    assert {name for name in names if name.partition(".")[0] == "backends"} <= ENGINE_MAY_USE
    assert not {name.partition(".")[0] for name in names} & ({"apps"} | WINDOW_AND_WORDS)


@pytest.mark.parametrize("folder", ["backends", "engine"])
def test_nothing_below_apps_prints(folder: str) -> None:
    for path in (ROOT / folder).glob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
