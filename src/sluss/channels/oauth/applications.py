"""The application that a company has registered at a provider. In: what an administrator copies from there. Out: a sealed row.

A workspace's own comes first, else the one of the installation's settings is used.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.oauth.models import applications
from sluss.channels.oauth.providers import NAMES, UUID, is_tenant, provider_named
from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.sealing import Place, Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.words import say


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider knows us by. `shared` is the installation's. Never logged."""

    provider: str
    client_id: str
    secret: str
    tenant: str
    shared: bool = False

    def __repr__(self) -> str:
        return f"Application({self.provider})"


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """An application as the screens see it: without its secret."""

    provider: str
    client_id: str
    tenant: str
    changed_at: int | None = None
    shared: bool = False


class ApplicationFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator enters. An empty secret stays as stored; `tenant` is Microsoft's."""

    provider: str
    client_id: str
    secret: str = ""
    tenant: str = ""


def register_application(tx: Tx, who: Actor, sealer: Sealer, fields: ApplicationFields) -> None:
    """Enter or change the workspace's application. Raises `Invalid` by field."""
    _require_admin(who)
    _require_known(fields.provider)
    before = _row(tx, who, fields.provider)
    faults = _faults(fields, stored=before is not None)
    if faults:
        raise Invalid(faults)
    sealed = _seal(sealer, who, fields) if fields.secret or before is None else before.sealed
    tx.run(sa.delete(applications).where(_mine(who, fields.provider)))
    row = {"workspace_id": who.workspace_id, "provider": fields.provider, "client_id": fields.client_id, "sealed": sealed}
    tx.run(sa.insert(applications), row | {"tenant": fields.tenant or _tenant_of(fields.provider), "changed_at": tx.now})
    _tell(tx, who, "application.register", fields.provider)


def remove_application(tx: Tx, who: Actor, provider: str) -> None:
    """Forget it. Mailboxes connected through it stop when their token runs out, unless the installation has one."""
    _require_admin(who)
    _require_known(provider)
    if tx.run(sa.delete(applications).where(_mine(who, provider))).rowcount:
        _tell(tx, who, "application.remove", provider)


def application_for(tx: Tx, who: Actor, sealer: Sealer, config: Config, provider: str) -> Application | None:
    """The application to use at a provider, secret opened. Raises `SealError` when it does not open."""
    row = _row(tx, who, provider)
    if row is None:
        return _shared(config, provider)
    secret = sealer.unseal(row.sealed, _place(who, provider)).decode()
    return Application(provider=provider, client_id=row.client_id, secret=secret, tenant=row.tenant)


def registered(tx: Tx, who: Actor, config: Config) -> dict[str, Registered]:
    """Which providers can be used, by name."""
    rows = {row.provider: row for row in tx.rows(sa.select(applications).where(applications.c.workspace_id == who.workspace_id))}
    found: dict[str, Registered] = {}
    for name in NAMES:
        shared, row = _shared(config, name), rows.get(name)
        if row is not None:
            found[name] = Registered(provider=name, client_id=row.client_id, tenant=row.tenant, changed_at=row.changed_at)
        elif shared is not None:
            found[name] = Registered(provider=name, client_id=shared.client_id, tenant=shared.tenant, shared=True)
    return found


def _shared(config: Config, provider: str) -> Application | None:
    client_id = config.google_client_id if provider == "google" else config.microsoft_client_id
    secret = config.google_client_secret if provider == "google" else config.microsoft_client_secret
    tenant = config.microsoft_tenant if provider == "microsoft" and is_tenant(config.microsoft_tenant) else _tenant_of(provider)
    if not client_id or not secret:
        return None
    return Application(provider=provider, client_id=client_id, secret=secret, tenant=tenant, shared=True)


def _faults(fields: ApplicationFields, *, stored: bool) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not _FORMS[fields.provider].fullmatch(fields.client_id):
        faults["client_id"] = _CLIENT_IDS[fields.provider]
    if (fields.secret or not stored) and not _SECRET.fullmatch(fields.secret):
        faults["client_secret"] = say("Paste the client secret as the provider shows it, without spaces.")
    elif fields.provider == "microsoft" and re.fullmatch(UUID, fields.secret):
        faults["client_secret"] = say("This is the secret’s ID. Copy what stands under Value; if it is hidden, make a new secret.")
    if fields.tenant and not is_tenant(fields.tenant):
        faults["tenant"] = say("Write the directory’s ID or domain, or common for accounts of any directory.")
    return faults


_SECRET = re.compile(r"[\x21-\x7e]{8,500}")
_FORMS = {"google": re.compile(r"[0-9a-z-]{6,100}\.apps\.googleusercontent\.com"), "microsoft": re.compile(UUID)}
_CLIENT_IDS = {
    "google": say("Paste the client ID; it ends with .apps.googleusercontent.com."),
    "microsoft": say("Paste the application (client) ID, such as 11111111-2222-3333-4444-555555555555."),
}


def _tenant_of(provider: str) -> str:
    return "common" if provider == "microsoft" else ""


def _tell(tx: Tx, who: Actor, action: str, provider: str) -> None:
    note_deed(tx, who, action, ("application", 0), name=provider_named(provider).label)


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators change inboxes.")
    if who.kind == "contact":
        raise Missing


def _require_known(provider: str) -> None:
    if provider not in NAMES:
        raise Invalid({"provider": say("Choose Google or Microsoft.")})


def _row(tx: Tx, who: Actor, provider: str) -> sa.Row[Any] | None:
    return tx.row(sa.select(applications).where(_mine(who, provider)))


def _mine(who: Actor, provider: str) -> sa.ColumnElement[bool]:
    return (applications.c.workspace_id == who.workspace_id) & (applications.c.provider == provider)


def _seal(sealer: Sealer, who: Actor, fields: ApplicationFields) -> bytes:
    return sealer.seal(fields.secret.encode(), _place(who, fields.provider))


def _place(who: Actor, provider: str) -> Place:
    return ("application", who.workspace_id, provider)
