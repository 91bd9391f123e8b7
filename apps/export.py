"""``inkdigits export``: a network in other programs' formats."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from apps.options import add_json, add_model, need, output_file
from apps.output import print_json, printable
from backends import InkdigitsError
from engine.model.network import Network

EXAMPLES = """\
examples:
  inkdigits export --html digits.html
  inkdigits export --onnx digits.onnx
  inkdigits export --model trained.json --safetensors digits.safetensors --npz digits.npz
  inkdigits export --c-header digits.h

docs/taking-the-model-elsewhere.md has the few lines that use each of them.
"""


@dataclass(frozen=True)
class Format:
    """A format, and the function ``write(network, path)`` that writes it, imported when it is asked for."""

    what: str
    writer: str  # module:function
    extra: str | None = None

    def load(self) -> Callable[[Network, Path], None]:
        """The function; refuses where the extra is not installed."""
        if self.extra:
            need(self.extra, f"writing {self.what.partition(',')[0]}")
        module, _, function = self.writer.partition(":")
        write: Callable[[Network, Path], None] = getattr(import_module(module), function)
        return write


# By the name of the option.
FORMATS = {
    "onnx": Format("ONNX, for ONNX Runtime, OpenVINO and others", "engine.export.onnx:write_onnx", "export"),
    "safetensors": Format(
        "safetensors, for PyTorch, Keras and others", "engine.export.safetensors:write_safetensors", "export"
    ),
    "npz": Format("a NumPy archive", "engine.export.npz:write_npz"),
    "html": Format("a page for a browser, with no server and no network", "engine.export.page:write_page"),
    "c-header": Format("a C header, without any dependency", "engine.export.c_header:write_c_header"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits export``."""
    add_model(parser)
    for name, each in FORMATS.items():
        parser.add_argument(
            f"--{name}", dest=name, metavar="FILE", type=output_file, help=f"write {each.what}, to this file"
        )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write each file that is asked for; returns the exit code."""
    chosen: dict[str, Path] = {name: path for name in FORMATS if (path := getattr(arguments, name))}
    if not chosen:
        raise InkdigitsError(f"name a format: {', '.join(f'--{name} FILE' for name in FORMATS)}")
    if len({path.resolve() for path in chosen.values()}) < len(chosen):
        raise InkdigitsError("two formats have the same file: give each its own")
    writers = {name: FORMATS[name].load() for name in chosen}
    network = Network.load(arguments.model)
    for name, path in chosen.items():
        writers[name](network, path)
        size = path.stat().st_size
        if arguments.json:
            print_json(format=name, file=str(path), bytes=size)
        else:
            print(f"saved {printable(path)}  ({size / 1000:,.0f} kB)")
    return 0


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["export", *sys.argv[1:]]))
