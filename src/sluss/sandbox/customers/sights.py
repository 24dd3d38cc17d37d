"""What a newcomer should have seen within a minute. In: the telling, dice. Out: steps that end in cases which the terminal names.

A sender who is not who they say, several people in one conversation, and an answer that a colleague gave from another program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from sluss.cases.actions import add_note, set_tags
from sluss.kernel.actors import Actor
from sluss.kernel.clock import MINUTE
from sluss.sandbox.customers import odd_mail
from sluss.sandbox.customers.company import DOMAIN
from sluss.sandbox.customers.mails import Enclosure, Letter, write_mail
from sluss.sandbox.customers.people import Person
from sluss.sandbox.customers.pictures import make_seats
from sluss.sandbox.customers.telling import Telling

FORGED = "a sender who is not who they say"
SEVERAL = "several people in one conversation, and a picture in the text"
ELSEWHERE = "an answer that was sent from another program"

ROSALIND = Person(name="Rosalind Penhaligon", address="rosalind@larkchoir.example", language="en", manner="plain")
CALLUM = Person(name="Callum Featherstonehaugh", address="callum.f@letters.example", language="en", manner="plain")
CHOIR = ("Gareth Okafor <gareth@larkchoir.example>", "Fiona Chen <fiona.chen@mailbox.example>")

_SEATS = """Hello,

Our choir flies to Kraków on 11 December, booking K7WQ2M, and you changed the aircraft. This is the seat map that I got today: the \
twelve of us are no longer together.

Can you put us back into rows 14 and 15? Gareth and Fiona travel too, please keep them in copy.

Best
Rosalind"""
_BOOKED = "All twelve are booked: rows 14 and 15, K7WQ2M. Fiona has the tickets.\n\nGareth"
_VIOLIN = """Hi,

I left my violin on the belt in Bergen after NA 331 this morning. It is in a black case with a yellow ribbon. Is it with you?

Thanks
Callum"""
_FOUND = """Hello Callum,

Your violin is safe with us. It comes to Arlanda with NA 338 tonight, and you can fetch it at the baggage desk until 23.

Kind regards
Klara Sundin
"""


def sights(telling: Telling, dice: random.Random, now: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """All of them, in the last half hour."""
    tour = _Tour(telling, dice)
    yield now - 31 * MINUTE, tour.left_behind
    yield now - 26 * MINUTE, tour.several
    yield now - 19 * MINUTE, tour.forged
    yield now - 12 * MINUTE, tour.answered_elsewhere


class _Tour:
    def __init__(self, telling: Telling, dice: random.Random) -> None:
        self._telling, self._dice = telling, dice
        self._violin = ""

    def forged(self) -> None:
        to = f"kund@{DOMAIN}"
        case_id = self._telling.arrive(odd_mail.forgery(to, self._telling.tx.now), to)
        self._point(FORGED, case_id, "Nobody of ours: look at the domain in the red box, and at the original headers.", "forged")

    def several(self) -> None:
        to = f"bokning@{DOMAIN}"
        picture = Enclosure("seats.png", "image/png", make_seats(), inline=True)
        letter = Letter(
            person=ROSALIND,
            to=to,
            subject="Choir of twelve, booking K7WQ2M: seats apart",
            text=_SEATS,
            at=self._telling.tx.now,
            message_id=self._new_id(ROSALIND),
            cc=CHOIR,
            answers=f"{self._dice.getrandbits(64):016x}@larkchoir.example",
            quoted=_BOOKED,
            quoted_from="Gareth Okafor <gareth@larkchoir.example>",
            enclosure=picture,
        )
        case_id = self._telling.arrive(write_mail(letter), to)
        self._point(SEVERAL, case_id, "An answer goes to all three, as chips above the text. Take one away, or forward a message.", "group")

    def left_behind(self) -> None:
        self._violin = self._new_id(CALLUM)
        to = f"bagage@{DOMAIN}"
        letter = Letter(
            person=CALLUM, to=to, subject="Violin left in Bergen", text=_VIOLIN, at=self._telling.tx.now, message_id=self._violin
        )
        case_id = self._telling.arrive(write_mail(letter), to)
        self._point(ELSEWHERE, case_id, "Klara has the baggage desk in Bergen on the phone.", "left behind")

    def answered_elsewhere(self) -> None:
        answered = (CALLUM.address, self._violin, "Re: Violin left in Bergen")
        raw = odd_mail.from_another_program(f"bagage@{DOMAIN}", answered, _FOUND, self._telling.tx.now)
        self._telling.arrive(raw, f"bagage@{DOMAIN}", origin="sent")

    def _point(self, what: str, case_id: int, note: str, tag: str) -> None:
        telling, maja = self._telling, self._agent("Maja Ek")
        telling.sights[what] = telling.number_of(case_id)
        set_tags(telling.tx, maja, case_id, (tag,))
        add_note(telling.tx, maja, case_id, note)

    def _agent(self, name: str) -> Actor:
        return self._telling.company.agents[name]

    def _new_id(self, person: Person) -> str:
        return f"{self._dice.getrandbits(80):020x}@{person.address.partition('@')[2]}"
