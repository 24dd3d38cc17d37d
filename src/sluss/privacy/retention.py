"""How long things are kept, inbox by inbox. In: an administrator's rules, the clock. Out: fewer rows, and a proof that counts them.

Nothing goes while no rule says so, nor of a contact under a legal hold. A day's run is done in small transactions; what a killed process
left is taken up by the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import attachments, cases, conversations, messages
from sluss.channels.inboxes import access_inbox
from sluss.contacts.models import contacts, identities
from sluss.intake.forgetting import drop_raw, forget_envelopes
from sluss.intake.models import envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Invalid
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces
from sluss.privacy.emptying import AT_ONCE, remove_some_of_case
from sluss.privacy.models import contact_holds, erasures, reads, retention_rules, retention_runs
from sluss.privacy.orders import ACTIVE, TOPIC, require_admin, rules_of
from sluss.privacy.reach import Order, hangs, remove

LONGEST = 36_500
MONTH = 30 * DAY
PROOFS = 400
OVER = ("solved", "closed")


Wanted = sa.Select[*tuple[Any, ...]]
"""A query for what is due by a rule."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Days until something goes; None keeps it for ever. Cases count from their last message, when they are solved or closed."""

    case_days: int | None = None
    spam_days: int | None = None
    file_days: int | None = None
    raw_days: int | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether nothing ever goes by this rule."""
        return all(days is None for days in msgspec.structs.astuple(self))


class InboxRule(msgspec.Struct, frozen=True):
    """The rule of one inbox."""

    inbox_id: int
    rule: Rule


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One day's run: a proof that names nobody."""

    id: int
    started_at: int
    ended_at: int | None
    counts: dict[str, int]


class Due(msgspec.Struct, frozen=True):
    """What would go now by a rule."""

    cases: int
    spam: int
    files: int
    raw: int


def rule_of(tx: Tx, who: Actor, inbox_id: int) -> Rule:
    """The rule of an inbox; keeps everything until somebody says otherwise."""
    access_inbox(tx, who, inbox_id)
    mine = (retention_rules.c.workspace_id == who.workspace_id) & (retention_rules.c.inbox_id == inbox_id)
    return tx.struct(Rule, sa.select(*fields(Rule, retention_rules)).where(mine)) or Rule()


def set_rule(tx: Tx, who: Actor, inbox_id: int, rule: Rule) -> None:
    """Say how long things of an inbox are kept."""
    require_admin(who)
    access_inbox(tx, who, inbox_id)
    days: dict[str, int | None] = msgspec.structs.asdict(rule)
    wrong = {
        name: "Choose between 1 and 36,500 days, or leave it empty."
        for name, one in days.items()
        if one is not None and not 1 <= one <= LONGEST
    }
    if wrong:
        raise Invalid(wrong)
    c = retention_rules.c
    tx.run(sa.delete(retention_rules).where(c.workspace_id == who.workspace_id, c.inbox_id == inbox_id))
    tx.run(sa.insert(retention_rules), {"workspace_id": who.workspace_id, "inbox_id": inbox_id, "changed_at": tx.now} | days)
    note_deed(tx, who, "inbox.retention", ("inbox", inbox_id), **days)


def preview(tx: Tx, who: Actor, inbox_id: int, rule: Rule) -> Due:
    """How much would go if the rule ran now."""
    one = InboxRule(inbox_id, rule)
    return Due(*(_count(tx, wanted) for wanted in (_cases(tx, who, one), _spam(tx, who, one), _files(tx, who, one), _raw(tx, who, one))))


def list_runs(tx: Tx, who: Actor, limit: int = 20) -> list[Run]:
    """The newest proofs."""
    require_admin(who)
    chosen = sa.select(*fields(Run, retention_runs)).where(retention_runs.c.workspace_id == who.workspace_id)
    return tx.structs(Run, chosen.order_by(retention_runs.c.id.desc()).limit(limit))


