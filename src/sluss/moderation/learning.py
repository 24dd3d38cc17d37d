"""Learning from what people decided. In: a message and a decision. Out: counts of words, and how likely a new message is what.

A word is kept as a number made of it, never as text, and a lesson can be taken back. Without enough examples nothing is said. Whatever
Sluss does by itself teaches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.language.disguise import words_of
from sluss.moderation.models import lesson_counts, lessons

FINE = "fine"
EXAMPLES = 10
"""Lessons that a label needs, and as many of `fine`, before anything is concluded from it."""
SURE = 0.9
WORDS = 200
SHORTEST = 3
MUTED = 3
"""How often people must have let a word pass, and never objected to it, until it is no longer found."""
TOLD = 5
_LESSONS = 0


class Hint(msgspec.Struct, frozen=True):
    """What a message is likely to be, how likely, and the words that say so the loudest."""

    label: str
    likely: float
    words: tuple[str, ...]


def learn(tx: Tx, who: Actor, message_id: int, text: str, label: str) -> None:
    """Keep that a person called a message something; what had been said of it before is forgotten."""
    forget_lesson(tx, who, message_id, text)
    tx.run(sa.insert(lessons), {"workspace_id": who.workspace_id, "message_id": message_id, "label": label, "at": tx.now})
    _count(tx, who, text, label, 1)


def forget_lesson(tx: Tx, who: Actor, message_id: int, text: str) -> None:
    """Take back what was learnt from a message."""
    mine = (lessons.c.workspace_id == who.workspace_id) & (lessons.c.message_id == message_id)
    label = tx.value(sa.select(lessons.c.label).where(mine))
    if label is not None:
        tx.run(sa.delete(lessons).where(mine))
        _count(tx, who, text, label, -1)


def hint_of(tx: Tx, who: Actor, text: str) -> Hint | None:
    """What the lessons say of a text, when there are enough of them and they are sure."""
    shown = _distinct(text)
    counts = _counts(tx, who, list(shown))
    taught = counts.get(_LESSONS, {})
    labels = [label for label, times in taught.items() if label != FINE and times >= EXAMPLES]
    if taught.get(FINE, 0) < EXAMPLES or not labels:
        return None
    hints = [_hint(label, shown, counts) for label in labels]
    best = max(hints, key=lambda one: one.likely)
    return best if best.likely >= SURE and best.words else None


def muted(tx: Tx, who: Actor, words: Sequence[str]) -> set[str]:
    """Those of the words that people let pass again and again, and never objected to."""
    marks = {word: mark_of(word) for word in words}
    counts = _counts(tx, who, list(marks.values()))
    told = {word: counts.get(mark, {}) for word, mark in marks.items()}
    return {
        word for word, times in told.items() if times.get(FINE, 0) >= MUTED and not any(n for label, n in times.items() if label != FINE)
    }


def mark_of(word: str) -> int:
    """The number of a word, however it is spelt."""
    plain = " ".join(one.plain for one in words_of(word)) or word
    return int.from_bytes(blake2b(plain.encode(), digest_size=8).digest()) >> 1 or 1


def _hint(label: str, shown: Mapping[int, str], counts: Mapping[int, Mapping[str, int]]) -> Hint:
    """Naive Bayes of this label against `fine`: each word speaks for one or the other, the more often it stood there."""
    bad, good = counts[_LESSONS][label], counts[_LESSONS][FINE]
    weights = {
        mark: math.log((times.get(label, 0) + 0.5) / (bad + 1)) - math.log((times.get(FINE, 0) + 0.5) / (good + 1))
        for mark in shown
        if (times := counts.get(mark)) and times.get(label, 0) + times.get(FINE, 0) > 1
    }
    odds = math.log(bad / good) + sum(weights.values())
    loud = sorted((mark for mark in weights if weights[mark] > 0.5), key=lambda mark: -weights[mark])[:TOLD]
    return Hint(label, 1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))), tuple(shown[mark] for mark in loud))


def _distinct(text: str) -> dict[int, str]:
    """The words of a text by their numbers, as they stand there."""
    found: dict[int, str] = {}
    for word in words_of(text):
        if len(word.plain) >= SHORTEST and not word.plain.isdigit():
            found.setdefault(int.from_bytes(blake2b(word.plain.encode(), digest_size=8).digest()) >> 1 or 1, word.shown)
        if len(found) == WORDS:
            break
    return found


def _counts(tx: Tx, who: Actor, marks: Sequence[int]) -> dict[int, dict[str, int]]:
    c = lesson_counts.c
    found: dict[int, dict[str, int]] = {}
    for row in tx.rows(sa.select(c.word, c.label, c.times).where(c.workspace_id == who.workspace_id, c.word.in_([_LESSONS, *marks]))):
        found.setdefault(row.word, {})[row.label] = row.times
    return found


def _count(tx: Tx, who: Actor, text: str, label: str, step: int) -> None:
    c = lesson_counts.c
    marks = [_LESSONS, *_distinct(text)]
    this = (c.workspace_id == who.workspace_id) & (c.label == label) & c.word.in_(marks)
    known = {row.word for row in tx.rows(sa.select(c.word).where(this))}
    if known:
        tx.run(sa.update(lesson_counts).where(this).values(times=c.times + step))
    key = {"workspace_id": who.workspace_id, "label": label}
    fresh = [key | {"word": mark, "times": 1} for mark in marks if mark not in known]
    if fresh and step > 0:
        tx.run(sa.insert(lesson_counts), fresh)
    if step < 0:
        tx.run(sa.delete(lesson_counts).where(this, c.times <= 0))
