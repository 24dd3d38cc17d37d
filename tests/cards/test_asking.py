"""Asking outside systems: whom they are told of, what is believed, and what happens when they are slow, broken or hostile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cards.answers import forget_old_cards, prepare, show_cards, show_source
from sluss.cards.models import card_answers
from sluss.cards.sources import SourceFields, access_source, remove_source, save_source
from sluss.contacts.identities import doubt_identity, verify_identity
from sluss.contacts.models import identities
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.http import GuardedClient
from tests.cards.conftest import ASA, BO, Cards


async def test_a_proven_customer_is_asked_for_and_remembered(known: Cards, clock: TestClock) -> None:
    source = known.connect()
    asa, case = known.mail(ASA)
    shown = await known.open(source, asa, case)
    assert (shown.state, shown.cards[0].title, shown.doubtful, shown.stale) == ("ok", "Booking 7QK2XM", (False,), False)
    [asked] = known.server.asked
    assert asked.signed
    assert asked.question["contact"]["identities"] == [{"network": "email", "address": ASA, "proof": "proven"}]
    assert asked.question["case"] == {"number": case.number, "inbox": "help@norrsken.test"}
    assert (await known.open(source, asa, case)).state == "ok"
    assert len(known.server.asked) == 1
    clock.move(6 * MINUTE)
    before = known.db.read_now(show_source, known.johan, asa, source, case)
    assert (before.state, before.asks, before.stale, before.cards) == ("asking", True, True, shown.cards)
    known.server.bookings[ASA] = []
    assert (await known.open(source, asa, case)).state == "empty"


async def test_a_stranger_does_not_get_at_a_booking_by_claiming_an_address(known: Cards) -> None:
    """What nobody proved leaves only where the company says so, and is shown as doubtful; what was contradicted never leaves."""
    source = known.connect()
    asa, case = known.mail(ASA, proof="")
    assert (await known.open(source, asa, case)).state == "unproven"
    assert not known.server.asked
    told = SourceFields(name="Bookings", url=known.server.url, patience="3000", claimed_too=True)
    known.db.write_now(save_source, known.ewa, (known.sealer, True), source, told)
    shown = await known.open(source, asa, case)
    assert (shown.state, shown.doubtful) == ("ok", (True,))
    assert known.server.asked[0].question["contact"]["identities"][0]["proof"] == "claimed"
    known.mail(ASA, proof="fail")
    assert known.db.read_now(show_source, known.johan, asa, source, case).state == "unproven"
    assert known.db.read_now(prepare, known.johan, known.sealer, (asa, source), case) is None


async def test_an_answer_counts_only_for_the_addresses_it_was_asked_with(known: Cards) -> None:
    """When an address is verified, or no longer, what was said before is as if never said."""
    source = known.connect()
    asa, case = known.mail(ASA)
    await known.open(source, asa, case)
    of = known.db.read_now(lambda tx: int(tx.value(sa.select(identities.c.id).where(identities.c.address == ASA))))
    known.db.write_now(verify_identity, known.johan, asa, of)
    after = known.db.read_now(show_source, known.johan, asa, source, case)
    assert (after.asks, after.cards) == (True, ())
    assert (await known.open(source, asa, case)).state == "ok"
    known.mail(ASA, proof="")
    assert (await known.open(source, asa, case)).state == "ok"
    known.db.write_now(doubt_identity, known.johan, asa, of)
    assert (await known.open(source, asa, case)).state == "unproven"


FAULTS = {
    "down": "It answered 500.",
    "garbage": "not JSON",
    "huge": "larger than 65536 bytes",
    "redirect": "sends us elsewhere (307)",
    "cut": "broke off",
    "refuse": "the secret is not the one",
    "unknown": "unknown field `colour`",
}


async def test_a_broken_system_is_told_apart_and_left_alone_after_five_failures(known: Cards, clock: TestClock) -> None:
    """T77, T80: whatever it does, the agent reads a sentence, and after five failures nobody waits for it."""
    source = known.connect()
    asa, case = known.mail(ASA)
    states: list[str] = []
    for fault, says in list(FAULTS.items())[:5]:
        known.server.fault = fault
        shown = await known.open(source, asa, case, again=True)
        assert (shown.asks, shown.cards) == (False, ())
        assert says in shown.reason
        states.append(shown.state)
    assert states[-1] == "paused"
    await known.open(source, asa, case, again=True)
    assert len(known.server.asked) == 5
    assert known.db.read_now(access_source, known.ewa, source).failures == 5
    clock.move(2 * MINUTE)
    for fault, says in list(FAULTS.items())[5:]:
        known.server.fault = fault
        assert says in (await known.open(source, asa, case, again=True)).reason
        clock.move(2 * MINUTE)
    known.server.fault = ""
    assert (await known.open(source, asa, case)).state == "ok"
    assert known.db.read_now(access_source, known.ewa, source).failures == 0


async def test_a_slow_system_costs_its_patience_and_the_old_answer_stays(known: Cards, clock: TestClock) -> None:
    """F: never slower than it was given time; what it said before is shown, marked."""
    source = known.connect()
    asa, case = known.mail(ASA)
    await known.open(source, asa, case)
    clock.move(10 * MINUTE)
    known.server.fault = "slow"
    known.hurry(source)
    shown = await known.open(source, asa, case)
    assert (shown.state, shown.stale, shown.asks) == ("slow", True, False)
    assert shown.cards[0].title == "Booking 7QK2XM"
    clock.move(MINUTE)
    assert known.db.read_now(show_source, known.johan, asa, source, case).asks
    clock.move(2 * DAY)
    assert known.db.read_now(show_source, known.johan, asa, source, case).cards == ()
    known.db.write_now(forget_old_cards, known.ewa)
    assert known.db.read_now(lambda tx: tx.rows(sa.select(card_answers))) == []


async def test_two_agents_who_open_the_same_customer_ask_once(known: Cards) -> None:
    source = known.connect()
    asa, _ = known.mail(ASA)
    asked = known.db.read_now(prepare, known.johan, known.sealer, (asa, source), None)
    assert asked is not None
    outcomes = await asyncio.gather(*(known.client.ask(asked.asking, "same") for _ in range(3)))
    assert [one.cards[0].title for one in outcomes] == ["Booking 7QK2XM"] * 3
    assert len(known.server.asked) == 1


async def test_private_addresses_are_out_of_reach_unless_the_installation_allows_them(known: Cards) -> None:
    """T76, T79, T81: the form refuses plain HTTP and the connection refuses what a name leads to."""
    bad = ("http://crm.example", "https://user@crm.example/", "ftp://crm.example", "https://crm.example/#x", known.server.url)
    for url in bad:
        given = SourceFields(name="CRM", url=url, secret="x" * 16)
        with pytest.raises(Invalid) as caught:
            known.db.write_now(save_source, known.ewa, (known.sealer, False), 0, given)
        assert list(caught.value.fields) == ["url"]
    given = SourceFields(name="CRM", url="https://crm.example:443/sluss", secret="x" * 16, patience="5000")
    source = known.db.write_now(save_source, known.ewa, (known.sealer, False), 0, given)
    asa, _ = known.mail(ASA)

    async def inside(host: str, port: int) -> list[str]:
        return ["169.254.169.254"]

    await known.client.aclose()
    known.client = type(known.client)(private=False, resolve=inside)
    outcome = await known.outcome(source, asa)
    assert outcome.trouble == "failed"
    assert "never connects to" in outcome.reason
    assert isinstance(known.client._client, GuardedClient)


async def test_a_source_is_seen_by_its_teams_and_beside_its_inboxes_only(known: Cards) -> None:
    """T2, T5"""
    inboxes, teams = known.world.norrsken.inboxes, known.world.norrsken.teams
    asa, case = known.mail(ASA)
    known.mail(ASA, inbox="obsluga")
    here = known.connect(inbox_ids=(inboxes["kundtjanst"].id,), team_ids=(teams["stockholm"],))
    there = known.connect(name="CRM", inbox_ids=(inboxes["obsluga"].id,))
    theirs = known.connect(name="Orders", team_ids=(teams["gdansk"],))

    def seen(who: str) -> set[int]:
        return {one.source_id for one in known.db.read_now(show_cards, known.world.who(who), asa, case)}

    assert (seen("johan"), seen("ewa")) == ({here}, {here, theirs})
    assert {one.source_id for one in known.db.read_now(show_cards, known.ewa, asa, None)} == {here, there, theirs}
    with pytest.raises(Missing):
        known.db.read_now(prepare, known.johan, known.sealer, (asa, theirs), case)
    with pytest.raises(Missing):
        known.db.read_now(show_source, known.world.who("marek"), asa, here, None)


async def test_only_administrators_connect_and_the_secret_is_sealed(known: Cards) -> None:
    """T3, T115"""
    source = known.connect()
    with pytest.raises(Forbidden):
        known.db.write_now(save_source, known.johan, (known.sealer, True), source, SourceFields(name="X", url=known.server.url))
    moved: Any = {"name": "Bookings", "url": "https://other.example/"}
    with pytest.raises(Invalid) as caught:
        known.db.write_now(save_source, known.ewa, (known.sealer, True), source, SourceFields(**moved))
    assert "secret" in caught.value.fields
    bo, case = known.mail(BO)
    assert (await known.open(source, bo, case)).state == "empty"
    known.db.write_now(remove_source, known.ewa, source)
    assert known.db.read_now(show_cards, known.johan, bo, case) == []
