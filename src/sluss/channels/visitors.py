"""Who is at a company's web site. In: what a visitor's browser tells. Out: rows, found by the hash of a token; values for the desk.

Where a visitor is, whether they type and how far they have read is written for many at once (`write_marks`), and told by a hint alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.channels.models import TYPED_SQL, visitor_devices, visitors
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.schema import fields
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.kernel.types import Flag

TOPIC = "visits"
"""The hint that somebody came, went, types, reads, or looks at another page."""

Proof = Literal["", "code", "token"]


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor as their own requests need them. With a `subject` the company's own sign-in has proven who it is."""

    workspace_id: int
    id: int
    inbox_id: int
    subject: str
    name: str
    email: str
    email_proof: Proof
    locale: str
    answered_seen_at: int
    agent_seen_at: int


class Page(msgspec.Struct, frozen=True):
    """Where somebody is, cleaned; `zone` and `lang` are what the browser says of itself."""

    url: str = ""
    title: str = ""
    referrer: str = ""
    zone: str = ""
    lang: str = ""


class Newcomer(msgspec.Struct, frozen=True):
    """What is known of a visitor at the first message."""

    token_hash: bytes
    name: str = ""
    email: str = ""
    browser: str = ""
    page: Page = Page()


class Person(msgspec.Struct, frozen=True):
    """Whom the company's own sign-in says somebody is."""

    subject: str
    name: str = ""
    email: str = ""
    locale: str = ""


class Mark(msgspec.Struct):
    """What is new about a visitor; None is as before. Instants in microseconds UTC."""

    workspace_id: int
    visitor_id: int
    page: Page | None = None
    typing: tuple[int, str] | None = None
    online_until: int | None = None
    answered_seen_at: int | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Who is at the other end, as the desk shows it. `typing_text` is empty unless the inbox allows that it is seen."""

    workspace_id: int
    visitor_id: int
    inbox_id: int
    subject: str
    name: str
    email: str
    email_proof: Proof
    locale: str
    zone: str
    browser: str
    page_url: str
    page_title: str
    referrer: str
    first_seen_at: int
    last_seen_at: int
    answered_seen_at: int
    agent_seen_at: int
    online: bool
    typing: bool
    typing_text: str


def find_visitor(tx: Tx, who: Actor, inbox_id: int, token_hash: bytes) -> Visitor | None:
    """The visitor of an anonymous token. One who was proven since is not found by it any more."""
    this = _of_inbox(who, inbox_id) & (visitors.c.token_hash == token_hash) & (visitors.c.subject == "")
    return tx.struct(Visitor, _VISITOR.where(this)) or _by_device(tx, who, inbox_id, token_hash)


def make_room(tx: Tx, who: Actor, inbox_id: int, name: str) -> int:
    """A visitor whom no browser is yet: somebody will be let in by `let_in`. Returns the id."""
    return _insert(tx, who, inbox_id, Newcomer(hash_of(new_secret()), name=name), "")


def let_in(tx: Tx, who: Actor, visitor_id: int, token_hash: bytes) -> None:
    """From now on a browser is this visitor. A token that is known is nobody's else to take: raises `Missing`."""
    c, d = visitors.c, visitor_devices.c
    if tx.value(sa.select(c.id).where(c.token_hash == token_hash)) is not None:
        raise Missing
    known = tx.value(sa.select(d.visitor_id).where(d.token_hash == token_hash))
    if known not in {None, visitor_id}:
        raise Missing
    if known is None:
        row = {"workspace_id": who.workspace_id, "token_hash": token_hash, "visitor_id": visitor_id, "at": tx.now}
        tx.run(sa.insert(visitor_devices), row)


def get_visitor(tx: Tx, who: Actor, inbox_id: int, visitor_id: int) -> Visitor:
    """The visitor of an id."""
    found = tx.struct(Visitor, _VISITOR.where(_of_inbox(who, inbox_id), visitors.c.id == visitor_id))
    if found is None:
        raise Missing
    return found


def same_person(tx: Tx, who: Actor, visitor: Visitor) -> tuple[int, ...]:
    """Ids of all visitors that are the same proven person at this inbox; of an unproven one its own alone. The own one comes first."""
    if not visitor.subject:
        return (visitor.id,)
    of_person = _of_inbox(who, visitor.inbox_id) & (visitors.c.subject == visitor.subject)
    ids = {row.id for row in tx.rows(sa.select(visitors.c.id).where(of_person))}
    return (visitor.id, *sorted(ids - {visitor.id}, reverse=True))


