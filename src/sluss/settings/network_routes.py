"""Connecting accounts at networks: the way there, the way back, the choice among accounts, and what the network approved."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.channels.consenting import Account, Came, Consent
from sluss.channels.contract import Connection, Refused, Unreachable
from sluss.channels.hosting import at_home
from sluss.channels.inboxes import (
    InboxFields,
    access_inbox,
    change_inbox,
    connection_of,
    found_inbox,
    own_addresses,
    restart_inbox,
    teams_of,
    with_address,
)
from sluss.channels.oauth.access import TokenSource
from sluss.channels.oauth.visits import Held, Visit, begin_visit, close_visit, end_visit, keep_accounts, new_asking, open_visit
from sluss.channels.registry import capabilities_of, channel_named, channel_names, check_settings, consent_of, form_of
from sluss.channels.templating import Templated, keep_templates
from sluss.kernel.actors import Actor
from sluss.kernel.addresses import WEB_PORTS
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.http import GuardedClient, Policy
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.settings.consent_routes import OWN_MACHINE, STATE
from sluss.settings.consent_screens import Connecting
from sluss.settings.forms import ids_of, typed_form, with_faults
from sluss.settings.inbox_queries import team_choices
from sluss.settings.network_pages import NetworkPages
from sluss.settings.network_queries import declared, network_screen
from sluss.settings.network_screens import AccountLine, Accounts
from sluss.settings.pages import kinds
from sluss.settings.wanted import Wanted
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

BACK = "/settings/networks/back"
CHOOSE = "/settings/networks/accounts"


@post("/settings/networks/connect", may=ADMINS, status_code=200)
async def connect_network(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Go and sign in at a network: for a new account with what stands in the form, or for one that is connected again."""
    typed = await typed_form(asked)
    stored = typed.value("inbox")
    try:
        held = await _again(edge, who, asked, int(stored)) if stored.isdecimal() and len(stored) < 19 else _new(asked, typed)
        url, begun, state = await _begin(edge, held)
    except Invalid as error:
        channel = typed.value("channel")
        wanted = Wanted(form=with_faults(typed, error, channel), kinds=kinds(channel), status=422)
        return await NetworkPages(channel).form_page(edge, asked, who, wanted)
    await edge.db.write(begin_visit, who, edge.keyring, (session.id, state), begun)
    label = _(capabilities_of(begun.channel, "public").label)
    screen = Connecting(label=label, inbox=typed.value("name"), address="", url=url)
    answer = asked.answer("settings/connecting.html", asked.page(_("Connecting"), "settings"), screen=screen)
    answer.headers["Refresh"] = f"0; url={url}"
    return answer


