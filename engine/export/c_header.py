r"""A network as one C99 header without any dependency but ``math.h``.

#include "digits.h"
float pixels[INKDIGITS_INPUTS], probabilities[INKDIGITS_CLASSES];
int digit = inkdigits_predict(pixels, probabilities);
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from backends.arrays import Array, Parameters
from backends.errors import InkdigitsError
from engine.model.network import Network
from engine.model.safe_write import write_atomically

MOST_NUMBERS = 2_000_000  # a compiler takes a minute and a gigabyte for as many
NUMBERS_A_LINE = 8
SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -_.:")

HEAD = """\
/* A network that recognizes handwritten digits, written by `inkdigits export --c-header`.
 *
 *     int inkdigits_predict(const {real} pixels[{inputs}], {real} probabilities[{classes}]);
 *
 * returns the index of the most probable class, and fills in the probability of each. `pixels` are the rows
 * of an image, each from 0 (paper) to 1 (ink), made as INKDIGITS_PREPROCESSING says. C99; link with -lm.
 *
 * To be as sure as inkdigits says it is, raise each probability to the power of 1 / INKDIGITS_TEMPERATURE and
 * divide by their sum. A digit is accepted from INKDIGITS_ACCEPT_THRESHOLD on.
 */
#ifndef INKDIGITS_H
#define INKDIGITS_H

#include <math.h>

#define INKDIGITS_INPUTS {inputs}
#define INKDIGITS_CLASSES {classes}
#define INKDIGITS_PREPROCESSING {preprocessing}
#define INKDIGITS_TEMPERATURE {temperature!r}
#define INKDIGITS_ACCEPT_THRESHOLD {accept!r}
#define INKDIGITS_PAIR_THRESHOLD {pair!r}
#define INKDIGITS_CLASS_NAMES {{{names}}}
"""

FUNCTIONS = """
/* z = x w + b; an x of 0, such as blank paper, costs nothing. */
static inline void inkdigits_dense(const {real} *x, int inputs, const {real} *w, const {real} *b, int outputs,
                                   {real} *z) {{
    int i, o;
    for (o = 0; o < outputs; o++) z[o] = b[o];
    for (i = 0; i < inputs; i++, w += outputs) {{
        const {real} xi = x[i];
        if (xi != 0) for (o = 0; o < outputs; o++) z[o] += xi * w[o];
    }}
}}

static inline void inkdigits_relu({real} *z, int n) {{
    int i;
    for (i = 0; i < n; i++) z[i] = z[i] > 0 ? z[i] : 0;
}}

/* Turns logits into probabilities; returns the index of the largest. */
static inline int inkdigits_softmax({real} *z, int n) {{
    int i, best = 0;
    {real} largest, sum = 0;
    for (i = 1; i < n; i++) if (z[i] > z[best]) best = i;
    largest = z[best];
    for (i = 0; i < n; i++) sum += z[i] = {exp}(z[i] - largest);
    for (i = 0; i < n; i++) z[i] /= sum;
    return best;
}}

static inline int inkdigits_predict(const {real} *pixels, {real} *probabilities) {{
{body}
    return inkdigits_softmax(probabilities, INKDIGITS_CLASSES);
}}

#endif
"""


def write_c_header(network: Network, path: Path) -> None:
    """Write a network as a C header, atomically.

    Parameters
    ----------
    network : Network
        The network; float32 becomes ``float``, float64 ``double``, digit for digit.
    path : pathlib.Path
        The file; one that exists is replaced.

    Raises
    ------
    InkdigitsError
        The network has more than two million numbers.
    WriteError
        The file cannot be written.
    """
    if network.parameters.count > MOST_NUMBERS:
        count = f"{network.parameters.count:,}"
        raise InkdigitsError(
            f"{path} was not written: {count} numbers; a header holds {MOST_NUMBERS:,} at most"
        )
    write_atomically(path, _header(network).encode("ascii"))


def _header(network: Network) -> str:
    parameters, card = network.parameters, network.card
    single = parameters.dtype.itemsize == 4
    words = {"real": "float" if single else "double", "exp": "expf" if single else "exp"}
    head = HEAD.format(
        inputs=parameters.inputs,
        classes=parameters.outputs,
        preprocessing=_literal(f"{card.preprocessing.id} version {card.preprocessing.version}"),
        temperature=card.decision.temperature,
        accept=card.decision.accept_threshold,
        pair=card.decision.pair_threshold,
        names=", ".join(map(_literal, network.classes)),
        **words,
    )
    arrays = []
    for layer, (w, b) in enumerate(zip(parameters.weights, parameters.biases, strict=True)):
        arrays += [_array(f"w{layer}", w, words["real"]), _array(f"b{layer}", b, words["real"])]
    return head + "".join(arrays) + FUNCTIONS.format(body=_body(parameters, words["real"]), **words)


def _body(parameters: Parameters, real: str) -> str:
    """The layers, one after the other."""
    sizes = parameters.layer_sizes
    hidden = [f"a{layer}" for layer in range(1, len(sizes) - 1)]
    lines = [f"{real} {name}[{size}];" for name, size in zip(hidden, sizes[1:], strict=False)]
    for layer, (x, z) in enumerate(pairwise(["pixels", *hidden, "probabilities"])):
        inputs, outputs = sizes[layer : layer + 2]
        lines.append(
            f"inkdigits_dense({x}, {inputs}, inkdigits_w{layer}, inkdigits_b{layer}, {outputs}, {z});"
        )
        if z in hidden:
            lines.append(f"inkdigits_relu({z}, {outputs});")
    return "\n".join(f"    {line}" for line in lines)


def _array(name: str, numbers: Array, real: str) -> str:
    """Numbers as an array, each in the shortest form that reads back the same."""
    suffix = "f" if real == "float" else ""
    texts = [f"{text}{suffix}" for text in numbers.ravel().astype(str).tolist()]
    lines = [
        ", ".join(texts[start : start + NUMBERS_A_LINE]) for start in range(0, len(texts), NUMBERS_A_LINE)
    ]
    return f"\nstatic const {real} inkdigits_{name}[{numbers.size}] = {{\n" + ",\n".join(lines) + "\n};\n"


def _literal(text: str) -> str:
    """A C string; whatever might end it, or begin a trigraph, is written as octal bytes of UTF-8."""
    octal = "".join(
        each if each in SAFE else "".join(f"\\{byte:03o}" for byte in each.encode("utf-8", "replace"))
        for each in text
    )
    return f'"{octal}"'
