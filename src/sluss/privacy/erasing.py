"""The work of an erasure: phase after phase, each in small transactions, taken up again wherever a process ended.

In: an order whose time has come. Out: a contact of whom nothing is left, or nothing that says who it was. What the same person writes from
the first moment on starts a record of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.actions import preview_of
from sluss.cases.models import cases, conversations, erased_keys, messages, threads
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import system
from sluss.kernel.audit import note_deed
from sluss.kernel.blobs import loose_files
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.search import forget_removed, remove_texts
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.merging.strangers import part_strangers
from sluss.outbox.models import operations
from sluss.outbox.settling import move_operation
from sluss.outbox.states import OPEN, Move
from sluss.privacy.emptying import AT_ONCE, GONE, blank_messages, blank_some_of_case, remove_some_of_case
from sluss.privacy.knowledge import forget_knowledge
from sluss.privacy.models import exports, reads
from sluss.privacy.networks import forget_network_traces
from sluss.privacy.orders import Erasure, change_erasure
from sluss.privacy.reach import Order, hangs, remove
from sluss.privacy.sweeping import SWEPT, sweep_envelopes, sweep_small, sweep_table, words_of
from sluss.privacy.visiting import forget_visitors, sweep_visitors


class Next(msgspec.Struct, frozen=True):
    """Where to go on: a phase, how far it came, and how long to wait before (microseconds)."""

    phase: str
    cursor: int = 0
    wait: int = 0


def begin(tx: Tx, order: Order, erasure: Erasure) -> Next:
    """Cut the record off from what is to come: its addresses lead to it no more, its cases take nothing more."""
    i, c = identities.c, cases.c
    ws = erasure.workspace_id
    part_strangers(tx, order.who, erasure.contact_id)
    forget_visitors(tx, order, erasure.contact_id)
    forget_network_traces(tx, order, erasure.contact_id)
    mine = (i.workspace_id == ws) & (i.contact_id == erasure.contact_id)
    known = tx.rows(sa.select(i.id, i.address).where(mine))
    addresses = [row.address for row in known if not row.address.startswith("erased:")]
    tx.run(
        sa.update(identities)
        .where(mine)
        .values(address=sa.literal("erased:") + sa.cast(i.id, sa.Text), name="", proof="claimed", verified_by=None)
    )
    tx.run(
        sa.update(contacts)
        .where(contacts.c.workspace_id == ws, contacts.c.id == erasure.contact_id)
        .values(name=GONE, language="", zone="")
    )
    remove_texts(tx, order.who, [erasure.contact_id])
    open_ones = (c.workspace_id == ws) & (c.contact_id == erasure.contact_id) & (c.status != "closed")
    tx.run(sa.update(cases).where(open_ones).values(status="closed", waiting_since=None, snoozed_until=None))
    change_erasure(tx, erasure, state="running", began_at=tx.now, addresses=addresses, until=tx.new_id())
    return Next("outbox")


def _stop_sending(tx: Tx, order: Order, erasure: Erasure) -> Next:
    """What waits to leave is given up; what is leaving at this moment is waited for."""
    o, v, m = operations.c, conversations.c, messages.c
    ws = erasure.workspace_id
    theirs = sa.select(cases.c.id).where(cases.c.workspace_id == ws, cases.c.contact_id == erasure.contact_id)
    spoken = sa.select(v.id).where(v.workspace_id == ws, v.case_id.in_(theirs))
    said = sa.select(m.id).where(m.workspace_id == ws, m.conversation_id.in_(spoken))
    concerned = o.message_id.in_(said) | o.recipient.in_(erasure.addresses)
    wanted = (o.workspace_id == ws) & o.state.in_(OPEN) & concerned & (o.id < erasure.until)
    found = tx.rows(sa.select(operations).where(wanted).limit(AT_ONCE).with_for_update())
    for row in found:
        if row.state != "sending":
            move_operation(tx, row, Move(state="cancelled", unknowns=row.unknowns))
            order.tally["answers cancelled"] += 1
    if any(row.state == "sending" for row in found):
        return Next("outbox", wait=5 * SECOND)
    return Next("outbox") if len(found) == AT_ONCE else Next("cases")


def _empty_cases(tx: Tx, order: Order, erasure: Erasure) -> Next:
    c = cases.c
    theirs = (c.workspace_id == erasure.workspace_id) & (c.contact_id == erasure.contact_id)
    if erasure.mode == "pseudonymise":
        theirs &= c.subject != GONE
    case_id = tx.value(sa.select(sa.func.min(c.id)).where(theirs))
    if case_id is None:
        return Next("elsewhere")
    (blank_some_of_case if erasure.mode == "pseudonymise" else remove_some_of_case)(tx, order, case_id)
    return Next("cases")


def _empty_elsewhere(tx: Tx, order: Order, erasure: Erasure) -> Next:
    """What the person said in other people's cases."""
    m, v = messages.c, conversations.c
    known = sa.select(identities.c.id).where(
        identities.c.workspace_id == erasure.workspace_id, identities.c.contact_id == erasure.contact_id
    )
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    said = (m.workspace_id == erasure.workspace_id) & m.identity_id.in_(known)
    if erasure.mode == "pseudonymise":
        said &= m.text != GONE
    found = tx.rows(sa.select(m.id, v.case_id).select_from(joined).where(said).order_by(m.id).limit(AT_ONCE))
    ids = [row.id for row in found]
    if erasure.mode == "pseudonymise":
        blank_messages(tx, order, ids)
    else:
        remove(tx, order, messages, ids)
    for case_id in sorted({row.case_id for row in found}):
        _preview_again(tx, erasure, case_id)
    return Next("elsewhere") if len(ids) == AT_ONCE else Next("sweep 0")


