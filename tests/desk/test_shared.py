"""A case that came to two inboxes, on the desks of both: lists, counts, search and what is pushed say the same. T6; I6."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.models import inbox_addresses
from sluss.desk.around import look_around
from sluss.desk.desk import Look, read_desk
from sluss.desk.live import make_render
from sluss.desk.searching import search
from sluss.desk.views import count_views
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.events import events, from_row
from sluss.kernel.live import Sight
from sluss.kernel.tx import Tx
from sluss.web.assets import Assets
from sluss.web.locale import Voice
from sluss.web.templates import Templates
from tests.world import Web, World


def arrives(tx: Tx, world: World, *keys: str) -> None:
    """Åsa's mail to help@ with a copy to pomoc@, as it comes to these inboxes."""
    to, cc = (Address(world.norrsken.inboxes[key].address) for key in ("kundtjanst", "obsluga"))
    said: dict[str, Any] = {"external_id": "one@kund.example", "dedupe_key": "one", "sender": Address("asa@kund.example", "Åsa Lindqvist")}
    mail = Inbound(**said, subject="Väskan", text="Var är väskan?", fresh="Var är väskan?", to=(to,), cc=(cc,))
    place: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": tx.now}
    arrivals = [Arrival(envelope_id=n, inbox_id=world.norrsken.inboxes[key].id, inbound=mail, **place) for n, key in enumerate(keys, 1)]
    record_arrivals(tx, system(world.norrsken.id), arrivals)


@pytest.fixture
def shared(db: Database, world: World) -> int:
    """The number of the case."""
    rows = [{"workspace_id": world.norrsken.id, "address": one.address, "inbox_id": one.id} for one in world.norrsken.inboxes.values()]
    db.write_now(lambda tx: tx.run(sa.insert(inbox_addresses), rows).rowcount)
    db.write_now(arrives, world, "kundtjanst", "obsluga")
    return int(db.read_now(lambda tx: tx.value(sa.select(cases.c.number))))


@pytest.mark.parametrize("key", ["johan", "petra", "maja"])
def test_lists_and_counts_agree_for_everybody_who_sees_it(db: Database, world: World, shared: int, key: str) -> None:
    who = world.who(key)
    counted = db.read_now(lambda tx: count_views(tx, look_around(tx, who)).views)
    for view in [one for one in counted if one not in {"mine", "mentioned", "following", "snoozed"}]:
        desk = db.read_now(read_desk, who, Look(voice=Voice(), view=view)).desk
        assert desk.queue is not None
        assert ([row.no for row in desk.queue.rows], counted[view]) == ([shared], 1), view


def test_the_desk_of_the_copied_inbox_opens_and_finds_it(db: Database, world: World, shared: int) -> None:
    found = db.read_now(read_desk, world.who("petra"), Look(voice=Voice(), no=shared)).desk
    assert found.case is not None
    assert found.case.no == shared
    around = db.read_now(look_around, world.who("petra"))
    assert [hit.row.no for hit in db.read_now(search, around, "väskan", "").hits] == [shared]


@pytest.mark.parametrize(("key", "views"), [("johan", 1), ("petra", 1), ("karin", 1), ("erik", 0)])
async def test_what_is_pushed_reaches_who_sees_it(db: Database, world: World, shared: int, key: str, views: int) -> None:
    """The same row for both inboxes' views; nothing for who sees neither."""
    who = world.who(key)
    recorded = [one for row in db.read_now(lambda tx: tx.rows(sa.select(events).order_by(events.c.id))) if (one := from_row(row))]
    render = make_render(db, Templates(Assets()))
    mine = [one for one in recorded if one.workspace_id == world.norrsken.id and one.event.case_id]
    pushes = await render(mine, Sight(world.norrsken.id, who.inbox_ids, "en", "UTC"))
    rows = [msgspec.json.decode(push.data) for push in pushes if push.name == "row"]
    everywhere = [f"inbox:{world.norrsken.inboxes[one].id}" for one in ("kundtjanst", "obsluga")]
    assert [set(everywhere) <= set(row["views"]) and row["no"] == shared for row in rows] == [True] * views


async def test_over_the_wire_the_other_team_may_work_on_it(web: Web, db: Database, world: World, shared: int) -> None:
    """T5: who sees it may also answer and set it aside; who does not gets nothing."""
    petra = await web.sign_in("petra")
    assert (await petra.get(f"/c/{shared}")).status_code in {200, 303}
    assert (await petra.post(f"/cases/{shared}/status", status="solved")).status_code < 400
    assert db.read_now(lambda tx: tx.value(sa.select(cases.c.status))) == "solved"
