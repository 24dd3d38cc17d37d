"""Inboxes: accounts connected to a network. In: what an administrator enters. Out: rows, claimed addresses, `Connection`s for adapters.

Secrets go in and come out only sealed or inside a `Connection`; no struct for the screens carries them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.channels import registry
from sluss.channels.addressing import all_addresses, fold_address
from sluss.channels.contract import Connection
from sluss.channels.events import InboxChanged
from sluss.channels.models import inbox_addresses, inboxes
from sluss.channels.oauth.grants import forget_grant
from sluss.channels.reconnecting import note_connected
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.sealing import Place, Sealer
from sluss.kernel.text import clean_line
from sluss.kernel.tokens import new_secret
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import get_workspace, the_brand
from sluss.people.models import inbox_teams, teams

NAME = 80
DAYS = 365


class InboxFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says about an inbox. An empty or absent secret stays as stored; `brand_id` None: the first."""

    name: str
    address: str
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    team_ids: tuple[int, ...] = ()
    reopen_days: int = 14
    brand_id: int | None = None


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox as the screens see it. Instants in microseconds UTC; `receiving` is `starting`, `ok` or `failing`."""

    workspace_id: int
    id: int
    brand_id: int
    channel: str
    name: str
    address: str
    settings: dict[str, Any]
    enabled: bool
    created_at: int
    changed_at: int
    last_received_at: int | None
    last_sent_at: int | None
    receiving: str
    receiving_error: str
    receiving_since: int
    send_failures: int
    paused_until: int | None
    paused_reason: str
    reopen_days: int
    archived_at: int | None
    reconnect: str = ""
    hook_greeted_at: int | None = None
    hook_received_at: int | None = None


def create_inbox(tx: Tx, who: Actor, sealer: Sealer, channel: str, fields: InboxFields) -> int:
    """Connect an account. Returns its id; raises `Invalid` by field, also when the address is claimed already, in whichever workspace."""
    _require_admin(who)
    inbox_id = tx.new_id()
    row = _checked(tx, who, channel, fields, {})
    row |= {"workspace_id": who.workspace_id, "id": inbox_id, "channel": channel, "brand_id": fields.brand_id or the_brand(tx, who)}
    row |= {"sealed": _seal(sealer, who, inbox_id, _given(fields)), "enabled": True, "created_at": tx.now}
    row |= {"receiving": "starting", "receiving_error": "", "receiving_since": tx.now, "send_failures": 0, "paused_reason": ""}
    tx.run(sa.insert(inboxes), row)
    _claim(tx, who, inbox_id, all_addresses(row["address"], row["settings"]))
    _set_teams(tx, who, inbox_id, fields.team_ids)
    _tell(tx, who, inbox_id, "inbox.create", name=row["name"], address=row["address"])
    return inbox_id


def change_inbox(tx: Tx, who: Actor, sealer: Sealer, inbox_id: int, fields: InboxFields) -> None:
    """Change what was entered; whoever receives for the inbox starts anew with it."""
    _require_admin(who)
    before = access_inbox(tx, who, inbox_id)
    _require_kept(before)
    stored = connection_of(tx, who, inbox_id, sealer).secrets
    secrets = stored | _given(fields)
    row = _checked(tx, who, before.channel, fields, stored)
    _set(tx, who, inbox_id, **row, sealed=_seal(sealer, who, inbox_id, secrets), receiving="starting", receiving_since=tx.now)
    _release_addresses(tx, who, inbox_id)
    _claim(tx, who, inbox_id, all_addresses(row["address"], row["settings"]))
    _set_teams(tx, who, inbox_id, fields.team_ids)
    if _account(before.address, before.settings) != _account(row["address"], row["settings"]):
        forget_grant(tx, who, inbox_id)
    if _given(fields):
        note_connected(tx, who, inbox_id)
    _tell(tx, who, inbox_id, "inbox.change", name=row["name"], address=row["address"])


def found_inbox(tx: Tx, who: Actor, sealer: Sealer, channel: str, fields: InboxFields) -> int:
    """`create_inbox`, for a channel whose inboxes Sluss itself gives an address and its first settings, too."""
    if (declared := registry.declared_form(channel)) is not None:
        return create_inbox(tx, who, sealer, channel, with_address(declared, fields))
    form = registry.placed_form(channel)
    if form is None:
        return create_inbox(tx, who, sealer, channel, fields)
    letters = [one.id for one in letter_inboxes(tx, who)]
    given = form.given(get_workspace(tx, who.workspace_id).time_zone, letters[0] if letters else 0)
    whole = {"address": given.address, "settings": given.settings | fields.settings, "secrets": given.secrets | fields.secrets}
    return create_inbox(tx, who, sealer, channel, msgspec.structs.replace(fields, **whole))


def with_address(declared: registry.DeclaredForm, fields: InboxFields) -> InboxFields:
    """The fields of a network's account: its address follows from what was entered, and what nobody else needs to know is made up."""
    made = {one.name: new_secret() for one in declared.FIELDS if one.made and not fields.secrets.get(one.name)}
    secrets = fields.secrets | made
    return msgspec.structs.replace(fields, address=declared.address_of(fields.settings, secrets), secrets=secrets)


