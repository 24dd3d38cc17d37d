"""How messages of a live channel stand: close together, as they were said. In: items of a timeline. Out: the same, told who goes on.

Only the first of several that one person says in a row has a name and a picture; how they stand is told once, below the last such. Whose
turn it is goes without saying.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sluss.cases.events import CaseReopened, StatusChanged
from sluss.desk.item_screens import Delivery, Item, Message
from sluss.kernel.clock import MINUTE
from sluss.kernel.events import Event, Recorded

PAUSE = 5 * MINUTE
"""After that much silence somebody begins anew."""
TROUBLED = frozenset({"failed", "unknown", "held"})


def close_together(items: Iterable[Item]) -> list[Item]:
    """The same items, with `goes_on` and `told_below` set on messages of live channels."""
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        found.append(msgspec.structs.replace(item, goes_on=True) if _goes_on(before, item) else item)
    told: set[tuple[str, ...]] = set()
    for place in range(len(found) - 1, -1, -1):
        item = found[place]
        if isinstance(item, Message) and item.live and item.deliveries and not _is_troubled(item.deliveries):
            stands = tuple(one.state for one in item.deliveries)
            found[place] = msgspec.structs.replace(item, told_below=stands in told)
            told.add(stands)
    return found


def without_turns(found: Iterable[Recorded]) -> list[Recorded]:
    """Events of a talk without those that say that it waits for the customer, and does so no more."""
    return [one for one in found if not _is_turn(one.event)]


def _is_turn(event: Event) -> bool:
    answered = isinstance(event, StatusChanged) and (event.before, event.after) == ("open", "pending")
    return answered or (isinstance(event, CaseReopened) and event.before == "pending")


def _goes_on(before: Item | None, item: Item) -> bool:
    if not isinstance(item, Message) or not isinstance(before, Message):
        return False
    alike = before.live and item.live and (before.direction, before.author) == (item.direction, item.author)
    return alike and not item.aside and item.at - before.at < PAUSE


def _is_troubled(deliveries: Iterable[Delivery]) -> bool:
    return any(one.state in TROUBLED for one in deliveries)
