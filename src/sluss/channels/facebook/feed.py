"""What happens on a page in public. In: one change of `feed`, `mention` or `ratings`. Out: what it means.

A conversation is one author's branch of comments under a post. What the page itself says is an answer that somebody gave elsewhere, or the
echo of ours. Comments that an advertisement brings twice have one key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sluss.channels.contract import Inbound, Understood
from sluss.channels.graph_talk import EMOJI, NATIVE, OTHER_TOOL
from sluss.channels.happenings import Bystander, Changed, Post, Reacted, Wanted
from sluss.channels.said import a_text, an_object, instant, objects, texts
from sluss.channels.who import Address
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say

SITE = "https://www.facebook.com"
POSTS = frozenset({"post", "status", "photo", "video", "link", "share", "note", "album"})
WHAT = {"edited": "edited", "update": "edited", "remove": "removed", "hide": "hidden", "unhide": "unhidden"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Whose feed it is: the page's own id, the inbox's address, our program's id where it is known."""

    own: str
    address: str
    app: str = ""


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance, read."""

    key: str
    post_key: str
    parent: str
    author: Address
    text: str
    at: int
    anonymous: bool
    ours: bool
    value: dict[str, Any]


def understand_change(change: dict[str, Any], page: Page, entry_at: int) -> list[Understood]:
    """All that a change says; `entry_at` is when Meta wrote it."""
    field, value = change.get("field"), an_object(change.get("value"))
    name = value.get("item")
    if field == "feed" and name in {"reaction", "like"}:
        return _reaction(value, page)
    kind = "mention" if field == "mention" else _KINDS.get((a_text(field), a_text(name)), "")
    item = _READERS[kind](value, page) if kind else None
    return _utterance(item, page, kind, entry_at) if item is not None else []


def understand_around(around: dict[str, Any], page: Page) -> list[Understood]:
    """A post that was asked for, with what stands under it: context, never a case."""
    told = an_object(around.get("post"))
    post = _post_of(told, page)
    if not post.key:
        return []
    return [_bystander(one, post, page) for one in objects(around.get("comments")) if a_text(one.get("id"))]


def mark_of(change: dict[str, Any]) -> str:
    """The name by which an utterance is known, whether it was posted or found by polling; empty for anything else."""
    value = an_object(change.get("value"))
    key = a_text(value.get("comment_id")) or a_text(value.get("open_graph_story_id")) or a_text(value.get("post_id"))
    return f"said:{key}" if key and value.get("verb") == "add" and value.get("item") not in {"reaction", "like"} else ""


def branch(post_key: str, top: str, author: str) -> str:
    """The key of one author's branch under a post."""
    return f"p:{post_key}:{top}:{author}"


def _comment(value: dict[str, Any], page: Page) -> _Item | None:
    key, post_key = a_text(value.get("comment_id")), a_text(value.get("open_graph_story_id")) or a_text(value.get("post_id"))
    return _item(value, page, (key, post_key, a_text(value.get("parent_id"))), an_object(value.get("from"))) if key else None


def _post(value: dict[str, Any], page: Page) -> _Item | None:
    key = a_text(value.get("post_id"))
    return _item(value, page, (key, key, ""), an_object(value.get("from"))) if key else None


def _mention(value: dict[str, Any], page: Page) -> _Item | None:
    key, post_key = a_text(value.get("comment_id")), a_text(value.get("post_id"))
    who = {"id": value.get("sender_id"), "name": value.get("sender_name")}
    return _item(value, page, (key or post_key, post_key, ""), who) if key or post_key else None


def _rating(value: dict[str, Any], page: Page) -> _Item | None:
    """A recommendation is a post of whoever gives it; its words may be missing, what it says then is the recommendation itself."""
    key = a_text(value.get("open_graph_story_id")) or a_text(value.get("post_id"))
    who = {"id": value.get("reviewer_id"), "name": value.get("reviewer_name")}
    text = a_text(value.get("review_text"))
    return _item(value | {"message": text}, page, (key, key, ""), who) if key else None


