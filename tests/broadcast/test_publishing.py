"""Notices at networks: written once, published once, threaded, and honest about what nobody knows. F5, F6, F23."""

from __future__ import annotations

import pytest

from sluss.broadcast.notices import (
    NoticeFields,
    Saying,
    accept_publication,
    drop_publication,
    retry_publication,
    say_something,
    withdraw_notice,
    write_notice,
)
from sluss.broadcast.places import places_of
from sluss.broadcast.publisher import LOOK_AGAIN, reap, take_due
from sluss.channels.inboxes import access_inbox, pause_inbox
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.leases import Lease, LeaseLost
from sluss.sandbox.wire import told
from tests.broadcast.conftest import Stage
from tests.world import World

TEXT = "Våra betalningar ligger nere. Vi arbetar på det."


def begin(db: Database, stage: Stage, who: str = "maja", text: str = TEXT) -> int:
    actor = stage.world.who(who)
    notice_id = db.write_now(write_notice, actor, NoticeFields(title="Betalningar"))
    db.write_now(say_something, actor, notice_id, Saying(kind="first", text=text, inbox_ids=(stage.inbox_id,)))
    return notice_id


def more(db: Database, stage: Stage, notice_id: int, kind: str, text: str) -> None:
    saying = Saying(kind=kind, text=text, inbox_ids=(stage.inbox_id,))  # type: ignore[arg-type]
    db.write_now(say_something, stage.world.who("maja"), notice_id, saying)


async def test_updates_and_the_end_hang_under_the_first_post(db: Database, stage: Stage) -> None:
    """Each bulletin is one post, and what is said later stands under what was said first."""
    notice_id = begin(db, stage)
    more(db, stage, notice_id, "update", "Det går framåt.")
    assert stage.standing() == ["queued", "queued"]
    await stage.go()
    assert stage.standing() == ["sent", "queued"]
    db.host.clock.move(MINUTE)  # type: ignore[attr-defined]
    await stage.go()
    more(db, stage, notice_id, "solved", "Löst. Tack för tålamodet.")
    await stage.go()
    assert stage.standing() == ["sent"] * 3
    [post] = [one for one in stage.page.items.values() if not one.post]
    assert (post.text, stage.page.replies(post.id)) == (TEXT, ["Det går framåt.", "Löst. Tack för tålamodet."])
    assert all(row.url.startswith("https://www.facebook.com/") for row in stage.rows())
    assert not await stage.go()


async def test_what_nobody_knows_is_looked_for_and_never_said_twice(db: Database, stage: Stage, clock: TestClock) -> None:
    """F5: the post was taken, its answer lost: it is found there by its words. What is not found waits for a person."""
    begin(db, stage)
    stage.graph.trouble("cut-after", path="/feed", method="POST")
    await stage.go()
    assert stage.standing() == ["unknown"]
    clock.move(LOOK_AGAIN)
    await stage.go()
    [row] = stage.rows()
    assert (row.state, len(stage.page.items)) == ("sent", 1)
    stage.page.items.clear()
    notice_id = begin(db, stage, text="Ingen vet.")
    stage.graph.trouble("cut", path="/feed", method="POST")
    await stage.go()
    assert stage.standing()[1] == "unknown"
    for _ in range(6):
        clock.move(HOUR)
        await stage.go()
    row = stage.rows()[1]
    assert (row.state, len(stage.page.items)) == ("unknown", 0)
    maja = stage.world.who("maja")
    assert db.write_now(retry_publication, maja, row.id) == notice_id
    await stage.go()
    assert (stage.standing()[1], len(stage.page.items)) == ("sent", 1)
    with pytest.raises(Conflict):
        db.write_now(retry_publication, maja, row.id)


