"""Signing in and out.

In: an address and a password, or a one-time link. Out: a session and its cookies, or a refusal that tells nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import find_workspace
from sluss.people import browser, passwords
from sluss.people.access import give_session
from sluss.people.actions import normal_address
from sluss.people.models import agents, credentials, sessions
from sluss.people.sessions import TOPIC, Browser, open_session
from sluss.people.throttle import Try, begin_try, forgive, is_known, remember_device, try_of
from sluss.web.edge import Asked, Edge
from sluss.web.proxies import client_address, client_network
from sluss.web.troubles import TooManyTries


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


class Way(msgspec.Struct, frozen=True):
    """How somebody comes in: by which browser, in place of which session."""

    browser: Browser
    before: bytes
    config: Config


async def sign_in(edge: Edge, asked: Asked, email: str, password: str) -> int | None:
    """Sign in with a password. Returns the agent's id, None when address or password are wrong. Raises `TooManyTries`."""
    looked = await _look(edge, asked, normal_address(email), password)
    if looked.person is None:
        return None
    tokens = await edge.db.write(
        let_in, looked.person, looked, Way(browser.describe(asked.request, edge.config), _token_before(edge, asked), edge.config)
    )
    await _give(edge, asked, tokens)
    return looked.person.agent_id


async def is_password(edge: Edge, asked: Asked, email: str, password: str) -> bool:
    """Whether this is the person's password; guesses are slowed as at the door."""
    looked = await _look(edge, asked, email, password)
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
    await edge.db.write(_end, _token_before(edge, asked))
    browser.drop_cookie(asked.request, edge.config, browser.SESSION)


def find_person(tx: Tx, email: str, host: str) -> Person | None:
    """Who an address is at a host name: an agent of its workspace, or of the only workspace they work in."""
    workspace = find_workspace(tx, host)
    a, c = agents.c, credentials.c
    wanted = sa.select(c.id, a.workspace_id, a.id, a.name, c.password_hash).join(credentials, c.id == a.credential_id)
    rows = tx.rows(wanted.where(c.email == email, a.disabled_at.is_(None)))
    here = [row for row in rows if workspace is not None and row.workspace_id == workspace.id]
    chosen = here or (list(rows) if workspace is None and len(rows) == 1 else [])
    return Person(*chosen[0]) if chosen else None


def let_in(tx: Tx, person: Person, looked: Looked, way: Way) -> tuple[str, str]:
    """Open the session and end the one that this browser had. Returns its token, and one for the device if that was not known."""
    _end(tx, way.before)
    forgive(tx, looked.tried)
    who = Actor(person.workspace_id, "agent", person.agent_id, person.name)
    note_deed(tx, who, "agent.sign_in", ("agent", person.agent_id), address=way.browser.address, device=way.browser.device)
    token = open_session(tx, person.workspace_id, person.agent_id, way.browser, way.config)
    return token, "" if looked.known else remember_device(tx, person.credential_id)


async def _look(edge: Edge, asked: Asked, email: str, password: str) -> Looked:
    """Count the try and look at the password; the same work is done for an address that nobody has."""
    person = await edge.db.read(find_person, email, asked.host)
    device = browser.read_cookie(asked.request, edge.config, browser.DEVICE)
    known = bool(device) and person is not None and await edge.db.read(is_known, device, person.credential_id)
    tried = try_of(email, client_network(client_address(asked.request.scope, edge.config)), known=known)
    wait = await edge.db.write(begin_try, tried)
    if wait:
        raise TooManyTries(wait)
    right = await passwords.fits(password, person.password_hash or None if person is not None else None)
    return Looked(person if right else None, tried, known)


async def _give(edge: Edge, asked: Asked, tokens: tuple[str, str]) -> None:
    session, device = tokens
    give_session(asked.request, edge, session)
    if device:
        browser.set_cookie(asked.request, edge.config, browser.DEVICE, device, 90 * 86_400)


def _end(tx: Tx, token_hash: bytes) -> None:
    c = sessions.c
    ended: Any = tx.row(sa.select(c.id, c.workspace_id, c.agent_id).where((c.token_hash == token_hash) | (c.previous_hash == token_hash)))
    if ended is not None:
        tx.run(sa.delete(sessions).where(c.id == ended.id))
        note_deed(tx, system(ended.workspace_id), "agent.sign_out", ("agent", ended.agent_id))
        tx.hint(TOPIC)


def _token_before(edge: Edge, asked: Asked) -> bytes:
    return hash_of(browser.read_cookie(asked.request, edge.config, browser.SESSION))