def turn_secrets(tx: Tx, who: Actor, sealer: Sealer, inbox_id: int, turned: dict[str, str]) -> None:
    """Put secrets that Sluss has made in the place of those that are stored."""
    _require_admin(who)
    before = access_inbox(tx, who, inbox_id)
    _require_kept(before)
    _set(tx, who, inbox_id, sealed=_seal(sealer, who, inbox_id, turned), changed_at=tx.now)
    _tell(tx, who, inbox_id, "inbox.key", name=before.name)


def pause_inbox(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Neither receive nor send until it is resumed; what is to be sent waits."""
    _switch(tx, who, inbox_id, enabled=False)


def resume_inbox(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Receive and send again."""
    _switch(tx, who, inbox_id, enabled=True)
    tx.hint("operations")


def archive_inbox(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Disconnect for good: secrets are forgotten, the address is free for others, cases stay."""
    _require_admin(who)
    before = access_inbox(tx, who, inbox_id)
    _require_kept(before)
    _set(tx, who, inbox_id, enabled=False, sealed=b"", archived_at=tx.now)
    _release_addresses(tx, who, inbox_id)
    forget_grant(tx, who, inbox_id)
    _tell(tx, who, inbox_id, "inbox.archive", name=before.name, address=before.address)


def restart_inbox(tx: Tx, who: Actor, inbox_id: int) -> None:
    """Have whoever receives for the inbox begin anew."""
    _set(tx, who, inbox_id, changed_at=tx.now, receiving="starting", receiving_error="", receiving_since=tx.now)
    tx.emit(who, InboxChanged(inbox_id=inbox_id))
    tx.hint("inboxes")


def access_inbox(tx: Tx, who: Actor, inbox_id: int) -> Inbox:
    """The inbox of an id. One of another workspace, or not the actor's to see, is `Missing`."""
    row = tx.row(_columns().where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.id == inbox_id))
    if row is None or not who.may_see_inbox(inbox_id):
        raise Missing
    return _inbox(row)


def list_inboxes(tx: Tx, who: Actor) -> list[Inbox]:
    """Connected inboxes that the actor may see, by name."""
    mine = (inboxes.c.workspace_id == who.workspace_id) & inboxes.c.archived_at.is_(None)
    rows = tx.rows(_columns().where(mine).order_by(inboxes.c.name, inboxes.c.id))
    return [_inbox(row) for row in rows if who.may_see_inbox(row.id)]


def teams_of(tx: Tx, who: Actor, inbox_id: int) -> tuple[int, ...]:
    """Ids of the teams that handle an inbox."""
    mine = (inbox_teams.c.workspace_id == who.workspace_id) & (inbox_teams.c.inbox_id == inbox_id)
    return tuple(row.team_id for row in tx.rows(sa.select(inbox_teams.c.team_id).where(mine).order_by(inbox_teams.c.team_id)))


def letter_inboxes(tx: Tx, who: Actor) -> list[Inbox]:
    """Those by which a letter can go to any address, by name."""
    return [one for one in list_inboxes(tx, who) if registry.channel_named(one.channel).capabilities.is_letter]


def connection_of(tx: Tx, who: Actor, inbox_id: int, sealer: Sealer) -> Connection:
    """An inbox for its adapter, secrets opened. Raises `Missing`, and `SealError` when the secrets do not open."""
    found = access_inbox(tx, who, inbox_id)
    sealed = tx.value(sa.select(inboxes.c.sealed).where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.id == inbox_id))
    secrets = msgspec.json.decode(sealer.unseal(sealed, _place(who, inbox_id)), type=dict[str, str]) if sealed else {}
    return Connection(
        workspace_id=who.workspace_id,
        inbox_id=inbox_id,
        name=found.name,
        address=found.address,
        settings=found.settings,
        secrets=secrets,
        channel=found.channel,
    )