def _preview_again(tx: Tx, erasure: Erasure, case_id: int) -> None:
    """The line that lists show of a case is that of the newest message which is left."""
    m, v = messages.c, conversations.c
    spoken = sa.select(v.id).where(v.workspace_id == erasure.workspace_id, v.case_id == case_id)
    said = (m.workspace_id == erasure.workspace_id) & m.conversation_id.in_(spoken)
    row = tx.row(sa.select(m.fresh, m.text).where(said).order_by(m.id.desc()).limit(1))
    preview = preview_of(row.fresh or row.text) if row is not None else ""
    this = (cases.c.workspace_id == erasure.workspace_id) & (cases.c.id == case_id)
    tx.run(sa.update(cases).where(this).values(preview=preview))


def _sweep(number: int) -> Callable[[Tx, Order, Erasure], Next]:
    def sweep(tx: Tx, order: Order, erasure: Erasure) -> Next:
        cursor = sweep_table(tx, order, SWEPT[number], words_of(erasure.addresses, erasure.until), erasure.cursor)
        if cursor is not None:
            return Next(f"sweep {number}", cursor)
        return Next(f"sweep {number + 1}") if number + 1 < len(SWEPT) else Next("small")

    return sweep


def _sweep_small(tx: Tx, order: Order, erasure: Erasure) -> Next:
    words = words_of(erasure.addresses, erasure.until)
    sweep_small(tx, order, words)
    sweep_visitors(tx, order, words)
    return Next("envelopes")


def _sweep_envelopes(tx: Tx, order: Order, erasure: Erasure) -> Next:
    cursor = sweep_envelopes(tx, order, words_of(erasure.addresses, erasure.until), erasure.cursor)
    return Next("large") if cursor is None else Next("envelopes", cursor)


def _forget_person(tx: Tx, order: Order, erasure: Erasure) -> Next:
    """The contact itself. What other people's records cannot stand without stays as a row that says nothing."""
    ws, contact_id = erasure.workspace_id, erasure.contact_id
    i, t, e = identities.c, threads.c, exports.c
    forget_knowledge(tx, order, contact_id)
    remove(tx, order, exports, [row.id for row in tx.rows(sa.select(e.id).where(e.workspace_id == ws, e.contact_id == contact_id))])
    known = [row.id for row in tx.rows(sa.select(i.id).where(i.workspace_id == ws, i.contact_id == contact_id))]
    begun = [row.id for row in tx.rows(sa.select(t.id).where(t.workspace_id == ws, t.identity_id.in_(known)))]
    kept = hangs(tx, order.who, threads, begun)
    remove(tx, order, threads, sorted(set(begun) - kept))
    for thread_id in sorted(kept):
        this = (t.workspace_id == ws) & (t.id == thread_id)
        values = {"external_key": f"erased:{thread_id}", "token": new_token()} if _is_dead(tx, ws, thread_id, contact_id) else {}
        values |= _other_owner(tx, ws, thread_id, known)
        if values:
            tx.run(sa.update(threads).where(this).values(**values))
    if erasure.mode == "erase":
        remove(tx, order, identities, sorted(set(known) - hangs(tx, order.who, identities, known)))
        if not hangs(tx, order.who, contacts, [contact_id]):
            remove(tx, order, contacts, [contact_id])
    tx.run(sa.delete(reads).where(reads.c.workspace_id == ws, reads.c.contact_id == contact_id))
    change_erasure(tx, erasure, addresses=[])
    return Next("index")


