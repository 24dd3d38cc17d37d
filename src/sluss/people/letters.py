"""Letters: what Sluss itself writes, to agents above all. In: an action that causes one. Out: a row in the same transaction, later a mail.

A letter with a link holds no token at rest: the token is made when the letter leaves. A letter whose arrival cannot be known stays
`unknown` and is never sent a second time by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY, HOUR, MINUTE
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import workspaces
from sluss.people.models import agents, credentials, letter_settings, letters

Kind = Literal["invitation", "reset", "no-password", "password", "device", "factors", "alarm", "trial", "digest", "chat-code", "chat-text"]
Ending = Literal["sent", "refused", "deferred", "unknown"]

TOPIC = "letters"
HOLD = 20 * MINUTE
"""How long a letter may be under way before its result counts as unknown."""
PATIENCE: dict[str, int] = {
    "invitation": 3 * DAY,
    "reset": 2 * HOUR,
    "no-password": 2 * HOUR,
    "trial": 10 * MINUTE,
    "digest": 6 * HOUR,
    "chat-code": 15 * MINUTE,
    "chat-text": 6 * HOUR,
}
USUAL_PATIENCE = 3 * DAY
FIRST_WAIT, LONGEST_WAIT = MINUTE, HOUR
SHOWN = 50


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One letter ready to leave. `token` is the same at every attempt, for the Message-ID; `company` is who it comes from.

    `by` is the inbox that it should leave by, 0 for the usual way.
    """

    workspace_id: int
    token: str
    email: str
    name: str
    company: str
    subject: str
    text: str
    written_at: int
    by: int = 0


class NotPosted(Exception):
    """A letter did not leave, or nobody knows: `ending` says which. The reason is one plain sentence."""

    def __init__(self, ending: Ending, reason: str) -> None:
        super().__init__(reason)
        self.ending: Ending = ending
        self.reason = reason


Post = Callable[[Mail], Awaitable[str]]
"""Whoever carries letters: installed where the process starts. Returns the server's words, raises `NotPosted`."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter as stored; `state` is queued, sending, sent, failed, unknown or withdrawn. Instants in µs UTC."""

    workspace_id: int
    id: int
    kind: str
    state: str
    agent_id: int | None
    invitation_id: int | None
    email: str
    name: str
    language: str
    data: dict[str, Any]
    message_id: str
    created_at: int
    due_at: int | None
    attempts: int
    error: str
    detail: str
    ended_at: int | None


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """To whom. One of the two ids is set, but for a trial, and for a customer."""

    email: str
    name: str
    language: str
    agent_id: int | None = None
    invitation_id: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """How letters of a workspace do: waiting, failed within a week, and the newest reason."""

    waiting: int
    failed: int
    reason: str


def write_letter(tx: Tx, who: Actor, kind: Kind, to: Addressee, **data: Any) -> int:
    """Queue a letter, in the transaction that causes it. Returns its id."""
    letter_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": letter_id, "kind": kind, "state": "queued", "data": data, "message_id": new_token()}
    row |= {"email": to.email, "name": clean_line(to.name), "language": to.language, "agent_id": to.agent_id}
    row |= {"invitation_id": to.invitation_id, "created_at": tx.now, "due_at": tx.now, "attempts": 0, "error": "", "detail": ""}
    tx.run(sa.insert(letters), row)
    tx.hint(TOPIC)
    return letter_id


def notify_agent(tx: Tx, who: Actor, agent_id: int, kind: Kind, **data: Any) -> None:
    """Write to an agent of the actor's workspace; not to one who is shut out."""
    to = addressee_of(tx, who, agent_id)
    if to is not None:
        write_letter(tx, who, kind, to, **data)


def addressee_of(tx: Tx, who: Actor, agent_id: int) -> Addressee | None:
    """An agent as an address; None when they are shut out or of another workspace."""
    a, c = agents.c, credentials.c
    wanted = sa.select(c.email, a.name, a.language).join(credentials, c.id == a.credential_id)
    row = tx.row(wanted.where(a.workspace_id == who.workspace_id, a.id == agent_id, a.disabled_at.is_(None)))
    return Addressee(email=row.email, name=row.name, language=row.language, agent_id=agent_id) if row is not None else None


def withdraw_letters(tx: Tx, who: Actor, *, agent_id: int = 0, invitation_id: int = 0) -> None:
    """What waits for somebody is no longer to be sent."""
    c = letters.c
    theirs = c.invitation_id == invitation_id if invitation_id else c.agent_id == agent_id
    mine = (c.workspace_id == who.workspace_id) & (c.state == "queued") & theirs
    tx.run(sa.update(letters).where(mine).values(state="withdrawn", due_at=None, ended_at=tx.now))


def retry_letter(tx: Tx, who: Actor, letter_id: int) -> None:
    """Send a letter once more that failed, or of which nobody knows."""
    _require_admin(who)
    letter = access_letter(tx, who, letter_id)
    if letter.state not in {"failed", "unknown", "queued"}:
        raise Conflict("Only a letter that has not arrived is sent again.")
    fresh = {"state": "queued", "due_at": tx.now, "created_at": tx.now, "attempts": 0, "ended_at": None}
    tx.run(sa.update(letters).where(_this(letter)).values(fresh))
    note_deed(tx, who, "letter.retry", ("letter", letter_id))
    tx.hint(TOPIC)


def choose_letter_inbox(tx: Tx, who: Actor, inbox_id: int | None) -> None:
    """By which inbox letters leave; None is the first that works. Raises `Invalid` for one that is not the workspace's."""
    _require_admin(who)
    tx.run(sa.delete(letter_settings).where(letter_settings.c.workspace_id == who.workspace_id))
    try:
        with tx.attempt():
            tx.run(sa.insert(letter_settings), {"workspace_id": who.workspace_id, "inbox_id": inbox_id})
    except IntegrityError:
        raise Invalid({"inbox": "Choose one of the list."}) from None
    note_deed(tx, who, "letter.inbox", ("inbox", inbox_id or 0))


