"""Tokens: programs that act as an agent. In: a name, scopes, an end. Out: a word that is shown once, and the agent it stands for.

A token is `sluss_`, 43 letters and digits of 256 random bits, and 6 of their checksum, so that whoever scans texts for secrets finds it
and takes nothing else for it. Kept is its hash. What it may do is worked out anew at each request: never more than its agent may then.
"""

from __future__ import annotations

import re
import secrets
import zlib
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.people.actions import require_admin, require_agent
from sluss.people.models import agent_identities, agents, api_tokens, factors, oidc_providers
from sluss.people.rules import rule_of
from sluss.people.scopes import SCOPES
from sluss.people.sessions import inboxes_of
from sluss.web.proxies import parse_networks

PREFIX = "sluss_"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BODY, SUM = 43, 6
USED_EVERY = 5 * MINUTE
NAME = 80
NETWORKS = 20
MOST = 50
LASTS = (30, 90, 365, 0)
"""Days that one may choose from; 0 is for ever."""
USUAL = 90

_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{BODY + SUM}}}")


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token to make. `agent_id` is whom it acts as; `token_hash` belongs to the word that only its maker was shown."""

    token_hash: bytes
    hint: str
    name: str
    scopes: tuple[str, ...]
    agent_id: int
    days: int = USUAL
    networks: str = ""

    def essence(self) -> Any:
        """What makes two forms the same: not the word, which is another each time."""
        return msgspec.structs.replace(self, token_hash=b"", hint="")


class TokenLine(msgspec.Struct, frozen=True, kw_only=True):
    """One token in a list; instants in µs UTC. `hint` is the end of the word."""

    id: int
    agent_id: int
    agent: str
    name: str
    hint: str
    scopes: list[str]
    networks: str
    created_at: int
    created_by: int
    expires_at: int | None
    used_at: int | None
    used_from: str
    revoked_at: int | None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """A good token, and the agent it acts as, as of now.

    `factor_due`: from when on it opens nothing, since its agent made it and owes the workspace a second factor.
    """

    id: int
    who: Actor
    scopes: frozenset[str]
    networks: str
    used_at: int | None
    factor_due: int | None = None


def new_word() -> str:
    """A fresh token."""
    number, body = secrets.randbits(256), ""
    for _ in range(BODY):
        number, digit = divmod(number, len(ALPHABET))
        body += ALPHABET[digit]
    return PREFIX + body + _checksum(body)


def is_word(text: str) -> bool:
    """Whether a text has the form of a token and its checksum fits."""
    return _FORM.fullmatch(text) is not None and text[-SUM:] == _checksum(text[len(PREFIX) : -SUM])


def hint_of(word: str) -> str:
    """The part of a token by which its owner knows it again."""
    return word[-4:]


def create_token(tx: Tx, who: Actor, new: NewToken) -> int:
    """Make a token: everybody for themselves, an administrator for any agent. Returns its id."""
    if new.agent_id != who.id:
        require_admin(who)
    agent = require_agent(tx, who, new.agent_id)
    if agent.disabled_at is not None:
        raise Conflict("This agent is disabled. Enable them first.")
    row = _checked(tx, who, new)
    row |= {"id": tx.new_id(), "workspace_id": who.workspace_id, "agent_id": new.agent_id, "created_at": tx.now, "created_by": who.id}
    tx.run(sa.insert(api_tokens), row | {"used_at": None, "used_from": "", "revoked_at": None})
    note_deed(tx, who, "token.create", ("agent", new.agent_id), token=str(row["id"]), scopes=sorted(new.scopes), days=new.days)
    return int(row["id"])


def revoke_token(tx: Tx, who: Actor, token_id: int) -> None:
    """End a token for good: one's own, or as an administrator anybody's. Raises `Missing`."""
    c = api_tokens.c
    mine = (c.workspace_id == who.workspace_id) & (c.id == token_id)
    agent_id = tx.value(sa.select(c.agent_id).where(mine))
    if agent_id is None or (agent_id != who.id and who.role != "admin" and who.kind != "system"):
        raise Missing
    if tx.run(sa.update(api_tokens).where(mine, c.revoked_at.is_(None)).values(revoked_at=tx.now)).rowcount:
        note_deed(tx, who, "token.revoke", ("agent", agent_id), token=str(token_id))


def find_holder(tx: Tx, token_hash: bytes) -> Holder | None:
    """Whom a token stands for, if it is good and its agent may still come in."""
    t, a = api_tokens.c, agents.c
    joined = api_tokens.join(agents, (a.workspace_id == t.workspace_id) & (a.id == t.agent_id))
    good = (t.token_hash == token_hash) & t.revoked_at.is_(None) & a.disabled_at.is_(None)
    of_agent = (a.name.label("agent"), a.role, a.language, a.credential_id, a.created_at.label("joined_at"))
    row = tx.row(sa.select(api_tokens, *of_agent).select_from(joined).where(good))
    if row is None or (row.expires_at is not None and row.expires_at <= tx.now):
        return None
    sees = inboxes_of(tx, row.workspace_id, row.agent_id, row.role)
    who = Actor(row.workspace_id, "agent", row.agent_id, row.agent, row.role, sees, row.language)
    due = _factor_due(tx, row)
    return Holder(id=row.id, who=who, scopes=frozenset(row.scopes), networks=row.networks, used_at=row.used_at, factor_due=due)


def is_token(tx: Tx, who: Actor, token_id: int, token_hash: bytes) -> bool:
    """Whether a token is this one."""
    c = api_tokens.c
    return tx.value(sa.select(c.token_hash).where(c.workspace_id == who.workspace_id, c.id == token_id)) == token_hash


def touch_token(tx: Tx, token_id: int, address: str) -> None:
    """The token was used, from there."""
    tx.run(sa.update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=tx.now, used_from=address))


def list_tokens(tx: Tx, who: Actor, *, everybody: bool = False) -> list[TokenLine]:
    """One's own tokens that are not revoked, newest first; for an administrator who asks, those of everybody."""
    t, a = api_tokens.c, agents.c
    joined = api_tokens.join(agents, (a.workspace_id == t.workspace_id) & (a.id == t.agent_id))
    mine = (t.workspace_id == who.workspace_id) & t.revoked_at.is_(None)
    if everybody:
        require_admin(who)
    else:
        mine &= t.agent_id == who.id
    columns = [a.name.label("agent") if name == "agent" else t[name] for name in TokenLine.__struct_fields__]
    return tx.structs(TokenLine, sa.select(*columns).select_from(joined).where(mine).order_by(t.id.desc()))


