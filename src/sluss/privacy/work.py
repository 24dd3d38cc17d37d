"""The worker of privacy: erasures, exports, retention, and the files that nobody names any more, one after the other.

In: rows that wait, the clock. Out: the same rows further on. One process does it, under a lease; it goes on where another ended.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import system
from sluss.kernel.audit import note_deed
from sluss.kernel.blobs import UnknownReferences, collect_loose, collect_unnamed
from sluss.kernel.breaking import point
from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.db import Database
from sluss.kernel.files import FileMissing, FileStore, as_digest
from sluss.kernel.leases import Lease, LeaseLost, require
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields, metadata
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces
from sluss.privacy import retention
from sluss.privacy.erasing import Next, advance, marks_of, move_on
from sluss.privacy.exporting import Render, expire_exports, next_export, old_exports, pack, settle_pack
from sluss.privacy.journal import Begun, Journal, marked
from sluss.privacy.models import contact_holds, erasures
from sluss.privacy.orders import TOPIC, Erasure, change_erasure
from sluss.privacy.reach import Order
from sluss.privacy.sweeping import forget_found, large_envelopes, words_of

P = ParamSpec("P")
R = TypeVar("R")
log = get_log("privacy")

PAUSE = 5.0
WALK = 24 * HOUR
HEAD = 1 << 18
"""Bytes of a large message in which an address is looked for: its header, and much more."""


class Room(msgspec.Struct, frozen=True):
    """What the worker needs. Without a lease (the command line, a restore) the caller owns the folder."""

    db: Database
    files: FileStore
    journal: Journal
    render: Render
    lease: Lease | None = None

    def write(self, action: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """A write of the worker's thread, refused once another process has the lease."""

        def guarded(tx: Tx) -> R:
            if self.lease is not None:
                require(tx, self.lease)
            return action(tx, *args, **kwargs)

        return self.db.write_now(guarded)


async def work_forever(room: Room, signals: Signals) -> None:
    """Do what is due, again and again, until cancelled or the lease is lost."""
    walked = 0
    async for _ in signals.rounds(TOPIC, PAUSE):
        while await asyncio.to_thread(some_work, room):  # noqa: ASYNC110 - a pause between pieces of work, not a wait
            await asyncio.sleep(0.02)
        try:
            await collect_loose(room.db, room.files)
            if room.db.clock() - walked > WALK:
                walked = room.db.clock()
                await collect_unnamed(room.db, room.files)
        except UnknownReferences as error:
            log.warning("files_not_collected", unknown=str(error))


def some_work(room: Room) -> bool:
    """One piece of whatever is due. False when nothing is, just now."""
    found = room.db.read_now(next_erasure)
    if found is not None:
        step_erasure(room, found)
        return True
    export = room.db.read_now(next_export)
    if export is not None:
        _pack(room, export)
        return True
    over = room.db.read_now(old_exports)
    if over:
        room.write(expire_exports, over)
        return True
    return any(retain(room, one) for one in room.db.read_now(retention.due_workspaces))


def step_erasure(room: Room, erasure: Erasure) -> Next:
    """The next small piece of an erasure."""
    if erasure.phase == "large":
        following = _large(room, erasure)
    elif erasure.phase == "store":
        following = _store(room, erasure)
    else:
        if erasure.phase == "begin":
            begun = Begun(
                erasure=erasure.id, workspace=erasure.workspace_id, contact=erasure.contact_id, mode=erasure.mode, at=room.db.clock()
            )
            if room.write(_still_wanted, erasure):
                room.journal.add(begun)
        if erasure.phase == "end":
            room.journal.add(marked(erasure.workspace_id, erasure.id, room.db.read_now(marks_of, erasure)))
        following = room.write(_advance, erasure)
    point("erased-some")
    return following


def run_erasure(room: Room, erasure_id: int) -> None:
    """Do everything of an erasure that needs no waiting for files: for the command line, and after a restore."""
    while True:
        erasure = room.db.read_now(lambda tx: tx.struct(Erasure, _CHOSEN.where(erasures.c.id == erasure_id)))
        if erasure is None or erasure.state not in {"waiting", "running"} or erasure.phase == "files":
            return
        step_erasure(room, erasure)


def reapply(room: Room) -> int:
    """Erase again whom the journal names and a restored backup has brought back. Returns how many."""
    for line in room.journal.lines():
        if not isinstance(line, Begun):
            room.write(_mark_again, line.workspace, line.erasure, [bytes.fromhex(mark) for mark in line.marks])
    again = [one.erasure for one in room.journal.begun().values() if room.write(_order_again, one)]
    for erasure_id in again:
        run_erasure(room, erasure_id)
    return len(again)


def retain(room: Room, workspace_id: int) -> bool:
    """One piece of a workspace's run of the day; False when it is over."""
    who = system(workspace_id)
    run = room.write(retention.begin_run, who)
    if run is None:
        return False
    room.write(retention.go_on, who, run)
    return True


def next_erasure(tx: Tx) -> Erasure | None:
    """One whose time has come."""
    c = erasures.c
    due = c.state.in_(("waiting", "running")) & (c.starts_at <= tx.now)
    return tx.struct(Erasure, _CHOSEN.where(due).order_by(c.starts_at, c.id).limit(1))


