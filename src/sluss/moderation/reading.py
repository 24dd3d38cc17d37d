"""Waiting answers, the log and the report, as their pages show them. In: rows, a filter. Out: screens, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.models import cases, conversations, messages
from sluss.channels.inboxes import list_inboxes
from sluss.channels.registry import capabilities_of
from sluss.contacts.models import contacts
from sluss.kernel.actors import Actor
from sluss.kernel.clock import SECOND
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.moderation.answers import APPROVERS, Waiting, answers_of
from sluss.moderation.models import waiting_answers
from sluss.moderation.queries import log_line, tabs_of
from sluss.moderation.report import COLUMNS, PAGE, By, Filter, Told, counts_by, lines_like
from sluss.moderation.rules import policy_of
from sluss.moderation.screens import Answers, Awaiting, Cell, Choice, LogLine, LogPage, Report, ReportLine
from sluss.moderation.spoken import spoken_of
from sluss.moderation.words import step_keys, step_word
from sluss.people.queries import list_agents, names_of
from sluss.replies.news import news_since
from sluss.web.locale import gettext as _
from sluss.web.locale import voice
from sluss.web.shell import Form

SETTLED = 20
DAYS = 30
NOTHING_WRONG = (0, Form())


def answers_screen(tx: Tx, who: Actor, wrong: tuple[int, Form] = NOTHING_WRONG) -> Answers:
    """What waits, the oldest first, and what was done lately."""
    w = waiting_answers.c
    joined = waiting_answers.join(cases, (cases.c.workspace_id == w.workspace_id) & (cases.c.id == w.case_id))
    mine = sa.select(*fields(Waiting, waiting_answers)).select_from(joined).where(visible_to(who))
    waiting = tx.structs(Waiting, mine.where(w.state == "waiting").order_by(w.id).limit(100))
    settled = tx.structs(Waiting, mine.where(w.state.not_in(("waiting", "replaced"))).order_by(w.settled_at.desc()).limit(SETTLED))
    return Answers(
        tabs=tabs_of(tx, who, "/moderation/answers"),
        waiting=awaiting(tx, who, waiting, wrong),
        settled=awaiting(tx, who, settled),
    )


def awaiting(tx: Tx, who: Actor, rows: Sequence[Waiting], wrong: tuple[int, Form] = NOTHING_WRONG) -> tuple[Awaiting, ...]:
    """Answers as they are shown; `wrong` is the form of one that has to be corrected."""
    people = names_of(tx, who, sorted({one for row in rows for one in (row.agent_id, row.settled_by) if one}))
    inboxes = {one.id: one for one in list_inboxes(tx, who)}
    stand = _cases(tx, who, [row.case_id for row in rows])
    found: list[Awaiting] = []
    for row in rows:
        inbox, case = inboxes.get(row.inbox_id), stand[row.case_id]
        waits = row.state == "waiting"
        seen, files = row.reply.get("seen") or "", row.reply.get("attachment_ids") or ()
        found.append(
            Awaiting(
                id=str(row.id),
                number=case.number,
                author=case.name,
                writer=people.get(row.agent_id, ""),
                inbox=inbox.name if inbox is not None else "",
                icon=capabilities_of(inbox.channel, "public").icon if inbox is not None else "globe",
                question=_question(tx, who, row.case_id),
                text=row.text,
                revision=row.revision,
                at=row.at,
                state=row.state,
                note=row.note,
                settled_by=people.get(row.settled_by or 0, ""),
                mine=row.agent_id == who.id,
                may_decide=waits and row.agent_id != who.id and who.role in APPROVERS,
                may_take=waits and who.role in APPROVERS,
                news=waits and bool(seen) and news_since(tx, who, row.case_id, seen) is not None,
                files=len(files),
                form=wrong[1] if wrong[0] == row.id else Form(),
            )
        )
    return tuple(found)


def waiting_here(tx: Tx, who: Actor, case_id: int) -> tuple[Awaiting, ...]:
    """Public answers of a case that wait, or were sent back."""
    found = answers_of(tx, who, case_id)
    return awaiting(tx, who, found) if found else ()


def log_screen(tx: Tx, who: Actor, form: Form) -> LogPage:
    """The log, the newest first."""
    wanted, policy = _filter(form), policy_of(tx, who)
    told = lines_like(tx, who, wanted, PAGE + 1)
    shown = told[:PAGE]
    return LogPage(
        tabs=tabs_of(tx, who, "/moderation/log"),
        form=form,
        rules=tuple(Choice(one.name, _(one.title)) for one in policy.rules.values()),
        steps=tuple(Choice(one, step_word(one)) for one in step_keys()),
        agents=(Choice("-1", _("Sluss, by the policy")), *(Choice(str(one.id), one.name) for one in list_agents(tx, who))),
        inboxes=tuple(Choice(str(one.id), one.name) for one in list_inboxes(tx, who) if who.may_see_inbox(one.id)),
        lines=_told(tx, who, shown, {one.name: one.title for one in policy.rules.values()}),
        after=str(shown[-1].line.id) if len(told) > PAGE else "",
        query=urlencode({name: value for name, value in form.values.items() if value and name != "after"}),
    )


def report_screen(tx: Tx, who: Actor, form: Form) -> Report:
    """Numbers by rule, channel or person; each leads to its lines in the log."""
    by = cast("By", form.value("by") if form.value("by") in get_args(By) else "rule")
    form = Form({"by": by, **_period(form, tx.now)})
    counts = counts_by(tx, who, by, _filter(form))
    labels = _labels(tx, who, by, list(counts))
    period = {"from": form.value("from"), "to": form.value("to")}
    lines = tuple(
        ReportLine(label=labels[key], cells=tuple(Cell(counts[key][step], _href({by: key, "step": step, **period})) for step in COLUMNS))
        for key in sorted(counts, key=lambda key: (-sum(counts[key].values()), labels[key]))
    )
    whole = sum(counts.values(), Counter[str]())
    return Report(
        tabs=tabs_of(tx, who, "/moderation/report"),
        form=form,
        by=by,
        columns=tuple(step_word(one) for one in COLUMNS),
        lines=lines,
        total=tuple(Cell(whole[step], _href({"step": step, **period})) for step in COLUMNS),
        query=urlencode(form.values),
    )


def _question(tx: Tx, who: Actor, case_id: int) -> str:
    """The customer's last word in public."""
    m, v = messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    mine = (v.workspace_id == who.workspace_id) & (v.case_id == case_id) & (m.direction == "in") & ~v.aside
    newest = tx.value(sa.select(sa.func.max(m.id)).select_from(joined).where(mine))
    row = tx.row(sa.select(m.text, m.fresh).where(m.workspace_id == who.workspace_id, m.id == newest))
    return str(row.fresh or row.text)[:1_000] if row is not None else ""


