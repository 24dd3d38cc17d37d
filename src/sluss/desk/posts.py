"""The posts that a case's conversations hang under, with what is said there. In: a case. Out: each post with its thread, in order.

Others' comments are shown as far as the reader may see their cases; what makes no case stands among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, visible_to
from sluss.cases.models import (
    bystanders,
    cases,
    conversations,
    message_faces,
    message_references,
    messages,
    posts,
    thread_posts,
    threads,
)
from sluss.channels.handles import shown_address
from sluss.contacts.models import identities, identity_profiles
from sluss.desk.around import Around
from sluss.desk.public_screens import PostView, Uttered
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents

MOST = 60
EXCERPT = 600
DEEPEST = 3


class _Said(msgspec.Struct, frozen=True):
    """One utterance, its own keys, and the key of what it answers."""

    shown: Uttered
    keys: frozenset[str]
    parent: str


def read_posts(tx: Tx, around: Around, case: CaseRow) -> tuple[PostView, ...]:
    """The posts of a case, the newest last."""
    v, p, tp = conversations.c, posts.c, thread_posts.c
    joined = conversations.join(thread_posts, (tp.workspace_id == v.workspace_id) & (tp.thread_id == v.thread_id)).join(
        posts, (p.workspace_id == tp.workspace_id) & (p.id == tp.post_id)
    )
    mine = (v.workspace_id == case.workspace_id) & (v.case_id == case.id)
    rows = tx.rows(sa.select(posts).distinct().select_from(joined).where(mine).order_by(p.at, p.id))
    return tuple(_post(tx, around, case, row) for row in rows)


def _post(tx: Tx, around: Around, case: CaseRow, row: sa.Row[Any]) -> PostView:
    face = around.face(row.inbox_id)
    said = [*_messages(tx, around.who, case, row.id), *_bystanders(tx, around.who, row.id)]
    newest = sorted(said, key=lambda one: one.shown.at)[-MOST:]
    shown = _nested([one for one in newest if row.external_key not in one.keys], row.external_key)
    return PostView(
        id=str(row.id),
        kind=row.kind,
        author=face.name if row.ours else row.author_name or shown_address(row.author),
        text=row.text,
        at=row.at,
        ours=row.ours,
        url=row.url,
        icon=face.can_at("public").icon,
        label=face.label_at("public"),
        edited_at=row.edited_at,
        removed_at=row.removed_at,
        said=shown,
        others=sum(not one.here and not one.ours for one in shown),
        more=len(said) - len(newest),
    )


def _messages(tx: Tx, who: Actor, case: CaseRow, post_id: int) -> list[_Said]:
    """What stands in cases: this one's, and others' that the reader may see."""
    m, v, t, c, i = messages.c, conversations.c, thread_posts.c, cases.c, identities.c
    f, p, a = message_faces.c, identity_profiles.c, agents.c
    joined = (
        thread_posts.join(threads, (threads.c.workspace_id == t.workspace_id) & (threads.c.id == t.thread_id))
        .join(conversations, (v.workspace_id == t.workspace_id) & (v.thread_id == t.thread_id))
        .join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))
        .join(messages, (m.workspace_id == v.workspace_id) & (m.conversation_id == v.id))
        .outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
        .outerjoin(identity_profiles, (p.workspace_id == m.workspace_id) & (p.identity_id == m.identity_id))
        .outerjoin(message_faces, (f.workspace_id == m.workspace_id) & (f.message_id == m.id))
        .outerjoin(agents, (a.workspace_id == m.workspace_id) & (a.id == m.agent_id))
    )
    chosen = sa.select(
        *(m.id, m.external_id, m.direction, m.text, m.fresh, m.at, m.author, v.case_id, c.number),
        *(i.name, i.address, p.handle, f.parent_key, f.url, f.hidden_at, f.removed_at, a.name.label("agent")),
    ).select_from(joined)
    seen = (t.workspace_id == who.workspace_id) & (t.post_id == post_id) & (threads.c.visibility == "public") & visible_to(who)
    rows = tx.rows(chosen.where(seen).order_by(m.at.desc(), m.id.desc()).limit(MOST + 1))
    keys = _keys(tx, who, [row.id for row in rows])
    return [_message(row, case, keys.get(row.id, frozenset())) for row in rows]


def _keys(tx: Tx, who: Actor, message_ids: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """What the network calls messages by: ours have several names."""
    r = message_references.c
    found: dict[int, frozenset[str]] = {}
    for row in tx.rows(sa.select(r.external_id, r.message_id).where(r.workspace_id == who.workspace_id, r.message_id.in_(message_ids))):
        found[row.message_id] = found.get(row.message_id, frozenset()) | {row.external_id}
    return found


def _message(row: sa.Row[Any], case: CaseRow, keys: frozenset[str]) -> _Said:
    ours, here = row.direction == "out", row.case_id == case.id
    shown = Uttered(
        key=str(row.id),
        id=str(row.id),
        author=(row.agent or row.author) if ours else row.name or shown_address(row.address or ""),
        text=(row.fresh or row.text)[:EXCERPT],
        at=row.at,
        handle=row.handle or "",
        ours=ours,
        here=here,
        no=0 if here else row.number,
        url=row.url or "",
        removed=row.removed_at is not None,
        hidden=row.hidden_at is not None,
    )
    return _Said(shown, keys | {row.external_id}, row.parent_key or "")


def _bystanders(tx: Tx, who: Actor, post_id: int) -> list[_Said]:
    b = bystanders.c
    mine = (b.workspace_id == who.workspace_id) & (b.post_id == post_id)
    rows = tx.rows(sa.select(bystanders).where(mine).order_by(b.at.desc()).limit(MOST + 1))
    return [
        _Said(
            Uttered(
                key=row.external_id,
                author=row.author_name or shown_address(row.author),
                text=row.text[:EXCERPT],
                at=row.at,
                ours=row.ours,
                url=row.url,
                removed=row.removed_at is not None,
            ),
            frozenset({row.external_id}),
            row.parent_key,
        )
        for row in rows
    ]


def _nested(said: Sequence[_Said], post_key: str) -> tuple[Uttered, ...]:
    """Each below what it answers, in the order of time; what answers something unknown stands by itself."""
    owner = {key: place for place, one in enumerate(said) for key in one.keys}
    below: dict[int, list[int]] = {}
    for place, one in enumerate(said):
        parent = owner.get(one.parent, -1) if one.parent != post_key else -1
        below.setdefault(parent if parent < place else -1, []).append(place)
    shown: list[Uttered] = []
    waiting = [(place, 0) for place in reversed(below.get(-1, []))]
    while waiting:
        place, depth = waiting.pop()
        shown.append(msgspec.structs.replace(said[place].shown, depth=min(depth, DEEPEST)))
        waiting += [(one, depth + 1) for one in reversed(below.get(place, []))]
    return tuple(shown)