def _item(value: dict[str, Any], page: Page, keys: tuple[str, str, str], who: dict[str, Any]) -> _Item:
    key, post_key, parent = keys
    person = a_text(who.get("id"))
    ours = person == page.own
    name = clean_line(a_text(who.get("name")))
    author = Address(person or f"anonymous-{key}".lower(), name or ("" if person else say("Facebook user")))
    return _Item(
        key=key,
        post_key=post_key or parent or key,
        parent="" if parent in {post_key, key} else parent,
        author=Address(page.address, name) if ours else author,
        text=clean_text(a_text(value.get("message"))).strip(),
        at=instant(value.get("created_time")),
        anonymous=not person,
        ours=ours,
        value=value,
    )


def _utterance(item: _Item, page: Page, kind: str, entry_at: int) -> list[Understood]:
    verb = a_text(item.value.get("verb"))
    what = WHAT.get(verb)
    if what is not None:
        # Meta may give the utterance's own time with news of it; the later of the two orders them.
        return [_changed(item, what, max(item.at, entry_at))]
    if verb != "add" or (item.ours and kind == "post"):
        return []
    return _own(item, page) if item.ours else [_said(item, page, kind)]


def _changed(item: _Item, what: Any, at: int) -> Changed:
    text = item.text if what == "edited" else ""
    return Changed(external_id=item.key, what=what, at=at, text=text, by="us" if item.ours and what == "edited" else "")


def _said(item: _Item, page: Page, kind: str) -> Inbound:
    author = item.key if item.anonymous else item.author.address
    top = item.parent or (item.key if item.key != item.post_key else "root")
    answered = tuple(dict.fromkeys(one for one in (item.parent, item.post_key) if one and one != item.key))
    told = "" if kind != "review" else _recommends(item.value)
    return Inbound(
        external_id=item.key,
        dedupe_key=f"facebook:{item.key}",
        sender=item.author,
        subject=told,
        text=item.text or told,
        fresh=item.text or told,
        to=(Address(page.address),),
        references=answered,
        sent_at=item.at or None,
        thread_key=branch(item.post_key, top, author),
        visibility="public",
        kind="reply" if kind == "comment" and item.parent else kind,
        post=_post_around(item, page, kind),
        parent_key=item.parent,
        url=_link(item.value.get("permalink_url")) or f"{SITE}/{item.key}",
        opens=False,
        facts=_facts(item, kind),
        wanted=_wanted(item, kind),
    )


def _own(item: _Item, page: Page) -> list[Understood]:
    """What the page said: an answer where it answers something, else words under its own post."""
    answered = tuple(dict.fromkeys(one for one in (item.parent, item.post_key) if one and one != item.key))
    if not answered:
        return []
    tool = an_object(item.value.get("application"))
    person = an_object(item.value.get("admin_creator"))
    by = tool if a_text(tool.get("id")) else person
    other = bool(a_text(tool.get("id"))) and a_text(tool.get("id")) != page.app
    author = Address(f"facebook:{a_text(by.get('id'))}", clean_line(a_text(by.get("name")))) if a_text(by.get("id")) else None
    out = Inbound(
        external_id=item.key,
        dedupe_key=f"facebook:{item.key}",
        sender=Address(page.address),
        subject="",
        text=item.text,
        fresh=item.text,
        references=answered,
        sent_at=item.at or None,
        direction="out",
        origin=OTHER_TOOL if other else NATIVE,
        author=author,
        visibility="public",
        kind="reply",
        post=_post_around(item, page, "comment"),
        parent_key=answered[0],
        url=_link(item.value.get("permalink_url")) or f"{SITE}/{item.key}",
        opens=False,
        wanted=_media(item),
    )
    return [out]


def _recommends(value: dict[str, Any]) -> str:
    return say("Does not recommend the page") if _is_negative(value) else say("Recommends the page")


def _is_negative(value: dict[str, Any]) -> bool:
    return a_text(value.get("recommendation_type")).lower() == "negative"


def _facts(item: _Item, kind: str) -> dict[str, Any]:
    more: dict[str, Any] = {"parent": item.parent} if item.parent else {}
    more |= {"recommends": not _is_negative(item.value)} if kind == "review" else {}
    return {"item": kind, "post": item.post_key} | more | ({"anonymous": True} if item.anonymous else {})


