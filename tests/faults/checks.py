"""What must hold after any fault: nothing acknowledged lost, nothing shown twice, nothing sent twice, order kept (invariants I1 to I4)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.cases.models import cases, conversations, messages, threads
from sluss.contacts.models import identities
from sluss.intake.conservation import check_conservation
from sluss.intake.models import envelopes
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.kernel.files import FileStore, as_digest
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces
from sluss.outbox.models import operations
from sluss.outbox.states import NEVER
from tests.faults.post import Ledger


def everything_is_settled(tx: Tx) -> bool:
    """Whether no envelope waits, and no delivery but behind one whose result is not known."""
    waits = tx.value(sa.select(sa.func.count()).select_from(envelopes).where(envelopes.c.state == "received"))
    leaves = tx.value(sa.select(sa.func.count()).select_from(o).where((o.c.state == "sending") | (o.c.state == "queued") & ~_BEHIND))
    unplaced = tx.value(sa.select(sa.func.count()).select_from(events).where(events.c.position.is_(None)))
    return waits == leaves == unplaced == 0


def everybody_is_answered(tx: Tx) -> bool:
    """Whether everything is settled and nobody waits for the answer of the agent, who would begin another delivery at any moment."""
    return everything_is_settled(tx) and not tx.value(sa.select(sa.func.count()).select_from(cases).where(cases.c.status == "open"))


def what_is_left(tx: Tx) -> str:
    """How everything stands, for whoever waited in vain."""
    figures: list[str] = []
    for table, column in ((envelopes, envelopes.c.state), (operations, operations.c.state), (cases, cases.c.status)):
        rows = tx.rows(sa.select(column, sa.func.count().label("number")).group_by(column))
        figures.append(f"{table.name}: " + ", ".join(f"{row[0]} {row.number}" for row in rows))
    if tx.conn.dialect.name == "postgresql":
        asleep = (
            "SELECT pid, state, wait_event, now() - state_change AS since, query FROM pg_stat_activity WHERE datname = current_database()"
        )
        figures += [str(tuple(row)) for row in tx.rows(sa.text(asleep))]
    return "; ".join(figures)


o, before = operations.alias("o"), operations.alias("before")
_BEHIND = sa.exists().where(before.c.thread_id == o.c.thread_id, before.c.message_id < o.c.message_id, before.c.state == "unknown")


def nothing_is_in_doubt(tx: Tx) -> bool:
    """Whether everything is settled, and no unknown result will be tried again by itself."""
    again = (operations.c.state == "unknown") & (operations.c.due_at < NEVER)
    return everything_is_settled(tx) and not tx.value(sa.select(sa.func.count()).select_from(operations).where(again))


def check_all(db: Database, folder: Path, ledger: Ledger, *, retried: bool = False) -> None:
    """Every invariant; `retried` says that results that could not be known have had their one automatic second attempt."""
    db.read_now(_integrity, db.kind)
    check_intake(db, folder, ledger)
    check_outbox(db, folder, ledger, retried=retried)


def check_intake(db: Database, folder: Path, ledger: Ledger) -> None:
    """I1 to I3, inbound."""
    workspace = db.read_now(all_workspaces)[0]
    balance = db.write_now(check_conservation, system(workspace.id))
    assert (balance.missing, balance.orphans, balance.queued, balance.quarantined) == (0, 0, 0, 0), balance
    shown = Counter(row.external_id for row in db.read_now(_messages, "in"))
    assert not set(ledger.acknowledged) - set(shown), f"acknowledged and lost: {set(ledger.acknowledged) - set(shown)}"
    assert not (twice := {key: n for key, n in shown.items() if n > 1}), f"shown twice: {twice}"
    db.read_now(_check_shape)
    store = FileStore(folder / "files", reserve=0)
    for digest in db.read_now(_outside):
        assert store.verify(as_digest(digest)) == "good", digest


def check_outbox(db: Database, folder: Path, ledger: Ledger, *, retried: bool) -> None:
    """I4, and the order within each thread."""
    written = db.read_now(_messages, "out")
    promised = {int(line) for line in (folder / "answered").read_text().split()}
    assert promised <= {row.id for row in written}, "an answer that was promised is gone"
    assert not set(ledger.arrived) - {row.external_id for row in written}, "something left that nobody wrote"
    behind = db.read_now(lambda tx: {row.id for row in tx.rows(sa.select(o.c.id).where(_BEHIND, o.c.state == "queued"))})
    found = {row.message_id: row for row in db.read_now(lambda tx: tx.rows(sa.select(operations))) if row.id not in behind}
    assert not (retried and behind), "an answer still waits behind one that was tried again"
    for message in (one for one in written if one.id in found):
        _check_one(found[message.id], ledger.arrived[message.external_id], retried=retried)
    _check_order(ledger, {row.external_id: row for row in written})


def _check_one(operation: Any, arrived: int, *, retried: bool) -> None:
    """One reply: sent and there, or honestly not known. A second copy only where a first result was not known and its time was over."""
    assert operation.state in {"sent", "unknown"}, operation
    most = 1 + operation.unknowns if retried else 1
    assert arrived <= min(most, 2), f"arrived {arrived} times: {operation}"
    assert arrived or operation.state == "unknown", f"said to be sent, never arrived: {operation}"
    assert operation.unknowns <= 2, operation


def _check_order(ledger: Ledger, written: dict[str, Any]) -> None:
    """In each thread answers arrive in the order in which they were written; a copy that came again counts where it came first."""
    first = dict.fromkeys(message_id for _, message_id in ledger.order)
    by_thread: dict[int, list[int]] = {}
    for message_id in first:
        by_thread.setdefault(written[message_id].thread_id, []).append(written[message_id].id)
    for ids in by_thread.values():
        assert ids == sorted(ids), ids


def _messages(tx: Tx, direction: str) -> list[Any]:
    joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
    chosen = sa.select(messages.c.id, messages.c.external_id, conversations.c.thread_id).select_from(joined)
    return list(tx.rows(chosen.where(messages.c.direction == direction).order_by(messages.c.id)))


def _check_shape(tx: Tx) -> None:
    """Every address one identity, every case its conversation, every conversation its message, every place in the log once."""
    people = Counter((row.network, row.address) for row in tx.rows(sa.select(identities.c.network, identities.c.address)))
    assert max(people.values()) == 1, people
    for table, where in ((cases, conversations.c.case_id), (threads, conversations.c.thread_id)):
        assert not tx.rows(sa.select(table.c.id).where(~sa.exists().where(where == table.c.id))), table.name
    assert not tx.rows(sa.select(conversations.c.id).where(~sa.exists().where(messages.c.conversation_id == conversations.c.id)))
    # What happened between the last look and the end gets its place at the next start.
    places = sorted(row.position for row in tx.rows(sa.select(events.c.position)) if row.position is not None)
    assert places == list(range(1, len(places) + 1)), "the event log has gaps or repeats"


def _outside(tx: Tx) -> set[str]:
    return {row.digest for row in tx.rows(sa.select(envelopes.c.digest).where(envelopes.c.raw.is_(None)))}


def _integrity(tx: Tx, kind: str) -> None:
    if kind == "sqlite":
        assert tx.value(sa.text("PRAGMA integrity_check")) == "ok"
        assert not tx.rows(sa.text("PRAGMA foreign_key_check"))
