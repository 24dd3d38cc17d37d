"""What a network asks of an inbox's address before it posts there, and posts for several accounts to the address of one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.channels import registry
from sluss.channels.contract import Address, Connection, Delivered, Inbound, Posted, Understood, Unverified
from sluss.channels.email.channel import EmailChannel
from sluss.channels.models import inboxes
from sluss.intake.admit import Reader, admit_some
from sluss.intake.models import envelopes
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.leases import acquire
from sluss.kernel.tx import Tx
from tests.world import Web


class Square(EmailChannel):
    """A network whose program has one secret of its own for each account, and posts for all of them to any of their addresses."""

    name = "email"
    capabilities = msgspec.structs.replace(EmailChannel.capabilities, hook_status=200)

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        if query.get("token") != f"word of {connection.address}":
            raise Unverified
        return query.get("challenge", "")

    def accounts(self, posted: Posted) -> set[str]:
        return {str(one["to"]) for one in msgspec.json.decode(posted.body)}

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        signed = hmac.new(connection.address.encode(), posted.body, hashlib.sha256).hexdigest()
        if signed not in posted.headers.get("x-signed", "").split():
            raise Unverified
        mine = [one for one in msgspec.json.decode(posted.body) if one["to"] == connection.address]
        return [Delivered(external_key=one["key"], raw=msgspec.json.encode(one), received_at=posted.received_at) for one in mine]

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        said: dict[str, Any] = msgspec.json.decode(delivered.raw)
        person = Address(said["from"], "Åsa")
        known: dict[str, Any] = {"external_id": said["key"], "dedupe_key": said["key"], "thread_key": f"dm:{said['from']}"}
        return [Inbound(sender=person, subject="", text=said["text"], fresh=said["text"], **known)]


@pytest.fixture
def square(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.setitem(registry._made, "email", Square())
    return web


def path(web: Web, short: str) -> str:
    company = web.world.norrsken
    return f"/hooks/{company.id}/{company.inboxes[short].id}"


def post(key: str, *to: str, by: tuple[str, ...] = ()) -> dict[str, Any]:
    """A body for accounts, signed with the secrets of those in `by`."""
    body = msgspec.json.encode([{"to": one, "key": f"{key}-{one}", "from": "1001", "text": key} for one in to])
    signed = [hmac.new(one.encode(), body, hashlib.sha256).hexdigest() for one in by or to]
    return {"content": body, "headers": {"x-signed": " ".join(signed), "content-type": "application/json"}}


def stored(web: Web) -> list[int]:
    return [row.inbox_id for row in web.db.read_now(lambda tx: tx.rows(sa.select(envelopes.c.inbox_id).order_by(envelopes.c.id)))]


async def test_a_greeting_is_answered_plainly_and_only_with_the_right_word(square: Web, clock: TestClock) -> None:
    """T89: never as a page, and whoever does not know the word finds nothing; a word that is said twice is none."""
    address = square.world.norrsken.inboxes["kundtjanst"].address
    browser, hook = square.browser().client, path(square, "kundtjanst")
    good = await browser.get(hook, params={"token": f"word of {address}", "challenge": "<b>1158201444</b>"})
    assert (good.status_code, good.text) == (200, "<b>1158201444</b>")
    assert good.headers["content-type"].partition(";")[0] == "text/plain"
    assert good.headers["x-content-type-options"] == "nosniff"
    packed = await browser.get(hook, params={"token": f"word of {address}", "challenge": '{"response_token":"x"}'})
    assert packed.headers["content-type"] == "application/json"
    wrong = [{}, {"token": ""}, {"token": "word"}, {"token": [f"word of {address}", f"word of {address}"]}]
    assert [(await browser.get(hook, params=one)).status_code for one in wrong] == [404] * 4
    assert [(await browser.get(one)).status_code for one in (f"{hook}9", "/hooks/1/99999999999999999999")] == [404, 404]
    told = square.db.read_now(lambda tx: tx.rows(sa.select(inboxes.c.hook_greeted_at).where(inboxes.c.hook_greeted_at.is_not(None))))
    assert [row.hook_greeted_at for row in told] == [clock()]


async def test_each_account_of_a_program_takes_its_own_part_by_its_own_secret(square: Web, clock: TestClock) -> None:
    """T88: a post for two accounts comes to the address of one; the other's part counts only by the other's secret, and never abroad."""
    ours, ferries = square.world.norrsken.inboxes, square.world.ferries.inboxes
    first, second = (ours[short] for short in list(ours)[:2])
    foreign = next(iter(ferries.values()))
    hook, browser = f"/hooks/{square.world.norrsken.id}/{first.id}", square.browser().client
    for others, by, kept in (
        ((second,), (first, second), [first.id, second.id]),
        ((second,), (first,), [first.id]),
        ((foreign,), (first, foreign), [first.id]),
        ((second,), (second,), []),
    ):
        before = len(stored(square))
        asked = post(f"p{before}", first.address, *(one.address for one in others), by=tuple(one.address for one in by))
        answer = await browser.post(hook, **asked)
        assert (answer.status_code, sorted(stored(square)[before:])) == (200 if kept else 404, sorted(kept))
    clock.move(2 * MINUTE)
    square.db.write_now(pause, second.id)
    before = len(stored(square))
    await browser.post(hook, **post("paused", first.address, second.address))
    assert stored(square)[before:] == [first.id]


async def test_ten_posts_of_a_stranger_at_once_are_one_case(square: Web) -> None:
    """T86: an album comes as ten parallel posts, each twice: one contact, one case, ten messages."""
    inbox = square.world.norrsken.inboxes["kundtjanst"]
    posts = [post(f"n{n}", inbox.address) for n in range(10)] * 2
    browsers = [square.browser().client for _ in range(4)]
    answers = await asyncio.gather(*(browsers[n % 4].post(path(square, "kundtjanst"), **one) for n, one in enumerate(posts)))
    assert {answer.status_code for answer in answers} == {200}
    lease = await square.db.write(acquire, "admit", "this test", 3600)
    assert lease is not None
    reader = Reader(square.db, square.edge.files, registry.channel_named, square.edge.connection)
    while await admit_some(reader, lease):
        pass
    counts = [square.db.read_now(lambda tx, t=table: tx.value(sa.select(sa.func.count()).select_from(t))) for table in (cases, messages)]
    assert counts == [1, 10]


def pause(tx: Tx, inbox_id: int) -> None:
    tx.run(sa.update(inboxes).where(inboxes.c.id == inbox_id).values(enabled=False))
