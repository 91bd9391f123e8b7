"""``inkdigits train --log``: the epochs of a run as a table, for a spreadsheet or an experiment tracker."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, fields
from pathlib import Path
from typing import TypeVar

from apps.options import output_file
from apps.output import say
from backends import InkdigitsError
from engine.model.history import EpochRecord, History
from engine.model.safe_write import write_atomically
from engine.training.trainer import Training

Record = TypeVar("Record")


def log_file(text: str) -> Path:
    """Argument type: a file to write, .jsonl or .csv."""
    if Path(text).suffix.lower() not in (".jsonl", ".csv"):
        raise argparse.ArgumentTypeError(f"cannot log to {text}: end its name in .jsonl or .csv")
    return output_file(text)


def logged(
    records: Generator[Record, None, None], training: Training, path: Path
) -> Generator[Record, None, None]:
    """Pass records on, and after each epoch write all epochs so far.

    The file is replaced each time, not appended to, so that it is whole at any moment, and a run that goes on
    from a checkpoint repeats no epoch in it.
    """
    with closing(records):  # so that a run that is left early keeps its checkpoint
        for record in records:
            if isinstance(record, EpochRecord):
                _write(training.network.history, path)
            yield record


def _write(history: History, path: Path) -> None:
    """Write the log; where it cannot be written, say so: it is not worth ending a run for."""
    try:
        write_atomically(path, _encode(history, path).encode())
    except InkdigitsError as error:
        say(str(error))


def _encode(history: History, path: Path) -> str:
    rows = [asdict(epoch) for epoch in history]
    if path.suffix.lower() == ".jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    table = io.StringIO()
    writer = csv.DictWriter(table, [field.name for field in fields(EpochRecord)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return table.getvalue()