def chosen_letter_inbox(tx: Tx, who: Actor) -> int | None:
    """The inbox that was chosen for letters, if one was."""
    found = tx.value(sa.select(letter_settings.c.inbox_id).where(letter_settings.c.workspace_id == who.workspace_id))
    return int(found) if found is not None else None


def access_letter(tx: Tx, who: Actor, letter_id: int) -> Letter:
    """One letter of the workspace. Raises `Missing`."""
    found = tx.struct(Letter, _all().where(letters.c.workspace_id == who.workspace_id, letters.c.id == letter_id))
    if found is None:
        raise Missing
    return found


def list_letters(tx: Tx, who: Actor) -> list[Letter]:
    """The newest letters of the workspace."""
    return tx.structs(Letter, _all().where(letters.c.workspace_id == who.workspace_id).order_by(letters.c.id.desc()).limit(SHOWN))


def letters_of_invitations(tx: Tx, who: Actor, invitation_ids: list[int]) -> dict[int, Letter]:
    """The newest letter of each invitation."""
    mine = (letters.c.workspace_id == who.workspace_id) & letters.c.invitation_id.in_(invitation_ids)
    return {one.invitation_id or 0: one for one in tx.structs(Letter, _all().where(mine).order_by(letters.c.id))}


def letters_standing(tx: Tx, who: Actor) -> Standing:
    """How many wait or failed, and why."""
    c = letters.c
    recent = (c.workspace_id == who.workspace_id) & (c.created_at > tx.now - 7 * DAY)
    rows = tx.rows(sa.select(c.state, sa.func.count().label("many")).where(recent).group_by(c.state))
    many = {row.state: int(row.many) for row in rows}
    reason = tx.value(sa.select(c.error).where(recent, c.error != "", c.state != "sent").order_by(c.id.desc()).limit(1))
    return Standing(many.get("queued", 0) + many.get("sending", 0), many.get("failed", 0) + many.get("unknown", 0), reason or "")


def due_letters(tx: Tx, limit: int) -> list[tuple[int, int]]:
    """Workspace and id of what is to be sent now; nothing of a workspace whose sending is on hold."""
    c = letters.c
    joined = letters.join(workspaces, workspaces.c.id == c.workspace_id)
    wanted = sa.select(c.workspace_id, c.id).select_from(joined).where(c.due_at <= tx.now, ~workspaces.c.outbox_held)
    return [(row.workspace_id, row.id) for row in tx.rows(wanted.order_by(c.due_at, c.id).limit(limit))]


def take_letter(tx: Tx, who: Actor, letter_id: int) -> Letter | None:
    """The letter, marked as under way. One that was under way too long is `unknown` from now on, and None is the answer."""
    letter = access_letter(tx, who, letter_id)
    if letter.due_at is None or letter.due_at > tx.now:
        return None
    if letter.state == "sending":
        _end(tx, letter, "unknown", say("Sluss stopped while this was being sent."))
        return None
    attempt = letter.attempts + 1
    tx.run(sa.update(letters).where(_this(letter)).values(state="sending", attempts=attempt, due_at=tx.now + HOLD))
    return msgspec.structs.replace(letter, state="sending", attempts=attempt)


def drop_letter(tx: Tx, letter: Letter) -> None:
    """It has become pointless before it left."""
    _end(tx, letter, "withdrawn", "")


def refuse_letter(tx: Tx, letter: Letter, reason: str) -> None:
    """It may not leave, and the list says why."""
    _end(tx, letter, "failed", reason)


def settle_letter(tx: Tx, letter: Letter, ending: Ending, words: str) -> None:
    """Write down how an attempt ended. Late news about an older attempt change nothing."""
    now = tx.row(sa.select(letters.c.state, letters.c.attempts).where(_this(letter)))
    if now is None or now.state != "sending" or now.attempts != letter.attempts:
        return
    if ending == "deferred":
        _defer(tx, letter, words)
    else:
        _end(tx, letter, {"sent": "sent", "refused": "failed"}.get(ending, "unknown"), words)


def forget_old_letters(tx: Tx, who: Actor) -> int:
    """Remove letters that ended more than ninety days ago. Returns how many."""
    mine = (letters.c.workspace_id == who.workspace_id) & (letters.c.ended_at < tx.now - 90 * DAY)
    return tx.run(sa.delete(letters).where(mine)).rowcount


def _defer(tx: Tx, letter: Letter, reason: str) -> None:
    wait = min(FIRST_WAIT * 2 ** min(letter.attempts - 1, 10), LONGEST_WAIT)
    if tx.now + wait > letter.created_at + PATIENCE.get(letter.kind, USUAL_PATIENCE):
        _end(tx, letter, "failed", reason)
        return
    tx.run(sa.update(letters).where(_this(letter)).values(state="queued", due_at=tx.now + wait, error=reason))


def _end(tx: Tx, letter: Letter, state: str, words: str) -> None:
    told = {"detail": words, "error": ""} if state == "sent" else {"error": words}
    tx.run(sa.update(letters).where(_this(letter)).values(state=state, due_at=None, ended_at=tx.now, **told))


def _require_admin(who: Actor) -> None:
    if who.kind != "system" and who.role != "admin":
        raise Forbidden("Only an administrator may do this.")


def _this(letter: Letter) -> sa.ColumnElement[bool]:
    return (letters.c.workspace_id == letter.workspace_id) & (letters.c.id == letter.id)


def _all() -> sa.Select[Any]:
    return sa.select(*fields(Letter, letters))
