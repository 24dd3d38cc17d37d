"""What is said where others read along: conversations, the post around them, how a message stands at its network.

Part of the contract in screens.py.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.moderation.screens import Notice

Visibility = Literal["public", "private"]


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation of a case: where it goes on, and who reads it.

    `label` is the network's, `account` ours there, `person` the customer; `said_at` is when the customer last spoke in it, 0 never.
    """

    conversation: str
    visibility: Visibility
    icon: str
    label: str
    account: str
    person: str
    said_at: int = 0


class Version(msgspec.Struct, frozen=True):
    """What a message had said until then."""

    text: str
    until: int


class Reaction(msgspec.Struct, frozen=True):
    """One emoji, how often it was given, and whether by us."""

    emoji: str
    count: int
    ours: bool = False


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A file that belongs to a message and is not here: on its way, or `gone` with the reason."""

    name: str
    picture: bool = False
    alt: str = ""
    gone: bool = False
    reason: str = ""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A deed that can be done now. `asks` opens a dialog first, in which a reason, a new text or an emoji is given."""

    kind: str
    icon: str
    label: str
    asks: bool = False
    danger: bool = False
    first: bool = False


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A deed that is on its way, or did not come about; `text` is one sentence, `by` who ordered it. Until `undo_until` it is not begun."""

    operation: str
    kind: str
    text: str
    state: Literal["going", "failed", "unknown"]
    at: int
    by: str = ""
    reason: str = ""
    undo_until: int | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a message stands at its network. `kind` and `audience` are words of the reader's language, `removed` a whole sentence.

    `spoiler` is a content warning that folds the words; `recommends` is told of reviews. `handle` is what people call its author by.
    """

    kind: str = ""
    url: str = ""
    audience: str = ""
    spoiler: str = ""
    unanswerable: str = ""
    recommends: bool | None = None
    handle: str = ""
    verified: bool = False
    hidden_at: int | None = None
    removed_at: int | None = None
    removed: str = ""
    edited_at: int | None = None
    liked_at: int | None = None
    privately: bool = False
    versions: tuple[Version, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    missing: tuple[Missing, ...] = ()
    offers: tuple[Offer, ...] = ()
    ordered: tuple[Ordered, ...] = ()
    notice: Notice | None = None


class Uttered(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said under a post. `id` is a message's, empty for bystanders; `depth` is how far it is nested.

    `here` belongs to the case that is looked at, else `no` names another that the reader may see (0: none).
    """

    key: str
    author: str
    text: str
    at: int
    id: str = ""
    handle: str = ""
    ours: bool = False
    here: bool = False
    no: int = 0
    depth: int = 0
    url: str = ""
    removed: bool = False
    hidden: bool = False


class PostView(msgspec.Struct, frozen=True, kw_only=True):
    """The public thing that a conversation hangs under, and what is said there. `more` is not shown."""

    id: str
    kind: Literal["post", "review", "story", "ad", "mention"]
    author: str
    text: str
    at: int
    ours: bool = False
    url: str = ""
    icon: str = ""
    label: str = ""
    edited_at: int | None = None
    removed_at: int | None = None
    said: tuple[Uttered, ...] = ()
    others: int = 0
    more: int = 0


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the network takes free answers. `late`: only what a person writes, `closed`: nothing but approved templates, if any."""

    state: Literal["open", "late", "closed"]
    until: int | None = None


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """A template that the network has approved; `variables` are the names of what is to be filled in."""

    name: str
    language: str
    body: str
    header: str = ""
    footer: str = ""
    category: str = ""
    variables: tuple[str, ...] = ()


class Exposed(msgspec.Struct, frozen=True):
    """Something personal that was found in a text: which kind, and the words themselves."""

    kind: str
    text: str
