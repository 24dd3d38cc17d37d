"""Recurring work of cases. In: the clock. Out: rows that nobody can need any more are gone."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import begun_elsewhere
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx

BEGUN = 400 * DAY
"""How long what one of us began by another program waits for an answer."""


def forget_begun(tx: Tx, who: Actor) -> None:
    """Nobody answers after more than a year."""
    c = begun_elsewhere.c
    tx.run(sa.delete(begun_elsewhere).where(c.workspace_id == who.workspace_id, c.at < tx.now - BEGUN))
