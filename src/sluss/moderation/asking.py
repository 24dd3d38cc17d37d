"""Asking an author, privately where the network has a way, to take back or soften what they wrote. In: a message, a rule. Out: one of ours."""

from __future__ import annotations

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.moderation.rules import Rule
from sluss.moderation.spoken import Spoken


def ask_author(tx: Tx, who: Actor, spoken: Spoken, rule: Rule, text: str) -> int:
    """Send it. Returns the message's id."""
    raise NotImplementedError