_CHOSEN = sa.select(*fields(Erasure, erasures))


def _advance(tx: Tx, erasure: Erasure) -> Next:
    """The phase as it stands now: somebody may have cancelled it."""
    now = _again(tx, erasure)
    return advance(tx, now, now.phase) if now is not None and now.state in {"waiting", "running"} else Next("over")


def _again(tx: Tx, erasure: Erasure) -> Erasure | None:
    this = (erasures.c.workspace_id == erasure.workspace_id) & (erasures.c.id == erasure.id)
    return tx.struct(Erasure, _CHOSEN.where(this).with_for_update())


def _still_wanted(tx: Tx, erasure: Erasure) -> bool:
    """Whether nobody has cancelled it, or put the contact under a legal hold, while it waited."""
    now = _again(tx, erasure)
    if now is None or now.state != "waiting":
        return now is not None and now.state == "running"
    h = contact_holds.c
    if tx.row(sa.select(h.contact_id).where(h.workspace_id == erasure.workspace_id, h.contact_id == erasure.contact_id)) is None:
        return True
    change_erasure(tx, erasure, state="cancelled", ended_at=tx.now)
    note_deed(tx, system(erasure.workspace_id), "contact.erase_held", ("contact", erasure.contact_id), erasure=str(erasure.id))
    return False


def _large(room: Room, erasure: Erasure) -> Next:
    """Messages whose bytes lie in files: read here, outside of any transaction."""
    who, words = system(erasure.workspace_id), words_of(erasure.addresses, erasure.until)
    some = room.db.read_now(large_envelopes, who, words, erasure.cursor) if words.addresses else []
    found = [(one, outcome) for one, outcome, digest in some if _names(room.files, digest, words.addresses)]
    following = Next("large", some[-1][0]) if some else Next("person")

    def forget(tx: Tx) -> None:
        order = Order(who, erasure.id, Counter(erasure.counts))
        forget_found(tx, order, found)
        move_on(tx, erasure, following, order.tally)

    room.write(forget)
    return following


def _names(files: FileStore, digest: str, addresses: tuple[str, ...]) -> bool:
    try:
        with files.open(as_digest(digest)) as file:
            head = file.read(HEAD).lower()
    except FileMissing:
        return False
    return any(one.encode() in head for one in addresses)


def _store(room: Room, erasure: Erasure) -> Next:
    """Let nothing stay in the files of the database either."""
    scrubbed = room.db.scrub([*(table.name for table in metadata.sorted_tables if table.name in TOUCHED), "search"])
    following = Next("files") if scrubbed else Next("store", wait=5 * SECOND)
    room.write(move_on, erasure, following, Counter(erasure.counts))
    return following


TOUCHED = frozenset(
    {"messages", "notes", "cases", "conversations", "threads", "contacts", "identities", "attachments", "envelopes", "envelope_keys"}
    | {"message_faces", "message_versions", "message_reactions", "posts", "bystanders", "early_news", "fetches", "identity_profiles"}
    | {"operations", "attempts", "events", "drafts", "departures", "message_keys", "message_references", "reads", "erasures", "exports"}
)


def _pack(room: Room, export: Any) -> None:
    try:
        stored = pack(room.db, room.files, export, room.render)
    except LeaseLost:
        raise
    except Exception:
        log.exception("export_failed", export=export.id)
        stored = None
    room.write(settle_pack, export, stored)


def _mark_again(tx: Tx, workspace_id: int, erasure_id: int, marks: list[bytes]) -> None:
    keys = metadata.tables["erased_keys"]
    known = {row.mark for row in tx.rows(sa.select(keys.c.mark).where(keys.c.workspace_id == workspace_id, keys.c.mark.in_(marks)))}
    rows = [{"workspace_id": workspace_id, "mark": mark, "erasure_id": erasure_id, "at": tx.now} for mark in sorted(set(marks) - known)]
    if rows and workspace_id in {one.id for one in all_workspaces(tx)}:
        tx.run(sa.insert(keys), rows)


def _order_again(tx: Tx, begun: Begun) -> bool:
    """Set an erasure of the journal to run, if the database holds its contact as it was before."""
    contacts, e = metadata.tables["contacts"], erasures.c
    there = (contacts.c.workspace_id == begun.workspace) & (contacts.c.id == begun.contact)
    if tx.row(sa.select(contacts.c.id).where(there)) is None:
        return False
    this = (e.workspace_id == begun.workspace) & (e.id == begun.erasure)
    state = tx.value(sa.select(e.state).where(this))
    if state == "done":
        return False
    again = {"state": "waiting", "starts_at": 0} if state != "running" else {"starts_at": 0}
    if state is not None:
        tx.run(sa.update(erasures).where(this).values(**again))
        return True
    row = {"workspace_id": begun.workspace, "id": begun.erasure, "contact_id": begun.contact, "mode": begun.mode, "asked_at": begun.at}
    tx.run(sa.insert(erasures), row | again | {"phase": "begin", "cursor": 0, "until": 0, "addresses": [], "counts": {}})
    return True
