"""The people, posts and messages of a double of X. In: what somebody says. Out: the same in the forms in which X tells of it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

US = "1029384756"
EPOCH = 1_288_834_974_657
_HANDLE = re.compile(r"@([A-Za-z0-9_]{1,30})")


class Member(msgspec.Struct, kw_only=True):
    """Somebody at X."""

    id: str
    handle: str
    name: str
    followers: int = 120
    closed: bool = False
    blocked: bool = False

    @property
    def told(self) -> dict[str, Any]:
        counted = {"followers_count": self.followers, "following_count": 80}
        known = {"id": self.id, "username": self.handle, "name": self.name, "verified": False, "protected": False}
        return known | {"public_metrics": counted}


class Said(msgspec.Struct, kw_only=True):
    """One post; an edit adds an id."""

    history: list[str]
    author: str
    text: str
    at: int
    conversation: str
    answers: str = ""
    quotes: str = ""
    media: list[str] = []
    source: str = "X for iPhone"
    hidden: bool = False

    @property
    def id(self) -> str:
        return self.history[-1]


class Letter(msgspec.Struct, kw_only=True):
    """One direct message."""

    id: str
    sender: str
    recipient: str
    text: str
    at: int
    media: list[str] = []

    @property
    def conversation(self) -> str:
        return "-".join(sorted((self.sender, self.recipient), key=int))


class Medium(msgspec.Struct, kw_only=True):
    """A file; `url` is where it lies."""

    key: str
    media_type: str
    data: bytes
    url: str = ""
    alt: str = ""

    @property
    def told(self) -> dict[str, Any]:
        kind = "video" if self.media_type.startswith("video/") else "photo"
        known = {"media_key": self.key, "type": kind, "url": self.url}
        return known | ({"alt_text": self.alt} if self.alt else {})


class World:
    """Everything that was said. `now` tells microseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.members = {US: Member(id=US, handle="norrskenair", name="Norrsken Air", followers=18_400)}
        self.posts: dict[str, Said] = {}
        self.letters: list[Letter] = []
        self.media: dict[str, Medium] = {}
        self._count = 0

    def join(self, handle: str, name: str, followers: int = 120) -> Member:
        """Somebody signs up; who is there already stays."""
        found = next((one for one in self.members.values() if one.handle.lower() == handle.lower()), None)
        if found is None:
            # The same person has the same number in every double, so that nobody turns into somebody else when one begins anew.
            number = 2_000_000_000 + zlib.crc32(handle.lower().encode())
            found = Member(id=str(number), handle=handle, name=name, followers=followers)
            self.members[found.id] = found
        return found

    def new_id(self) -> str:
        """Ids grow with time, as X's do."""
        self._count += 1
        return str(((self.now() // 1_000 - EPOCH) << 22) + self._count)

    def say(self, author: str, text: str, *, answers: str = "", quotes: str = "", source: str = "X for iPhone") -> Said:
        """Somebody posts."""
        key = self.new_id()
        parent = self.posts.get(answers)
        conversation = parent.conversation if parent else answers or key
        said = Said(
            history=[key], author=author, text=text, at=self.now(), conversation=conversation, answers=answers, quotes=quotes, source=source
        )
        self.posts[key] = said
        return said

    def edit(self, post_id: str, text: str) -> Said:
        """The author says it otherwise, under a new id."""
        said = self.posts[post_id]
        said.text, said.at = text, self.now()
        said.history.append(self.new_id())
        self.posts[said.id] = said
        return said

    def write(self, sender: str, recipient: str, text: str) -> Letter:
        """Somebody writes in private."""
        letter = Letter(id=self.new_id(), sender=sender, recipient=recipient, text=text, at=self.now())
        self.letters.append(letter)
        return letter

    def mentioned(self, said: Said) -> list[Member]:
        """Who is named in a post."""
        named = {one.lower() for one in _HANDLE.findall(said.text)}
        return [one for one in self.members.values() if one.handle.lower() in named]

    def tell(self, said: Said) -> dict[str, Any]:
        """A post as version 2 has it."""
        post: dict[str, Any] = {
            "id": said.id,
            "text": said.text,
            "author_id": said.author,
            "created_at": written(said.at),
            "conversation_id": said.conversation,
            "edit_history_tweet_ids": said.history,
            "lang": "und",
            "possibly_sensitive": False,
            "reply_settings": "everyone",
            "source": said.source,
        }
        mentions = [_mention(said.text, one) for one in self.mentioned(said)]
        kin = [{"type": kind, "id": other} for kind, other in (("replied_to", said.answers), ("quoted", said.quotes)) if other]
        parent = self.posts.get(said.answers)
        post |= {"entities": {"mentions": mentions}} if mentions else {}
        post |= {"referenced_tweets": kin} if kin else {}
        post |= {"in_reply_to_user_id": parent.author} if parent else {}
        return post | ({"attachments": {"media_keys": said.media}} if said.media else {})

    def includes(self, *posts: Said, people: tuple[str, ...] = ()) -> dict[str, Any]:
        """What comes along with posts: people, the posts they answer, media."""
        kin = {other.id: other for one in posts for key in (one.answers, one.quotes) if (other := self.posts.get(key)) is not None}
        authors = dict.fromkeys([*people, *(one.author for one in (*posts, *kin.values()))])
        media = [self.media[key].told for one in posts for key in one.media if key in self.media]
        return {
            "users": [self.members[one].told for one in authors if one in self.members],
            "tweets": [self.tell(one) for one in kin.values()],
            "media": media,
        }

    def tell_letter(self, letter: Letter) -> dict[str, Any]:
        """A direct message as version 2 has it."""
        told: dict[str, Any] = {"id": letter.id, "event_type": "MessageCreate", "text": letter.text, "sender_id": letter.sender}
        told |= {"dm_conversation_id": letter.conversation, "created_at": written(letter.at)}
        return told | ({"attachments": {"media_keys": letter.media}} if letter.media else {})

    def tell_letter_in_hook(self, letter: Letter) -> dict[str, Any]:
        """The same in the older form, as webhooks bring it."""
        data: dict[str, Any] = {"text": letter.text, "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []}}
        said: dict[str, Any] = {"target": {"recipient_id": letter.recipient}, "sender_id": letter.sender, "message_data": data}
        event: dict[str, Any] = {
            "type": "message_create",
            "id": letter.id,
            "created_timestamp": str(letter.at // 1_000),
            "message_create": said,
        }
        users = {one: {"data": self.members[one].told} for one in (letter.sender, letter.recipient) if one in self.members}
        return {"direct_message_events": [event], "users": users}


def written(at: int) -> str:
    """An instant as X writes it."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mention(text: str, member: Member) -> dict[str, Any]:
    start = text.lower().find(f"@{member.handle.lower()}")
    return {"start": start, "end": start + len(member.handle) + 1, "username": member.handle, "id": member.id}
