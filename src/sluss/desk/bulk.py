"""The same to many cases. In: chosen numbers, or whatever a list holds, and what to do. Out: a run: done now, or in slices by a job.

Which cases it is about is settled when it begins, and written down; each is then done by the same action as by hand, with its checks. What
a filter no longer holds when its turn comes, and what the agent may not change, is left alone and told by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS, visible_to
from sluss.cases.models import cases
from sluss.desk.around import look_around
from sluss.desk.chosen import choose
from sluss.desk.events import BulkWent
from sluss.desk.many import Deed, State, do_to, kind_named, take_back
from sluss.desk.models import bulk_cases, bulk_deeds
from sluss.desk.views import Scope
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Invalid, Missing, Trouble
from sluss.kernel.jobs import schedule
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents
from sluss.people.sessions import inboxes_of

JOB = "bulk"
AT_ONCE = 200
SLICE = 50
MOST = 5_000
TOLD = 20
KEPT = 7 * DAY
CHANGED = say("It no longer belonged to the list.")
STOPPED = say("It was stopped before.")

RunState = Literal["running", "done", "undoing", "undone"]


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases: numbers, or with `everything` all that a view holds, narrowed by a filter, in the agent's zone."""

    numbers: tuple[int, ...] = ()
    everything: bool = False
    view: str = ""
    f: str = ""
    zone: str = "UTC"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a deed to many stands. `left` were not changed or not changed back, by number, at most twenty; `why` is the first reason."""

    id: int
    kind: str
    value: str
    state: RunState
    total: int
    done: int
    left_count: int
    left: tuple[int, ...] = ()
    why: str = ""
    at: int = 0


def begin(tx: Tx, who: Actor, deed: Deed, chosen: Chosen) -> Run:
    """Do it to all, at once if they are few. Raises `Missing` for a number that is not the agent's to see."""
    found = _everything(tx, who, chosen) if chosen.everything else _numbered(tx, who, chosen.numbers)
    if not found:
        raise Invalid({"no": "Choose cases first."})
    deed_id, key = tx.new_id(), {"workspace_id": who.workspace_id}
    row = key | {"id": deed_id, "agent_id": who.id, "kind": deed.kind, "value": deed.value, "zone": chosen.zone, "state": "running"}
    kept = msgspec.json.encode([chosen.view, chosen.f]).decode() if chosen.everything else ""
    tx.run(sa.insert(bulk_deeds), row | {"filter": kept, "total": len(found), "created_at": tx.now})
    waiting = {"deed_id": deed_id, "state": "waiting", "why": "", "before": None, "after": None}
    tx.run(sa.insert(bulk_cases), [key | waiting | {"case_id": case_id, "number": number} for number, case_id in found])
    note_deed(tx, who, "case.bulk", ("bulk", deed_id), kind=deed.kind, total=len(found))
    _go_on(tx, who, deed_id, at_once=len(found) <= AT_ONCE)
    return read_run(tx, who, deed_id)


def undo(tx: Tx, who: Actor, deed_id: int) -> Run:
    """Take a deed back wholly, also one that has not come to its end. Raises `Missing` for somebody else's."""
    run = read_run(tx, who, deed_id)
    if run.state in {"undoing", "undone"}:
        return run
    tx.run(sa.update(bulk_cases).where(_of(who, deed_id, "waiting")).values(state="skipped", why=STOPPED))
    tx.run(sa.update(bulk_deeds).where(_this(who, deed_id)).values(state="undoing", ended_at=None))
    note_deed(tx, who, "case.bulk_undo", ("bulk", deed_id), total=run.done)
    _go_on(tx, who, deed_id, at_once=run.done <= AT_ONCE)
    return read_run(tx, who, deed_id)


def go_on(tx: Tx, who: Actor, args: Any) -> None:
    """The job: the next slice, as the agent that began it and with the rights they have now."""
    agent = _agent(tx, who, args["agent_id"])
    _go_on(tx, agent or who, args["deed_id"], at_once=False, stopped=agent is None)


def read_run(tx: Tx, who: Actor, deed_id: int) -> Run:
    """One of the agent's own deeds. Raises `Missing`."""
    found = _runs(tx, who, bulk_deeds.c.id == deed_id)
    if not found:
        raise Missing
    return found[0]


def recent_runs(tx: Tx, who: Actor) -> list[Run]:
    """The agent's own deeds of the last days, newest first."""
    return _runs(tx, who, bulk_deeds.c.created_at > tx.now - KEPT)


