"""Letters: durable from the transaction that causes them, sent once, retried honestly, shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels import postbox
from sluss.channels.contract import Connection
from sluss.channels.email.channel import EmailChannel
from sluss.channels.models import inboxes
from sluss.channels.postbox import Postbox, has_letter_way, letter_carrier
from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.leases import LeaseLost, acquire
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import hold_outbox
from sluss.people.actions import NewAgent, disable_agent
from sluss.people.invitations import invite, withdraw_invitation
from sluss.people.letter_texts import Facts, words_of
from sluss.people.letters import (
    Letter,
    Mail,
    NotPosted,
    choose_letter_inbox,
    list_letters,
    notify_agent,
    retry_letter,
    settle_letter,
    take_letter,
)
from sluss.people.postman import Postman
from sluss.sandbox.mail.servers import MailWorld
from sluss.web.locale import Voice, speaking
from tests.people.post_office import PostOffice
from tests.world import Web, World

KINDS = ("invitation", "reset", "no-password", "password", "device", "factors", "alarm", "trial")


@pytest.fixture
def office(db: Database) -> PostOffice:
    return PostOffice(db)


@pytest.fixture
async def mail_world() -> AsyncIterator[MailWorld]:
    world = MailWorld()
    world.add("johan@norrsken.test")
    await world.start()
    yield world
    await world.stop()


def write(db: Database, world: World, key: str = "johan", **data: Any) -> None:
    who = world.who(key)
    db.write_now(notify_agent, system(who.workspace_id), who.id, "password", at=1, **data)


def newest(db: Database, world: World) -> Letter:
    return db.read_now(list_letters, world.who("ewa"))[0]


async def test_a_letter_is_written_with_what_causes_it_or_not_at_all(db: Database, world: World, office: PostOffice) -> None:
    def fail(tx: Tx, who: Actor) -> None:
        notify_agent(tx, who, world.who("johan").id, "password", at=tx.now)
        raise Conflict("Not after all.")

    with pytest.raises(Conflict):
        db.write_now(fail, system(world.norrsken.id))
    assert await office.deliver() == []


async def test_what_cannot_leave_waits_longer_each_time_and_is_given_up_at_last(
    db: Database, world: World, office: PostOffice, clock: TestClock
) -> None:
    """F26"""
    office.ending, office.reason = "deferred", "The server mail.test does not answer on port 587."
    write(db, world)
    waits: list[int] = []
    for _ in range(4):
        await office.deliver()
        letter = newest(db, world)
        assert (letter.state, letter.error) == ("queued", office.reason)
        waits.append((letter.due_at or 0) - clock())
        clock.move(waits[-1])
    assert waits == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    while newest(db, world).state == "queued":
        clock.move(HOUR)
        await office.deliver()
    assert newest(db, world).state == "failed"
    assert clock() - newest(db, world).created_at >= 2 * DAY


async def test_a_later_try_gets_through(db: Database, world: World, office: PostOffice, clock: TestClock) -> None:
    office.ending, office.reason = "deferred", "away"
    write(db, world)
    await office.deliver()
    office.ending = "sent"
    assert await office.deliver() == []
    clock.move(MINUTE)
    (mail,) = await office.deliver()
    assert mail.token == newest(db, world).message_id
    assert (newest(db, world).state, newest(db, world).error, newest(db, world).attempts) == ("sent", "", 2)


@pytest.mark.parametrize("how", [("refused", "failed"), ("unknown", "unknown")])
async def test_a_letter_is_not_sent_twice_by_itself(
    db: Database, world: World, office: PostOffice, clock: TestClock, how: tuple[Any, str]
) -> None:
    """F28"""
    office.ending, office.reason = how[0], "why"
    write(db, world)
    await office.deliver()
    office.ending = "sent"
    clock.move(DAY)
    assert await office.deliver() == []
    assert newest(db, world).state == how[1]
    db.write_now(retry_letter, world.who("ewa"), newest(db, world).id)
    assert len(await office.deliver()) == 1


async def test_a_process_that_dies_while_sending_leaves_an_honest_state(
    db: Database, world: World, office: PostOffice, clock: TestClock
) -> None:
    """F2, F28: taken, never settled."""
    write(db, world)
    letter = newest(db, world)
    taken = db.write_now(take_letter, system(world.norrsken.id), letter.id)
    assert taken is not None
    assert await office.deliver() == []
    clock.move(21 * MINUTE)
    assert await office.deliver() == []
    assert newest(db, world).state == "unknown"
    db.write_now(settle_letter, taken, "sent", "late news")
    assert newest(db, world).state == "unknown"


async def test_a_process_that_lost_its_lease_sends_nothing(db: Database, world: World, office: PostOffice, clock: TestClock) -> None:
    """F4"""
    old = db.write_now(acquire, "letters", "one", 10)
    clock.move(HOUR)
    assert db.write_now(acquire, "letters", "two", 10)
    write(db, world)
    with pytest.raises(LeaseLost):
        await office.postman.turn(old)
    assert office.mails == []


async def test_nothing_leaves_while_sending_is_on_hold(db: Database, world: World, office: PostOffice) -> None:
    """F49: after a restore, letters of yesterday are not sent a second time."""
    write(db, world)
    db.write_now(hold_outbox, world.norrsken.id, held=True)
    assert await office.deliver() == []
    db.write_now(hold_outbox, world.norrsken.id, held=False)
    assert len(await office.deliver()) == 1


async def test_who_it_is_for_is_looked_at_when_it_leaves(db: Database, world: World, office: PostOffice) -> None:
    """T12: an agent who was shut out meanwhile, an invitation that was withdrawn."""
    ewa = world.who("ewa")
    write(db, world)
    db.write_now(disable_agent, ewa, world.who("johan").id)
    new = NewAgent(name="Sara Lind", email="sara@norrsken.test")
    invitation_id = db.write_now(invite, ewa, new, by_mail=True)
    db.write_now(withdraw_invitation, ewa, invitation_id)
    assert await office.deliver() == []
    assert {one.state for one in db.read_now(list_letters, ewa)} == {"withdrawn"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("locale", ["en", "sv", "pl"])
def test_letters_carry_nothing_into_their_headers(kind: str, locale: str) -> None:
    """T50, T66: control characters and line ends of any name stay out of the subject; the text is plain."""
    harmful = "".join(map(chr, [*range(33), 0x7F, 0x85, 0x2028, 0x2029])) + "Bcc: evil@example.com"
    facts = Facts(
        company=harmful, name=harmful, link="https://x.test/a", by=harmful, role="agent", until=1, at=1, device=harmful, text="x", what="x"
    )
    with speaking(Voice(locale, "Europe/Stockholm")):
        words = words_of(kind, facts)
    assert words.subject.isprintable()
    assert "https://x.test/a" in words.text or kind in {"password", "device", "factors", "trial"}


async def test_letters_leave_by_the_inbox_that_works(web: Web, mail_world: MailWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """T48: as mail that no machine answers, and with no copy among the sent mails of the inbox."""
    near = EmailChannel(allow_private=True)
    monkeypatch.setattr(postbox, "channel_named", lambda _name: near)
    ewa = web.world.who("ewa")
    own = web.world.norrsken.inboxes["obsluga"]
    web.db.write_now(choose_letter_inbox, ewa, own.id)
    servers = {"smtp_host": "127.0.0.1", "smtp_port": mail_world.smtp_port, "smtp_security": "plain", "user": "johan@norrsken.test"}
    connection = Connection(
        workspace_id=ewa.workspace_id,
        inbox_id=own.id,
        name="",
        address=own.address,
        settings=servers | {"imap_host": "127.0.0.1", "sent_copy": True},
        secrets={"password": "sandbox"},
        channel="email",
    )
    opened: list[int] = []

    async def connect(_workspace_id: int, inbox_id: int) -> Connection:
        opened.append(inbox_id)
        return connection

    config = Config(base_url="https://desk.norrsken.test")
    post = Postbox(web.db, config, connect).post
    write(web.db, web.world)
    assert await Postman(web.db, config, post).turn() == 1
    letter = newest(web.db, web.world)
    assert (letter.state, letter.error, opened) == ("sent", "", [own.id])
    mail = inbox_of(mail_world)
    assert mail["From"].addresses[0].addr_spec == own.address
    assert mail["From"].addresses[0].display_name == "Norrsken Air"
    assert mail["Auto-Submitted"]
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    pause(web, own.id, web.world.norrsken.inboxes["kundtjanst"].id)
    carrier = web.db.read_now(letter_carrier, ewa)
    assert carrier is not None
    assert carrier.id == web.world.norrsken.inboxes["kundtjanst"].id
    # A letter to a customer names its inbox, and goes by it although the installation has a server; a paused one is passed over.
    server: dict[str, Any] = {"mail_host": "127.0.0.1", "mail_port": mail_world.smtp_port, "mail_security": "plain"}
    config = Config(**server, mail_user="johan@norrsken.test", mail_password="sandbox", mail_from="sluss@norrsken.test")
    named = msgspec.structs.replace(a_mail(web), email="johan@norrsken.test", by=web.world.norrsken.inboxes["kundtjanst"].id)
    await Postbox(web.db, config, connect).post(named)
    assert opened[1:] == [named.by]
    await Postbox(web.db, config, no_inbox).post(msgspec.structs.replace(named, by=own.id))


async def test_letters_leave_by_the_installation_s_server(web: Web, mail_world: MailWorld) -> None:
    server: dict[str, Any] = {"mail_host": "127.0.0.1", "mail_port": mail_world.smtp_port, "mail_security": "plain"}
    config = Config(**server, mail_user="johan@norrsken.test", mail_password="sandbox", mail_from="sluss@norrsken.test")
    write(web.db, web.world)
    await Postman(web.db, config, Postbox(web.db, config, no_inbox).post).turn()
    assert inbox_of(mail_world)["From"].addresses[0].addr_spec == "sluss@norrsken.test"


async def test_without_a_way_links_are_shown_and_letters_wait(web: Web) -> None:
    """The administrator is given the link to hand over, as long as no mail can leave."""
    ewa = web.world.who("ewa")
    web.db.write_now(lambda tx: tx.run(sa.update(inboxes).values(enabled=False)))
    assert not web.db.read_now(has_letter_way, ewa, web.edge.config)
    write(web.db, web.world)
    await Postman(web.db, Config(), Postbox(web.db, Config(), no_inbox).post).turn()
    letter = newest(web.db, web.world)
    assert (letter.state, "SLUSS_MAIL_HOST" in letter.error) == ("queued", True)
    browser = await web.sign_in("ewa")
    answer = await browser.post("/settings/agents/new", name="Sara Lind", email="sara@norrsken.test", role="agent", locale="sv")
    assert (answer.status_code, "/invitation/" in answer.text) == (200, True)
    assert "SLUSS_MAIL_HOST" in (await browser.get("/settings/health")).text
    assert "On its way" in (await browser.get("/settings/letters")).text


async def test_a_wrong_setting_of_the_installation_is_said(web: Web) -> None:
    with pytest.raises(NotPosted) as told:
        await Postbox(web.db, Config(mail_host="mail.test"), no_inbox).post(a_mail(web))
    assert "SLUSS_MAIL_FROM" in told.value.reason


async def test_what_failed_is_shown_and_sent_again(web: Web) -> None:
    office = PostOffice(web.db)
    office.ending, office.reason = "refused", "550 no such mailbox"
    write(web.db, web.world)
    await office.deliver()
    ewa = await web.sign_in("ewa")
    assert "550 no such mailbox" in (await ewa.get("/settings/letters")).text
    assert "/settings/letters" in (await ewa.get("/settings")).text
    letter_id = web.db.read_now(list_letters, web.world.who("ewa"))[-1].id
    assert (await ewa.post(f"/settings/letters/{letter_id}/retry")).status_code == 303
    office.ending = "sent"
    assert len(await office.deliver()) >= 1


def test_letters_of_another_workspace_do_not_exist(db: Database, world: World) -> None:
    """T1, T5"""
    write(db, world)
    letter = newest(db, world)
    with pytest.raises(Missing):
        db.write_now(retry_letter, world.who("marek"), letter.id)
    for key in ("maja", "johan"):
        with pytest.raises(Forbidden):
            db.write_now(retry_letter, world.who(key), letter.id)
    assert db.read_now(list_letters, world.who("marek")) == []
    with pytest.raises(Invalid):
        db.write_now(choose_letter_inbox, world.who("marek"), world.norrsken.inboxes["obsluga"].id)


async def test_a_new_browser_is_told_but_not_the_first(web: Web) -> None:
    office = PostOffice(web.db)
    await web.sign_in("johan")
    assert await office.deliver() == []
    second = await web.sign_in("johan")
    (mail,) = await office.deliver()
    assert (mail.email, "not seen before" in mail.text) == ("johan@norrsken.test", True)
    await second.post("/sign-out")
    await second.sign_in("johan@norrsken.test")
    assert await office.deliver() == []


def a_mail(web: Web) -> Mail:
    return Mail(workspace_id=web.world.norrsken.id, token="t", email="a@x.test", name="A", company="N", subject="S", text="T", written_at=0)


async def no_inbox(_workspace_id: int, _inbox_id: int) -> Connection:
    raise AssertionError


def pause(web: Web, paused: int, _other: int) -> None:
    web.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == paused).values(enabled=False)))


def inbox_of(world: MailWorld) -> Any:
    (mail,) = world.mailbox("johan@norrsken.test").messages
    return message_from_bytes(mail.raw, policy=policy.default)
