"""What people tell on Facebook and Instagram in the demo. In: stories.toml. Out: posts and stories."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

Network = Literal["facebook", "instagram"]
Way = Literal["comment", "visit", "mention", "recommend", "talk", "story"]


class PostTold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the company posts."""

    key: str
    text: str
    network: Network = "facebook"


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person's matter: where it is told, what others said before, and what follows answers."""

    key: str
    way: Way
    who: str
    text: str = ""
    network: Network = "facebook"
    post: str = ""
    around: tuple[tuple[str, str], ...] = ()
    more: str = ""
    closing: str = ""
    positive: bool = True


def load_stories() -> tuple[list[PostTold], list[Story]]:
    """Everything that is told."""
    found = tomllib.loads((Path(__file__).parent / "stories.toml").read_text(encoding="utf-8"))
    return msgspec.convert(found["post"], list[PostTold]), msgspec.convert(found["story"], list[Story])
