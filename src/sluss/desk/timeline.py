"""The timeline of a case: messages, notes and happenings in their order. In: a case. Out: the newest items, or those before one.

Ids are ordered by time over every table, so the id is the order and the cursor. Neighbouring happenings are one item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.asides import PASSED
from sluss.cases.models import attachments, conversations, messages, notes, threads
from sluss.cases.ways import OPENED
from sluss.channels.handles import shown_address
from sluss.contacts.models import identities
from sluss.customers.screens import Person
from sluss.desk import happenings, item_screens
from sluss.desk.around import Around, people
from sluss.desk.asides import gather_asides
from sluss.desk.attached import show_file
from sluss.desk.item_screens import Happening, Happenings, Item, Mentioned, Message, Note
from sluss.desk.letterheads import copies_of, letterhead, place_pictures
from sluss.desk.moved import ways_back, with_way_back, without_echoes
from sluss.desk.public_screens import Standing
from sluss.desk.standing import standings
from sluss.desk.talk import close_together, without_turns
from sluss.kernel.actors import Actor
from sluss.kernel.events import Recorded, events, from_row
from sluss.kernel.tx import Tx
from sluss.merging.queries import parts_of
from sluss.notifications.mentions import Mention, mentions_in
from sluss.outbox.queries import Delivery, deliveries_of
from sluss.web.locale import gettext as _

ITEMS = 40
MOST = 400
EVENTS = 3
ANOTHER_COPY = "another-copy"
TEXT = 100_000


class Stretch(msgspec.Struct, frozen=True):
    """Items in order, the oldest id of them, and how many messages and notes came before that."""

    items: tuple[Item, ...]
    first: str
    earlier: int


class _Found(msgspec.Struct, frozen=True):
    """What the database holds of a stretch, newest first."""

    messages: Sequence[sa.Row[Any]]
    notes: Sequence[sa.Row[Any]]
    events: list[Recorded]


def read_timeline(tx: Tx, around: Around, case: CaseRow, before: int | None = None, focus: int | None = None) -> Stretch:
    """The newest items, those before an item, or as many as it takes to show the item `focus`."""
    said = _said(tx, case)
    wanted = ITEMS if focus is None else _reach(tx, case, said, focus)
    found = _fetch(tx, case, said, (before, wanted + 1))
    items = _show(tx, around, case, _beyond_doubt(found, wanted + 1))[-wanted:]
    earlier = _count_before(tx, case, said, int(items[0].id)) if items else 0
    return Stretch(tuple(close_together(gather_asides(tx, around.who, items, focus))), items[0].id if items else "", earlier)


def _said(tx: Tx, case: CaseRow) -> sa.ColumnElement[bool]:
    """The condition that a message belongs to the case. Its conversations are named, so that nobody walks all messages by their id."""
    ids = [row.id for row in tx.rows(sa.select(conversations.c.id).where(_of_case(conversations, case)))]
    return (messages.c.workspace_id == case.workspace_id) & messages.c.conversation_id.in_(ids)


def _reach(tx: Tx, case: CaseRow, said: sa.ColumnElement[bool], focus: int) -> int:
    """How many items show the one that a link names; the usual number where it is not of this case or too far back."""
    happened = _happened(tx, case)
    parts = ((messages, said), (notes, _of_case(notes, case)), (events, happened))
    count = 5 + sum(_count(tx, table, mine & (table.c.id >= focus)) for table, mine in parts)
    return max(ITEMS, count) if count <= MOST else ITEMS


def _happened(tx: Tx, case: CaseRow) -> sa.ColumnElement[bool]:
    """What happened to a case, and to those that are part of it now."""
    e = events.c
    return (e.workspace_id == case.workspace_id) & e.case_id.in_(parts_of(tx, case)) & e.kind.in_(happenings.KINDS)


def _fetch(tx: Tx, case: CaseRow, said: sa.ColumnElement[bool], span: tuple[int | None, int]) -> _Found:
    """The newest of each kind; more happenings than items, since neighbours become one."""
    before, limit = span
    rows = tx.rows(_newest(sa.select(events).where(_happened(tx, case)), events.c.id, before, limit * EVENTS))
    return _Found(
        tx.rows(_newest(_MESSAGES.where(said), messages.c.id, before, limit)),
        tx.rows(_newest(sa.select(notes).where(_of_case(notes, case)), notes.c.id, before, limit)),
        [one for one in map(from_row, rows) if one is not None],
    )


def _beyond_doubt(found: _Found, limit: int) -> _Found:
    """Without what is older than the end of a list that was cut off: something may be missing among those."""
    ends = [found.messages[-1].id] if len(found.messages) == limit else []
    ends += [found.notes[-1].id] if len(found.notes) == limit else []
    ends += [found.events[-1].id] if len(found.events) == limit * EVENTS else []
    oldest = max(ends, default=0)
    return _Found(
        [row for row in found.messages if row.id >= oldest],
        [row for row in found.notes if row.id >= oldest],
        [one for one in found.events if one.id >= oldest],
    )


def _show(tx: Tx, around: Around, case: CaseRow, found: _Found) -> list[Item]:
    who = around.who
    writers = {row.agent_id for row in (*found.messages, *found.notes)} | happenings.agents_in(found.events)
    beside = _Beside(
        case=case,
        names=people(tx, who, writers),
        files=_files(tx, found),
        deliveries=deliveries_of(tx, who, [row.id for row in found.messages if row.direction == "out"]),
        copies=copies_of(tx, case, [row.id for row in found.messages]),
        standings=standings(tx, around, found.messages),
    )
    called = mentions_in(tx, who, [row.id for row in found.notes])
    shown: dict[int, Message | Note | Happening] = {}
    for row in found.messages:
        shown[row.id] = _message(around, row, beside)
    for row in found.notes:
        files = tuple(show_file(one) for one in beside.files.get(row.id, ()))
        body = place_names(row.text, called.get(row.id, ()), who)
        shown[row.id] = Note(id=str(row.id), at=row.at, author=_author(beside.names, row.agent_id), text=row.text, body=body, files=files)
    ways = ways_back(tx, who, found.events)
    told = without_turns(found.events) if around.face(case.inbox_id).can.is_live else found.events
    for one in without_echoes(told, case.id):
        shown[one.id] = with_way_back(happenings.tell(one, beside.names), ways)
    return _fold(shown[one] for one in sorted(shown))


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the messages of a stretch, by their ids."""

    case: CaseRow
    names: Mapping[int, Person]
    files: Mapping[int, Sequence[sa.Row[Any]]]
    deliveries: Mapping[int, tuple[Delivery, ...]]
    copies: Mapping[int, list[int]]
    standings: Mapping[int, Standing]


