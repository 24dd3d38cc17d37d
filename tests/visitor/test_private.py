"""A door from a public matter to a private page: its address stands where everybody can read it. T21, T71."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import msgspec
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.models import cases, conversations, messages
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.inboxes import access_inbox
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY
from sluss.kernel.events import events_after, from_row
from sluss.replies.models import private_links
from sluss.replies.private_links import note_word, open_door
from tests.visitor.ground import KEY, Ground, Guest

SAID = "My booking QX7T2P is lost and nobody helps!"
ANNA = Address("1029", "Anna Berg")


def says(ground: Ground, text: str, sender: Address = ANNA, key: str = "p:1:anna") -> Any:
    """Somebody writes in public. Returns the row of the message with its case."""
    world, m, v = ground.web.world, messages.c, conversations.c
    token = secrets.token_hex(8)
    inbound = Inbound(
        external_id=token, dedupe_key=token, sender=sender, subject="", text=text, fresh=text, thread_key=key, visibility="public"
    )
    place: dict[str, Any] = {"inbox_id": world.norrsken.inboxes["kundtjanst"].id, "network": "email", "visibility": "public"}
    arrival = Arrival(envelope_id=1, reopen_days=14, received_at=ground.db.clock(), inbound=inbound, **place)
    [done] = ground.db.write_now(record_arrivals, system(world.norrsken.id), [arrival])
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    [row] = ground.rows(sa.select(m.id, v.case_id).select_from(joined).where(m.id == done.message_id))
    return row


def door_of(ground: Ground, public: Any) -> str:
    """The path that stands in public."""
    who = system(ground.web.world.norrsken.id)

    def make(tx: Any) -> str:
        case, inbox = access_case(tx, who, public.case_id), access_inbox(tx, who, ground.inboxes[KEY])
        return open_door(tx, who, case, public.id, (inbox, "Anna Berg")).path

    return ground.db.write_now(make)


async def enter(guest: Guest, path: str, code: str = "", what: str = "enter") -> httpx.Response:
    """As the page does it."""
    own = {"Authorization": f"Visitor {guest.token}", "Sec-Fetch-Site": "same-origin", "Accept": "*/*", "Accept-Language": "en"}
    client = guest.ground.web.browser("127.0.0.1", guest.address).client
    return await client.post(f"{path}/{what}", headers=own, content=msgspec.json.encode({"code": code}))


async def look(ground: Ground, path: str) -> httpx.Response:
    return await ground.web.browser("127.0.0.1", "203.0.113.9").client.get(path, headers={"Accept-Language": "sv"})


async def test_the_first_who_comes_in_has_the_door_and_lets_others_in(ground: Ground) -> None:
    """T21, T71: looking changes nothing; another browser needs a code, which counts once, for ten minutes and five tries."""
    path = door_of(ground, says(ground, SAID))
    page = await look(ground, path)
    assert page.status_code == 200
    assert SAID in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    anna, stranger, phone = ground.visitor(), ground.visitor(address="203.0.113.8"), ground.visitor(address="203.0.113.9")
    assert (await enter(anna, path)).json()["proved"] is False
    assert (await enter(anna, path)).status_code == 200
    refused = await enter(stranger, path)
    assert (refused.status_code, "another device" in refused.json()["error"]) == (403, True)
    assert (await enter(stranger, path, what="device")).status_code == 401
    code = (await enter(anna, path, what="device")).json()["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [(await enter(stranger, path, wrong)).status_code for _ in range(4)] == [403] * 4
    assert (await enter(phone, path, f"{code[:3]} {code[3:]}")).status_code == 200
    assert (await enter(stranger, path, code)).status_code == 403
    code = (await enter(anna, path, what="device")).json()["code"]
    assert [(await enter(stranger, path, wrong)).status_code for _ in range(5)] == [403] * 5
    assert (await enter(stranger, path, code)).status_code == 403
    assert await stranger.texts() == ["401"]


async def test_what_is_said_behind_the_door_belongs_to_the_same_case(ground: Ground) -> None:
    """T1, T71: one case, one answer, seen by every browser that was let in and by nobody else; a chat of one's own stays apart."""
    public = says(ground, SAID)
    path = door_of(ground, public)
    anna, phone, own = ground.visitor(), ground.visitor(), ground.visitor()
    await enter(anna, path)
    await enter(phone, path, (await enter(anna, path, what="device")).json()["code"])
    assert (await anna.write("It is about QX7T2P, I am Anna")).status_code == 202
    await ground.admit()
    assert len(ground.rows(sa.select(cases.c.id))) == 1
    await ground.answer("We have found it.", case_id=public.case_id)
    assert await phone.texts() == await anna.texts() == ["It is about QX7T2P, I am Anna", "We have found it."]
    await own.write("Another matter")
    await ground.admit()
    assert len(ground.rows(sa.select(cases.c.id))) == 2
    assert (await enter(own, path)).status_code == 403


async def test_a_word_in_public_proves_who_came_in(ground: Ground) -> None:
    """T71: only the author of the public message, only in public."""
    public = says(ground, SAID)
    anna = ground.visitor()
    word = (await enter(anna, path := door_of(ground, public))).json()["word"]
    who = system(ground.web.world.norrsken.id)

    def heard() -> bool:
        def react(tx: Any) -> None:
            for one in map(from_row, tx.rows(events_after(0, 1_000))):
                assert one is not None
                note_word(tx, one)

        ground.place()
        ground.db.write_now(react)
        [row] = ground.rows(sa.select(private_links.c.proved_at).where(private_links.c.workspace_id == who.workspace_id))
        return row.proved_at is not None

    await anna.write(f"the word is {word}")
    await ground.admit()
    says(ground, f"{word} says somebody else", Address("77", "Troll"), "p:1:troll")
    assert not heard()
    says(ground, f"It is me: {word.upper()}")
    assert heard()
    assert (await enter(anna, path)).json()["proved"] is True


async def test_an_address_that_leads_nowhere_says_no_more_than_that(ground: Ground) -> None:
    """T1, T21: a wrong secret, a wrong number and no number look alike; a door that has expired says what to do."""
    path = door_of(ground, says(ground, SAID))
    number = path.removeprefix("/private/").partition("-")[0]
    for other in (
        f"{path}x",
        f"/private/{number}",
        f"/private/{number}-",
        f"/private/1-{path.partition('-')[2]}",
        "/private/x-y",
        "/private/٣-y",
    ):
        assert (await look(ground, other)).status_code == 404, other
        assert (await enter(ground.visitor(), other)).status_code == 404, other
    ground.db.clock.move(31 * DAY)  # pyright: ignore[reportAttributeAccessIssue] - a test's clock
    late = await enter(ground.visitor(), path)
    assert (late.status_code, "expired" in late.json()["error"]) == (409, True)
