"""Dialogs of merging and moving. In: a case, another one, a message. Out: what the templates show, and what the forms carry."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case_no, require_whole
from sluss.cases.models import notes
from sluss.customers.screens import Person
from sluss.desk.around import Around, look_around
from sluss.desk.list_screens import Status
from sluss.desk.shapes import Number
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.text import shorten
from sluss.kernel.tx import Tx
from sluss.merging.choosing import Effects, candidates, customer_of, effects_of
from sluss.merging.merge import customer_conversations
from sluss.merging.split import Moving, Reach, conversation_of
from sluss.web.shell import Form

Line = Annotated[str, msgspec.Meta(max_length=400)]


class MergeForm(msgspec.Struct, frozen=True):
    """The other case, and which number stays. `away`: neither is open on the page."""

    other: Number
    keep: Number = 0
    away: Literal["", "1"] = ""


class MoveForm(msgspec.Struct, frozen=True):
    """A message, how far what moves reaches from it, where to (nothing for a new case), and notes that go along."""

    m: Number
    what: Reach = "from"
    where: Literal["new", "there"] = "new"
    to: Line = ""
    note: tuple[Number, ...] = ()


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A case that could be meant."""

    no: int
    subject: str
    contact: Person
    status: Status
    at: int
    channel_icon: str
    channel_label: str
    preview: str = ""
    same: bool = False


class MergeScreen(msgspec.Struct, frozen=True, kw_only=True):
    """First the choice, then the question with what would follow. `keep` is the number that stays, `goes` the one that leads there."""

    this: Option
    q: str = ""
    options: tuple[Option, ...] = ()
    other: Option | None = None
    keep: int = 0
    goes: int = 0
    effects: Effects | None = None
    away: bool = False
    form: Form = Form()


class Noted(msgspec.Struct, frozen=True):
    """A note that may go along."""

    id: str
    text: str
    after: bool


class MoveScreen(msgspec.Struct, frozen=True, kw_only=True):
    """What can be moved from a message on: how many messages each reach takes, and notes of the case. `alone`: nothing would be left."""

    no: int
    m: str
    since: int
    whole: int
    alone: bool = False
    what: Reach = "from"
    where: Literal["new", "there"] = "new"
    to: str = ""
    notes: tuple[Noted, ...] = ()
    options: tuple[Option, ...] = ()
    form: Form = Form()


def read_merge(tx: Tx, who: Actor, no: int, asked: tuple[str, int, int]) -> MergeScreen:
    """The dialog: `asked` are words to look for, the other case's number (0 for none yet), and the number to keep."""
    words, other_no, keep = asked
    case, around = require_whole(tx, who, access_case_no(tx, who, no)), look_around(tx, who)
    if not other_no:
        options = tuple(_option(around, one, case) for one in candidates(tx, who, case, words))
        return MergeScreen(this=_option(around, case, case), q=words, options=options)
    other = require_whole(tx, who, access_case_no(tx, who, other_no))
    if other.id == case.id:
        raise Invalid({"other": "Choose another case than this one."})
    target, source = (other, case) if keep == other.number else (case, other)
    return MergeScreen(
        this=_named(tx, around, case, case),
        other=_named(tx, around, other, case),
        keep=target.number,
        goes=source.number,
        effects=effects_of(tx, who, target, source),
    )


def read_move(tx: Tx, who: Actor, no: int, typed: MoveForm) -> MoveScreen:
    """The dialog of a message: what moves, and where to."""
    case, around = require_whole(tx, who, access_case_no(tx, who, no)), look_around(tx, who)
    here = conversation_of(tx, who, case, Moving(case_id=case.id, message_id=typed.m, reach="from"))
    whole = conversation_of(tx, who, case, Moving(case_id=case.id, message_id=typed.m, reach="all"))
    return MoveScreen(
        no=case.number,
        m=str(typed.m),
        since=len(here.chosen),
        whole=len(whole.chosen),
        alone=customer_conversations(tx, case) == [whole.id],
        what=typed.what,
        where=typed.where,
        to=typed.to,
        notes=_notes(tx, who, case, typed.m),
        options=tuple(_option(around, one, case) for one in candidates(tx, who, case, "")),
    )


def number_in(text: str) -> int:
    """A case number as people write it."""
    digits = text.strip().removeprefix("#").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise Invalid({"to": "Write the number of a case, such as #10482."})
    return int(digits)


def _notes(tx: Tx, who: Actor, case: CaseRow, message_id: int) -> tuple[Noted, ...]:
    n = notes.c
    mine = (n.workspace_id == who.workspace_id) & (n.case_id == case.id)
    rows = tx.rows(sa.select(n.id, n.text).where(mine).order_by((n.id + 0).desc()).limit(20))
    return tuple(Noted(str(row.id), shorten(row.text, max_bytes=300, max_graphemes=80), row.id > message_id) for row in reversed(rows))


def _named(tx: Tx, around: Around, one: CaseRow, beside: CaseRow) -> Option:
    """With the customer's name and address, by which two of one name are told apart."""
    person = Person(str(one.contact_id), customer_of(tx, around.who, one.contact_id))
    return msgspec.structs.replace(_option(around, one, beside), contact=person)


def _option(around: Around, one: CaseRow, beside: CaseRow) -> Option:
    face = around.face(one.inbox_id)
    name = getattr(one, "contact_name", "")
    return Option(
        no=one.number,
        subject=one.subject,
        contact=Person(str(one.contact_id), name),
        status=one.status,
        at=one.active_at,
        channel_icon=face.can.icon,
        channel_label=face.label,
        preview=one.preview,
        same=one.contact_id == beside.contact_id,
    )