def forget_runs(tx: Tx, who: Actor) -> None:
    """The way back is kept for a week."""
    old = (bulk_deeds.c.workspace_id == who.workspace_id) & (bulk_deeds.c.created_at < tx.now - KEPT)
    ids = [row.id for row in tx.rows(sa.select(bulk_deeds.c.id).where(old).limit(SLICE))]
    tx.run(sa.delete(bulk_cases).where(bulk_cases.c.workspace_id == who.workspace_id, bulk_cases.c.deed_id.in_(ids)))
    tx.run(sa.delete(bulk_deeds).where(bulk_deeds.c.workspace_id == who.workspace_id, bulk_deeds.c.id.in_(ids)))


def _numbered(tx: Tx, who: Actor, numbers: Sequence[int]) -> list[tuple[int, int]]:
    wanted = sorted(set(numbers))
    if len(wanted) > AT_ONCE:
        raise Invalid({"no": "Choose at most 200 cases one by one, or all that match."})
    rows = tx.rows(sa.select(cases.c.number, cases.c.id).where(visible_to(who), cases.c.number.in_(wanted)).order_by(cases.c.number))
    if len(rows) != len(wanted):
        raise Missing
    return [(row.number, row.id) for row in rows]


def _everything(tx: Tx, who: Actor, chosen: Chosen) -> list[tuple[int, int]]:
    scope = _scope(tx, who, chosen.view, chosen.f, chosen.zone)
    wanted = sa.select(cases.c.number, cases.c.id).where(scope.condition(who), cases.c.status.in_(scope.statuses))
    rows = tx.rows(wanted.order_by(cases.c.number).limit(MOST + 1))
    if len(rows) > MOST:
        raise Invalid({"no": "These are more than 5,000 cases. Narrow the list first."})
    return [(row.number, row.id) for row in rows]


def _scope(tx: Tx, who: Actor, view: str, text: str, zone: str) -> Scope:
    chosen = choose(tx, look_around(tx, who), view, text, zone)
    if chosen.narrowing.wrong:
        raise Invalid({"no": chosen.narrowing.wrong})
    return chosen.scope


def _go_on(tx: Tx, who: Actor, deed_id: int, *, at_once: bool, stopped: bool = False) -> None:
    """The next cases in the order of their numbers, which is the same for everybody: two such deeds never wait for each other."""
    row = tx.row(sa.select(bulk_deeds).where(bulk_deeds.c.workspace_id == who.workspace_id, bulk_deeds.c.id == deed_id).with_for_update())
    if row is None or row.state not in {"running", "undoing"}:
        return
    state = "waiting" if row.state == "running" else "done"
    c = bulk_cases.c
    wanted = sa.select(c.case_id, c.number, c.before, c.after).where(_of(who, deed_id, state)).order_by(c.number)
    turn = tx.rows(wanted.limit(AT_ONCE if at_once else SLICE))
    if row.state == "running":
        _do_slice(tx, who, row, turn, stopped=stopped)
    else:
        _undo_slice(tx, who, row, turn, stopped=stopped)
    _end_or_wait(tx, who, row, state)


def _do_slice(tx: Tx, who: Actor, row: sa.Row[Any], turn: Sequence[sa.Row[Any]], *, stopped: bool) -> None:
    still = _still(tx, who, row, [one.case_id for one in turn]) if not stopped else set[int]()
    deed = Deed(kind_named(row.kind), row.value)
    for one in turn:
        if one.case_id not in still:
            _mark(tx, who, row.id, one.case_id, state="skipped", why=STOPPED if stopped else CHANGED)
            continue
        try:
            with tx.attempt():
                before, after = do_to(tx, who, one.case_id, deed)
        except Trouble as trouble:
            _mark(tx, who, row.id, one.case_id, state="skipped", why=_reason(trouble))
        else:
            _mark(tx, who, row.id, one.case_id, state="done", before=msgspec.to_builtins(before), after=msgspec.to_builtins(after))


def _undo_slice(tx: Tx, who: Actor, row: sa.Row[Any], turn: Sequence[sa.Row[Any]], *, stopped: bool) -> None:
    for one in turn:
        was = (msgspec.convert(one.before, State), msgspec.convert(one.after, State))
        why = STOPPED
        try:
            with tx.attempt():
                whole = not stopped and take_back(tx, who, one.case_id, was)
            why = why if stopped else "" if whole else say("Somebody has changed it since.")
        except Trouble as trouble:
            whole, why = False, _reason(trouble)
        _mark(tx, who, row.id, one.case_id, state="restored" if whole else "kept", why=why)