def inbox_at(tx: Tx, address: str) -> tuple[int, int] | None:
    """Workspace and inbox that an address, folded, leads to; None when it leads nowhere or its inbox is paused."""
    a, i = inbox_addresses.c, inboxes.c
    joined = inbox_addresses.join(inboxes, (i.workspace_id == a.workspace_id) & (i.id == a.inbox_id))
    row = tx.row(sa.select(i.workspace_id, i.id).select_from(joined).where(a.address == fold_address(address), i.enabled))
    return (row.workspace_id, row.id) if row is not None else None


def own_addresses(tx: Tx, who: Actor) -> frozenset[str]:
    """Every address of the workspace's inboxes: nothing is ever sent to these."""
    mine = inbox_addresses.c.workspace_id == who.workspace_id
    return frozenset(row.address for row in tx.rows(sa.select(inbox_addresses.c.address).where(mine)))


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators change inboxes.")
    if who.kind == "contact":
        raise Missing


def _require_kept(inbox: Inbox) -> None:
    if inbox.archived_at is not None:
        raise Conflict("This inbox was archived. Connect the account again as a new inbox.")


def _checked(tx: Tx, who: Actor, channel: str, fields: InboxFields, stored: dict[str, str]) -> dict[str, Any]:
    """The columns that fields fill, or `Invalid` with every fault at once."""
    name, address = clean_line(fields.name), fold_address(fields.address)
    settings, faults = registry.check_settings(channel, address, fields.settings, stored | _given(fields))
    if not 0 < len(name) <= NAME:
        faults["name"] = "Give the inbox a name of at most 80 characters."
    if not address:
        faults.setdefault("address", "Enter the address that customers write to.")
    if not 0 <= fields.reopen_days <= DAYS:
        faults["reopen_days"] = "Choose between 0 and 365 days."
    faults |= _wrong_onward(tx, who, settings)
    if set(fields.team_ids) - _known_teams(tx, who):
        faults["team"] = "Choose teams of this workspace."
    if faults:
        raise Invalid(faults)
    return {"name": name, "address": address, "settings": settings, "reopen_days": fields.reopen_days, "changed_at": tx.now}


def _wrong_onward(tx: Tx, who: Actor, settings: dict[str, Any]) -> dict[str, str]:
    """The inboxes by which a matter goes on must be the workspace's own, and able to."""
    wrong: dict[str, str] = {}
    chosen = {name: settings[name] for name in ("mail_inbox_id", "private_mail_inbox_id", "private_chat_inbox_id") if settings.get(name)}
    there = list_inboxes(tx, who) if chosen else []
    letters = {one.id for one in there if registry.channel_named(one.channel).capabilities.is_letter}
    chats = {one.id for one in there if registry.placed_form(one.channel) is not None}
    for name, inbox_id in chosen.items():
        if inbox_id not in (chats if "chat" in name else letters):
            wrong[name] = say("Choose a chat of the list.") if "chat" in name else say("Choose a mail inbox of the list.")
    return wrong


