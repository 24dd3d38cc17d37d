"""Tokens of inboxes against the double: renewed in time, once, and never lost; what only a person can mend waits for one. T81; F31."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.channels.contract import Access, Connection, Unreachable
from sluss.channels.inboxes import InboxFields, access_inbox, connection_of, create_inbox
from sluss.channels.oauth import access as renewing
from sluss.channels.oauth.access import TokenSource
from sluss.channels.oauth.applications import ApplicationFields, register_application, remove_application
from sluss.channels.oauth.exchange import Tokens
from sluss.channels.oauth.grants import Grant, NewGrant, keep_grant, list_grants, lose_grant, open_grant, renew_grant
from sluss.channels.oauth.models import grants
from sluss.channels.oauth.providers import use_stand_in
from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.kernel.leases import acquire
from sluss.kernel.sealing import Sealer
from sluss.kernel.writer import StorageFailed
from sluss.sandbox.oauth.server import ConsentServer
from tests.world import World

CLIENT, SECRET, ADDRESS, HOST = "4711-sluss.apps.googleusercontent.com", "hemligt-ord-1", "bokning@norrsken.test", "127.0.0.1"


class Mailbox:
    """One inbox connected at the double, and processes that use it."""

    def __init__(self, db: Database, sealer: Sealer, provider: ConsentServer, who: Actor) -> None:
        self.db, self.sealer, self.provider, self.who = db, sealer, provider, who
        fields = InboxFields(name="Bokning", address=ADDRESS, settings={"auth": "google"})
        db.write_now(register_application, who, sealer, ApplicationFields(provider="google", client_id=CLIENT, secret=SECRET))
        self.id = db.write_now(create_inbox, who, sealer, "email", fields)
        self.connect()

    def connect(self) -> None:
        given: dict[str, Any] = self.provider.give(ADDRESS, CLIENT)
        tokens = Tokens(access=given["access_token"], renewal=given["refresh_token"], expires_in=given["expires_in"])
        new = NewGrant(provider="google", client_id=CLIENT, account=ADDRESS, tokens=tokens)
        self.db.write_now(keep_grant, self.who, self.sealer, self.id, new)

    def process(self) -> Access:
        """The inbox's access as a process of its own has it."""
        access = TokenSource(self.db, self.sealer, Config()).attach(self.connection).access
        assert access is not None
        return access

    @property
    def connection(self) -> Connection:
        return self.db.read_now(connection_of, self.who, self.id, self.sealer)

    @property
    def grant(self) -> Grant:
        return self.db.read_now(list_grants, self.who)[self.id]

    @property
    def held(self) -> tuple[str, str]:
        found = self.db.read_now(open_grant, self.who, self.sealer, self.id)
        assert found is not None
        return found.access, found.renewal


@pytest.fixture
async def provider(clock: TestClock) -> AsyncIterator[ConsentServer]:
    provider = ConsentServer(now=lambda: clock() / SECOND)
    await provider.start()
    provider.register("google", CLIENT, SECRET, "https://desk.norrsken.test/settings/mail-sign-in/back")
    use_stand_in(provider.base)
    yield provider
    use_stand_in("")
    await provider.stop()


@pytest.fixture
async def mailbox(db: Database, world: World, tmp_path: Path, provider: ConsentServer) -> Mailbox:
    return Mailbox(db, Sealer.of(tmp_path), provider, system(world.norrsken.id))


async def test_a_good_token_is_given_without_asking_anybody(mailbox: Mailbox, provider: ConsentServer) -> None:
    access = mailbox.process()
    assert await access.token(HOST) == await access.token(HOST) == mailbox.held[0]
    assert provider.renewals == []


