"""Pages and forms of notices. In: requests of those who read cases. Out: pages, fragments, redirects; see `screens.py`."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.broadcast.answering import answer_all
from sluss.broadcast.linking import link_cases, unlink_case
from sluss.broadcast.notices import (
    NoticeFields,
    Saying,
    accept_publication,
    access_notice,
    change_notice,
    drop_publication,
    retry_publication,
    say_something,
    withdraw_notice,
    write_notice,
)
from sluss.broadcast.queries import new_screen, notice_screen, notices_screen, previews_of
from sluss.cases.access import access_case_no
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.policy import AGENTS, PUBLISHERS, READERS
from sluss.web.shell import Form

SECTION = "notices"


@get("/notices", may=READERS)
async def list_notices(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """All notices."""
    found = await _read(edge, asked, notices_screen, who)
    return asked.answer("broadcast/list.html", asked.page(_("Notices"), SECTION), found=found)


@get("/notices/new", may=PUBLISHERS)
async def new_notice(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The form of a new notice."""
    return await _new(edge, asked, who, None)


@post("/notices/new", may=PUBLISHERS)
async def publish_notice(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Write a notice and publish it at once, or keep it as a draft."""
    typed = await _typed(asked)
    saying = _saying(typed, "first") if typed.value("deed") != "draft" else None
    try:
        notice_id = await edge.db.write(once, who, typed.value("op"), _write, _fields(typed), saying)
    except Invalid as error:
        return await _new(edge, asked, who, _faulty(typed, error))
    return asked.go(f"/notices/{notice_id}")


@post("/notices/preview", may=PUBLISHERS, status_code=200)
async def preview_notice(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """How it will read at each account while it is written."""
    found = await _read(edge, asked, previews_of, who, await _typed(asked))
    return asked.answer("broadcast/preview.html", asked.page(_("Preview"), SECTION), previews=found)


@get("/notices/{notice_id:int}", may=READERS)
async def show_notice(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Response[str]:
    """One notice."""
    return await _notice(edge, asked, who, notice_id, None)


@post("/notices/{notice_id:int}", may=PUBLISHERS)
async def save_notice(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Response[Any]:
    """Change its name, the words that find cases, the prepared answer."""
    await edge.db.read(access_notice, who, notice_id)
    typed = await _typed(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), change_notice, notice_id, _fields(typed))
    except Invalid as error:
        return await _notice(edge, asked, who, notice_id, _faulty(typed, error))
    return asked.go(f"/notices/{notice_id}")


@post("/notices/{notice_id:int}/say", may=PUBLISHERS)
async def say_more(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Response[Any]:
    """Publish the draft, an update, or that it is solved."""
    await edge.db.read(access_notice, who, notice_id)
    typed = await _typed(asked)
    kind = typed.value("kind")
    try:
        if kind not in {"first", "update", "solved"}:
            raise Invalid({"kind": "Choose an update, or that it is solved."})  # noqa: TRY301 - told like every other fault
        too = typed.value("answer-all") == "1" and kind == "solved"
        await edge.db.write(once, who, typed.value("op"), _say, notice_id, (_saying(typed, kind), too))
    except Invalid as error:
        return await _notice(edge, asked, who, notice_id, _faulty(typed, error))
    return asked.go(f"/notices/{notice_id}")


@post("/notices/{notice_id:int}/withdraw", may=PUBLISHERS)
async def withdraw(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Redirect:
    """Take it off the chats, and publish nothing more of it."""
    await edge.db.read(access_notice, who, notice_id)
    await edge.db.write(once, who, await asked.op(), withdraw_notice, notice_id)
    return asked.go(f"/notices/{notice_id}")


@post("/notices/{notice_id:int}/link", may=AGENTS)
async def link(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Redirect:
    """Say that cases are about it."""
    await edge.db.read(access_notice, who, notice_id)
    numbers = _numbers(await _typed(asked))
    await edge.db.write(once, who, await asked.op(), link_cases, notice_id, numbers)
    return await asked.back(f"/notices/{notice_id}")


@post("/notices/{notice_id:int}/unlink", may=AGENTS)
async def unlink(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Redirect:
    """Say that one is not."""
    await edge.db.read(access_notice, who, notice_id)
    numbers = _numbers(await _typed(asked))
    await edge.db.write(once, who, await asked.op(), _unlink, notice_id, numbers)
    return await asked.back(f"/notices/{notice_id}")


@post("/notices/{notice_id:int}/answer", may=AGENTS)
async def answer_cases(edge: Edge, asked: Asked, who: Actor, notice_id: int) -> Response[Any]:
    """Answer everybody who asked about it."""
    await edge.db.read(access_notice, who, notice_id)
    typed = await _typed(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), _answer, notice_id, (typed.value("answer"), typed.value("solve") == "1"))
    except Invalid as error:
        return await _notice(edge, asked, who, notice_id, _faulty(typed, error))
    return asked.go(f"/notices/{notice_id}#cases")


@post("/publications/{publication_id:int}/retry", may=PUBLISHERS)
async def retry(edge: Edge, asked: Asked, who: Actor, publication_id: int) -> Redirect:
    """Try again."""
    return asked.go(f"/notices/{await edge.db.write(once, who, await asked.op(), retry_publication, publication_id)}")


@post("/publications/{publication_id:int}/accept", may=PUBLISHERS)
async def accept(edge: Edge, asked: Asked, who: Actor, publication_id: int) -> Redirect:
    """Somebody looked, and it is there."""
    return asked.go(f"/notices/{await edge.db.write(once, who, await asked.op(), accept_publication, publication_id)}")


@post("/publications/{publication_id:int}/drop", may=PUBLISHERS)
async def drop(edge: Edge, asked: Asked, who: Actor, publication_id: int) -> Redirect:
    """Leave it at that."""
    return asked.go(f"/notices/{await edge.db.write(once, who, await asked.op(), drop_publication, publication_id)}")


async def _new(edge: Edge, asked: Asked, who: Actor, form: Form | None) -> Response[str]:
    screen = await _read(edge, asked, new_screen, who, form)
    return asked.answer("broadcast/new.html", asked.page(_("New notice"), SECTION), 422 if form is not None else 200, new=screen)


async def _notice(edge: Edge, asked: Asked, who: Actor, notice_id: int, form: Form | None) -> Response[str]:
    screen = await _read(edge, asked, notice_screen, who, notice_id, form)
    return asked.answer("broadcast/notice.html", asked.page(screen.title, SECTION), 422 if form is not None else 200, notice=screen)


async def _read(edge: Edge, asked: Asked, query: Any, *args: Any) -> Any:
    """A screen in the reader's language: its words are made while it is read."""
    voice = Voice(asked.reader.locale, asked.reader.zone)

    def told(tx: Tx) -> Any:
        with speaking(voice):
            return query(tx, *args)

    return await edge.db.read(told)


async def _typed(asked: Asked) -> Form:
    """What a person typed; fields with several choices joined by line feeds."""
    values: dict[str, str] = {}
    for name, value in (await asked.request.form()).multi_items():
        text = value if isinstance(value, str) else ""
        values[name] = f"{values[name]}\n{text}" if name in values else text
    return Form(values=values)


def _faulty(typed: Form, error: Invalid) -> Form:
    return Form(values=typed.values, errors={name: _(sentence) for name, sentence in error.fields.items()})


def _fields(typed: Form) -> NoticeFields:
    return NoticeFields(
        title=typed.value("title"), kind=typed.value("kind", "outage"), words=typed.value("words"), answer=typed.value("answer")
    )


def _saying(typed: Form, kind: Any) -> Saying:
    own = {int(name[5:]): text for name, text in typed.values.items() if name.startswith("text-") and _is_id(name[5:])}
    chosen = {name: tuple(int(one) if _is_id(one) else 0 for one in typed.value(name).split("\n") if one) for name in ("place", "chat")}
    return Saying(kind=kind, text=typed.value("text"), inbox_ids=chosen["place"], texts=own, chat_ids=chosen["chat"])


def _numbers(typed: Form) -> tuple[int, ...]:
    return tuple(sorted({int(one) for one in typed.value("no").split("\n") if _is_id(one)}))


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _write(tx: Tx, who: Actor, fields: NoticeFields, saying: Saying | None) -> int:
    notice_id = write_notice(tx, who, fields)
    if saying is not None:
        say_something(tx, who, notice_id, saying)
    return notice_id


def _say(tx: Tx, who: Actor, notice_id: int, said: tuple[Saying, bool]) -> None:
    """Publish, and where it was ticked answer everybody who is gathered, with what was prepared, else with the same words."""
    saying, answers_all = said
    prepared = access_notice(tx, who, notice_id).answer
    say_something(tx, who, notice_id, saying)
    if answers_all:
        answer_all(tx, who, notice_id, prepared or saying.text)


def _unlink(tx: Tx, who: Actor, notice_id: int, numbers: tuple[int, ...]) -> None:
    for number in numbers:
        unlink_case(tx, who, notice_id, access_case_no(tx, who, number).id)


def _answer(tx: Tx, who: Actor, notice_id: int, said: tuple[str, bool]) -> int:
    text, solve = said
    return answer_all(tx, who, notice_id, text, solve=solve)


ROUTES = [
    list_notices,
    new_notice,
    publish_notice,
    preview_notice,
    show_notice,
    save_notice,
    say_more,
    withdraw,
    link,
    unlink,
    answer_cases,
    retry,
    accept,
    drop,
]
