"""Who else may be of the same matter as a message. In: a message. Out: its clues kept, and others that share some, with their scores.

Bounded at each step: so many clues of a message, so many others of a clue, so many that are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import cases, conversations, messages, threads
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.proposals.features import READ, Said, marks_of
from sluss.proposals.models import clues
from sluss.proposals.scoring import Score, Shared, score

OTHERS = 30
"""Messages that share one clue, the newest: more tell nothing."""
LOOKED_AT = 25
LIVING = ("open", "pending", "snoozed", "solved")


BEGINNING = 3
"""What a matter is about is said in its first messages."""
SHORT = 200
"""Characters; whatever is longer may begin another matter."""


class Heard(msgspec.Struct, frozen=True):
    """A message of a case, as it is compared."""

    message_id: int
    case_id: int
    said: Said


def hear(tx: Tx, who: Actor, message_ids: Sequence[int]) -> list[Heard]:
    """Messages that customers wrote, of cases that are not put away."""
    m, v, c, t, i, k = messages.c, conversations.c, cases.c, threads.c, identities.c, contacts.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    joined = joined.join(contacts, (k.workspace_id == i.workspace_id) & (k.id == i.contact_id))
    text = sa.func.substr(sa.case((m.fresh != "", m.fresh), else_=m.text), 1, READ).label("text")
    name = sa.case((i.name != "", i.name), else_=k.name).label("name")
    chosen = sa.select(m.id, v.case_id, m.subject, m.at, text, name, i.address, i.contact_id, t.inbox_id).select_from(joined)
    said = (m.workspace_id == who.workspace_id) & m.id.in_(message_ids) & (m.direction == "in") & (m.automatic == "") & ~v.aside
    return [_heard(row) for row in tx.rows(chosen.where(said, c.status.in_(LIVING)))]


def goes_on(tx: Tx, who: Actor, heard: Heard) -> bool:
    """Whether it is one more short line of a talk that has been compared already: a chat has dozens, and they tell nothing new."""
    if len(heard.said.text) > SHORT:
        return False
    m, this = messages.c, messages.alias("this")
    here = sa.select(this.c.conversation_id).where(this.c.workspace_id == who.workspace_id, this.c.id == heard.message_id)
    before = (m.conversation_id == here.scalar_subquery()) & (m.direction == "in") & (m.id < heard.message_id)
    earlier = sa.select(m.id).where(m.workspace_id == who.workspace_id, before).limit(BEGINNING)
    return len(tx.rows(earlier)) == BEGINNING


def keep_clues(tx: Tx, who: Actor, heard: Heard) -> dict[str, int]:
    """Marks of a message, kept once. Returns them by what they are of."""
    marks, c = marks_of(heard.said), clues.c
    known = {row.mark for row in tx.rows(sa.select(c.mark).where(c.workspace_id == who.workspace_id, c.message_id == heard.message_id))}
    fresh = sorted(set(marks.values()) - known)
    row = {"workspace_id": who.workspace_id, "message_id": heard.message_id, "at": heard.said.at}
    if fresh:
        tx.run(sa.insert(clues), [row | {"mark": mark} for mark in fresh])
    return marks


def find_others(tx: Tx, who: Actor, heard: Heard, marks: Mapping[str, int], since: int) -> list[tuple[Heard, Score]]:
    """Messages of other cases since an instant that share clues, each with its score, the likeliest first."""
    shared = _sharing(tx, who, heard, set(marks.values()), since)
    most = Counter(one for some in shared.values() for one in some)
    others = [one for one in hear(tx, who, [key for key, _count in most.most_common(LOOKED_AT)]) if one.case_id != heard.case_id]
    told = _told_by_many(marks, shared, others)
    scored = [(other, score(heard.said, other.said, told)) for other in others]
    return sorted(scored, key=lambda one: -one[1].value)


def _sharing(tx: Tx, who: Actor, heard: Heard, marks: Collection[int], since: int) -> dict[int, list[int]]:
    """By mark, the newest messages that bear it: for each mark a short walk of the key from its end, all in one statement."""
    ordered, found = sorted(marks), dict[int, list[int]]()
    asked = {"of": who.workspace_id, "since": since, "heard": heard.message_id}
    for row in tx.run(_bearing(len(ordered)), asked | {f"mark{n}": mark for n, mark in enumerate(ordered)}) if ordered else ():
        found.setdefault(ordered[int(row.n)], []).append(int(row.message_id))
    return {mark: found.get(mark, []) for mark in ordered}


@cache
def _bearing(count: int) -> sa.CompoundSelect[int, Any]:
    """Made once for so many marks: every message bears some."""
    c = clues.c
    here = (c.workspace_id == sa.bindparam("of")) & (c.at >= sa.bindparam("since")) & (c.message_id != sa.bindparam("heard"))
    newest = sa.select(c.message_id).where(here).order_by(c.message_id.desc()).limit(OTHERS)
    walks = [newest.where(c.mark == sa.bindparam(f"mark{n}")).subquery() for n in range(count)]
    return sa.union_all(*(sa.select(sa.literal_column(str(n), sa.Integer).label("n"), one.c.message_id) for n, one in enumerate(walks)))


def _told_by_many(marks: Mapping[str, int], shared: Mapping[int, Sequence[int]], others: Sequence[Heard]) -> Shared:
    """How many customers share a kind of clue, beside the two who are compared."""
    writers = {one.message_id: one.said.contact for one in others}

    def many(kind: str) -> int:
        found = {writers.get(one, one) for name, mark in marks.items() if name.startswith(kind) for one in shared[mark]}
        return max(0, len(found) - 1)

    alike = [len({writers.get(one, one) for one in shared[mark]}) for name, mark in marks.items() if name.startswith("text")]
    # A few of the sketch are shared by chance; a template shares nearly all of it.
    return Shared(text=max(0, sorted(alike)[len(alike) // 4] - 1) if alike else 0, phone=many("phone"), code=many("code"))


def _heard(row: sa.Row[Any]) -> Heard:
    said = Said(contact=row.contact_id, name=row.name, address=row.address, inbox=row.inbox_id, text=f"{row.text}", at=row.at)
    return Heard(row.id, row.case_id, said)
