"""Identity providers of workspaces, and who signs in with them. In: what an administrator enters. Out: rows; the client secret sealed.

An identity is the pair of issuer and subject, within one workspace: what a provider says of an address opens nothing by itself, and a
provider that one workspace trusts says nothing to another.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict
from sluss.kernel.schema import fields
from sluss.kernel.sealing import Sealer
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.actions import refuse, require_admin
from sluss.people.models import agent_identities, agents, credentials, oidc_providers, passkeys
from sluss.people.models import factors as factor_rows
from sluss.people.oidc_client import fault_of_issuer

LABEL = 40


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """The provider of a workspace. `only`: no passwords, but for the one administrator `break_glass_id`.

    `provision`: whoever has a confirmed address of `domains` becomes an agent; never more than that. `trusts_factors`: what it says of
    a second factor counts as ours.
    """

    workspace_id: int
    issuer: str
    client_id: str
    label: str
    domains: tuple[str, ...] = ()
    provision: bool = False
    only: bool = False
    break_glass_id: int | None = None
    trusts_factors: bool = False
    changed_at: int = 0


class ProviderFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says about it. An empty secret stays as stored."""

    issuer: str
    client_id: str
    secret: str = ""
    label: str = ""
    domains: str = ""
    provision: bool = False
    only: bool = False
    break_glass_id: int = 0
    trusts_factors: bool = False


class Identity(msgspec.Struct, frozen=True):
    """Who an agent is at a provider. Instants in µs UTC."""

    id: int
    agent_id: int
    issuer: str
    subject: str
    email: str
    linked_at: int
    seen_at: int | None


class Told(msgspec.Struct, frozen=True):
    """What a provider has said about a person, verified. `verified` is its word that the address is theirs."""

    issuer: str
    subject: str
    email: str = ""
    verified: bool = False
    name: str = ""
    two_steps: bool = False


def find_provider(tx: Tx, who: Actor) -> Provider | None:
    """The workspace's provider, if it has one."""
    row = tx.row(sa.select(*fields(Provider, oidc_providers)).where(oidc_providers.c.workspace_id == who.workspace_id))
    return msgspec.convert(dict(zip(Provider.__struct_fields__, row, strict=True)), Provider) if row is not None else None


def save_provider(tx: Tx, who: Actor, sealer: Sealer, given: ProviderFields, *, private: bool) -> None:
    """Connect a provider, or change it. With another issuer or client id the secret has to come anew."""
    require_admin(who)
    before = find_provider(tx, who)
    same = before is not None and (before.issuer, before.client_id) == (given.issuer.strip(), given.client_id.strip())
    refuse(_faults(tx, who, given, private=private))
    row = _row(tx, given)
    mine = oidc_providers.c.workspace_id == who.workspace_id
    if given.secret or not same:
        row["sealed"] = sealer.seal(given.secret.strip().encode(), _place(who))
    if not tx.run(sa.update(oidc_providers).where(mine).values(row)).rowcount:
        tx.run(sa.insert(oidc_providers), row | {"workspace_id": who.workspace_id})
    note_deed(tx, who, "provider.save", ("workspace", who.workspace_id), issuer=row["issuer"], only=given.only, provision=given.provision)


def remove_provider(tx: Tx, who: Actor) -> None:
    """Nobody signs in by it from now on; passwords work again. Who was linked stays linked, should it come back."""
    require_admin(who)
    tx.run(sa.delete(oidc_providers).where(oidc_providers.c.workspace_id == who.workspace_id))
    note_deed(tx, who, "provider.remove", ("workspace", who.workspace_id))


def allow_passwords(tx: Tx, who: Actor) -> bool:
    """The way back in: passwords work again. False when they did already."""
    require_admin(who)
    c = oidc_providers.c
    changed = tx.run(sa.update(oidc_providers).where(c.workspace_id == who.workspace_id, c.only).values(only=False)).rowcount
    if changed:
        note_deed(tx, who, "provider.passwords", ("workspace", who.workspace_id))
    return bool(changed)


def secret_of(tx: Tx, who: Actor, sealer: Sealer) -> str:
    """The client secret, opened; empty for a public client."""
    sealed = tx.value(sa.select(oidc_providers.c.sealed).where(oidc_providers.c.workspace_id == who.workspace_id))
    return sealer.unseal(sealed, _place(who)).decode() if sealed else ""


def passwords_off(tx: Tx, workspace_id: int, agent_id: int) -> bool:
    """Whether the workspace takes no password of this agent."""
    c = oidc_providers.c
    row = tx.row(sa.select(c.only, c.break_glass_id).where(c.workspace_id == workspace_id))
    return row is not None and row.only and row.break_glass_id != agent_id


def find_identity(tx: Tx, who: Actor, issuer: str, subject: str) -> Identity | None:
    """Who it is that a provider names."""
    c = agent_identities.c
    mine = (c.workspace_id == who.workspace_id) & (c.issuer == issuer) & (c.subject == subject)
    return tx.struct(Identity, sa.select(*fields(Identity, agent_identities)).where(mine))


