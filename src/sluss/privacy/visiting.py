"""What is kept of somebody as a visitor of the company's web site. In: a contact, or addresses. Out: rows to tell of, or fewer of them.

No row of a visitor names a contact: the way leads over the thread that bears the visitor's id as its key. Once the row is gone the token
in the browser opens nothing any more, and what the same browser writes next begins a record of its own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.models import threads
from sluss.channels.models import visitors
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor
from sluss.kernel.schema import metadata
from sluss.kernel.tx import Tx
from sluss.kernel.types import Text
from sluss.outbox.models import other_forms
from sluss.people.letter_texts import TO_CUSTOMERS
from sluss.people.models import letters
from sluss.privacy.reach import Order, remove
from sluss.privacy.sweeping import Words


def visitors_of(tx: Tx, who: Actor, contact_id: int) -> list[int]:
    """Ids of the visitors that a contact was."""
    t, i, c = threads.c, identities.c, visitors.c
    joined = threads.join(identities, (i.workspace_id == t.workspace_id) & (i.id == t.identity_id))
    mine = (t.workspace_id == who.workspace_id) & (i.contact_id == contact_id)
    keys = [
        int(row.external_key) for row in tx.rows(sa.select(t.external_key).select_from(joined).where(mine)) if row.external_key.isdecimal()
    ]
    known = tx.rows(sa.select(c.inbox_id, c.id, c.subject).where(c.workspace_id == who.workspace_id, c.id.in_(keys)))
    proven = [(row.inbox_id, row.subject) for row in known if row.subject]
    same = sa.tuple_(c.inbox_id, c.subject).in_(proven)  # a browser in which the person has only signed in
    others = tx.rows(sa.select(c.id).where(c.workspace_id == who.workspace_id, same)) if proven else ()
    return sorted({row.id for row in (*known, *others)})


def forget_visitors(tx: Tx, order: Order, contact_id: int) -> None:
    """Remove them, with their codes, and with the letters that they were written."""
    ids, c = visitors_of(tx, order.who, contact_id), visitors.c
    codes: Any = metadata.tables["visitor_codes"].c
    known = sa.select(c.email).where(c.workspace_id == order.who.workspace_id, c.id.in_(ids))
    asked = sa.select(codes.email).where(codes.workspace_id == order.who.workspace_id, codes.visitor_id.in_(ids))
    _forget_letters(tx, order, letters.c.email.in_([row.email for row in (*tx.rows(known), *tx.rows(asked)) if row.email]))
    remove(tx, order, visitors, ids)


def sweep_visitors(tx: Tx, order: Order, words: Words) -> None:
    """Take addresses out of what visitors said of themselves, and out of what they were written."""
    if not words.addresses:
        return
    _forget_letters(tx, order, sa.func.lower(letters.c.email).in_(words.addresses))
    _clean(tx, order, visitors, words)
    _clean(tx, order, other_forms, words)


def _forget_letters(tx: Tx, order: Order, wanted: sa.ColumnElement[bool]) -> None:
    """Those to customers only: an agent may have the same address."""
    mine = (letters.c.workspace_id == order.who.workspace_id) & letters.c.kind.in_(TO_CUSTOMERS) & wanted
    order.tally["letters"] += tx.run(sa.delete(letters).where(mine)).rowcount


def _clean(tx: Tx, order: Order, table: sa.Table, words: Words) -> None:
    columns = [column for column in table.c if isinstance(column.type, Text)]
    key = [column for column in table.primary_key if column.name != "workspace_id"] or [table.c.id]
    named = sa.or_(*(sa.func.lower(column).contains(one, autoescape=True) for column in columns for one in words.addresses))
    for row in tx.rows(sa.select(*key, *columns).where(table.c.workspace_id == order.who.workspace_id, named)):
        values = {column.name: words.replace(getattr(row, column.name)) for column in columns}
        values |= {"email": "", "email_proof": ""} if "email" in values and values["email"] != row.email else {}
        this = [column == getattr(row, column.name) for column in key]
        tx.run(sa.update(table).where(table.c.workspace_id == order.who.workspace_id, *this).values(**values))
        order.tally[f"{table.name} cleaned"] += 1
