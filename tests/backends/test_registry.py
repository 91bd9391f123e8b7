"""Backends by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apps.cli import main
from backends import BackendError, available_backends, get_backend, registry
from backends.conformance import CHECKS
from backends.numpy_backend import NumpyBackend


def offer(folder: Path, distribution: str, name: str, value: str, requires: str = "") -> None:
    """Lay down what pip leaves of an installed distribution that offers a backend."""
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
    (info / "METADATA").write_text(head + requires)
    (info / "entry_points.txt").write_text(f"[inkdigits.backends]\n{name} = {value}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_built_ins_come_first() -> None:
    assert list(available_backends())[:2] == ["numpy", "numba"]


def test_numpy_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKDIGITS_BACKEND", raising=False)
    assert get_backend().name == "numpy"


def test_environment_names_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKDIGITS_BACKEND", "nowhere")
    with pytest.raises(BackendError, match="no backend 'nowhere'; choose one of: numpy, numba"):
        get_backend()
    assert get_backend("numpy").name == "numpy"


def test_a_backend_is_passed_on() -> None:
    backend = NumpyBackend()
    assert get_backend(backend) is backend


def test_missing_numba_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    assert available_backends()["numba"].missing == "numba"
    with pytest.raises(BackendError, match=r"pip install 'inkdigits\[numba\]'"):
        get_backend("numba")
    assert get_backend("numpy").name == "numpy"


def test_third_party_backend_is_found(site: Path) -> None:
    (site / "third_party.py").write_text(
        "from backends.numpy_backend import NumpyBackend\nclass Mine(NumpyBackend):\n    name = 'mine'\n"
    )
    offer(site, "third-party", "mine", "third_party:Mine")
    assert available_backends()["mine"].origin == "third-party"
    assert get_backend("mine").name == "mine"


def test_listing_imports_nothing(site: Path) -> None:
    (site / "explosive.py").write_text("raise SystemExit('imported')")
    offer(site, "explosive", "boom", "explosive:Boom")
    assert "boom" in available_backends()


REQUIRES = """Requires-Dist: inkdigits
Requires-Dist: msgspec>=0.1
Requires-Dist: nowhere-to-be-found[fast]>=2
Requires-Dist: not-for-python-3; python_version < "3"
Provides-Extra: mine
Requires-Dist: pytest; extra == "mine"
Provides-Extra: theirs
Requires-Dist: not-for-me; extra == "theirs"
"""


def test_what_a_backend_needs_is_read_from_metadata(site: Path) -> None:
    (site / "needy.py").write_text("import nowhere_to_be_found")
    offer(site, "needy", "mine", "needy:Mine", REQUIRES)
    info = available_backends()["mine"]
    assert (info.version, info.origin, info.needs) == ("1.0", "needy", ("nowhere-to-be-found", "pytest"))
    assert info.missing == "nowhere-to-be-found"
    assert info.why_not == (
        "needs the package nowhere-to-be-found, which is not installed: pip install 'needy[mine]'"
    )
    with pytest.raises(BackendError, match=r"'mine' of needy needs the package nowhere-to-be-found"):
        get_backend("mine")


def test_metadata_do_not_keep_a_backend_from_running(site: Path) -> None:
    """A package may be there under another name: what can be imported runs."""
    (site / "fine.py").write_text("from backends.numpy_backend import NumpyBackend as Mine")
    offer(site, "fine", "mine", "fine:Mine", "Requires-Dist: opencv-of-another-name\n")
    assert available_backends()["mine"].why_not == (
        "needs the package opencv-of-another-name, which is not installed: pip install opencv-of-another-name"
    )
    assert get_backend("mine").name == "mine"


def test_distribution_without_its_module_is_named(site: Path) -> None:
    offer(site, "hollow", "mine", "hollow_module.inner:Mine")
    assert available_backends()["mine"].why_not == "has no module here: pip install --force-reinstall hollow"
    with pytest.raises(BackendError, match="the backend 'mine' of hollow has no module here"):
        get_backend("mine")


def test_built_ins_have_a_version_and_needs() -> None:
    numpy, numba = list(available_backends().values())[:2]
    assert numpy.needs == ()
    assert numba.needs == ("numba",)
    assert numpy.version == numba.version


def test_two_distributions_with_one_name_are_both_named(site: Path) -> None:
    offer(site, "first", "same", "a:B")
    offer(site, "second", "same", "c:D")
    with pytest.raises(BackendError, match="'same' is offered by first and second: uninstall all but one"):
        get_backend("same")
    assert available_backends()["same"].rivals == ("second",)
    assert get_backend("numpy").name == "numpy", "the others are as they were"


def test_built_in_cannot_be_shadowed(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    offer(site, "usurper", "numpy", "a:B")
    assert type(get_backend("numpy")) is NumpyBackend
    assert main(["backends"]) == 0
    numpy_row = capsys.readouterr().out.splitlines()[1]
    assert numpy_row.endswith("that of usurper is not taken: the name belongs to inkdigits")


def test_formulas_that_a_backend_lacks_are_named(site: Path) -> None:
    (site / "half.py").write_text("from backends import Backend\nclass Half(Backend):\n    name = 'half'\n")
    offer(site, "half-done", "half", "half:Half")
    with pytest.raises(BackendError, match="'half' of half-done lacks 13 formulas: adamw_update, ave"):
        get_backend("half")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("class Broken:\n    def __init__(self, threads): raise OSError('no such device')", "no such device"),
        ("class Broken:\n    def __init__(self): pass", "Broken must be made with one argument, threads"),
        ("class Broken:\n    def __init__(self, threads, device): pass", "made with one argument, threads"),
        ("Broken = 7", "int must be made with one argument, threads"),
        ("raise SystemExit('bye')", "cannot be imported: SystemExit: bye"),
        ("raise OSError('\\x1b[31m a\\nb')", r"cannot be imported: OSError: \\x1b\[31m a b"),
        (
            "from backends.numpy_backend import NumpyBackend\nclass Broken(NumpyBackend):\n    name = None",
            "has no name: the class Broken must have one, name = 'broken'",
        ),
        ("class Broken:\n    def __init__(self, threads): pass", "a Broken, not a subclass"),
        ("", "Broken"),
    ],
)
def test_unusable_third_party_backend_is_named(site: Path, code: str, message: str) -> None:
    module = f"broken{abs(hash(code))}"
    (site / f"{module}.py").write_text(code)
    offer(site, "junkyard", "broken", f"{module}:Broken")
    with pytest.raises(BackendError, match=f"'broken' of junkyard.*{message}") as caught:
        get_backend("broken")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 160


def test_a_subclass_of_another_backend_goes_by_its_own_name(site: Path) -> None:
    (site / "nameless.py").write_text("from backends.numpy_backend import NumpyBackend as Mine")
    offer(site, "nameless", "mine", "nameless:Mine")
    assert get_backend("mine").name == "mine"
    assert NumpyBackend.name == "numpy"


def test_numpy_alone_does_not_import_numba() -> None:
    code = "import sys; from engine import Network; Network.load(); assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


WRONG_BACKEND = """
import numpy as np
from backends.numpy_backend import NumpyBackend

