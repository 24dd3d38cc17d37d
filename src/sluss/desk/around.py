"""What surrounds every case for one reader. In: an actor. Out: inboxes as the desk shows them, names of colleagues, banners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec
import sqlalchemy as sa

from sluss.channels.contract import Capabilities
from sluss.channels.models import inboxes
from sluss.channels.registry import UnknownChannel, capabilities_of
from sluss.customers.screens import Person
from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.outbox.queries import held_operations, paused_inboxes
from sluss.people.models import agents, inbox_teams, teams
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Banner

NOBODY = Capabilities(icon="inbox", label="", visibility="private")
"""The face of a channel that this release does not know: shown, never written to."""


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """An inbox as the desk needs it; an archived one still has cases."""

    id: int
    channel: str
    name: str
    address: str
    enabled: bool
    receiving: str
    receiving_error: str
    receiving_since: int
    archived_at: int | None

    @property
    def can(self) -> Capabilities:
        """What its channel can do."""
        return self.can_at("private")

    @property
    def label(self) -> str:
        """The channel's name in the reader's language."""
        return self.label_at("private")

    def can_at(self, visibility: str) -> Capabilities:
        """What its channel can do on one side."""
        try:
            return capabilities_of(self.channel, visibility)
        except UnknownChannel:
            return NOBODY

    def label_at(self, visibility: str) -> str:
        """What that side is called in the reader's language."""
        label = self.can_at(visibility).label
        return _(label) if label else self.channel

    @property
    def failing(self) -> bool:
        """Whether nothing comes in although it should."""
        return self.enabled and self.archived_at is None and self.receiving == "failing"


class Handling(msgspec.Struct, frozen=True):
    """A team, and those of its inboxes that the reader sees."""

    id: int
    name: str
    inbox_ids: frozenset[int]


class Around(msgspec.Struct, frozen=True):
    """What one reader may see, fetched once for each answer. `others` are inboxes of which the reader sees nothing but shared cases."""

    who: Actor
    inboxes: Mapping[int, Face]
    others: Mapping[int, Face] = {}
    teams: Mapping[int, Handling] = {}

    def face(self, inbox_id: int) -> Face:
        """The inbox of an id. A case that came to an inbox of the reader's may be at home in another: everybody it was written to knows."""
        return self.inboxes.get(inbox_id) or self.others[inbox_id]

    @property
    def connected(self) -> list[Face]:
        """Inboxes that are not archived, by name."""
        return [face for face in self.inboxes.values() if face.archived_at is None]


def look_around(tx: Tx, who: Actor) -> Around:
    """Every inbox that the actor may see, and the teams that handle them."""
    rows = tx.structs(Face, sa.select(*fields(Face, inboxes)).where(inboxes.c.workspace_id == who.workspace_id).order_by(inboxes.c.name))
    seen = {face.id: face for face in rows if who.may_see_inbox(face.id)}
    return Around(who, seen, {face.id: face for face in rows if face.id not in seen}, _teams(tx, who, frozenset(seen)))


def people(tx: Tx, who: Actor, agent_ids: Iterable[int | None]) -> dict[int, Person]:
    """Agents by id, disabled ones too: they still wrote what they wrote."""
    wanted = {one for one in agent_ids if one}
    if not wanted:
        return {}
    c = agents.c
    rows = tx.rows(sa.select(c.id, c.name).where(c.workspace_id == who.workspace_id, c.id.in_(wanted)))
    return {row.id: Person(str(row.id), row.name) for row in rows}


def banners(tx: Tx, around: Around) -> tuple[Banner, ...]:
    """What holds for everybody just now: sending on hold or paused, receiving that fails."""
    return (*_held(tx, around), *_paused(tx, around), *_failing(around))


def _teams(tx: Tx, who: Actor, seen: frozenset[int]) -> dict[int, Handling]:
    joined = teams.join(inbox_teams, (inbox_teams.c.workspace_id == teams.c.workspace_id) & (inbox_teams.c.team_id == teams.c.id))
    wanted = sa.select(teams.c.id, teams.c.name, inbox_teams.c.inbox_id).select_from(joined)
    found: dict[int, Handling] = {}
    for row in tx.rows(wanted.where(teams.c.workspace_id == who.workspace_id).order_by(teams.c.name)):
        if row.inbox_id in seen:
            before = found[row.id].inbox_ids if row.id in found else frozenset[int]()
            found[row.id] = Handling(row.id, row.name, before | {row.inbox_id})
    return found


def _held(tx: Tx, around: Around) -> Sequence[Banner]:
    held = held_operations(tx, around.who)
    if held is None:
        return ()
    waits = ngettext("%(num)s answer waits", "%(num)s answers wait", held) % {"num": held}
    sentence = _("Nothing is sent since a backup was restored (%(waits)s). Look whether they are still right, then let them go.")
    return (_banner(around, "warn", sentence % {"waits": waits}, "/settings/health"),)


def _paused(tx: Tx, around: Around) -> Sequence[Banner]:
    sentence = _("Sending by %(inbox)s is paused: %(reason)s What you send waits and goes out by itself.")
    return tuple(
        _banner(around, "bad", sentence % {"inbox": one.name, "reason": _ended(_(one.reason))}, f"/settings/inboxes/{one.inbox_id}")
        for one in paused_inboxes(tx, around.who)
    )


def _failing(around: Around) -> Sequence[Banner]:
    sentence = _("Nothing comes in by %(inbox)s: %(reason)s Nothing is lost, it is fetched when the connection is back.")
    return tuple(
        _banner(around, "bad", sentence % {"inbox": face.name, "reason": _ended(_(face.receiving_error))}, f"/settings/inboxes/{face.id}")
        for face in around.connected
        if face.failing
    )


def _banner(around: Around, kind: Literal["warn", "bad"], text: str, href: str) -> Banner:
    """With the way to where it is put right, for those who may."""
    return Banner(kind=kind, text=text, action=_("Look"), href=href) if around.who.role == "admin" else Banner(kind=kind, text=text)


def _ended(reason: str) -> str:
    """The network's words as a sentence that another may follow."""
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
