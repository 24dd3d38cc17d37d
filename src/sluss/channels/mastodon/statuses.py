"""Posts of a Mastodon server in one form. In: its JSON, or that of what imitates it. Out: values; what is not told is empty."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sluss.channels.mastodon.settings import Mine
from sluss.channels.said import a_text, an_object, instant, objects, whole
from sluss.channels.who import Address, Profile
from sluss.kernel.html_text import text_from_html
from sluss.kernel.text import clean_line, clean_text

AUDIENCES = {"public": "public", "unlisted": "unlisted", "private": "followers", "direct": "mentioned"}
"""The network's word for who sees a post, and ours."""
HTML = 60_000
_MENTION = re.compile(r'<a\b[^<>]{0,600}\bclass="[^"<>]*\b(?:mention|hashtag)\b[^"<>]*"[^<>]{0,600}>(.{0,400}?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,600}>")
_LEADING = re.compile(r"@([\w.-]+?)(?:@[\w.-]+)?(?:\s+|$)")
_NATIVE = re.compile(r"(?:web|mastodon)\b", re.IGNORECASE)
_PROVEN = re.compile(r"[a-z0-9_][a-z0-9_.-]*@[a-z0-9.-]+(?::[0-9]+)?", re.IGNORECASE)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody: `id` is the server's number of them, `acct` their whole name in lower case."""

    id: str
    acct: str
    name: str = ""
    url: str = ""
    followers: int | None = None
    picture: str = ""

    @property
    def address(self) -> Address:
        return Address(self.acct, self.name or f"@{self.acct}")

    @property
    def profile(self) -> Profile:
        return Profile(handle=f"@{self.acct}", url=self.url, followers=self.followers, picture=self.picture)


class Medium(msgspec.Struct, frozen=True, kw_only=True):
    """A file that hangs at a post."""

    id: str
    url: str
    kind: str
    alt: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `fresh` is without the names before it; `visibility` is the network's word, `quotes` the post that it shows."""

    id: str
    uri: str
    url: str
    author: Person
    text: str
    fresh: str
    at: int
    visibility: str
    edited_at: int = 0
    answers: str = ""
    answers_person: str = ""
    spoiler: str = ""
    language: str = ""
    mentions: tuple[Person, ...] = ()
    media: tuple[Medium, ...] = ()
    quotes: str = ""
    quotes_person: str = ""
    program: str = ""
    is_boost: bool = False

    @property
    def is_private(self) -> bool:
        return self.visibility == "direct"

    @property
    def is_native(self) -> bool:
        """Whether it was written in a program of the network's own, or nobody says otherwise."""
        return not self.program or _NATIVE.match(self.program) is not None


def status_of(told: dict[str, Any], mine: Mine) -> Status | None:
    """A post; None for what is none, or says not whose it is."""
    author, key = person_of(an_object(told.get("account")), mine), a_text(told.get("id"))
    if not key or author is None:
        return None
    mentions = [one for one in (person_of(other, mine) for other in objects(told.get("mentions"))) if one is not None]
    names = {one.acct.partition("@")[0] for one in mentions}
    text = readable(a_text(told.get("content")), an_object(told.get("poll")))
    quoted = an_object(told.get("quote"))
    quoted = an_object(quoted.get("quoted_status")) or quoted
    quoted_author = person_of(an_object(quoted.get("account")), mine)
    return Status(
        id=key,
        uri=a_text(told.get("uri")) or f"{mine.host}/{key}",
        url=a_text(told.get("url")) or a_text(told.get("uri")),
        author=author,
        text=text,
        fresh=_without_names(text, names),
        at=instant(told.get("created_at")),
        visibility=a_text(told.get("visibility")) or "public",
        edited_at=instant(told.get("edited_at")),
        answers=a_text(told.get("in_reply_to_id")),
        answers_person=_answered(a_text(told.get("in_reply_to_account_id")), [author, *mentions]),
        spoiler=clean_line(a_text(told.get("spoiler_text")))[:500],
        language=a_text(told.get("language"))[:20],
        mentions=tuple(mentions),
        media=tuple(_medium(one) for one in objects(told.get("media_attachments"))),
        quotes=a_text(quoted.get("id")),
        quotes_person=quoted_author.acct if quoted_author else "",
        program=clean_line(a_text(an_object(told.get("application")).get("name")))[:80],
        is_boost=bool(told.get("reblog")),
    )


def person_of(told: dict[str, Any], mine: Mine) -> Person | None:
    """Somebody; whoever is of our own server is named without its host there."""
    acct = a_text(told.get("acct")).lower().lstrip("@")
    whole_name = acct if "@" in acct else f"{acct}@{mine.host}"
    if not acct or not _PROVEN.fullmatch(whole_name):
        return None
    followers = told.get("followers_count")
    return Person(
        id=a_text(told.get("id")),
        acct=whole_name,
        name=clean_line(a_text(told.get("display_name")) or a_text(told.get("username")))[:200],
        url=a_text(told.get("url")),
        followers=whole(followers) if followers is not None else None,
        picture=a_text(told.get("avatar_static")) or a_text(told.get("avatar")),
    )


def readable(html: str, poll: dict[str, Any]) -> str:
    """The words of a post, and what may be chosen in it; names and tags stand without the addresses behind them."""
    plain = _MENTION.sub(lambda found: _TAG.sub("", found[1]), html[:HTML])
    choices = [f"- {a_text(one.get('title'))}" for one in objects(poll.get("options"))]
    return clean_text("\n".join([text_from_html(plain), *choices])).strip()


def _medium(told: dict[str, Any]) -> Medium:
    return Medium(
        id=a_text(told.get("id")),
        url=a_text(told.get("url")) or a_text(told.get("remote_url")),
        kind=a_text(told.get("type")),
        alt=a_text(told.get("description"))[:2000],
    )


def _answered(person_id: str, known: list[Person]) -> str:
    return next((one.acct for one in known if person_id and one.id == person_id), "")


def _without_names(text: str, named: set[str]) -> str:
    rest = text
    while (found := _LEADING.match(rest)) is not None and found[1].lower() in named:
        rest = rest[found.end() :]
    return rest or text