def due_workspaces(tx: Tx) -> list[int]:
    """Workspaces whose run of the day is under way or has not begun."""
    c = retention_runs.c
    over = sa.select(c.workspace_id).where(c.ended_at.is_not(None), c.started_at > tx.now - DAY)
    return [row.id for row in tx.rows(sa.select(workspaces.c.id).where(workspaces.c.id.not_in(over)))]


def begin_run(tx: Tx, who: Actor) -> Run | None:
    """The run that is under way, or today's new one; None when today's is over."""
    c = retention_runs.c
    last = tx.struct(Run, sa.select(*fields(Run, retention_runs)).where(c.workspace_id == who.workspace_id).order_by(c.id.desc()).limit(1))
    if last is not None and (last.ended_at is None or last.started_at > tx.now - DAY):
        return last if last.ended_at is None else None
    run = Run(id=tx.new_id(), started_at=tx.now, ended_at=None, counts={})
    tx.run(sa.insert(retention_runs), {"workspace_id": who.workspace_id} | msgspec.structs.asdict(run))
    tx.run(sa.delete(retention_runs).where(c.workspace_id == who.workspace_id, c.started_at < tx.now - PROOFS * DAY))
    return run


def go_on(tx: Tx, who: Actor, run: Run) -> Run:
    """One transaction's worth of a run. It has ended when `ended_at` is set."""
    order = Order(who, None, Counter(run.counts))
    more = any(_some_of(tx, order, one) for one in _rules(tx, who)) or _forget_reads(tx, order)
    counts = {name: number for name, number in order.tally.items() if number}
    after = msgspec.structs.replace(run, counts=counts, ended_at=None if more else tx.now)
    this = (retention_runs.c.workspace_id == who.workspace_id) & (retention_runs.c.id == run.id)
    tx.run(sa.update(retention_runs).where(this).values(counts=counts, ended_at=after.ended_at))
    tx.hint(TOPIC)
    return after


def _rules(tx: Tx, who: Actor) -> list[InboxRule]:
    names = Rule.__struct_fields__
    rows = tx.rows(sa.select(retention_rules).where(retention_rules.c.workspace_id == who.workspace_id))
    return [InboxRule(row.inbox_id, Rule(**{name: getattr(row, name) for name in names})) for row in rows]


def _some_of(tx: Tx, order: Order, one: InboxRule) -> bool:
    """Remove some of what is due by a rule. False when nothing was."""
    for wanted in (_cases(tx, order.who, one), _spam(tx, order.who, one)):
        row = tx.row(wanted.limit(1)) if wanted is not None else None
        if row is not None:
            _remove_case(tx, order, row.id, row.contact_id)
            return True
    return _some_files(tx, order, one) or _some_raw(tx, order, one)


def _remove_case(tx: Tx, order: Order, case_id: int, contact_id: int) -> None:
    """The case, and with a contact's last case the contact."""
    if not remove_some_of_case(tx, order, case_id):
        return
    i = identities.c
    known = [row.id for row in tx.rows(sa.select(i.id).where(i.workspace_id == order.who.workspace_id, i.contact_id == contact_id))]
    alone = (
        tx.row(sa.select(cases.c.id).where(cases.c.workspace_id == order.who.workspace_id, cases.c.contact_id == contact_id).limit(1))
        is None
    )
    if alone and not hangs(tx, order.who, identities, known):
        remove(tx, order, contacts, [contact_id])


def _some_files(tx: Tx, order: Order, one: InboxRule) -> bool:
    wanted = _files(tx, order.who, one)
    found = _next(tx, wanted)
    remove(tx, order, attachments, [row.id for row in found])
    these = (messages.c.workspace_id == order.who.workspace_id) & messages.c.id.in_([row.message_id for row in found])
    a = attachments.c
    left = sa.select(sa.func.count()).where(a.workspace_id == messages.c.workspace_id, a.message_id == messages.c.id).scalar_subquery()
    if found:
        tx.run(sa.update(messages).where(these).values(files=left))
    return bool(found)


def _some_raw(tx: Tx, order: Order, one: InboxRule) -> bool:
    wanted = _raw(tx, order.who, one)
    found = _next(tx, wanted)
    order.tally["raw"] += drop_raw(tx, order.who, [row.id for row in found if row.state == "done"])
    order.tally["envelopes"] += forget_envelopes(tx, order.who, [row.id for row in found if row.state != "done"])
    return bool(found)


