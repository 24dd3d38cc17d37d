"""From text to a filter. In: what somebody typed, names they may use. Out: a `Filter`, or `Wrong` with the place and a sentence.

A space joins, `OR` offers, `-` or `NOT` excludes, brackets group, quotes hold names of several words, commas list what may be.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from sluss.cases.filtering.names import Names
from sluss.cases.filtering.terms import All, Filter, Not, Part, Some, Term, Wrong, joined
from sluss.cases.filtering.values import read_value
from sluss.kernel.words import say

LONGEST = 2_000
DEPTH = 8
TERMS = 50
_BLANK = re.compile(r"\s*")
_FIELD = re.compile(r"([^\W\d_]+):(?!//)")
_BARE = re.compile(r'[^\s()",]+')
_LOOSE = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Token(msgspec.Struct, frozen=True):
    """A piece of the text and where it begins. `values` belong to a field, each with its place."""

    kind: Literal["(", ")", "OR", "NOT", "field", "word", "end"]
    at: int
    text: str = ""
    values: tuple[tuple[str, int], ...] = ()


def read_filter(text: str, names: Names, *, words: bool = False) -> Filter:
    """The filter that a text says. With `words` it may also hold words to search for; they stand outside brackets."""
    if len(text) > LONGEST:
        raise Wrong(say("A filter has at most 2,000 characters."), LONGEST)
    reader = _Reader(_tokens(text), names, words=words)
    tree = reader.alternatives(0)
    if reader.token.kind != "end":
        raise Wrong(say("This bracket closes nothing."), reader.token.at)
    return Filter(tree, tuple(reader.found))


class _Reader:
    """Recursive descent over the tokens, never deeper than `DEPTH`."""

    def __init__(self, tokens: list[Token], names: Names, *, words: bool) -> None:
        self.tokens, self.names, self.words = tokens, names, words
        self.here = 0
        self.count = 0
        self.found: list[str] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.here]

    def alternatives(self, depth: int) -> Part:
        """Parts with OR between them."""
        parts = [self._together(depth)]
        while self.token.kind == "OR":
            place = self._next().at
            following = self._together(depth)
            if All() in {parts[-1], following}:
                raise Wrong(say("OR stands between two conditions."), place)
            parts.append(following)
        return joined(Some, parts)

    def _together(self, depth: int) -> Part:
        parts: list[Part] = []
        while self.token.kind in {"(", "NOT", "field", "word"}:
            part = self._one(depth)
            if part is not None:
                parts.append(part)
        return joined(All, parts) if parts else All()

    def _one(self, depth: int) -> Part | None:
        token = self._next()
        if token.kind == "NOT":
            return self._excluded(token, depth)
        if token.kind == "(":
            return self._group(token, depth)
        if token.kind == "word":
            return self._word(token, depth)
        self.count += 1
        if self.count > TERMS:
            raise Wrong(say("A filter has at most 50 conditions."), token.at)
        field, values = read_value(token.text, token.values, token.at, self.names)
        return Term(field, values)

    def _excluded(self, token: Token, depth: int) -> Part:
        if self.token.kind not in {"(", "field", "NOT"}:
            raise Wrong(say("After a minus stands what is to be left out, as in -tag:spam."), token.at)
        self._require_shallow(token, depth)
        part = self._one(depth + 1)
        return part.part if isinstance(part, Not) else Not(part or All())

    def _group(self, token: Token, depth: int) -> Part:
        self._require_shallow(token, depth)
        part = self.alternatives(depth + 1)
        if self.token.kind != ")":
            raise Wrong(say("This bracket is not closed."), token.at)
        self._next()
        if part == All():
            raise Wrong(say("There is nothing between these brackets."), token.at)
        return part

    def _word(self, token: Token, depth: int) -> None:
        if not self.words:
            raise Wrong(say("Write a field and a value, as in tag:bagage. For words of a message use the search."), token.at)
        if depth:
            raise Wrong(say("Words to search for stand outside brackets."), token.at)
        self.found.append(token.text)

    def _require_shallow(self, token: Token, depth: int) -> None:
        if depth >= DEPTH:
            raise Wrong(say("These brackets are nested too deeply; eight levels are the limit."), token.at)

    def _next(self) -> Token:
        self.here += 1
        return self.tokens[self.here - 1]


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = _skip(text, 0)
    while at < len(text):
        token, at = _token(text, at)
        tokens += [token] if token else []
        at = _skip(text, at)
    return [*tokens, Token("end", len(text))]


def _token(text: str, at: int) -> tuple[Token | None, int]:
    char = text[at]
    if char == "(":
        return Token("(", at), at + 1
    if char == ")":
        return Token(")", at), at + 1
    if char == "-" and _skip(text, at + 1) == at + 1 < len(text):
        return Token("NOT", at), at + 1
    if field := _FIELD.match(text, at):
        values, end = _values(text, field.end())
        return Token("field", at, field[1].lower(), values), end
    word, end = _said(text, at, _LOOSE)
    if text[at] != '"' and word in {"OR", "NOT"}:
        return Token("OR" if word == "OR" else "NOT", at), end
    return None if text[at] != '"' and word == "AND" else Token("word", at, word), end


def _values(text: str, at: int) -> tuple[tuple[tuple[str, int], ...], int]:
    values: list[tuple[str, int]] = []
    while True:
        if at >= len(text) or text[at] in " \t\n(),":
            raise Wrong(say("A value is missing after the colon or the comma."), at)
        value, end = _said(text, at, _BARE)
        values.append((value, at))
        if end >= len(text) or text[end] != ",":
            return tuple(values), end
        at = end + 1


def _said(text: str, at: int, bare: re.Pattern[str]) -> tuple[str, int]:
    """A quoted or a bare piece, and where it ends."""
    if text[at] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise Wrong(say("This quotation mark is not closed."), at)
        return re.sub(r"\\(.)", r"\1", quoted[1]), quoted.end()
    found = bare.match(text, at)
    if found is None:
        raise Wrong(say("A value is missing after the colon or the comma."), at)
    return found[0], found.end()


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
