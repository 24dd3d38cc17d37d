"""The people and posts of a double of a Mastodon server. In: what somebody says. Out: the same in the server's own form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

import msgspec

HOST = "social.norrsken.example"
US = "1"
_NAME = r"@(?P<name>[\w.-]+?)(?:@(?P<host>[\w-]+(?:\.[\w-]+)+))?(?=[\s,.:;!?]|$)"
_NAMED = re.compile(_NAME)
_LINKED = re.compile(rf"(?P<url>https?://[^\s<]+)|{_NAME}")


class Member(msgspec.Struct, kw_only=True):
    """Somebody; `host` is empty for whoever is of this server."""

    id: str
    name: str
    shown: str
    host: str = ""
    blocked: bool = False
    reported: bool = False

    @property
    def acct(self) -> str:
        return f"{self.name}@{self.host}" if self.host else self.name

    @property
    def whole(self) -> str:
        return f"{self.name}@{self.host or HOST}"

    @property
    def told(self) -> dict[str, Any]:
        known = {"id": self.id, "username": self.name, "acct": self.acct, "display_name": self.shown, "bot": False, "note": ""}
        home = f"https://{self.host or HOST}"
        return known | {"url": f"{home}/@{self.name}", "avatar": f"{home}/a.png", "followers_count": 310}


class Said(msgspec.Struct, kw_only=True):
    """One post."""

    id: str
    author: Member
    text: str
    at: int
    visibility: str = "public"
    answers: str = ""
    quotes: str = ""
    spoiler: str = ""
    language: str = ""
    edited_at: int = 0
    media: list[str] = []
    program: str = ""
    favourites: set[str] = set()


class Medium(msgspec.Struct, kw_only=True):
    """A file; `looks` is how often it is still being worked on."""

    id: str
    media_type: str
    data: bytes
    url: str
    alt: str = ""
    looks: int = 0

    @property
    def told(self) -> dict[str, Any]:
        kind = "image" if self.media_type.startswith("image/") else "video"
        return {"id": self.id, "type": kind, "url": None if self.looks else self.url, "remote_url": None, "description": self.alt or None}


class World:
    """Everything that was said. `now` tells microseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self.members = {US: Member(id=US, name="norrskenair", shown="Norrsken Air")}
        self.posts: dict[str, Said] = {}
        self.media: dict[str, Medium] = {}
        self.notifications: list[dict[str, Any]] = []
        self._count = 0
        self.first = int(self.new_id())

    def join(self, name: str, shown: str, host: str = "mast.example") -> Member:
        """Somebody of another server, or with an empty `host` of this one; who is there already stays."""
        found = next((one for one in self.members.values() if (one.name, one.host) == (name, host)), None)
        if found is None:
            found = Member(id=str(220 + len(self.members)), name=name, shown=shown, host=host)
            self.members[found.id] = found
        return found

    def new_id(self) -> str:
        """Ids grow with time, as the server's do."""
        self._count += 1
        return str((self.now() // 1_000 << 16) + self._count)

    def say(self, author: Member, text: str, **more: Any) -> Said:
        """Somebody posts."""
        said = Said(id=self.new_id(), author=author, text=text, at=self.now(), **more)
        self.posts[said.id] = said
        return said

    def named(self, said: Said) -> list[Member]:
        """Who is named in a post."""
        found = {(name.lower(), host.lower() if host.lower() != HOST else "") for name, host in _NAMED.findall(said.text)}
        return [one for one in self.members.values() if (one.name.lower(), one.host) in found]

    def notify(self, kind: str, who: Member, said: Said) -> dict[str, Any]:
        """Something that we are told of."""
        told = {"id": self.new_id(), "type": kind, "created_at": written(self.now()), "account": who.told}
        self.notifications.append(told | {"status_id": said.id})
        return told | {"status": self.tell(said)}

    def ancestors(self, said: Said) -> list[Said]:
        """What stands before a post, the root first."""
        found: list[Said] = []
        while (parent := self.posts.get(said.answers)) is not None:
            found.insert(0, parent)
            said = parent
        return found

    def descendants(self, said: Said) -> list[Said]:
        """What answers a post, and what answers that."""
        found = [one for one in self.posts.values() if one.answers == said.id]
        return [*found, *(deeper for one in found for deeper in self.descendants(one))]

    def tell(self, said: Said) -> dict[str, Any]:
        """A post as the server has it."""
        parent, quoted = self.posts.get(said.answers), self.posts.get(said.quotes)
        home = f"https://{said.author.host or HOST}"
        mentions = [{"id": one.id, "username": one.name, "acct": one.acct, "url": one.told["url"]} for one in self.named(said)]
        return {
            "id": said.id,
            "uri": f"{home}/users/{said.author.name}/statuses/{said.id}",
            "url": f"{home}/@{said.author.name}/{said.id}",
            "created_at": written(said.at),
            "edited_at": written(said.edited_at) if said.edited_at else None,
            "in_reply_to_id": said.answers or None,
            "in_reply_to_account_id": parent.author.id if parent else None,
            "sensitive": bool(said.spoiler),
            "spoiler_text": said.spoiler,
            "visibility": said.visibility,
            "language": said.language or None,
            "content": self._html(said.text),
            "account": said.author.told,
            "media_attachments": [self.media[one].told for one in said.media],
            "mentions": mentions,
            "application": {"name": said.program, "website": None} if said.program and said.author.id == US else None,
            "quote": {"state": "accepted", "quoted_status": self.tell(quoted)} if quoted else None,
            "reblog": None,
            "poll": None,
            "card": None,
            "tags": [],
        }

    def _html(self, text: str) -> str:
        def linked(found: re.Match[str]) -> str:
            if found["url"]:
                return f'<a href="{found["url"]}" rel="nofollow noopener"><span class="ellipsis">{found["url"]}</span></a>'
            url = f"https://{found['host'] or HOST}/@{found['name']}"
            return f'<span class="h-card"><a href="{url}" class="u-url mention">@<span>{found["name"]}</span></a></span>'

        parts = [_LINKED.sub(linked, escape(one, quote=False)) for one in text.split("\n\n")]
        return "".join(f"<p>{one.replace(chr(10), '<br />')}</p>" for one in parts)


def written(at: int) -> str:
    """An instant as the server writes it."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
