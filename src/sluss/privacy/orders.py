"""Orders about one contact: hold, erase, cancel, approve. In: an administrator's forms. Out: rows that the worker takes up."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec
import sqlalchemy as sa

from sluss.cases.contacts import known_identities
from sluss.cases.models import attachments, cases, conversations, messages, notes
from sluss.contacts.models import contacts, identities
from sluss.contacts.proof import Level
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.outbox.models import operations
from sluss.outbox.states import OPEN
from sluss.privacy.models import contact_holds, erasures, exports, privacy_rules

Mode = Literal["erase", "pseudonymise"]
MODES: tuple[Mode, ...] = get_args(Mode)
State = Literal["asked", "waiting", "running", "done", "cancelled"]
COOLING = 10 * MINUTE
ACTIVE = ("asked", "waiting", "running")
REASON = 500
TOPIC = "privacy"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as privacy sees it. `identities` are network, address and how certain that is; instants in microseconds UTC."""

    id: int
    name: str
    language: str
    created_at: int
    identities: tuple[tuple[str, str, Level], ...]
    held: str = ""
    zone: str = ""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """How much hangs on a contact."""

    cases: int
    messages: int
    elsewhere: int
    notes: int
    files: int
    size: int
    pending: int
    exports: int


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """An erasure as it stands. `starts_at` is when it begins, or goes on. `until`: ids from here on came after it began."""

    workspace_id: int
    id: int
    contact_id: int
    mode: Mode
    state: State
    agent_id: int | None
    second_id: int | None
    asked_at: int
    starts_at: int
    began_at: int | None
    ended_at: int | None
    phase: str
    cursor: int
    until: int
    addresses: list[str]
    counts: dict[str, int]


class Rules(msgspec.Struct, frozen=True):
    """What a workspace has decided: how long the read log is kept, and whether an erasure wants a second administrator."""

    read_months: int = 13
    two_admins: bool = False


def access_person(tx: Tx, who: Actor, contact_id: int) -> Person:
    """The contact of an id, for administrators."""
    require_admin(who)
    c = contacts.c
    chosen = sa.select(c.id, c.name, c.language, c.created_at, c.zone, c.merged_into_id)
    row = tx.row(chosen.where(c.workspace_id == who.workspace_id, c.id == contact_id))
    if row is None:
        raise Missing
    if row.merged_into_id is not None:
        raise Conflict("This customer was merged into another one: export or erase that one, which covers both.")
    known: tuple[tuple[str, str, Level], ...] = tuple(
        (one.network, one.address, one.level) for one in known_identities(tx, who, [contact_id])
    )
    held = _held(tx, who, contact_id)
    return Person(id=row.id, name=row.name, language=row.language, created_at=row.created_at, identities=known, held=held, zone=row.zone)


def extent_of(tx: Tx, who: Actor, contact_id: int) -> Extent:
    """Count what an order would reach."""
    ws = who.workspace_id
    theirs = sa.select(cases.c.id).where(cases.c.workspace_id == ws, cases.c.contact_id == contact_id)
    spoken = sa.select(conversations.c.id).where(conversations.c.workspace_id == ws, conversations.c.case_id.in_(theirs))
    m, n, a, o = messages.c, notes.c, attachments.c, operations.c
    said = (m.workspace_id == ws) & m.conversation_id.in_(spoken)
    known = sa.select(identities.c.id).where(identities.c.workspace_id == ws, identities.c.contact_id == contact_id)
    other = (m.workspace_id == ws) & m.identity_id.in_(known) & m.conversation_id.not_in(spoken)
    hung = (a.workspace_id == ws) & a.message_id.in_(sa.select(m.id).where(said | other))
    noted = (a.workspace_id == ws) & a.note_id.in_(sa.select(n.id).where(n.workspace_id == ws, n.case_id.in_(theirs)))
    waits = (o.workspace_id == ws) & o.state.in_(OPEN) & o.message_id.in_(sa.select(m.id).where(said))
    size = sa.select(sa.func.coalesce(sa.func.sum(a.size), 0)).where(hung | noted)
    return Extent(
        cases=_count(tx, cases, (cases.c.workspace_id == ws) & (cases.c.contact_id == contact_id)),
        messages=_count(tx, messages, said),
        elsewhere=_count(tx, messages, other),
        notes=_count(tx, notes, (n.workspace_id == ws) & n.case_id.in_(theirs)),
        files=_count(tx, attachments, hung | noted),
        size=int(tx.value(size)),
        pending=_count(tx, operations, waits),
        exports=_count(tx, exports, (exports.c.workspace_id == ws) & (exports.c.contact_id == contact_id)),
    )


def hold_contact(tx: Tx, who: Actor, contact_id: int, reason: str) -> None:
    """Keep everything of a contact, whatever is ordered and however old it is. An empty reason lets go again."""
    person = access_person(tx, who, contact_id)
    line = clean_line(reason)[:REASON]
    c = contact_holds.c
    tx.run(sa.delete(contact_holds).where(c.workspace_id == who.workspace_id, c.contact_id == contact_id))
    if line:
        if who.kind != "agent":
            raise Forbidden("Only a person can hold what is kept of somebody.")
        row = {"workspace_id": who.workspace_id, "contact_id": contact_id, "reason": line, "agent_id": who.id, "at": tx.now}
        tx.run(sa.insert(contact_holds), row)
    if line or person.held:
        note_deed(tx, who, "contact.hold" if line else "contact.let_go", ("contact", contact_id))


