"""`import inkdigits` in odd places: beside modules with our names, behind a link, in many threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run_script(folder: Path, code: str, path: Path = ROOT) -> str:
    """What a script in that folder prints."""
    (folder / "script.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(path)}
    command = [sys.executable, str(folder / "script.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A folder with an `engine.py` and an `apps` package of the user's own."""
    (tmp_path / "engine.py").write_text("raise SystemExit('the wrong engine')")
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "__init__.py").write_text("name = 'mine'")
    return tmp_path


def test_modules_of_the_user_do_not_get_in_the_way(crowded: Path) -> None:
    code = "import inkdigits, apps; print(inkdigits.Network.load().layer_sizes, apps.name)"
    assert run_script(crowded, code) == "(784, 128, 64, 10) mine\n"
    command = [sys.executable, "-m", "inkdigits", "--version"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=crowded, env=environment, capture_output=True, text=True)
    assert done.stdout.startswith("inkdigits 0."), done.stderr


def test_module_that_was_imported_first_is_named(tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_text("")
    code = """
import engine, inkdigits
try:
    inkdigits.Network
except ImportError as error:
    print(error)
"""
    assert f"has a package named 'engine', and so does this program: {tmp_path}" in run_script(tmp_path, code)


def test_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(ROOT)
    code = "import engine, inkdigits; print(inkdigits.Network is engine.Network)"
    assert run_script(tmp_path, code, tmp_path / "link") == "True\n"


def test_many_threads_at_once(tmp_path: Path) -> None:
    code = """
import threading, inkdigits
found = []
threads = [threading.Thread(target=lambda: found.append(inkdigits.Network.__name__)) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
print(found == 8 * ["Network"])
"""
    assert run_script(tmp_path, code) == "True\n"
