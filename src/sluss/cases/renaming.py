"""A network that calls the same person or thread by another key from now on. In: both keys. Out: rows under the new one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from sluss.cases.known import threads_by_key
from sluss.cases.models import threads
from sluss.channels.contract import Address
from sluss.channels.happenings import Renamed
from sluss.contacts.actions import find_identities
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

Told = tuple[int, str, Renamed]
"""What was told, with the inbox that it came to and its network."""


def known_before(tx: Tx, who: Actor, told: Sequence[Told]) -> list[Told]:
    """Those that rename somebody or something known here: some networks tell it with every message."""
    people = {(network, one.before) for _, network, one in told if one.what == "person"}
    met = {network: find_identities(tx, who, network, [name for of, name in people if of == network]) for network in dict(people)}
    keys = {(inbox_id, one.before) for inbox_id, _, one in told if one.what == "thread"}
    here = threads_by_key(tx, who, keys)
    return [
        (inbox_id, network, one)
        for inbox_id, network, one in told
        if (one.before in met.get(network, {}) if one.what == "person" else (inbox_id, one.before) in here or one.before.endswith(":"))
    ]


def rename_person(tx: Tx, who: Actor, network: str, names: tuple[Address, Address]) -> None:
    """Move an address `(before, after)`; where both are known already, people decide by merging."""
    before, after = (one.address for one in names)
    found = find_identities(tx, who, network, [before, after])
    if before in found and after not in found:
        c = identities.c
        this = (c.workspace_id == who.workspace_id) & (c.id == found[before].id)
        tx.run(sa.update(identities).where(this).values(address=after))
        index_contacts(tx, who, [found[before].contact_id])


def rename_thread(tx: Tx, who: Actor, inbox_id: int, keys: tuple[str, str]) -> None:
    """Move a thread's key `(before, after)`, unless another bears the new one; keys that end in a colon stand for all that begin so."""
    t, (before, after) = threads.c, keys
    here = (t.workspace_id == who.workspace_id) & (t.inbox_id == inbox_id)
    if before.endswith(":") and after.endswith(":"):
        found = tx.rows(sa.select(t.external_key).where(here, t.external_key.startswith(before, autoescape=True)))
        for row in found:
            rename_thread(tx, who, inbox_id, (row.external_key, after + row.external_key.removeprefix(before)))
        return
    if tx.value(sa.select(t.id).where(here, t.external_key == after)) is None:
        tx.run(sa.update(threads).where(here, t.external_key == before).values(external_key=after))