def find_or_make_visitor(tx: Tx, who: Actor, inbox_id: int, new: Newcomer) -> Visitor:
    """The visitor of a token, made at the first message. A token that is another inbox's, or a proven person's, is `Missing`."""
    known = find_visitor(tx, who, inbox_id, new.token_hash)
    if known is not None:
        return known
    try:
        with tx.attempt():
            _insert(tx, who, inbox_id, new, "")
    except IntegrityError:  # the same message came twice at once
        pass
    made = find_visitor(tx, who, inbox_id, new.token_hash)
    if made is None:
        raise Missing
    return made


def prove_visitor(tx: Tx, who: Actor, inbox_id: int, person: Person, before: bytes | None) -> Visitor:
    """The visitor that a proven person goes on as: the one who talked under the token `before`, else their latest, else a new one.

    What the anonymous token opened belongs to the person from now on, and the token opens nothing any more.
    """
    talked = find_visitor(tx, who, inbox_id, before) if before is not None else None
    of_person = _of_inbox(who, inbox_id) & (visitors.c.subject == person.subject)
    latest = tx.struct(Visitor, _VISITOR.where(of_person).order_by(visitors.c.last_seen_at.desc(), visitors.c.id.desc()).limit(1))
    visitor_id = talked.id if talked is not None else latest.id if latest is not None else _insert_person(tx, who, inbox_id, person)
    said: dict[str, Any] = {"subject": person.subject, "last_seen_at": tx.now}
    said |= {"name": person.name} if person.name else {}
    said |= {"email": person.email, "email_proof": "token"} if person.email else {}
    said |= {"locale": person.locale} if person.locale else {}
    said |= {"token_hash": hash_of(new_secret())} if talked is not None else {}
    tx.run(sa.update(visitors).where(_of_inbox(who, inbox_id), visitors.c.id == visitor_id).values(**said))
    tx.hint(TOPIC)
    return get_visitor(tx, who, inbox_id, visitor_id)


def set_profile(tx: Tx, who: Actor, inbox_id: int, visitor_id: int, *, name: str = "", email: str = "") -> None:
    """What a visitor says of themselves; empty is as before. Another address is no proven one; what the sign-in proved stays."""
    known = get_visitor(tx, who, inbox_id, visitor_id)
    said: dict[str, Any] = {"name": name} if name and name != known.name else {}
    if email and email != known.email and known.email_proof != "token":
        said |= {"email": email, "email_proof": ""}
    if said:
        tx.run(sa.update(visitors).where(_of_inbox(who, inbox_id), visitors.c.id == visitor_id).values(**said))
        tx.hint(TOPIC)


def write_marks(tx: Tx, marks: Sequence[Mark]) -> None:
    """Write what is new about many visitors, of whichever workspaces."""
    ordered = sorted(marks, key=lambda one: one.visitor_id)
    for statement, rows in (
        (_PAGE, [_page(tx, one) for one in ordered if one.page is not None]),
        (_TYPING, [_key(one) | {"v_until": one.typing[0], "v_text": one.typing[1]} for one in ordered if one.typing is not None]),
        (_ONLINE, [_key(one) | {"v_until": one.online_until, "v_now": tx.now} for one in ordered if one.online_until is not None]),
        (_SEEN, [_key(one) | {"v_at": one.answered_seen_at} for one in ordered if one.answered_seen_at is not None]),
    ):
        if rows:
            tx.run(statement, rows)
    if marks:
        forget_typed(tx)
        tx.hint(TOPIC)


def forget_typed(tx: Tx) -> None:
    """What somebody was seen typing is over after seconds, sent or not: nothing keeps it."""
    over = sa.text(TYPED_SQL) & (visitors.c.typing_until <= tx.now)
    tx.run(sa.update(visitors).where(over).values(typing_text=""))


def note_agent_read(tx: Tx, who: Actor, visitor_ids: Collection[int]) -> None:
    """One of us has read all that these visitors wrote: they are told."""
    mine = (visitors.c.workspace_id == who.workspace_id) & visitors.c.id.in_(visitor_ids)
    if visitor_ids and tx.run(sa.update(visitors).where(mine, visitors.c.agent_seen_at < tx.now).values(agent_seen_at=tx.now)).rowcount:
        tx.hint(TOPIC)


def visits(tx: Tx, who: Actor, visitor_ids: Collection[int]) -> dict[int, Visit]:
    """Visitors as the desk shows them, by id, of inboxes that the actor may see."""
    if not visitor_ids:
        return {}
    these = (visitors.c.workspace_id == who.workspace_id) & visitors.c.id.in_(visitor_ids)
    return {one.visitor_id: one for one in _visits(tx, these) if who.may_see_inbox(one.inbox_id)}


def visits_since(tx: Tx, instant: int) -> list[Visit]:
    """Whoever was there after an instant, in whichever workspace."""
    return _visits(tx, visitors.c.online_until > instant)


