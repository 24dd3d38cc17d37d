"""A stranger in the chat who signs in is the same customer before and after; nobody becomes another's by that. T71."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.handles import is_made_up
from sluss.channels.visitors import Newcomer, Person, find_or_make_visitor, find_visitor
from sluss.contacts.models import contacts, identities
from sluss.kernel.tokens import hash_of
from sluss.merging.contacts import merged_here, undo_contact_move
from sluss.visitor.proving import call_visitor, prove
from tests.channels.webchat.conftest import Chat, hello

ASA = Person("4711", "Åsa Lindqvist")


class Place:
    """Browsers at the company's web site."""

    def __init__(self, chat: Chat) -> None:
        self.chat, self.inbox_id = chat, chat.connection.inbox_id

    async def talks(self, token: str) -> int:
        """A stranger writes. Returns the visitor's id."""
        new = Newcomer(hash_of(token))
        visitor = self.chat.db.write_now(find_or_make_visitor, self.chat.who, self.inbox_id, new)
        await self.chat.say(hello(visitor.id))
        return visitor.id

    async def proves(self, token: str, person: Person = ASA, *, then: bool = True) -> int:
        visitor = self.chat.db.write_now(prove, self.chat.who, self.inbox_id, person, hash_of(token))
        if then:
            await self.chat.say(hello(visitor.id, subject=person.subject, name=person.name))
        return visitor.id

    def customers(self) -> list[tuple[str, int]]:
        """Every customer who is not merged away, with how many addresses they have."""
        number = sa.func.count(identities.c.id)
        joined = contacts.outerjoin(identities, identities.c.contact_id == contacts.c.id)
        kept = sa.select(contacts.c.name, number).select_from(joined).where(contacts.c.merged_into_id.is_(None))
        return [tuple(row) for row in self.chat.rows(kept.group_by(contacts.c.id, contacts.c.name).order_by(contacts.c.id))]


@pytest.fixture
def place(chat: Chat) -> Place:
    return Place(chat)


async def test_who_talks_and_then_signs_in_is_one_customer_with_one_case(place: Place) -> None:
    visitor_id = await place.talks("laptop")
    assert await place.proves("laptop") == visitor_id
    assert place.customers() == [("Åsa Lindqvist", 2)]
    assert place.chat.value(sa.select(sa.func.count()).select_from(cases)) == 1
    # The token opens nothing any more, and so can join nobody else.
    assert place.chat.db.read_now(find_visitor, place.chat.who, place.inbox_id, hash_of("laptop")) is None
    await place.proves("laptop", Person("4712", "Kurt Ek"))
    assert place.customers() == [("Åsa Lindqvist", 2), ("Kurt Ek", 1)]


async def test_what_was_said_in_another_browser_is_merged_and_can_be_parted(place: Place) -> None:
    await place.talks("laptop")
    await place.proves("laptop")
    await place.talks("phone")
    await place.proves("phone", then=False)
    assert place.customers() == [("Åsa Lindqvist", 3)]
    [contact_id] = [row.id for row in place.chat.rows(sa.select(contacts.c.id).where(contacts.c.merged_into_id.is_(None)))]
    assert {row.name for row in place.chat.rows(sa.select(identities.c.name))} == {"Åsa Lindqvist"}
    [move] = place.chat.db.read_now(merged_here, place.chat.who, contact_id)
    place.chat.db.write_now(undo_contact_move, place.chat.who, move.id)
    assert [number for _name, number in place.customers()] == [2, 1]


async def test_two_proven_people_never_become_one(place: Place) -> None:
    """T71: not even where an agent took a stranger's talk for that of a customer who is somebody."""
    await place.talks("laptop")
    await place.proves("laptop")
    await place.talks("phone")
    asa = place.chat.value(sa.select(sa.func.min(contacts.c.id)))
    place.chat.db.write_now(lambda tx: tx.run(sa.update(identities).values(contact_id=asa)))
    await place.proves("phone", Person("4712", "Kurt Ek"))
    of_kurt = identities.c.address.endswith("/4712")
    assert place.chat.value(sa.select(identities.c.contact_id).where(of_kurt)) != asa


async def test_a_name_that_is_given_beside_is_known_at_once(place: Place) -> None:
    """A visitor who has said nothing has no customer to be called."""
    silent = place.chat.db.write_now(find_or_make_visitor, place.chat.who, place.inbox_id, Newcomer(hash_of("silent")))
    visitor_id = await place.talks("laptop")
    [(name, _)] = place.customers()
    assert is_made_up(name, f"visitor-{visitor_id}")
    for one, said in ((silent.id, "Nobody"), (visitor_id, ""), (visitor_id, "Åsa")):
        place.chat.db.write_now(call_visitor, place.chat.who, place.inbox_id, one, said)
    assert place.customers() == [("Åsa", 1)]
