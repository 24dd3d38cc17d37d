"""The stream: how things stand first, then what happens; nothing missed and nothing twice, whoever is slow, away or somewhere else."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import conversations, messages
from sluss.channels.models import visitors
from sluss.channels.visitors import Visit, note_agent_read, visits
from sluss.config import Config
from sluss.intake.models import envelopes
from sluss.kernel.clock import HOUR
from sluss.kernel.tx import Tx
from sluss.notifications.digest import note_open_desks
from sluss.outbox.models import operations
from sluss.replies.sending import WriteNote, write_note
from sluss.visitor import hub
from sluss.visitor.news import Writer
from sluss.visitor.streams import WAITING
from tests.visitor.ground import KEY, Ground, Guest
from tests.world import run_web


async def answered(ground: Ground) -> tuple[Guest, int]:
    """Somebody with a talk of one question and one answer; and its case."""
    guest = ground.visitor()
    await guest.write("Hej!")
    await ground.admit()
    message_id = await ground.answer("Hej själv!")
    joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
    [row] = ground.rows(sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == message_id))
    return guest, row.case_id


async def test_a_stream_begins_with_all_and_goes_on_with_what_happens(ground: Ground) -> None:
    guest, case_id = await answered(ground)
    maja = ground.web.world.who("maja")
    async with guest.listening() as listener:
        [start] = listener.named("start")
        assert [(one["from"], one["text"], one["state"]) for one in start["items"]] == [
            ("visitor", "Hej!", "sent"),
            ("agent", "Hej själv!", "sent"),
        ]
        assert (start["more"], start["seen_at"], start["state"]["open"], start["state"]["staffed"]) == (False, 0, True, False)
        await ground.db.write(note_agent_read, maja, [_id(ground)])
        await listener.until(lambda: listener.named("seen"))
        ground.hub.writing = lambda _: [Writer(maja.workspace_id, case_id, "Maja Ek")]
        await listener.until(lambda: listener.named("typing"))
        ground.hub.writing = lambda _: []
        await listener.until(lambda: listener.named("typing")[-1] == {"name": ""})
        await ground.db.write(note_open_desks, {maja.workspace_id: {maja.id}})
        await listener.until(lambda: listener.named("state"))
        assert listener.named("state")[-1]["staffed"]
        await ground.db.write(write_note, maja, WriteNote(op=secrets.token_hex(13), case_id=case_id, text="INTERN"))
        await ground.answer("Och så?")
        await listener.until(lambda: "Och så?" in {one["text"] for one in listener.named("item")})
        # What the log placed only after the first look may come once more, under its id; a note never does.
        assert {one["text"] for one in listener.named("item")} <= {"Hej själv!", "Och så?"}
    [start] = (await _once(guest)).named("start")
    assert [one["text"] for one in start["items"]] == ["Hej!", "Hej själv!", "Och så?"]
    assert [start["items"][0]["state"], start["seen_at"] > 0] == ["read", True]


async def _once(guest: Guest) -> Any:
    async with guest.listening() as listener:
        return listener


async def test_what_is_not_sent_yet_is_not_there(ground: Ground) -> None:
    """T71: an answer that waits, failed or was stopped is nothing that the visitor sees."""
    guest, _ = await answered(ground)
    for state in ("queued", "sending", "failed", "unknown", "cancelled"):
        await ground.db.write(_set_state, state)
        assert await guest.texts() == ["Hej!"], state
    await ground.db.write(_set_state, "delivered")
    assert await guest.texts() == ["Hej!", "Hej själv!"]


def _set_state(tx: Tx, state: str) -> None:
    tx.run(sa.update(operations).values(state=state))


async def test_receipts_are_kept_before_they_are_acknowledged_and_once(ground: Ground) -> None:
    """T47"""
    guest, _ = await answered(ground)
    [start] = (await _once(guest)).named("start")
    answer = start["items"][-1]["id"]
    kept = len(ground.rows(sa.select(envelopes.c.id)))
    both = {"delivered": [answer], "read": answer}
    for told in ({"delivered": [answer]}, {"delivered": [answer]}, {"read": answer}, both, {"read": "1"}):
        assert (await guest.tell("receipts", told)).status_code == 202
    assert len(ground.rows(sa.select(envelopes.c.id))) == kept + 2
    await ground.admit()
    assert (await guest.tell("receipts", both)).status_code == 202
    assert len(ground.rows(sa.select(envelopes.c.id))) == kept + 2
    assert [row.state for row in ground.rows(sa.select(operations.c.state))] == ["read"]
    await ground.hub.marks.write()
    assert _visit(ground).answered_seen_at > 0


async def test_where_a_visitor_is_and_what_they_type_reaches_the_desk(ground: Ground) -> None:
    guest, _ = await answered(ground)
    page = {
        "url": "https://u:p@www.norrsken.example:8443/bag?pnr=SECRET#SECRET",
        "title": "Bagage\n",
        "zone": "Europe/Stockholm",
        "lang": "sv",
    }
    async with guest.listening() as listener:
        for what, told in (("page", page), ("typing", {"on": True, "text": "Hur lån"})):
            assert (await guest.tell(what, told)).status_code == 204
        await ground.hub.marks.write()
        visit = _visit(ground)
        assert (visit.page_url, visit.page_title, visit.referrer) == ("https://www.norrsken.example:8443/bag", "Bagage", "")
        assert (visit.online, visit.typing, visit.typing_text, visit.zone, visit.locale) == (
            True,
            True,
            "Hur lån",
            "Europe/Stockholm",
            "sv",
        )
        assert not listener.over
    await guest.write("Hur länge?")
    await ground.hub.marks.write()
    assert (_visit(ground).typing, _visit(ground).typing_text) == (False, "")


def _visit(ground: Ground) -> Visit:
    return ground.db.read_now(visits, ground.web.world.who("maja"), [_id(ground)])[_id(ground)]


async def test_another_process_tells_the_same(ground: Ground, tmp_path: Path) -> None:
    """F58, T71: whoever comes back elsewhere finds all of it and is told from there on; once they are proven, only the person is."""
    guest, _ = await answered(ground)
    await guest.write("Är ni kvar?")
    async with run_web(ground.db, ground.web.world, Config(data=str(tmp_path))) as other:
        elsewhere = Ground(other, ground.lease, ground.inboxes)
        async with elsewhere.visitor(token=guest.token).listening() as listener:
            await ground.admit()
            await ground.answer("Ja!")
            told = {"Är ni kvar?", "Ja!"}
            await listener.until(lambda: told <= {one["text"] for one in [*listener.named("item"), *listener.named("start")[0]["items"]]})
            proven = await guest.identify("kund 17")
            await ground.answer("Bara för er")
            await listener.until(lambda: listener.over)
            assert "Bara för er" not in str(listener.events)
        assert (await elsewhere.visitor(token=proven.token).texts())[-1] == "Bara för er"


async def test_a_reader_who_takes_nothing_holds_up_nobody(ground: Ground) -> None:
    """T92: what waits for one who does not read is bounded, and the stream ends; another one is told as ever."""
    guest, _ = await answered(ground)
    async with guest.listening() as slow, guest.listening() as quick:
        slow.taking.clear()
        for n in range(WAITING // 9_000 + 3):
            ground.hub._push(_id(ground), b'event: item\ndata: {"id":"%d","text":"%s"}\n\n' % (n, b"x" * 9_000), proven=False)
            await quick.until(lambda n=n: len(quick.named("item")) > n)
        assert max(len(one.waiting) for one in ground.hub._streams.values()) <= WAITING + 100
        slow.taking.set()
        await slow.until(lambda: slow.over)
        assert slow.events[-1][0] == "bye"


def _id(ground: Ground) -> int:
    """The one visitor."""
    return int(ground.rows(sa.select(visitors.c.id))[0].id)


async def test_streams_are_counted_by_visitor_and_end_with_a_time_to_come_back(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """T91, F3: six for one visitor; when the process ends, each is told when to come back; a proven one ends with its token."""
    monkeypatch.setattr(hub, "STATE_PAUSE", 0.01)
    guest, _ = await answered(ground)
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(guest.listening()) for _ in range(6)]
        async with guest.listening() as seventh:
            assert seventh.status == 429
        proven = await guest.like(address="203.0.113.9").identify("kund 17")
        await streams[0].until(lambda: all(one.over for one in streams))
        last = await stack.enter_async_context(proven.listening())
        ground.db.clock.move(13 * HOUR)  # pyright: ignore[reportAttributeAccessIssue]
        await last.until(lambda: last.over)
        assert await proven.texts() == ["401"]
    again = await guest.identify("kund 17")
    async with again.listening() as listener:
        ground.hub.end_all()
        await listener.until(lambda: listener.over)
        assert 500 <= listener.named("bye")[0]["wait"] <= 5_000
    assert ground.hub.count == 0
    assert (await ground.visitor(KEY).ask("GET", "state")).status_code == 200