@get(BACK, may=ADMINS)
async def back_from_network(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Come back from a network with a code, or with its no."""
    state, code = (asked.request.query_params.get(name, "") for name in ("state", "code"))
    visit = await edge.db.write(end_visit, who, edge.keyring, session.id, state) if len(state) in STATE else None
    if visit is None:
        return asked.go("/settings/inboxes?consent=expired")
    try:
        accounts = await _found(edge, visit, code)
    except (Refused, Unreachable) as error:
        return await _sorry(edge, asked, who, visit, error.reason)
    if visit.held.inbox_id is not None:
        return await _connected_again(edge, asked, who, visit, accounts)
    await edge.db.write(keep_accounts, who, edge.keyring, visit, tuple(accounts))
    return asked.go(f"{CHOOSE}?visit={visit.id}")


@get(CHOOSE, may=ADMINS)
async def accounts(edge: Edge, asked: Asked, who: Actor, session: Session, visit: int = 0) -> Response[Any]:
    """Which of the accounts shall become inboxes."""
    try:
        return await _choose(edge, asked, who, (session.id, visit), Form())
    except Conflict:
        return asked.go("/settings/inboxes?consent=expired")


@post(CHOOSE, may=ADMINS)
async def connect_accounts(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Make an inbox of each account that was ticked."""
    typed = await typed_form(asked)
    visit_id = typed.value("consent")
    place = session.id, int(visit_id) if visit_id.isdecimal() and len(visit_id) < 19 else 0
    keys = tuple(one for one in typed.value("account").split("\n") if one)
    try:
        made = await edge.db.write(once, who, typed.value("op"), _make, edge.keyring, place, (keys, ids_of(typed, "team")))
    except Invalid as error:
        return await _choose(edge, asked, who, place, with_faults(typed, error))
    return asked.go(f"/settings/inboxes/{made[0]}" if len(made) == 1 else "/settings/inboxes")


@post("/settings/networks/{inbox_id:int}/templates", may=ADMINS)
async def ask_templates(edge: Edge, asked: Asked, who: Actor, inbox_id: int) -> Response[Any]:
    """Ask the network now what it approved."""
    connection = await edge.db.read(connection_of, who, inbox_id, edge.keyring)
    channel = channel_named(connection.channel)
    if not isinstance(channel, Templated):
        raise Conflict("The network of this inbox approves no texts.")
    connection = at_home(TokenSource(edge.db, edge.keyring, edge.config).attach(connection), edge.config.base_url)
    try:
        found = await channel.templates(connection)
    except (Refused, Unreachable) as error:
        return await _show_inbox(edge, asked, who, inbox_id, error.reason)
    await edge.db.write(keep_templates, who, inbox_id, found)
    return asked.go(f"/settings/inboxes/{inbox_id}#templates")


def _new(asked: Asked, typed: Form) -> Held:
    """A visit for a new account. Raises `Invalid` where something is missing that the network must be asked with."""
    channel = typed.value("channel")
    consent = _consent(channel)
    settings, secrets = form_of(channel).read_fields(typed.values)
    faults = {name: say("Fill this in.") for name in consent.NEEDS if not (settings.get(name) or secrets.get(name))}
    known, wrong = check_settings(channel, "", settings, secrets)
    faults |= {name: wrong[name] for name in wrong if name in consent.NEEDS or name == "api"}
    redirect_uri = _redirect_uri(asked)
    if not redirect_uri:
        faults[""] = say("Set SLUSS_BASE_URL to the address by which people reach Sluss first: the network leads back there.")
    if faults:
        raise Invalid(faults)
    return Held(channel=channel, redirect_uri=redirect_uri, verifier="", settings=known or settings, secrets=secrets)


async def _again(edge: Edge, who: Actor, asked: Asked, inbox_id: int) -> Held:
    connection = await edge.db.read(connection_of, who, inbox_id, edge.keyring)
    _consent(connection.channel)
    redirect_uri = _redirect_uri(asked)
    if not redirect_uri:
        raise Conflict(say("Set SLUSS_BASE_URL to the address by which people reach Sluss first: the network leads back there."))
    return Held(
        channel=connection.channel,
        redirect_uri=redirect_uri,
        verifier="",
        inbox_id=inbox_id,
        settings=connection.settings,
        secrets=connection.secrets,
    )


async def _begin(edge: Edge, held: Held) -> tuple[str, Held, str]:
    """The network's address to go to, what is kept until the person is back, and the state that they bring."""
    asking, verifier = new_asking(held.redirect_uri)
    try:
        async with _client(edge) as client:
            begun = await _consent(held.channel).begin(_connection(held), asking, client)
    except (Refused, Unreachable) as error:
        raise Invalid({"": error.reason}) from error
    kept = {"settings": held.settings | begun.settings, "secrets": held.secrets | begun.secrets}
    return begun.url, msgspec.structs.replace(held, verifier=verifier, **kept), asking.state


async def _found(edge: Edge, visit: Visit, code: str) -> list[Account]:
    if not code:
        raise Unreachable(say("The permission was not given at the network, so nothing was connected."))
    held = visit.held
    came = Came(code=code, verifier=held.verifier, redirect_uri=held.redirect_uri)
    async with _client(edge) as client:
        return await _consent(held.channel).finish(_connection(held), came, client)


@asynccontextmanager
async def _client(edge: Edge) -> AsyncGenerator[GuardedClient]:
    """Somebody signs in now and then: a kept connection would have ended meanwhile."""
    private = edge.config.private_servers
    client = GuardedClient(Policy(allow_private=private, allow_http=private, ports=None if private else WEB_PORTS, max_bytes=2_000_000))
    try:
        yield client
    finally:
        await client.aclose()


async def _connected_again(edge: Edge, asked: Asked, who: Actor, visit: Visit, found: list[Account]) -> Response[Any]:
    inbox = await edge.db.read(access_inbox, who, visit.held.inbox_id or 0)
    mine = [one for one in found if _fields(visit.held, one).address == inbox.address]
    if not mine:
        names = ", ".join(one.name for one in found) or "–"
        reason = say("You signed in for %(names)s, but this inbox is %(address)s. Nothing was kept.", names=names, address=inbox.address)
        return await _sorry(edge, asked, who, visit, reason)
    await edge.db.write(_renew, who, edge.keyring, visit, mine[0])
    return asked.go(f"/settings/inboxes/{inbox.id}")


async def _sorry(edge: Edge, asked: Asked, who: Actor, visit: Visit, reason: str) -> Response[Any]:
    """Nothing came of it: said where the visit began, with what was entered, but for secrets."""
    held = visit.held
    if held.inbox_id is not None:
        return await _show_inbox(edge, asked, who, held.inbox_id, reason)
    values = form_of(held.channel).show_fields(held.settings) | {"channel": held.channel, "how": "consent"}
    wanted = Wanted(form=Form(values=values, errors={"": _(reason)}), kinds=kinds(held.channel), status=200)
    return await NetworkPages(held.channel).form_page(edge, asked, who, wanted)


async def _show_inbox(edge: Edge, asked: Asked, who: Actor, inbox_id: int, reason: str) -> Response[Any]:
    screen = await edge.db.read(network_screen, who, (edge.keyring, edge.config), inbox_id)
    screen = msgspec.structs.replace(screen, says=_(reason))
    return asked.answer("settings/network_inbox.html", asked.page(screen.line.name, "settings"), screen=screen)


async def _choose(edge: Edge, asked: Asked, who: Actor, place: tuple[int, int], form: Form) -> Response[Any]:
    status = 422 if form.errors else 200
    screen = await edge.db.read(_accounts_screen, who, edge.keyring, place, form)
    return asked.answer("settings/network_accounts.html", asked.page(_("Choose accounts"), "settings"), status, screen=screen)


def _accounts_screen(tx: Tx, who: Actor, sealer: Sealer, place: tuple[int, int], form: Form) -> Accounts:
    visit = open_visit(tx, who, sealer, *place)
    taken = own_addresses(tx, who)
    lines = tuple(
        AccountLine(key=fields.address, name=one.name, detail=one.detail, taken=fields.address in taken)
        for one in visit.held.accounts
        if (fields := _fields(visit.held, one)).address
    )
    label = _(capabilities_of(visit.held.channel, "public").label)
    return Accounts(form=form, consent=str(visit.id), label=label, lines=lines, teams=team_choices(tx, who))


def _make(tx: Tx, who: Actor, sealer: Sealer, place: tuple[int, int], chosen: tuple[tuple[str, ...], tuple[int, ...]]) -> list[int]:
    visit = open_visit(tx, who, sealer, *place)
    keys, team_ids = chosen
    wanted = [fields for one in visit.held.accounts if (fields := _fields(visit.held, one)).address in keys]
    if not wanted:
        raise Invalid({"account": say("Tick at least one account.")})
    made = [found_inbox(tx, who, sealer, visit.held.channel, msgspec.structs.replace(one, team_ids=team_ids)) for one in wanted]
    close_visit(tx, who, visit.id)
    return made


def _renew(tx: Tx, who: Actor, sealer: Sealer, visit: Visit, account: Account) -> None:
    """Fresh tokens for an inbox that is there."""
    inbox = access_inbox(tx, who, visit.held.inbox_id or 0)
    found = _fields(visit.held, account)
    kept = {"name": inbox.name, "address": inbox.address, "settings": inbox.settings | found.settings}
    fields = msgspec.structs.replace(found, **kept, team_ids=teams_of(tx, who, inbox.id), reopen_days=inbox.reopen_days)
    change_inbox(tx, who, sealer, inbox.id, fields)
    restart_inbox(tx, who, inbox.id)
    close_visit(tx, who, visit.id)


def _fields(held: Held, account: Account) -> InboxFields:
    """What an account's inbox consists of: what was entered, and what the network told."""
    settings, secrets = held.settings | account.settings, held.secrets | account.secrets
    return with_address(declared(held.channel), InboxFields(name=account.name, address="", settings=settings, secrets=secrets))


def _connection(held: Held) -> Connection:
    return Connection(workspace_id=0, inbox_id=0, name="", address="", settings=held.settings, secrets=held.secrets, channel=held.channel)


def _consent(channel: str) -> Consent:
    found = consent_of(channel) if channel in channel_names() else None
    if found is None:
        raise Missing
    return found


def _redirect_uri(asked: Asked) -> str:
    """By the settings alone, never by what a request says of its host (T38, T41)."""
    config = asked.edge.config
    return f"{asked.origin}{BACK}" if config.base_url or config.host in OWN_MACHINE else ""


ROUTES: list[Any] = [connect_network, back_from_network, accounts, connect_accounts, ask_templates]
