"""What a result makes of an operation: one pure decision. In: where it stands and how its attempt ended. Out: where it stands next.

A result that cannot be known is `unknown`. It is tried once more by itself, after 15 minutes; an attempt that certainly handed nothing over
does not use that up. From then on a person decides.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.channels.contract import Sent
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND
from sluss.kernel.words import say

State = Literal["queued", "sending", "sent", "delivered", "read", "failed", "unknown", "cancelled"]
Ending = Literal["sent", "refused", "deferred", "unreachable", "unknown", "fault", "stopped"]

OPEN: tuple[State, ...] = ("queued", "sending", "unknown")
WAITS = (30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 40 * MINUTE, HOUR, 2 * HOUR)
LONGEST_UNREACHABLE = 10 * MINUTE
UNKNOWN_WAIT = 15 * MINUTE
PATIENCE = 4 * DAY
DELAYED = HOUR
NEVER = 1 << 62
REASON = 1_000
STOPPED = say("Sluss stopped while this was being sent, and no answer came.")


class Outcome(msgspec.Struct, frozen=True):
    """How an attempt ended. `code` and `reason` are the network's words; for `sent`, `reason` is what it answered, `sent` all of it.

    `wait` is how long the network wants to be left alone (microseconds), with `whole_inbox` by the whole account; `reconnect` that it takes
    nothing until a person connects the account again.
    """

    ending: Ending
    code: str = ""
    reason: str = ""
    sent: Sent | None = None
    wait: int = 0
    whole_inbox: bool = False
    reconnect: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the decision looks at. `by_hand` means that a person accepted that it may arrive twice."""

    waits: int
    unknowns: int
    by_hand: bool
    give_up_at: int

    @property
    def in_doubt(self) -> bool:
        """An earlier attempt may have arrived, and nobody has said to send it anyway."""
        return self.unknowns > 0 and not self.by_hand


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Where an operation stands next; the names are those of its columns."""

    state: State
    due_at: int = NEVER
    waits: int = 0
    unknowns: int = 0
    code: str = ""
    reason: str = ""


def decide(standing: Standing, outcome: Outcome, now: int) -> Move:
    """The next standing of an operation whose attempt has ended."""
    if outcome.ending == "sent":
        return Move(state="sent", unknowns=standing.unknowns)
    if outcome.ending == "unknown":
        return _unknown(standing, outcome, now)
    if outcome.ending == "refused":
        return _stay(standing, outcome, "failed")
    if outcome.ending == "stopped":
        return _again(standing, Outcome("stopped"), now)
    if now >= standing.give_up_at:
        return _stay(standing, outcome, "failed")
    return _again(standing, outcome, min(now + (outcome.wait or wait_of(standing.waits, outcome.ending)), standing.give_up_at))


def wait_of(waits: int, ending: Ending) -> int:
    """How long to wait after so many waits in a row, in microseconds."""
    wait = WAITS[min(waits, len(WAITS) - 1)]
    return min(wait, LONGEST_UNREACHABLE) if ending == "unreachable" else wait


def _unknown(standing: Standing, outcome: Outcome, now: int) -> Move:
    first = standing.unknowns == 0 and not standing.by_hand
    due_at = now + UNKNOWN_WAIT if first else NEVER
    return Move(state="unknown", due_at=due_at, unknowns=standing.unknowns + 1, code=outcome.code, reason=outcome.reason)


def _stay(standing: Standing, outcome: Outcome, state: State) -> Move:
    """Over, unless an earlier attempt may have arrived: a later refusal says nothing about that one."""
    state = "unknown" if standing.in_doubt else state
    return Move(state=state, unknowns=standing.unknowns, code=outcome.code, reason=outcome.reason)


def _again(standing: Standing, outcome: Outcome, due_at: int) -> Move:
    state: State = "unknown" if standing.in_doubt else "queued"
    waits = standing.waits + (outcome.ending != "stopped")
    return Move(state=state, due_at=due_at, waits=waits, unknowns=standing.unknowns, code=outcome.code, reason=outcome.reason)
