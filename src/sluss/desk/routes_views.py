"""The pages where views are made, and what lists ask for once they stand. In: forms and addresses. Out: pages, JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post

from sluss.cases.filtering.names import read_names
from sluss.cases.filtering.reading import read_filter
from sluss.cases.filtering.terms import All, Wrong
from sluss.cases.filtering.writing import write_filter
from sluss.cases.models import cases
from sluss.desk.around import look_around, people
from sluss.desk.builder import MOST, Line, lines_of, offers, text_of
from sluss.desk.chosen import choose, meant, names_for
from sluss.desk.list_screens import Row
from sluss.desk.order import SORTS, Sort, sort_named
from sluss.desk.rows import LISTED, Listed, show_rows
from sluss.desk.saved import (
    ICONS,
    SHARERS,
    NewView,
    SavedView,
    access_view,
    change_view,
    delete_view,
    keep_sort,
    may_change,
    move_view,
    restore_view,
    save_view,
    saved_for,
    teams_of_agent,
)
from sluss.desk.shapes import Number, number
from sluss.desk.view_counts import BOUND, count_saved
from sluss.desk.view_screens import Editor, SavedLine, Views
from sluss.desk.views import Counts, count_scope
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.access import AGENTS, READERS
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

ROWS = 100

Text = Annotated[str, msgspec.Meta(max_length=2_000)]


class ViewForm(msgspec.Struct, frozen=True):
    """A view as typed. Rows are `group`, `no` (is or not), `field` and `value`, each as often as there are rows.

    `act` says what the builder is asked: rows, text, add (a row to a group), or (an alternative) or remove, with the row's number.
    """

    name: Text = ""
    f: Text = ""
    icon: Text = "star"
    sort: Text = ""
    share: Text = "me"
    team: Text = ""
    id: Text = ""
    act: Text = "text"
    group: tuple[Number, ...] = ()
    no: tuple[Text, ...] = ()
    field: tuple[Text, ...] = ()
    value: tuple[Text, ...] = ()


class OrderForm(msgspec.Struct, frozen=True):
    """A view and the order to see it in."""

    view: Text
    sort: Text


class MoveForm(msgspec.Struct, frozen=True):
    """One place up or down."""

    way: Literal["up", "down"]


class Nothing(msgspec.Struct, frozen=True):
    """A form that says all by being sent."""


@get("/views", may=AGENTS)
async def all_views(edge: Edge, asked: Asked, who: Actor, deleted: str = "") -> Response[str]:
    """Every view that the reader has, to order, change and delete."""
    screen = await edge.db.read(_list, who)
    if deleted.isdigit():
        screen = msgspec.structs.replace(screen, deleted=deleted)
    return asked.answer("desk/views_page.html", asked.page(_("Views"), "inbox"), screen=screen)


@get("/views/new", may=AGENTS)
async def new_view(edge: Edge, asked: Asked, who: Actor, f: str = "", sort: str = "") -> Response[str]:
    """The builder, with the filter of a list in it."""
    screen = await edge.db.read(_edit, who, ViewForm(f=f[:2_000], sort=sort if sort in SORTS else ""), asked.reader.zone)
    return asked.answer("desk/view_editor.html", asked.page(_("New view"), "inbox"), screen=screen)


@get("/views/{view_id:str}", may=AGENTS)
async def one_view(edge: Edge, asked: Asked, who: Actor, view_id: str) -> Response[str]:
    """The builder, with a saved view in it."""
    form = await edge.db.read(_form_of, who, number(view_id))
    screen = await edge.db.read(_edit, who, form, asked.reader.zone)
    return asked.answer("desk/view_editor.html", asked.page(form.name, "inbox"), screen=screen)


@post("/views/build", may=AGENTS, status_code=200)
async def build(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Rows and text brought into step; nothing is kept."""
    form = await asked.form(ViewForm)
    screen = await edge.db.read(_edit, who, form, asked.reader.zone)
    part = asked.partial and asked.target == "builder"
    return asked.answer(
        "desk/builder.html" if part else "desk/view_editor.html", asked.page(form.name or _("New view"), "inbox"), screen=screen
    )


