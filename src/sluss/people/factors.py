"""Second factors: what an agent proves themselves with beside the password. In: agents, administrators. Out: rows, audit lines, notices.

A factor belongs to the credential, so that it holds in every workspace its owner works in. `totp.py` and `passkeys.py` know the two kinds.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.actions import require_admin, require_agent, require_own_credential
from sluss.people.factor_screens import FactorLine, Factors
from sluss.people.letters import notify_agent
from sluss.people.models import agents, factors, passkeys, recovery_codes, totp_seeds
from sluss.people.pending import end_pending
from sluss.people.rules import rule_of, set_rule
from sluss.people.sessions import TOPIC, end_sessions

Kind = Literal["app", "passkey"]
NAME = 60
MOST = 20

RESET = say("An administrator removed your second steps, so that you can set up new ones.")
SAID: dict[tuple[str, Kind], str] = {
    ("factor.add", "app"): say("An authenticator app was added."),
    ("factor.add", "passkey"): say("A passkey was added."),
    ("factor.remove", "app"): say("An authenticator app was removed."),
    ("factor.remove", "passkey"): say("A passkey was removed."),
}
"""What the agent is told by mail."""


class Factor(msgspec.Struct, frozen=True):
    """One factor of a credential; instants in µs UTC. `backed_up` passkeys live in an account of their owner's, not in one device."""

    id: int
    kind: Kind
    name: str
    created_at: int
    used_at: int | None
    backed_up: bool


def list_factors(tx: Tx, credential_id: int) -> list[Factor]:
    """The factors of a credential, oldest first."""
    c = factors.c
    wanted = sa.select(c.id, c.kind, c.name, c.created_at, c.used_at, passkeys.c.backed_up)
    rows = tx.rows(wanted.outerjoin(passkeys, passkeys.c.factor_id == c.id).where(c.credential_id == credential_id).order_by(c.id))
    return [Factor(row.id, row.kind, row.name, row.created_at, row.used_at, bool(row.backed_up)) for row in rows]


def factors_screen(tx: Tx, who: Actor, credential_id: int) -> Factors:
    """The factors as one's own page lists them."""
    lines = (
        FactorLine(id=str(one.id), kind=one.kind, name=one.name, created_at=one.created_at, used_at=one.used_at, backed_up=one.backed_up)
        for one in list_factors(tx, credential_id)
    )
    return Factors(lines=tuple(lines), demanded=rule_of(tx, who.workspace_id).demands(who.role or ""))


def has_factor(tx: Tx, credential_id: int) -> bool:
    """Whether the password alone opens nothing."""
    return tx.value(sa.select(factors.c.id).where(factors.c.credential_id == credential_id).limit(1)) is not None


def kinds_in(tx: Tx, who: Actor) -> dict[int, tuple[Kind, ...]]:
    """The kinds of factors by agent, of the whole workspace."""
    wanted = sa.select(agents.c.id, factors.c.kind).join(factors, factors.c.credential_id == agents.c.credential_id).distinct()
    found: dict[int, tuple[Kind, ...]] = {}
    for row in tx.rows(wanted.where(agents.c.workspace_id == who.workspace_id).order_by(agents.c.id, factors.c.kind)):
        found[row.id] = (*found.get(row.id, ()), row.kind)
    return found


def credential_of(tx: Tx, who: Actor, agent_id: int = 0) -> int:
    """The credential of an agent of the actor's workspace, or of the agent who acts."""
    return int(require_agent(tx, who, agent_id or who.id).credential_id)


def add_factor(tx: Tx, who: Actor, kind: Kind, name: str) -> int:
    """The common part of a new factor; sign-ins that wait for one begin anew. Returns its id."""
    credential_id = credential_of(tx, who)
    if len(list_factors(tx, credential_id)) >= MOST:
        raise Conflict("You have many already. Remove one first.")
    factor_id, known_as = tx.new_id(), _fit(name)
    row = {"id": factor_id, "credential_id": credential_id, "kind": kind, "name": known_as, "created_at": tx.now, "used_at": None}
    tx.run(sa.insert(factors), row)
    end_pending(tx, credential_id)
    _tell(tx, who, "factor.add", (kind, known_as))
    return factor_id


