"""The policy of a workspace, in plain words. In: what an administrator wrote. Out: rules, who decides, what is said to customers.

A workspace that wrote nothing has a sensible policy: everything is looked at, nothing is done by itself, authors are asked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.language.screening import Known, is_entry
from sluss.moderation.models import moderation_rules, moderation_settings
from sluss.moderation.wordings import WHY

Step = Literal["ask", "hide", "delete", "block"]
STEPS: tuple[Step, ...] = ("ask", "hide", "delete", "block")
LONGEST_WAIT = 7 * 24 * 60
TITLE, PLAIN, TEXT, WORDS = 80, 1_000, 600, 200


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not wanted under our posts.

    `title` and `plain` are for colleagues, `texts` say to customers why, by language. `by_itself`: a finding makes a matter for a person
    (`flag`) or hides at once (`hide`). An author who was asked has `wait_minutes`; after that the ladder goes on by itself `up_to` a step.
    `words` are the workspace's own, as the lexicon writes them.
    """

    name: str
    enabled: bool = True
    title: str = ""
    plain: str = ""
    texts: dict[str, str] = {}
    by_itself: Literal["flag", "hide"] = "flag"
    wait_minutes: int = 120
    up_to: Literal["ask", "hide", "delete"] = "hide"
    words: tuple[str, ...] = ()

    @property
    def wait(self) -> int:
        return self.wait_minutes * MINUTE


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for all rules. `hide`, `delete`, `block`: who decides it, all `agents` or `leads` (with reviewers and administrators).

    `sites` may be linked to, `fine` words are never found; `most` automatic deeds an hour in one conversation; a proposal that nobody
    answers is over after `proposal_hours`. `reach` is how many followers make a post one for the reputation queue.
    """

    hide: Literal["agents", "leads"] = "agents"
    delete: Literal["agents", "leads"] = "leads"
    block: Literal["leads"] = "leads"
    sites: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()
    most: int = 20
    proposal_hours: int = 24
    reach: int = 1_000


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    rules: dict[str, Rule]
    habits: Habits

    def rule(self, name: str) -> Rule:
        """A rule by its name; one that is gone meanwhile is `other`."""
        return self.rules.get(name) or self.rules["other"]

    def may_take(self, role: str | None, step: str) -> bool:
        """Whether a role decides a step alone; else it proposes it."""
        if role in {"admin", "lead", "reviewer"}:
            return True
        return role == "agent" and getattr(self.habits, step, "agents") == "agents"


DEFAULTS: Mapping[str, Rule] = {
    one.name: one
    for one in (
        Rule(
            name="threat",
            title=say("Threats"),
            plain=say(
                "Violence, or finding somebody at home, is announced. Our colleagues and customers must be safe; save it for the police."
            ),
            wait_minutes=30,
        ),
        Rule(
            name="hate",
            title=say("Hate"),
            plain=say("People are run down for what they are: origin, faith, sex, love, body. That is unlawful in most countries."),
            wait_minutes=30,
        ),
        Rule(
            name="abuse",
            title=say("Insults"),
            plain=say("A person is insulted. Anger at us, our prices or our delays is welcome, however sharp."),
        ),
        Rule(
            name="personal",
            title=say("Personal data"),
            plain=say("Somebody’s number, address, booking or name of a colleague stands in public. Strangers misuse it within minutes."),
            wait_minutes=30,
        ),
        Rule(
            name="spam",
            title=say("Advertising and fraud"),
            plain=say("Something else is sold, or customers are lured away. Nobody asked for it, and some lose money by it."),
            wait_minutes=0,
        ),
        Rule(
            name="link",
            title=say("Links"),
            plain=say("It leads to a site that we do not know. Most are harmless; look before you do anything."),
        ),
        Rule(
            name="off_topic",
            title=say("Off topic"),
            plain=say("It has nothing to do with the post or with us. Only people find this; a question in the wrong place is no offence."),
        ),
        Rule(
            name="other",
            title=say("Other"),
            plain=say("Something that no rule names. Write the reason, so that it can become a rule."),
        ),
    )
}


def policy_of(tx: Tx, who: Actor) -> Policy:
    """What holds now."""
    c = moderation_rules.c
    written = tx.structs(Rule, sa.select(*fields(Rule, moderation_rules)).where(c.workspace_id == who.workspace_id))
    rules = dict(DEFAULTS) | {one.name: msgspec.structs.replace(one, words=tuple(one.words)) for one in written if one.name in DEFAULTS}
    s = moderation_settings.c
    stored = {row.name: row.value for row in tx.rows(sa.select(s.name, s.value).where(s.workspace_id == who.workspace_id))}
    return Policy(rules=rules, habits=msgspec.convert(stored, Habits, strict=False))


def known_of(policy: Policy) -> Known:
    """What the policy adds to what is looked for."""
    words = {rule.name: rule.words for rule in policy.rules.values() if rule.words and rule.enabled}
    return Known(words=words, fine=frozenset(policy.habits.fine), sites=frozenset(policy.habits.sites))


def why_of(rule: Rule, language: str) -> tuple[str, str]:
    """What a customer is told of a rule, and in which language: theirs, else English, else what there is."""
    told = dict(WHY.get(rule.name, WHY["other"])) | {key: text for key, text in rule.texts.items() if text}
    spoken = language if language in told else "en"
    return told[spoken], spoken


def save_rule(tx: Tx, who: Actor, rule: Rule) -> None:
    """Write a rule anew."""
    _require_admin(who)
    if rule.name not in DEFAULTS:
        raise Missing
    texts = {key: clean_text(text).strip() for key, text in rule.texts.items()}
    words = tuple(dict.fromkeys(clean_line(one).lower() for one in rule.words if one.strip()))
    kept = msgspec.structs.replace(rule, title=clean_line(rule.title), plain=clean_text(rule.plain).strip(), texts=texts, words=words)
    _require_fit(kept)
    row: dict[str, Any] = msgspec.structs.asdict(kept) | {"words": list(words), "workspace_id": who.workspace_id, "changed_at": tx.now}
    mine = (moderation_rules.c.workspace_id == who.workspace_id) & (moderation_rules.c.name == rule.name)
    tx.run(sa.delete(moderation_rules).where(mine))
    tx.run(sa.insert(moderation_rules), row)
    told = {"rule": rule.name, "enabled": rule.enabled, "by_itself": rule.by_itself, "up_to": rule.up_to, "wait": rule.wait_minutes}
    note_deed(tx, who, "moderation.rule", ("workspace", who.workspace_id), **told)


def save_habits(tx: Tx, who: Actor, habits: Habits) -> None:
    """Write what holds for all rules."""
    _require_admin(who)
    faults: dict[str, str] = {}
    if not 1 <= habits.most <= 1_000:
        faults["most"] = "Choose between 1 and 1,000."
    if not 1 <= habits.proposal_hours <= 336:
        faults["proposal_hours"] = "Choose between 1 and 336 hours."
    if not 1 <= habits.reach <= 100_000_000:
        faults["reach"] = "Choose between 1 and 100,000,000."
    if any(not _is_site(one) for one in habits.sites) or len(habits.sites) > WORDS:
        faults["sites"] = "Write one site on each line, as www.example.com."
    if any(len(one) > 60 for one in habits.fine) or len(habits.fine) > WORDS:
        faults["fine"] = "Write one word on each line, at most 200."
    if faults:
        raise Invalid(faults)
    mine = moderation_settings.c.workspace_id == who.workspace_id
    tx.run(sa.delete(moderation_settings).where(mine))
    rows = [{"workspace_id": who.workspace_id, "name": name, "value": value} for name, value in msgspec.to_builtins(habits).items()]
    tx.run(sa.insert(moderation_settings), rows)
    told = {"hide": habits.hide, "delete": habits.delete, "most": habits.most, "hours": habits.proposal_hours}
    note_deed(tx, who, "moderation.habits", ("workspace", who.workspace_id), **told)


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators change the policy.")


def _require_fit(rule: Rule) -> None:
    faults: dict[str, str] = {}
    if not 0 < len(rule.title) <= TITLE:
        faults["title"] = "Write a title, in at most 80 characters."
    if not 0 < len(rule.plain) <= PLAIN:
        faults["plain"] = "Write in plain words what is not wanted and why, in at most 1,000 characters."
    if not 0 <= rule.wait_minutes <= LONGEST_WAIT:
        faults["wait_minutes"] = "Choose between 0 minutes and 7 days (10,080)."
    for language, text in rule.texts.items():
        if len(text) > TEXT:
            faults[f"text-{language}"] = "Write at most 600 characters."
    if any(not is_entry(one) for one in rule.words) or len(rule.words) > WORDS:
        faults["words"] = "Write one word on each line, at most 60 characters long; a star at its end stands for any ending."
    if faults:
        raise Invalid(faults)


def _is_site(text: str) -> bool:
    parts = text.split(".")
    return 1 < len(parts) < 8 and len(text) <= 250 and all(part and part.replace("-", "").isalnum() for part in parts)
