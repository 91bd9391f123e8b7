"""Coverage-guided fuzzing of a reader of files, with atheris (pip install 'inkdigits[fuzz]').

    python -m benchmarks.fuzz_readers model -max_total_time=60

The first word is a kind of file: model, recipe, drawings, picture, data or checkpoint. Options of libFuzzer
(https://llvm.org/docs/LibFuzzer.html) may follow. Fuzzing begins with the files of the tests, and ends at the
first exception that is no `InkdigitsError`, at 1,000 MB, or at 10 seconds for one file. That file is left
in the current folder: add it to `tests/bad_files`.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["engine", "backends", "zipfile", "tomllib", "json", "PIL"]):
    from backends import InkdigitsError
    from tests.bad_files import KINDS, bad, good
    from tests.test_readers import READERS

LARGEST_SEED = 100_000  # bytes; larger files slow the search down
LIMITS = ["-timeout=10", "-rss_limit_mb=1000", "-max_len=20000", "-print_final_stats=1"]


def main() -> None:
    """Fuzz the reader that the command line names."""
    if len(sys.argv) < 2 or sys.argv[1] not in KINDS:
        sys.exit(f"usage: python -m benchmarks.fuzz_readers {{{','.join(KINDS)}}} [-max_total_time=SECONDS]")
    kind, options = sys.argv[1], sys.argv[2:]
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{kind}-"))
    corpus, path = folder / "corpus", folder / kind
    corpus.mkdir()
    for number, content in enumerate([good(kind), *(case.content for case in bad(kind))]):
        if len(content) <= LARGEST_SEED:
            (corpus / str(number)).write_bytes(content)

    def read(content: bytes) -> None:
        path.write_bytes(content)
        with contextlib.suppress(InkdigitsError):
            READERS[kind](path)

    atheris.Setup([sys.argv[0], *LIMITS, *options, str(corpus)], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