def rename_factor(tx: Tx, who: Actor, factor_id: int, name: str) -> None:
    """Call one's own factor something else."""
    before = _mine(tx, who, factor_id)
    tx.run(sa.update(factors).where(factors.c.id == factor_id).values(name=_fit(name)))
    note_deed(tx, who, "factor.rename", ("agent", who.id), name=name.strip(), before=before.name)


def remove_factor(tx: Tx, who: Actor, factor_id: int) -> None:
    """Take one's own factor away; with the last one the recovery codes go. Refused where the workspace demands one."""
    factor, credential_id = _mine(tx, who, factor_id), credential_of(tx, who)
    if len(list_factors(tx, credential_id)) == 1:
        _require_not_demanded(tx, credential_id)
        tx.run(sa.delete(recovery_codes).where(recovery_codes.c.credential_id == credential_id))
    _delete(tx, [factor_id])
    end_pending(tx, credential_id)
    _tell(tx, who, "factor.remove", (factor.kind, factor.name))


def reset_factors(tx: Tx, who: Actor, agent_id: int) -> None:
    """Take all factors of a locked-out agent away, and sign them out everywhere; the password alone lets them in to set up new ones."""
    require_admin(who)
    agent = require_agent(tx, who, agent_id)
    if who.kind == "agent" and agent_id == who.id:
        raise Conflict("Change your own on your own page.")
    require_own_credential(tx, who, agent.credential_id)
    wipe_factors(tx, agent.credential_id)
    end_sessions(tx, who.workspace_id, agent_id)
    note_deed(tx, who, "factor.reset", ("agent", agent_id))
    notify_agent(tx, who, agent_id, "factors", what=RESET, at=tx.now)
    tx.hint(TOPIC)


def wipe_factors(tx: Tx, credential_id: int) -> None:
    """Nothing that was set up with this credential opens anything any more."""
    _delete(tx, [one.id for one in list_factors(tx, credential_id)])
    tx.run(sa.delete(recovery_codes).where(recovery_codes.c.credential_id == credential_id))
    end_pending(tx, credential_id)
    tx.hint(TOPIC)


def change_rule(tx: Tx, who: Actor, factor_for: str, grace_days: int) -> None:
    """Say of whom the workspace demands a factor; it holds at once in every process."""
    require_admin(who)
    set_rule(tx, who, factor_for, grace_days)
    tx.hint(TOPIC)


def used_factor(tx: Tx, factor_id: int) -> None:
    """Remember when a factor was last used."""
    tx.run(sa.update(factors).where(factors.c.id == factor_id).values(used_at=tx.now))


def _mine(tx: Tx, who: Actor, factor_id: int) -> Factor:
    for one in list_factors(tx, credential_of(tx, who)):
        if one.id == factor_id:
            return one
    raise Missing


def _fit(name: str) -> str:
    short = name.strip()
    if not 0 < len(short) <= NAME:
        raise Invalid({"name": "Please give a name of at most 60 characters."})
    return short


def _require_not_demanded(tx: Tx, credential_id: int) -> None:
    with tx.over_the_wall():
        rows = tx.rows(sa.select(agents.c.workspace_id, agents.c.role).where(agents.c.credential_id == credential_id))
        demanded = any(rule_of(tx, row.workspace_id).demands(row.role) for row in rows)
    if demanded:
        raise Conflict("Your workspace asks for a second step at sign-in. Add another one before you remove this one.")


def _delete(tx: Tx, factor_ids: list[int]) -> None:
    for table in (totp_seeds, passkeys):
        tx.run(sa.delete(table).where(table.c.factor_id.in_(factor_ids)))
    tx.run(sa.delete(factors).where(factors.c.id.in_(factor_ids)))


def _tell(tx: Tx, who: Actor, deed: str, factor: tuple[Kind, str]) -> None:
    """An audit line, a notice to the agent, and every process looks again at what their sessions may do."""
    note_deed(tx, who, deed, ("agent", who.id), factor=factor[0], name=factor[1])
    notify_agent(tx, who, who.id, "factors", what=SAID[deed, factor[0]], label=factor[1], at=tx.now)
    tx.hint(TOPIC)
