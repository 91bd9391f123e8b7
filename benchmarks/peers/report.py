"""What a comparison leaves behind: tables in Markdown, a picture, and what machine it was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
import textwrap
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.peers.contenders import CONTENDERS, ROOT
from benchmarks.peers.rows import Row, threads_text
from benchmarks.peers.work import SUMMARY

LABEL_WIDTH = 44  # characters in a line
OURS, THEIRS, PALE = "#1f5fa8", "#8a8f98", "#dfe3e8"
PACKAGES = {  # import name -> distribution
    "numpy": "numpy",
    "numba": "numba",
    "torch": "torch",
    "jax": "jax",
    "tensorflow": "tensorflow",
    "sklearn": "scikit-learn",
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
    git = ["git", "describe", "--always", "--dirty"]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {
            name: importlib.metadata.version(name) for package, name in PACKAGES.items() if find_spec(package)
        },
        "commit": subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip(),
    }


def markdown(rows: list[Row], machine: dict[str, Any]) -> str:
    """The README's rows, every row against its fastest rival, then every contender."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    compared = [row for row in rows if row.ours and row.fastest_rival]
    summary = [row for row in compared if row.title in SUMMARY and row.threads == 1]
    groups = dict.fromkeys(row.group for row in rows)
    parts = [
        "## Against the fastest rival\n",
        _against_fastest(sorted(summary, key=lambda row: SUMMARY.index(row.title))),
        "## Every row against its fastest rival\n",
        _against_fastest([row for row in compared if row.group != "sizes"]),
        "## Everyone\n",
        "Median wall clock and, in brackets, CPU time; then how many times the time of `numba` it is.\n",
        *(_everyone([row for row in rows if row.group == group]) for group in groups),
        f"{machine['cpu']}, {machine['cores']} cores; Python {machine['python']}, {versions}; "
        f"commit {machine['commit']}.\n",
    ]
    return "\n".join(parts)


def _against_fastest(rows: list[Row]) -> str:
    lines = [
        "| work | threads | ours | CPU | fastest rival | CPU | which | times ours (spread) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ours, rival = row.ours, row.fastest_rival
        assert ours
        assert rival
        ratio = row.ratio(rival)
        cells = [
            row.title,
            str(row.threads),
            f"{row.median_wall(ours):.3g} {row.unit}",
            _cpu(row, ours),
            f"{row.median_wall(rival):.3g} {row.unit}",
            _cpu(row, rival),
            rival,
            f"**{ratio.median:.2f}** ({ratio.low:.2f}-{ratio.high:.2f})",
        ]
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _everyone(rows: list[Row]) -> str:
    """One group: a line for each contender, a column for each row of the table."""
    names = [name for name in CONTENDERS if any(name in row.wall or name in row.left_out for row in rows)]
    lines = [
        _line(["", *(f"{row.title}, {threads_text(row.threads)}" for row in rows)]),
        "|---" * (len(rows) + 1) + "|",
    ]
    lines += [_line([name, *(_cell(row, name) for row in rows)]) for name in names]
    return "\n".join(lines) + "\n"


def _cell(row: Row, name: str) -> str:
    if name in row.left_out:
        return f"left out: {row.left_out[name]}".replace("|", "/")
    if name not in row.wall:
        return ""
    text = f"{row.median_wall(name):.3g} {row.unit}"
    if cpu := _cpu(row, name):
        text += f" ({cpu})"
    return f"{text}, {row.ratio(name).median:.2f}" if row.ours else text


def _cpu(row: Row, name: str) -> str:
    """CPU time, in the row's unit; memory has none."""
    cpu = row.median_cpu(name)
    return f"{cpu:.3g}" if cpu else ""


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def draw(rows: list[Row], path: Path) -> None:
    """Left: how many times our time the fastest rival takes. Right: an epoch by its sizes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    compared = [row for row in rows if row.ours and row.fastest_rival and row.group not in ("bound", "sizes")]
    growth = [row for row in rows if row.group == "sizes" and row.wall]
    kinds = list(dict.fromkeys(row.title.rsplit(" ", 1)[0] for row in growth))
    height = max(0.42 * len(compared) + 1, 2.2 * len(kinds), 3)
    figure = plt.figure(figsize=(13 if growth else 8, height), layout="constrained")
    columns = figure.subfigures(1, 2 if growth else 1, squeeze=False, width_ratios=[8, 5] if growth else [1])
    if compared:
        _draw_ratios(columns[0, 0].subplots(), compared)
    if growth:
        axes = columns[0, 1].subplots(len(kinds), 1, squeeze=False)[:, 0]
        for axis, kind in zip(axes, kinds, strict=True):
            _draw_growth(axis, kind, [row for row in growth if row.title.rsplit(" ", 1)[0] == kind])
        axes[0].set_title("Seconds for an epoch, one thread", loc="left", fontsize=10)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw_ratios(axis: Any, rows: list[Row]) -> None:
    labels = []
    for y, row in enumerate(reversed(rows)):
        rival = row.fastest_rival
        assert rival
        middle, low, high = row.ratio(rival)
        axis.barh(y, middle, color=OURS, height=0.6)
        axis.plot([low, high], [y, y], color="black", linewidth=1)
        axis.text(max(high, 1) * 1.06, y, f"{middle:.1f}  {rival}", va="center", fontsize=9)
        labels.append(textwrap.fill(f"{row.title}, {threads_text(row.threads)}", LABEL_WIDTH))
    axis.set_yticks(range(len(labels)), labels, fontsize=9)
    axis.axvline(1, color=THEIRS, linewidth=1)
    axis.spines[["top", "right"]].set_visible(False)
    axis.margins(x=0.25)
    axis.set_title("How many times our time the fastest rival takes", loc="left", fontsize=10)


def _draw_growth(axis: Any, kind: str, rows: list[Row]) -> None:
    x = [int(row.title.rsplit(" ", 1)[1]) for row in rows]
    styles = {"numba": (OURS, "-"), "numpy": (OURS, "--"), "pytorch": (THEIRS, "-"), "jax": (THEIRS, "--")}
    for name, (colour, dashes) in styles.items():
        y = [statistics.median(row.wall[name]) if name in row.wall else float("nan") for row in rows]
        axis.plot(x, y, dashes, color=colour, marker="o", markersize=3, label=name)
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel(kind, fontsize=9)
    axis.set_xticks(x, [f"{each:,}" for each in x], fontsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.minorticks_off()
    axis.grid(axis="y", color=PALE, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