def _is_dead(tx: Tx, workspace_id: int, thread_id: int, contact_id: int) -> bool:
    """Whether only emptied cases of the person's stand on a thread."""
    v = conversations.c
    joined = conversations.join(cases, (cases.c.workspace_id == v.workspace_id) & (cases.c.id == v.case_id))
    others = (v.workspace_id == workspace_id) & (v.thread_id == thread_id) & (cases.c.contact_id != contact_id)
    return tx.row(sa.select(v.id).select_from(joined).where(others).limit(1)) is None


def _other_owner(tx: Tx, workspace_id: int, thread_id: int, known: Sequence[int]) -> dict[str, object]:
    """A thread on which somebody else goes on is theirs from now on; its key was the person's message."""
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    others = (m.workspace_id == workspace_id) & (v.thread_id == thread_id) & m.identity_id.is_not(None) & m.identity_id.not_in(known)
    found = tx.value(sa.select(m.identity_id).select_from(joined).where(others).order_by(m.id.desc()).limit(1))
    return {"identity_id": found, "external_key": f"erased:{thread_id}"} if found is not None else {}


def _forget_words(tx: Tx, order: Order, erasure: Erasure) -> Next:  # noqa: ARG001 - phases are called alike
    more = forget_removed(tx, first=erasure.cursor == 0)
    return Next("index", erasure.cursor + 1) if more else Next("store")


def await_files(tx: Tx, order: Order, erasure: Erasure) -> Next:  # noqa: ARG001 - phases are called alike
    """Files go an hour after they were last stored; until then it is not over."""
    left = tx.value(sa.select(sa.func.count()).select_from(loose_files).where(loose_files.c.erasure_id == erasure.id))
    return Next("files", wait=MINUTE) if left else Next("end")


def end(tx: Tx, order: Order, erasure: Erasure) -> Next:
    """The proof: counts, and nothing else."""
    change_erasure(tx, erasure, state="done", ended_at=tx.now)
    note_deed(tx, order.who, "contact.erased", ("contact", erasure.contact_id), erasure=str(erasure.id), counts=dict(order.tally))
    return Next("over")


def marks_of(tx: Tx, erasure: Erasure) -> list[bytes]:
    """Marks of the messages that an erasure removed."""
    c = erased_keys.c
    mine = (c.workspace_id == erasure.workspace_id) & (c.erasure_id == erasure.id)
    return [row.mark for row in tx.rows(sa.select(c.mark).where(mine))]


PHASES: Mapping[str, Callable[[Tx, Order, Erasure], Next]] = {
    "begin": begin,
    "outbox": _stop_sending,
    "cases": _empty_cases,
    "elsewhere": _empty_elsewhere,
    **{f"sweep {number}": _sweep(number) for number in range(len(SWEPT))},
    "small": _sweep_small,
    "envelopes": _sweep_envelopes,
    "person": _forget_person,
    "index": _forget_words,
    "files": await_files,
    "end": end,
}
"""Every phase that is a transaction. `large`, which reads files, and `store`, which scrubs the database, are the worker's."""


def advance(tx: Tx, erasure: Erasure, phase: str) -> Next:
    """One transaction's worth of a phase; where to go on, and what went so far, is kept with it."""
    order = Order(system(erasure.workspace_id), erasure.id, Counter(erasure.counts))
    following = PHASES[phase](tx, order, erasure)
    move_on(tx, erasure, following, order.tally)
    return following


def move_on(tx: Tx, erasure: Erasure, following: Next, tally: Counter[str]) -> None:
    """Keep where to go on."""
    counts = {name: number for name, number in tally.items() if number}
    change_erasure(tx, erasure, phase=following.phase, cursor=following.cursor, starts_at=tx.now + following.wait, counts=counts)
