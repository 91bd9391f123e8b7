"""Mutation testing: change one thing in the source, and see whether a test fails.

    python -m benchmarks.mutation                        # every change in every file: hours
    python -m benchmarks.mutation --sample 40            # 40 changes of each file, always the same
    python -m benchmarks.mutation backends/optimizers.py # one file

Every change is tried in a process of its own, forked from one that has imported what takes long; the files
themselves are not touched. Tests run with NumPy, without Numba. A change that no test notices is printed: it
either shows what is not tested, or changes nothing that matters, and is then listed in RELIABILITY.md.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
CPU_SECONDS = 60  # of one change: an endless loop is a failure, too

# The tests that answer for a file, the quickest first.
TESTS: dict[str, tuple[str, ...]] = {
    "backends/numpy_backend.py": ("tests/backends/test_formulas.py", "tests/backends/test_worked_example.py"),
    "backends/base.py": (
        "tests/backends/test_worked_example.py",
        "tests/backends/test_checks.py",
        "tests/engine/training/test_loop.py",
        "tests/backends/test_blas.py",
    ),
    "backends/imaging.py": (
        "tests/backends/test_formulas.py",
        "tests/engine/data/test_strokes.py",
        "tests/engine/augmentation",
    ),
    "backends/checks.py": ("tests/backends/test_checks.py",),
    "backends/blas.py": ("tests/backends/test_blas.py",),
    "backends/optimizers.py": (
        "tests/backends/test_formulas.py",
        "tests/engine/training/test_checkpoint.py",
        "tests/backends/test_checks.py",
    ),
    "engine/model/model_file.py": (
        "tests/engine/model/test_exactly.py",
        "tests/engine/model/test_model_file.py",
    ),
    "engine/model/card.py": (
        "tests/engine/model/test_exactly.py",
        "tests/engine/recognition/test_exactly.py",
    ),
    "engine/data/framing.py": ("tests/engine/data/test_exactly.py", "tests/engine/data/test_framing.py"),
    "engine/data/strokes.py": ("tests/engine/data/test_exactly.py", "tests/engine/data/test_strokes.py"),
    "engine/recognition/recognize.py": (
        "tests/engine/recognition/test_exactly.py",
        "tests/engine/recognition/test_recognize.py",
    ),
    "engine/recognition/metrics.py": ("tests/engine/recognition", "tests/engine/training"),
    "engine/training/loop.py": ("tests/engine/training",),
    "engine/training/schedules.py": ("tests/engine/training",),
    "engine/training/checkpoint.py": ("tests/engine/training/test_checkpoint.py",),
}


class Change(NamedTuple):
    """One thing to change: the number of a node in the order of `ast.walk`, and what becomes of it."""

    node: int
    name: str
    apply: Callable[[ast.AST], ast.AST]


# ---- What is changed --------------------------------------------------------------------------------

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def changes(tree: ast.Module) -> Iterator[Change]:
    """Every change of a file, but for what is only read by people, or by type checkers."""
    skipped = {id(node) for part in _unread(tree) for node in ast.walk(part)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped:
            for name, apply in _changes_of(node):
                yield Change(number, name, apply)


def _unread(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, annotations, decorators, the words of errors, imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from node.decorator_list
        if isinstance(node, ast.FunctionDef):
            yield from [each.annotation for each in _arguments(node) if each.annotation]
            yield from [node.returns] if node.returns else []
        if isinstance(node, ast.AnnAssign):
            yield node.annotation
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from node.exc.args
        if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
            yield node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield node


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    given = node.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]


def _changes_of(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], ast.AST]]]:
    if type(node) in SWAPS:
        yield f"{type(node).__name__} to {SWAPS[type(node)].__name__}", lambda old: SWAPS[type(old)]()
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield "the other truth", lambda old: ast.Constant(not old.value)  # type: ignore[attr-defined]
        elif isinstance(node.value, int | float):
            yield "+ 1", lambda old: ast.Constant(old.value + 1)  # type: ignore[attr-defined]
            if isinstance(node.value, float) and node.value:
                yield "* 2", lambda old: ast.Constant(old.value * 2)  # type: ignore[attr-defined]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield f"without {type(node.op).__name__}", lambda old: old.operand  # type: ignore[attr-defined]
    elif isinstance(node, ast.If | ast.IfExp):
        for truth in (True, False):
            yield f"if {truth}", lambda old, truth=truth: _with_test(old, truth)  # type: ignore[misc]
    elif isinstance(node, ast.Assign | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield "left out", lambda old: ast.Pass()


def _with_test(node: ast.AST, truth: bool) -> ast.AST:
    changed = copy.copy(node)
    changed.test = ast.Constant(truth)  # type: ignore[attr-defined]  # both kinds have one
    return changed


def changed_tree(tree: ast.Module, change: Change) -> tuple[ast.Module, int]:
    """The tree with one change, and its line."""
    tree = copy.deepcopy(tree)
    target = next(node for number, node in enumerate(ast.walk(tree)) if number == change.node)
    line = 0
    for parent in ast.walk(tree):
        line = getattr(parent, "lineno", line)
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, change.apply(target))
                return ast.fix_missing_locations(tree), getattr(target, "lineno", line)
            if isinstance(value, list) and any(each is target for each in value):
                place = next(i for i, each in enumerate(value) if each is target)
                value[place] = ast.copy_location(change.apply(target), target)
                return ast.fix_missing_locations(tree), getattr(target, "lineno", line)
    raise AssertionError("every node has a parent")


# ---- Trying it --------------------------------------------------------------------------------------


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree in place of its file."""

    def __init__(self, path: str, tree: ast.Module) -> None:
        self._path, self._tree = ROOT / path, tree
        self._name = path.removesuffix(".py").replace("/", ".")

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(name, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._tree, self._path, "exec"), vars(module))