def identities_of(tx: Tx, who: Actor, agent_id: int) -> list[Identity]:
    """The identities of an agent, at providers of now and of before."""
    c = agent_identities.c
    mine = (c.workspace_id == who.workspace_id) & (c.agent_id == agent_id)
    return tx.structs(Identity, sa.select(*fields(Identity, agent_identities)).where(mine).order_by(c.id))


def has_identity(tx: Tx, who: Actor, agent_id: int) -> bool:
    """Whether an agent can sign in by a provider."""
    return bool(identities_of(tx, who, agent_id))


def link_identity(tx: Tx, who: Actor, agent_id: int, told: Told) -> None:
    """From now on this identity is this agent. Linking what is linked changes nothing; another agent's is refused."""
    known = find_identity(tx, who, told.issuer, told.subject)
    if known is not None and known.agent_id == agent_id:
        return
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "agent_id": agent_id, "issuer": told.issuer, "subject": told.subject}
    try:
        with tx.attempt():
            tx.run(sa.insert(agent_identities), row | {"email": clean_line(told.email), "linked_at": tx.now, "seen_at": None})
    except IntegrityError:
        raise Conflict("This account is somebody else’s way in already.") from None
    note_deed(tx, who, "identity.link", ("agent", agent_id), issuer=told.issuer)


def unlink_identities(tx: Tx, who: Actor) -> None:
    """Take one's own identities away. Refused where nothing else would let the agent in."""
    c = credentials.c
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == who.id)
    row = tx.row(sa.select(c.id, c.password_hash).join(agents, agents.c.credential_id == c.id).where(mine))
    keys = sa.select(passkeys.c.factor_id).join(factor_rows, factor_rows.c.id == passkeys.c.factor_id)
    other = row is not None and (
        bool(row.password_hash) or tx.value(keys.where(factor_rows.c.credential_id == row.id).limit(1)) is not None
    )
    if not other or passwords_off(tx, who.workspace_id, who.id):
        raise Conflict("Without it you could not sign in. Choose a password first, by “Forgotten your password?” at the sign-in.")
    theirs = (agent_identities.c.workspace_id == who.workspace_id) & (agent_identities.c.agent_id == who.id)
    tx.run(sa.delete(agent_identities).where(theirs))
    note_deed(tx, who, "identity.unlink", ("agent", who.id))


def seen_identity(tx: Tx, who: Actor, identity_id: int) -> None:
    """It has just let somebody in."""
    mine = (agent_identities.c.workspace_id == who.workspace_id) & (agent_identities.c.id == identity_id)
    tx.run(sa.update(agent_identities).where(mine).values(seen_at=tx.now))


def is_of_domains(provider: Provider, told: Told) -> bool:
    """Whether the provider vouches for an address of the domains that may come in unasked."""
    return told.verified and told.email.casefold().rpartition("@")[2] in provider.domains


def _row(tx: Tx, given: ProviderFields) -> dict[str, Any]:
    label = clean_line(given.label) or "Single sign-on"
    row: dict[str, Any] = {"issuer": given.issuer.strip(), "client_id": given.client_id.strip(), "label": label, "changed_at": tx.now}
    row |= {"domains": _domains(given.domains), "provision": given.provision, "only": given.only}
    return row | {"break_glass_id": given.break_glass_id or None, "trusts_factors": given.trusts_factors}


def _domains(text: str) -> list[str]:
    return sorted({one.strip().casefold().removeprefix("@") for one in text.replace(",", "\n").split("\n") if one.strip()})


def _faults(tx: Tx, who: Actor, given: ProviderFields, *, private: bool) -> dict[str, str]:
    wrong = {
        "issuer": fault_of_issuer(given.issuer.strip(), private=private),
        "client_id": ""
        if 0 < len(given.client_id.strip()) <= 255 and given.client_id.isprintable()
        else say("Copy it from your provider."),
        "label": "" if len(clean_line(given.label)) <= LABEL else say("Use at most 40 characters."),
        "domains": _fault_of_domains(given),
        "break_glass": _fault_of_break_glass(tx, who, given),
    }
    return {name: sentence for name, sentence in wrong.items() if sentence}


def _fault_of_domains(given: ProviderFields) -> str:
    domains = _domains(given.domains)
    if any("." not in one or not one.replace(".", "").replace("-", "").isalnum() for one in domains):
        return say("Write domains as example.com, one a line.")
    return say("Say whose addresses may come in: without a domain anybody could.") if given.provision and not domains else ""


def _fault_of_break_glass(tx: Tx, who: Actor, given: ProviderFields) -> str:
    """Somebody must be able to come in when the provider cannot be reached."""
    if not given.break_glass_id and not given.only:
        return ""
    a, c = agents.c, credentials.c
    mine = (a.workspace_id == who.workspace_id) & (a.id == given.break_glass_id) & (a.role == "admin") & a.disabled_at.is_(None)
    password = tx.value(sa.select(c.password_hash).join(agents, a.credential_id == c.id).where(mine))
    return "" if password else say("Choose an administrator who has a password: they come in when the provider cannot be reached.")


def _place(who: Actor) -> tuple[str | int, ...]:
    return ("oidc", who.workspace_id)
