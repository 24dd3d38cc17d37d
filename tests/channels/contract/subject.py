"""What a channel must offer to stand before the contract suite: its adapter, its double, and hands that move both.

`tests/channels/<name>/subject.py` has a class `SUBJECT` that is made without arguments. Verbs return False where the network has no such
thing; what it has is checked. Account 1 is the one that everybody writes to; account 2 is another of the same network, with secrets of
its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from sluss.channels.contract import Channel, Connection, Delivered, Posted
from sluss.channels.inboxes import InboxFields
from sluss.sandbox.wire import Answer, Double

Side = Literal["public", "private"]
HOOK = "https://sluss.example/hooks/1/1"
NOW = 1_795_262_400_000_000


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How a post is proven: by which header, and what stands there for a body and a secret. `secret` is its name among the inbox's.

    `signed` is False where the header only repeats the secret.
    """

    header: str
    secret: str
    sign: Callable[[bytes, str], str]
    signed: bool = True


class Subject(Protocol):
    """One channel on trial."""

    @property
    def name(self) -> str:
        """Of the network."""
        ...

    @property
    def channel(self) -> Channel:
        """The adapter."""
        ...

    @property
    def double(self) -> Double:
        """What stands for the network."""
        ...

    @property
    def sides(self) -> tuple[Side, ...]:
        """Where customers can write."""
        ...

    @property
    def proof(self) -> Proof | None:
        """How posts are proven, of a network that posts."""
        ...

    @property
    def letters(self) -> Letterbox | None:
        """Where posts land, of a network that posts; None together with `proof`."""
        ...

    @property
    def sending(self) -> str:
        """A pattern of the paths by which messages are sent."""
        ...

    @property
    def flood(self) -> Answer:
        """What the network answers when it was asked too often."""
        ...

    @property
    def expired(self) -> Answer:
        """What it answers to a token that is no longer good."""
        ...

    async def open(self) -> None:
        """Start the double."""
        ...

    async def close(self) -> None:
        """Stop everything."""
        ...

    def account(self, number: int) -> InboxFields:
        """What an administrator enters for an account, with `api` at the double."""
        ...

    async def delivered(self, connection: Connection) -> list[Delivered]:
        """What the network has brought for account 1 since this was last asked; see `Posting`."""
        ...

    async def say(self, text: str, side: Side = "private", person: int = 1) -> Any:
        """A customer says something; in public where we hear it, with our name before it if need be. Returns what `edit` knows it by."""
        ...

    async def edit(self, said: Any, text: str) -> bool:
        """The customer changes it."""
        ...

    async def remove(self, said: Any) -> bool:
        """The customer takes it back."""
        ...

    async def album(self, pictures: Sequence[bytes], person: int = 1) -> bool:
        """Several pictures at once, in private."""
        ...

    async def native(self, text: str, person: int = 1) -> bool:
        """One of us answers the person in private by the network's own program."""
        ...

    async def tell_unknown(self) -> None:
        """The network tells what nobody has heard of: new kinds of things, new words in known ones."""
        ...

    async def echo(self) -> bool:
        """The network shows us the message that it took last, as it does with messages of its own program."""
        ...

    def sent(self) -> list[str]:
        """The texts that the network took from us, oldest first."""
        ...


class Letterbox:
    """Takes what a double posts, in place of a hook. Ask `catch` before the double is told where to post."""

    def __init__(self, double: Double) -> None:
        self._posted: list[Posted] = []
        self._double = double

    def catch(self) -> None:
        """From now on posts land here, and are acknowledged."""
        self._double.post = self._post

    def posts(self) -> list[Posted]:
        """What has landed since this was last asked."""
        taken, self._posted = self._posted, []
        return taken

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], *, tries: int = 1) -> int:
        del url, tries
        self._posted.append(Posted(headers={name.lower(): value for name, value in headers.items()}, body=body, received_at=NOW))
        await asyncio.sleep(0)
        return 200


class Posting:
    """How networks that post bring what they have: each post is proven by the account that asks."""

    channel: Channel
    letters: Letterbox | None

    async def delivered(self, connection: Connection) -> list[Delivered]:
        posts = self.letters.posts() if self.letters is not None else []
        return [one for posted in posts for one in self.channel.accept(posted, connection)]
