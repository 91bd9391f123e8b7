"""How a recipe reads hands that it has not learnt from: each of several networks learns without some writers.

Digits are split by writer, never one by one: those of one hand resemble each other, so a network that has
seen half of them knows the other half.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.data.drawings import Drawing


def writers_in_folds(drawings: Sequence[Drawing], folds: int) -> list[list[str]]:
    """All writers of drawings, as text, dealt out like cards; fewer folds where there are fewer writers."""
    known = {str(drawing.writer) for drawing in drawings if drawing.writer is not None}
    writers = sorted(known, key=lambda writer: (not writer.isdigit(), writer.zfill(20)))
    return [writers[start::folds] for start in range(min(folds, len(writers)))]
