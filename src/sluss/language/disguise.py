"""Words as they were meant, however they are disguised. In: text from a stranger. Out: words, spelt plainly, within bounds.

Seen through: other alphabets' letters that look like ours, full-width and decorated letters, invisible characters, figures for letters
(`1d10t`), letters apart (`i d i o t`, `i.d.i.o.t`), a letter many times (`idiooot`), a star for a letter inside of a word (`id*ot`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec

from sluss.kernel.text import fold

LOOKED_AT = 4_000
"""Characters of a message; what is said after them is read by people alone."""
WORDS = 900
LONGEST = 40
NATIVE = frozenset("åäöæøéüßąćęłńóśźżáíñçàèêëïôûùœ")
"""Letters that are kept, beside the plain ones: taken off, some words would become others (`höra`, to hear)."""

_LOOKALIKES = str.maketrans(
    dict(zip("аеорсухіјѕԁԛԝһӏкмтвнгпзбд", "aeopcyxijsdqwhlkmtbhrn3bd", strict=True))
    | dict(zip("αβεηικνορτυχωγ", "abenikvoptuxwy", strict=True))
    | {"ı": "i", "ƒ": "f", "ǃ": "i", "ⅼ": "l", "ℓ": "l", "ɑ": "a", "ɡ": "g", "ʟ": "l", "ⱪ": "k"}
)
_FIGURES = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "|": "i"})
_INSIDE = frozenset("@$!|*'’")
"""What may stand for a letter inside of a word, or between its parts."""
_APART = frozenset(" .-_·•*,/\\~")


class Word(msgspec.Struct, frozen=True):
    """One word. `spelt` has the letters of its language, `plain` none but a to z, `shown` is what stands in the text."""

    spelt: str
    plain: str
    shown: str


def words_of(text: str) -> list[Word]:
    """The words of the beginning of a text, and after them those that were written letter by letter."""
    seen = _visible(text[:LOOKED_AT])
    found = list(_cut(seen))[:WORDS]
    return [*found, *_joined(found, seen)]


def _visible(text: str) -> str:
    """Without what nobody sees; decorated letters as the plain ones they are made of."""
    out: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        if char.isascii() or char.lower() in NATIVE:
            out.append(char)
        elif unicodedata.category(char) in {"Cf", "Mn", "Me"}:
            continue
        else:
            out.append(unicodedata.normalize("NFKC", char))
    return "".join(out).translate(_LOOKALIKES if _mixes(text) else {})


def _mixes(text: str) -> bool:
    """Whether the text holds letters of ours at all: a text in Cyrillic alone is no disguise."""
    return any("a" <= char <= "z" for char in text[:LOOKED_AT].lower())


def _cut(text: str) -> Iterator[Word]:
    start = -1
    for at, char in enumerate(text + " "):
        inside = char.isalnum() or (start >= 0 and char in _INSIDE and _goes_on(text, at)) or char == "$"
        if inside and start < 0:
            start = at
        elif not inside and start >= 0:
            yield _word(text[start:at][:LONGEST])
            start = -1


def _goes_on(text: str, at: int) -> bool:
    """Whether the word ends neither here nor with the marks that follow."""
    rest = text[at : at + LONGEST].lstrip("@$!|*'’")[:1]
    return rest.isalnum() or text[at] in "@$"


def _word(shown: str) -> Word:
    lower = shown.lower()
    meant = lower.translate(_FIGURES) if any(char.isalpha() for char in lower) else lower
    spelt = _unstretched("".join(char for char in meant if char.isalnum() or char == "*"))
    return Word(spelt, fold(spelt), shown)


def _unstretched(word: str) -> str:
    """Three and more of a letter are one."""
    out: list[str] = []
    for at, char in enumerate(word):
        if at >= 2 and char == word[at - 1] == word[at - 2] and char.isalpha():
            if len(out) > 1 and out[-1] == char == out[-2]:
                out.pop()
            continue
        out.append(char)
    return "".join(out)


def _joined(words: list[Word], text: str) -> Iterator[Word]:
    """Runs of single letters, made one word."""
    run: list[str] = []
    for shown in [*(one.shown for one in words), "  "]:
        if len(shown) == 1:
            run.append(shown)
            continue
        if len(run) >= 3 and any(mark in text for mark in _APART):
            yield _word("".join(run)[:LONGEST])
        run = []
