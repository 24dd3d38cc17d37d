"""What the database already knows about a set of incoming messages, fetched with a handful of statements.

In: messages. Out: look-up tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.models import (
    cases,
    conversations,
    erased_keys,
    message_copies,
    message_keys,
    message_references,
    messages,
    threads,
)
from sluss.channels.contract import Inbound
from sluss.channels.models import inbox_addresses, inboxes
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents, credentials

COMPARED = 20_000
"""How much of two texts is compared."""


class Reference(msgspec.Struct, frozen=True):
    """A message that the network's key of something leads to."""

    message_id: int
    thread_id: int


class Twin(msgspec.Struct, frozen=True):
    """A message that bears the same key as one of the set; `sender` is empty for our own."""

    message_id: int
    direction: str
    sender: str
    text: str
    proof: str


class Place(msgspec.Struct, frozen=True):
    """The case of a message, and every inbox that has it."""

    case: CaseRow
    inbox_ids: set[int]


class Own(msgspec.Struct, frozen=True):
    """Where an address of ours leads."""

    inbox_id: int
    channel: str
    enabled: bool


def known_messages(tx: Tx, who: Actor, keys: Iterable[str]) -> dict[str, int]:
    """Message ids of those keys that were recorded before."""
    c = message_keys.c
    return {
        row.dedupe_key: row.message_id
        for row in tx.rows(sa.select(c.dedupe_key, c.message_id).where(c.workspace_id == who.workspace_id, c.dedupe_key.in_(list(keys))))
    }


def erased_before(tx: Tx, who: Actor, keys: Iterable[str]) -> set[str]:
    """Those of the keys whose message was erased by order."""
    marks = {tx.host.mark(key): key for key in keys}
    c = erased_keys.c
    return {marks[row.mark] for row in tx.rows(sa.select(c.mark).where(c.workspace_id == who.workspace_id, c.mark.in_(list(marks))))}


def threads_by_token(tx: Tx, who: Actor, tokens: Iterable[str]) -> dict[str, int]:
    """Thread ids by their reply-address token."""
    c = threads.c
    return {
        row.token: row.id
        for row in tx.rows(sa.select(c.token, c.id).where(c.workspace_id == who.workspace_id, c.token.in_([one for one in tokens if one])))
    }


def threads_by_key(tx: Tx, who: Actor, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Thread ids by inbox and the key that their network has for them."""
    if not keys:
        return {}
    c = threads.c
    here = (c.workspace_id == who.workspace_id) & c.inbox_id.in_({inbox_id for inbox_id, _ in keys})
    rows = tx.rows(sa.select(c.inbox_id, c.external_key, c.id).where(here, c.external_key.in_({key for _, key in keys})))
    return {(row.inbox_id, row.external_key): row.id for row in rows}


def messages_by_reference(tx: Tx, who: Actor, found: Sequence[Inbound]) -> dict[str, list[Reference]]:
    """Messages by the network's key of any message that the set refers to or is, the oldest first."""
    wanted = {key for one in found for key in (one.external_id, one.echo_of, *one.references[:20]) if key}
    if not wanted:
        return {}
    c = message_references.c
    chosen = sa.select(c.external_id, c.message_id, c.thread_id)
    rows = tx.rows(chosen.where(c.workspace_id == who.workspace_id, c.external_id.in_(wanted)))
    by_key: dict[str, list[Reference]] = {}
    # Put in order here: asked to, SQLite would walk all of them by the index that has the order.
    for row in sorted(rows, key=lambda row: row.message_id):
        by_key.setdefault(row.external_id, []).append(Reference(row.message_id, row.thread_id))
    return by_key


def known_twins(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, Twin]:
    """Messages whose network key has come once more."""
    if not message_ids:
        return {}
    m, i = messages.c, identities.c
    joined = messages.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    chosen = sa.select(m.id, m.direction, i.address, sa.func.substr(m.text, 1, COMPARED).label("text"), m.proof).select_from(joined)
    rows = tx.rows(chosen.where(_mine(messages, who), m.id.in_(message_ids)))
    return {row.id: Twin(row.id, row.direction, row.address or "", row.text, row.proof) for row in rows}


def known_places(tx: Tx, who: Actor, message_ids: Iterable[int]) -> dict[int, Place]:
    """Where messages stand that have come again, and which inboxes have them."""
    wanted = sorted(set(message_ids))
    if not wanted:
        return {}
    m, v, t, k = messages.c, conversations.c, threads.c, message_copies.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.join(cases, (cases.c.workspace_id == v.workspace_id) & (cases.c.id == v.case_id))
    chosen = sa.select(m.id.label("message_id"), t.inbox_id.label("thread_inbox_id"), *case_columns()).select_from(joined)
    places = {
        row.message_id: Place(case_of_row(row), {row.thread_inbox_id})
        for row in tx.rows(chosen.where(_mine(messages, who), m.id.in_(wanted)))
    }
    for row in tx.rows(sa.select(k.message_id, k.inbox_id).where(_mine(message_copies, who), k.message_id.in_(wanted))):
        places[row.message_id].inbox_ids.add(row.inbox_id)
    return places


def own_places(tx: Tx, who: Actor) -> dict[str, Own]:
    """Every address of the workspace's inboxes, and where it leads."""
    a, i = inbox_addresses.c, inboxes.c
    joined = inbox_addresses.join(inboxes, (i.workspace_id == a.workspace_id) & (i.id == a.inbox_id))
    rows = tx.rows(sa.select(a.address, a.inbox_id, i.channel, i.enabled).select_from(joined).where(a.workspace_id == who.workspace_id))
    return {row.address: Own(row.inbox_id, row.channel, row.enabled) for row in rows}


def agents_by_address(tx: Tx, who: Actor, addresses: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and name of agents by the address they sign in with."""
    wanted = sorted({one for one in addresses if one})
    if not wanted:
        return {}
    a, c = agents.c, credentials.c
    joined = agents.join(credentials, c.id == a.credential_id)
    rows = tx.rows(sa.select(c.email, a.id, a.name).select_from(joined).where(a.workspace_id == who.workspace_id, c.email.in_(wanted)))
    return {row.email: (row.id, row.name) for row in rows}


def known_thread_keys(tx: Tx, who: Actor, inbox_ids: Iterable[int], found: Sequence[Inbound]) -> set[tuple[int, str]]:
    """Which of the set's network keys already name a thread of these inboxes, with the thread's inbox."""
    c = threads.c
    here = (c.workspace_id == who.workspace_id) & c.inbox_id.in_(set(inbox_ids))
    rows = tx.rows(sa.select(c.inbox_id, c.external_key).where(here, c.external_key.in_([one.external_id for one in found])))
    return {(row.inbox_id, row.external_key) for row in rows}


def case_of_row(row: sa.Row[Any]) -> CaseRow:
    return CaseRow(**{name: getattr(row, f"case_{name}") for name in CaseRow.__struct_fields__})


def case_columns() -> list[sa.Label[Any]]:
    return [cases.c[name].label(f"case_{name}") for name in CaseRow.__struct_fields__]


def _mine(table: sa.Table, who: Actor) -> sa.ColumnElement[bool]:
    return table.c.workspace_id == who.workspace_id
