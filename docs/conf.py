"""The pages and docstrings as a site: ``sphinx-build -W -n -c docs . FOLDER``.

The source is the whole tree, so that the links of the Markdown pages mean the same here, in an editor and
wherever the repository is shown. Code that they link to becomes a page of its own, with its lines coloured.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pygments
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from sphinx import addnodes

from engine import __version__

ROOT = Path(__file__).parents[1]

project = "inkdigits"
author = "The inkdigits authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/api/*.md", "docs/examples/**/*.md", "benchmarks/README.md"]
exclude_patterns = ["docs/examples/*/*.egg-info", "docs/examples/*/build"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
default_role = "code"
add_module_names = False
autodoc_typehints = "none"  # the sections Parameters and Returns say more
autodoc_member_order = "bysource"
viewcode_follow_imported_members = False
numpydoc_show_class_members = False

html_theme = "furo"
html_title = "inkdigits"
html_extra_path = ["digits.html"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-api-name": "#0a4bff", "color-api-pre-name": "#5a5c63"},
    "dark_css_variables": {"color-api-name": "#6ab0ff", "color-api-pre-name": "#a0a3ab"},
}
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
pygments_style = "tango"
pygments_dark_style = "github-dark"

NAVIGATION = """

```{toctree}
:hidden:
:caption: Learn

The window <docs/window>
docs/how-it-learns
Inside a network <docs/inside-a-network>
Real handwriting <docs/reading-handwriting>
Model card <docs/model-card>
```

```{toctree}
:hidden:
:caption: Use

Sweeps <docs/sweep>
docs/taking-the-model-elsewhere
docs/write-a-backend
An array-API backend <docs/examples/inkdigits-array-api/README>
```

```{toctree}
:hidden:
:caption: Reference

docs/api/networks
docs/api/data
docs/api/training
docs/api/inside
docs/api/teaching
docs/api/exports
docs/api/backends
docs/api/window
```

```{toctree}
:hidden:
:caption: Project

Speed <benchmarks/README>
Reliability <RELIABILITY>
Security <SECURITY>
Contributing <CONTRIBUTING>
Changelog <CHANGELOG>
```
"""

linked: set[str] = set()  # files and folders of the tree that pages link to


def add_navigation(app: Any, docname: str, source: list[str]) -> None:
    """The start page is the README, which knows nothing of a site."""
    if docname == root_doc:
        source[0] += NAVIGATION


def code_page(docname: str, path: Path) -> str:
    """The address of the page that shows a file or a folder, seen from another page."""
    name = path.relative_to(ROOT).as_posix()
    if name == "docs/digits.html":
        target = "digits.html"  # is a page already
    else:
        linked.add(name)
        target = f"code/{name}.html"
    return posixpath.relpath(target, posixpath.dirname(docname) or ".")


def link_files(app: Any, doctree: nodes.document) -> None:
    """A link to a file or a folder of the tree leads to its page, and not to a download."""
    docname = app.env.current_document.docname
    for link in list(doctree.findall(addnodes.download_reference)) + list(
        doctree.findall(addnodes.pending_xref)
    ):
        folder = ROOT if link["reftarget"].startswith("/") else (ROOT / docname).parent
        path = (folder / link["reftarget"].lstrip("/")).resolve()
        if isinstance(link, addnodes.download_reference) or (link["reftype"] == "myst" and path.is_dir()):
            link.replace_self(nodes.reference("", "", *link.children, refuri=code_page(docname, path)))


def code_pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """One page for each file or folder that is linked."""
    for name in sorted(linked):
        path = ROOT / name
        if path.is_dir():
            files = [each for each in sorted(path.iterdir()) if each.suffix in {".py", ".toml", ".md"}]
            body = "".join(f"<h2>{each.name}</h2>{highlighted(each)}" for each in files)
        else:
            body = highlighted(path)
        page = f'<div class="code-page"><h1>{name}</h1>{body}</div>'
        yield f"code/{name}", {"title": name, "body": page, "parents": []}, "page.html"


def highlighted(path: Path) -> str:
    """A file with its lines coloured."""
    lexer = get_lexer_for_filename(path.name) if path.suffix else get_lexer_for_filename("text.txt")
    return (
        f'<div class="highlight">{pygments.highlight(path.read_text("utf-8"), lexer, HtmlFormatter())}</div>'
    )


def inline_math(self: Any, node: nodes.math) -> None:
    """Formulas as MathML, which browsers draw without a script."""
    self.body.append(f"<math>{tex2mathml(node.astext())}</math>")
    raise nodes.SkipNode


def displayed_math(self: Any, node: nodes.math_block) -> None:
    """A formula on lines of its own."""
    self.body.append(tex2mathml(node.astext(), as_block=True))
    raise nodes.SkipNode


def finish(app: Any, error: Exception | None) -> None:
    """A site begins at index.html."""
    if error is None and app.builder.name == "html":
        shutil.copy(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (inline_math, None), (displayed_math, None))
    app.connect("source-read", add_navigation)
    app.connect("doctree-read", link_files, priority=100)  # before Sphinx collects downloads
    app.connect("html-collect-pages", code_pages)
    app.connect("build-finished", finish)
