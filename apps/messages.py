"""The verdict on a drawing in words, for the window and `inkdigits predict`, and probabilities as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.data.datasets import DIGITS
from engine.recognition.recognize import Recognition, State

NAME = "inkdigits"


@dataclass(frozen=True)
class Words:
    """A verdict in words. In `WORDS`, {first} and {second} are the best candidates, {p} and {q} their
    probabilities, and {needed} is the accept threshold.

    Attributes
    ----------
    glyph : str
        Shown very large.
    headline, detail : str
        Shown beside it.
    title : str
        Added to the title of the window.
    certain : bool
        Whether the glyph is an answer, or only a guess.
    """

    glyph: str
    headline: str
    detail: str
    title: str = ""
    certain: bool = False


WORDS = {
    State.EMPTY: Words("", "No prediction yet", "The canvas is empty"),
    State.TOO_SMALL: Words("", "Too small", "Draw a larger digit"),
    State.NOT_A_DIGIT: Words(
        "?", "Not a digit", "Most like a {first}: {p}, but {needed} are needed", "not a digit"
    ),
    State.UNSURE: Words("{first}", "{first} or {second}?", "{p} vs {q}", "{first} or {second}?"),
    State.DIGIT: Words("{first}", "{p} sure", "second choice: {second}, {q}", "{first} ({p})", certain=True),
}
NO_PREDICTION = Words("", "No prediction yet", "Press P to predict")
FAILED = Words("", "Backend failed", "The title says why")
PROBABLY = Words("{first}", "Probably a {first}", "{p}, but {needed} are needed", "probably {first}")
ALONE = "nothing else comes close"
UNLIKE_ALL = "Not like any digit I have seen"
UNLIKE_ALL_CLASSES = "Looks like none of the classes"
GUESS = Words("{first}", "{first} so far", "{p}; draw on")
NO_GUESS = Words("", "Drawing", "No guess yet")
SECOND = 0.1  # a second candidate is named if it has at least this probability
LIKENESS = 0.5  # a non-digit is called like a digit if that has at least this probability


def words_for(
    recognition: Recognition | None, failure: str | None = None, needed: float | None = None
) -> Words:
    """Put the verdict on a drawing in words.

    Parameters
    ----------
    recognition : Recognition or None
        None stands for a drawing without a prediction.
    failure : str, optional
        Why there is none, where the backend failed.
    needed : float, optional
        The accept threshold of the decision rule; where it is known, the words say what a refusal lacks.

    Returns
    -------
    Words
        With the digits and probabilities filled in.
    """
    if failure is not None:
        return FAILED
    if recognition is None:
        return NO_PREDICTION
    words, p = WORDS[recognition.state], recognition.probabilities
    if p is None or recognition.state is State.TOO_SMALL:
        return words
    first, second = sorted(p, reverse=True)[:2]
    if recognition.state is State.NOT_A_DIGIT:
        if recognition.classes != DIGITS:
            words = replace(words, headline="None of them", detail=UNLIKE_ALL_CLASSES)
        elif needed is None or first < LIKENESS:
            words = replace(words, detail=UNLIKE_ALL)
    elif second < SECOND and needed is not None and recognition.state is State.DIGIT:
        words = replace(words, detail=ALONE)
    elif second < SECOND and needed is not None:
        words = PROBABLY
    return _filled(words, recognition, needed)


def guess_in_words(recognition: Recognition) -> Words:
    """Put what an unfinished drawing looks like in words; it is no verdict.

    Parameters
    ----------
    recognition : Recognition
        Of the drawing so far.

    Returns
    -------
    Words
        With the likeliest digit and its probability filled in.
    """
    if recognition.probabilities is None or recognition.state is State.TOO_SMALL:
        return NO_GUESS
    return _filled(GUESS, recognition, None)


def _filled(words: Words, recognition: Recognition, needed: float | None) -> Words:
    """The words with the two likeliest classes of a recognition, and their probabilities."""
    p = recognition.probabilities
    if p is None:
        return words
    second, first = (int(index) for index in p.argsort()[-2:])
    filled = {
        "first": recognition.classes[first],
        "second": recognition.classes[second],
        "p": percent(float(p[first])),
        "q": percent(float(p[second])),
        "needed": percent(needed or 0.0),
    }
    glyph, headline, detail, title = (
        each.format(**filled) for each in (words.glyph, words.headline, words.detail, words.title)
    )
    return Words(glyph, headline, detail, title, words.certain)


def number_in_glyphs(recognitions: Sequence[Recognition]) -> str:
    """Write several digits as one number: "?" stands for what is not a digit, "-" for what is too small."""
    return "".join(words_for(each).glyph or "-" for each in recognitions)


def window_title(recognition: Recognition | None, failure: str | None = None, number: str = "") -> str:
    """Return the window's title: the verdict, or the failure, for the task bar, screen readers and tests.

    ``number`` has several digits, where several are drawn.
    """
    verdict = failure or number or words_for(recognition).title
    return f"{NAME} – {verdict}" if verdict else NAME


def percent(probability: float) -> str:
    """Write a probability in whole per cent, but never as 100% or as 0%: it is not certain."""
    if probability >= 0.995:
        return ">99%"
    if probability < 0.005:
        return "<1%"
    return f"{probability:.0%}"


def shown_value(value: object) -> str:
    """A value of a parameter, short: as the command line of ``inkdigits train`` has it."""
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, str) and value.endswith(".toml"):
        return Path(value).stem
    return f"{value:.4g}" if isinstance(value, float) else str(value)
