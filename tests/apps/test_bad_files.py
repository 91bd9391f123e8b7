"""Bad files on the command line: exit code 2, nothing on standard output, one line on standard error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bad_files import good
from tests.bad_files.pictures import EPS

ROOT = Path(__file__).parents[2]
COMMANDS: dict[str, tuple[list[str], bytes]] = {
    "model": (["predict", "seven.json", "--model"], b'{"\x1b[2J": 1}'),
    "a deep model": (["evaluate", "--model"], b'{"card": ' + b"[" * 100_000),
    "a model to start from": (["train", "--from"], good("model")[:-9]),
    "drawing": (["predict", "bad.json"], b'{"strokes": [[[1e308, 0]]]}'),
    "drawings": (["evaluate", "--strokes"], b'.SEGMENT DIGIT ? "8"\n.PEN_DOWN\n1 \x1b]0;title\x07\n'),
    "EPS": (["predict"], EPS),
    "data": (["evaluate", "--data"], good("data")[:-50]),
    "data to learn from": (["train", "--data"], b"PK\x05\x06" + bytes(18)),
    "recipe": (["train", "--recipe"], b'[training]\n"\\u001b[2J" = 1\n'),
    "recipe of folds": (["cross-validate", "--strokes", "seven.json", "--recipe"], b"a." * 10**5),
}


@pytest.mark.parametrize(("words", "content"), COMMANDS.values(), ids=COMMANDS.keys())
def test_bad_file_ends_with_one_line_and_exit_code_2(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INKDIGITS_BACKEND", "numpy")
    Path("seven.json").write_text('{"strokes": [[[1, 1], [7, 1], [4, 10]]]}')
    bad = "bad.json" if "bad.json" in words else "bad.png"
    Path(bad).write_bytes(content)
    code, out, err = run(*words, *([bad] if bad not in words else []))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()
    assert bad in err
    assert len(err) <= 301
    assert not Path("written-by-ghostscript").exists()


def test_missing_folder_of_the_environment_is_named(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", "/no/such\nfolder")
    code, out, err = run("evaluate")
    assert (code, out) == (2, "")
    assert err == (
        "inkdigits: INKDIGITS_DATA names /no/such\\nfolder, without a mnist.npz: correct it or unset it\n"
    )


def test_long_names_and_messages_are_cut(run: Any, tmp_path: Path) -> None:
    code, _, err = run("predict", tmp_path / "/".join(["x" * 200] * 10))
    assert code == 2
    assert len(err) <= 301
    assert err.endswith("(see inkdigits predict --help)\n")


def test_backend_that_exits_does_not_pass_for_an_answer(tmp_path: Path) -> None:
    """In `warm_up`, in a formula, and where it is made."""
    info = tmp_path / "quitter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: quitter\nVersion: 1.0\n")
    offers = "\n".join(f"{name} = quitter:{name.title()}" for name in ("early", "warm", "late"))
    (info / "entry_points.txt").write_text(f"[inkdigits.backends]\n{offers}\n")
    (tmp_path / "quitter.py").write_text("""
import sys
from backends.numpy_backend import NumpyBackend
class Early(NumpyBackend):
    def __init__(self, threads):
        sys.exit(0)
class Warm(NumpyBackend):
    def warm_up(self, *_):
        sys.exit(0)
class Late(NumpyBackend):
    def dense_forward(self, *_):
        sys.exit(0)
""")
    (tmp_path / "seven.json").write_text('{"strokes": [[[1, 1], [7, 1], [4, 10]]]}')
    for name in ("early", "warm", "late"):
        code = f"from apps.cli import main; sys.exit(main(['predict', 'seven.json', '--backend', '{name}']))"
        path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(tmp_path)!r}]; "
        done = subprocess.run(
            [sys.executable, "-c", path + code], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode in (1, 2)
        assert done.stdout == ""
        assert f"backend {name}" in done.stderr.replace("'", "")
        assert "SystemExit: 0" in done.stderr