async def test_a_token_is_renewed_before_it_ends(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    """F31: five minutes before, and the rotated renewal token is kept with it."""
    access, before = mailbox.process(), mailbox.held
    clock.move(HOUR - 5 * MINUTE)
    token = await access.token(HOST)
    assert provider.accepts(ADDRESS, token)
    assert (mailbox.held[0], mailbox.grant.turn) == (token, 2)
    assert mailbox.held[1] != before[1]
    clock.move(HOUR)
    assert provider.accepts(ADDRESS, await access.token(HOST))
    assert provider.renewals == [ADDRESS, ADDRESS]


async def test_many_at_once_in_many_processes_renew_once(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    """F31: the double takes each renewal token once; a second renewal would lose the account."""
    processes = [mailbox.process() for _ in range(4)]
    clock.move(HOUR)
    provider.open.clear()
    asking = asyncio.gather(*(access.token(HOST) for access in processes for _ in range(3)))
    await provider.arrived.wait()
    provider.open.set()
    tokens = await asking
    assert set(tokens) == {mailbox.held[0]}
    assert (provider.renewals, mailbox.grant.state) == ([ADDRESS], "good")


async def test_a_renewal_outlives_whoever_asked_for_it(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    """F31: an adapter that is stopped in the middle does not lose the rotated token."""
    source = TokenSource(mailbox.db, mailbox.sealer, Config())
    access = source.attach(mailbox.connection).access
    assert access is not None
    clock.move(HOUR)
    provider.open.clear()
    asking = asyncio.create_task(access.token(HOST))
    await provider.arrived.wait()
    asking.cancel()
    await asyncio.wait([asking])
    provider.open.set()
    await asyncio.gather(*source._renewing.values())
    assert (asking.cancelled(), mailbox.grant.turn) == (True, 2)
    assert provider.accepts(ADDRESS, mailbox.held[0])


async def test_storage_that_fails_for_a_moment_loses_no_token(
    mailbox: Mailbox, provider: ConsentServer, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F31: what was given once is written as soon as it can be, and not asked for a second time."""
    source = TokenSource(mailbox.db, mailbox.sealer, Config())
    access = source.attach(mailbox.connection).access
    assert access is not None
    clock.move(HOUR)
    real, full = renew_grant, [6]

    def failing(*args: Any) -> bool:
        if full[0]:
            full[0] -= 1
            raise StorageFailed("The disk is full.")
        return real(*args)

    monkeypatch.setattr(renewing, "renew_grant", failing)
    monkeypatch.setattr(renewing, "STORE_WAIT", 0.001)
    with pytest.raises(Unreachable, match="Nothing can be stored now"):
        await access.token(HOST)
    token = await access.token(HOST)
    assert (provider.renewals, mailbox.held[0]) == ([ADDRESS], token)


async def test_a_late_answer_does_not_write_over_newer_tokens(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    """F31: a process whose lease ran out while it waited for the provider."""
    access = mailbox.process()
    clock.move(HOUR)
    provider.open.clear()
    asking = asyncio.create_task(access.token(HOST))
    await provider.arrived.wait()
    mailbox.connect()
    newer = mailbox.held
    provider.open.set()
    await asking
    assert mailbox.held == newer


async def test_access_that_is_taken_back_waits_for_a_person(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    """F31: said once, on the page, in the audit log and as an event; the provider is not asked again."""
    access = mailbox.process()
    provider.revoke(ADDRESS)
    provider.requests = 0
    clock.move(HOUR)
    for _ in range(3):
        with pytest.raises(Unreachable, match="needs to be connected again: Google"):
            await access.token(HOST)
    assert (provider.requests, mailbox.grant.state) == (1, "lost")
    inbox = mailbox.db.read_now(access_inbox, mailbox.who, mailbox.id)
    assert (inbox.receiving, "connected again" in inbox.receiving_error) == ("failing", True)
    deeds = [one.action for one in mailbox.db.read_now(list_deeds, mailbox.who)]
    assert deeds.count("inbox.access_lost") == 1
    kinds = mailbox.db.read_now(lambda tx: [row.kind for row in tx.rows(sa.select(events.c.kind))])
    assert kinds.count("inbox_access_lost") == 1
    mailbox.connect()
    assert await access.token(HOST) == mailbox.held[0]


async def test_a_refused_token_is_exchanged_once_and_then_given_up(mailbox: Mailbox, provider: ConsentServer) -> None:
    """F31: a token that should be good and is refused."""
    access = mailbox.process()
    first = await access.token(HOST)
    second = await access.token(HOST, refused=first)
    assert first != second
    assert await access.token(HOST, refused=first) == second
    assert provider.renewals == [ADDRESS]
    with pytest.raises(Unreachable, match="does not take fresh tokens"):
        await access.give_up(second)
    assert mailbox.grant.state == "lost"


async def test_giving_up_an_old_token_leaves_the_new_one(mailbox: Mailbox) -> None:
    access = mailbox.process()
    first = await access.token(HOST)
    mailbox.connect()
    with pytest.raises(Unreachable, match="tried again"):
        await access.give_up(first)
    assert mailbox.grant.state == "good"


@pytest.mark.parametrize("trouble", ["broken", "html", "busy"])
async def test_a_provider_in_trouble_is_left_alone_for_a_moment(
    mailbox: Mailbox, provider: ConsentServer, clock: TestClock, trouble: str
) -> None:
    """F31: its trouble is not ours to mend, and asking at once again helps nobody."""
    access = mailbox.process()
    clock.move(HOUR)
    setattr(provider.faults, trouble, 1)
    provider.faults.retry_after = 90
    provider.requests = 0
    for _ in range(3):
        with pytest.raises(Unreachable, match="gives no usable answer now"):
            await access.token(HOST)
    assert (provider.requests, mailbox.grant.state) == (1, "good")
    clock.move(91 * SECOND)
    assert provider.accepts(ADDRESS, await access.token(HOST))


async def test_a_provider_that_is_away_is_no_lost_access(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    access = mailbox.process()
    clock.move(HOUR)
    await provider.stop()
    with pytest.raises(Unreachable, match="cannot be reached now"):
        await access.token(HOST)
    await provider.start()
    clock.move(MINUTE)
    assert provider.accepts(ADDRESS, await access.token(HOST))


async def test_a_wrong_secret_is_said_and_mended_without_a_new_consent(mailbox: Mailbox, provider: ConsentServer, clock: TestClock) -> None:
    access = mailbox.process()
    other = ApplicationFields(provider="google", client_id=CLIENT, secret="ended-yesterday")
    mailbox.db.write_now(register_application, mailbox.who, mailbox.sealer, other)
    clock.move(HOUR)
    with pytest.raises(Unreachable, match="Mail sign-in"):
        await access.token(HOST)
    right = ApplicationFields(provider="google", client_id=CLIENT, secret=SECRET)
    mailbox.db.write_now(register_application, mailbox.who, mailbox.sealer, right)
    clock.move(MINUTE)
    assert provider.accepts(ADDRESS, await access.token(HOST))


async def test_another_application_wants_another_consent(mailbox: Mailbox, clock: TestClock) -> None:
    access = mailbox.process()
    other = ApplicationFields(provider="google", client_id="4712-other.apps.googleusercontent.com", secret=SECRET)
    mailbox.db.write_now(register_application, mailbox.who, mailbox.sealer, other)
    clock.move(HOUR)
    with pytest.raises(Unreachable, match="is another one now"):
        await access.token(HOST)
    assert mailbox.grant.state == "lost"


async def test_without_an_application_nothing_is_lost(mailbox: Mailbox, clock: TestClock) -> None:
    access = mailbox.process()
    mailbox.db.write_now(remove_application, mailbox.who, "google")
    clock.move(HOUR)
    with pytest.raises(Unreachable, match="Mail sign-in"):
        await access.token(HOST)
    assert mailbox.grant.state == "good"


async def test_no_server_but_the_providers_gets_a_token(mailbox: Mailbox, provider: ConsentServer) -> None:
    """T81: whatever a row of settings says."""
    access = mailbox.process()
    for host in ("evil.example", "imap.gmail.com.evil.example", "127.0.0.1.nip.io", "", "imap.gmail.com"):
        with pytest.raises(Unreachable, match="for its own servers"):
            await access.token(host)
    use_stand_in("")
    real = mailbox.process()
    assert await real.token("imap.gmail.com") == mailbox.held[0]
    with pytest.raises(Unreachable, match="for its own servers"):
        await real.token("127.0.0.1")


async def test_tokens_of_another_inbox_do_not_open(mailbox: Mailbox, db: Database, world: World) -> None:
    """T1, T81: a row copied to another workspace is of no use there."""
    place: dict[str, Any] = {"workspace_id": world.ferries.id, "inbox_id": world.ferries.inboxes["ferries"].id}
    [row] = db.read_now(lambda tx: [row._asdict() for row in tx.rows(sa.select(grants))])
    db.write_now(lambda tx: tx.run(sa.insert(grants), row | place))
    connection = Connection(**place, name="", address="", settings={"auth": "google"}, secrets={})
    access = TokenSource(db, mailbox.sealer, Config()).attach(connection).access
    assert access is not None
    with pytest.raises(Unreachable, match="belongs to something else"):
        await access.token(HOST)


async def test_a_held_lease_is_waited_for(mailbox: Mailbox, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """F31: while another process renews, nobody else does; what it got is taken."""
    monkeypatch.setattr(renewing, "LOOK_SECONDS", 0.001)
    clock.move(HOUR)
    assert mailbox.db.write_now(acquire, f"grant:{mailbox.id}", "another process", 60) is not None
    monkeypatch.setattr(renewing, "LOOKS", 3)
    access = mailbox.process()
    with pytest.raises(Unreachable, match="by another process"):
        await access.token(HOST)
    monkeypatch.setattr(renewing, "LOOKS", 1000)
    asking = asyncio.create_task(access.token(HOST))
    await asyncio.sleep(0)
    mailbox.connect()
    assert await asking == mailbox.held[0]


async def test_inboxes_with_passwords_have_no_access(mailbox: Mailbox) -> None:
    source = TokenSource(mailbox.db, mailbox.sealer, Config())
    plain = Connection(workspace_id=1, inbox_id=7, name="", address="", settings={}, secrets={})
    assert source.attach(plain) is plain


def test_a_grant_is_lost_by_its_own_turn_alone(db: Database, world: World, tmp_path: Path) -> None:
    """F31: a “no” to tokens that were exchanged meanwhile means nothing."""
    who, sealer, inbox_id = system(world.norrsken.id), Sealer.of(tmp_path), world.norrsken.inboxes["kundtjanst"].id
    new = NewGrant(provider="google", client_id=CLIENT, account=ADDRESS, tokens=Tokens(access="a", renewal="b"))
    for _ in range(2):
        db.write_now(keep_grant, who, sealer, inbox_id, new)
    db.write_now(lose_grant, who, (inbox_id, 1), "no")
    assert db.read_now(list_grants, who)[inbox_id].state == "good"
