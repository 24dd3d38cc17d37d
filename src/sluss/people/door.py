"""Signing in and out.

In: an address and a password, or a one-time link, or the word of an identity provider.
Out: the second step for those who have a factor, else a session and its cookies; or a refusal that tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed, note_visit
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Forbidden
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import find_workspace
from sluss.people import browser, passwords
from sluss.people.access import PROTECT, give_session
from sluss.people.actions import normal_address
from sluss.people.factors import has_factor
from sluss.people.letters import notify_agent
from sluss.people.models import agents, credentials, sessions
from sluss.people.oidc_providers import passwords_off
from sluss.people.pending import LASTS as PENDING_LASTS
from sluss.people.pending import Waiting, begin_pending
from sluss.people.rules import rule_of
from sluss.people.sessions import TOPIC, Browser, Proof, open_session
from sluss.people.throttle import Try, begin_try, forgive, has_devices, is_known, remember_device, try_of
from sluss.web.edge import Asked, Edge, local_path
from sluss.web.proxies import client_address, client_network
from sluss.web.troubles import TooManyTries

SECOND_STEP = "/sign-in/second"
VOUCHED = "oidc-mfa"
"""An identity provider whose word the workspace takes says that there were two steps already."""
PROVED_OTHERWISE = frozenset({"oidc", VOUCHED, "invitation"})
"""Ways in that hold where the workspace takes no passwords and no passkeys."""
NO_PASSWORDS = say("Your workspace lets you in by its identity provider only.")


class Person(msgspec.Struct, frozen=True):
    """Somebody who might sign in."""

    credential_id: int
    workspace_id: int
    agent_id: int
    name: str
    password_hash: str


class Looked(msgspec.Struct, frozen=True):
    """How a try went: the person if the password was right, and whether the browser was known before."""

    person: Person | None
    tried: Try
    known: bool


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody comes in: `how` they proved who they are, by which browser, in place of which session, and where they want to go."""

    how: str
    onward: str
    browser: Browser
    before: bytes
    device: str
    config: Config


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser is given, and the path it goes to: a session, or a pending sign-in that wants the second factor."""

    path: str
    session: str = ""
    device: str = ""
    pending: str = ""


async def sign_in(edge: Edge, asked: Asked, email: str, password: str, onward: str = "/") -> Entered | None:
    """Sign in with a password. Returns how far that led, None when address or password are wrong. Raises `TooManyTries`."""
    looked = await _look(edge, asked, normal_address(email), password)
    if looked.person is None or await edge.db.read(passwords_off, looked.person.workspace_id, looked.person.agent_id):
        return None
    await edge.db.write(forgive, looked.tried)
    return await _proceed(edge, asked, looked.person, way_of(edge, asked, "password", onward))


async def proceed(edge: Edge, asked: Asked, person: Person, how: str, onward: str = "/") -> str:
    """Somebody has proved who they are, by `how`: a password, an identity provider. Returns the path to go to, always one of ours.

    Who has a second factor is asked for it there; to anybody else a session is open when this returns.
    """
    return (await _proceed(edge, asked, person, way_of(edge, asked, how, onward))).path


async def is_password(edge: Edge, asked: Asked, email: str, password: str) -> bool:
    """Whether this is the person's password; guesses are slowed as at the door."""
    looked = await _look(edge, asked, email, password)
    if looked.person is None:
        return False
    await edge.db.write(forgive, looked.tried)
    return True


async def is_credential(edge: Edge, asked: Asked, credential_id: int, typed: tuple[str, str]) -> bool:
    """Whether address and password are those of an account, wherever its owner works; guesses are slowed as at the door."""
    looked = await _try(edge, asked, typed, await edge.db.read(_owner, credential_id))
    if looked.person is None:
        return False
    await edge.db.write(forgive, looked.tried)
    return True


async def enter(edge: Edge, asked: Asked, workspace_id: int, agent_id: int) -> None:
    """Sign in whoever has just proved to be this agent by a one-time link."""
    seen = browser.describe(asked.request, edge.config)
    give_session(asked.request, edge, await edge.db.write(open_session, workspace_id, agent_id, seen, edge.config))


async def sign_out(edge: Edge, asked: Asked) -> None:
    """End the session of this browser, whatever became of it."""
    await edge.db.write(_end, token_before(edge, asked))
    browser.drop_cookie(asked.request, edge.config, browser.SESSION)


def way_of(edge: Edge, asked: Asked, how: str, onward: str) -> Way:
    """How this request comes in."""
    return Way(
        how=how,
        onward=local_path(onward),
        browser=browser.describe(asked.request, edge.config),
        before=token_before(edge, asked),
        device=browser.read_cookie(asked.request, edge.config, browser.DEVICE),
        config=edge.config,
    )


