"""What open desks hear of notifications."""

from __future__ import annotations

from sluss.kernel.events import Event


class ColleaguesCalled(Event, frozen=True, kw_only=True):
    """A note calls agents by name, or by that of a team of theirs."""

    note_id: int
    agent_ids: tuple[int, ...]


class BellChanged(Event, frozen=True, kw_only=True):
    """Something is to be told to agents, or was read, or how they are told has changed.

    `about` is the case of what is new, 0 where nothing is; it is no `case_id`, since the case itself has not changed.
    """

    agent_ids: tuple[int, ...]
    about: int = 0
    told: str = ""
