"""``inkdigits cross-validate``: a network for each group of writers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest


def test_cross_validation(
    run: Any, recipe_words: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
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
    assert not Path("cross-validation.jsonl").exists()

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


@pytest.mark.slow
def test_finished_folds_survive_a_kill(recipe_words: list[Any], tmp_path: Path) -> None:
    kept = tmp_path / "folds.jsonl"
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("blocks = 2", "blocks = 6"))
    words = [sys.executable, "-m", "inkdigits", "cross-validate", *map(str, recipe_words), "--folds", "3"]
    words += ["--keep", str(kept)]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    whole, _ = start().communicate()
    process = start()
    while not kept.exists() or kept.read_text().count("\n") < 2:  # the head and one fold
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    kept.write_bytes(kept.read_bytes().replace(b'"labels":[7,1,9]', b'"labels":[7,1,7]', 1))
    out, err = start().communicate()
    assert not kept.exists()
    assert err.count("accuracy") == 3
    found, alone = json.loads(out), json.loads(whole)
    # A fold that was kept was read from the file, where a label was changed, and the others made the same.
    changed = [one != other for one, other in zip(found["folds"], alone["folds"], strict=True)]
    assert sum(changed) == 1
    assert np.sum(np.abs(np.subtract(found["confusion"], alone["confusion"]))) == 2
