"""Sessions: who a browser is. In: a token of 256 bits, stored only as its hash. Out: a `Session` that everything else is decided by.

A token is exchanged for a new one every hour; the one before stays good for a minute, so that requests on their way arrive.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import Actor, Role
from sluss.kernel.clock import DAY, HOUR, MINUTE
from sluss.kernel.errors import Missing
from sluss.kernel.live import Sight, Watcher
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces
from sluss.people import rules
from sluss.people.models import agents, credentials, factors, inbox_teams, sessions, sign_in_rules, team_members
from sluss.web.edge import Reader
from sluss.web.shell import Viewer

ROTATE = HOUR
OVERLAP = MINUTE
SEEN_EVERY = 5 * MINUTE
SEES_EVERYTHING: frozenset[Role] = frozenset({"admin", "lead"})
SEES_TEAMS: frozenset[Role] = frozenset({"agent", "reviewer"})
TOPIC = "sessions"
"""Hint given with every change of who may do what; processes forget what they remembered."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser, its agent and their workspace, as of now.

    `old`: opened by the token before the last exchange; `lost`: so long after it that the answer with the new token cannot have arrived.
    `unused`: the newest token has not been seen from the browser before. `fresh_at`: when the agent last proved who they are.
    `factor_due`: from when on nothing but their own page opens to them, for want of a second factor; None where none is wanting.
    """

    id: int
    workspace_id: int
    agent_id: int
    credential_id: int
    csrf: str
    rotated_at: int
    fresh_at: int | None
    seen_at: int
    name: str
    email: str
    role: Role
    language: str
    theme: str
    keys_off: bool
    own_keys: Mapping[str, str] | None
    snooze_words: str | None
    workspace: str
    zone: str
    inbox_ids: frozenset[int] | None
    old: bool = False
    lost: bool = False
    unused: bool = False
    factor_due: int | None = None

    @property
    def who(self) -> Actor:
        """The agent as actions and queries are given them."""
        return Actor(self.workspace_id, "agent", self.agent_id, self.name, self.role, self.inbox_ids, self.language)

    @property
    def reader(self) -> Reader:
        """The agent as pages show them."""
        viewer = Viewer(id=str(self.agent_id), name=self.name, email=self.email, role=self.role, may_configure=self.role == "admin")
        shown: dict[str, Any] = {"workspace": self.workspace, "locale": self.language, "zone": self.zone, "csrf": self.csrf}
        shown["theme"] = self.theme
        return Reader(viewer=viewer, keys_on=not self.keys_off, own_keys=self.own_keys or {}, **shown)


class Browser(msgspec.Struct, frozen=True):
    """What signs in: its name in words, and its address."""

    device: str = ""
    address: str = ""


class Line(msgspec.Struct, frozen=True):
    """One session in a list; instants in µs UTC."""

    id: int
    device: str
    address: str
    created_at: int
    seen_at: int


class Proof(msgspec.Struct, frozen=True):
    """How far a sign-in has proved who it was: `fresh` enough for what matters most; `vouched`, by a provider, for a second step."""

    fresh: bool = True
    vouched: bool = False


PROVED = Proof()


def open_session(tx: Tx, workspace_id: int, agent_id: int, browser: Browser, config: Config, *, proof: Proof = PROVED) -> str:
    """Sign an agent in. Returns the token, which exists nowhere else."""
    token = new_secret()
    row = {"id": tx.new_id(), "token_hash": hash_of(token), "previous_hash": None, "workspace_id": workspace_id, "agent_id": agent_id}
    row |= {"csrf": secrets.token_urlsafe(24), "device": browser.device, "address": browser.address}
    row |= {
        "created_at": tx.now,
        "rotated_at": tx.now,
        "fresh_at": tx.now if proof.fresh else None,
        "vouched": proof.vouched,
        "seen_at": tx.now,
        "expires_at": tx.now + config.session_days * DAY,
    }
    tx.run(sa.insert(sessions), row)
    return token


def find_session(tx: Tx, token_hash: bytes, config: Config) -> Session | None:
    """The session that a token opens, if it is good and its agent may still come in."""
    row = tx.row(_joined().where((sessions.c.token_hash == token_hash) | (sessions.c.previous_hash == token_hash)))
    if row is None or not _is_good(tx, row, config):
        return None
    old = row.token_hash != token_hash
    late = old and row.rotated_at < tx.now - OVERLAP
    if late and row.used_at is not None:
        return None
    found = _session(row, inboxes_of(tx, row.workspace_id, row.agent_id, row.role))
    return msgspec.structs.replace(found, old=old, lost=late, unused=not old and row.used_at is None)


def find_many(tx: Tx, session_ids: list[int], config: Config) -> dict[int, Session]:
    """Those of many sessions that are still good, for open streams: a few statements however many there are."""
    rows = [row for row in tx.rows(_joined().where(sessions.c.id.in_(session_ids))) if _is_good(tx, row, config)]
    handled = _inboxes_of_many(tx, {row.agent_id for row in rows if row.role in SEES_TEAMS})
    found = {row.id: _session(row, _sight(row.role, handled.get(row.agent_id, frozenset()))) for row in rows}
    return {session_id: one for session_id, one in found.items() if one.factor_due is None or one.factor_due > tx.now}


def rotate_session(tx: Tx, session_id: int, old_hash: bytes) -> str | None:
    """Exchange the token, or exchange it anew when the new one never arrived. None when another request was first."""
    token = new_secret()
    c = sessions.c
    mine = (c.id == session_id) & ((c.token_hash == old_hash) | ((c.previous_hash == old_hash) & c.used_at.is_(None)))
    fresh = {"token_hash": hash_of(token), "previous_hash": old_hash, "rotated_at": tx.now, "seen_at": tx.now, "used_at": None}
    return token if tx.run(sa.update(sessions).where(mine).values(fresh)).rowcount else None


def freshen_session(tx: Tx, session_id: int) -> str:
    """The agent has proved once more who they are: a new token, and the one before opens nothing from now on."""
    token = new_secret()
    fresh = {"token_hash": hash_of(token), "previous_hash": None, "rotated_at": tx.now, "seen_at": tx.now, "used_at": None}
    if not tx.run(sa.update(sessions).where(sessions.c.id == session_id).values(fresh | {"fresh_at": tx.now})).rowcount:
        raise Missing
    tx.hint(TOPIC)
    return token


def touch_session(tx: Tx, session_id: int, *, used: bool) -> None:
    """The browser is still there; with `used` it has shown the newest token, so that the one before opens nothing more."""
    values = {"seen_at": tx.now} | ({"used_at": tx.now} if used else {})
    tx.run(sa.update(sessions).where(sessions.c.id == session_id).values(values))


def end_session(tx: Tx, who: Actor, session_id: int) -> None:
    """Sign one of the actor's own browsers out."""
    ended = tx.run(sa.delete(sessions).where(_of(who.workspace_id, who.id), sessions.c.id == session_id))
    if not ended.rowcount:
        raise Missing
    tx.hint(TOPIC)


