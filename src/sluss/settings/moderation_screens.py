"""The contract between the pages of the moderation policy and whoever fills them. Pure data.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /settings/moderation | settings/moderation.html `screen=PolicyPage` | |
| POST /settings/moderation | 303 back, or the page again | `hide`, `delete`, `sites`, `fine`, `most`, `proposal_hours`, `reach` |
| POST /settings/moderation/approval | 303 back | `inbox`, `whose` = none, agents or all |
| GET, POST /settings/moderation/rules/{rule} | settings/moderation_rule.html `screen=RulePage` | `enabled`, `title`, `plain`, `text-<language>`, `by_itself`, `wait_minutes`, `up_to`, `words` |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import msgspec

from sluss.web.shell import Form


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule in the list."""

    name: str
    title: str
    plain: str
    enabled: bool
    by_itself: str
    wait_minutes: int
    up_to: str
    words: int


class ApprovalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One inbox with a public side, and whose answers wait there."""

    inbox_id: str
    inbox: str
    icon: str
    whose: str


class PolicyPage(msgspec.Struct, frozen=True, kw_only=True):
    """The whole policy."""

    rules: tuple[RuleRow, ...]
    approvals: tuple[ApprovalRow, ...]
    form: Form


class RulePage(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. `languages` are those in which customers are written to; `asks` is what an author would be sent, by language."""

    name: str
    title: str
    languages: tuple[str, ...]
    asks: tuple[tuple[str, str], ...]
    form: Form
    searched: bool
