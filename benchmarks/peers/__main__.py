"""The same work done by inkdigits and by its peers, side by side: PyTorch and ONNX Runtime.

    python -m benchmarks.peers                    # everything, about seven minutes; --quick for a glance
    python -m benchmarks.peers --only epochs answers --rounds 9

Needs the extra ``peers``. The contenders take turns (A B A B ...), and each round gives one ratio: what is
printed is the median over the rounds, and the lowest and highest in brackets. Writes ``peers.json`` (every
time of every round), ``peers.md`` (the table of goals) and ``peers.png`` into ``benchmarks/results``.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from backends.numba_backend import NumbaBackend
from benchmarks.peers.contenders import LAYER_SIZES
from benchmarks.peers.report import ROOT, draw, machine, table
from benchmarks.peers.rows import Row
from benchmarks.peers.work import GROUPS
from engine.data.datasets import load_mnist


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="what to compare")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="numbers of threads (1 2)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender runs (5)")
    parser.add_argument("--quick", action="store_true", help="two rounds, one thread")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the results"
    )
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.threads = 2, [1]
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(tempfile.gettempdir()) / "inkdigits-inductor"))
    digits = load_mnist().train
    NumbaBackend().warm_up(LAYER_SIZES)
    options.output.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for group in options.only:
        for row in GROUPS[group](digits, options):
            print(row, flush=True)
            rows.append(row)
            result = {"machine": machine(), "rows": [asdict(each) for each in rows]}
            (options.output / "peers.json").write_text(json.dumps(result, indent=1) + "\n")
    (options.output / "peers.md").write_text(table(rows))
    draw(rows, options.output / "peers.png")


if __name__ == "__main__":
    main()