def _fold(parts: Iterable[Message | Note | Happening]) -> list[Item]:
    """Neighbouring happenings become one item."""
    items: list[Item] = []
    for part in parts:
        if not isinstance(part, Happening):
            items.append(part)
        elif items and isinstance(items[-1], Happenings):
            items[-1] = msgspec.structs.replace(items[-1], events=(*items[-1].events, part))
        else:
            items.append(Happenings(id=part.id, at=part.at, events=(part,)))
    return items


def _message(around: Around, row: sa.Row[Any], beside: _Beside) -> Message:
    face = around.inboxes.get(row.inbox_id) or around.others.get(row.inbox_id)
    text, quoted = split_quoted(row.text, row.fresh)
    body, files = place_pictures(text, beside.files.get(row.id, ()))
    letter, live = letterhead(around, beside.case, row, beside.copies.get(row.id, ())), face is not None and face.can.is_live
    return Message(
        id=str(row.id),
        at=row.at,
        direction=row.direction,
        author=_speaker(row, beside.names),
        channel_icon=face.can_at(row.visibility).icon if face else "inbox",
        channel_label=face.label_at(row.visibility) if face else "",
        text=text,
        body=body,
        quoted=quoted,
        html=bool(row.has_html),
        remote_images=bool(row.has_html and row.has_pictures),
        automatic=row.automatic,
        public=row.visibility == "public",
        letter=letter,
        proof=row.proof,
        warnings=tuple(one for one in row.warnings if one != ANOTHER_COPY),
        origin=row.origin if row.direction == "out" else "",
        part=_part(row, beside.case),
        passed_to=letter.to if row.aside and row.direction == "out" and row.external_key.startswith(PASSED) else (),
        aside=str(row.conversation_id) if row.aside else "",
        again=ANOTHER_COPY in row.warnings,
        live=live,
        standing=beside.standings.get(row.id),
        files=files,
        deliveries=tuple(_delivery(one, live=live) for one in beside.deliveries.get(row.id, ())),
    )


def place_names(text: str, mentions: Sequence[Mention], who: Actor) -> tuple[str | Mentioned, ...]:
    """A note's text with those who are called in it in their places, by today's names."""
    parts: list[str | Mentioned] = []
    at = 0
    for one in mentions:
        if at <= one.start and text[one.start : one.start + 1] == "@":
            name = one.name or text[one.start + 1 : one.start + one.length]
            parts += [text[at : one.start], Mentioned(name, mine=one.agent_id == who.id)]
            at = one.start + one.length
    return (*parts, text[at:])


def _speaker(row: sa.Row[Any], names: Mapping[int, Person]) -> Person:
    """An agent, the name that another program wrote under, or whoever wrote from outside."""
    if row.direction == "in":
        return Person(str(row.contact_id), row.identity_name or shown_address(row.identity_address))
    return _author(names, row.agent_id) if row.agent_id else Person(row.author, row.author or _("Somebody"))


