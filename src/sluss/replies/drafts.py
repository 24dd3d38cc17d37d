"""Drafts, kept on the server: one per case, agent and kind. In: saves with the revision they grew from. Out: the next, or the newer one.

A draft that was sent or discarded does not come back by a late save: a save that names a revision needs the row it grew from, and one
from a form that was sent is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.cases.access import access_case, hold_case, work_on_case
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Forbidden, Invalid
from sluss.kernel.tx import Tx
from sluss.people.once import was_used
from sluss.replies.attaching import require_free
from sluss.replies.models import drafts

Kind = Literal["reply", "note", "side"]
TEXT = 200_000
CC = 20_000


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """What a question beside the customer holds besides its words: to whom, in which conversation (0 begins one), what goes along."""

    to: str = ""
    subject: str = ""
    conversation_id: int = 0
    quoted: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()


class DraftFields(msgspec.Struct, frozen=True, kw_only=True):
    """What the composer holds. `cc` and `bcc` are as typed; `revision` is the one this grew from, 0 for a new draft.

    `sheet` is the `op` of the form that it is written in.
    """

    kind: Kind = "reply"
    text: str = ""
    cc: str = ""
    bcc: str = ""
    attachment_ids: tuple[int, ...] = ()
    revision: int = 0
    sheet: str = ""
    apart: Apart | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as stored; `changed_at` in microseconds UTC."""

    case_id: int
    kind: Kind
    text: str
    cc: str
    bcc: str
    attachment_ids: tuple[int, ...]
    revision: int
    changed_at: int
    apart: Apart | None = None


class StaleDraft(Conflict):
    """Another window saved, sent or discarded this draft meanwhile. `draft` is what is stored now; None when it is gone.

    `sent`: the very form was sent, though its answer may never have arrived.
    """

    def __init__(self, draft: Draft | None, *, sent: bool = False) -> None:
        super().__init__("This draft was changed in another window.")
        self.draft, self.sent = draft, sent


def save_draft(tx: Tx, who: Actor, case_id: int, fields: DraftFields) -> Draft:
    """Keep what was typed. Saving the same again is no conflict. Raises `StaleDraft`."""
    _require_writer(tx, who, case_id, fields.kind)
    if len(fields.text) > TEXT or len(fields.cc) + len(fields.bcc) > CC:
        raise Invalid({"body": "This is too long to keep; attach longer texts as a file."})
    require_free(tx, who, case_id, fields.attachment_ids)
    stored = find_draft(tx, who, case_id, fields.kind)
    if was_used(tx, who, fields.sheet):
        raise StaleDraft(stored, sent=True)
    if stored is not None and _says_the_same(stored, fields):
        return stored
    if (stored.revision if stored else 0) != fields.revision:
        raise StaleDraft(stored)
    return put_draft(tx, who, case_id, fields)


def put_draft(tx: Tx, who: Actor, case_id: int, fields: DraftFields) -> Draft:
    """Write the revision after `fields.revision`. Raises `StaleDraft` when somebody else just did."""
    values = {"text": fields.text, "cc": fields.cc, "bcc": fields.bcc, "attachment_ids": list(fields.attachment_ids)}
    values |= {"revision": fields.revision + 1, "changed_at": tx.now, "apart": fields.apart}
    this = _this(who, case_id, fields.kind)
    if tx.run(sa.update(drafts).where(this, drafts.c.revision <= fields.revision).values(**values)).rowcount == 0:
        key = {"workspace_id": who.workspace_id, "case_id": case_id, "agent_id": who.id, "kind": fields.kind}
        try:
            with tx.attempt():
                tx.run(sa.insert(drafts), key | values)
        except IntegrityError:
            raise StaleDraft(find_draft(tx, who, case_id, fields.kind)) from None
    return _draft({"case_id": case_id, "kind": fields.kind, **values})


def discard_draft(tx: Tx, who: Actor, case_id: int, kind: Kind) -> None:
    """Forget a draft; its files stay attached to nothing and can be removed."""
    access_case(tx, who, case_id)
    tx.run(sa.delete(drafts).where(_this(who, case_id, kind)))


def find_draft(tx: Tx, who: Actor, case_id: int, kind: Kind) -> Draft | None:
    """The agent's own draft, or None."""
    c = drafts.c
    row = tx.row(sa.select(*(c[name] for name in Draft.__struct_fields__)).where(_this(who, case_id, kind)))
    return _draft(dict(zip(Draft.__struct_fields__, row, strict=True))) if row is not None else None


def drafted_cases(tx: Tx, who: Actor, case_ids: Sequence[int]) -> frozenset[int]:
    """Those of the cases in which the agent has begun to write."""
    c = drafts.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == who.id) & c.case_id.in_(case_ids)
    begun = (c.text != "") | (c.attachment_ids != sa.literal([], c.attachment_ids.type))
    return frozenset(row.case_id for row in tx.rows(sa.select(c.case_id).where(mine, begun)))


def _require_writer(tx: Tx, who: Actor, case_id: int, kind: Kind) -> None:
    if who.kind != "agent":
        raise Forbidden("Only agents write drafts.")
    access = hold_case if kind == "note" else work_on_case
    access(tx, who, case_id)


def _says_the_same(stored: Draft, fields: DraftFields) -> bool:
    kept = (fields.text, fields.cc, fields.bcc, fields.attachment_ids, fields.apart)
    return (stored.text, stored.cc, stored.bcc, stored.attachment_ids, stored.apart) == kept


def _this(who: Actor, case_id: int, kind: Kind) -> sa.ColumnElement[bool]:
    c = drafts.c
    return (c.workspace_id == who.workspace_id) & (c.case_id == case_id) & (c.agent_id == who.id) & (c.kind == kind)


def _draft(values: dict[str, Any]) -> Draft:
    return msgspec.convert(values, Draft)
