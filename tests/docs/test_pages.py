"""Every Python snippet of the pages runs, in the order of the page, and gives what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from engine import __version__

DOCS = Path(__file__).parents[2] / "docs"
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["how-it-learns.md", "write-a-backend.md"])
def test_snippets_run(page: str) -> None:
    pytest.importorskip("sklearn", reason="digits8x8 comes with scikit-learn")
    text = (DOCS / page).read_text("utf-8")
    snippets = "\n".join(each for each in SNIPPET.findall(text) if each.startswith(">>>"))
    test = doctest.DocTestParser().get_doctest(snippets, {}, page, page, 0)
    assert test.examples
    told: list[str] = []
    doctest.DocTestRunner().run(test, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("page", ["how-it-learns.md", "write-a-backend.md"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (DOCS / page).read_text("utf-8"))
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_citation_names_the_version() -> None:
    citation = (DOCS.parent / "CITATION.cff").read_text("utf-8")
    assert f"\nversion: {__version__}\n" in citation
