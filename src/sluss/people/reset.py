"""Forgotten passwords. In: an address that somebody typed. Out: the same answer and the same work for every address; perhaps a letter.

The request writes down who asked for what and nothing else. The loop of letters finds out later whether anybody has the address, so
neither the answer nor its time can tell.
"""

from __future__ import annotations

import hashlib
import unicodedata

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from sluss.people.actions import ADDRESS, normal_address, require_admin, require_agent, set_password
from sluss.people.door import find_person
from sluss.people.invitations import confirm_address
from sluss.people.letters import TOPIC, notify_agent
from sluss.people.links import Link, find_link, use_link
from sluss.people.models import agents, credentials, reset_requests
from sluss.people.oidc_providers import find_provider, has_identity
from sluss.people.pending import end_pending
from sluss.people.queries import AgentRow, get_agent
from sluss.people.throttle import take_slot
from sluss.web.troubles import Gone

LETTERS_PER_HOUR = 3
REQUESTS_PER_NETWORK = 20
AT_ONCE = 50


class Opened(msgspec.Struct, frozen=True):
    """A link for a new password, and whom it is for."""

    link: Link
    agent: AgentRow


def ask_reset(tx: Tx, email: str, host: str, network: str) -> None:
    """Somebody wants a new password. Beyond the limits nothing is written, and nothing tells."""
    address = normal_address(email)[:ADDRESS]
    target = hashlib.sha256(canonical(address).encode("utf-8", "replace")).hexdigest()[:24]
    free = take_slot(tx, f"reset-network:{network}", REQUESTS_PER_NETWORK, HOUR)
    free = take_slot(tx, f"reset-target:{target}", LETTERS_PER_HOUR, HOUR) and free
    if free:
        tx.run(sa.insert(reset_requests), {"id": tx.new_id(), "email": address, "host": host[:ADDRESS], "asked_at": tx.now})
        tx.hint(TOPIC)


def mail_reset(tx: Tx, who: Actor, agent_id: int) -> None:
    """An administrator has a letter written with a link for a new password."""
    require_admin(who)
    agent = require_agent(tx, who, agent_id)
    if agent.disabled_at is not None:
        raise Conflict("This agent is disabled. Enable them first.")
    notify_agent(tx, who, agent_id, "no-password" if signs_in_elsewhere(tx, who, agent_id) else "reset")
    note_deed(tx, who, "agent.reset", ("agent", agent_id))


def canonical(address: str) -> str:
    """The mailbox that many ways of writing lead to: without case, dots, or what follows a plus."""
    local, _, domain = unicodedata.normalize("NFKC", address).casefold().strip().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain.rstrip('.')}"


def answer_requests(tx: Tx) -> int:
    """Write the letters that were asked for. Returns how many requests were looked at."""
    asked = tx.rows(sa.select(reset_requests).order_by(reset_requests.c.id).limit(AT_ONCE))
    for request in asked:
        if request.asked_at > tx.now - HOUR:
            _answer(tx, request.email, request.host)
    if asked:
        tx.run(sa.delete(reset_requests).where(reset_requests.c.id.in_([request.id for request in asked])))
    return len(asked)


def signs_in_elsewhere(tx: Tx, who: Actor, agent_id: int) -> bool:
    """Whether a password opens nothing to this agent: they have an identity and none, or the workspace takes none of theirs."""
    provider = find_provider(tx, who)
    if provider is not None and provider.only:
        return agent_id != provider.break_glass_id
    return not _has_password(tx, who, agent_id) and has_identity(tx, who, agent_id)


def find_opened(tx: Tx, token: str) -> Opened | None:
    """What a link for a new password opens: one that was mailed on request, or that an administrator gave."""
    link = find_link(tx, "reset", token) or find_link(tx, "password", token)
    return Opened(link, get_agent(tx, _holder(link), link.agent_id)) if link is not None else None


def set_by_link(tx: Tx, token: str, password_hash: str) -> None:
    """The new password, which ends every session. Second factors stay as they are."""
    link = use_link(tx, "reset", token) or use_link(tx, "password", token)
    if link is None:
        raise Gone("This link was used already.")
    set_password(tx, _holder(link), link.agent_id, password_hash)
    credential = sa.select(agents.c.credential_id).where(agents.c.workspace_id == link.workspace_id, agents.c.id == link.agent_id)
    end_pending(tx, int(tx.value(credential)))
    if link.mailed:
        confirm_address(tx, link.workspace_id, link.agent_id)


def _answer(tx: Tx, email: str, host: str) -> None:
    person = find_person(tx, email, host)
    if person is None:
        return
    who = system(person.workspace_id)
    kind = "no-password" if signs_in_elsewhere(tx, who, person.agent_id) else "reset"
    notify_agent(tx, who, person.agent_id, kind)


def _has_password(tx: Tx, who: Actor, agent_id: int) -> bool:
    c = credentials.c
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == agent_id)
    return bool(tx.value(sa.select(c.password_hash).join(agents, agents.c.credential_id == c.id).where(mine)))


def _holder(link: Link) -> Actor:
    """Whoever holds the link acts as the agent whom it is for, without a role."""
    return Actor(link.workspace_id, "agent", link.agent_id)