async def test_what_a_killed_process_had_begun_is_unknown_or_begun_anew(db: Database, stage: Stage, clock: TestClock) -> None:
    """F23: what had been handed over is looked for; what had not is published; a lease that was lost writes nothing."""
    begin(db, stage)
    due = await db.write(_take, stage.lease)
    assert stage.standing() == ["sending"]
    db.write_now(reap, stage.lease)
    assert stage.standing() == ["queued"]
    await stage.go()
    assert (stage.standing(), len(stage.page.items)) == (["sent"], 1)
    lost = Lease(stage.lease.name, stage.lease.holder, stage.lease.fence - 1)
    with pytest.raises(LeaseLost):
        await stage.publisher.publish_due(lost)
    assert len(due) == 1


def _take(tx: object, lease: Lease) -> list[object]:
    return list(take_due(tx, lease))  # type: ignore[arg-type]


async def test_a_refusal_is_told_with_its_reason_and_an_outage_is_waited_for(db: Database, stage: Stage, clock: TestClock) -> None:
    """F6: 5xx is tried again with growing waits, a no is final until a person says otherwise, a dead token asks to be connected again."""
    begin(db, stage)
    stage.graph.trouble("status", path="/feed", method="POST", times=1, answer=told({"error": {"code": 2, "message": "Try later"}}, 503))
    await stage.go()
    [row] = stage.rows()
    assert row.state in {"queued", "unknown"}
    clock.move(HOUR)
    await stage.go()
    assert stage.standing() == ["sent"]
    begin(db, stage, text="Andra.")
    stage.graph.tokens.clear()
    await stage.go()
    row = stage.rows()[1]
    assert (row.state, bool(row.reason)) == ("queued", True)
    assert db.read_now(access_inbox, system(stage.world.norrsken.id), stage.inbox_id).reconnect
    maja = stage.world.who("maja")
    db.write_now(drop_publication, maja, row.id)
    with pytest.raises(Conflict):
        db.write_now(accept_publication, maja, row.id)
    assert stage.standing() == ["sent", "cancelled"]


async def test_what_is_withdrawn_goes_no_further(db: Database, stage: Stage, clock: TestClock) -> None:
    """A notice that is taken back before its turn is not published, and one that is over takes no more words."""
    notice_id = begin(db, stage)
    db.write_now(withdraw_notice, stage.world.who("maja"), notice_id)
    clock.move(DAY)
    assert not await stage.go()
    assert (stage.standing(), stage.page.items) == (["cancelled"], {})
    for kind in ("first", "update", "solved"):
        with pytest.raises(Conflict):
            more(db, stage, notice_id, kind, "Mer.")


async def test_who_may_speak_to_everybody_and_how_long(db: Database, stage: Stage, world: World) -> None:
    """T1, T2: leads, administrators and reviewers publish; another workspace's accounts and notices do not exist; a length is told."""
    for who in ("johan", "petra"):
        with pytest.raises(Forbidden):
            begin(db, stage, who)
    begin(db, stage, "ewa")
    with pytest.raises(Missing):
        db.write_now(withdraw_notice, world.who("marek"), begin(db, stage))
    maja = world.who("maja")
    [place] = [one for one in db.read_now(places_of, maja) if one.inbox_id == stage.inbox_id]
    assert (place.label, place.most, place.length("å" * 8_000)) == ("Facebook", 8_000, 8_000)
    notice_id = db.write_now(write_notice, maja, NoticeFields(title="Lång"))
    for saying, field in (
        (Saying(kind="first", text="x" * 8_001, inbox_ids=(stage.inbox_id,)), f"text-{stage.inbox_id}"),
        (Saying(kind="first", text=" ", inbox_ids=(stage.inbox_id,)), "text"),
        (Saying(kind="first", text=TEXT), "place"),
        (Saying(kind="first", text=TEXT, inbox_ids=(world.ferries.inboxes["ferries"].id,)), "place"),
        (Saying(kind="first", text=TEXT, chat_ids=(stage.inbox_id,)), "chat"),
    ):
        with pytest.raises(Invalid) as refused:
            db.write_now(say_something, maja, notice_id, saying)
        assert field in refused.value.fields
    db.write_now(pause_inbox, world.who("ewa"), stage.inbox_id)
    assert not next(one for one in db.read_now(places_of, maja) if one.inbox_id == stage.inbox_id).works
