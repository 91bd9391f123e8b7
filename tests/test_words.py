"""The project uses the field's terms: words that only their author would understand stay out of it.

Only words without an everyday meaning can be searched for. Reviewers watch for the others, such as the former
function names `turned`, `total`, `put`, `item` and `wait`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("apps", "backends", "benchmarks", "docs", "engine", "inkdigits", "tests")
SUFFIXES = (".py", ".md", ".toml", ".cfg")

# What to avoid, as regular expressions of whole words, and what to write instead. Case is ignored, except in
# (?-i:...). The tildes are removed; they keep this file from matching itself.
WORDS = {
    "picture_~variation": "augmentation",
    "vary_~pictures": "augment_images",
    "Stroke~Variation": "StrokeAugmentation",
    "curric~ul(um|a)": "examples",
    r"less~ons?(?!\.py)": "block",  # docs/less~on.py is one
    # Not the passes of a Numba compiler's pipeline.
    r"(?<!pipeline\.)(?:pass~es(?=\s*[:=])|(?<=\.)pass~es|--pass~es)": "epochs",
    "hab~its": "writing styles",
    "scrib~bles?|scrib~bled": "non-digits, or curves",
    "stran~gers?": "outliers, or third-party code",
    "of_~others": "of_non_digits",
    "(?-i:Ch~ance)": "Sampler",
    r"(?<=\.)up_~to(?=\()": "uniform",
    r"(?<=\.)hap~pens(?=\()": "bernoulli",
    "digit_~above": "accept_threshold",
    "pair_~above": "pair_threshold",
    "Weight~Average": "ExponentialMovingAverage",
    "average_~decay": "ema_decay",
    "change_~width": "dilate_or_erode",
    "sof~ten": "blur",
    "smooth_~field": "spline_field",
    "des~cend": "apply_step",
    "(?-i:KE~EP)": "weight_scale",
    "(?-i:EV~ERY)": "update_all_rows",
    "_ru~les": "step_settings",
    "meet~ings?": "barrier",
    "give_~way": "yield_cpu",
    "ask_~for": "prefetch_row",
    "(?-i:De~sk)": "Session",
    "(a|another) ha~nd(?!-)|other ha~nds|ha~nds that": "writer, or handwriting",
    "sa~id of": "verdict",
    "(is|are) no~ digits?|no~ digit": "non-digit",
    "so ma~ny": "n",
    "lear~nt": "learned, or trained on",
    "the largest~ steps?": "peak learning rate",
    "how gradients~ become steps": "optimizer",
    "digits for one~ step": "images per step",
    "what is taken~ for what": "confusion matrix",
    "train_minibatches.? ~likes": "expects",
    r"line that~ lies(?=\.)": "nearly horizontal line",
    "has come~ here": "barrier: wait until every thread has arrived",
    r"\w*nothing_is~_known\w*": "vacuous",
}


@cache
def texts() -> dict[str, str]:
    """The project's text files, by name."""
    files = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    names = sorted(path.relative_to(ROOT).as_posix() for path in files if path.suffix in SUFFIXES)
    return {name: (ROOT / name).read_text("utf-8") for name in names}


@pytest.mark.parametrize("word", WORDS)
def test_plain_words(word: str) -> None:
    words = word.replace("~", "").replace(" ", r"\s+")  # a phrase may run over the end of a line
    pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)
    found = [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]}"
        for name, text in texts().items()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n".join([f"write {WORDS[word]}:", *found])
