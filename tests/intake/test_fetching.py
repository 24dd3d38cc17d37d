"""What deliveries only name is asked for at once, again for an hour, and then is gone with its reason."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments, messages
from sluss.channels.contract import Address, Connection, Delivered, Inbound, Refused, Understood, Unreachable
from sluss.channels.email.channel import EmailChannel
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Known, Wanted
from sluss.channels.who import Profile
from sluss.contacts.models import identities, identity_profiles
from sluss.intake.fetching import WAITS, Fetcher, next_due
from sluss.intake.models import fetches
from sluss.intake.wants import DONE, forget_fetched
from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.events import events
from sluss.kernel.leases import Lease, acquire, release
from tests.intake.conftest import Desk


class Archive(EmailChannel):
    """A network whose deliveries name pictures; what a fetch gives or raises stands in `has`, by key."""

    name = "email"

    def __init__(self) -> None:
        super().__init__()
        self.has: dict[str, Any] = {}
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        text = delivered.raw.decode()
        if text.startswith("hint"):
            return [Wanted(kind="item", key=text)]
        wanted = tuple(Wanted(kind=one[0], key=one[1], name="b.jpg", alt="Väskan") for one in WANTED if one[1] in text)  # type: ignore[arg-type]
        sender = Address("1001", "" if text == "from the item" else "Åsa")
        return [
            Inbound(external_id=text, dedupe_key=text, sender=sender, subject="", text=text, fresh=text, thread_key="dm", wanted=wanted)
        ]

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        self.asked.append(wanted.key)
        await self.gate.wait()
        found: Any = self.has[wanted.key]
        if isinstance(found, Exception):
            raise found
        return found


WANTED = (("media", "picture"), ("media", "huge"), ("person", "person"))


class Room:
    """The desk with such a network, and who fetches for it."""

    def __init__(self, desk: Desk, lease: Lease) -> None:
        self.desk, self.archive, self.lease = desk, Archive(), lease
        self.fetcher = Fetcher(desk.db, desk.files, lambda _: self.archive, self._connection, desk.reception.receive, largest=1000)

    async def say(self, text: str) -> None:
        await self.desk.bring(text.encode(), key=text)
        await self.desk.admit(self.archive)

    async def fetch(self) -> list[tuple[str, str]]:
        await self.fetcher.idle(self.lease)
        await self.desk.admit(self.archive)
        return [(row.state, row.reason) for row in self.desk.rows(sa.select(fetches).order_by(fetches.c.id))]

    async def _connection(self, _workspace_id: int, _inbox_id: int) -> Connection:
        return self.desk.connection


@pytest.fixture
async def room(desk: Desk) -> Room:
    lease = await desk.db.write(acquire, "fetch", "this test", 1 << 30)
    assert lease is not None
    return Room(desk, lease)


async def test_files_people_and_items_come_where_they_belong(room: Room) -> None:
    room.archive.has["picture"] = Fetched(data=b"\x89PNG", media_type="image/png", name="bag.png")
    room.archive.has["person"] = Fetched(
        known=Known(person=Address("1001", "Åsa L"), profile=Profile(handle="@asa")), data=b"face", media_type="image/png"
    )
    room.archive.has["hint 1"] = Fetched(delivered=(Delivered(external_key="more", raw=b"from the item", received_at=1),))
    await room.say("a picture of a person")
    await room.say("a picture of a person")
    await room.say("hint 1")
    assert await room.fetch() == [("done", "")] * 3
    rows = room.desk.rows
    (file,) = rows(sa.select(attachments))
    assert (file.name, file.media_type, file.alt, room.desk.files.read(file.digest)) == ("bag.png", "image/png", "Väskan", b"\x89PNG")
    (profile,) = rows(sa.select(identity_profiles))
    assert (profile.handle, room.desk.files.read(profile.picture_digest)) == ("@asa", b"face")
    assert [row.name for row in rows(sa.select(identities.c.name))] == ["Åsa L"]
    assert [(row.text, row.files) for row in rows(sa.select(messages).order_by(messages.c.id))] == [
        ("a picture of a person", 1),
        ("from the item", 0),
    ]
    assert [row.data["what"] for row in rows(sa.select(events.c.data).where(events.c.kind == "message_changed"))] == ["file"]
    assert sorted(room.archive.asked) == ["hint 1", "person", "picture"]


async def test_it_is_asked_again_for_an_hour_and_then_is_gone(room: Room, clock: TestClock) -> None:
    room.archive.has["picture"] = Unreachable("No answer.")
    room.archive.has["huge"] = Fetched(data=b"x" * 1001, media_type="image/png")
    await room.say("a picture")
    for wait in WAITS:
        assert await room.fetch() == [("waiting", "No answer.")]
        clock.move(wait - SECOND)
        assert room.desk.db.read_now(next_due, []) == []
        clock.move(SECOND)
    assert sum(WAITS) <= 3600 * SECOND
    assert await room.fetch() == [("gone", "No answer.")]
    assert len(room.archive.asked) == 6
    await room.say("something huge")
    assert (await room.fetch())[1][0] == "gone"
    assert room.desk.rows(sa.select(attachments)) == []
    assert len(room.desk.rows(sa.select(events).where(events.c.kind == "message_changed"))) == 2


async def test_what_the_network_refuses_for_good_is_gone_at_once_and_what_it_puts_off_waits(room: Room, clock: TestClock) -> None:
    room.archive.has |= {"picture": Refused("expired", "It has expired.", permanent=True), "person": ValueError("odd")}
    room.archive.has["huge"] = Refused("429", "Later.", permanent=False, wait=400 * SECOND)
    await room.say("a picture, huge, of a person")
    states = dict(zip(("picture", "huge", "person"), await room.fetch(), strict=True))
    assert states["picture"] == ("gone", "It has expired.")
    assert (states["huge"], states["person"][0]) == (("waiting", "Later."), "waiting")
    due = {row.key: row.due_at for row in room.desk.rows(sa.select(fetches))}
    assert due["huge"] == clock() + 400 * SECOND
    clock.move(DONE + SECOND)
    room.archive.has["person"] = Fetched()
    await room.fetch()
    room.desk.db.write_now(forget_fetched, room.desk.who)
    assert "person" not in {row.key for row in room.desk.rows(sa.select(fetches))}


async def test_a_slow_account_takes_few_places_and_whoever_lost_the_lease_writes_nothing(room: Room) -> None:
    room.archive.gate.clear()
    for number in range(7):
        room.archive.has[f"hint {number}"] = Fetched()
        await room.say(f"hint {number}")
    assert [await room.fetcher.fetch_due(room.lease), await room.fetcher.fetch_due(room.lease)] == [4, 0]
    await room.desk.db.write(release, room.lease)
    assert await room.desk.db.write(acquire, "fetch", "another", 60)
    room.archive.gate.set()
    await asyncio.gather(*room.fetcher._running.values())
    assert {row.state for row in room.desk.rows(sa.select(fetches))} == {"waiting"}
