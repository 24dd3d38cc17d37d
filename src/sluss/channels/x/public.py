"""Posts as news for the core. In: a post and what came with it. Out: `Inbound` of theirs or ours, what stands beside, edits.

One author's utterances in a conversation are a thread. X allows programs to answer only those who mentioned or quoted us: that is found
out here, so that nobody writes an answer in vain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.contract import Inbound, Understood
from sluss.channels.happenings import Bystander, Changed, Post
from sluss.channels.said import a_text
from sluss.channels.who import Address
from sluss.channels.x.posts import Around, XPost, is_native, post_of, post_url
from sluss.channels.x.settings import Mine
from sluss.channels.x.wanting import wanted_around, wanted_media, wanted_person
from sluss.kernel.words import say

UNASKED = say("X takes an answer of programs only to those who mention or quote your account, and this post does neither. Answer it on X.")


class Told(msgspec.Struct, frozen=True):
    """What came with a post: people and posts, the kind of event (empty: we asked), when it came here (microseconds UTC)."""

    around: Around
    event: str = ""
    at: int = 0
    quotes_us: bool = False


def public_news(post: XPost, told: Told, mine: Mine) -> list[Understood]:
    """A post of theirs that concerns us, or one of ours. Who only passes on what others wrote has said nothing."""
    if post.is_repost:
        return []
    if post.is_edited and told.event:
        return [_edited(post, told)]
    news = _ours(post, told, mine) if post.author.id == mine.user_id else _theirs(post, told, mine)
    if post.is_edited:
        news.append(_edited(post, told))
    return news


def beside(posts: Sequence[XPost], conversation: str, mine: Mine) -> list[Understood]:
    """What stands around an utterance: shown, and no case of its own."""
    root = next((_whole_post(one, mine) for one in posts if one.key == conversation), Post(key=conversation))
    return [_bystander(one, root, mine) for one in posts if not one.is_repost]


def _edited(post: XPost, told: Told) -> Changed:
    return Changed(external_id=post.key, what="edited", at=post.at or told.at, text=post.fresh, by="author")


def _theirs(post: XPost, told: Told, mine: Mine) -> list[Understood]:
    quotes_us = told.quotes_us or told.event == "post.quote.create" or _author_of(post.quotes, told.around) == mine.user_id
    to_us = told.event == "post.reply.create" or post.answers_person == mine.user_id
    asked = mine.user_id in post.mentions or quotes_us
    root = _root_of(post)
    parents = [one for one in (post.answers, post.quotes) if one]
    known = [found for one in (*parents, root) if (found := _found(one, told.around)) is not None and one != post.key]
    missing = [one for one in (*parents, root) if one != post.key and one not in told.around.posts]
    stem = _stem(post, told, to_us=to_us, mine=mine)
    inbound = Inbound(
        external_id=post.key,
        dedupe_key=f"x:post:{post.key}",
        sender=post.author.address,
        subject="",
        text=post.text,
        fresh=post.fresh,
        to=(Address(mine.address),),
        references=tuple(dict.fromkeys(parents)),
        sent_at=post.at or told.at,
        thread_key=f"p:{root}:{root}:{post.author.id}",
        visibility="public",
        kind="reply" if post.answers and to_us else "quote" if quotes_us else "mention",
        post=stem,
        parent_key=next(iter(parents), ""),
        url=post.url,
        unanswerable="" if asked or mine.enterprise else UNASKED,
        facts={"asked": asked, "ours": stem.ours or (None if root in missing else False), "newest": post.id, "conversation": root},
        wanted=(
            *wanted_media(post.key, post.media, "post"),
            *(() if post.author.handle else wanted_person(post.author.id)),
            *wanted_around(post.key, root, missing, mine.around),
        ),
        profile=post.author.profile,
    )
    return [inbound, *beside(list({one.key: one for one in known}.values()), root, mine)]


def _ours(post: XPost, told: Told, mine: Mine) -> list[Understood]:
    """An answer that one of us gave elsewhere, or that comes back; what answers nobody is only there for others to answer to."""
    parent = post.answers or post.quotes
    if not parent:
        return [_bystander(post, _whole_post(post, mine), mine)]
    root = _root_of(post)
    person = post.answers_person or _author_of(parent, told.around)
    person = "" if person == mine.user_id else person
    native = is_native(post.program)
    return [
        Inbound(
            external_id=post.key,
            dedupe_key=f"x:post:{post.key}",
            sender=Address(mine.address),
            subject="",
            text=post.fresh,
            fresh=post.fresh,
            to=(Address(person),) if person else (),
            references=(parent,),
            sent_at=post.at or told.at,
            direction="out",
            origin="native" if native else "other tool",
            author=None if native else Address("", post.program),
            thread_key=f"p:{root}:{root}:{person}" if person else "",
            visibility="public",
            kind="reply" if post.answers else "quote",
            post=_stem(post, told, to_us=False, mine=mine),
            parent_key=parent,
            url=post.url,
            facts={"conversation": root, "newest": post.id},
            wanted=wanted_media(post.key, post.media, "post"),
        )
    ]


def _root_of(post: XPost) -> str:
    return post.conversation or post.answers or post.key


def _stem(post: XPost, told: Told, *, to_us: bool, mine: Mine) -> Post:
    """What the thread hangs under: the post at the root, as far as it is known."""
    root = _root_of(post)
    if root == post.key:
        return _whole_post(post, mine)
    found = _found(root, told.around)
    if found is not None:
        return _whole_post(found, mine)
    ours = to_us and post.answers == root
    return Post(key=root, ours=ours, author=Address(mine.address) if ours else Address(""), url=post_url("", root))


def _whole_post(post: XPost, mine: Mine) -> Post:
    ours = post.author.id == mine.user_id
    author = Address(mine.address, post.author.address.name) if ours else post.author.address
    kind = "post" if ours else "mention"
    return Post(key=post.key, kind=kind, ours=ours, author=author, text=post.text, url=post.url, at=post.at)


def _bystander(post: XPost, root: Post, mine: Mine) -> Bystander:
    ours = post.author.id == mine.user_id
    return Bystander(
        post=root,
        external_id=post.key,
        author=Address(mine.address, post.author.address.name) if ours else post.author.address,
        text=post.fresh,
        at=post.at,
        parent_key=post.answers or post.quotes,
        url=post.url,
        ours=ours,
    )


def _found(post_id: str, around: Around) -> XPost | None:
    told: dict[str, Any] | None = around.posts.get(post_id)
    return post_of(told, around) if told is not None else None


def _author_of(post_id: str, around: Around) -> str:
    return a_text(around.posts.get(post_id, {}).get("author_id"))
