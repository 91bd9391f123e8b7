"""What a comparison leaves behind: a table in Markdown, a picture, and what machine it was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
import textwrap
import time
from pathlib import Path
from typing import Any

from benchmarks.peers.rows import Row

ROOT = Path(__file__).parents[2]
LABEL_WIDTH = 44  # characters in a line
OURS, THEIRS, GOAL, PALE = "#1f5fa8", "#8a8f98", "#d1762b", "#dfe3e8"


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ("numpy", "numba", "torch", "onnxruntime", "onnx")
    git = ["git", "describe", "--always", "--dirty"]
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: importlib.metadata.version(package) for package in packages},
        "commit": subprocess.run(git, cwd=ROOT, capture_output=True, text=True).stdout.strip(),
        "taken": time.strftime("%Y-%m-%d %H:%M"),
    }


def table(rows: list[Row]) -> str:
    """Every goal and what was measured, in Markdown; against each kind of opponent the fastest counts."""
    lines = [
        "| work | threads | ours | theirs | times as fast (spread) | goal |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        for goal in row.goals:
            rivals = [g for g in row.goals if g.ours == goal.ours and _maker(g.theirs) == _maker(goal.theirs)]
            if goal is not min(rivals, key=lambda g: row.median(g.theirs)):
                continue
            middle, low, high = row.ratio(goal.ours, goal.theirs)
            measured = f"{middle:.2f} ({low:.2f}-{high:.2f})"
            cells = [
                row.work,
                str(row.threads),
                f"{row.median(goal.ours):.3g} {row.unit}, {goal.ours}",
                f"{row.median(goal.theirs):.3g} {row.unit}, {goal.theirs}",
                f"**{measured}**" if middle >= goal.times else measured,
                f"{goal.times:g}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _maker(contender: str) -> str:
    return contender.split()[0]


def draw(rows: list[Row], path: Path) -> None:
    """Left: how many times as fast as the fastest peer, and the goals. Right: an epoch by its sizes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    compared = [(row, goal) for row in rows if (goal := row.hardest("numba")) and row.group != "bound"]
    growth = [row for row in rows if row.group == "sizes"]
    kinds = list(dict.fromkeys(row.work.rsplit(" ", 1)[0] for row in growth))
    height = max(0.42 * len(compared) + 1, 2.2 * len(kinds), 3)
    figure = plt.figure(figsize=(13 if growth else 8, height), layout="constrained")
    columns = figure.subfigures(1, 2 if growth else 1, squeeze=False, width_ratios=[8, 5] if growth else [1])
    if compared:
        _draw_ratios(columns[0, 0].subplots(), compared)
    if growth:
        axes = columns[0, 1].subplots(len(kinds), 1, squeeze=False)[:, 0]
        for axis, kind in zip(axes, kinds, strict=True):
            _draw_growth(axis, kind, [row for row in growth if row.work.rsplit(" ", 1)[0] == kind])
        axes[0].set_title("Seconds for an epoch, one thread", loc="left", fontsize=10)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _draw_ratios(axis: Any, compared: list[Any]) -> None:
    labels = []
    for y, (row, goal) in enumerate(reversed(compared)):
        middle, low, high = row.ratio(goal.ours, goal.theirs)
        axis.barh(y, middle, color=OURS, height=0.6)
        axis.plot([low, high], [y, y], color="black", linewidth=1)
        axis.text(high * 1.06, y, f"{middle:.1f}", va="center", fontsize=9)
        axis.plot([goal.times] * 2, [y - 0.4, y + 0.4], color=GOAL, linewidth=2)
        label = f"{row.work}, {row.threads} thread{'s' * (row.threads > 1)}"
        labels.append(textwrap.fill(label, LABEL_WIDTH))
    axis.set_yticks(range(len(labels)), labels, fontsize=9)
    axis.set_xscale("log")
    axis.set_xlim(1, None)
    axis.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axis.minorticks_off()
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title("Times as fast as the fastest peer (orange: the goal)", loc="left", fontsize=10)


def _draw_growth(axis: Any, kind: str, rows: list[Row]) -> None:
    x = [int(row.work.rsplit(" ", 1)[1]) for row in rows]
    for name, colour, dashes in (("numba", OURS, "-"), ("numpy", OURS, "--"), ("pytorch", THEIRS, "-")):
        y = [statistics.median(row.times[name]) for row in rows]
        axis.plot(x, y, dashes, color=colour, marker="o", markersize=3, label=name)
    axis.set(xscale="log", yscale="log")
    axis.set_xlabel(kind, fontsize=9)
    axis.set_xticks(x, [f"{each:,}" for each in x], fontsize=8)
    axis.tick_params(axis="y", labelsize=8)
    axis.minorticks_off()
    axis.grid(axis="y", color=PALE, linewidth=0.6)
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
