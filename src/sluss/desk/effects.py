"""What a deed to many is told as: before, while it runs, afterwards. In: a list, a run. Out: sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.desk.around import Around, people
from sluss.desk.bulk import AT_ONCE, MOST, Run
from sluss.desk.list_screens import Effect
from sluss.desk.view_screens import DeedLine
from sluss.desk.views import Scope
from sluss.kernel.tx import Tx
from sluss.web.formats import short
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Toast

NAMED = 2


def effect_of(tx: Tx, around: Around, scope: Scope) -> Effect:
    """How many cases, and whom it concerns besides the reader."""
    c = cases.c
    some = sa.select(c.assignee_id).where(scope.condition(around.who), c.status.in_(scope.statuses)).limit(MOST + 1).subquery()
    rows = tx.rows(sa.select(some.c.assignee_id, sa.func.count().label("total")).group_by(some.c.assignee_id).order_by(sa.desc("total")))
    total = sum(int(row.total) for row in rows)
    others = [row for row in rows if row.assignee_id not in {None, around.who.id}]
    names = people(tx, around.who, (row.assignee_id for row in others[:NAMED]))
    told = [ngettext("%(num)s case", "%(num)s cases", total) % {"num": total}]
    told += [_("%(num)s held by %(name)s") % {"num": row.total, "name": names[row.assignee_id].name} for row in others[:NAMED]]
    if len(others) > NAMED:
        told.append(_("%(num)s held by others") % {"num": sum(int(row.total) for row in others[NAMED:])})
    return Effect(", ".join(told), total, total > MOST)


def toast_of(run: Run) -> Toast:
    """The answer to a deed, with the way back; for one that goes on, as far as it went."""
    undoable = run.state in {"running", "done"} and run.done > 0
    following = str(run.id) if run.total > AT_ONCE else ""
    return Toast(
        text=tell(run), undo_url=f"/deeds/{run.id}/undo" if undoable else "", deed=following, kind="ok" if run.done or following else "bad"
    )


def tell(run: Run) -> str:
    """How a deed stands, in a sentence or two."""
    if run.state in {"running", "undoing"}:
        gone = run.done + run.left_count
        words = _("%(done)s of %(total)s …") if run.state == "running" else _("Taking back: %(done)s of %(total)s …")
        return words % {"done": gone, "total": run.total}
    return " ".join(part for part in (_done(run), _left(run)) if part)


def show_run(run: Run) -> DeedLine:
    """A deed in the list of recent ones."""
    undoable = run.state in {"running", "done"} and run.done > 0
    return DeedLine(id=str(run.id), text=_done(run), at=run.at, state=run.state, left=_left(run), undoable=undoable)


def _done(run: Run) -> str:
    count = run.done
    if run.state in {"undone", "undoing"}:
        return ngettext("%(num)s case is as it was", "%(num)s cases are as they were", count) % {"num": count}
    words: Mapping[str, str] = {
        "solve": ngettext("%(num)s solved", "%(num)s solved", count),
        "assign-me": ngettext("%(num)s is yours now", "%(num)s are yours now", count),
        "assign": ngettext("%(num)s assigned", "%(num)s assigned", count),
        "unassign": ngettext("%(num)s is held by nobody now", "%(num)s are held by nobody now", count),
        "pending": ngettext("%(num)s waits for the customer", "%(num)s wait for the customer", count),
        "snooze": ngettext("%(num)s snoozed", "%(num)s snoozed", count),
        "spam": ngettext("%(num)s marked as spam", "%(num)s marked as spam", count),
        "open": ngettext("%(num)s opened again", "%(num)s opened again", count),
        "priority": ngettext("%(num)s has another priority", "%(num)s have another priority", count),
        "tag": ngettext("%(num)s tagged", "%(num)s tagged", count),
        "untag": ngettext("%(num)s has lost the tag", "%(num)s have lost the tag", count),
        "macro": ngettext("The macro ran for %(num)s", "The macro ran for %(num)s", count),
    }
    told = words[run.kind] % {"num": count}
    return f"{told} ({short(int(run.value))})" if run.kind == "snooze" and run.value.isdigit() else told


def _left(run: Run) -> str:
    """What was left alone, by number, and the first reason."""
    if not run.left_count:
        return ""
    numbers = ", ".join(f"#{number}" for number in run.left) + (" …" if run.left_count > len(run.left) else "")
    told = ngettext("%(num)s was left alone", "%(num)s were left alone", run.left_count) % {"num": run.left_count}
    return f"{told}: {numbers}. {_(run.why)}"
