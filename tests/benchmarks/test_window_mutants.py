"""The faults that are put into the window: each is still a change of a text that is there."""

from __future__ import annotations

import pytest

from benchmarks.window_mutants import MUTANTS, ROOT, TESTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_fault_changes_what_is_there(mutant: Mutant) -> None:
    assert mutant.old in (ROOT / "apps" / "draw" / mutant.file).read_text("utf-8")
    assert mutant.new != mutant.old
    assert (ROOT / TESTS / mutant.tests).exists()
