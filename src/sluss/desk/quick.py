"""The few best things for a list that opens while one types. In: words so far. Out: customers and cases, ready to be shown as lines."""

from __future__ import annotations

import msgspec

from sluss.cases.filtering.names import read_names
from sluss.desk.around import Around, look_around
from sluss.desk.asking import understand_search
from sluss.desk.searching import find
from sluss.desk.suggesting import found_contacts
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.web.locale import Voice, speaking

CASES, CONTACTS = 8, 3


class Suggestion(msgspec.Struct, frozen=True):
    """One line: a `case` or a `contact`."""

    kind: str
    title: str
    detail: str
    href: str
    icon: str


def suggest(tx: Tx, who: Actor, voice: Voice, words: str) -> list[Suggestion]:
    """Customers first, then cases, the newest mention first."""
    with speaking(voice):
        return suggestions(tx, look_around(tx, who), words)


def suggestions(tx: Tx, around: Around, words: str) -> list[Suggestion]:
    """As `suggest`, for whoever has looked around already."""
    asked = understand_search(tx, around.who, read_names(tx, around.who), words)
    if asked.problem or not asked.typed:
        return []
    people = found_contacts(tx, around.who, asked.question, CONTACTS)
    found = find(tx, around, asked, enough=CASES).cases[:CASES]
    return [
        *(Suggestion("contact", one.person.name, _plain(", ".join(one.details[:1])), one.href, "user") for one in people),
        *(
            Suggestion("case", f"#{one.number} {one.subject}".strip(), one.name, f"/c/{one.number}", around.face(one.inbox_id).can.icon)
            for one in found
        ),
    ]


def _plain(marked: str) -> str:
    return marked.replace("\x02", "").replace("\x03", "")