def _cases(tx: Tx, who: Actor, ids: Sequence[int]) -> dict[int, sa.Row[tuple[int, int, str]]]:
    c, k = cases.c, contacts.c
    joined = cases.join(contacts, (k.workspace_id == c.workspace_id) & (k.id == c.contact_id))
    rows = tx.rows(sa.select(c.id, c.number, k.name).select_from(joined).where(c.workspace_id == who.workspace_id, c.id.in_(ids)))
    return {row.id: cast("sa.Row[tuple[int, int, str]]", row) for row in rows}


def _told(tx: Tx, who: Actor, shown: Sequence[Told], titles: Mapping[str, str]) -> tuple[LogLine, ...]:
    names = names_of(tx, who, sorted({one.line.agent_id for one in shown if one.line.agent_id}))
    said = spoken_of(tx, who, [one.message_id for one in shown])
    lines: list[LogLine] = []
    for one in shown:
        author = said[one.message_id].author if one.message_id in said else ""
        more: dict[str, Any] = {"matter_id": str(one.message_id), "number": one.number, "inbox": one.inbox, "author": author}
        lines.append(msgspec.structs.replace(log_line(one.line, names, **more), rule=_(titles.get(one.line.rule, ""))))
    return tuple(lines)


def _labels(tx: Tx, who: Actor, by: By, keys: Sequence[str]) -> dict[str, str]:
    if by == "rule":
        policy = policy_of(tx, who)
        return {key: _(policy.rule(key).title) for key in keys}
    if by == "inbox":
        inboxes = {str(one.id): one.name for one in list_inboxes(tx, who)}
        return {key: inboxes.get(key, "–") for key in keys}
    names = names_of(tx, who, [int(key) for key in keys])
    return {key: _("Sluss, by the policy") if key == "-1" else names.get(int(key), _("A former colleague")) for key in keys}


def _period(form: Form, now: int) -> dict[str, str]:
    """Days as typed; without any the last thirty."""
    today = datetime.fromtimestamp(now / SECOND, ZoneInfo(voice().zone)).date()
    start, end = _day(form.value("from")) or today - timedelta(days=DAYS - 1), _day(form.value("to")) or today
    return {"from": min(start, end).isoformat(), "to": max(start, end).isoformat()}


def _filter(form: Form) -> Filter:
    start, end = _day(form.value("from")), _day(form.value("to"))
    return Filter(
        start=_instant(start) if start is not None else 0,
        end=_instant(end + timedelta(days=1)) if end is not None and end.year < LAST_YEAR else None,
        rule=form.value("rule"),
        step=form.value("step"),
        agent=_number(form.value("agent")),
        inbox=max(0, _number(form.value("inbox"))),
        after=_number(form.value("after")) or None,
    )


LAST_YEAR = 9_000


def _instant(day: date) -> int:
    """When a day begins for the reader."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(voice().zone)).timestamp()) * SECOND


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < LAST_YEAR else None


def _number(text: str) -> int:
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdigit() and len(plain) < 19 else 0


def _href(values: Mapping[str, str]) -> str:
    return f"/moderation/log?{urlencode(values)}"
