"""The public things that threads hang under, and what others say around them. In: what networks tell, whole sets. Out: rows, each once.

What a network does not say this time stays as it was said before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.models import bystanders, message_references, posts, thread_posts, threads
from sluss.channels.happenings import Bystander, Post
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

Key = tuple[int, str]
"""An inbox, and its network's key of something."""
AROUND = 10_000
"""How much is kept of what a bystander said."""


def save_posts(tx: Tx, who: Actor, told: Sequence[tuple[int, Post]]) -> dict[Key, int]:
    """Posts as they are told, by inbox. Returns the id of each."""
    newest = {(inbox_id, post.key): post for inbox_id, post in _filled(told)}
    known = {(row.inbox_id, row.external_key): row for row in _known(tx, who, newest)}
    fresh = [_row(tx, who, key, post) for key, post in newest.items() if key not in known]
    if fresh:
        tx.run(sa.insert(posts), fresh)
    changed = [now for key, row in known.items() if (now := _changes(row, newest[key]))]
    if changed:
        this = (posts.c.workspace_id == who.workspace_id) & (posts.c.id == sa.bindparam("i"))
        tx.run(sa.update(posts).where(this).values({name: sa.bindparam(f"new_{name}") for name in _TOLD}), changed)
    return {key: row.id for key, row in known.items()} | {(row["inbox_id"], row["external_key"]): row["id"] for row in fresh}


def hang_threads(tx: Tx, who: Actor, hung: Mapping[int, int]) -> None:
    """Note under which posts threads hang; a thread hangs under one for ever."""
    c = thread_posts.c
    known = {
        row.thread_id for row in tx.rows(sa.select(c.thread_id).where(c.workspace_id == who.workspace_id, c.thread_id.in_(list(hung))))
    }
    fresh = [{"workspace_id": who.workspace_id, "thread_id": one, "post_id": post} for one, post in hung.items() if one not in known]
    if fresh:
        tx.run(sa.insert(thread_posts), fresh)


def save_bystanders(tx: Tx, who: Actor, said: Sequence[tuple[int, Bystander]]) -> None:
    """What stands around; what is a message of a case stands there already."""
    ids = save_posts(tx, who, [(inbox_id, one.post) for inbox_id, one in said])
    ours = _messages(tx, who, {(inbox_id, one.external_id) for inbox_id, one in said})
    wanted = {(ids[inbox_id, one.post.key], one.external_id): one for inbox_id, one in said if (inbox_id, one.external_id) not in ours}
    b = bystanders.c
    mine = (
        (b.workspace_id == who.workspace_id) & b.post_id.in_({post for post, _ in wanted}) & b.external_id.in_({key for _, key in wanted})
    )
    known = {(row.post_id, row.external_id) for row in tx.rows(sa.select(b.post_id, b.external_id).where(mine))}
    fresh = [_around(who, post_id, one) for (post_id, key), one in wanted.items() if (post_id, key) not in known]
    if fresh:
        tx.run(sa.insert(bystanders), fresh)


def forget_bystanders(tx: Tx, who: Actor, post_ids: Collection[int], external_ids: Collection[str]) -> None:
    """What was said around a post has become a message of a case."""
    b = bystanders.c
    if post_ids and external_ids:
        mine = (b.workspace_id == who.workspace_id) & b.post_id.in_(list(post_ids)) & b.external_id.in_(list(external_ids))
        tx.run(sa.delete(bystanders).where(mine))


_TOLD = ("kind", "ours", "author", "author_name", "text", "url", "at")


def _filled(told: Sequence[tuple[int, Post]]) -> list[tuple[int, Post]]:
    """The same post told twice in a set: what the later one leaves out stands in the earlier."""
    seen: dict[Key, Post] = {}
    for inbox_id, post in told:
        before = seen.get((inbox_id, post.key), post)
        author = post.author if post.author.address else before.author
        kind = post.kind if post.kind != "post" else before.kind
        seen[inbox_id, post.key] = Post(
            key=post.key,
            kind=kind,
            ours=post.ours or before.ours,
            author=author,
            text=post.text or before.text,
            url=post.url or before.url,
            at=post.at or before.at,
        )
    return [(inbox_id, post) for (inbox_id, _), post in seen.items()]


def _known(tx: Tx, who: Actor, wanted: Collection[Key]) -> Sequence[sa.Row[Any]]:
    c = posts.c
    here = (
        (c.workspace_id == who.workspace_id) & c.inbox_id.in_({one for one, _ in wanted}) & c.external_key.in_({key for _, key in wanted})
    )
    return [row for row in tx.rows(sa.select(posts).where(here)) if (row.inbox_id, row.external_key) in wanted] if wanted else []


def _row(tx: Tx, who: Actor, key: Key, post: Post) -> dict[str, Any]:
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "inbox_id": key[0], "external_key": key[1], "seen_at": tx.now}
    return row | _values(post) | {"at": post.at or tx.now}


def _values(post: Post) -> dict[str, Any]:
    values = {"kind": post.kind, "ours": post.ours, "author": post.author.address, "author_name": post.author.name}
    return values | {"text": post.text, "url": post.url, "at": post.at}


def _changes(row: sa.Row[Any], post: Post) -> dict[str, Any]:
    """What is told of a known post beyond what was; empty for nothing."""
    told = {name: value for name, value in _values(post).items() if value}
    if post.kind == "post":
        told.pop("kind")
    if row.edited_at:
        told.pop("text", None)
    before = {name: getattr(row, name) for name in _TOLD}
    now = before | told
    return {"i": row.id} | {f"new_{name}": now[name] for name in _TOLD} if now != before else {}


def _around(who: Actor, post_id: int, one: Bystander) -> dict[str, Any]:
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "post_id": post_id, "external_id": one.external_id}
    row |= {"parent_key": one.parent_key, "author": one.author.address, "author_name": one.author.name, "ours": one.ours}
    return row | {"text": one.text[:AROUND], "url": one.url, "at": one.at, "removed_at": None}


def _messages(tx: Tx, who: Actor, wanted: Collection[Key]) -> set[Key]:
    r, t = message_references.c, threads.c
    joined = message_references.join(threads, (t.workspace_id == r.workspace_id) & (t.id == r.thread_id))
    named = (r.workspace_id == who.workspace_id) & r.external_id.in_({key for _, key in wanted})
    return {(row.inbox_id, row.external_id) for row in tx.rows(sa.select(t.inbox_id, r.external_id).select_from(joined).where(named))}