def end_sessions(tx: Tx, workspace_id: int, agent_id: int, keep: int = 0) -> int:
    """Sign an agent out everywhere, but for the session `keep`. Returns how many browsers that were."""
    ended = tx.run(sa.delete(sessions).where(_of(workspace_id, agent_id), sessions.c.id != keep))
    tx.hint(TOPIC)
    return ended.rowcount


def end_credential_sessions(tx: Tx, credential_id: int, keep: int = 0) -> None:
    """Sign a person out everywhere, in whichever workspace, but for the session `keep`."""
    with tx.over_the_wall():
        theirs = tx.rows(sa.select(agents.c.workspace_id, agents.c.id).where(agents.c.credential_id == credential_id))
    for agent in theirs:
        end_sessions(tx, agent.workspace_id, agent.id, keep=keep)


def end_others(tx: Tx, who: Actor, session_id: int) -> int:
    """Sign every other browser of the actor out. Returns how many there were."""
    return end_sessions(tx, who.workspace_id, who.id, keep=session_id)


def list_sessions(tx: Tx, who: Actor) -> list[Line]:
    """The actor's own signed-in browsers, newest first."""
    c = sessions.c
    wanted = sa.select(c.id, c.device, c.address, c.created_at, c.seen_at).where(_of(who.workspace_id, who.id), c.expires_at > tx.now)
    return [Line(*row) for row in tx.rows(wanted.order_by(c.seen_at.desc()))]


