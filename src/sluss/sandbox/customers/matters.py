"""One customer's matter as they live it. In: a script and dice. Out: their mails, one after the other."""

from __future__ import annotations

import random
from typing import Literal

import msgspec

from sluss.sandbox.customers.company import DOMAIN
from sluss.sandbox.customers.mails import Answer, Enclosure, Letter, write_mail
from sluss.sandbox.customers.people import Person, customer_words, make_person
from sluss.sandbox.customers.pictures import make_document, make_photo
from sluss.sandbox.customers.scripts import Script, fill_blanks

Part = Literal["text", "nudge", "more", "thanks"]
Stage = Literal["asked", "discussing", "done"]


class Matter(msgspec.Struct, kw_only=True):
    """Where a matter stands. `ids` are the customer's own mails; `plan` is what they write next, at `due_at` (microseconds UTC).

    `past` ones began before the demo was first opened.
    """

    script: str
    person: Person
    blanks: dict[str, str]
    inbox: str
    stage: Stage = "asked"
    ids: list[str] = msgspec.field(default_factory=list[str])
    nudges: int = 0
    past: bool = False
    plan: Literal["", "nudge", "more", "thanks"] = ""
    due_at: int = 0
    answer: Answer | None = None


def begin_matter(script: Script, dice: random.Random, person: Person | None = None) -> Matter:
    """Somebody has something on their mind."""
    somebody = person or make_person(script, dice)
    blanks = fill_blanks(script.language, somebody.name, dice)
    return Matter(script=script.key, person=somebody, blanks=blanks, inbox=f"{script.inbox}@{DOMAIN}")


def write_part(matter: Matter, script: Script, part: Part, at: int, dice: random.Random) -> tuple[bytes, str]:
    """The next mail: its bytes, and the address it goes to. The matter remembers it."""
    answer = matter.answer if part in {"more", "thanks"} else None
    message_id = f"{dice.getrandbits(80):020x}@{matter.person.address.partition('@')[2]}"
    subject = script.subject.format(**matter.blanks)
    letter = Letter(
        person=matter.person,
        to=answer.reply_to if answer else matter.inbox,
        subject=subject if part == "text" else answer.subject if answer else f"Re: {subject}",
        text=customer_words(matter.person, getattr(script, part).format(**matter.blanks), dice),
        at=at,
        message_id=message_id,
        answers=answer.message_id if answer else matter.ids[-1] if matter.ids else "",
        earlier=tuple(matter.ids[-8:]) if answer else (),
        quoted=answer.text if answer else "",
        enclosure=_enclosure(matter, script, part, dice),
    )
    matter.ids.append(message_id)
    return write_mail(letter), letter.to


def _enclosure(matter: Matter, script: Script, part: Part, dice: random.Random) -> Enclosure | None:
    """What comes along: as the script says with the first mail, now and then a receipt with a later one."""
    if part == "text" and script.file:
        return _file(script.file, matter, dice)
    return _file("pdf", matter, dice) if part == "more" and dice.random() < 0.15 else None


def _file(kind: str, matter: Matter, dice: random.Random) -> Enclosure:
    number = dice.randrange(1000, 9999)
    if kind == "pdf":
        name = {"sv": "bilaga", "pl": "załącznik", "en": "document"}[matter.person.language]
        return Enclosure(f"{name}-{number}.pdf", "application/pdf", make_document(f"{matter.blanks['ref']} {matter.person.name}"))
    return Enclosure(f"IMG_{number}.png", "image/png", make_photo(dice), inline=kind == "inline")
