"""The search made anew, a stretch at a time: whatever it had lost is found again, and what came meanwhile stays. F56."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sluss.cases import indexing, reindexing
from sluss.cases.actions import add_note
from sluss.cases.models import cases
from sluss.cases.recording import Recorded
from sluss.cases.reindexing import is_rebuilding, rebuild_search
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.jobs import jobs, run_due
from sluss.kernel.leases import acquire
from sluss.kernel.search import Stretch, find_cases, find_contacts
from sluss.kernel.terms import question_of
from sluss.wiring import JOBS
from tests.world import World


def test_a_lost_index_is_made_anew_in_stretches(
    db: Database, world: World, arrive: Callable[..., list[Recorded]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (indexing, reindexing):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    who = system(world.norrsken.id)
    for number in range(5):
        arrive({"fresh": f"kontrabas nummer{number}"})
    ids = db.read_now(lambda tx: [row.id for row in tx.rows(sa.select(cases.c.id).order_by(cases.c.id))])
    db.write_now(add_note, world.who("maja"), ids[0], "kontrabasen är ömtålig")
    for words in ("DELETE FROM search", "DELETE FROM search_places")[: 2 if db.kind == "sqlite" else 1]:
        db.write_now(lambda tx, statement=words: tx.run(sa.text(statement)).rowcount)
    assert db.read_now(find_cases, who, "kontrabas") == []
    db.write_now(rebuild_search, who)
    db.write_now(rebuild_search, who)
    lease = db.write_now(acquire, "clock", "test", 60)
    assert lease
    rounds = 0
    while db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(jobs))):
        assert db.read_now(is_rebuilding, who)
        db.write_now(run_due, lease, JOBS)
        rounds += 1
    assert rounds > 1
    assert set(db.read_now(find_cases, who, "kontrabas")) == set(ids)
    assert db.read_now(find_cases, who, "ömtålig") == [ids[0]]
    assert len(db.read_now(find_contacts, who, question_of("lindqvist"), Stretch())) == 1
