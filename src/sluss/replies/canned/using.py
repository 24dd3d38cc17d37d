"""Using canned answers. In: an answer put into a draft. Out: its use counted, its files attached; and what `/` offers, best first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import log2
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases.access import access_case
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Missing
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.replies.attaching import NewFile, attach_file
from sluss.replies.canned.audience import is_for
from sluss.replies.canned.facts import Facts, facts_of
from sluss.replies.canned.filling import Filled, fill_text
from sluss.replies.canned.models import canned_uses
from sluss.replies.canned.queries import Answer, CannedFile, Use, access_answer, files_of, fitting, list_answers, texts_of, uses_of

RECENT = 30 * DAY
LONGEST_QUERY = 60
_PLAIN = re.compile(r"[\W_]+")


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it would read in a case. `languages` are all that it has; `theirs` tells whether it is in the customer's."""

    answer: Answer
    language: str
    languages: tuple[str, ...]
    filled: Filled
    files: tuple[CannedFile, ...] = ()
    theirs: bool = False


def offers(tx: Tx, who: Actor, case_id: int, words: str = "", most: int = 8) -> list[Offer]:
    """Answers for a case that fit what was typed, best first. A language among the words chooses that text."""
    case = access_case(tx, who, case_id)
    facts, sought = facts_of(tx, who, case), fold(words[:LONGEST_QUERY]).split()
    answers = [one for one in list_answers(tx, who) if is_for(tx, who, one, case)]
    texts = texts_of(tx, who, [one.id for one in answers])
    spoken = {language for one in answers for language in texts[one.id]}
    chosen = next((one for one in sought if one in spoken), "")
    if chosen and len(sought) > 1:
        sought.remove(chosen)
    mine = uses_of(tx, who, since=tx.now - RECENT, by_me=True)
    ranked = [(_rank(one, texts[one.id], sought, (facts, mine)), one) for one in answers]
    best = sorted((pair for pair in ranked if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].folder, pair[1].name))[:most]
    files = files_of(tx, who, [one.id for _, one in best])
    return [_offer(one, texts[one.id], (facts, chosen), files[one.id]) for _, one in best]


def offer(tx: Tx, who: Actor, case_id: int, answer_id: int, language: str = "") -> Offer:
    """One answer as it would read in a case. `Missing` when it is archived, not for the actor or not for this case."""
    case = access_case(tx, who, case_id)
    found = access_answer(tx, who, answer_id)
    if found.archived_at is not None or not is_for(tx, who, found, case):
        raise Missing
    texts = texts_of(tx, who, [found.id])[found.id]
    return _offer(found, texts, (facts_of(tx, who, case), language), files_of(tx, who, [found.id])[found.id])


def use_answer(tx: Tx, who: Actor, case_id: int, answer_id: int) -> tuple[int, ...]:
    """An answer was put into a draft of this case: count that, and attach its files. Returns the ids of the attachments."""
    used = offer(tx, who, case_id, answer_id)
    count_use(tx, who, canned_uses, ("answer_id", used.answer.id))
    return tuple(attach_file(tx, who, case_id, NewFile(one.name, one.media_type, one.size, one.digest)) for one in used.files)


def count_use(tx: Tx, who: Actor, table: sa.Table, of: tuple[str, int]) -> None:
    """One more use today, by this agent. Called once per form: `once` sees to that."""
    c, key = table.c, {"workspace_id": who.workspace_id, of[0]: of[1], "agent_id": who.id, "day": tx.now // DAY}
    this = sa.and_(*(c[name] == value for name, value in key.items()))
    more: dict[str, Any] = {"count": c.count + 1, "last_at": tx.now}
    if tx.run(sa.update(table).where(this).values(more)).rowcount:
        return
    try:
        with tx.attempt():
            tx.run(sa.insert(table), key | {"count": 1, "last_at": tx.now})
    except IntegrityError:
        tx.run(sa.update(table).where(this).values(more))


def _offer(one: Answer, texts: Mapping[str, str], told: tuple[Facts, str], files: list[CannedFile]) -> Offer:
    facts, chosen = told
    language = fitting(texts, one.original, (chosen, facts.language, facts.usual if not facts.language else ""))
    filled = fill_text(texts[language], facts.values(language))
    theirs = language.partition("-")[0] == facts.language.partition("-")[0]
    return Offer(answer=one, language=language, languages=tuple(texts), filled=filled, files=tuple(files), theirs=theirs)


def _rank(one: Answer, texts: Mapping[str, str], sought: list[str], known: tuple[Facts, Mapping[int, Use]]) -> float:
    """0 where nothing of it fits; where nothing is sought, own use and the customer's language decide."""
    facts, mine = known
    rank = min((_fit(one, texts, word) for word in sought), default=10.0)
    if not rank:
        return 0
    speaks = any(language.partition("-")[0] == facts.language.partition("-")[0] for language in texts)
    return rank + min(15, 5 * log2(1 + mine.get(one.id, Use()).count)) + (10 if speaks else 0)


def _fit(one: Answer, texts: Mapping[str, str], word: str) -> float:
    name, shortcut = fold(one.name), fold(one.shortcut or "")
    steps = (
        (120, lambda: word == shortcut),
        (90, lambda: shortcut.startswith(word)),
        (70, lambda: name.startswith(word)),
        (60, lambda: any(part.startswith(word) for part in _PLAIN.split(name))),
        (45, lambda: word in name or word in fold(one.folder)),
        (30, lambda: any(word in fold(text) for text in texts.values())),
        (20, lambda: len(word) > 2 and (_scattered(word, name) or _scattered(word, shortcut))),
    )
    return next((rank for rank, fits in steps if fits()), 0)


def _scattered(word: str, within: str) -> bool:
    """All its letters, in their order: `rfnd` for `refund`. Only where the first letter is that of a word."""
    found = next((part for part in _PLAIN.split(within) if part[:1] == word[:1]), "")
    letters = iter(within[within.find(found) :] if found else "")
    return bool(found) and all(letter in letters for letter in word)
