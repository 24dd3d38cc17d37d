"""The customer at the other end of a live channel. In: cases, or everybody who is there. Out: whether they write, are here or have left.

A visitor is found through the thread of a case that the reader was found to see, and in no other way. Of a thread that has gone on in a
newer case, the older one tells nothing of what happens now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, other_inboxes
from sluss.cases.models import cases, conversations, messages, threads
from sluss.cases.visits import Seat, seats_of
from sluss.channels import visitors
from sluss.channels.models import inboxes
from sluss.desk.around import Around
from sluss.desk.list_screens import Visit
from sluss.desk.screens import Visitor
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.tx import Tx

RECENT = 15 * MINUTE
"""How long lists say of somebody that they have left."""
AT_ONCE = 400
"""Threads that are looked up with one statement."""
SHOWN = 3
"""Visitors of one case that the panel has room for."""


class Guest(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor at a case: how they are, on which page, and the inboxes whose people may know of the case."""

    visit: Visit
    page_title: str
    page_url: str
    inbox_ids: frozenset[int]


def visits_at(tx: Tx, around: Around, case_ids: Collection[int]) -> dict[int, Visit]:
    """How the visitors of cases are now; of several at one case the one who does most."""
    seats = [one for one in _seats(tx, around, case_ids) if one.current]
    known = _visits(tx, around.who, seats)
    found: dict[int, Visit] = {}
    for one in seats:
        if one.visitor_id in known:
            visit = known[one.visitor_id][1]
            found[one.case_id] = max(visit, found.get(one.case_id, visit), key=_strength)
    return found


def show_visitors(tx: Tx, around: Around, case: CaseRow) -> tuple[Visitor, ...]:
    """What is known of a case's visitors, who was seen last first."""
    seats = _seats(tx, around, [case.id])
    known = _visits(tx, around.who, seats)
    seen = sorted((one for one in seats if one.visitor_id in known), key=lambda one: -known[one.visitor_id][0].last_seen_at)
    return tuple(_shown(known[one.visitor_id][0], tx.now, current=one.current) for one in seen[:SHOWN])


def unseen_by_us(tx: Tx, who: Actor, case: CaseRow) -> tuple[int, ...]:
    """Visitors of a case who wrote something after one of us last read there."""
    known = visitors.visits(tx, system(case.workspace_id), [one.visitor_id for one in seats_of(tx, who, [case.id]) if one.current])
    m, v = messages.c, conversations.c
    here = sa.select(v.id).where(v.workspace_id == case.workspace_id, v.case_id == case.id, ~v.aside)
    said = sa.select(sa.func.max(m.at)).where(m.workspace_id == case.workspace_id, m.conversation_id.in_(here), m.direction == "in")
    last = int(tx.value(said) or 0) if known else 0
    return tuple(one.visitor_id for one in known.values() if one.agent_seen_at < last)


def guests_everywhere(tx: Tx) -> dict[tuple[int, int], Guest]:
    """Everybody who is or lately was at a case of theirs, by workspace and case: what open desks are told."""
    found: dict[tuple[int, int], Guest] = {}
    by_workspace: dict[int, dict[str, visitors.Visit]] = {}
    for one in visitors.visits_since(tx, tx.now - RECENT):
        by_workspace.setdefault(one.workspace_id, {})[str(one.visitor_id)] = one
    for workspace_id, here in by_workspace.items():
        open_, rows = _previewing(tx, workspace_id, here.values()), list(_current_cases(tx, workspace_id, here))
        shared = other_inboxes(tx, system(workspace_id), [row.case_id for row in rows])
        for row in rows:
            one, key = here[row.external_key], (workspace_id, row.case_id)
            guest = _guest(one, shared.get(row.case_id, frozenset()) | {row.inbox_id}, tells=one.inbox_id in open_)
            if one.inbox_id == row.thread_inbox_id and (key not in found or _strength(guest.visit) > _strength(found[key].visit)):
                found[key] = guest
    return found