@post("/views", may=AGENTS, status_code=200)
async def save(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Save a view and open it."""
    form = await asked.form(ViewForm)
    try:
        view_id = await edge.db.write(once, who, await asked.op(), save_view, _new(form))
    except Invalid as invalid:
        return await _again(edge, asked, who, (form, invalid))
    return asked.go(f"/inbox/v:{view_id}")


@post("/views/{view_id:str}", may=AGENTS, status_code=200)
async def change(edge: Edge, asked: Asked, who: Actor, view_id: str) -> Response[Any]:
    """Change a view and open it."""
    form = msgspec.structs.replace(await asked.form(ViewForm), id=str(number(view_id)))
    try:
        await edge.db.write(once, who, await asked.op(), change_view, number(view_id), _new(form))
    except Invalid as invalid:
        return await _again(edge, asked, who, (form, invalid))
    return asked.go(f"/inbox/v:{number(view_id)}")


@post("/views/{view_id:str}/remove", may=AGENTS, status_code=200)
async def delete(edge: Edge, asked: Asked, who: Actor, view_id: str) -> Response[Any]:
    """Take a view out of every column."""
    await asked.form(Nothing)
    await edge.db.write(once, who, await asked.op(), delete_view, number(view_id))
    return asked.go(f"/views?deleted={number(view_id)}")


@post("/views/{view_id:str}/restore", may=AGENTS, status_code=200)
async def restore(edge: Edge, asked: Asked, who: Actor, view_id: str) -> Response[Any]:
    """Bring a deleted view back."""
    await asked.form(Nothing)
    await edge.db.write(once, who, await asked.op(), restore_view, number(view_id))
    return asked.go("/views")


@post("/views/{view_id:str}/move", may=AGENTS, status_code=200)
async def move(edge: Edge, asked: Asked, who: Actor, view_id: str) -> Response[Any]:
    """One place up or down in the reader's own column."""
    form = await asked.form(MoveForm)
    await edge.db.write(once, who, await asked.op(), move_view, number(view_id), form.way)
    return asked.go("/views")


@post("/lists/order", may=READERS, status_code=200)
async def order(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Remember in which order the reader wants to see a view."""
    form = await asked.form(OrderForm)
    await edge.db.write(once, who, await asked.op(), _keep_sort, form.view, sort_named(form.sort))
    return await asked.back(f"/inbox/{form.view}")


@get("/lists/counts", may=READERS)
async def counts(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """How many cases stand in each saved view, as the column shows it."""
    found = await edge.db.read(count_saved, who, asked.reader.zone)
    return asked.json({key: f"{BOUND - 1}+" if count >= BOUND else str(count) for key, count in found.items()})


@get("/lists/rows", may=READERS)
async def rows(edge: Edge, asked: Asked, who: Actor, view: str, no: list[int], *, f: str = "", sort: str = "due") -> Response[Any]:
    """Which of these cases stand in a list now, with their rows."""
    found, total = await edge.db.read(_rows, who, (view, f, asked.reader.zone), (tuple(no[:ROWS]), sort_named(sort)))
    page = asked.page("", "inbox")
    told = {row.id: {"html": edge.templates.render("desk/push.html", page, row=row, view_key="{view}"), "sort": row.sort} for row in found}
    return asked.json({"rows": told, "total": total})


def _rows(tx: Tx, who: Actor, where: tuple[str, str, str], which: tuple[tuple[int, ...], Sort]) -> tuple[tuple[Row, ...], int]:
    around = look_around(tx, who)
    scope = choose(tx, around, *where).scope
    held = LISTED.where(scope.condition(who), cases.c.status.in_(scope.statuses), cases.c.number.in_(which[0]))
    listed = tx.structs(Listed, held.order_by(cases.c.id))
    return show_rows(tx, around, listed, which[1]), count_scope(tx, around, scope, Counts({}, 0))


def _keep_sort(tx: Tx, who: Actor, view: str, sort: Sort) -> None:
    choose(tx, look_around(tx, who), view, "", "UTC")  # it must be one that the reader has
    keep_sort(tx, who, view, sort)


def _new(form: ViewForm) -> NewView:
    team_id = int(form.team) if form.team.isascii() and form.team.isdigit() and len(form.team) < 20 else None
    text = form.f if form.act != "rows" else text_of(_lines(form))
    return NewView(name=form.name, filter=text, icon=form.icon, sort=form.sort, share=form.share, team_id=team_id)


async def _again(edge: Edge, asked: Asked, who: Actor, refused: tuple[ViewForm, Invalid]) -> Response[Any]:
    form, invalid = refused
    screen = await edge.db.read(_edit, who, form, asked.reader.zone)
    errors = {field: _(sentence) for field, sentence in invalid.fields.items()}
    screen = msgspec.structs.replace(screen, form=msgspec.structs.replace(screen.form, errors=errors))
    return asked.answer("desk/view_editor.html", asked.page(form.name or _("New view"), "inbox"), 422, screen=screen)


def _list(tx: Tx, who: Actor) -> Views:
    around, saved = look_around(tx, who), saved_for(tx, who)
    owners = people(tx, who, (view.agent_id for view in saved))
    return Views(tuple(_line(tx, who, view, owners[view.agent_id].name, around) for view in saved))


def _line(tx: Tx, who: Actor, view: SavedView, owner: str, around: Any) -> SavedLine:
    names = names_for(tx, around, view)
    team = around.teams[view.team_id].name if view.team_id in around.teams else _("a team")
    shared = {"me": _("Only you"), "all": _("Everybody"), "team": _("Team %(name)s") % {"name": team}}[view.share]
    whose = shared if view.agent_id == who.id else _("%(who)s, by %(name)s") % {"who": shared, "name": owner}
    text = write_filter(read_filter(view.filter, names).tree, names)
    return SavedLine(id=str(view.id), name=view.name, icon=view.icon, filter=text, who=whose, mine=may_change(who, view))


def _form_of(tx: Tx, who: Actor, view_id: int) -> ViewForm:
    view = access_view(tx, who, view_id)
    names = names_for(tx, look_around(tx, who), view)
    text = write_filter(read_filter(view.filter, names).tree, names)
    team = str(view.team_id or "")
    return ViewForm(name=view.name, f=text, icon=view.icon, sort=view.sort, share=view.share, team=team, id=str(view.id))


def _edit(tx: Tx, who: Actor, form: ViewForm, zone: str) -> Editor:
    """The editor: whichever of rows and text was changed says what the other becomes."""
    names, around = read_names(tx, who), look_around(tx, who)
    rows = form.act.partition(":")[0] in {"rows", "add", "or", "remove"}
    text = text_of(_lines(form)) if rows else form.f
    lines, holds, wrong, near = None, None, "", ()
    try:
        tree = read_filter(text, names).tree
    except Wrong as error:
        wrong, near = _(error.wrong), meant(text, error)
        lines = _acted(form, _lines(form)) if rows else None
    else:
        text = write_filter(tree, names)
        lines = _acted(form, _lines(form)) if rows else lines_of(tree, names)
        holds = count_scope(tx, around, choose(tx, around, "all", text, zone).scope, Counts({}, 0), 1_000) if tree != All() else None
    mine = teams_of_agent(tx, who)
    teams = tuple((str(one.id), one.name) for one in around.teams.values() if one.id in mine)
    values = {"name": form.name, "icon": form.icon, "sort": form.sort, "share": form.share, "team": form.team, "f": text}
    return Editor(
        id=form.id,
        form=Form(values=values),
        text=text,
        lines=lines if lines != () else (Line(group=0),),
        wrong=wrong,
        meant=near,
        offers=offers(names),
        icons=ICONS,
        teams=teams,
        for_all=who.role in SHARERS,
        holds=holds,
    )


def _lines(form: ViewForm) -> tuple[Line, ...]:
    given = zip(form.group, form.no, form.field, form.value, strict=False)
    return tuple(Line(group=group, without=no == "not", field=field, value=value) for group, no, field, value in list(given)[:MOST])


def _acted(form: ViewForm, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Rows after a row was added to them or taken away."""
    act, _colon, which = form.act.partition(":")
    place = int(which) if which.isascii() and which.isdigit() else 0
    if act == "remove":
        return tuple(line for number_, line in enumerate(lines) if number_ != place)
    if act == "or":
        end = max((number_ for number_, line in enumerate(lines) if line.group == place), default=len(lines) - 1) + 1
        return (*lines[:end], Line(group=place), *lines[end:])
    fresh = max((line.group for line in lines), default=-1) + 1
    return (*lines, Line(group=fresh)) if act == "add" else lines


ROUTES: list[Any] = [all_views, new_view, one_view, build, save, change, delete, restore, move, order, counts, rows]
