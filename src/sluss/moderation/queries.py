"""What the screens of moderation ask. In: rows. Out: screens, in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import at_inboxes, visible_to
from sluss.cases.models import cases, conversations, messages, threads
from sluss.channels.registry import capabilities_of
from sluss.kernel.actors import Actor
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.moderation.asking import way_to_ask
from sluss.moderation.log import Line, MatterRow, lines_of
from sluss.moderation.matters import find_matter
from sluss.moderation.models import matters, step_proposals, waiting_answers
from sluss.moderation.reputation import HOURS, hot_talks
from sluss.moderation.rules import DEFAULTS, STEPS, Habits, Policy, Rule, policy_of
from sluss.moderation.screening import LEARNED, Flag, flags_of
from sluss.moderation.screens import (
    AskWay,
    Begin,
    Flagged,
    Hot,
    LogLine,
    MatterPage,
    Notice,
    Proposed,
    Queue,
    Reputation,
    RuleLine,
    Rung,
    Tab,
)
from sluss.moderation.spoken import Spoken, access_spoken, spoken_of
from sluss.moderation.steps import can_undo, deeds_on
from sluss.moderation.words import STEP_ICONS, end_word, step_word, to_do_word
from sluss.outbox.deeds import DeedState, possible_deeds
from sluss.people.models import agents
from sluss.people.queries import names_of
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

PAGE = 40
NOTHING = Form()
SHOWS = ("open", "waiting", "settled")


def tabs_of(tx: Tx, who: Actor, here: str) -> tuple[Tab, ...]:
    """The left column, with what waits."""
    open_now = _count(tx, who, "open")
    answers = _waiting_answers(tx, who)
    places = (
        ("/moderation", _("Flagged"), "flag", open_now),
        ("/moderation/reputation", _("Hot posts"), "activity", 0),
        ("/moderation/answers", _("Waiting answers"), "send", answers),
        ("/moderation/log", _("Log"), "history", 0),
        ("/moderation/report", _("Report"), "layers", 0),
    )
    return tuple(Tab(href=href, label=label, icon=icon, count=count, here=href == here) for href, label, icon, count in places)


def queue_screen(tx: Tx, who: Actor, show: str, rule: str, after: int | None) -> Queue:
    """Matters, the newest change first; proposals that wait stand above."""
    policy = policy_of(tx, who)
    show = show if show in SHOWS else "open"
    k = matters.c
    wanted = sa.select(*fields(MatterRow, matters)).select_from(_joined()).where(_mine(who), _shown(tx, show))
    wanted = wanted.where(k.rule == rule) if rule in policy.rules else wanted
    wanted = wanted if after is None else wanted.where(k.changed_at < after)
    rows = tx.structs(MatterRow, wanted.order_by(k.changed_at.desc(), k.id.desc()).limit(PAGE + 1))
    shown = rows[:PAGE]
    names = {"open": _("To decide"), "waiting": _("Waiting for the author"), "settled": _("Over")}
    return Queue(
        tabs=tabs_of(tx, who, "/moderation"),
        show=show,
        shows=tuple((key, label, _count(tx, who, key) if key != "settled" else 0) for key, label in names.items()),
        rule=rule if rule in policy.rules else "",
        rules=rule_lines(policy),
        lines=_flagged(tx, who, policy, shown),
        after=str(shown[-1].changed_at) if len(rows) > PAGE else "",
    )


def message_screen(tx: Tx, who: Actor, message_id: int, form: Form = NOTHING) -> MatterPage | Begin:
    """The matter of a message; or the message, about to be moderated."""
    spoken, matter = access_spoken(tx, who, message_id), find_matter(tx, who, message_id)
    return _begin(tx, who, spoken, form) if matter is None else _matter(tx, who, (matter, spoken), form)


def _matter(tx: Tx, who: Actor, about: tuple[MatterRow, Spoken], form: Form) -> MatterPage:
    """With its ladder and log."""
    matter, spoken = about
    policy = policy_of(tx, who)
    rule = policy.rule(form.value("rule") or matter.rule)
    lines = lines_of(tx, who, matter.id)
    proposed = _proposals(tx, who, policy, [matter.id]).get(matter.id)
    steps = steps_of(tx, who, policy, spoken) if proposed is None else ()
    return MatterPage(
        tabs=tabs_of(tx, who, "/moderation"),
        id=str(matter.message_id),
        number=spoken.number,
        subject=spoken.subject,
        author=spoken.author,
        inbox=spoken.inbox,
        icon=spoken.public.icon,
        text=spoken.text,
        at=spoken.at,
        url=spoken.url,
        hidden=spoken.hidden_at is not None,
        gone=_gone(spoken),
        edited=spoken.edited_at is not None,
        state=matter.state,
        outcome=end_word(matter.outcome),
        due_at=matter.due_at,
        rule=_rule_line(rule),
        rules=rule_lines(policy),
        rungs=_rungs(matter, spoken, lines),
        lines=log_lines(tx, who, spoken.message_id, lines),
        steps=steps,
        ask=_ask(tx, who, spoken, rule) if any(step == "ask" for step, _alone in steps) else None,
        proposed=proposed,
        earlier=_earlier(tx, who, spoken),
        asked_before=any(one.step == "ask" for one in lines),
        form=form,
    )


def _begin(tx: Tx, who: Actor, spoken: Spoken, form: Form) -> Begin:
    policy = policy_of(tx, who)
    flags = flags_of(tx, who, [spoken.message_id]).get(spoken.message_id, [])
    chosen = form.value("rule") or (flags[0].rule if flags else "other")
    steps = steps_of(tx, who, policy, spoken)
    return Begin(
        number=spoken.number,
        message_id=str(spoken.message_id),
        author=spoken.author,
        text=spoken.text,
        rules=rule_lines(policy),
        steps=steps,
        ask=_ask(tx, who, spoken, policy.rule(chosen)) if any(step == "ask" for step, _alone in steps) else None,
        rule=chosen,
        flags=tuple(_flag_words(policy, one.rule, one.how, one.words) for one in flags),
        form=form,
    )


def reputation_screen(tx: Tx, who: Actor) -> Reputation:
    """Hot public talks."""
    policy = policy_of(tx, who)
    found = hot_talks(tx, who, policy.habits.reach)
    ids = [one.spoken.case_id for one in found]
    c, a = cases.c, agents.c
    joined = cases.outerjoin(agents, (a.workspace_id == c.workspace_id) & (a.id == c.assignee_id))
    stand = {
        row.id: row for row in tx.rows(sa.select(c.id, c.waiting_since, a.name).select_from(joined).where(visible_to(who), c.id.in_(ids)))
    }
    known = {one.message_id: one.message_id for one in _matters_of(tx, who, [one.spoken.message_id for one in found])}
    w = waiting_answers.c
    waiting = {
        row.case_id: row.id
        for row in tx.rows(sa.select(w.case_id, w.id).where(w.workspace_id == who.workspace_id, w.case_id.in_(ids), w.state == "waiting"))
    }
    lines = tuple(
        Hot(
            number=one.spoken.number,
            subject=one.spoken.subject,
            author=one.spoken.author,
            followers=one.followers,
            inbox=one.spoken.inbox,
            icon=one.spoken.public.icon,
            text=one.spoken.text[:400],
            at=one.spoken.at,
            score=one.score,
            heat=one.heat,
            others=one.others,
            reactions=one.reactions,
            answered=stand[one.spoken.case_id].waiting_since is None,
            assignee=stand[one.spoken.case_id].name or "",
            matter_id=str(known.get(one.spoken.message_id, "")),
            answer_id=str(waiting.get(one.spoken.case_id, "")),
        )
        for one in found
        if one.spoken.case_id in stand
    )
    return Reputation(tabs=tabs_of(tx, who, "/moderation/reputation"), hours=HOURS, reach=policy.habits.reach, lines=lines)


def notices_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> dict[int, Notice]:
    """What the desk tells at public messages of customers: what was found, what is being done."""
    found = flags_of(tx, who, message_ids)
    known = {one.message_id: one for one in _matters_of(tx, who, message_ids)}
    policy = policy_of(tx, who) if found or known else Policy(rules=dict(DEFAULTS), habits=Habits())
    return {one: _notice(policy, one, found.get(one, ()), known.get(one)) for one in message_ids}


def _notice(policy: Policy, message_id: int, flags: Sequence[Flag], matter: MatterRow | None) -> Notice:
    if matter is not None and matter.outcome == "left":
        return Notice(message_id=str(message_id))
    rules = [one.rule for one in flags] or ([matter.rule] if matter is not None else [])
    return Notice(
        message_id=str(message_id),
        rules=tuple(dict.fromkeys(_(policy.rule(one).title) for one in rules)),
        words=tuple(word for one in flags for word in one.words)[:5],
        state=matter.state if matter is not None else "",
        outcome=end_word(matter.outcome) if matter is not None else "",
    )


def rule_lines(policy: Policy) -> tuple[RuleLine, ...]:
    """Rules to choose from, in the order of the policy."""
    return tuple(_rule_line(one) for one in policy.rules.values() if one.enabled or one.name == "other")


def steps_of(tx: Tx, who: Actor, policy: Policy, spoken: Spoken) -> tuple[tuple[str, bool], ...]:
    """What can be done now, and whether the reader decides it alone."""
    can = possible_deeds(tx, who, [spoken.message_id]).get(spoken.message_id, frozenset())
    there = spoken.removed_at is None
    possible = {"ask": there, "hide": "hide" in can and spoken.hidden_at is None, "delete": "delete" in can, "block": "block" in can}
    alone = {step: step != "block" and policy.may_take(who.role, step) for step in STEPS}
    return (*((step, alone[step]) for step in STEPS if possible[step]), ("leave", True))


def log_lines(tx: Tx, who: Actor, message_id: int, lines: Sequence[Line]) -> tuple[LogLine, ...]:
    """The log of one matter, newest first."""
    names = names_of(tx, who, sorted({one.agent_id for one in lines if one.agent_id}))
    done = deeds_on(tx, who, message_id)
    return tuple(log_line(one, names, done, may_undo=can_undo(one, lines, done)) for one in reversed(lines))


def log_line(line: Line, names: Mapping[int, str], done: Mapping[int, DeedState] = MappingProxyType({}), **more: Any) -> LogLine:
    """One line as it is read."""
    deed = done.get(line.operation_id or 0)
    return LogLine(
        id=str(line.id),
        at=line.at,
        by=names.get(line.agent_id, _("A former colleague")) if line.agent_id else _("Sluss, by the policy"),
        step=line.step,
        words=step_word(line.step),
        rule=line.rule,
        reason=_(line.reason),
        said=line.said,
        icon=STEP_ICONS.get(line.step, "circle-help"),
        state=deed.state if deed is not None else "",
        trouble=_(deed.trouble) if deed is not None and deed.state == "failed" else "",
        **more,
    )


def _flagged(tx: Tx, who: Actor, policy: Policy, rows: Sequence[MatterRow]) -> tuple[Flagged, ...]:
    spoken = spoken_of(tx, who, [one.message_id for one in rows])
    flags = flags_of(tx, who, list(spoken))
    proposed = _proposals(tx, who, policy, [one.id for one in rows])
    return tuple(
        Flagged(
            id=str(row.message_id),
            number=said.number,
            author=said.author,
            inbox=said.inbox,
            icon=said.public.icon,
            text=said.text[:400],
            rule=_(policy.rule(row.rule).title),
            why=", ".join(word for one in flags.get(row.message_id, []) for word in one.words),
            state=row.state,
            outcome=end_word(row.outcome),
            at=said.at,
            due_at=row.due_at,
            hidden=said.hidden_at is not None,
            gone=said.removed_at is not None,
            by_itself=row.by_itself,
            proposed=step_word(f"propose {proposed[row.id].step}") if row.id in proposed else "",
        )
        for row in rows
        if (said := spoken.get(row.message_id)) is not None
    )


def _proposals(tx: Tx, who: Actor, policy: Policy, ids: Sequence[int]) -> dict[int, Proposed]:
    c = step_proposals.c
    mine = (c.workspace_id == who.workspace_id) & c.matter_id.in_(ids) & (c.state == "open") & (c.expires_at > tx.now)
    rows = tx.rows(sa.select(step_proposals).where(mine))
    names = names_of(tx, who, [row.proposed_by for row in rows if row.proposed_by])
    return {
        row.matter_id: Proposed(
            id=str(row.id),
            step=row.step,
            reason=row.reason,
            by=names.get(row.proposed_by, ""),
            at=row.at,
            expires_at=row.expires_at,
            mine=row.proposed_by == who.id,
            may_decide=row.proposed_by != who.id and who.role != "agent" and policy.may_take(who.role, row.step),
        )
        for row in rows
    }


def _rungs(matter: MatterRow, spoken: Spoken, lines: Sequence[Line]) -> tuple[Rung, ...]:
    """The four steps: which were taken (and stand), which is waited for, which are ahead, which the network does not know."""
    offered = {"ask", *capabilities_of(spoken.channel, "public").deeds}
    undone = {one.undoes_id for one in lines}
    taken = {one.step: one.at for one in lines if one.step in STEPS and one.id not in undone}
    found: list[Rung] = []
    for step in STEPS:
        if step in taken:
            waits = matter.state == "waiting" and step == matter.step
            found.append(
                Rung(step=step, label=to_do_word(step), state="now" if waits else "done", at=matter.due_at if waits else taken[step])
            )
        else:
            note = "" if step in offered else _("Not possible on this network")
            found.append(Rung(step=step, label=to_do_word(step), state="ahead" if step in offered else "never", note=note))
    return tuple(found)


def _ask(tx: Tx, who: Actor, spoken: Spoken, rule: Rule) -> AskWay:
    way = way_to_ask(tx, who, spoken)
    return AskWay(in_public=way.in_public, label=_(way.label), text=way.words(spoken, rule))


def _earlier(tx: Tx, who: Actor, spoken: Spoken) -> int:
    """How many other public words of this person had to be moderated."""
    k, m = matters.c, messages.c
    joined = matters.join(messages, (m.workspace_id == k.workspace_id) & (m.id == k.message_id))
    theirs = (k.workspace_id == who.workspace_id) & (m.identity_id == spoken.identity_id) & (k.message_id != spoken.message_id)
    counted = sa.select(sa.func.count()).select_from(joined).where(theirs, k.outcome != "left", k.state == "settled")
    return int(tx.value(counted))


def _gone(spoken: Spoken) -> str:
    if spoken.removed_at is None:
        return ""
    words = {"author": _("Removed by its author"), "us": _("Removed by us"), "network": _("Removed by the network")}
    return words.get(spoken.removed_by, _("Gone at the network"))


def _flag_words(policy: Policy, rule: str, how: str, words: Collection[str]) -> str:
    title = _(policy.rule(rule).title)
    if not words:
        return title
    joined = ", ".join(words)
    return f"{title}: {joined}" if how != LEARNED else _("%(rule)s, much like earlier ones: %(words)s") % {"rule": title, "words": joined}


def _rule_line(rule: Rule) -> RuleLine:
    return RuleLine(name=rule.name, title=_(rule.title), plain=_(rule.plain), wait_minutes=rule.wait_minutes, up_to=rule.up_to)


def _matters_of(tx: Tx, who: Actor, message_ids: Sequence[int]) -> list[MatterRow]:
    c = matters.c
    return tx.structs(
        MatterRow, sa.select(*fields(MatterRow, matters)).where(c.workspace_id == who.workspace_id, c.message_id.in_(message_ids))
    )


def _joined() -> sa.FromClause:
    k, m, v, t, c = matters.c, messages.c, conversations.c, threads.c, cases.c
    joined = matters.join(messages, (m.workspace_id == k.workspace_id) & (m.id == k.message_id))
    joined = joined.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    return joined.join(cases, (c.workspace_id == v.workspace_id) & (c.id == v.case_id))


def _mine(who: Actor) -> sa.ColumnElement[bool]:
    mine = matters.c.workspace_id == who.workspace_id
    return mine if who.inbox_ids is None else mine & at_inboxes(who.inbox_ids)


def _shown(tx: Tx, show: str) -> sa.ColumnElement[bool]:
    """What nobody has decided; a step that somebody proposes is to be decided wherever its matter stands."""
    c = step_proposals.c
    proposed = sa.exists().where(
        c.workspace_id == matters.c.workspace_id, c.matter_id == matters.c.id, c.state == "open", c.expires_at > tx.now
    )
    return (matters.c.state == "open") | proposed if show == "open" else (matters.c.state == show) & ~proposed


def _count(tx: Tx, who: Actor, state: str) -> int:
    return int(tx.value(sa.select(sa.func.count()).select_from(_joined()).where(_mine(who), _shown(tx, state))))


def _waiting_answers(tx: Tx, who: Actor) -> int:
    w, c = waiting_answers.c, cases.c
    joined = waiting_answers.join(cases, (c.workspace_id == w.workspace_id) & (c.id == w.case_id))
    return int(tx.value(sa.select(sa.func.count()).select_from(joined).where(visible_to(who), w.state == "waiting")))