def _still(tx: Tx, who: Actor, row: sa.Row[Any], ids: Sequence[int]) -> set[int]:
    """Those of a slice that the agent sees and that the list still holds."""
    wanted = sa.select(cases.c.id).where(visible_to(who), cases.c.id.in_(ids))
    if row.filter:
        view, text = msgspec.json.decode(row.filter, type=tuple[str, str])
        try:
            scope = _scope(tx, who, view, text, row.zone)
        except Trouble:
            return set()
        wanted = wanted.where(scope.condition(who), cases.c.status.in_(scope.statuses))
    return {one.id for one in tx.rows(wanted)}


def _end_or_wait(tx: Tx, who: Actor, row: sa.Row[Any], state: str) -> None:
    """Tell how far it went; then a timer for the rest, or the end."""
    more = tx.row(sa.select(bulk_cases.c.case_id).where(_of(who, row.id, state)).limit(1)) is not None
    reached: RunState = row.state if more else "done" if row.state == "running" else "undone"
    if more:
        schedule(tx, who, (JOB, str(row.id)), tx.now, {"deed_id": row.id, "agent_id": row.agent_id})
    else:
        values: dict[str, Any] = {"state": reached, "ended_at": tx.now, "filter": ""}
        tx.run(sa.update(bulk_deeds).where(bulk_deeds.c.workspace_id == who.workspace_id, bulk_deeds.c.id == row.id).values(**values))
    if row.total > AT_ONCE:
        waiting = sa.select(sa.func.count()).where(_of(who, row.id, state))
        done = row.total - int(tx.value(waiting))
        tx.emit(who, BulkWent(deed_id=row.id, agent_id=row.agent_id, done=done, total=row.total, state=reached))


def _mark(tx: Tx, who: Actor, deed_id: int, case_id: int, **values: Any) -> None:
    c = bulk_cases.c
    this = (c.workspace_id == who.workspace_id) & (c.deed_id == deed_id) & (c.case_id == case_id)
    tx.run(sa.update(bulk_cases).where(this).values(**values))


def _reason(trouble: Trouble) -> str:
    return next(iter(trouble.fields.values())) if isinstance(trouble, Invalid) else trouble.sentence


def _agent(tx: Tx, who: Actor, agent_id: int) -> Actor | None:
    """The agent as they may act now; None for one who may no longer."""
    c = agents.c
    row = tx.row(sa.select(c.name, c.role, c.language, c.disabled_at).where(c.workspace_id == who.workspace_id, c.id == agent_id))
    if row is None or row.disabled_at is not None or row.role not in WORKERS:
        return None
    inbox_ids = inboxes_of(tx, who.workspace_id, agent_id, row.role)
    return Actor(who.workspace_id, "agent", agent_id, row.name, row.role, inbox_ids, row.language)


def _runs(tx: Tx, who: Actor, which: sa.ColumnElement[bool]) -> list[Run]:
    d = bulk_deeds.c
    rows = tx.rows(
        sa.select(bulk_deeds).where(d.workspace_id == who.workspace_id, d.agent_id == who.id, which).order_by(d.id.desc()).limit(50)
    )
    return [_run(tx, who, row) for row in rows]


def _run(tx: Tx, who: Actor, row: sa.Row[Any]) -> Run:
    c = bulk_cases.c
    mine = (c.workspace_id == who.workspace_id) & (c.deed_id == row.id)
    states = {
        one.state: int(one.total) for one in tx.rows(sa.select(c.state, sa.func.count().label("total")).where(mine).group_by(c.state))
    }
    outside = "kept" if row.state in {"undoing", "undone"} else "skipped"
    left = tx.rows(sa.select(c.number, c.why).where(mine, c.state == outside).order_by(c.number).limit(TOLD))
    finished = "restored" if row.state in {"undoing", "undone"} else "done"
    return Run(
        id=row.id,
        kind=row.kind,
        value=row.value,
        state=row.state,
        total=row.total,
        done=states.get(finished, 0),
        left_count=states.get(outside, 0),
        left=tuple(one.number for one in left),
        why=left[0].why if left else "",
        at=row.created_at,
    )


def _this(who: Actor, deed_id: int) -> sa.ColumnElement[bool]:
    return (bulk_deeds.c.workspace_id == who.workspace_id) & (bulk_deeds.c.id == deed_id)


def _of(who: Actor, deed_id: int, state: str) -> sa.ColumnElement[bool]:
    c = bulk_cases.c
    return (c.workspace_id == who.workspace_id) & (c.deed_id == deed_id) & (c.state == state)
