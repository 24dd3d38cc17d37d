"""What is done to many cases at once, and taken back. In: forms. Out: toasts, and the list of recent deeds."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from sluss.cases.access import Priority
from sluss.desk import bulk
from sluss.desk.answers import told
from sluss.desk.deeds import restore
from sluss.desk.effects import show_run, toast_of
from sluss.desk.many import Deed, kind_named
from sluss.desk.panel import all_tags, assignable
from sluss.desk.shapes import Line, Number, number, read_was
from sluss.desk.until import understand
from sluss.desk.until_reading import Unclear
from sluss.desk.view_screens import Deeds
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.replies.macros.queries import list_macros
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Toast

Filter = Annotated[str, msgspec.Meta(max_length=2_000)]


class BulkForm(msgspec.Struct, frozen=True):
    """Cases and what to do with them: `no` one by one, or `all` that `view` holds, narrowed by `f`.

    `action` is a kind, or a kind and its value: `solve`, `assign:4711`, `snooze:tomorrow`; `tag`, `until` hold what was typed for theirs.
    `was` belongs to `restore`.
    """

    action: Annotated[str, msgspec.Meta(max_length=200)]
    no: tuple[Number, ...] = ()
    all: Annotated[str, msgspec.Meta(max_length=1)] = ""
    view: Annotated[str, msgspec.Meta(max_length=40)] = ""
    f: Filter = ""
    tag: Line = ""
    until: Line = ""
    was: Line = ""


class Nothing(msgspec.Struct, frozen=True):
    """A form that says all by being sent."""


@post("/cases/bulk", may=AGENTS, status_code=200)
async def do_many(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """The same to every chosen case; or the way back of a single deed."""
    form = await asked.form(BulkForm)
    if form.action == "restore":
        before = read_was(form.was)
        await edge.db.write(once, who, await asked.op(), restore, before)
        words = ngettext("%(num)s case is as it was", "%(num)s cases are as they were", len(before)) % {"num": len(before)}
        return await told(edge, asked, who, [Toast(text=words)])
    zone = asked.reader.zone
    deed = _deed(form, zone, edge.db.clock())
    chosen = bulk.Chosen(numbers=form.no, zone=zone)
    if form.all:
        chosen = bulk.Chosen(everything=True, view=form.view, f=form.f, zone=zone)
    run = await edge.db.write(once, who, await asked.op(), bulk.begin, deed, chosen)
    return await told(edge, asked, who, [toast_of(run)])


@get("/lists/actions", may=AGENTS)
async def more_actions(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """What the menu of actions needs that changes: agents, tags, macros."""
    agents, tags, macros = await edge.db.read(_choices, who)
    return asked.answer("desk/bulk_more.html", asked.page("", "inbox"), agents=agents, tags=tags, macros=macros)


@get("/deeds", may=AGENTS)
async def recent_deeds(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Deeds to many cases of the last days, each with its way back."""
    runs = await edge.db.read(bulk.recent_runs, who)
    return asked.answer("desk/deeds.html", asked.page(_("Recent actions"), "inbox"), screen=Deeds(tuple(map(show_run, runs))))


@post("/deeds/{deed_id:str}/undo", may=AGENTS, status_code=200)
async def undo_deed(edge: Edge, asked: Asked, who: Actor, deed_id: str) -> Response[Any]:
    """Take a deed to many back."""
    await asked.form(Nothing)
    run = await edge.db.write(once, who, await asked.op(), bulk.undo, number(deed_id))
    return await told(edge, asked, who, [toast_of(run)]) if asked.htmx else await asked.back("/deeds")


def _choices(tx: Tx, who: Actor) -> tuple[Any, ...]:
    return assignable(tx, who), all_tags(tx, who), list_macros(tx, who)


def _deed(form: BulkForm, zone: str, now: int) -> Deed:
    word, _colon, value = form.action.partition(":")
    kind = kind_named(word)
    if kind in {"tag", "untag"}:
        value = " ".join((value or form.tag).split())
        if not value:
            raise Invalid({"tag": "Write a tag first."})
    if kind == "priority":
        msgspec.convert(value, Priority)
    return _snooze(value or form.until, zone, now) if kind == "snooze" else Deed(kind, value)


def _snooze(words: str, zone: str, now: int) -> Deed:
    try:
        until = understand(words, zone, now)
    except Unclear as unclear:
        raise Invalid({"until": unclear.sentence}) from None
    return Deed("pending") if until is None else Deed("snooze", str(until))


ROUTES: list[Any] = [do_many, more_actions, recent_deeds, undo_deed]