def read_since(tx: Tx, instant: int) -> Iterable[tuple[int, int, int]]:
    """Workspace, visitor and instant of what one of us has read since another instant, wherever it was."""
    c = visitors.c
    rows = tx.rows(sa.select(c.workspace_id, c.id, c.agent_seen_at).where(c.agent_seen_at > instant))
    return [(row.workspace_id, row.id, row.agent_seen_at) for row in rows]


def _visits(tx: Tx, these: sa.ColumnElement[bool]) -> list[Visit]:
    c = visitors.c
    instead: dict[str, sa.ColumnElement[Any]] = {
        "visitor_id": c.id,
        "typing_text": sa.case((c.typing_until > tx.now, c.typing_text), else_=""),
    }
    instead |= {"online": sa.type_coerce(c.online_until > tx.now, Flag()), "typing": sa.type_coerce(c.typing_until > tx.now, Flag())}
    return tx.structs(Visit, sa.select(*fields(Visit, visitors, **instead)).where(these))


_VISITOR = sa.select(*fields(Visitor, visitors))


def _by_device(tx: Tx, who: Actor, inbox_id: int, token_hash: bytes) -> Visitor | None:
    d = visitor_devices.c
    let = sa.select(d.visitor_id).where(d.workspace_id == who.workspace_id, d.token_hash == token_hash)
    return tx.struct(Visitor, _VISITOR.where(_of_inbox(who, inbox_id), visitors.c.id.in_(let), visitors.c.subject == ""))


def _of_inbox(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (visitors.c.workspace_id == who.workspace_id) & (visitors.c.inbox_id == inbox_id)


def _insert_person(tx: Tx, who: Actor, inbox_id: int, person: Person) -> int:
    """A row for somebody who was proven before they wrote anything; two pages that prove them at once make one."""
    token_hash = hash_of(f"{inbox_id}/person/{person.subject}")
    try:
        with tx.attempt():
            return _insert(tx, who, inbox_id, Newcomer(token_hash), person.subject)
    except IntegrityError:
        of_person = _of_inbox(who, inbox_id) & (visitors.c.token_hash == token_hash)
        return int(tx.value(sa.select(visitors.c.id).where(of_person)))


def _insert(tx: Tx, who: Actor, inbox_id: int, new: Newcomer, subject: str) -> int:
    visitor_id = tx.new_id()
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": visitor_id, "inbox_id": inbox_id, "token_hash": new.token_hash}
    row |= {"subject": subject, "name": new.name, "email": new.email, "email_proof": "", "browser": new.browser}
    row |= {"locale": new.page.lang, "zone": new.page.zone, "page_url": new.page.url, "page_title": new.page.title}
    row |= {"referrer": new.page.referrer, "first_seen_at": tx.now, "last_seen_at": tx.now, "online_until": 0}
    row |= {"typing_until": 0, "typing_text": "", "answered_seen_at": 0, "agent_seen_at": 0}
    tx.run(sa.insert(visitors), row)
    tx.hint(TOPIC)
    return visitor_id


def _key(mark: Mark) -> dict[str, Any]:
    return {"v_workspace": mark.workspace_id, "v_id": mark.visitor_id}


def _page(tx: Tx, mark: Mark) -> dict[str, Any]:
    page = mark.page or Page()
    told = {"v_url": page.url, "v_title": page.title, "v_referrer": page.referrer, "v_zone": page.zone, "v_lang": page.lang}
    return _key(mark) | told | {"v_now": tx.now}


def _update(**values: Any) -> sa.Update:
    this = (visitors.c.workspace_id == sa.bindparam("v_workspace")) & (visitors.c.id == sa.bindparam("v_id"))
    return sa.update(visitors).where(this).values(**values)


def _told(name: str, column: sa.Column[Any]) -> sa.ColumnElement[str]:
    """What is told, or what was known before."""
    return sa.func.coalesce(sa.func.nullif(sa.bindparam(name, type_=column.type), ""), column)


_PAGE = _update(
    page_url=sa.bindparam("v_url"),
    page_title=sa.bindparam("v_title"),
    referrer=_told("v_referrer", visitors.c.referrer),
    zone=_told("v_zone", visitors.c.zone),
    locale=_told("v_lang", visitors.c.locale),
    last_seen_at=sa.bindparam("v_now"),
)
_TYPING = _update(typing_until=sa.bindparam("v_until"), typing_text=sa.bindparam("v_text"))
_ONLINE = _update(online_until=sa.bindparam("v_until"), last_seen_at=sa.bindparam("v_now"))
_LATER = sa.bindparam("v_at", type_=visitors.c.answered_seen_at.type)
_SEEN = _update(answered_seen_at=sa.case((visitors.c.answered_seen_at < _LATER, _LATER), else_=visitors.c.answered_seen_at))
