"""What the window says: the answer in words, numbers as people read them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.recognition.recognize import Recognition, State

NAME = "inkdigits"


@dataclass(frozen=True)
class Words:
    """How a state is told. {first} and {second} are the best candidates, {p} and {q} their probabilities.

    Attributes
    ----------
    glyph : shown very large
    headline, detail : beside it
    title : added to the window's title
    certain : whether the glyph is shown as an answer, or only as a guess
    """

    glyph: str
    headline: str
    detail: str
    title: str = ""
    certain: bool = False


WORDS = {
    State.EMPTY: Words("", "No answer yet", "The canvas is empty"),
    State.TOO_SMALL: Words("", "Too small to read", "Draw it larger"),
    State.NOT_A_DIGIT: Words("?", "Not a digit", "At least none I know", "not a digit"),
    State.UNSURE: Words("{first}", "{first} or {second}?", "{p} against {q}", "{first} or {second}?"),
    State.DIGIT: Words("{first}", "{p} sure", "else a {second}, {q}", "{first} ({p})", certain=True),
}
UNREAD = Words("", "Not read yet", "Press P to read it")


def words_for(recognition: Recognition | None) -> Words:
    """What to say; None stands for a drawing that has not been read."""
    if recognition is None:
        return UNREAD
    words = WORDS[recognition.state]
    if recognition.digit is None or recognition.probabilities is None:
        return words
    first, second = recognition.digit, recognition.second
    filled = {
        "first": first,
        "second": second,
        "p": percent(float(recognition.probabilities[first])),
        "q": percent(float(recognition.probabilities[second])),
    }
    glyph, headline, detail, title = (
        each.format(**filled) for each in (words.glyph, words.headline, words.detail, words.title)
    )
    return Words(glyph, headline, detail, title, words.certain)


def window_title(recognition: Recognition | None) -> str:
    """The title tells the answer too: to those who look at the task bar, to screen readers, to tests."""
    said = words_for(recognition).title
    return f"{NAME} – {said}" if said else NAME


def percent(share: float) -> str:
    """A share in whole per cent; never 100 % of what is less than certain, nor 0 % of what is possible."""
    if share >= 0.995:
        return ">99 %"
    if share < 0.005:
        return "<1 %"
    return f"{share * 100:.0f} %"
