"""Looking through what customers say in public. In: a message that came or was changed. Out: findings, and a matter of them.

Nothing is hidden by this unless the policy says so of the rule; and then at most so often an hour in one conversation (T112), and never
again what a person had let stand.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.actions import refresh_case
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.language.screening import FLAGGED, Finding, screen
from sluss.moderation.learning import FINE, hint_of, mark_of, muted
from sluss.moderation.log import change
from sluss.moderation.matters import find_matter, note_flag
from sluss.moderation.models import lessons, matter_log, matters, screenings
from sluss.moderation.rules import Policy, known_of, policy_of
from sluss.moderation.spoken import Spoken, spoken_of
from sluss.moderation.steps import can, do_step

SAME = 2
"""Others who said the very same within two days, until it is taken for advertising."""
LEARNED = "learned"
REPEATED = "repeated"


class Flag(msgspec.Struct, frozen=True):
    """What was found, by which rule; `how` is words, learned or repeated."""

    rule: str
    how: str
    words: tuple[str, ...] = ()


def screen_message(tx: Tx, recorded: Recorded) -> None:
    """Look at a message that came. Doing it again changes nothing."""
    who = system(recorded.workspace_id)
    message_id: int = getattr(recorded.event, "message_id", 0)
    spoken = spoken_of(tx, who, [message_id]).get(message_id)
    if spoken is not None and not spoken.automatic and spoken.removed_at is None:
        look_at(tx, who, spoken)


def look_at(tx: Tx, who: Actor, spoken: Spoken) -> list[Flag]:
    """Screen one message and keep what was found; make a matter of it, or hide it where the policy says so."""
    policy = policy_of(tx, who)
    flags, heat = _flags(tx, who, policy, spoken)
    _keep(tx, who, spoken, flags, heat)
    if flags and _is_news(tx, who, spoken):
        rule = policy.rule(flags[0].rule)
        matter = note_flag(tx, who, spoken, rule.name, _reason(flags))
        if rule.by_itself == "hide" and can(tx, who, spoken, "hide") and _may_act(tx, who, policy, spoken):
            done = do_step(tx, who, (matter, spoken, rule), "hide", (_reason(flags), ""))
            change(tx, done, by_itself=True)
    if flags:
        refresh_case(tx, who, spoken.case_id)
    return flags


def flags_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, list[Flag]]:
    """What was found in messages, for whoever shows them."""
    c = screenings.c
    rows = tx.rows(sa.select(c.message_id, c.findings).where(c.workspace_id == who.workspace_id, c.message_id.in_(message_ids)))
    return {row.message_id: msgspec.convert(row.findings, list[Flag]) for row in rows if row.findings}


def _flags(tx: Tx, who: Actor, policy: Policy, spoken: Spoken) -> tuple[list[Flag], int]:
    """The gravest first. What people let pass again and again is found no more."""
    screened = screen(spoken.text, known_of(policy), spoken.language)
    passed = muted(tx, who, [word for one in screened.findings for word in one.words])
    flags = [Flag(one.kind, "words", words) for one in screened.findings if (words := _left(one, passed))]
    if "spam" not in {one.rule for one in flags} and _said_by_others(tx, who, spoken) >= SAME:
        flags.append(Flag("spam", REPEATED))
    hint = hint_of(tx, who, spoken.text)
    if hint is not None and hint.label not in {one.rule for one in flags}:
        flags.append(Flag(hint.label, LEARNED, hint.words))
    order = [*FLAGGED, *policy.rules]
    return sorted((one for one in flags if policy.rule(one.rule).enabled), key=lambda one: order.index(one.rule)), screened.heat


def _left(finding: Finding, passed: set[str]) -> tuple[str, ...]:
    return tuple(word for word in finding.words if word not in passed)


def _reason(flags: Sequence[Flag]) -> str:
    """Why, for the log: the rules by their names, and the words."""
    first = flags[0]
    if first.how == REPEATED:
        return say("The same was said by others.")
    words = ", ".join(first.words)
    if first.how == LEARNED:
        return say("Much like what colleagues objected to: %(words)s", words=words)
    return say("Found: %(words)s", words=words)


def _keep(tx: Tx, who: Actor, spoken: Spoken, flags: Sequence[Flag], heat: int) -> None:
    this = (screenings.c.workspace_id == who.workspace_id) & (screenings.c.message_id == spoken.message_id)
    tx.run(sa.delete(screenings).where(this))
    row = {"workspace_id": who.workspace_id, "message_id": spoken.message_id, "at": spoken.at, "heat": heat}
    tx.run(sa.insert(screenings), row | {"findings": msgspec.to_builtins(list(flags)), "mark": _mark(spoken)})


def _mark(spoken: Spoken) -> int:
    """The same for the same words, however they are set; 0 for what is too short to tell anything."""
    said = " ".join(spoken.text.lower().split())
    return mark_of(said) if len(said) >= 30 else 0


def _said_by_others(tx: Tx, who: Actor, spoken: Spoken) -> int:
    mark = _mark(spoken)
    c = screenings.c
    same = (c.workspace_id == who.workspace_id) & (c.mark == mark) & (c.at >= spoken.at - 2 * DAY) & (c.message_id != spoken.message_id)
    ids = [row.message_id for row in tx.rows(sa.select(c.message_id).where(same).limit(20))] if mark else []
    return len({one.identity_id for one in spoken_of(tx, who, ids).values()} - {spoken.identity_id})


def _is_news(tx: Tx, who: Actor, spoken: Spoken) -> bool:
    """Whether nobody has decided yet that these words may stand."""
    c = lessons.c
    mine = (c.workspace_id == who.workspace_id) & (c.message_id == spoken.message_id)
    matter = find_matter(tx, who, spoken.message_id)
    let_stand = tx.value(sa.select(c.label).where(mine)) == FINE and (spoken.edited_at or 0) <= (matter.changed_at if matter else 0)
    return not let_stand and (matter is None or matter.state == "settled")


def _may_act(tx: Tx, who: Actor, policy: Policy, spoken: Spoken) -> bool:
    """Not what a person had brought back, and not without end in one conversation (T112)."""
    g, k = matter_log.c, matters.c
    matter = find_matter(tx, who, spoken.message_id)
    mine = (g.workspace_id == who.workspace_id) & (g.matter_id == (matter.id if matter else 0))
    brought_back = tx.row(sa.select(g.id).where(mine, g.step.in_(("unhide", "left"))).limit(1)) is not None
    near = matter_log.join(matters, (k.workspace_id == g.workspace_id) & (k.id == g.matter_id))
    lately = (g.workspace_id == who.workspace_id) & (g.at > tx.now - HOUR) & g.agent_id.is_(None) & (g.step == "hide")
    done = tx.rows(sa.select(k.message_id).select_from(near).where(lately).limit(1_000))
    here = spoken_of(tx, who, [row.message_id for row in done])
    return not brought_back and sum(one.thread_id == spoken.thread_id for one in here.values()) < policy.habits.most
