"""What networks tell of people. In: profiles by identity, whole sets. Out: one row each, and people found by what they are called there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.channels.who import Profile
from sluss.contacts.indexing import index_contacts
from sluss.contacts.models import identities, identity_profiles
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

LONGEST = 500


def save_profiles(tx: Tx, who: Actor, told: Mapping[int, Profile]) -> None:
    """Keep what is told of identities, by their ids; what is left out this time stays."""
    if not told:
        return
    c = identity_profiles.c
    mine = (c.workspace_id == who.workspace_id) & c.identity_id.in_(list(told))
    known = {row.identity_id: row for row in tx.rows(sa.select(identity_profiles).where(mine))}
    fresh = [_fresh(tx, who, one, profile) for one, profile in told.items() if one not in known]
    if fresh:
        tx.run(sa.insert(identity_profiles), fresh)
    changed = [one for one, row in known.items() if _change(tx, who, row, told[one])]
    _index(tx, who, [*changed, *(row["identity_id"] for row in fresh)])


def keep_picture(tx: Tx, who: Actor, identity_id: int, digest: str) -> None:
    """Somebody's picture, which lies in the file store."""
    c, key = identity_profiles.c, {"workspace_id": who.workspace_id, "identity_id": identity_id}
    this = (c.workspace_id == who.workspace_id) & (c.identity_id == identity_id)
    if tx.run(sa.update(identity_profiles).where(this).values(picture_digest=digest, seen_at=tx.now)).rowcount == 0:
        tx.run(sa.insert(identity_profiles), key | _values(Profile()) | {"picture_digest": digest, "seen_at": tx.now})


def _fresh(tx: Tx, who: Actor, identity_id: int, profile: Profile) -> dict[str, Any]:
    row = {"workspace_id": who.workspace_id, "identity_id": identity_id, "picture_digest": "", "seen_at": tx.now}
    return row | _values(profile)


def _values(profile: Profile) -> dict[str, Any]:
    values = {"handle": profile.handle[:LONGEST], "url": profile.url[:LONGEST]}
    return values | {"followers": profile.followers, "verified": profile.verified}


def _change(tx: Tx, who: Actor, row: sa.Row[Any], profile: Profile) -> bool:
    told = {name: value for name, value in _values(profile).items() if value not in {"", None}}
    if profile.followers is None and not profile.verified:
        told.pop("verified")
    if all(getattr(row, name) == value for name, value in told.items()):
        return False
    c = identity_profiles.c
    this = (c.workspace_id == who.workspace_id) & (c.identity_id == row.identity_id)
    tx.run(sa.update(identity_profiles).where(this).values(**told, seen_at=tx.now))
    return bool(told.get("handle", row.handle) != row.handle)


def _index(tx: Tx, who: Actor, identity_ids: Sequence[int]) -> None:
    if identity_ids:
        c = identities.c
        rows = tx.rows(sa.select(c.contact_id).where(c.workspace_id == who.workspace_id, c.id.in_(list(identity_ids))))
        index_contacts(tx, who, sorted({row.contact_id for row in rows}))
