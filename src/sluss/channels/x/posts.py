"""Posts and direct messages of X in one form. In: JSON of version 2, of the older interface, or of a webhook. Out: values.

An edit makes a new id; the first one of the history is a post's key here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import msgspec

from sluss.channels.said import a_text, an_object, instant, objects, texts, whole
from sluss.channels.who import Address, Profile
from sluss.channels.x.settings import SITE
from sluss.kernel.text import clean_line, clean_text

_CLASSIC = "%a %b %d %H:%M:%S %z %Y"
_TAG = re.compile(r"<[^<>]*>")
_HANDLE = re.compile(r"@([A-Za-z0-9_]{1,30})\s+")
_SHORT = re.compile(r"https://t\.co/\w+")
_NATIVE = re.compile(r"(?:x|twitter)\b", re.IGNORECASE)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at X. `name` is shown, `handle` what people call them by."""

    id: str
    handle: str = ""
    name: str = ""
    followers: int | None = None
    verified: bool = False
    picture: str = ""

    @property
    def address(self) -> Address:
        return Address(self.id, self.name or (f"@{self.handle}" if self.handle else ""))

    @property
    def profile(self) -> Profile:
        at, url = (f"@{self.handle}", f"{SITE}/{self.handle}") if self.handle else ("", f"{SITE}/i/user/{self.id}")
        return Profile(handle=at, url=url, followers=self.followers, verified=self.verified, picture=self.picture)