def give(edge: Edge, asked: Asked, entered: Entered) -> None:
    """The cookies of whoever has come one step further; those of the step before are taken back."""
    if entered.pending:
        browser.set_cookie(asked.request, edge.config, browser.PENDING, entered.pending, PENDING_LASTS // SECOND)
        return
    give_session(asked.request, edge, entered.session)
    browser.drop_cookie(asked.request, edge.config, browser.PENDING)
    if entered.device:
        browser.set_cookie(asked.request, edge.config, browser.DEVICE, entered.device, 90 * 86_400)


def find_person(tx: Tx, email: str, host: str) -> Person | None:
    """Who an address is at a host name: an agent of its workspace, or of the only workspace they work in."""
    return _person(tx, credentials.c.email == email, host)


def person_of(tx: Tx, credential_id: int, host: str) -> Person | None:
    """Who a credential is at a host name, as `find_person` finds them."""
    return _person(tx, credentials.c.id == credential_id, host)


def person_as(tx: Tx, workspace_id: int, agent_id: int) -> Person | None:
    """An agent who is not shut out."""
    a = agents.c
    return _one(tx.rows(_people().where(a.workspace_id == workspace_id, a.id == agent_id)))


def go_on(tx: Tx, person: Person, way: Way) -> Entered:
    """After the first proof: the second step for those who have a factor, a session for the others."""
    if way.how == VOUCHED or not has_factor(tx, person.credential_id):
        return let_in(tx, person, way)
    waiting = Waiting(person.credential_id, person.workspace_id, person.agent_id, way.how, way.onward)
    return Entered(path=SECOND_STEP, pending=begin_pending(tx, waiting))


def let_in(tx: Tx, person: Person, way: Way) -> Entered:
    """Open the session and end the one that this browser had. Whoever needs a factor and has none is led to set one up."""
    if way.how.partition(",")[0] not in PROVED_OTHERWISE and passwords_off(tx, person.workspace_id, person.agent_id):
        raise Forbidden(NO_PASSWORDS)
    _end(tx, way.before)
    who = Actor(person.workspace_id, "agent", person.agent_id, person.name)
    note_visit(tx, who, "agent.sign_in", (way.browser.address, way.browser.device), how=way.how.split(", "))
    known = bool(way.device) and is_known(tx, way.device, person.credential_id)
    if not known and has_devices(tx, person.credential_id):
        notify_agent(tx, who, person.agent_id, "device", at=tx.now, device=way.browser.device, address=way.browser.address)
    return Entered(
        path=_onward(tx, person, way), session=_open(tx, person, way), device="" if known else remember_device(tx, person.credential_id)
    )


def token_before(edge: Edge, asked: Asked) -> bytes:
    """The hash of the session token that this browser has brought."""
    return hash_of(browser.read_cookie(asked.request, edge.config, browser.SESSION))


async def _look(edge: Edge, asked: Asked, email: str, password: str) -> Looked:
    """Count the try and look at the password; the same work is done for an address that nobody has."""
    return await _try(edge, asked, (email, password), await edge.db.read(find_person, email, asked.host))


async def _try(edge: Edge, asked: Asked, typed: tuple[str, str], person: Person | None) -> Looked:
    email, password = typed
    device = browser.read_cookie(asked.request, edge.config, browser.DEVICE)
    known = bool(device) and person is not None and await edge.db.read(is_known, device, person.credential_id)
    tried = try_of(email, client_network(client_address(asked.request.scope, edge.config)), device if known else "")
    wait = await edge.db.write(begin_try, tried)
    if wait:
        raise TooManyTries(wait)
    right = await passwords.fits(password, person.password_hash or None if person is not None else None)
    return Looked(person if right else None, tried, known)


async def _proceed(edge: Edge, asked: Asked, person: Person, way: Way) -> Entered:
    entered = await edge.db.write(go_on, person, way)
    give(edge, asked, entered)
    return entered


def _person(tx: Tx, mine: sa.ColumnElement[bool], host: str) -> Person | None:
    workspace = find_workspace(tx, host)
    rows = tx.rows(_people().where(mine))
    here = [row for row in rows if workspace is not None and row.workspace_id == workspace.id]
    chosen = here or (list(rows) if workspace is None and len(rows) == 1 else [])
    return Person(*chosen[0]) if chosen else None


def _owner(tx: Tx, credential_id: int) -> Person | None:
    return _one(tx.rows(_people().where(credentials.c.id == credential_id).limit(1)))


def _one(rows: Sequence[sa.Row[Any]]) -> Person | None:
    return Person(*rows[0]) if rows else None


def _people() -> sa.Select[*tuple[Any, ...]]:
    a, c = agents.c, credentials.c
    columns = sa.select(c.id, a.workspace_id, a.id, a.name, c.password_hash).join(credentials, c.id == a.credential_id)
    return columns.where(a.disabled_at.is_(None))


def _open(tx: Tx, person: Person, way: Way) -> str:
    """Who came by the provider of one workspace has not shown what would let them change the account that they use in others too."""
    theirs = sa.select(sa.func.count()).select_from(agents).where(agents.c.credential_id == person.credential_id)
    proof = Proof(fresh=not way.how.startswith("oidc") or int(tx.value(theirs)) == 1, vouched=way.how == VOUCHED)
    return open_session(tx, person.workspace_id, person.agent_id, way.browser, way.config, proof=proof)


def _onward(tx: Tx, person: Person, way: Way) -> str:
    role = tx.value(sa.select(agents.c.role).where(agents.c.workspace_id == person.workspace_id, agents.c.id == person.agent_id))
    wanting = rule_of(tx, person.workspace_id).demands(role) and way.how != VOUCHED and not has_factor(tx, person.credential_id)
    return f"{PROTECT}?{urlencode({'next': way.onward})}" if wanting else way.onward


def _end(tx: Tx, token_hash: bytes) -> None:
    c = sessions.c
    ended: Any = tx.row(sa.select(c.id, c.workspace_id, c.agent_id).where((c.token_hash == token_hash) | (c.previous_hash == token_hash)))
    if ended is not None:
        tx.run(sa.delete(sessions).where(c.id == ended.id))
        note_deed(tx, system(ended.workspace_id), "agent.sign_out", ("agent", ended.agent_id))
        tx.hint(TOPIC)
