"""A model card in prose, as Markdown: intended use, data, training, accuracy, limits, how to make it again.

What is written here in words holds for every network of this project; the figures come from the model file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import msgspec

from apps.model_card_facts import (
    Accuracy,
    Training,
    learned_from,
    made_again_by,
    measured,
    quoted,
    trained_by,
)
from apps.options import is_for_digits
from backends import InkdigitsError
from backends.errors import one_line, shown
from engine.model.network import Network

WIDTH = 120  # of a line, where it can be broken


class CardError(InkdigitsError):
    """A model file whose card says too little."""


def model_card(network: Network, name: str) -> str:
    """The card as Markdown.

    Raises `CardError` where what the file says of its training cannot be understood.
    """
    try:
        training = msgspec.convert(network.card.training, Training)
        accuracy = msgspec.convert(network.card.accuracy, Accuracy)
    except msgspec.ValidationError as error:
        what = one_line(str(error).replace("`", ""), 80)
        raise CardError(f"{shown(name)}: its card is not one that inkdigits train writes: {what}") from None
    sections = (
        ("", _summary(network, training)),
        ("Intended use", _use(network)),
        ("Data", learned_from(training)),
        ("Training", trained_by(training)),
        ("Accuracy", measured(accuracy, training)),
        ("When it answers", _verdicts(network)),
        ("Limits", _limits(network, accuracy, training)),
        ("Make it again", made_again_by(training, name)),
    )
    text = [f"# Model card: {quoted(name)}"]
    for title, paragraphs in sections:
        text += [f"## {title}"] * bool(title) + [_wrapped(each) for each in paragraphs]
    return "\n\n".join(text) + "\n"


def _summary(network: Network, training: Training) -> Iterator[str]:
    sizes = "-".join(map(str, network.layer_sizes))
    count = sum(tensor.size for tensor in network.parameters.tensors())
    what = "recognizes one handwritten digit, 0 to 9, in a picture of 28x28 pixels or in the strokes of a pen"
    if not is_for_digits(network):
        classes = ", ".join(quoted(each) for each in network.classes[:20])
        more = f" and {len(network.classes) - 20} more" if len(network.classes) > 20 else ""
        what = f"sorts pictures of {network.layer_sizes[0]} pixels into {len(network.classes)} classes: "
        what += f"{classes}{more}"
    yield (
        f"A neural network that {what}. It has {count:,} parameters in dense layers of {sizes} units, with "
        "ReLU between them and softmax at the end."
    )
    if training.stopped_early:
        yield f"Its training was stopped early, after epoch {training.epochs_done}."


def _use(network: Network) -> Iterator[str]:
    if not is_for_digits(network):
        yield "Pictures like those that it was trained on, made in the same way. Nothing else was measured."
        return
    yield (
        "Single digits that somebody writes for it: drawn with a mouse, a pen or a finger in the window, or "
        "written dark on light, or light on dark, and photographed or scanned. It is meant for learning how "
        "such a network works, for demonstrations, and for programs in which a wrong digit does no harm or "
        "is seen by a person."
    )
    yield (
        "Not for cheques, forms, ballots, medical records, exams, or anything else where a wrong digit "
        "costs money, rights or health; not for letters, words, or printed text; not to tell who wrote a "
        "digit."
    )


def _verdicts(network: Network) -> Iterator[str]:
    rule = network.card.decision
    if not is_for_digits(network):
        yield "It always names the most probable class, however improbable."
        return
    pair = (
        f" Where the two most probable digits reach {rule.pair_threshold:.1%} together, both are named."
        if rule.pair_threshold
        else ""
    )
    tempered = f", after the logits are divided by {rule.temperature:g}" if rule.temperature != 1 else ""
    yield (
        f"A digit is named where its probability is {rule.accept_threshold:.1%} or more{tempered}.{pair} "
        "Everything else is called not a digit. Programs that take the most probable digit whatever its "
        "probability get an answer to anything, a letter too."
    )


def _limits(network: Network, accuracy: Accuracy, training: Training) -> Iterator[str]:
    if is_for_digits(network):
        pens = f"; {len(training.writers)} of them wrote on a tablet" if training.writers else ""
        yield (
            f"- It has seen the handwriting of few people, from few countries{pens}. Digits written "
            "otherwise elsewhere (a 1 with a long upstroke, a 7 with a bar, other numerals altogether) may "
            "be misread more often than the figures say.\n"
            "- Errors cluster by writer: somebody whose 4 it misreads, it misreads often. An average over "
            "many writers hides that.\n"
            "- Some letters and shapes look like digits, and some are named as one.\n"
            "- It reads one digit, framed as MNIST's are. Programs of inkdigits find, cut and frame digits "
            "before it; other programs have to do the same.\n"
            "- Pictures can be made on purpose that it misreads with certainty; `inkdigits predict "
            "--explain` shows how little has to change."
        )
    else:
        yield "- It knows nothing but its classes, and answers with one of them whatever it is shown."
    if accuracy.test is None:
        yield "- There was no test set, so that its accuracy is not known."


def _wrapped(paragraph: str) -> str:
    """A paragraph or a list in lines of at most `WIDTH`; tables and commands as they are."""
    if paragraph.startswith(("|", "    ")):
        return paragraph
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent="  " if line.startswith("- ") else "",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in paragraph.split("\n")
    )
