"""``inkdigits cross-validate``: a network for each group of writers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def test_cross_validation(run: Any, recipe_words: list[Any], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "confusion.png"
    code, out, err = run("cross-validate", *recipe_words, "--folds", "2", "--confusion", picture)
    assert code == 0, err
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert found["n"] == np.sum(found["confusion"]) == 9
    assert found["writers"] == 3
    assert len(found["folds"]) == 2
    assert found["interval_95"] == [0, 1]  # three writers tell nothing of others
    assert found["accuracy"] == pytest.approx((6 * found["folds"][0] + 3 * found["folds"][1]) / 9)
    assert set(found["decision"]) == {"temperature", "accept_threshold", "pair_threshold"}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "without 1, 3" in err

    code, out, _ = run("cross-validate", *recipe_words[:-1], "--folds", "2")
    assert code == 0
    assert "[decision]" in out
    assert run("cross-validate", *recipe_words, "--folds", "1")[0] == 2
    assert run("cross-validate", "--recipe", "best")[0] == 2
    nobody = [{"label": 7, "strokes": [[[0, 0], [2, 0], [1, 3]]]}]
    (tmp_path / "drawings.json").write_text(json.dumps(nobody))
    code, _, err = run("cross-validate", *recipe_words)
    assert code == 2
    assert "names 0 writers" in err
