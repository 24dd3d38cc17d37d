"""What privacy does to cases, for screens that show them."""

from __future__ import annotations

from sluss.kernel.events import Event


class CaseErased(Event, frozen=True, kw_only=True):
    """A case is gone, by order or because its time was over; lists drop its row."""

    inbox_id: int
    number: int


class CaseBlanked(Event, frozen=True, kw_only=True):
    """The case stands for the statistics; what was said in it is gone."""