def order_erasure(tx: Tx, who: Actor, contact_id: int, mode: str, typed: str) -> int:
    """Have a contact erased in ten minutes, or when a second administrator agrees. Returns the erasure's id."""
    person = access_person(tx, who, contact_id)
    if person.held:
        raise Conflict("This contact is under a legal hold. Let it go first.")
    if mode not in MODES:
        raise Invalid({"mode": "Choose what shall happen."})
    if clean_line(typed).casefold() not in _names(person):
        raise Invalid({"typed": "Write the name, or the number, exactly as it stands above."})
    if active_erasure(tx, who, contact_id) is not None:
        raise Conflict("An erasure of this contact is already under way.")
    second = rules_of(tx, who).two_admins and who.kind == "agent"
    erasure_id = tx.new_id()
    row = {"workspace_id": who.workspace_id, "id": erasure_id, "contact_id": contact_id, "mode": mode, "phase": "begin", "cursor": 0}
    row |= {"state": "asked" if second else "waiting", "agent_id": who.id or None, "asked_at": tx.now, "starts_at": tx.now + COOLING}
    tx.run(sa.insert(erasures), row | {"addresses": [], "counts": {}, "until": 0})
    note_deed(tx, who, "contact.erase", ("contact", contact_id), erasure=str(erasure_id), mode=mode)
    return erasure_id


def approve_erasure(tx: Tx, who: Actor, erasure_id: int) -> None:
    """The second administrator agrees: it begins in ten minutes."""
    found = access_erasure(tx, who, erasure_id)
    if found.state != "asked":
        raise Conflict("This erasure waits for nobody's consent.")
    if found.agent_id == who.id:
        raise Forbidden("Another administrator has to agree.")
    change_erasure(tx, found, state="waiting", second_id=who.id, starts_at=tx.now + COOLING)
    note_deed(tx, who, "contact.erase_agreed", ("contact", found.contact_id), erasure=str(erasure_id))


def cancel_erasure(tx: Tx, who: Actor, erasure_id: int) -> None:
    """Nothing has been removed yet: leave it at that."""
    found = access_erasure(tx, who, erasure_id)
    if found.state not in {"asked", "waiting"}:
        raise Conflict("This erasure has begun and cannot be stopped.")
    change_erasure(tx, found, state="cancelled", ended_at=tx.now)
    note_deed(tx, who, "contact.erase_cancelled", ("contact", found.contact_id), erasure=str(erasure_id))


def access_erasure(tx: Tx, who: Actor, erasure_id: int) -> Erasure:
    """The erasure of an id, for administrators; held until the transaction ends."""
    require_admin(who)
    mine = (erasures.c.workspace_id == who.workspace_id) & (erasures.c.id == erasure_id)
    found = tx.struct(Erasure, sa.select(*fields(Erasure, erasures)).where(mine).with_for_update())
    if found is None:
        raise Missing
    return found


def active_erasure(tx: Tx, who: Actor, contact_id: int) -> Erasure | None:
    """The erasure of a contact that is not over."""
    c = erasures.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & c.state.in_(ACTIVE)
    return tx.struct(Erasure, sa.select(*fields(Erasure, erasures)).where(mine))


def list_erasures(tx: Tx, who: Actor, limit: int = 20) -> list[Erasure]:
    """The newest erasures."""
    require_admin(who)
    chosen = sa.select(*fields(Erasure, erasures)).where(erasures.c.workspace_id == who.workspace_id)
    return tx.structs(Erasure, chosen.order_by(erasures.c.id.desc()).limit(limit))


def change_erasure(tx: Tx, found: Erasure, **values: Any) -> None:
    """Move an erasure on."""
    this = (erasures.c.workspace_id == found.workspace_id) & (erasures.c.id == found.id)
    tx.run(sa.update(erasures).where(this).values(**values))
    tx.hint(TOPIC)


def rules_of(tx: Tx, who: Actor) -> Rules:
    """What the workspace has decided, or what holds until it does."""
    return tx.struct(Rules, sa.select(*fields(Rules, privacy_rules)).where(privacy_rules.c.workspace_id == who.workspace_id)) or Rules()


def change_rules(tx: Tx, who: Actor, rules: Rules) -> None:
    """Decide."""
    require_admin(who)
    if not 1 <= rules.read_months <= 120:
        raise Invalid({"read_months": "Choose between 1 and 120 months."})
    mine = privacy_rules.c.workspace_id == who.workspace_id
    tx.run(sa.delete(privacy_rules).where(mine))
    tx.run(sa.insert(privacy_rules), {"workspace_id": who.workspace_id} | msgspec.structs.asdict(rules))
    note_deed(tx, who, "privacy.change", ("workspace", who.workspace_id), **msgspec.structs.asdict(rules))


def require_admin(who: Actor) -> None:
    """Privacy is for administrators, and for Sluss itself."""
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators do this.")
    if who.kind == "contact":
        raise Missing


def _names(person: Person) -> set[str]:
    """What may be typed: the name as shown, the id, or an address."""
    return {one.casefold() for one in (clean_line(person.name), str(person.id), *(address for _, address, _ in person.identities)) if one}


def _held(tx: Tx, who: Actor, contact_id: int) -> str:
    c = contact_holds.c
    return tx.value(sa.select(c.reason).where(c.workspace_id == who.workspace_id, c.contact_id == contact_id)) or ""


def _count(tx: Tx, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    return int(tx.value(sa.select(sa.func.count()).select_from(table).where(where)))
