"""What networks tell beside messages: posts, changes, reactions, windows, other people, the account itself. Values only.

In: what an adapter understood. Out: values for cases and the outbox. All keys are the network's own, as text.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from sluss.channels.who import Address, Profile


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """The public thing that public threads hang under. `ours` was written by the account of the inbox; `at` is microseconds UTC, 0 unknown.

    `key` is unique per inbox. What is empty was not told this time and leaves what is known as it is.
    """

    key: str
    kind: Literal["post", "review", "story", "ad", "mention"] = "post"
    ours: bool = False
    author: Address = Address("")
    text: str = ""
    url: str = ""
    at: int = 0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must be asked for before it is complete, done by the adapter's `fetch` right after the message is stored.

    `media` hangs a file to the message that it came with; `person` completes its sender; `item` brings more deliveries (what a mention
    says, what stands around a comment). `key` is unique per inbox: what was fetched is not fetched twice. `ref` is the adapter's own.
    """

    kind: Literal["media", "person", "item"]
    key: str
    ref: dict[str, Any] = {}
    name: str = ""
    media_type: str = ""
    size: int = 0
    alt: str = ""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """News about one utterance, ours or theirs, or about a post (`external_id` is then its key).

    `edited` carries the whole new text; `removed` takes it away at the network (we keep what was said); `at` orders news of one utterance,
    microseconds UTC. News may come before the utterance itself, and are then kept for it.
    """

    external_id: str
    what: Literal["edited", "removed", "hidden", "unhidden"]
    at: int
    text: str = ""
    html: str = ""
    spoiler: str = ""
    by: Literal["", "author", "us", "network"] = ""


class Reacted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody reacted to an utterance, or took it back (`on` False). `emoji` is one grapheme; a person has one reaction per utterance.

    `opens` says that it opens the network's window of the thread named.
    """

    external_id: str
    sender: Address
    emoji: str
    at: int
    on: bool = True
    thread_key: str = ""
    opens: bool = False


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An act of the customer that opens the network's window without saying anything (a button, an advertisement's link)."""

    thread_key: str
    at: int


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """No answer can be sent in a thread until its customer writes again, and why, in one sentence (`reason` empty: it can again)."""

    thread_key: str
    at: int
    reason: str = ""


class Bystander(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody else said around a customer's utterance, or we did before the inbox was connected: shown, never a case."""

    post: Post
    external_id: str
    author: Address
    text: str
    at: int
    parent_key: str = ""
    url: str = ""
    ours: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A person got a name, a picture or another handle."""

    person: Address
    profile: Profile = Profile()


class Renamed(msgspec.Struct, frozen=True, kw_only=True):
    """The network calls the same person (`person`) or the same thread (`thread`) by another key from now on."""

    what: Literal["person", "thread"]
    before: str
    after: str


class AccountNews(msgspec.Struct, frozen=True, kw_only=True):
    """News of the connected account itself, for the inbox page. `reconnect`: nothing goes until a person connects it again."""

    state: Literal["ok", "warn", "reconnect"]
    reason: str


Happening = Changed | Reacted | Opened | Barred | Bystander | Known | Renamed | AccountNews
