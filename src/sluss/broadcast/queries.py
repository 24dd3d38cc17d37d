"""Notices as their pages show them. In: rows, forms as typed. Out: screens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.broadcast.linking import suggest_cases
from sluss.broadcast.models import bulletins, notice_cases, notice_chats, notices, publications
from sluss.broadcast.notices import READERS, access_notice, may_publish
from sluss.broadcast.places import Place, chats_of, places_of
from sluss.broadcast.screens import (
    BulletinLine,
    CaseLine,
    ChatLine,
    NewNotice,
    NoticeLine,
    NoticePage,
    Notices,
    PlaceLine,
    Preview,
    PublicationLine,
)
from sluss.cases.access import WORKERS, visible_to
from sluss.cases.models import cases
from sluss.channels.models import inboxes
from sluss.channels.registry import capabilities_of
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.outbox.states import NEVER
from sluss.people.models import agents
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

OVER = 30
SHOWN = 200
BAD = ("failed", "unknown")


def notices_screen(tx: Tx, who: Actor) -> Notices:
    """What holds now, and what is over."""
    if who.kind == "agent" and who.role not in READERS:
        raise Missing
    mine, c = notices.c.workspace_id == who.workspace_id, notices.c
    now = tx.rows(sa.select(notices).where(mine, c.state.in_(("open", "draft"))).order_by(c.state.desc(), c.id.desc()).limit(SHOWN))
    over = tx.rows(sa.select(notices).where(mine, c.state.in_(("solved", "withdrawn"))).order_by(c.id.desc()).limit(OVER))
    lines = _lines(tx, who, [*now, *over])
    return Notices(now=tuple(lines[: len(now)]), over=tuple(lines[len(now) :]), may_publish=may_publish(who))


def new_screen(tx: Tx, who: Actor, form: Form | None = None) -> NewNotice:
    """The form of a new notice, or one that came back."""
    typed = form or Form(values={"kind": "outage"})
    return _new(tx, who, typed, chosen=None, under=False)


def previews_of(tx: Tx, who: Actor, form: Form) -> tuple[Preview, ...]:
    """The texts of a form as the chosen accounts would publish them."""
    notice_id = form.value("notice")
    there = _places_used(tx, who, int(notice_id)) if notice_id.isdecimal() and len(notice_id) < 19 else frozenset[int]()
    return _previews(places_of(tx, who), form, there)


def notice_screen(tx: Tx, who: Actor, notice_id: int, form: Form | None = None) -> NoticePage:
    """One notice with all that was said, where, and who asked about it."""
    row = access_notice(tx, who, notice_id)
    there = _places_used(tx, who, notice_id)
    linked, counts, hidden = _linked(tx, who, notice_id)
    said = _bulletins(tx, who, notice_id)
    words = Form(values={"title": row.title, "kind": row.kind, "words": row.words, "answer": row.answer})
    return NoticePage(
        id=str(row.id),
        title=row.title,
        kind=row.kind,
        state=row.state,
        words=row.words,
        since=row.since,
        published_at=row.published_at,
        ended_at=row.ended_at,
        form=form if form is not None and "title" in form.values else words,
        bulletins=said,
        moving=any(place.state in {"queued", "sending"} for one in said for place in one.places),
        chats=tuple(_chat_names(tx, who, notice_id)),
        new=_new(tx, who, form if form is not None and "text" in form.values else Form(), chosen=there, under=bool(there)),
        linked=linked,
        suggested=_suggested(tx, who, notice_id) if row.state in {"draft", "open"} and who.role in WORKERS else (),
        counts=counts,
        hidden=hidden,
        may_publish=may_publish(who),
        may_answer=who.role in WORKERS,
    )


def _new(tx: Tx, who: Actor, form: Form, *, chosen: frozenset[int] | None, under: bool) -> NewNotice:
    places, typed = places_of(tx, who), "place" in form.values or "text" in form.values
    there = chosen if chosen is not None else frozenset(one.inbox_id for one in places if one.works)
    picked = {one.inbox_id: form.has("place", str(one.inbox_id)) if typed else one.inbox_id in there for one in places}
    shown = Form(values={**form.values} | {"place": "\n".join(str(one) for one, on in picked.items() if on)}, errors=form.errors)
    return NewNotice(
        form=shown,
        places=tuple(_place(one, chosen=picked[one.inbox_id]) for one in places),
        chats=tuple(
            ChatLine(id=str(one.id), name=one.name, chosen=form.has("chat", str(one.id)) if typed else True) for one in chats_of(tx, who)
        ),
        previews=_previews(places, shown, there if under else frozenset()),
    )


def _place(one: Place, *, chosen: bool) -> PlaceLine:
    return PlaceLine(id=str(one.inbox_id), name=one.name, label=_(one.label), icon=one.icon, most=one.most, works=one.works, chosen=chosen)


def _previews(places: list[Place], form: Form, there: frozenset[int]) -> tuple[Preview, ...]:
    text = clean_text(form.value("text")).strip()
    found: list[Preview] = []
    for place in places:
        if not form.has("place", str(place.inbox_id)):
            continue
        own = clean_text(form.value(f"text-{place.inbox_id}")).strip()
        length = place.length(own or text)
        found.append(
            Preview(
                inbox_id=str(place.inbox_id),
                name=place.name,
                handle=place.handle,
                label=_(place.label),
                icon=place.icon,
                text=own or text,
                length=length,
                most=place.most,
                over=max(0, length - place.most) if place.most is not None else 0,
                own=bool(own),
                under=place.inbox_id in there,
            )
        )
    return tuple(found)


def _lines(tx: Tx, who: Actor, rows: list[sa.Row[Any]]) -> list[NoticeLine]:
    ids = [row.id for row in rows]
    p, c, b = publications.c, notice_cases.c, bulletins.c
    at = sa.select(p.notice_id, p.state, inboxes.c.channel).join(
        inboxes, (inboxes.c.workspace_id == p.workspace_id) & (inboxes.c.id == p.inbox_id)
    )
    places = list(tx.rows(at.where(p.workspace_id == who.workspace_id, p.notice_id.in_(ids))))
    about = sa.select(c.notice_id, sa.func.count().label("total")).where(c.workspace_id == who.workspace_id, c.notice_id.in_(ids))
    counts = {row.notice_id: int(row.total) for row in tx.rows(about.group_by(c.notice_id))}
    said = sa.select(b.notice_id, b.text).where(b.workspace_id == who.workspace_id, b.notice_id.in_(ids)).order_by(b.id)
    texts = {row.notice_id: row.text for row in tx.rows(said)}
    lines: list[NoticeLine] = []
    for row in rows:
        mine = [one for one in places if one.notice_id == row.id]
        about_sides = {one.channel: capabilities_of(one.channel, "public") for one in mine}
        lines.append(
            NoticeLine(
                id=str(row.id),
                title=row.title,
                kind=row.kind,
                state=row.state,
                text=texts.get(row.id, ""),
                since=row.published_at or row.created_at,
                ended_at=row.ended_at,
                icons=tuple((one.icon, _(one.label)) for one in about_sides.values()),
                cases=counts.get(row.id, 0),
                bad=sum(one.state in BAD for one in mine),
            )
        )
    return lines


def _bulletins(tx: Tx, who: Actor, notice_id: int) -> tuple[BulletinLine, ...]:
    b, p, i = bulletins.c, publications.c, inboxes.c
    joined = publications.join(inboxes, (i.workspace_id == p.workspace_id) & (i.id == p.inbox_id))
    at = sa.select(publications, i.name, i.channel).select_from(joined).where(p.workspace_id == who.workspace_id, p.notice_id == notice_id)
    places = list(tx.rows(at.order_by(i.name, p.id)))
    by = bulletins.join(agents, (agents.c.workspace_id == b.workspace_id) & (agents.c.id == b.agent_id))
    said = sa.select(bulletins, agents.c.name).select_from(by).where(b.workspace_id == who.workspace_id, b.notice_id == notice_id)
    return tuple(
        BulletinLine(
            kind=row.kind,
            text=row.text,
            by=row.name,
            at=row.at,
            places=tuple(_publication(one, row.text) for one in places if one.bulletin_id == row.id),
        )
        for row in tx.rows(said.order_by(b.id.desc()))
    )


def _publication(row: sa.Row[Any], text: str) -> PublicationLine:
    return PublicationLine(
        id=str(row.id),
        name=row.name,
        icon=capabilities_of(row.channel, "public").icon,
        state=row.state,
        url=row.url if row.url.startswith("https://") else "",
        reason=_(row.reason) if row.reason else "",
        text=row.text if row.text != text else "",
        sent_at=row.sent_at,
        due_at=row.due_at if row.due_at < NEVER else None,
    )


def _linked(tx: Tx, who: Actor, notice_id: int) -> tuple[tuple[CaseLine, ...], dict[str, int], int]:
    n, c = notice_cases.c, cases.c
    mine = (n.workspace_id == who.workspace_id) & (n.notice_id == notice_id)
    totals = tx.rows(sa.select(n.state, sa.func.count().label("total")).where(mine).group_by(n.state))
    counts = {row.state: int(row.total) for row in totals}
    joined = notice_cases.join(cases, (c.workspace_id == n.workspace_id) & (c.id == n.case_id))
    seen = sa.select(sa.func.count()).select_from(joined).where(mine, visible_to(who))
    wanted = sa.select(c.number, c.subject, c.preview, n.linked_at, n.state, n.why).select_from(joined).where(mine, visible_to(who))
    rows = tx.rows(wanted.order_by(n.linked_at.desc(), c.number.desc()).limit(SHOWN))
    lines = tuple(
        CaseLine(
            number=row.number,
            subject=row.subject,
            preview=row.preview,
            at=row.linked_at,
            state=row.state,
            why=_(row.why) if row.why else "",
        )
        for row in rows
    )
    return lines, counts, sum(counts.values()) - int(tx.value(seen))


def _suggested(tx: Tx, who: Actor, notice_id: int) -> tuple[CaseLine, ...]:
    return tuple(
        CaseLine(number=one.number, subject=one.subject, preview=one.preview, at=one.opened_at, common=one.common)
        for one in suggest_cases(tx, who, notice_id)
    )


def _places_used(tx: Tx, who: Actor, notice_id: int) -> frozenset[int]:
    p = publications.c
    used = sa.select(p.inbox_id).where(p.workspace_id == who.workspace_id, p.notice_id == notice_id, p.state != "cancelled")
    return frozenset(row.inbox_id for row in tx.rows(used))


def _chat_names(tx: Tx, who: Actor, notice_id: int) -> list[str]:
    c, i = notice_chats.c, inboxes.c
    joined = notice_chats.join(inboxes, (i.workspace_id == c.workspace_id) & (i.id == c.inbox_id))
    wanted = sa.select(i.name).select_from(joined).where(c.workspace_id == who.workspace_id, c.notice_id == notice_id)
    return [row.name for row in tx.rows(wanted.order_by(i.name))]
