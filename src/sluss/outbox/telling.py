"""How what becomes of an operation is told. In: an operation's row and its state. Out: an event of a delivery, or of a deed."""

from __future__ import annotations

from typing import Any

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.outbox.events import DeedChanged, DeliveryChanged


def tell_state(tx: Tx, who: Actor, kind: str, **about: Any) -> None:
    """Tell of one operation; deeds are never taken for answers that went astray."""
    event = DeliveryChanged(**about) if kind == "send" else DeedChanged(deed=kind, **about)
    tx.emit(who, event)