def _known_teams(tx: Tx, who: Actor) -> set[int]:
    return {row.id for row in tx.rows(sa.select(teams.c.id).where(teams.c.workspace_id == who.workspace_id))}


def _account(address: str, settings: dict[str, Any]) -> tuple[Any, ...]:
    """What access that was given is good for."""
    return settings.get("auth"), fold_address(address), settings.get("user")


def _given(fields: InboxFields) -> dict[str, str]:
    return {name: value for name, value in fields.secrets.items() if value}


def _seal(sealer: Sealer, who: Actor, inbox_id: int, secrets: dict[str, str]) -> bytes:
    return sealer.seal(msgspec.json.encode(secrets), _place(who, inbox_id))


def _place(who: Actor, inbox_id: int) -> Place:
    return ("inbox", who.workspace_id, inbox_id)


def _claim(tx: Tx, who: Actor, inbox_id: int, addresses: Sequence[str]) -> None:
    """An address leads to one inbox of the whole installation; the unique key decides, so that two claims at once cannot both win."""
    for number, address in enumerate(addresses):
        try:
            with tx.attempt():
                tx.run(sa.insert(inbox_addresses), {"workspace_id": who.workspace_id, "address": address, "inbox_id": inbox_id})
        except IntegrityError:
            raise Invalid(
                {"aliases" if number else "address": say("%(address)s is already connected to an inbox.", address=address)}
            ) from None


def _release_addresses(tx: Tx, who: Actor, inbox_id: int) -> None:
    mine = (inbox_addresses.c.workspace_id == who.workspace_id) & (inbox_addresses.c.inbox_id == inbox_id)
    tx.run(sa.delete(inbox_addresses).where(mine))


def _set_teams(tx: Tx, who: Actor, inbox_id: int, team_ids: Sequence[int]) -> None:
    mine = (inbox_teams.c.workspace_id == who.workspace_id) & (inbox_teams.c.inbox_id == inbox_id)
    tx.run(sa.delete(inbox_teams).where(mine))
    rows = [{"workspace_id": who.workspace_id, "inbox_id": inbox_id, "team_id": one} for one in dict.fromkeys(team_ids)]
    if rows:
        tx.run(sa.insert(inbox_teams), rows)


def _switch(tx: Tx, who: Actor, inbox_id: int, *, enabled: bool) -> None:
    _require_admin(who)
    before = access_inbox(tx, who, inbox_id)
    _require_kept(before)
    if before.enabled == enabled:
        return
    _set(tx, who, inbox_id, enabled=enabled, changed_at=tx.now, receiving="starting", receiving_error="", receiving_since=tx.now)
    _tell(tx, who, inbox_id, "inbox.resume" if enabled else "inbox.pause", name=before.name)


def _set(tx: Tx, who: Actor, inbox_id: int, **values: Any) -> None:
    tx.run(sa.update(inboxes).where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.id == inbox_id).values(**values))


def _tell(tx: Tx, who: Actor, inbox_id: int, action: str, **data: Any) -> None:
    tx.emit(who, InboxChanged(inbox_id=inbox_id))
    tx.hint("inboxes")
    note_deed(tx, who, action, ("inbox", inbox_id), **data)


def _columns() -> sa.Select[Any]:
    return sa.select(*(inboxes.c[name] for name in Inbox.__struct_fields__))


def _inbox(row: sa.Row[Any]) -> Inbox:
    return Inbox(**dict(zip(Inbox.__struct_fields__, row, strict=True)))
