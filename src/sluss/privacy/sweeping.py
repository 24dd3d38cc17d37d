"""Taking a person's addresses out of what other people wrote and were sent. In: addresses. Out: texts without them.

A name is not searched for: it may be somebody else's. Addresses are, wherever text of others may quote one, a stretch of rows at a time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from sluss.cases.indexing import index_messages, index_notes
from sluss.cases.models import cases, message_versions, messages, notes, posts
from sluss.contacts.models import consents, contact_notes
from sluss.intake.forgetting import drop_raw, forget_envelopes
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.events import events
from sluss.kernel.jobs import jobs
from sluss.kernel.schema import metadata
from sluss.kernel.search import remove_texts
from sluss.kernel.tx import Tx
from sluss.kernel.types import Json, Text
from sluss.moderation.models import matter_log, step_proposals, waiting_answers
from sluss.outbox.models import attempts, operations
from sluss.privacy.emptying import GONE
from sluss.privacy.reach import BLANKED, Order

STRETCH = 2_000
ENVELOPES = 200
SHORTEST = 6

SWEPT: tuple[sa.Table, ...] = (
    *(messages, message_versions, notes, cases, operations, attempts, events, jobs, contact_notes, consents, posts),
    *(matter_log, step_proposals, waiting_answers),
)
"""Tables with an id in which texts stand; in each, every column of text is looked at."""
SMALL = (
    "drafts",
    "departures",
    "automatic_answers",
    "form_results",
    "begun_elsewhere",
    "bystanders",
    "early_news",
    "api_answers",
    "parked_events",
    "saved_views",
    "card_answers",
    "pushed_cards",
    "visitor_codes",
)
"""Tables without an id, small at any time: a row that names an address goes, or is changed where somebody still writes in it."""


class Words(msgspec.Struct, frozen=True):
    """What is searched for; `until` is the first id of what came after the order, and is left alone."""

    addresses: tuple[str, ...]
    until: int

    def replace(self, value: Any) -> Any:
        """A text or JSON value without the addresses; entries of lists that are such an address go."""
        if isinstance(value, str):
            return self._pattern.sub(GONE, value)
        if isinstance(value, list):
            items = cast("list[Any]", value)
            return [self.replace(one) for one in items if not self._is_one(one)]
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            return {name: self.replace(one) for name, one in fields.items()}
        return value

    @property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.addresses)), re.IGNORECASE)

    def _is_one(self, value: Any) -> bool:
        fields = cast("dict[str, Any]", value) if isinstance(value, dict) else {"address": value}
        address = fields.get("address")
        return isinstance(address, str) and address.lower() in self.addresses


def words_of(addresses: Sequence[str], until: int) -> Words:
    """Addresses that cannot be mistaken for a common word: of mail, or telephone numbers."""
    kept = [one.lower() for one in addresses if len(one) >= SHORTEST and ("@" in one or re.fullmatch(r"\+?[\d ()-]{6,}", one))]
    return Words(tuple(dict.fromkeys(kept)), until)


def sweep_table(tx: Tx, order: Order, table: sa.Table, words: Words, cursor: int) -> int | None:
    """One stretch of a table after the id `cursor`. Returns the next cursor, None at the end."""
    end = _end_of_stretch(tx, order.who, table, cursor, words.until)
    if end is None or not words.addresses:
        return None
    columns = [column for column in table.c if isinstance(column.type, Text | Json)]
    here = (table.c.workspace_id == order.who.workspace_id) & (table.c.id > cursor) & (table.c.id <= end)
    for row in tx.rows(sa.select(table.c.id, *columns).where(here, _names_any(columns, words))):
        _clean(tx, order, table, words, row)
    return end


def sweep_small(tx: Tx, order: Order, words: Words) -> None:
    """The tables without an id, at once."""
    for name in [one for one in SMALL if one in metadata.tables] if words.addresses else ():
        table = metadata.tables[name]
        columns = [column for column in table.c if isinstance(column.type, Text | Json)]
        mine = (table.c.workspace_id == order.who.workspace_id) & _names_any(columns, words)
        if name == "drafts":
            _clean_drafts(tx, table, words, mine)
        elif name == "parked_events":  # it waits to be tried again, whatever the error said
            tx.run(sa.update(table).where(mine).values(error=""))
        else:
            order.tally[name] += tx.run(sa.delete(table).where(mine)).rowcount


def sweep_envelopes(tx: Tx, order: Order, words: Words, cursor: int) -> int | None:
    """One stretch of the envelopes whose bytes lie in their rows."""
    e = envelopes.c
    end = _end_of_stretch(tx, order.who, envelopes, cursor, words.until, ENVELOPES)
    if end is None or not words.addresses:
        return None
    text = sa.cast(e.raw, sa.Text) if tx.conn.dialect.name == "sqlite" else sa.func.encode(e.raw, "escape")
    named = sa.or_(*(sa.func.lower(text).contains(one, autoescape=True) for one in words.addresses))
    here = (e.workspace_id == order.who.workspace_id) & (e.id > cursor) & (e.id <= end) & (e.state != "received")
    told = _names_any([e.recipients, e.reason], words)
    found = tx.rows(sa.select(e.id, e.outcome).where(here, (e.raw.is_not(None) & named) | told))
    forget_found(tx, order, [(row.id, row.outcome) for row in found])
    return end


def large_envelopes(tx: Tx, who: Actor, words: Words, cursor: int) -> list[tuple[int, str, str]]:
    """The next envelopes whose bytes lie in files and whose message, if any, is not of the person: id, outcome, digest."""
    e = envelopes.c
    outside = (e.workspace_id == who.workspace_id) & e.raw.is_(None) & (e.id > cursor) & (e.id < words.until)
    rows = tx.rows(sa.select(e.id, e.outcome, e.digest).where(outside, e.state != "received").order_by(e.id).limit(20))
    return [(row.id, row.outcome, row.digest) for row in rows]


def forget_found(tx: Tx, order: Order, found: Sequence[tuple[int, str]]) -> None:
    """Of a message that somebody else keeps only the bytes go; of what was never one, everything."""
    kept = [one for one, outcome in found if outcome == "message"]
    order.tally["raw"] += drop_raw(tx, order.who, kept, order.erasure_id)
    rest = [one for one, outcome in found if outcome != "message"]
    order.tally["envelopes"] += forget_envelopes(tx, order.who, rest, order.erasure_id)


def _clean(tx: Tx, order: Order, table: sa.Table, words: Words, row: sa.Row[Any]) -> None:
    values = {column.name: getattr(row, column.name) for column in table.c if isinstance(column.type, Text | Json)}
    changed: dict[str, Any] = {name: after for name, value in values.items() if (after := words.replace(value)) != value}
    this = (table.c.workspace_id == order.who.workspace_id) & (table.c.id == row.id)
    if table is events:
        changed = {"kind": BLANKED, "data": {}}
    if table is operations:
        changed["recipient"] = f"erased:{row.id}"
        changed["recipient_name"] = ""
    tx.run(sa.update(table).where(this).values(**changed))
    order.tally[f"{table.name} cleaned"] += 1
    if table is messages:
        _index_again(tx, order, row.id)
    elif table is notes:
        _index_note(tx, order.who, row.id)


def _index_again(tx: Tx, order: Order, message_id: int) -> None:
    """Let a message be found by what still stands in it; the bytes it came in name the address as well."""
    m = messages.c
    envelope_id = tx.value(sa.select(m.envelope_id).where(m.workspace_id == order.who.workspace_id, m.id == message_id))
    remove_texts(tx, order.who, [message_id])
    index_messages(tx, order.who, [message_id])
    order.tally["raw"] += drop_raw(tx, order.who, [envelope_id or 0], order.erasure_id)


def _index_note(tx: Tx, who: Actor, note_id: int) -> None:
    remove_texts(tx, who, [note_id])
    index_notes(tx, who, [note_id])


def _clean_drafts(tx: Tx, table: sa.Table, words: Words, mine: sa.ColumnElement[bool]) -> None:
    """Somebody is writing: only the address goes, and the draft counts as changed."""
    names = [column.name for column in table.c if isinstance(column.type, Text) and column.name != "kind"]
    for row in tx.rows(sa.select(table).where(mine)):
        key = [column == getattr(row, column.name) for column in table.primary_key]
        values = {name: words.replace(getattr(row, name)) for name in names}
        tx.run(sa.update(table).where(*key).values(**values, revision=row.revision + 1, changed_at=tx.now))


def _end_of_stretch(tx: Tx, who: Actor, table: sa.Table, cursor: int, until: int, most: int = STRETCH) -> int | None:  # noqa: PLR0917
    """The last id of the next rows, however far apart they lie; None when none is left."""
    c = table.c
    here = (c.workspace_id == who.workspace_id) & (c.id > cursor) & (c.id < until)
    some = sa.select(c.id).where(here).order_by(c.id).limit(most).subquery()
    return tx.value(sa.select(sa.func.max(some.c.id)))


def _names_any(columns: Sequence[sa.ColumnElement[Any]], words: Words) -> sa.ColumnElement[bool]:
    texts = [sa.func.lower(sa.type_coerce(column, sa.Text)) for column in columns]
    return sa.or_(*(text.contains(one, autoescape=True) for text in texts for one in words.addresses))