def inboxes_of(tx: Tx, workspace_id: int, agent_id: int, role: Role) -> frozenset[int] | None:
    """The inboxes whose cases exist for an agent: None is all of them; those of the agent's teams; none for field staff."""
    if role not in SEES_TEAMS:
        return _sight(role, frozenset())
    mine = (inbox_teams.c.workspace_id == workspace_id) & (team_members.c.agent_id == agent_id)
    return frozenset(tx.conn.execute(sa.select(inbox_teams.c.inbox_id).select_from(_handling()).where(mine)).scalars())


def watcher_of(session: Session) -> Watcher:
    """Who holds a stream open, as the hub knows them."""
    return Watcher(session.id, session.agent_id, Sight(session.workspace_id, session.inbox_ids, session.language, session.zone))


def _joined() -> sa.Select[*tuple[Any, ...]]:
    a, s, w = agents.c, sessions.c, workspaces.c
    mine = (a.workspace_id == s.workspace_id) & (a.id == s.agent_id)
    source = sessions.join(agents, mine).join(credentials, credentials.c.id == a.credential_id).join(workspaces, w.id == s.workspace_id)
    columns = (s.id, s.token_hash, s.workspace_id, s.agent_id, s.csrf, s.rotated_at, s.used_at, s.fresh_at, s.seen_at, s.expires_at)
    of_agent = (
        a.name,
        a.credential_id,
        credentials.c.email,
        a.role,
        a.language,
        a.theme,
        a.keys_off,
        a.own_keys,
        a.snooze_words,
        a.created_at,
        a.disabled_at,
    )
    rule = (s.vouched, *rules.RULE, sa.exists().where(factors.c.credential_id == a.credential_id).label("has_factor"))
    source = source.outerjoin(sign_in_rules, sign_in_rules.c.workspace_id == s.workspace_id)
    return sa.select(*columns, *of_agent, *rule, w.name.label("workspace"), w.time_zone.label("zone")).select_from(source)


def _is_good(tx: Tx, row: sa.Row[Any], config: Config) -> bool:
    if row.disabled_at is not None:
        return False
    return row.expires_at > tx.now and row.seen_at > tx.now - config.session_idle_hours * HOUR


def _session(row: sa.Row[Any], inbox_ids: frozenset[int] | None) -> Session:
    worked_out = {"inbox_ids", "old", "lost", "unused", "factor_due"}
    stored = {name: getattr(row, name) for name in Session.__struct_fields__ if name not in worked_out}
    due = None if row.has_factor or row.vouched else rules.read_rule(row).due(row.role, row.created_at)
    return Session(**stored, inbox_ids=inbox_ids, factor_due=due)


def _inboxes_of_many(tx: Tx, agent_ids: set[int]) -> dict[int, frozenset[int]]:
    wanted = (
        sa.select(team_members.c.agent_id, inbox_teams.c.inbox_id).select_from(_handling()).where(team_members.c.agent_id.in_(agent_ids))
    )
    handled: dict[int, set[int]] = {}
    for row in tx.rows(wanted) if agent_ids else ():
        handled.setdefault(row.agent_id, set()).add(row.inbox_id)
    return {agent_id: frozenset(inbox_ids) for agent_id, inbox_ids in handled.items()}


def _sight(role: Role, handled: frozenset[int]) -> frozenset[int] | None:
    if role in SEES_EVERYTHING:
        return None
    return handled if role in SEES_TEAMS else cast("frozenset[int]", frozenset())


def _handling() -> sa.Join:
    same = (team_members.c.workspace_id == inbox_teams.c.workspace_id) & (team_members.c.team_id == inbox_teams.c.team_id)
    return inbox_teams.join(team_members, same)


def _of(workspace_id: int, agent_id: int) -> sa.ColumnElement[bool]:
    return (sessions.c.workspace_id == workspace_id) & (sessions.c.agent_id == agent_id)