def _seats(tx: Tx, around: Around, case_ids: Collection[int]) -> list[Seat]:
    """Who is at the other end of cases that the reader was found to see."""
    live = any(face.can.is_live for face in (*around.inboxes.values(), *around.others.values()))
    return seats_of(tx, around.who, case_ids) if live else []


def _visits(tx: Tx, who: Actor, seats: Sequence[Seat]) -> dict[int, tuple[visitors.Visit, Visit]]:
    """Whoever sees a case knows who is at its other end, by whichever inbox they see it."""
    known = visitors.visits(tx, system(who.workspace_id), {one.visitor_id for one in seats})
    open_ = _previewing(tx, who.workspace_id, known.values())
    return {key: (one, _visit(one, tells=one.inbox_id in open_)) for key, one in known.items()}


def _previewing(tx: Tx, workspace_id: int, those: Iterable[visitors.Visit]) -> frozenset[int]:
    """Inboxes whose agents may see what is being typed, as they are set now, whatever was kept before."""
    wanted = {one.inbox_id for one in those if one.typing_text}
    if not wanted:
        return frozenset()
    c = inboxes.c
    rows = tx.rows(sa.select(c.id, c.settings).where(c.workspace_id == workspace_id, c.id.in_(wanted)))
    return frozenset(row.id for row in rows if row.settings.get("preview") is True)


def _visit(one: visitors.Visit, *, tells: bool) -> Visit:
    if one.typing:
        return Visit(state="writing", text=one.typing_text if tells else "")
    return Visit(state="here") if one.online else Visit(state="gone", at=one.last_seen_at)


def _guest(one: visitors.Visit, inbox_ids: frozenset[int], *, tells: bool) -> Guest:
    visit = _visit(one, tells=tells)
    title, url = ("", "") if visit.state == "gone" else (one.page_title, one.page_url)
    return Guest(visit=visit, page_title=title, page_url=url, inbox_ids=inbox_ids)


def _shown(one: visitors.Visit, now: int, *, current: bool) -> Visitor:
    return Visitor(
        id=str(one.visitor_id),
        name=one.name,
        proven=one.subject,
        email=one.email,
        email_proof=one.email_proof,
        language=one.locale,
        zone=one.zone,
        local_time=_clock(one.zone, now),
        browser=one.browser,
        page_title=one.page_title if current else "",
        page_url=one.page_url if current else "",
        referrer=one.referrer if current else "",
        first_seen=one.first_seen_at,
    )


def _clock(zone: str, now: int) -> str:
    """What the clock of a zone shows; nothing where no such zone is known here."""
    try:
        return f"{datetime.fromtimestamp(now // SECOND, UTC).astimezone(ZoneInfo(zone)):%H:%M}" if zone else ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""


def _current_cases(tx: Tx, workspace_id: int, here: Mapping[str, visitors.Visit]) -> Iterable[sa.Row[Any]]:
    """The case that each thread is in now."""
    v, t, c = conversations.c, threads.c, cases.c
    joined = _JOINED.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
    newest = sa.select(sa.func.max(_later.c.id)).where(_later.c.workspace_id == t.workspace_id, _later.c.thread_id == t.id)
    chosen = sa.select(t.external_key, t.inbox_id.label("thread_inbox_id"), v.case_id, c.inbox_id).select_from(joined)
    keys = list(here)
    for at in range(0, len(keys), AT_ONCE):
        some = keys[at : at + AT_ONCE]
        inbox_ids = {here[key].inbox_id for key in some}
        mine = (t.workspace_id == workspace_id) & t.inbox_id.in_(inbox_ids) & t.external_key.in_(some)
        yield from tx.rows(chosen.where(mine, ~v.aside, v.id == newest.scalar_subquery()))


def _strength(visit: Visit) -> tuple[int, int]:
    return {"gone": 0, "here": 1, "writing": 2}[visit.state], visit.at


_JOINED = conversations.join(
    threads, (threads.c.workspace_id == conversations.c.workspace_id) & (threads.c.id == conversations.c.thread_id)
)
_later = conversations.alias("later")