def forget_old_tokens(tx: Tx) -> int:
    """Remove tokens that ended more than a year ago; the audit log still tells of them. Returns how many."""
    ended = sa.func.coalesce(api_tokens.c.revoked_at, api_tokens.c.expires_at)
    return tx.run(sa.delete(api_tokens).where(ended < tx.now - 365 * DAY)).rowcount


def _factor_due(tx: Tx, row: sa.Row[Any]) -> int | None:
    """What an administrator made for a program's own agent, which signs in nowhere, wants none; nor whom a trusted provider vouches for."""
    due = rule_of(tx, row.workspace_id).due(row.role, row.joined_at) if row.created_by == row.agent_id else None
    if due is None or tx.value(sa.select(factors.c.id).where(factors.c.credential_id == row.credential_id).limit(1)) is not None:
        return None
    i, o = agent_identities.c, oidc_providers.c
    joined = agent_identities.join(oidc_providers, (o.workspace_id == i.workspace_id) & (o.issuer == i.issuer) & o.trusts_factors)
    vouched = sa.select(i.id).select_from(joined).where(i.workspace_id == row.workspace_id, i.agent_id == row.agent_id)
    return due if tx.value(vouched.limit(1)) is None else None


def _checked(tx: Tx, who: Actor, new: NewToken) -> dict[str, Any]:
    """The columns that a new token fills, or `Invalid` with every fault at once."""
    faults: dict[str, str] = {}
    name = clean_line(new.name)
    if not 0 < len(name) <= NAME:
        faults["name"] = "Say what it is for, in at most 80 characters."
    if not new.scopes or not set(new.scopes) <= SCOPES.keys():
        faults["scope"] = "Choose at least one thing that it may do."
    if new.days not in LASTS:
        faults["days"] = "Choose one of the list."
    networks = _networks(new.networks)
    if networks is None:
        faults["networks"] = "Write networks as 192.0.2.0/24, separated by commas; at most 20."
    c = api_tokens.c
    held = sa.select(sa.func.count()).where(c.workspace_id == who.workspace_id, c.agent_id == new.agent_id, c.revoked_at.is_(None))
    if not faults and tx.value(held) >= MOST:
        faults["name"] = "There are 50 tokens already. Revoke those that are no longer used."
    if faults:
        raise Invalid(faults)
    expires_at = tx.now + new.days * DAY if new.days else None
    made = {"token_hash": new.token_hash, "hint": new.hint, "name": name, "scopes": sorted(set(new.scopes))}
    return made | {"networks": networks, "expires_at": expires_at}


def _networks(typed: str) -> str | None:
    try:
        found = parse_networks(typed.strip()[:2000])
    except ValueError:
        return None
    return ", ".join(map(str, found)) if len(found) <= NETWORKS else None


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(SUM):
        number, digit = divmod(number, len(ALPHABET))
        text += ALPHABET[digit]
    return text
