"""One mail that comes several times: to two of our inboxes, by a list and directly, through a gateway that adds a footer.

In: arrivals that bear a known key. Out: which message they are.
"""

from __future__ import annotations

from collections.abc import Iterable

from sluss.cases.arrivals import Arrival
from sluss.cases.known import COMPARED, Twin
from sluss.channels.contract import Inbound

SAME = 0.8
"""The share of the shorter text that both have in common at their ends, from which on one is a copy of the other."""
COPY = "copy"
ANOTHER_COPY = "another-copy"


def dedupe_key(arrival: Arrival) -> str:
    """Unique within a workspace: the same mail to two of its inboxes is one message."""
    return f"*:{arrival.inbound.dedupe_key}"


def earlier_key(arrival: Arrival) -> str:
    """The key that was stored while each inbox had messages of its own."""
    return f"{arrival.inbox_id}:{arrival.inbound.dedupe_key}"


def near_copy(one: Inbound, twins: Iterable[Twin]) -> Twin | None:
    """The message of the same sender under the same key that says nearly the same; never one that proves less than this."""
    for twin in twins:
        proven = one.proof != "pass" or twin.proof == "pass"
        if twin.direction == "in" and twin.sender == one.sender.address and proven and say_the_same(one.text, twin.text):
            return twin
    return None


def say_the_same(one: str, other: str) -> bool:
    """Whether the shorter text is at the ends of the longer one, but for a small part: footers and headings may differ."""
    short, long = sorted((squeezed(one), squeezed(other)), key=len)
    if not short:
        return not long
    front = _alike(short, long)
    return front + _alike(short[front:][::-1], long[front:][::-1]) >= SAME * len(short)


def squeezed(text: str) -> str:
    """The words of a text with one blank between them."""
    return " ".join(text[:COMPARED].split())


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
