"""The same work done by inkdigits and by its fastest rivals, side by side.

    pip install -e '.[peers, peers-openvino]'
    python -m benchmarks.peers                    # everything; goes on where it was interrupted with --resume
    python -m benchmarks.peers --only epochs answers --rounds 9

The rivals: PyTorch, JAX, TensorFlow, scikit-learn, ONNX Runtime and OpenVINO, each as its own users write it
(`benchmarks/peers/contenders`) and in a process of its own. One that is not installed is skipped. Correctness
is checked before any clock runs. The contenders take turns (A B A B ...), so each round gives one ratio.

Writes into ``benchmarks/results``: after each row ``peers.json`` (every time of every round) and ``peers.md``
(the README's rows, each against its fastest rival, then the whole table), and at the end ``peers.png``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.peers.contenders import CONTENDERS, ROOT
from benchmarks.peers.report import draw, machine, markdown
from benchmarks.peers.rows import Row, Work, measure
from benchmarks.peers.work import GROUPS
from benchmarks.peers.worker import Team


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    if options.quick:
        options.rounds, options.threads = 1, [1]
    installed = [name for name in options.contenders if is_installed(name)]
    works = [
        Work(work.title, group, threads, {name: work.tasks[name] for name in work.tasks if name in installed})
        for threads in options.threads
        for group in options.only
        for work in GROUPS[group](threads, options.quick)
    ]
    results = Results(options.output, options.resume)
    for threads in options.threads:
        with Team(threads, options.quick) as team:
            for work in works:
                if work.threads == threads and work.tasks and not results.has(work):
                    results.add(measure(work, team.worker, options.rounds))
    draw(list(results.rows.values()), options.output / "peers.png")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="what to compare")
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=list(CONTENDERS),
        help="who takes part",
        metavar="NAME",
    )
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], help="numbers of threads (1 2)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (3)")
    parser.add_argument("--resume", action="store_true", help="keep the rows that are already in peers.json")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="test this tool on made-up digits; the times mean nothing",
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the results"
    )
    return parser.parse_args(arguments)


def is_installed(name: str) -> bool:
    """Whether a contender can take part; says what to install if not."""
    contender = CONTENDERS[name]
    missing = contender.missing()
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        install = f"pip install -e '.[{contender.extra}]'"
        print(f"{name}: skipped, {' and '.join(missing)} {verb} not installed: {install}", file=sys.stderr)
    return not missing


class Results:
    """The rows measured so far, on disk after each of them.

    Rows of an earlier run stay if they were taken on the same machine, versions and commit.
    """

    def __init__(self, folder: Path, resume: bool) -> None:
        self.folder = folder
        self.machine = machine()
        self.rows: dict[tuple[str, int], Row] = {}
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "peers.json"
        if path.exists():
            earlier = json.loads(path.read_text())
            if earlier["machine"] == self.machine:
                rows = [Row(**each) for each in earlier["rows"]]
                self.rows = {row.key: row for row in rows}
        self.kept = set(self.rows if resume else ())

    def has(self, work: Work) -> bool:
        return work.key in self.kept

    def add(self, row: Row) -> None:
        print(row, flush=True)
        self.rows[row.key] = row
        rows = list(self.rows.values())
        taken = time.strftime("%Y-%m-%d %H:%M")
        content = {"taken": taken, "machine": self.machine, "rows": [asdict(each) for each in rows]}
        (self.folder / "peers.json").write_text(json.dumps(content, indent=1) + "\n")
        (self.folder / "peers.md").write_text(markdown(rows, self.machine))


if __name__ == "__main__":
    main()
