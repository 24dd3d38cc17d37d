"""The moderation policy as the settings show it. In: rows. Out: screens."""

from __future__ import annotations

import msgspec

from sluss.channels.inboxes import list_inboxes
from sluss.channels.registry import capabilities_of
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.language.screening import FLAGGED
from sluss.moderation.rules import Habits, Policy, Rule, policy_of, why_of
from sluss.moderation.wordings import LANGUAGES, wording
from sluss.replies.approval import whose_answers_wait
from sluss.settings.moderation_screens import ApprovalRow, PolicyPage, RulePage, RuleRow
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


def policy_screen(tx: Tx, who: Actor, form: Form | None = None) -> PolicyPage:
    """All rules, what holds for all, and where answers wait."""
    policy = policy_of(tx, who)
    public = [
        one for one in list_inboxes(tx, who) if one.archived_at is None and capabilities_of(one.channel, "public").visibility == "public"
    ]
    approvals = [
        ApprovalRow(
            inbox_id=str(one.id),
            inbox=one.name,
            icon=capabilities_of(one.channel, "public").icon,
            whose=whose_answers_wait(tx, who, one.id),
        )
        for one in public
    ]
    return PolicyPage(rules=_rows(policy), approvals=tuple(approvals), form=form or _habits(policy.habits))


def rule_screen(tx: Tx, who: Actor, name: str, form: Form | None = None) -> RulePage:
    """One rule, and what an author would be sent by it."""
    policy = policy_of(tx, who)
    rule = policy.rules.get(name)
    if rule is None:
        raise Missing
    asks = tuple(
        (language, wording(language, why_of(rule, language)[0], rule.wait, in_public=False, goes_on=rule.up_to != "ask"))
        for language in LANGUAGES
    )
    searched = rule.name in FLAGGED and rule.name not in {"link", "personal"}
    return RulePage(name=name, title=_(rule.title), languages=LANGUAGES, asks=asks, form=form or _stored(rule), searched=searched)


def _rows(policy: Policy) -> tuple[RuleRow, ...]:
    shown = ("name", "enabled", "by_itself", "wait_minutes", "up_to")
    return tuple(
        RuleRow(title=_(one.title), plain=_(one.plain), words=len(one.words), **{name: getattr(one, name) for name in shown})
        for one in policy.rules.values()
    )


def _habits(habits: Habits) -> Form:
    values = {name: str(value) for name, value in msgspec.structs.asdict(habits).items()}
    return Form(values | {"sites": "\n".join(habits.sites), "fine": "\n".join(habits.fine)})


def _stored(rule: Rule) -> Form:
    texts = {f"text-{language}": why_of(rule, language)[0] for language in LANGUAGES}
    values = {"title": _(rule.title), "plain": _(rule.plain), "enabled": "1" if rule.enabled else "", "by_itself": rule.by_itself}
    return Form(values | texts | {"wait_minutes": str(rule.wait_minutes), "up_to": rule.up_to, "words": "\n".join(rule.words)})
