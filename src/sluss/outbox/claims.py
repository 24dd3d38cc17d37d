"""The right to make one attempt. A claim is worth something only as long as its holder and fence are those in the operation's row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, messages
from sluss.channels.who import Address
from sluss.kernel.clock import SECOND
from sluss.kernel.tx import Tx
from sluss.outbox.models import attempts, operations
from sluss.outbox.states import Standing

HOLD = 20 * SECOND
"""How long a claim outlives a killed holder; one that lives renews it three times in that."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One operation and who may attempt it now. `standing` is how it stood before."""

    workspace_id: int
    operation_id: int
    attempt_id: int
    case_id: int
    inbox_id: int
    thread_id: int
    message_id: int
    channel: str
    recipient: Address
    holder: str
    fence: int
    standing: Standing
    token: str = ""
    kind: str = "send"


class ClaimLost(Exception):
    """Somebody else may be sending this by now: nothing may leave."""


def hand_over(tx: Tx, claim: Claim) -> None:
    """Commit, before anything leaves, that from here on the result may be unknowable. Raises `ClaimLost`."""
    if _keep(tx, claim) == 0:
        raise ClaimLost(claim.operation_id)
    this = (attempts.c.workspace_id == claim.workspace_id) & (attempts.c.id == claim.attempt_id)
    tx.run(sa.update(attempts).where(this).values(phase="handed over"))


def renew(tx: Tx, claims: Sequence[Claim]) -> None:
    """Keep what is still being sent."""
    for claim in claims:
        _keep(tx, claim)


def standing_of(row: sa.Row[Any]) -> Standing:
    """What a decision needs of an operation's row."""
    return Standing(waits=row.waits, unknowns=row.unknowns, by_hand=row.by_hand, give_up_at=row.give_up_at)


def case_of(tx: Tx, workspace_id: int, message_id: int) -> int:
    """The case that a message stands in now."""
    joined = messages.join(
        conversations, (conversations.c.workspace_id == messages.c.workspace_id) & (conversations.c.id == messages.c.conversation_id)
    )
    this = (messages.c.workspace_id == workspace_id) & (messages.c.id == message_id)
    return int(tx.value(sa.select(conversations.c.case_id).select_from(joined).where(this)))


def _keep(tx: Tx, claim: Claim) -> int:
    this = (operations.c.workspace_id == claim.workspace_id) & (operations.c.id == claim.operation_id) & (operations.c.state == "sending")
    mine = this & (operations.c.holder == claim.holder) & (operations.c.fence == claim.fence)
    return tx.run(sa.update(operations).where(mine).values(held_until=tx.now + HOLD)).rowcount