def _forget_reads(tx: Tx, order: Order) -> bool:
    """Some of what the read log no longer has to know."""
    c = reads.c
    before = tx.now - rules_of(tx, order.who).read_months * MONTH
    old = sa.select(c.id).where(c.workspace_id == order.who.workspace_id, c.last_at < before).order_by(c.id).limit(1_000)
    ids = [row.id for row in tx.rows(old)]
    tx.run(sa.delete(reads).where(c.workspace_id == order.who.workspace_id, c.id.in_(ids)))
    order.tally["reads"] += len(ids)
    return len(ids) == 1_000


def _cases(tx: Tx, who: Actor, one: InboxRule) -> Wanted | None:
    return _old_cases(tx, who, one, one.rule.case_days, OVER)


def _spam(tx: Tx, who: Actor, one: InboxRule) -> Wanted | None:
    return _old_cases(tx, who, one, one.rule.spam_days, ("spam",))


def _old_cases(tx: Tx, who: Actor, one: InboxRule, days: int | None, statuses: tuple[str, ...]) -> Wanted | None:
    c = cases.c
    if days is None:
        return None
    mine = (c.workspace_id == who.workspace_id) & (c.inbox_id == one.inbox_id) & c.status.in_(statuses)
    return sa.select(c.id, c.contact_id).where(mine, c.active_at < tx.now - days * DAY, ~_is_kept(who))


def _files(tx: Tx, who: Actor, one: InboxRule) -> Wanted | None:
    if one.rule.file_days is None:
        return None
    a, v, c = attachments.c, conversations.c, cases.c
    joined = attachments.join(messages, (messages.c.workspace_id == a.workspace_id) & (messages.c.id == a.message_id))
    joined = joined.join(conversations, (v.workspace_id == a.workspace_id) & (v.id == messages.c.conversation_id))
    joined = joined.join(cases, (c.workspace_id == a.workspace_id) & (c.id == v.case_id))
    mine = (a.workspace_id == who.workspace_id) & (c.inbox_id == one.inbox_id) & c.status.in_((*OVER, "spam"))
    old = (c.active_at < tx.now - one.rule.file_days * DAY) & ~_is_kept(who)
    return sa.select(a.id, a.message_id).select_from(joined).where(mine, old).order_by(a.id)


def _raw(tx: Tx, who: Actor, one: InboxRule) -> Wanted | None:
    if one.rule.raw_days is None:
        return None
    e, m, v = envelopes.c, messages.c, conversations.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(cases, (cases.c.workspace_id == v.workspace_id) & (cases.c.id == v.case_id))
    kept = sa.select(m.id).select_from(joined).where(m.workspace_id == who.workspace_id, m.id == e.message_id, _is_kept(who)).exists()
    mine = (e.workspace_id == who.workspace_id) & (e.inbox_id == one.inbox_id) & e.state.in_(("done", "discarded")) & (e.size > 0)
    return sa.select(e.id, e.state).where(mine, e.received_at < tx.now - one.rule.raw_days * DAY, ~kept).order_by(e.id)


def _is_kept(who: Actor) -> sa.ColumnElement[bool]:
    """Cases of contacts under a legal hold, or of whom an erasure is under way."""
    h, e, c = contact_holds.c, erasures.c, cases.c
    held = sa.select(h.contact_id).where(h.workspace_id == who.workspace_id, h.contact_id == c.contact_id).correlate(cases).exists()
    under = (e.workspace_id == who.workspace_id) & (e.contact_id == c.contact_id) & e.state.in_(ACTIVE)
    return held | sa.select(e.id).where(under).correlate(cases).exists()


def _next(tx: Tx, wanted: Wanted | None) -> Sequence[sa.Row[Any]]:
    return () if wanted is None else tx.rows(wanted.limit(AT_ONCE))


def _count(tx: Tx, wanted: Wanted | None) -> int:
    return 0 if wanted is None else int(tx.value(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery())))
