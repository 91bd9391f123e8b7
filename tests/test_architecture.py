"""Who may import whom: apps -> engine -> backends -> numpy, and inside each of them without a circle.

Every package has a row in `LAYERS`: a new folder without one fails, so that nothing grows unchecked.
"""

from __future__ import annotations

import ast
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# What a package may import besides the standard library and itself, from the ground up. A name stands for
# all that is below it, "backends" alone excepted: only `backends.registry` may know a concrete backend.
CONTRACT = {
    "backends.arrays",
    "backends.base",
    "backends.blas",
    "backends.checks",
    "backends.cores",
    "backends.errors",
    "backends.imaging",
    "backends.kernels",
    "backends.optimizers",
    "backends.registry",
}
THIRD_PARTY_ENGINE = {"numpy", "msgspec", "threadpoolctl"}
EVERYTHING_BELOW = {"backends", "engine", "inkdigits"}
LAYERS: dict[str, set[str]] = {
    "backends": {"numpy", "threadpoolctl"},
    "backends.conformance": {"numpy", "backends"},
    "backends.numba_backend": {"numpy", "numba", "llvmlite", "backends"},
    "engine.data": {
        *CONTRACT,
        *THIRD_PARTY_ENGINE,
        "pooch",
        "platformdirs",
        "keras",
        "sklearn",
        "PIL",
        "scipy",
    },
    "engine.augmentation": {*CONTRACT, *THIRD_PARTY_ENGINE, "engine.data"},
    "engine.model": {*CONTRACT, *THIRD_PARTY_ENGINE, "engine.data"},
    "engine.export": {*CONTRACT, *THIRD_PARTY_ENGINE, "onnx", "safetensors", "engine.data", "engine.model"},
    "engine.export.page": {*CONTRACT, *THIRD_PARTY_ENGINE, "engine.data", "engine.model"},
    "engine.recognition": {
        *CONTRACT,
        *THIRD_PARTY_ENGINE,
        "engine.data",
        "engine.augmentation",
        "engine.model",
    },
    "engine.training": {
        *CONTRACT,
        *THIRD_PARTY_ENGINE,
        "engine.data",
        "engine.augmentation",
        "engine.model",
        "engine.recognition",
    },
    "engine": {*CONTRACT, *THIRD_PARTY_ENGINE, "backends", "pooch", "unlzw3"},
    "apps": {*EVERYTHING_BELOW, *THIRD_PARTY_ENGINE, "tqdm", "matplotlib"},
    "apps.draw": {
        *EVERYTHING_BELOW,
        "apps.messages",
        "apps.options",
        "apps.output",
        "apps.cli",
        "pygame",
        "msgspec",
        "platformdirs",
        "PIL",
    },
    "apps.draw.state": {"apps.messages", "engine", "backends"},
    "apps.draw.paint": {"pygame", "numpy", "apps.draw.state", "backends"},
    "apps.draw.views": {
        "pygame",
        "numpy",
        "apps.messages",
        "apps.draw.state",
        "apps.draw.paint",
        "engine",
        "backends",
    },
    "inkdigits": {"apps.cli", "engine", "backends"},
}
OF_SWEEPS = {"engine.training.cluster": {"distributed"}, "engine.training.trials": {"optuna"}}
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
    for top in ("backends", "engine", "apps", "inkdigits")
    for path in sorted((ROOT / top).rglob("*.py"))
}


def imports(path: Path, top_level_only: bool = False) -> set[str]:
    """Every module that a file imports, wherever in the file, or only those that its own import needs."""
    found = set()
    tree = ast.parse(path.read_text("utf-8"))
    nodes = _at_import_time(tree) if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by full name"
            module = node.module or ""
            # "from package import module" imports the module.
            names = {f"{module}.{alias.name}" for alias in node.names}
            found |= (names & set(MODULES)) or {module}
    return found


def _at_import_time(tree: ast.AST) -> list[ast.AST]:
    """The nodes outside functions and outside `if TYPE_CHECKING`."""
    nodes: list[ast.AST] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        nodes += [node, *_at_import_time(node)]
    return nodes


def package_of(module: str) -> str:
    return module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]


def test_every_package_has_a_row() -> None:
    assert {package_of(module) for module in MODULES} == set(LAYERS)


@pytest.mark.parametrize("module", MODULES)
def test_modules_import_only_what_lies_below(module: str) -> None:
    package = package_of(module)
    allowed = {package, *LAYERS[package]}
    if module == "engine":
        allowed |= {"engine.data", "engine.model", "engine.recognition", "engine.training"}  # the front door
    if module == "engine.estimator":
        allowed |= {"sklearn", "engine.model", "engine.training"}
    if module == "engine.figures":
        allowed |= {"matplotlib", "engine.data", "engine.model", "engine.recognition"}
    if module in OF_SWEEPS:
        allowed |= OF_SWEEPS[module]
    if package == "apps.draw":
        allowed |= {"apps.draw.state", "apps.draw.paint", "apps.draw.views"}
    if module == "backends.registry":
        allowed |= {"importlib"}
    for name in imports(MODULES[module]):
        if name.partition(".")[0] in sys.stdlib_module_names:
            continue
        assert any(name == each or name.startswith(each + ".") for each in allowed), f"{module} -> {name}"


def test_no_concrete_backend_is_known_above_the_registry() -> None:
    for module, path in MODULES.items():
        if module.startswith(("engine", "apps", "inkdigits")):
            known = {name for name in imports(path) if "numpy_backend" in name or "numba_backend" in name}
            assert not known, f"{module} -> {known}"


def test_imports_run_in_no_circle() -> None:
    graph = {
        module: {name for name in imports(path, top_level_only=True) if name in MODULES} - {module}
        for module, path in MODULES.items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"circular imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("module", [each for each in MODULES if each.startswith(("backends", "engine"))])
def test_nothing_below_apps_prints(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