def _post_around(item: _Item, page: Page, kind: str) -> Post:
    """The post of an utterance; where the utterance is the post itself, its words as well."""
    if item.key == item.post_key:
        url = _link(item.value.get("permalink_url")) or f"{SITE}/{item.key}"
        shown: Any = {"review": "review", "mention": "mention"}.get(kind, "post")
        return Post(key=item.key, kind=shown, author=item.author, text=item.text, url=url, at=item.at)
    told = an_object(item.value.get("post"))
    if kind == "mention":
        return Post(key=item.post_key, kind="mention", url=f"{SITE}/{item.post_key}")
    return _post_of(told | {"id": item.post_key}, page)


def _post_of(told: dict[str, Any], page: Page) -> Post:
    """A post as Meta tells of it. What visitors write on the wall of the page has ids like the page's own posts."""
    key, who = a_text(told.get("id")), an_object(told.get("from"))
    author = a_text(who.get("id"))
    ours = author == page.own or (not author and bool(told.get("status_type")) and told.get("status_type") != "wall_post")
    dark = told.get("is_published") is False
    return Post(
        key=key,
        kind="ad" if dark else "post",
        ours=ours,
        author=Address(page.address if author == page.own else author, clean_line(a_text(who.get("name")))) if author else Address(""),
        text=clean_text(a_text(told.get("message"))).strip(),
        url=_link(told.get("permalink_url")) or f"{SITE}/{key}",
        at=instant(told.get("created_time")),
    )


def _bystander(one: dict[str, Any], post: Post, page: Page) -> Bystander:
    key, who = a_text(one["id"]), an_object(one.get("from"))
    person = a_text(who.get("id"))
    ours = person == page.own
    return Bystander(
        post=post,
        external_id=key,
        author=Address(page.address if ours else person or f"anonymous-{key}".lower(), clean_line(a_text(who.get("name")))),
        text=clean_text(a_text(one.get("message"))).strip(),
        at=instant(one.get("created_time")),
        parent_key=a_text(an_object(one.get("parent")).get("id")),
        url=_link(one.get("permalink_url")),
        ours=ours,
    )


def _wanted(item: _Item, kind: str) -> tuple[Wanted, ...]:
    """Pictures, and once for each post what stands around."""
    around = Wanted(kind="item", key=f"around:{item.post_key}", ref={"around": item.post_key})
    return (*_media(item), *(() if item.key == item.post_key or kind == "mention" else (around,)))


def _media(item: _Item) -> tuple[Wanted, ...]:
    value = item.value
    attached = an_object(an_object(an_object(value.get("attachment")).get("media")).get("image"))
    links: list[object] = [value.get("photo"), value.get("video"), attached.get("src"), *texts(value.get("photos"))]
    if value.get("item") == "photo":
        links.append(value.get("link"))
    found = dict.fromkeys(url for url in map(_link, links) if url)
    return tuple(Wanted(kind="media", key=f"media:{item.key}:{place}", ref={"url": url}) for place, url in enumerate(found))


def _link(value: object) -> str:
    url = a_text(value)
    return url if url.startswith(("https://", "http://")) and len(url) <= 4000 else ""


def _reaction(value: dict[str, Any], page: Page) -> list[Understood]:
    """Of comments alone: what people think of a post is told by what they write."""
    key, person = a_text(value.get("comment_id")), a_text(an_object(value.get("from")).get("id"))
    if not key or not person:
        return []
    sender = Address(page.address if person == page.own else person)
    emoji = EMOJI.get(a_text(value.get("reaction_type")).lower(), "👍")
    on = value.get("verb") != "remove"
    return [Reacted(external_id=key, sender=sender, emoji=emoji, at=instant(value.get("created_time")), on=on)]


_READERS: dict[str, Callable[[dict[str, Any], Page], _Item | None]] = {
    "comment": _comment,
    "post": _post,
    "mention": _mention,
    "review": _rating,
}
_KINDS = {
    ("feed", "comment"): "comment",
    ("ratings", "comment"): "comment",
    ("ratings", "rating"): "review",
    **{("feed", name): "post" for name in POSTS},
}