def _part(row: sa.Row[Any], case: CaseRow) -> Literal["", "other", "named", "aside"]:
    if row.aside:
        return "aside"
    if row.direction != "in" or row.contact_id == case.contact_id:
        return ""
    return "named" if row.external_key.startswith(OPENED) and row.identity_id == row.owner_id else "other"


def split_quoted(text: str, fresh: str) -> tuple[str, str]:
    """What is new in a message, and the rest to be folded away; nothing is left out."""
    if not fresh.strip():
        return text[:TEXT], ""
    at = text.find(fresh)
    rest = text[:at] + text[at + len(fresh) :] if at >= 0 else text if text != fresh else ""
    return fresh[:TEXT], rest.strip("\n")[:TEXT] if rest.strip() else ""


def _delivery(one: Delivery, *, live: bool) -> item_screens.Delivery:
    return item_screens.Delivery(
        operation=str(one.operation_id),
        recipient=one.recipient,
        state=one.state,
        at=one.at,
        reason=_(one.reason),
        by_mail=live and "@" in one.recipient,
        attempts=one.attempts,
        next_try=one.next_try,
        undo_until=one.undo_until,
    )


def _files(tx: Tx, found: _Found) -> dict[int, list[sa.Row[Any]]]:
    """Files by the id of the message or note they hang on."""
    said = {row.id: bool(row.has_html) for row in found.messages if row.files}
    noted = [row.id for row in found.notes]
    if not said and not noted:
        return {}
    c = attachments.c
    workspace_id = (*found.messages, *found.notes)[0].workspace_id
    hanging = sa.select(attachments).where(c.workspace_id == workspace_id, c.message_id.in_(list(said)))
    also = sa.select(attachments).where(c.workspace_id == workspace_id, c.note_id.in_(noted))
    by_owner: dict[int, list[sa.Row[Any]]] = {}
    for row in [*tx.rows(hanging.order_by(c.id)), *tx.rows(also.order_by(c.id))]:
        owner = row.message_id or row.note_id
        if not is_ornament(row, in_html=said.get(owner, False)):
            by_owner.setdefault(owner, []).append(row)
    return by_owner


ORNAMENT = 10_000


def is_ornament(row: sa.Row[Any], *, in_html: bool) -> bool:
    """A small picture inside mail HTML, such as a logo below a signature: the frame shows it. A pasted screenshot is larger."""
    return in_html and bool(row.content_id) and row.media_type.startswith("image/") and row.size < ORNAMENT


def _author(names: Mapping[int, Person], agent_id: int) -> Person:
    return names.get(agent_id) or Person(str(agent_id), "")


def _count_before(tx: Tx, case: CaseRow, said: sa.ColumnElement[bool], item_id: int) -> int:
    noted = _of_case(notes, case) & (notes.c.id < item_id)
    return _count(tx, messages, said & (messages.c.id < item_id)) + _count(tx, notes, noted)


def _count(tx: Tx, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return int(tx.value(sa.select(sa.func.count()).select_from(table).where(condition)))


def _newest(wanted: sa.Select[Any], key: sa.ColumnElement[int], before: int | None, limit: int) -> sa.Select[Any]:
    # An order by the bare key tempts SQLite to walk the whole table by it rather than to look the case up.
    return (wanted if before is None else wanted.where(key < before)).order_by((key + 0).desc()).limit(limit)


def _of_case(table: sa.Table, case: CaseRow) -> sa.ColumnElement[bool]:
    return (table.c.workspace_id == case.workspace_id) & (table.c.case_id == case.id)


_COLUMNS = (
    *("workspace_id", "id", "direction", "agent_id", "envelope_id", "at", "sent_at", "text", "fresh", "automatic", "to", "cc", "bcc"),
    *("files", "origin", "author", "proof", "warnings", "conversation_id"),
)


def _messages() -> sa.Select[Any]:
    """Messages with who wrote them and where, but without their HTML, which may be a megabyte."""
    m, v, t, i = messages.c, conversations.c, threads.c, identities.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    joined = joined.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    pictures = m.html.ilike("%src=_http%") | m.html.ilike("%src=http%")
    return sa.select(
        *(m[name] for name in _COLUMNS),
        (m.html != "").label("has_html"),
        pictures.label("has_pictures"),
        v.aside,
        t.inbox_id,
        t.external_key,
        t.identity_id.label("owner_id"),
        t.visibility,
        i.id.label("identity_id"),
        i.contact_id,
        i.name.label("identity_name"),
        i.address.label("identity_address"),
        i.blocked_at,
    ).select_from(joined)


_MESSAGES = _messages()
