"""Messages that arrive, without a network."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from sluss.cases.recording import Arrival, Recorded, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from tests.world import World

ASA = Address("asa@kund.example", "Åsa Lindqvist")
numbers = count(1)


@pytest.fixture
def arrive(db: Database, world: World, clock: TestClock) -> Callable[..., list[Recorded]]:
    """Record messages in one set; each is given as keyword arguments for `Inbound`."""

    def record(*given: dict[str, Any]) -> list[Recorded]:
        return db.write_now(record_arrivals, system(world.norrsken.id), [arrival(world, clock, **one) for one in given])

    return record


def arrival(world: World, clock: TestClock, **given: Any) -> Arrival:
    n = next(numbers)
    values: dict[str, Any] = {
        "external_id": f"m{n}@kund.example",
        "dedupe_key": f"key{n}",
        "sender": ASA,
        "subject": "Bokningen syns inte",
        "text": "Hej!",
        "fresh": "Hej!",
    }
    return Arrival(
        envelope_id=n,
        inbox_id=world.norrsken.inboxes["kundtjanst"].id,
        network="email",
        visibility="private",
        reopen_days=14,
        received_at=clock(),
        inbound=Inbound(**values | given),
    )
