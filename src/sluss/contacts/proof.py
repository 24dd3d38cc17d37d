"""How far it is certain that an address is a contact's. In: what is stored of it, what the newest message from it proved. Out: one word.

Everything that shows an address, or decides by it, takes the word from here.
"""

from __future__ import annotations

from typing import Literal

Level = Literal["verified", "proven", "claimed", "contradicted"]
"""`verified`: an agent made sure. `proven`: the receiving server proved the sender of the newest message. `claimed`: nobody did.

`contradicted`: the server found that the newest message was not from there, whatever was known before.
"""
TRUSTED: frozenset[Level] = frozenset({"verified", "proven"})
"""What other people's systems may be told of without a second thought."""


def level_of(stored: str, newest: str) -> Level:
    """The word for an address: `stored` is the identity's own proof, `newest` that of its newest message (`pass`, `fail` or nothing)."""
    if newest == "fail":
        return "contradicted"
    if stored == "verified":
        return "verified"
    return "proven" if newest == "pass" else "claimed"
