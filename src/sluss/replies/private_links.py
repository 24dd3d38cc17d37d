"""Doors from a public matter to a private page of ours. In: a public message. Out: an address, and who may go through it.

The address stands in public, so everybody can read it: the first browser that opens it has the door, and any other needs a code that this
one shows. What is said behind it proves nothing about who says it, until the author of the public message has written a word in public.
"""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.actions import refresh_case
from sluss.cases.events import CaseChanged, MessageReceived
from sluss.cases.models import conversations, messages, threads
from sluss.channels.contract import Address
from sluss.channels.handles import visitor_handle
from sluss.channels.inboxes import Inbox
from sluss.channels.visitors import let_in, make_room
from sluss.contacts.actions import find_or_make_identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.errors import Missing
from sluss.kernel.events import Recorded
from sluss.kernel.schema import fields
from sluss.kernel.tokens import hash_of, new_token
from sluss.kernel.tx import Tx
from sluss.replies.models import private_links

LIFE = 30 * DAY
CODE_LIFE = 10 * MINUTE
TRIES = 5
LETTERS = "bcdfghjklmnpqrstvwxz"

Entered = Literal["open", "code", "over"]


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it was just made; `path` goes behind the address of Sluss, and is never shown again."""

    id: int
    path: str
    conversation_id: int
    thread_id: int


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link as it stands. `word`: written in public by the author it proves that it is the author who came in."""

    workspace_id: int
    id: int
    case_id: int
    inbox_id: int
    thread_id: int
    public_id: int
    visitor_id: int
    secret: bytes
    word: str
    expires_at: int
    opened_at: int | None
    proved_at: int | None
    code: bytes
    code_until: int
    code_tries: int


def open_door(tx: Tx, who: Actor, case: CaseRow, public_id: int, at: tuple[Inbox, str]) -> Door:
    """A private conversation of the case `at` a web chat's inbox, with somebody of a name, whom nobody is yet."""
    inbox, name = at
    visitor_id = make_room(tx, who, inbox.id, name)
    address = visitor_handle(inbox.address, visitor_id)
    identity = find_or_make_identities(tx, who, inbox.channel, [Address(address, name)])[address]
    key, thread_id, conversation_id = {"workspace_id": who.workspace_id}, tx.new_id(), tx.new_id()
    thread: dict[str, Any] = {"id": thread_id, "inbox_id": inbox.id, "external_key": str(visitor_id), "token": new_token()}
    tx.run(sa.insert(threads), key | thread | {"visibility": "private", "identity_id": identity.id, "created_at": tx.now})
    conversation = {"id": conversation_id, "thread_id": thread_id, "case_id": case.id, "opened_at": tx.now, "aside": False}
    tx.run(sa.insert(conversations), key | conversation)
    link_id, secret = tx.new_id(), new_token()
    row: dict[str, Any] = {"id": link_id, "case_id": case.id, "inbox_id": inbox.id, "thread_id": thread_id, "public_id": public_id}
    row |= {"visitor_id": visitor_id, "secret": hash_of(secret), "word": _word(), "created_at": tx.now, "expires_at": tx.now + LIFE}
    tx.run(sa.insert(private_links), key | row | {"code": b"", "code_until": 0, "code_tries": 0})
    refresh_case(tx, who, case.id)
    return Door(id=link_id, path=f"/private/{link_id}-{secret}", conversation_id=conversation_id, thread_id=thread_id)


def link_at(tx: Tx, told: str) -> Link:
    """The link of an address `<id>-<secret>`, over all workspaces. Raises `Missing`, the same for whatever is wrong with it."""
    number, _, secret = told.partition("-")
    if not number.isascii() or not number.isdecimal() or len(number) > 18 or not secret:
        raise Missing
    found = tx.struct(Link, sa.select(*fields(Link, private_links)).where(private_links.c.id == int(number)))
    if found is None or not compare_digest(found.secret, hash_of(secret)):
        raise Missing
    return found


def links_of(tx: Tx, who: Actor, case_id: int) -> list[Link]:
    """The links of a case, the newest first."""
    mine = (private_links.c.workspace_id == who.workspace_id) & (private_links.c.case_id == case_id)
    return tx.structs(Link, sa.select(*fields(Link, private_links)).where(mine).order_by(private_links.c.id.desc()))


def enter(tx: Tx, link: Link, token_hash: bytes, *, known: bool, code: str = "") -> Entered:
    """Whether a browser may come in. `known` says that its token is that of this room already."""
    who = system(link.workspace_id)
    if known:
        return "open"
    if link.expires_at <= tx.now:
        return "over"
    if link.opened_at is not None and not _take_code(tx, link, code):
        return "code"
    # Two browsers at the same moment: one of them is first, and the other asks for a code.
    if link.opened_at is None and not _change(tx, link, private_links.c.opened_at.is_(None), opened_at=tx.now):
        return "code"
    let_in(tx, who, link.visitor_id, token_hash)
    tx.emit(who, CaseChanged(case_id=link.case_id))
    return "open"


def new_code(tx: Tx, link: Link) -> str:
    """A code by which one more browser may come in, within ten minutes and five tries; an older one counts no more."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    _change(tx, link, sa.true(), code=hash_of(f"{link.id}:{code}"), code_until=tx.now + CODE_LIFE, code_tries=0)
    return code


def note_word(tx: Tx, recorded: Recorded) -> None:
    """The author of the public message has written the word of a link in public: whoever came in by it is the author."""
    who, event = system(recorded.workspace_id), recorded.event
    if not isinstance(event, MessageReceived):
        return
    open_links = [one for one in links_of(tx, who, event.case_id) if one.proved_at is None and one.opened_at is not None]
    if not open_links:
        return
    m, v, t = messages.c, conversations.c, threads.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    chosen = sa.select(m.fresh, m.identity_id, t.visibility).select_from(joined)
    said = tx.row(chosen.where(m.workspace_id == who.workspace_id, m.id == event.message_id))
    if said is None or said.visibility != "public":
        return
    for link in open_links:
        author = tx.value(sa.select(m.identity_id).where(m.workspace_id == who.workspace_id, m.id == link.public_id))
        if author == said.identity_id and link.word in said.fresh.lower():
            _change(tx, link, private_links.c.proved_at.is_(None), proved_at=tx.now)
            tx.emit(who, CaseChanged(case_id=link.case_id))


def _take_code(tx: Tx, link: Link, code: str) -> bool:
    """A code counts once; each wrong one brings the end of it nearer."""
    if not code or not link.code or link.code_until <= tx.now or link.code_tries >= TRIES:
        return False
    if compare_digest(link.code, hash_of(f"{link.id}:{code.replace(' ', '')}")):
        return _change(tx, link, private_links.c.code == link.code, code=b"")
    _change(tx, link, private_links.c.code == link.code, code_tries=private_links.c.code_tries + 1)
    return False


def _change(tx: Tx, link: Link, when: sa.ColumnElement[bool], **values: Any) -> bool:
    this = (private_links.c.workspace_id == link.workspace_id) & (private_links.c.id == link.id)
    return tx.run(sa.update(private_links).where(this, when).values(**values)).rowcount == 1


def _word() -> str:
    """Short, no real word, and nothing that anybody writes by chance."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(3))
    return f"{letters}-{secrets.randbelow(10_000):04d}"
