"""One visitor's talk, and what is remembered of all. In: a story and dice. Out: who somebody is, and how far they have come."""

from __future__ import annotations

import random
import secrets
from pathlib import Path
from typing import Literal

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey

from sluss.kernel import durable
from sluss.kernel.clock import SECOND
from sluss.sandbox.customers.people import Person, make_person
from sluss.sandbox.customers.scripts import fill_blanks
from sluss.sandbox.visitors.stories import Story

FILE = "demo-chats.json"
TALKS = 100
PROVEN_SECONDS = 900

Stage = Literal["asking", "waiting", "wondering", "away", "over"]


class Talk(msgspec.Struct, kw_only=True):
    """Where a talk stands. `said` lines of its beginning are said, `heard` is the last answer that was reacted to.

    Who is `away` has closed the page and waits for a mail; `customer` is what the web site's own sign-in knows the person by.
    """

    story: str
    person: Person
    blanks: dict[str, str]
    token: str
    address: str = ""
    customer: str = ""
    stage: Stage = "asking"
    said: int = 0
    heard: str = ""
    nudged: bool = False

    @property
    def waits(self) -> bool:
        """Whether the company owes an answer."""
        return self.stage in {"waiting", "wondering", "away"}


class TalkMemory(msgspec.Struct):
    """All talks, the oldest first, and the port on which the web site was last."""

    talks: list[Talk] = msgspec.field(default_factory=list[Talk])
    site_port: int = 0


def begin_talk(story: Story, dice: random.Random, address: str = "") -> Talk:
    """Somebody opens the chat, from a network address of their own."""
    person = make_person(story, dice)
    blanks = fill_blanks(story.language, person.name, dice)
    customer = f"NA{dice.randrange(100_000, 999_999)}" if story.proven else ""
    return Talk(story=story.key, person=person, blanks=blanks, token=secrets.token_urlsafe(32), address=address, customer=customer)


def sign_in(talk: Talk, chat: str, identity_key: str, now: int) -> str:
    """What the web site says of a customer who has signed in there (JWT, HS256); `now` in microseconds UTC."""
    claims = {"sub": talk.customer, "name": talk.person.name, "email": talk.person.address, "aud": chat}
    claims |= {"locale": talk.person.language}
    times = {"iat": now // SECOND, "exp": now // SECOND + PROVEN_SECONDS}
    return jwt.encode({"alg": "HS256"}, claims | times, OctKey.import_key(identity_key.encode()))


def load_talks(folder: Path) -> TalkMemory:
    """What is remembered in a data folder; nothing where that cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=TalkMemory)
    except (OSError, msgspec.DecodeError):
        return TalkMemory()


def keep_talks(folder: Path, memory: TalkMemory) -> None:
    """Write it down, for its owner only. Talks that are over are forgotten first."""
    over = [one for one in memory.talks if one.stage == "over"]
    for one in over[: max(0, len(memory.talks) - TALKS)]:
        memory.talks.remove(one)
    durable.write_over(folder / FILE, msgspec.json.encode(memory))
