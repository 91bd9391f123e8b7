"""The recognizer as one HTML file that opens in any browser, with no server and no network connection.

The page is assembled from the files of this folder: `page.html` holds the place of the style, the program and
the network. The program is written as ES modules, so that Node can run each by itself (the tests do); in the
page they are joined into one script, without their import and export words. The page's content security
policy names the hashes of that script and style, and allows nothing else to run or to be fetched.

Weights are rounded to 24 bits, or to 16 in a network too large for that: integers times one scale for each
row of a weight matrix. Rounded to 24 bits, the shipped network's probabilities change by at most 2e-6.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from backends.arrays import Array
from backends.errors import InkdigitsError
from engine.data.framing import SIDE
from engine.model.network import Network
from engine.model.safe_write import write_atomically

SMALLEST_DIGIT = 0.04  # of the pad; anything smaller is a dot, as in the window
LARGEST_PAGE = 500_000  # bytes
BYTES_PER_WEIGHT = (3, 2)  # the first that fits
PROGRAM = ("strokes.js", "network.js", "learning.js", "words.js", "pad.js", "pictures.js", "page.js")


class PageError(InkdigitsError):
    """A network that cannot be put in a page."""


def write_page(network: Network, path: Path) -> None:
    """Write a page that recognizes drawn digits with a network.

    Parameters
    ----------
    network : Network
        Has 28x28 inputs; its decision rule and classes go into the page.
    path : Path
        The HTML file, written atomically.

    Raises
    ------
    PageError
        The network has other inputs than 28x28 pixels, or is too large for a page.
    WriteError
        The file cannot be written.
    """
    if network.layer_sizes[0] != SIDE**2:
        raise PageError(f"a page needs {SIDE}x{SIDE} inputs; this network has {network.layer_sizes[0]}")
    for bytes_each in BYTES_PER_WEIGHT:
        page = assemble(packed(network, bytes_each)).encode()
        if len(page) <= LARGEST_PAGE:
            write_atomically(path, page)
            return
    raise PageError(
        f"a page is at most {LARGEST_PAGE // 1000} kB, and this network would need {len(page) // 1000} kB: "
        f"export a smaller one"
    )


def assemble(network: dict[str, Any]) -> str:
    """Join the files of this folder and a packed network into one page.

    Parameters
    ----------
    network : dict
        From `packed`.

    Returns
    -------
    str
        The HTML.
    """
    style = _file("page.css")
    program = "\n".join(_without_module_words(_file(name)) for name in PROGRAM)
    parts = {
        "POLICY": _policy(style, program),
        "STYLE": style,
        "PROGRAM": program,
        "NETWORK": json.dumps(network).replace("<", r"\u003c"),  # no class name may end the element
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _file("page.html"))


def packed(network: Network, bytes_each: int) -> dict[str, Any]:
    """Pack a network for the page: what `unpack` in network.js reads.

    Parameters
    ----------
    network : Network
        The network.
    bytes_each : int
        Bytes for each weight, 2 or 3.

    Returns
    -------
    dict
        Sizes, classes, decision rule, and the numbers in base64, ready for JSON.
    """
    layers = zip(network.parameters.weights, network.parameters.biases, strict=True)
    numbers = b"".join(_packed_layer(w, b, bytes_each) for w, b in layers)
    decision, accuracy = network.card.decision, network.card.accuracy.get("test")
    return {
        "sizes": list(network.layer_sizes),
        "classes": list(network.classes),
        "decision": {name: getattr(decision, name) for name in decision.__struct_fields__},
        "smallest": SMALLEST_DIGIT,
        "accuracy": accuracy if isinstance(accuracy, float) else None,
        "bytes": bytes_each,
        "numbers": base64.b64encode(numbers).decode("ascii"),
    }


def _packed_layer(weights: Array, biases: Array, bytes_each: int) -> bytes:
    """A float32 scale for each row, the row's weights as little-endian integers, and float32 biases."""
    largest = 2 ** (8 * bytes_each - 1) - 1
    scales = (np.abs(weights.astype(np.float64)).max(axis=1) / largest).astype("<f4")
    scales[scales == 0] = 1
    whole = np.rint(weights / scales[:, None].astype(np.float64)).clip(-largest, largest).astype("<i4")
    low_bytes = np.ascontiguousarray(whole).view(np.uint8).reshape(-1, 4)[:, :bytes_each]
    return b"".join(each.tobytes() for each in (scales, low_bytes, biases.astype("<f4")))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _without_module_words(program: str) -> str:
    """A module as a part of a larger one: what it imports is there, what it exports needs no word."""
    program = re.sub(r"^import .*?;\n", "", program, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^export ", "", program, flags=re.MULTILINE)


def _policy(style: str, program: str) -> str:
    """A content security policy that allows this style and this program and nothing else."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(program)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
