"""Texts that a network approves beforehand. In: what the network lists for an account. Out: rows, for composers and the inbox's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Connection
from sluss.channels.models import templates
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One approved text in one language, as the network tells it. `variables` are what is to be filled in, each with an example."""

    name: str
    language: str
    category: str = ""
    status: str = ""
    header: str = ""
    body: str = ""
    footer: str = ""
    variables: tuple[dict[str, Any], ...] = ()


@runtime_checkable
class Templated(Protocol):
    """An adapter whose network has approved texts."""

    async def templates(self, connection: Connection) -> list[Template]:
        """All that the account has. Raises `Refused` or `Unreachable`."""
        ...


def keep_templates(tx: Tx, who: Actor, inbox_id: int, found: Sequence[Template]) -> None:
    """What the network just listed takes the place of what was known: it alone decides what may be sent."""
    key = {"workspace_id": who.workspace_id, "inbox_id": inbox_id}
    known = {(row.name, row.language): row.id for row in tx.rows(sa.select(templates).where(_mine(who, inbox_id)))}
    tx.run(sa.delete(templates).where(_mine(who, inbox_id)))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        kept = known.get((one.name, one.language)) or tx.new_id()
        rows[one.name, one.language] = key | {"id": kept, "seen_at": tx.now, **_values(one)}
    if rows:
        tx.run(sa.insert(templates), list(rows.values()))


def _values(one: Template) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Template.__struct_fields__} | {"variables": list(one.variables)}


def _mine(who: Actor, inbox_id: int) -> sa.ColumnElement[bool]:
    return (templates.c.workspace_id == who.workspace_id) & (templates.c.inbox_id == inbox_id)
