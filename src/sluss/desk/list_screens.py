"""What lists show: views, rows, and how a list is narrowed. Part of the contract in screens.py."""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.customers.screens import Person

Status = Literal["open", "pending", "snoozed", "solved", "closed", "spam"]
Priority = Literal["low", "normal", "high", "urgent"]


class Here(msgspec.Struct, frozen=True):
    """A colleague who is at a case now, and what they do there."""

    person: Person
    doing: Literal["reading", "reply", "note", "side"]


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """The customer at the other end of a live channel: writes, is here, or is gone since `at`.

    `text` is what they type, where that may be told.
    """

    state: Literal["writing", "here", "gone"]
    at: int = 0
    text: str = ""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One view in the left column. `key` is what the address says: `mine`, `open`, `inbox:{id}`, `team:{id}`, a saved one `v:{id}`."""

    key: str
    label: str
    icon: str
    count: int | None = None
    group: Literal["", "saved", "teams", "inboxes"] = ""
    failing: bool = False
    shared: bool = False
    mine: bool = False


class Effect(msgspec.Struct, frozen=True):
    """What a deed to all that match would touch: one sentence, and whether it is more than can be done at once."""

    text: str
    total: int
    too_many: bool


class Chip(msgspec.Struct, frozen=True):
    """One condition of the filter, and where the list without it stands."""

    text: str
    href: str


class Narrowing(msgspec.Struct, frozen=True, kw_only=True):
    """The filter in the address: its text, as a query, as chips.

    `wrong` says what cannot be read `at` a place, `meant` what may have been.
    """

    text: str = ""
    query: str = ""
    chips: tuple[Chip, ...] = ()
    wrong: str = ""
    at: int = 0
    meant: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a list. `sort` orders rows ascending within a view. `due` is when an answer is owed, if a clock runs.

    `trouble` marks a delivery that needs a person. `preview` is the newest text, one line. `drafted` means that this agent has a draft.
    `public`: others read along, in all of its conversations or beside private ones (`both`).
    `woken`: its snooze ran out, and nothing was said since. `live`: the customer waits at the other end, perhaps seen there (`visit`).
    """

    id: str
    no: int
    contact: Person
    subject: str
    preview: str
    at: int
    sort: int
    channel_icon: str
    channel_label: str
    inbox: str = ""
    status: Status = "open"
    priority: Priority = "normal"
    unread: bool = False
    drafted: bool = False
    waiting_since: int | None = None
    due: int | None = None
    assignee: Person | None = None
    tags: tuple[str, ...] = ()
    trouble: Literal["", "failed", "unknown"] = ""
    woken: bool = False
    here: tuple[Here, ...] = ()
    proposed: bool = False
    live: bool = False
    visit: Visit | None = None
    public: Literal["", "public", "both"] = ""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """The list of one view. `after` is the cursor of the next page, empty at the end; `total` counts the whole view.

    `narrowing` is the filter in the address, `saved` the view's own one, `more` says that the total is only as far as was counted.
    `effect` is there when all that match are chosen, whatever is loaded.
    """

    view: View
    rows: tuple[Row, ...]
    total: int
    after: str = ""
    sort: Literal["due", "oldest", "newest", "priority"] = "oldest"
    narrowing: Narrowing = Narrowing()
    more: bool = False
    effect: Effect | None = None