class Sloppy(NumpyBackend):
    name = "sloppy"

    def dense_forward(self, x, w, b):
        return (x @ w + b).astype(np.float16).astype(x.dtype)  # three digits will do
"""
SETUP = """
[metadata]
name = inkdigits-sloppy
version = 1.0

[options]
py_modules = sloppy

[options.entry_points]
inkdigits.backends =
    sloppy = sloppy:Sloppy
"""


@pytest.mark.slow
def test_wrong_backend_of_another_distribution_is_found_and_caught(tmp_path: Path) -> None:
    project, installed = tmp_path / "project", tmp_path / "installed"
    project.mkdir()
    (project / "sloppy.py").write_text(WRONG_BACKEND)
    (project / "setup.cfg").write_text(SETUP)
    (project / "setup.py").write_text("from setuptools import setup\nsetup()\n")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", installed, project], check=True)

    root = Path(registry.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "apps.backends", "--check", "sloppy"],
        env={"PYTHONPATH": f"{installed}:{root}", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert all(len(line) <= 160 for line in lines)
    column = lines[0].index("dense_forward(x[")
    assert lines[0][:column].split() == ["dense_forward", "float32"]
    assert " numbers are wrong, most of all the result[" in lines[1]
    assert lines[2] == " " * column + "likely cause: computed in float16"
    assert ["predict_proba", "float32", "follows", "from", "dense_forward"] in map(str.split, lines)
    assert lines[-1].startswith("sloppy: ")
    assert lines[-1].endswith(f" of {len(CHECKS)} checks passed, in float32 and float64")
    assert "relu_forward" not in done.stdout
