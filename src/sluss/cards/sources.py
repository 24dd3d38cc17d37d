"""Outside systems that are asked for cards. In: an administrator's form. Out: rows; the secret sealed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from sluss.cards.models import card_answers, card_source_inboxes, card_source_teams, card_sources
from sluss.channels.models import inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.sealing import Sealer
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.people.models import team_members, teams

NAME, SECRET, MOST = 60, 16, 20
QUICKEST, SLOWEST = 200, 5_000
LONGEST = 24 * 60
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """An outside system. `patience` in milliseconds, `fresh_for` in microseconds; `claimed_too`: is told of addresses that nobody proved.

    `failures` in a row; `paused_until` while it is left alone; `answered_at` with `took` (ms), and `failed_at` with `error`.
    """

    id: int
    name: str
    url: str
    enabled: bool
    claimed_too: bool
    patience: int
    fresh_for: int
    failures: int
    paused_until: int | None
    answered_at: int | None
    took: int | None
    failed_at: int | None
    error: str


class SourceFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of one. An empty secret keeps the stored one. `minutes` an answer counts as fresh."""

    name: str
    url: str
    secret: str = ""
    patience: str = "3000"
    minutes: str = "5"
    claimed_too: bool = False
    enabled: bool = True
    inbox_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()


class Limits(msgspec.Struct, frozen=True):
    """Who sees a source: those inboxes and teams, where any are named."""

    inbox_ids: frozenset[int]
    team_ids: frozenset[int]


_SOURCE = sa.select(*fields(Source, card_sources))


def list_sources(tx: Tx, who: Actor) -> list[Source]:
    """All of them, by name."""
    c = card_sources.c
    return tx.structs(Source, _SOURCE.where(c.workspace_id == who.workspace_id).order_by(c.name, c.id))


def access_source(tx: Tx, who: Actor, source_id: int) -> Source:
    """The source of an id. Raises `Missing`."""
    c = card_sources.c
    found = tx.struct(Source, _SOURCE.where(c.workspace_id == who.workspace_id, c.id == source_id))
    if found is None:
        raise Missing
    return found


def limits_of(tx: Tx, who: Actor, source_ids: Collection[int]) -> dict[int, Limits]:
    """Who sees sources, by id."""
    i, t = card_source_inboxes.c, card_source_teams.c
    at = tx.rows(sa.select(i.source_id, i.inbox_id).where(i.workspace_id == who.workspace_id, i.source_id.in_(source_ids)))
    by = tx.rows(sa.select(t.source_id, t.team_id).where(t.workspace_id == who.workspace_id, t.source_id.in_(source_ids)))
    return {
        one: Limits(
            frozenset(row.inbox_id for row in at if row.source_id == one), frozenset(row.team_id for row in by if row.source_id == one)
        )
        for one in source_ids
    }


def teams_of(tx: Tx, who: Actor) -> frozenset[int]:
    """Teams of the actor."""
    c = team_members.c
    return frozenset(row.team_id for row in tx.rows(sa.select(c.team_id).where(c.workspace_id == who.workspace_id, c.agent_id == who.id)))


def secret_of(tx: Tx, who: Actor, sealer: Sealer, source_id: int) -> bytes:
    """What a source knows us by."""
    c = card_sources.c
    sealed = tx.value(sa.select(c.sealed).where(c.workspace_id == who.workspace_id, c.id == source_id))
    if sealed is None:
        raise Missing
    return sealer.unseal(sealed, _place(who, source_id))


def save_source(tx: Tx, who: Actor, place: tuple[Sealer, bool], source_id: int, given: SourceFields) -> int:
    """Connect a source (id 0), or change it. `place`: the keyring, and whether private addresses are allowed. Returns its id."""
    require_admin(who)
    sealer, private = place
    before = access_source(tx, who, source_id) if source_id else None
    _require_sound(tx, who, given, before, private=private)
    row: dict[str, Any] = {"name": clean_line(given.name), "url": given.url.strip(), "enabled": given.enabled}
    row |= {"claimed_too": given.claimed_too, "patience": int(given.patience), "fresh_for": int(given.minutes) * MINUTE}
    row |= {"changed_at": tx.now, "failures": 0, "paused_until": None}
    key = source_id or tx.new_id()
    if given.secret:
        row["sealed"] = sealer.seal(given.secret.encode(), _place(who, key))
    if before is None:
        if len(list_sources(tx, who)) >= MOST:
            raise Conflict("There are 20 connections already. Remove one first.")
        fresh = {"workspace_id": who.workspace_id, "id": key, "created_at": tx.now, "error": ""}
        tx.run(sa.insert(card_sources), fresh | row)
    else:
        tx.run(sa.update(card_sources).where(_this(who, key)).values(**row))
        _forget_answers(tx, who, key)
    _limit(tx, who, key, given)
    note_deed(tx, who, "cards.save", ("card source", key), name=row["name"], claimed_too=given.claimed_too, enabled=given.enabled)
    return key


