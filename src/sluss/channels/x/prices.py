"""What X charges, in millionths of a dollar, as its price list of August 2026 has it. In: a text, a kind of call. Out: amounts.

A resource is charged once on a UTC day, however often it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sluss.kernel.clock import DAY

PRICES = {
    "own read": 1_000,
    "post read": 5_000,
    "user read": 10_000,
    "direct message read": 10_000,
    "post": 15_000,
    "answer": 10_000,
    "post with a link": 200_000,
    "direct message": 15_000,
    "deletion": 10_000,
}
"""By kind of call. `own read`: own posts and mentions; `answer`: to whoever mentioned or quoted us."""

EVENTS = {
    "post.mention.create": 5_000,
    "post.reply.create": 5_000,
    "post.quote.create": 5_000,
    "post.create": 5_000,
    "post.delete": 5_000,
    "dm.received": 10_000,
    "chat.received": 10_000,
}
"""By kind of event that X posts to us; others are free."""

MOST_KNOWN = 20_000
_LINK = re.compile(
    r"https?://\S|\bwww\.\S|\b[a-z0-9-]+\.(?:com|net|org|info|eu|se|pl|no|dk|fi|de|uk|io|app|dev|shop|air|aero)\b", re.IGNORECASE
)


def has_link(text: str) -> bool:
    """Whether X makes a link of something in a text, which costs far more than the rest of it."""
    return _LINK.search(text) is not None


def price_of_post(text: str, *, answers: bool) -> int:
    """What a public post or answer costs."""
    return PRICES["post with a link" if has_link(text) else "answer" if answers else "post"]


class Meter:
    """What one process has read today, so that nothing is counted twice."""

    def __init__(self) -> None:
        self._day = 0
        self._seen: set[str] = set()

    def fresh(self, ids: Iterable[str], now: int) -> int:
        """How many of the resources were not read before on the UTC day of `now`."""
        if self._day != now // DAY or len(self._seen) > MOST_KNOWN:
            self._day = now // DAY
            self._seen.clear()
        before = len(self._seen)
        self._seen.update(ids)
        return len(self._seen) - before