def passes(path: str, tree: ast.Module) -> bool:
    """Whether all tests of a file pass with this tree in its place."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        nothing = os.open(os.devnull, os.O_RDWR)
        for each in (0, 1, 2):
            os.dup2(nothing, each)
        sys.meta_path.insert(0, Finder(path, tree))
        sys.modules["numba"] = None  # type: ignore[assignment]  # as if it were not installed
        import pytest

        options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        os._exit(int(pytest.main([*options, *TESTS[path]])))
    return os.waitpid(child, 0)[1] == 0


def try_file(path: str, sample: int | None) -> tuple[int, int]:
    """Try the changes of a file and print those that no test notices; how many were noticed, of how many."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    if not passes(path, tree):
        sys.exit(f"{path}: its tests fail without any change")
    every = list(changes(tree))
    chosen = every if sample is None else random.Random(0).sample(every, min(sample, len(every)))
    killed = 0
    for change in chosen:
        changed, line = changed_tree(tree, change)
        if passes(path, changed):
            source = (ROOT / path).read_text("utf-8").splitlines()[line - 1].strip()
            print(f"  survived  {path}:{line}: {change.name}: {source}", flush=True)
        else:
            killed += 1
    print(f"{path}: {killed} of {len(chosen)} changes noticed ({len(every)} there are)", flush=True)
    return killed, len(chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description="Change the source, and see whether a test fails.")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of: {', '.join(TESTS)} (default: all)")
    parser.add_argument("--sample", type=int, metavar="N", help="try N changes of each file, not all")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    import hypothesis
    import msgspec
    import numpy
    import pytest  # all of them here, once, and not in every child

    assert hypothesis
    assert msgspec
    assert numpy
    assert pytest
    results = [try_file(path, arguments.sample) for path in arguments.files or TESTS]
    killed, tried = (sum(column) for column in zip(*results, strict=True))
    print(f"noticed: {killed} of {tried}, {killed / tried:.1%}")


if __name__ == "__main__":
    main()
