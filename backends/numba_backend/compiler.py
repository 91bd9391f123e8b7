"""Compile: functions that Python calls (`jit`), and functions that are part of others (`inner`).

Numba optimizes each function on its own, and again as a part of every function that calls it: six times for
one that lies six calls deep. An `inner` function goes to LLVM once, together with its caller; this halves the
time to compile and lets LLVM see the whole loop.

The machine code is cached on disk, so that each function compiles once per machine and dtype.
"""
# mypy: ignore-errors

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba import _dynfunc
from numba.core import event
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering

from backends.numba_backend.cache import cache_of

# ``contract`` (fused multiply-add) and ``reassoc`` (sums in any order) let loops use the vector unit; the
# other fast-math flags would let the compiler assume that NaN never happens, and hide a training run that
# diverges. Division follows NumPy: 1/0 is infinity.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc"},
    "no_cfunc_wrapper": True,
}


def jit(function: Callable[..., Any]) -> Any:
    """Compile on first use and keep the machine code on disk, where a place for it can be found."""
    compiled = numba.njit(**OPTIONS)(function)
    if hasattr(compiled, "_cache"):  # not where NUMBA_DISABLE_JIT is set
        # Numba looks only at the function's own file; what it calls lies in other files of this folder.
        compiled._cache = cache_of(function, SOURCE_STAMP)
    return compiled


def inner(function: Callable[..., Any]) -> Any:
    """Compile as part of the compiled functions that call this one, always inlined.

    A call would pass each array as seven words on the stack, and beside such calls LLVM does not align the
    vectors that it keeps there. Calling it from Python is undefined: there is no code to call.
    """
    return numba.njit(pipeline_class=_InnerCompiler, no_cpython_wrapper=True, forceinline=True, **OPTIONS)(
        function
    )


def on_first_compilation(notify: Callable[[], None]) -> None:
    """Call notify() when Numba next compiles something, once; loading what is cached is not compiling."""
    event.register("numba:compile", _FirstCompilation(notify))


class _FirstCompilation(event.Listener):
    def __init__(self, notify):
        self._notify = notify

    def on_start(self, event_):
        if self._notify:  # Numba is going through its list of listeners: this one cannot be taken off it now
            notify, self._notify = self._notify, None
            notify()

    def on_end(self, event_):
        pass


def _source_stamp() -> tuple[tuple[float, int], ...]:
    """When the files of this folder were changed last, and their sizes."""
    files = [path.stat() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return tuple((each.st_mtime, each.st_size) for each in files)


SOURCE_STAMP = _source_stamp()


class _InnerLibrary(JITCodeLibrary):
    """LLVM code that is linked into the libraries that use it, and neither optimized nor translated alone."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _InnerLowering(NativeLowering):
    _name = "inner_lowering"

    def run_pass(self, state):
        state["library"] = _InnerLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        module = lowered.fndesc.lookup_module()
        # The key under which callers find the function; it has no address.
        key = _dynfunc.make_function(module, state.func_id.func_name, "", 0, lowered.env, (state["library"],))
        state.targetctx.insert_user_function(key, lowered.fndesc, [state["library"]])
        state["cr"] = lowered._replace(cfunc=key)
        return True


class _InnerCompiler(CompilerBase):
    def define_pipelines(self):
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.passes = [
            (_InnerLowering if each is NativeLowering else each, why) for each, why in pipeline.passes
        ]
        pipeline._finalized = False
        pipeline.finalize()
        return [pipeline]
