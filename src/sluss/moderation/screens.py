"""The contract between the templates of moderation and whoever fills them. Pure data; instants are µs UTC, ids strings. A matter is named by its message.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /moderation?show=&rule=&after= | moderation/queue.html `queue=Queue` | |
| GET /moderation/messages/{said_id} | moderation/matter.html `matter=MatterPage`; of no matter yet moderation/begin.html `begin=Begin` | |
| POST /moderation/messages/{said_id} | 303 back, or the page again | `step`, `rule`, `reason`, `text` |
| POST …/undo | 303 back | `line` |
| POST …/stop | 303 back | |
| POST /moderation/steps/{step_id}/confirm, …/refuse | 303 back | `reason` |
| GET /moderation/reputation | moderation/reputation.html `hot=Reputation` | |
| GET /moderation/answers | moderation/answers.html `answers=Answers` | |
| POST /moderation/answers/{waiting_id} | 303 back, or the page again | `deed` = approve, return, take, withdraw or change; `text`, `note`, `revision`, `anyway` |
| GET /moderation/log?rule=&step=&agent=&inbox=&from=&to=&after= | moderation/log.html `log=LogPage` | |
| GET /moderation/report?by=&from=&to= | moderation/report.html `report=Report` | |
| GET /moderation/report/table?by=&from=&to= | the same as CSV | |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.web.shell import Form


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule to choose, with what it says."""

    name: str
    title: str
    plain: str = ""
    wait_minutes: int = 0
    up_to: str = ""


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One page of moderation in the left column; `count` is what waits there."""

    href: str
    label: str
    icon: str
    count: int = 0
    here: bool = False


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """A step that waits for a second person."""

    id: str
    step: str
    reason: str
    by: str
    at: int
    expires_at: int
    mine: bool
    may_decide: bool


class Flagged(msgspec.Struct, frozen=True, kw_only=True):
    """One matter in the queue."""

    id: str
    number: int
    author: str
    inbox: str
    icon: str
    text: str
    rule: str
    why: str
    state: str
    outcome: str
    at: int
    due_at: int | None = None
    hidden: bool = False
    gone: bool = False
    by_itself: bool = False
    proposed: str = ""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """The queue: what nobody has decided, what waits for authors, what is over."""

    tabs: tuple[Tab, ...]
    show: str
    shows: tuple[tuple[str, str, int], ...]
    rule: str
    rules: tuple[RuleLine, ...]
    lines: tuple[Flagged, ...] = ()
    after: str = ""


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the ladder: behind us, where we are, or ahead. `note` says when, or why not."""

    step: str
    label: str
    state: Literal["done", "now", "ahead", "never"]
    note: str = ""
    at: int | None = None


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. `trouble` is what the network answered where a deed did not succeed."""

    id: str
    at: int
    by: str
    step: str
    words: str
    rule: str
    reason: str
    said: str
    icon: str
    matter_id: str = ""
    number: int = 0
    author: str = ""
    inbox: str = ""
    state: str = ""
    trouble: str = ""
    may_undo: bool = False


class AskWay(msgspec.Struct, frozen=True, kw_only=True):
    """How the author would be asked; `label` says it, `text` is what would be sent."""

    in_public: bool
    label: str
    text: str


class MatterPage(msgspec.Struct, frozen=True, kw_only=True):
    """One matter: what was said, the policy beside it, the ladder, what can be done, the log."""

    tabs: tuple[Tab, ...]
    id: str
    number: int
    subject: str
    author: str
    inbox: str
    icon: str
    text: str
    at: int
    url: str
    hidden: bool
    gone: str
    edited: bool
    state: str
    outcome: str
    due_at: int | None
    rule: RuleLine
    rules: tuple[RuleLine, ...]
    rungs: tuple[Rung, ...]
    lines: tuple[LogLine, ...]
    steps: tuple[tuple[str, bool], ...] = ()
    ask: AskWay | None = None
    proposed: Proposed | None = None
    earlier: int = 0
    asked_before: bool = False
    form: Form = Form()


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is no matter yet: by which rule, which step first. `flags` is what was found."""

    number: int
    message_id: str
    author: str
    text: str
    rules: tuple[RuleLine, ...]
    steps: tuple[tuple[str, bool], ...]
    ask: AskWay | None
    rule: str
    flags: tuple[str, ...] = ()
    form: Form = Form()


class Hot(msgspec.Struct, frozen=True, kw_only=True):
    """A public talk with reach or heat. `score` is from 0 to 100; `others` and `reactions` of the last hours."""

    number: int
    subject: str
    author: str
    followers: int | None
    inbox: str
    icon: str
    text: str
    at: int
    score: int
    heat: int
    others: int
    reactions: int
    answered: bool
    assignee: str = ""
    matter_id: str = ""
    answer_id: str = ""


class Reputation(msgspec.Struct, frozen=True, kw_only=True):
    """What is being talked about under our name now."""

    tabs: tuple[Tab, ...]
    hours: int
    reach: int
    lines: tuple[Hot, ...] = ()


class Awaiting(msgspec.Struct, frozen=True, kw_only=True):
    """One public answer that waits. `question` is the customer's last word; `news` that the case has moved since it was written."""

    id: str
    number: int
    author: str
    writer: str
    inbox: str
    icon: str
    question: str
    text: str
    revision: int
    at: int
    state: str
    note: str = ""
    settled_by: str = ""
    mine: bool = False
    may_decide: bool = False
    may_take: bool = False
    news: bool = False
    files: int = 0
    form: Form = Form()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Public answers that wait for a word, and what was done with the last ones."""

    tabs: tuple[Tab, ...]
    waiting: tuple[Awaiting, ...] = ()
    settled: tuple[Awaiting, ...] = ()


class Choice(msgspec.Struct, frozen=True):
    """One choice of a filter."""

    id: str
    label: str


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """The log, filtered."""

    tabs: tuple[Tab, ...]
    form: Form
    rules: tuple[Choice, ...]
    steps: tuple[Choice, ...]
    agents: tuple[Choice, ...]
    inboxes: tuple[Choice, ...]
    lines: tuple[LogLine, ...] = ()
    after: str = ""
    query: str = ""


class Cell(msgspec.Struct, frozen=True):
    """A number, and where its lines are."""

    number: int
    href: str


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rule, channel or person, with a number for each column."""

    label: str
    cells: tuple[Cell, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was moderated and why, in a period; days are the reader's."""

    tabs: tuple[Tab, ...]
    form: Form
    by: str
    columns: tuple[str, ...]
    lines: tuple[ReportLine, ...]
    total: tuple[Cell, ...]
    query: str = ""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk tells at a public message: by which rules it was found, and how its matter stands. Without rules there is none."""

    message_id: str
    rules: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    state: str = ""
    outcome: str = ""
