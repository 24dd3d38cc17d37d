"""Writing notices and saying something about them. In: what a person typed. Out: rows; each publication waits for its turn by itself.

Leads, administrators and reviewers publish; everybody who reads cases reads notices.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.broadcast.events import NoticeChanged, PublicationChanged
from sluss.broadcast.models import bulletins, notice_chats, notices, publications
from sluss.broadcast.places import Place, chats_of, places_of
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.states import NEVER

Kind = Literal["outage", "information"]
KINDS: tuple[Kind, ...] = ("outage", "information")
TITLE, TEXT = 120, 10_000
PUBLISHERS = {"admin", "lead", "reviewer"}
READERS = PUBLISHERS | {"agent"}
PATIENCE = DAY
"""For how long a network that cannot be reached is tried: a notice of yesterday helps nobody."""
TOPIC = "publications"


class NoticeFields(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the matter itself. `words` are those by which cases about it are found, separated by commas."""

    title: str
    kind: str = "outage"
    words: str = ""
    answer: str = ""


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One bulletin: the text, the accounts that it goes to, another text for some of them, and the chats that show the notice."""

    kind: Literal["first", "update", "solved"]
    text: str
    inbox_ids: tuple[int, ...] = ()
    texts: dict[int, str] = {}
    chat_ids: tuple[int, ...] = ()


def write_notice(tx: Tx, who: Actor, fields: NoticeFields) -> int:
    """Begin a notice; nobody is told yet."""
    require_publisher(who)
    notice_id = tx.new_id()
    row = _checked(fields) | {"workspace_id": who.workspace_id, "id": notice_id, "state": "draft", "agent_id": who.id}
    tx.run(sa.insert(notices), row | {"created_at": tx.now, "since": tx.now, "published_at": None, "ended_at": None})
    _tell(tx, who, notice_id, "draft", "notice.write")
    return notice_id


def change_notice(tx: Tx, who: Actor, notice_id: int, fields: NoticeFields) -> None:
    """Change what is not published: its name here, the words that find cases, the prepared answer."""
    require_publisher(who)
    row = access_notice(tx, who, notice_id)
    _set(tx, who, notice_id, **_checked(fields))
    _tell(tx, who, notice_id, row.state, "notice.change")


def say_something(tx: Tx, who: Actor, notice_id: int, saying: Saying) -> int:
    """Publish: the first bulletin opens the notice, `solved` ends it. Returns the bulletin's id; raises `Invalid` by field."""
    require_publisher(who)
    row = access_notice(tx, who, notice_id, hold=True)
    _require_turn(row.state, saying.kind)
    texts = _texts(tx, who, saying)
    bulletin_id = tx.new_id()
    key = {"workspace_id": who.workspace_id, "notice_id": notice_id}
    said = {"id": bulletin_id, "kind": saying.kind, "text": clean_text(saying.text), "agent_id": who.id, "at": tx.now}
    tx.run(sa.insert(bulletins), key | said)
    for inbox_id, text in texts.items():
        _queue(tx, key | {"bulletin_id": bulletin_id, "inbox_id": inbox_id, "text": text})
    _show_on_chats(tx, who, notice_id, saying.chat_ids)
    state = "solved" if saying.kind == "solved" else "open"
    times: dict[str, Any] = {"ended_at": tx.now} if state == "solved" else {}
    times |= {"published_at": tx.now} if row.published_at is None else {}
    _set(tx, who, notice_id, state=state, **times)
    _tell(tx, who, notice_id, state, f"notice.{saying.kind}", places=len(texts))
    tx.hint(TOPIC)
    return bulletin_id


def withdraw_notice(tx: Tx, who: Actor, notice_id: int) -> None:
    """Take it off the chats and send nothing more of it; what is published stays where it is."""
    require_publisher(who)
    row = access_notice(tx, who, notice_id, hold=True)
    if row.state == "withdrawn":
        return
    waiting = _publications(who) & (publications.c.notice_id == notice_id) & (publications.c.state == "queued")
    tx.run(sa.update(publications).where(waiting).values(state="cancelled", due_at=NEVER))
    _set(tx, who, notice_id, state="withdrawn", ended_at=tx.now)
    _tell(tx, who, notice_id, "withdrawn", "notice.withdraw")


def retry_publication(tx: Tx, who: Actor, publication_id: int) -> int:
    """Try again what failed, or what nobody knows of: then it may appear twice. Returns the notice's id."""
    row = _access_publication(tx, who, publication_id)
    if row.state not in {"failed", "unknown", "cancelled"}:
        raise Conflict("This is on its way already.")
    values = {"state": "queued", "due_at": tx.now, "give_up_at": tx.now + PATIENCE, "handed_over": False, "waits": 0, "unknowns": 0}
    _move(tx, who, row, values | {"code": "", "reason": ""}, "publication.retry")
    tx.hint(TOPIC)
    return int(row.notice_id)


def accept_publication(tx: Tx, who: Actor, publication_id: int) -> int:
    """Somebody looked: what nobody knew of is there. Returns the notice's id."""
    row = _access_publication(tx, who, publication_id)
    if row.state != "unknown":
        raise Conflict("Only what is unknown can be said to be there.")
    _move(tx, who, row, {"state": "sent", "due_at": NEVER, "sent_at": tx.now, "reason": ""}, "publication.accept")
    return int(row.notice_id)


def drop_publication(tx: Tx, who: Actor, publication_id: int) -> int:
    """Leave it at that: what failed or is unknown is not tried again. Returns the notice's id."""
    row = _access_publication(tx, who, publication_id)
    if row.state not in {"failed", "unknown", "queued"}:
        raise Conflict("This is on its way already.")
    _move(tx, who, row, {"state": "cancelled", "due_at": NEVER}, "publication.drop")
    return int(row.notice_id)


