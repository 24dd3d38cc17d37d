"""How messages stand at their networks: kind, changes, reactions, files that are to come. In: rows of messages. Out: a standing each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import message_faces, message_reactions, message_versions
from sluss.contacts.models import identity_profiles
from sluss.desk.around import Around
from sluss.desk.offering import Deeds, offers, ordered, read_deeds
from sluss.desk.public_screens import Missing, Reaction, Standing, Version
from sluss.desk.public_words import audience_word, kind_word, removed_sentence
from sluss.intake.models import fetches
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.moderation.queries import notices_of
from sluss.moderation.screens import Notice
from sluss.outbox.models import sendings
from sluss.web.locale import gettext as _

TEXT = 20_000
Grouped = Mapping[int, Sequence[sa.Row[Any]]]


class _Known(msgspec.Struct, frozen=True):
    """What was found about a set of messages, by their ids; profiles by identity."""

    faces: Mapping[int, sa.Row[Any]]
    versions: Grouped
    reactions: Grouped
    fetches: Grouped
    sendings: Mapping[int, sa.Row[Any]]
    profiles: Mapping[int, sa.Row[Any]]
    deeds: Deeds
    notices: Mapping[int, Notice]


def standings(tx: Tx, around: Around, rows: Sequence[sa.Row[Any]]) -> dict[int, Standing]:
    """Of messages that came or went by a network; letters and talks have none. `rows` are those of the timeline."""
    wanted = [row for row in rows if _by_network(around, row)]
    if not wanted:
        return {}
    known = _known(tx, around.who, wanted)
    return {row.id: _standing(around, row, known) for row in wanted}


def _by_network(around: Around, row: sa.Row[Any]) -> bool:
    face = around.inboxes.get(row.inbox_id) or around.others.get(row.inbox_id)
    can = face.can_at(row.visibility) if face else None
    return can is not None and bool(can.label) and not can.is_letter and not can.is_live


def _known(tx: Tx, who: Actor, rows: Sequence[sa.Row[Any]]) -> _Known:
    ids = [row.id for row in rows]
    people = {row.identity_id for row in rows if row.identity_id}
    f, p, s = message_faces.c, identity_profiles.c, sendings.c
    faces = tx.rows(sa.select(message_faces).where(f.workspace_id == who.workspace_id, f.message_id.in_(ids)))
    profiles = tx.rows(sa.select(identity_profiles).where(p.workspace_id == who.workspace_id, p.identity_id.in_(people)))
    ours = [row.id for row in rows if row.direction == "out"]
    sent = tx.rows(sa.select(sendings).where(s.workspace_id == who.workspace_id, s.message_id.in_(ours)))
    return _Known(
        faces={row.message_id: row for row in faces},
        versions=_grouped(tx, who, message_versions, ids, message_versions.c.until),
        reactions=_grouped(tx, who, message_reactions, ids, message_reactions.c.at),
        fetches=_grouped(tx, who, fetches, ids, fetches.c.id),
        sendings={row.message_id: row for row in sent},
        profiles={row.identity_id: row for row in profiles},
        deeds=read_deeds(tx, who, ids),
        notices=notices_of(tx, who, [row.id for row in rows if row.direction == "in" and row.visibility == "public"]),
    )


def _grouped(tx: Tx, who: Actor, table: sa.Table, ids: Sequence[int], order: sa.ColumnElement[Any]) -> Grouped:
    found: dict[int, list[sa.Row[Any]]] = {}
    mine = (table.c.workspace_id == who.workspace_id) & table.c.message_id.in_(ids)
    for row in tx.rows(sa.select(table).where(mine).order_by(order)):
        found.setdefault(row.message_id, []).append(row)
    return found


def _standing(around: Around, row: sa.Row[Any], known: _Known) -> Standing:
    face, profile, sent = known.faces.get(row.id), known.profiles.get(row.identity_id or 0), known.sendings.get(row.id)
    inbox = around.face(row.inbox_id)
    shared: dict[str, Any] = {
        "handle": profile.handle if profile else "",
        "verified": bool(profile and profile.verified),
        "spoiler": (face.spoiler if face else "") or (sent.spoiler if sent else ""),
        "privately": bool(sent and sent.is_private_reply),
        "versions": tuple(Version(one.text[:TEXT], one.until) for one in known.versions.get(row.id, ())),
        "reactions": _reactions(known.reactions.get(row.id, ()), inbox.address),
        "missing": tuple(_missing(one) for one in known.fetches.get(row.id, ()) if one.kind == "media" and one.state != "done"),
        "offers": offers(row, face, known.deeds),
        "ordered": ordered(row, known.deeds),
        "notice": known.notices.get(row.id),
    }
    if face is None:
        return Standing(**shared)
    facts: Mapping[str, Any] = face.facts or {}
    return Standing(
        kind=kind_word(face.kind),
        url=face.url,
        audience=audience_word(face.audience),
        unanswerable=_(face.unanswerable) if face.unanswerable else "",
        recommends=facts.get("recommends") if isinstance(facts.get("recommends"), bool) else None,
        hidden_at=face.hidden_at,
        removed_at=face.removed_at,
        removed=removed_sentence(face.removed_by, inbox.label_at(row.visibility)) if face.removed_at else "",
        edited_at=face.edited_at,
        liked_at=face.liked_at,
        **shared,
    )


def _reactions(rows: Sequence[sa.Row[Any]], own: str) -> tuple[Reaction, ...]:
    """By emoji, the most frequent first."""
    counts: dict[str, list[str]] = {}
    for row in (one for one in rows if one.emoji):  # without a sign: it was taken back
        counts.setdefault(row.emoji, []).append(row.address)
    found = (Reaction(emoji, len(given), own in given) for emoji, given in counts.items())
    return tuple(sorted(found, key=lambda one: -one.count))


def _missing(row: sa.Row[Any]) -> Missing:
    gone = row.state == "gone"
    reason = _(row.reason) if gone and row.reason else ""
    return Missing(name=row.name, picture=row.media_type.startswith("image/"), alt=row.alt, gone=gone, reason=reason)