def remove_source(tx: Tx, who: Actor, source_id: int) -> None:
    """Ask it no more, and forget what it said."""
    require_admin(who)
    source = access_source(tx, who, source_id)
    _forget_answers(tx, who, source_id)
    for table in (card_source_inboxes, card_source_teams):
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.source_id == source_id))
    tx.run(sa.delete(card_sources).where(_this(who, source_id)))
    note_deed(tx, who, "cards.remove", ("card source", source_id), name=source.name)


def is_near(url: str) -> bool:
    """Whether an address is on this machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK


def require_admin(who: Actor) -> None:
    """Raise `Forbidden` for anybody else."""
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators do this.")


def _require_sound(tx: Tx, who: Actor, given: SourceFields, before: Source | None, *, private: bool) -> None:
    faults = _faults(given, before, private=private)
    name = clean_line(given.name).casefold()
    if any(one.name.casefold() == name for one in list_sources(tx, who) if before is None or one.id != before.id):
        faults["name"] = "There is a connection of this name already."
    for field, wanted, table in (("inbox", given.inbox_ids, inboxes), ("team", given.team_ids, teams)):
        known = tx.rows(sa.select(table.c.id).where(table.c.workspace_id == who.workspace_id, table.c.id.in_(wanted))) if wanted else ()
        if len(known) != len(set(wanted)):
            faults[field] = "Choose from the list."
    if faults:
        raise Invalid(faults)


def _faults(given: SourceFields, before: Source | None, *, private: bool) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not 0 < len(clean_line(given.name)) <= NAME:
        faults["name"] = "Write a name of at most 60 characters."
    if not _is_fit(given.url.strip(), private=private):
        faults["url"] = "Write the address as https://crm.example.com/sluss."
    moved = before is not None and urlsplit(before.url)[:2] != urlsplit(given.url.strip())[:2]
    if (before is None or moved or given.secret) and not SECRET <= len(given.secret) <= 200:
        faults["secret"] = "Write a secret of at least 16 characters; another host gets another one."  # noqa: S105 - a sentence
    if not _is_between(given.patience, QUICKEST, SLOWEST):
        faults["patience"] = "Choose between 200 and 5,000 milliseconds."
    if not _is_between(given.minutes, 0, LONGEST):
        faults["minutes"] = "Choose between 0 and 1,440 minutes."
    return faults


def _is_fit(url: str, *, private: bool) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    near = private and parts.scheme == "http" and host in LOOPBACK
    if not host or parts.username is not None or parts.fragment or len(url) > 2_000:
        return False
    return (parts.scheme == "https" or near) and url.isprintable() and " " not in url and "\\" not in url


def _is_between(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9 and least <= int(text) <= most


def _limit(tx: Tx, who: Actor, source_id: int, given: SourceFields) -> None:
    parts: Sequence[tuple[sa.Table, str, tuple[int, ...]]] = (
        (card_source_inboxes, "inbox_id", given.inbox_ids),
        (card_source_teams, "team_id", given.team_ids),
    )
    for table, name, ids in parts:
        tx.run(sa.delete(table).where(table.c.workspace_id == who.workspace_id, table.c.source_id == source_id))
        if ids:
            key = {"workspace_id": who.workspace_id, "source_id": source_id}
            tx.run(sa.insert(table), [key | {name: one} for one in sorted(set(ids))])


def _forget_answers(tx: Tx, who: Actor, source_id: int) -> None:
    c = card_answers.c
    tx.run(sa.delete(card_answers).where(c.workspace_id == who.workspace_id, c.source_id == source_id))


def _this(who: Actor, source_id: int) -> sa.ColumnElement[bool]:
    return (card_sources.c.workspace_id == who.workspace_id) & (card_sources.c.id == source_id)


def _place(who: Actor, source_id: int) -> tuple[str | int, ...]:
    return ("card source", who.workspace_id, source_id)
