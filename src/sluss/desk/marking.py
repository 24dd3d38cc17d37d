"""Where the words that were looked for stand in a text. In: a text, a question. Out: the text with matches between U+0002 and U+0003."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sluss.kernel.terms import Question, phone_spans
from sluss.kernel.text import fold

START, END = "\x02", "\x03"
BEFORE, AROUND = 60, 180
_WORD = re.compile(r"[^\W_]+")


def marked_where(text: str, question: Question) -> str:
    """The whole text, marked."""
    clean = _plain(text)
    return _marked(clean, matches_in(clean, question), 0, len(clean))


def marked_around(text: str, question: Question) -> str:
    """Text around the first match, marked; empty where nothing matches."""
    clean = _plain(text)
    spans = matches_in(clean, question)
    if not spans:
        return ""
    start = max(0, spans[0][0] - BEFORE)
    start = clean.find(" ", start, spans[0][0]) + 1 if start else 0
    end = max(start + AROUND, spans[0][1])
    cut = _marked(clean, [span for span in spans if span[1] <= end], start, end)
    return ("…" if start else "") + cut + ("…" if len(clean) > end else "")


def matches_in(text: str, question: Question) -> list[tuple[int, int]]:
    """Spans of words, in order, none within another."""
    return list(_apart(sorted({*_words(text, question), *_phones(text, question)})))


def _words(text: str, question: Question) -> Iterator[tuple[int, int]]:
    exact = {word for term in question.wanted for word in (term.words[:-1] if term.beginning else term.words)}
    begun = tuple(term.words[-1] for term in question.wanted if term.beginning)
    for found in _WORD.finditer(text):
        word = fold(found.group())
        if word in exact or (begun and word.startswith(begun)):
            yield found.span()


def _phones(text: str, question: Question) -> Iterator[tuple[int, int]]:
    wanted = {term.phone for term in question.wanted if term.phone}
    return ((start, end) for start, end, phone in (phone_spans(text) if wanted else ()) if phone in wanted)


def _apart(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    end = 0
    for start, stop in spans:
        if start >= end:
            yield start, stop
            end = stop


def _marked(text: str, spans: list[tuple[int, int]], start: int, end: int) -> str:
    shown, here = "", start
    for first, last in spans:
        shown += f"{text[here:first]}{START}{text[first:last]}{END}"
        here = last
    return shown + text[here:end]


def _plain(text: str) -> str:
    """On one line, and no marks but ours."""
    return " ".join(text.replace(START, "").replace(END, "").split())
