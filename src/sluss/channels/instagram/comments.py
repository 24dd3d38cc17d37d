"""What happens under an account's media, and where it is mentioned. In: one change. Out: what it means.

Meta posts of a mention only that there is one; what it says is asked for, and comes again as a change that has words.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.contract import Inbound, Understood
from sluss.channels.graph_talk import NATIVE
from sluss.channels.happenings import Bystander, Post, Wanted
from sluss.channels.said import a_text, an_object, instant, objects
from sluss.channels.who import Address, Profile
from sluss.kernel.text import clean_line, clean_text

SITE = "https://www.instagram.com"
COMMENTS = frozenset({"comments", "live_comments"})


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """Whose media it is: the account's own id and name at Meta, and the inbox's address."""

    id: str
    address: str
    handle: str = ""


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """One comment or caption, read."""

    key: str
    post: Post
    parent: str
    author: Address
    profile: Profile
    ours: bool
    text: str
    at: int
    kind: str


def understand_change(change: dict[str, Any], own: Own, entry_at: int) -> list[Understood]:
    """All that a change says; `entry_at` is when Meta wrote it, for comments bear no time."""
    value = an_object(change.get("value"))
    if change.get("field") in COMMENTS and a_text(value.get("id")):
        said = _comment(value, own, entry_at, live=change["field"] == "live_comments")
        return [_own(said, own) if said.ours else _inbound(said, own)] if not said.ours or said.parent else []
    if change.get("field") == "mentions":
        return _mention(value, own, entry_at)
    return []


def understand_around(around: dict[str, Any], own: Own) -> list[Understood]:
    """A medium that was asked for, with what stands under it: context, never a case."""
    media = an_object(around.get("post"))
    if not a_text(media.get("id")):
        return []
    comments = [(one, "") for one in objects(around.get("comments"))]
    comments += [(reply, a_text(one.get("id"))) for one, _ in comments for reply in objects(an_object(one.get("replies")).get("data"))]
    return [_bystander(one, parent, _post(media, own), own) for one, parent in comments if a_text(one.get("id"))]


def mark_of(change: dict[str, Any]) -> str:
    """The name by which a comment is known, whether it was posted or found by polling; empty for anything else."""
    key = a_text(an_object(change.get("value")).get("id"))
    return f"said:{key}" if key and change.get("field") in COMMENTS else ""


def _comment(value: dict[str, Any], own: Own, entry_at: int, *, live: bool) -> _Said:
    author, profile, ours = _who(value, own)
    key = a_text(value["id"])
    return _Said(
        key=key,
        post=_post(an_object(value.get("media")), own),
        parent=a_text(value.get("parent_id")),
        author=author if author.address else Address(f"anonymous-{key}"),
        profile=profile,
        ours=ours,
        text=clean_text(a_text(value.get("text"))).strip(),
        at=instant(value.get("timestamp")) or entry_at,
        kind="live comment" if live else "comment",
    )


def _mention(value: dict[str, Any], own: Own, entry_at: int) -> list[Understood]:
    media, comment = a_text(value.get("media_id")), a_text(value.get("comment_id"))
    key = comment or media
    if not key:
        return []
    if "text" not in value:
        ref = {"media": media} | ({"comment": comment} if comment else {})
        return [Wanted(kind="item", key=f"mention:{key}", ref=ref)]
    author, profile, ours = _who(value, own)
    told = an_object(value.get("media"))
    text = clean_text(a_text(value.get("text"))).strip()
    at = instant(value.get("timestamp")) or entry_at
    whose = author if not comment else _who(told, own)[0]
    words = clean_text(a_text(told.get("caption"))).strip() if comment else text
    url, posted_at = _link(told.get("permalink")), instant(told.get("timestamp"))
    post = Post(key=media or key, kind="mention", author=whose, text=words, url=url, at=posted_at)
    said = _Said(key=key, post=post, parent="", author=author, profile=profile, ours=ours, text=text, at=at, kind="mention")
    return [] if ours or not author.address else [_inbound(said, own)]


def _who(value: dict[str, Any], own: Own) -> tuple[Address, Profile, bool]:
    """By the number where Meta tells it, else by the name: of mentions it tells no number."""
    who = an_object(value.get("from"))
    number, name = a_text(who.get("id")), clean_line(a_text(who.get("username")) or a_text(value.get("username")))
    ours = number == own.id or (not number and bool(name) and name.lower() == own.handle.removeprefix("@").lower())
    if ours:
        return Address(own.address, name), Profile(), True
    profile = Profile(handle=f"@{name}", url=f"{SITE}/{name}/") if name else Profile()
    return Address(number or (f"@{name}".lower() if name else ""), name), profile, False


def _post(media: dict[str, Any], own: Own) -> Post:
    """What was boosted is the post that it was made of, so that its comments stand together."""
    original = a_text(media.get("original_media_id"))
    return Post(
        key=original or a_text(media.get("id")) or "unknown",
        kind="ad" if media.get("media_product_type") == "AD" and not original else "post",
        ours=True,
        author=Address(own.address),
        text=clean_text(a_text(media.get("caption"))).strip(),
        url=_link(media.get("permalink")),
        at=instant(media.get("timestamp")),
    )


def _inbound(said: _Said, own: Own) -> Inbound:
    top = said.parent or (said.key if said.key != said.post.key else "root")
    around = Wanted(kind="item", key=f"around:{said.post.key}", ref={"around": said.post.key})
    return Inbound(
        external_id=said.key,
        dedupe_key=f"instagram:{said.key}",
        sender=said.author,
        subject="",
        text=said.text,
        fresh=said.text,
        to=(Address(own.address),),
        references=(said.parent,) if said.parent else (),
        sent_at=said.at or None,
        thread_key=f"p:{said.post.key}:{top}:{said.author.address if not said.author.address.startswith('anonymous-') else said.key}",
        visibility="public",
        kind="reply" if said.parent else said.kind,
        post=said.post,
        parent_key=said.parent,
        url=said.post.url,
        opens=False,
        facts=_facts(said),
        wanted=() if said.kind == "mention" or said.post.key == "unknown" else (around,),
        profile=said.profile,
    )


def _facts(said: _Said) -> dict[str, Any]:
    comment = said.key if said.key != said.post.key else ""
    return {"item": said.kind, "media": said.post.key, "comment": comment, "parent": said.parent, "handle": said.profile.handle}


def _own(said: _Said, own: Own) -> Inbound:
    """What the account answered under a comment; Meta does not tell by which program."""
    return Inbound(
        external_id=said.key,
        dedupe_key=f"instagram:{said.key}",
        sender=Address(own.address),
        subject="",
        text=said.text,
        fresh=said.text,
        references=(said.parent,),
        sent_at=said.at or None,
        direction="out",
        origin=NATIVE,
        visibility="public",
        kind="reply",
        post=said.post,
        parent_key=said.parent,
        url=said.post.url,
        opens=False,
    )


def _bystander(one: dict[str, Any], parent: str, post: Post, own: Own) -> Bystander:
    author, _, ours = _who(one, own)
    key = a_text(one["id"])
    return Bystander(
        post=post,
        external_id=key,
        author=author if author.address else Address(f"anonymous-{key}"),
        text=clean_text(a_text(one.get("text"))).strip(),
        at=instant(one.get("timestamp")),
        parent_key=parent or a_text(one.get("parent_id")),
        ours=ours,
    )


def _link(value: object) -> str:
    url = a_text(value)
    return url if url.startswith(("https://", "http://")) and len(url) <= 4000 else ""
