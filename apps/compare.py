"""``inkdigits compare``: what tells two models apart."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from apps.options import (
    add_backend,
    add_json,
    add_picture,
    add_threads,
    chosen_backend,
    get_ready,
    input_file,
    need,
    need_digits,
    refuse_without,
)
from apps.output import download_bar, print_json, printable
from backends import InkdigitsError
from engine.data.datasets import Examples, indices_of, load_digits8x8, load_mnist, read_examples
from engine.data.drawings import read_drawings
from engine.data.own_data import frame_pictures
from engine.data.photos import images_from_pictures
from engine.data.strokes import strokes_to_image
from engine.model.network import Network
from engine.recognition.comparison import Comparison, LayerDifference, layer_differences
from engine.recognition.evaluation import evaluate
from engine.recognition.overlap import count_seen_images, seen_drawings

EXAMPLES = """\
examples:
  inkdigits compare model.json trained.json
  inkdigits compare model.json trained.json --dataset mnist --plot differences.png
  inkdigits compare model.json trained.json --strokes drawings.json --json
"""
WIDEST = 40  # characters of a value in a table
SIGNIFICANT = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``inkdigits compare``."""
    parser.add_argument("first", metavar="A.json", type=input_file, help="a model file")
    parser.add_argument("second", metavar="B.json", type=input_file, help="another")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data",
        metavar="FILE",
        type=input_file,
        help="compare the answers too, on a .npz file with x_test and y_test, pictures of any size",
    )
    source.add_argument(
        "--strokes", metavar="FILE", type=input_file, help="on the digits among drawings, as JSON or UNIPEN"
    )
    source.add_argument("--dataset", choices=["mnist", "digits8x8"], help="on the test set of this data set")
    parser.add_argument(
        "--as-is",
        action="store_true",
        help="use the pictures of --data unchanged: as large as the networks' inputs, framed like MNIST's",
    )
    add_picture(parser, "--plot", "a picture of the digits that only one of them gets right")
    add_backend(parser)
    add_threads(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare and report; returns the exit code."""
    refuse_without(arguments, "--as-is", "--data")
    on_data = bool(arguments.data or arguments.strokes or arguments.dataset)
    if arguments.plot and not on_data:
        raise InkdigitsError("--plot needs digits to draw: add --data, --strokes or --dataset")
    backend = chosen_backend(arguments)
    networks = [Network.load(path, backend) for path in (arguments.first, arguments.second)]
    examples, seen = _examples(arguments, networks) if on_data else (None, [])
    if arguments.plot and examples and examples.images.ndim < 3:
        raise InkdigitsError(f"{arguments.data} has rows of pixels, which --plot cannot draw")
    answers = _compare(networks, examples) if examples else None
    if arguments.json:
        print_json(**_as_json(arguments, networks, answers, seen))
    else:
        _print_report(arguments, networks, answers, seen)
    if arguments.plot and answers and examples:
        from apps.plots import draw_differences

        draw_differences(answers, examples.images, arguments.plot)
    return 0


def _examples(arguments: argparse.Namespace, networks: list[Network]) -> tuple[Examples, list[int]]:
    """The digits to compare the answers on, and how many of them each network was trained on."""
    first, second = networks
    if first.classes != second.classes or first.layer_sizes[0] != second.layer_sizes[0]:
        raise InkdigitsError("the models take other images or know other classes: leave the data out")
    if arguments.strokes:
        need_digits(first, "comparing on drawings")
        return _drawn_examples(arguments.strokes, networks)
    if arguments.data:
        pictures, labels = read_examples(arguments.data)
        known = indices_of(labels, first.classes)
        as_is = arguments.as_is or pictures.ndim == 2
        examples = Examples(pictures if as_is else images_from_pictures(pictures), known)
        as_in_training = Examples(frame_pictures(pictures), known)
    else:
        need_digits(first, "comparing on digits")
        examples = as_in_training = _test_set(arguments.dataset)
    images, labels = as_in_training.images, as_in_training.labels
    return examples, [count_seen_images(network.card, images, labels) for network in networks]


def _drawn_examples(path: Path, networks: list[Network]) -> tuple[Examples, list[int]]:
    drawings = read_drawings(path)
    digits = [each for each in drawings if each.label is not None]
    if not digits:
        raise InkdigitsError(f"none of the drawings in {path} has a label")
    images = np.stack([strokes_to_image(each.strokes, backend=networks[0].backend) for each in digits])
    seen = [
        sum(was_seen and each.label is not None for each, was_seen in zip(drawings, those, strict=True))
        for those in (seen_drawings(network.card, drawings) for network in networks)
    ]
    return Examples(images, np.array([each.label for each in digits])), seen


def _test_set(name: str) -> Examples:
    if name == "digits8x8":
        need("digits8x8", "--dataset digits8x8")
    test = (load_mnist(progress=download_bar) if name == "mnist" else load_digits8x8()).test
    assert test is not None  # both have one
    return test


def _compare(networks: list[Network], examples: Examples) -> Comparison:
    for network in networks:
        get_ready(network)
    return Comparison(*(evaluate(network, examples) for network in networks))


def _as_json(
    arguments: argparse.Namespace, networks: list[Network], answers: Comparison | None, seen: list[int]
) -> dict[str, Any]:
    parameters = [network.parameters for network in networks]
    layers = layer_differences(*parameters)
    fields: dict[str, Any] = {
        "first": str(arguments.first),
        "second": str(arguments.second),
        "layer_sizes": [each.layer_sizes for each in parameters],
        "dtypes": [each.dtype.name for each in parameters],
        "same_weights": parameters[0] == parameters[1],
        "layers": None if layers is None else [_finite(each) for each in layers],
        "card": {name: values for name, *values in _card_differences(*_cards(networks))},
    }
    if answers:
        fields["answers"] = {
            "n": answers.first.n,
            "accuracies": [answers.first.accuracy, answers.second.accuracy],
            "seen_in_training": seen,
            "both_right": answers.both,
            "only_first": answers.only_first.tolist(),
            "only_second": answers.only_second.tolist(),
            "neither": answers.neither,
            "different_answers": answers.different_answers,
            "mcnemar_p": answers.p_value,
        }
    return fields


def _cards(networks: list[Network]) -> list[Any]:
    """The networks' cards as dictionaries."""
    return [msgspec.to_builtins(network.card) for network in networks]


def _finite(layer: LayerDifference) -> dict[str, float | None]:
    """A layer for JSON, which has no infinity."""
    relative = layer.relative if np.isfinite(layer.relative) else None
    return {"largest": layer.largest, "relative": relative}


def _card_differences(first: Any, second: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each entry that two cards do not share, by its path; None stands for an entry that is missing."""
    if isinstance(first, dict) and isinstance(second, dict):
        for name in first | second:
            below = f"{path}.{name}" if path else name
            yield from _card_differences(first.get(name), second.get(name), below)
    elif first != second:
        yield path, first, second


def _print_report(
    arguments: argparse.Namespace, networks: list[Network], answers: Comparison | None, seen: list[int]
) -> None:
    for name, path, network in zip(
        ("first", "second"), (arguments.first, arguments.second), networks, strict=True
    ):
        sizes = "-".join(map(str, network.layer_sizes))
        print(f"{name:8}{printable(path)}  ({sizes}, {network.parameters.dtype})")
    print()
    rows = [(name, _short(a), _short(b)) for name, a, b in _card_differences(*_cards(networks))]
    if rows:
        _print_table(["card", "first", "second"], rows)
    else:
        print("card    the same")
    print()
    _print_weights(networks)
    if answers:
        print()
        _print_answers(answers, seen)
        if arguments.strokes:
            print("  (The test takes the digits for independent; those by one writer are not quite.)")


def _short(value: Any) -> str:
    text = "-" if value is None else value if isinstance(value, str) else json.dumps(value)
    text = printable(text)
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_weights(networks: list[Network]) -> None:
    first, second = (each.parameters for each in networks)
    layers = layer_differences(first, second)
    if first == second:
        print("weights the same, bit for bit")
    elif layers is None:
        print("weights of different layers")
    else:
        rows = [
            (f"{inputs} x {outputs}", f"{each.largest:.3g}", f"{each.relative:.3g}")
            for each, (inputs, outputs) in zip(layers, (w.shape for w in first.weights), strict=True)
        ]
        _print_table(["weights", "largest difference", "|first - second| / |first|"], rows)


def _print_answers(answers: Comparison, seen: list[int]) -> None:
    first, second = answers.first, answers.second
    print(f"answers to {first.n:,} digits")
    print(f"  accuracy         {first.accuracy:.2%} and {second.accuracy:.2%}")
    if any(seen):
        print(f"  seen in training {seen[0]:,} and {seen[1]:,}  (accuracy on new digits is likely lower)")
    print(f"  both right       {answers.both:,}")
    print(f"  only the first   {len(answers.only_first):,}{_per_class(answers, answers.only_first)}")
    print(f"  only the second  {len(answers.only_second):,}{_per_class(answers, answers.only_second)}")
    print(f"  neither          {answers.neither:,}")
    meaning = "the accuracies differ" if answers.p_value < SIGNIFICANT else "no sign of a difference"
    print(f"  McNemar's exact test: p = {answers.p_value:.2g}, {meaning}")


def _per_class(answers: Comparison, which: Any) -> str:
    """How many of these examples are of each class."""
    labels, counts = np.unique(answers.first.labels[which], return_counts=True)
    names = [printable(answers.first.classes[label]) for label in labels]
    parts = [f"{name}: {count}" for name, count in zip(names, counts, strict=True)]
    return f"  ({', '.join(parts)})" if parts else ""


if __name__ == "__main__":
    from apps.cli import main

    sys.exit(main(["compare", *sys.argv[1:]]))