def access_notice(tx: Tx, who: Actor, notice_id: int, *, hold: bool = False) -> sa.Row[Any]:
    """The notice of an id. Raises `Missing`."""
    if who.kind == "agent" and who.role not in READERS:
        raise Missing
    wanted = sa.select(notices).where(notices.c.workspace_id == who.workspace_id, notices.c.id == notice_id)
    row = tx.row(wanted.with_for_update() if hold else wanted)
    if row is None:
        raise Missing
    return row


def may_publish(who: Actor) -> bool:
    """Whether the actor's role includes speaking to everybody."""
    return who.kind == "system" or who.role in PUBLISHERS


def require_publisher(who: Actor) -> None:
    """Raise `Forbidden` for whoever may not speak to everybody."""
    if not may_publish(who):
        raise Forbidden("Leads, administrators and reviewers publish notices.")


def _checked(fields: NoticeFields) -> dict[str, Any]:
    faults: dict[str, str] = {}
    title = clean_line(fields.title)
    if not 0 < len(title) <= TITLE:
        faults["title"] = say("Give it a name of at most %(most)s characters.", most=TITLE)
    if fields.kind not in KINDS:
        faults["kind"] = say("Choose one of the list.")
    for name, text in (("words", fields.words), ("answer", fields.answer)):
        if len(text) > TEXT:
            faults[name] = say("Write at most %(most)s characters.", most=TEXT)
    if faults:
        raise Invalid(faults)
    return {"title": title, "kind": fields.kind, "words": clean_line(fields.words), "answer": clean_text(fields.answer).strip()}


def _require_turn(state: str, kind: str) -> None:
    if state == "withdrawn" or (state == "solved" and kind != "update"):
        raise Conflict("This notice is over. Write a new one.")
    if state == "draft" and kind != "first":
        raise Conflict("Publish it first.")
    if state != "draft" and kind == "first":
        raise Conflict("It is published already. Say more about it as an update.")


def _texts(tx: Tx, who: Actor, saying: Saying) -> dict[int, str]:
    """What goes where. Raises `Invalid`: each text that is too long is told beside its account."""
    text, faults = clean_text(saying.text).strip(), dict[str, str]()
    if not 0 < len(text) <= TEXT:
        faults["text"] = say("Write what people shall read, at most %(most)s characters.", most=TEXT)
    places: dict[int, Place] = {one.inbox_id: one for one in places_of(tx, who)}
    if set(saying.inbox_ids) - set(places):
        faults["place"] = say("Choose accounts of the list.")
    if set(saying.chat_ids) - {one.id for one in chats_of(tx, who)}:
        faults["chat"] = say("Choose chats of the list.")
    if not saying.inbox_ids and not saying.chat_ids and saying.kind == "first":
        faults["place"] = say("Choose at least one account or chat.")
    chosen = {one: clean_text(saying.texts.get(one, "")).strip() or text for one in saying.inbox_ids if one in places}
    for inbox_id, own in chosen.items():
        place = places[inbox_id]
        if not place.fits(own):
            too = say("%(length)s of %(most)s: too long for %(name)s.", length=place.length(own), most=place.most, name=place.name)
            faults[f"text-{inbox_id}"] = too
    if faults:
        raise Invalid(faults)
    return chosen


def _queue(tx: Tx, row: dict[str, Any]) -> None:
    row |= {"id": tx.new_id(), "external_id": new_token(), "network_key": "", "url": "", "state": "queued", "handed_over": False}
    row |= {"waits": 0, "unknowns": 0, "begun_at": None, "due_at": tx.now, "give_up_at": tx.now + PATIENCE, "sent_at": None}
    tx.run(sa.insert(publications), row | {"code": "", "reason": ""})


def _show_on_chats(tx: Tx, who: Actor, notice_id: int, chat_ids: tuple[int, ...]) -> None:
    c = notice_chats.c
    mine = (c.workspace_id == who.workspace_id) & (c.notice_id == notice_id)
    there = {row.inbox_id for row in tx.rows(sa.select(c.inbox_id).where(mine))}
    for inbox_id in dict.fromkeys(chat_ids):
        if inbox_id not in there:
            tx.run(sa.insert(notice_chats), {"workspace_id": who.workspace_id, "notice_id": notice_id, "inbox_id": inbox_id})


def _access_publication(tx: Tx, who: Actor, publication_id: int) -> sa.Row[Any]:
    require_publisher(who)
    row = tx.row(sa.select(publications).where(_publications(who), publications.c.id == publication_id).with_for_update())
    if row is None:
        raise Missing
    return row


def _move(tx: Tx, who: Actor, row: sa.Row[Any], values: dict[str, Any], deed: str) -> None:
    tx.run(sa.update(publications).where(_publications(who), publications.c.id == row.id).values(**values))
    tx.emit(who, PublicationChanged(notice_id=row.notice_id, publication_id=row.id, state=values["state"]))
    note_deed(tx, who, deed, ("publication", row.id))


def _publications(who: Actor) -> sa.ColumnElement[bool]:
    return publications.c.workspace_id == who.workspace_id


def _set(tx: Tx, who: Actor, notice_id: int, **values: Any) -> None:
    tx.run(sa.update(notices).where(notices.c.workspace_id == who.workspace_id, notices.c.id == notice_id).values(**values))


def _tell(tx: Tx, who: Actor, notice_id: int, state: str, deed: str, **data: Any) -> None:
    tx.emit(who, NoticeChanged(notice_id=notice_id, state=state))
    # Open chats look then how they stand, and tell it.
    tx.hint("inboxes")
    note_deed(tx, who, deed, ("notice", notice_id), **data)
