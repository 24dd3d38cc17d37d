"""What a contact agreed to, purpose by purpose: a log that only grows. In: what was said, when, how, to whom. Out: how it stands now.

Whoever calls has made sure that the actor may see the contact. A mistake is mended by a new line.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec
import sqlalchemy as sa

from sluss.contacts.models import consent_purposes, consents
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line, fold
from sluss.kernel.tx import Tx

State = Literal["given", "withdrawn", "unknown"]
Way = Literal["mail", "phone", "chat", "form", "paper", "other", "correction"]
STATES: tuple[State, ...] = get_args(State)
WAYS: tuple[Way, ...] = get_args(Way)
LABEL, DETAIL, MOST, SHOWN = 60, 200, 20, 50


class Purpose(msgspec.Struct, frozen=True):
    """What a consent is for."""

    id: int
    label: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log."""

    id: int
    purpose_id: int
    state: State
    way: str
    detail: str
    at: int
    agent_id: int


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent writes down."""

    purpose_id: int
    state: str
    way: str = "other"
    detail: str = ""


def list_purposes(tx: Tx, who: Actor) -> list[Purpose]:
    """Those in use, in their order."""
    c = consent_purposes.c
    mine = (c.workspace_id == who.workspace_id) & c.archived_at.is_(None)
    return tx.structs(Purpose, sa.select(*fields(Purpose, consent_purposes)).where(mine).order_by(c.place, c.id).limit(MOST))


def consent_log(tx: Tx, who: Actor, contact_id: int) -> list[Consent]:
    """Newest first: the first of a purpose is how it stands."""
    c = consents.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id)
    return tx.structs(Consent, sa.select(*fields(Consent, consents)).where(mine).order_by(c.id.desc()).limit(SHOWN * MOST))


def note_consent(tx: Tx, who: Actor, contact_id: int, said: Said) -> State:
    """Add a line. Returns how it stood before."""
    if who.kind != "agent":
        raise Forbidden("Only agents write down a consent.")
    if said.purpose_id not in {one.id for one in list_purposes(tx, who)}:
        raise Missing
    if said.state not in STATES:
        raise Invalid({"state": "Choose given, withdrawn or not known."})
    if said.way not in WAYS:
        raise Invalid({"way": "Choose how it was said."})
    detail = clean_line(said.detail)
    if len(detail) > DETAIL:
        raise Invalid({"detail": "Write at most 200 characters."})
    states: list[State] = [one.state for one in consent_log(tx, who, contact_id) if one.purpose_id == said.purpose_id]
    before: State = states[0] if states else "unknown"
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "contact_id": contact_id, "purpose_id": said.purpose_id}
    row |= {"state": said.state, "way": said.way, "detail": detail, "at": tx.now, "agent_id": who.id}
    tx.run(sa.insert(consents), row)
    note_deed(tx, who, "contact.consent", ("contact", contact_id), purpose=str(said.purpose_id), state=said.state)
    return before


def add_purpose(tx: Tx, who: Actor, typed: str) -> int:
    """Ask for one more. Returns its id."""
    _require_admin(who)
    label, known = clean_line(typed), list_purposes(tx, who)
    if not label or len(label) > LABEL:
        raise Invalid({"purpose": "Write what the consent is for, in at most 60 characters."})
    if fold(label) in {fold(one.label) for one in known}:
        raise Invalid({"purpose": "There is a purpose of this name already."})
    if len(known) >= MOST:
        raise Conflict("There are 20 purposes already. Remove one first.")
    purpose_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": purpose_id, "label": label, "place": len(known) + 1, "archived_at": None}
    tx.run(sa.insert(consent_purposes), row)
    note_deed(tx, who, "consent.purpose", ("purpose", purpose_id), label=label)
    return purpose_id


def archive_purpose(tx: Tx, who: Actor, purpose_id: int, gone: bool) -> None:  # noqa: FBT001 - a form passes it by position
    """Ask for it no more, or again; the log stays."""
    _require_admin(who)
    c = consent_purposes.c
    this = (c.workspace_id == who.workspace_id) & (c.id == purpose_id)
    if not tx.run(sa.update(consent_purposes).where(this).values(archived_at=tx.now if gone else None)).rowcount:
        raise Missing
    note_deed(tx, who, "consent.archive" if gone else "consent.restore", ("purpose", purpose_id))


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators do this.")