class Medium(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or film that hangs at a post; `url` is empty where it has to be asked for."""

    key: str
    url: str = ""
    kind: str = ""
    alt: str = ""


class XPost(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `key` outlasts edits, `id` is the newest. `conversation` is the post at the root of the thread, empty where untold."""

    key: str
    id: str
    text: str
    fresh: str
    author: Person
    at: int
    conversation: str = ""
    answers: str = ""
    answers_person: str = ""
    quotes: str = ""
    is_repost: bool = False
    mentions: frozenset[str] = frozenset()
    media: tuple[Medium, ...] = ()
    is_edited: bool = False
    program: str = ""

    @property
    def url(self) -> str:
        return post_url(self.author.handle, self.id)


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What came along with a post: people, other posts and media by their ids."""

    people: dict[str, Person] = {}
    posts: dict[str, dict[str, Any]] = {}
    media: dict[str, Medium] = {}


def is_native(program: str) -> bool:
    """Whether something was written in a program of X itself, or nobody says otherwise."""
    return not program or _NATIVE.match(program) is not None


def post_url(handle: str, post_id: str) -> str:
    """Where people see a post."""
    return f"{SITE}/{handle or 'i/web'}/status/{post_id}"


def around_of(includes: Any) -> Around:
    """What stands in `includes`; people come plain or wrapped in `data`."""
    told = an_object(includes)
    people = [person_of(one) for one in objects(told.get("users"))]
    posts = [an_object(one.get("data")) or one for one in (*objects(told.get("tweets")), *objects(told.get("posts")))]
    media = [medium_of(one) for one in objects(told.get("media"))]
    return Around(
        people={one.id: one for one in people if one.id},
        posts={a_text(one.get("id")): one for one in posts},
        media={one.key: one for one in media if one.key},
    )


def person_of(told: dict[str, Any]) -> Person:
    """Somebody, in either form, also wrapped in `data`."""
    one = an_object(told.get("data")) or told
    counted = an_object(one.get("public_metrics")).get("followers_count", one.get("followers_count"))
    return Person(
        id=a_text(one.get("id_str")) or a_text(one.get("id")),
        handle=a_text(one.get("username")) or a_text(one.get("screen_name")),
        name=clean_line(a_text(one.get("name")))[:200],
        followers=whole(counted) if counted is not None else None,
        verified=one.get("verified") is True,
        picture=a_text(one.get("profile_image_url")) or a_text(one.get("profile_image_url_https")),
    )


def post_of(told: dict[str, Any], around: Around) -> XPost | None:
    """A post of version 2; None for what is none."""
    newest, history = a_text(told.get("id")), texts(told.get("edit_history_tweet_ids")) or texts(told.get("edit_history_post_ids"))
    author_id = a_text(told.get("author_id"))
    if not newest.isdigit() or not author_id.isdigit():
        return None
    kin = {a_text(one.get("type")): a_text(one.get("id")) for one in objects(told.get("referenced_tweets"))}
    long = an_object(told.get("note_tweet"))
    entities = an_object((long if long.get("text") else told).get("entities"))
    text = readable(a_text(long.get("text")) or a_text(told.get("text")), entities)
    mentions = {a_text(one.get("username")).lower(): a_text(one.get("id")) for one in objects(entities.get("mentions"))}
    answers = kin.get("replied_to", "") or a_text(told.get("in_reply_to_tweet_id"))
    keys = texts(an_object(told.get("attachments")).get("media_keys"))
    return XPost(
        key=history[0] if history else newest,
        id=history[-1] if history else newest,
        text=text,
        fresh=_without_handles(text, set(mentions)) if answers else text,
        author=around.people.get(author_id) or Person(id=author_id),
        at=instant(told.get("created_at")),
        conversation=a_text(told.get("conversation_id")),
        answers=answers,
        answers_person=a_text(told.get("in_reply_to_user_id")),
        quotes=kin.get("quoted", ""),
        is_repost="retweeted" in kin,
        mentions=frozenset(mentions.values()),
        media=tuple(around.media.get(key) or Medium(key=key) for key in keys),
        is_edited=len(history) > 1,
        program=program_of(told.get("source")),
    )


def classic_post_of(told: dict[str, Any]) -> XPost | None:
    """A post of the older interface; None for what is none."""
    newest, author = a_text(told.get("id_str")) or a_text(told.get("id")), person_of(an_object(told.get("user")))
    if not newest.isdigit() or not author.id.isdigit():
        return None
    long = an_object(told.get("extended_tweet")) or told
    entities = an_object(long.get("entities")) or an_object(told.get("entities"))
    whole_text = a_text(long.get("full_text")) or a_text(told.get("text"))
    text = readable(whole_text, entities)
    mentions = {a_text(one.get("screen_name")).lower(): a_text(one.get("id_str")) for one in objects(entities.get("user_mentions"))}
    answers = a_text(told.get("in_reply_to_status_id_str"))
    hung = an_object(long.get("extended_entities") or told.get("extended_entities")) or entities
    first = a_text(an_object(told.get("edit_history")).get("initial_tweet_id")) or newest
    return XPost(
        key=first,
        id=newest,
        text=text,
        fresh=_without_handles(text, set(mentions)) if answers else text,
        author=author,
        at=whole(told.get("timestamp_ms")) * 1_000 or classic_instant(told.get("created_at")),
        conversation=a_text(told.get("conversation_id_str")) or ("" if answers else newest),
        answers=answers,
        answers_person=a_text(told.get("in_reply_to_user_id_str")),
        quotes=a_text(told.get("quoted_status_id_str")),
        is_repost="retweeted_status" in told,
        mentions=frozenset(mentions.values()),
        media=tuple(medium_of(one) for one in objects(hung.get("media"))),
        is_edited=first != newest,
        program=program_of(told.get("source")),
    )


def program_of(source: Any) -> str:
    """The name of the program that something was written in: plain, or as a link."""
    return " ".join(unescape(_TAG.sub("", a_text(source))).split())[:80]


def classic_instant(text: Any) -> int:
    """Microseconds UTC of `Sat Nov 21 12:00:00 +0000 2026`; 0 when it is another form."""
    try:
        return round(datetime.strptime(a_text(text), _CLASSIC).astimezone(UTC).timestamp()) * 1_000_000
    except ValueError:
        return 0


def readable(text: str, entities: Any) -> str:
    """A text as people wrote it, fit to store: whole links, without those that only stand for the post's own media."""
    urls = objects(an_object(entities).get("urls"))
    full = {a_text(one.get("url")): a_text(one.get("expanded_url")) or a_text(one.get("unwound_url")) for one in urls}
    own = {a_text(one.get("url")) for one in urls if "media_key" in one or a_text(one.get("display_url")).startswith("pic.")}

    def long(found: re.Match[str]) -> str:
        return "" if found[0] in own else full.get(found[0]) or found[0]

    return clean_text(unescape(_SHORT.sub(long, text))).strip()


def medium_of(told: dict[str, Any]) -> Medium:
    """A picture or film in any form; of a film the best version, else its picture."""
    info = an_object(told.get("video_info")) or told
    films = [one for one in objects(info.get("variants")) if a_text(one.get("content_type")) == "video/mp4"]
    films.sort(key=lambda one: whole(one.get("bit_rate", one.get("bitrate"))))
    best = films[-1] if films else an_object(None)
    url = a_text(best.get("url")) or a_text(told.get("url") if "media_key" in told else "")
    return Medium(
        key=a_text(told.get("media_key")) or a_text(told.get("id_str")) or a_text(told.get("id")),
        url=url or a_text(told.get("media_url_https")) or a_text(told.get("preview_image_url")),
        kind=a_text(told.get("type")),
        alt=a_text(told.get("alt_text")) or a_text(told.get("ext_alt_text")),
    )


def _without_handles(text: str, named: set[str]) -> str:
    """An answer without the names that X puts before it."""
    rest = text
    while (found := _HANDLE.match(rest)) is not None and found[1].lower() in named:
        rest = rest[found.end() :]
    return rest or text
