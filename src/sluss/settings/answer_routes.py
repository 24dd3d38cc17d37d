"""Pages about canned answers. Everybody who answers keeps their own; shared ones are kept by leads and administrators."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time
from typing import Any, get_args

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.errors import Invalid
from sluss.people.access import AGENTS
from sluss.people.once import once
from sluss.replies.attaching import NewFile
from sluss.replies.canned.actions import (
    Content,
    Outdated,
    archive_answer,
    change_answer,
    confirm_review,
    create_answer,
    restore_answer,
    unarchive_answer,
)
from sluss.replies.canned.files import add_file, drop_file
from sluss.replies.canned.queries import access_answer, similar_answers
from sluss.settings.answer_queries import read_answer_form, read_answers, read_preview, typed_texts
from sluss.settings.answer_screens import Sort
from sluss.settings.audience_parts import chosen_audience
from sluss.settings.forms import typed_form, with_faults
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

LIST = "/settings/answers"
REVIEW_AGAIN = 180 * DAY


@get(LIST, may=AGENTS)
async def answers(edge: Edge, asked: Asked, who: Actor, q: str = "", sort: str = "name") -> Response[str]:
    """The answers that exist for the reader."""
    told = asked.request.query_params
    order: Any = sort if sort in get_args(Sort) else "name"
    screen = await edge.db.read(read_answers, who, q, order, told.get("archived") == "1")
    gone = str(told.get("gone", ""))
    if gone.isdecimal() and len(gone) < 19:
        found = await edge.db.read(access_answer, who, int(gone))
        screen = msgspec.structs.replace(screen, gone=(gone, found.name) if found.archived_at is not None else None)
    return asked.answer("settings/answers.html", asked.page(_("Canned answers"), "settings"), screen=screen)


@get(f"{LIST}/new", may=AGENTS)
async def new_answer(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The form of a new answer."""
    return await _form(edge, asked, who, (0, None))


@post(f"{LIST}/new", may=AGENTS)
async def add_answer(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Write an answer down; one that says what another says already is shown again with that one, until it is confirmed."""
    typed = await typed_form(asked)
    try:
        content = _content(who, typed)
        if typed.value("anyway") != "1" and await edge.db.read(similar_answers, who, content.texts):
            return await _form(edge, asked, who, (0, typed), 422)
        answer_id = await edge.db.write(once, who, typed.value("op"), create_answer, content)
    except Invalid as error:
        return await _form(edge, asked, who, (0, with_faults(typed, error)), 422)
    return asked.go(f"{LIST}/{answer_id}")


@post(f"{LIST}/preview", may=AGENTS, status_code=200)
async def preview(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """How a text of the form reads for a made-up customer."""
    typed = await typed_form(asked)
    language = typed.value("shown")
    box = await edge.db.read(
        read_preview, who, typed.value(f"text-{language}" if language else "text"), language or typed.value("language")
    )
    return asked.answer("settings/answer_preview.html", asked.page("", "settings"), box=box)


@get(f"{LIST}/{{answer_id:int}}", may=AGENTS)
async def answer(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[str]:
    """One answer."""
    return await _form(edge, asked, who, (answer_id, None))


@post(f"{LIST}/{{answer_id:int}}", may=AGENTS)
async def save_answer(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Change an answer. Where somebody else was first, what was typed is shown again, on top of what they made of it."""
    typed = await typed_form(asked)
    revision = typed.value("revision")
    try:
        at = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
        await edge.db.write(once, who, typed.value("op"), change_answer, answer_id, _content(who, typed), at)
    except Invalid as error:
        return await _form(edge, asked, who, (answer_id, with_faults(typed, error)), 422)
    except Outdated as outdated:
        return await _form(edge, asked, who, (answer_id, Form(typed.values, {"": _(outdated.sentence)})), 409)
    return asked.go(LIST)


@post(f"{LIST}/{{answer_id:int}}/archive", may=AGENTS)
async def put_away(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Put an answer away; the list offers the way back."""
    await edge.db.write(once, who, await asked.op(), archive_answer, answer_id)
    return asked.go(f"{LIST}?gone={answer_id}")


@post(f"{LIST}/{{answer_id:int}}/unarchive", may=AGENTS)
async def take_out(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Offer it again."""
    await edge.db.write(once, who, await asked.op(), unarchive_answer, answer_id)
    return asked.go(f"{LIST}/{answer_id}")


@post(f"{LIST}/{{answer_id:int}}/restore", may=AGENTS)
async def restore(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Say again what an earlier version said."""
    revision = await asked.field("revision")
    await edge.db.write(
        once, who, await asked.op(), restore_answer, answer_id, int(revision) if revision.isdecimal() and len(revision) < 10 else 0
    )
    return asked.go(f"{LIST}/{answer_id}")


@post(f"{LIST}/{{answer_id:int}}/review", may=AGENTS)
async def reviewed(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Still right; look again in half a year."""
    await edge.db.write(once, who, await asked.op(), confirm_review, answer_id, edge.db.clock() + REVIEW_AGAIN)
    return asked.go(f"{LIST}/{answer_id}")


@post(f"{LIST}/{{answer_id:int}}/files", may=AGENTS)
async def upload(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Let a file go along."""
    await edge.db.read(access_answer, who, answer_id)
    given: Any = (await asked.request.form()).get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return await _form(edge, asked, who, (answer_id, None))
    data = await given.read()
    digest = await asyncio.to_thread(edge.files.put, data)
    new = NewFile(given.filename, given.content_type, len(data), digest)
    await edge.db.write(once, who, await asked.op(), add_file, answer_id, new)
    return asked.go(f"{LIST}/{answer_id}")


@post(f"{LIST}/{{answer_id:int}}/files/remove", may=AGENTS)
async def remove(edge: Edge, asked: Asked, who: Actor, answer_id: int) -> Response[Any]:
    """Let a file no longer go along."""
    file_id = await asked.field("file")
    await edge.db.write(once, who, await asked.op(), drop_file, answer_id, int(file_id) if file_id.isdecimal() and len(file_id) < 19 else 0)
    return asked.go(f"{LIST}/{answer_id}")


async def _form(edge: Edge, asked: Asked, who: Actor, shown: tuple[int, Form | None], status: int = 200) -> Response[str]:
    screen = await edge.db.read(read_answer_form, who, *shown)
    title = screen.form.value("name") if screen.id else _("New canned answer")
    return asked.answer("settings/answer_form.html", asked.page(title or _("Canned answer"), "settings"), status, screen=screen)


def _content(who: Actor, typed: Form) -> Content:
    return Content(
        name=typed.value("name"),
        texts=typed_texts(typed),
        shortcut=typed.value("shortcut"),
        folder=typed.value("folder"),
        original=typed.value("original"),
        audience=chosen_audience(who, typed),
        review_due_at=_day(typed.value("due")),
    )


def _day(written: str) -> int | None:
    """The beginning of a day, as a date field writes it."""
    if not written.strip():
        return None
    try:
        return int(datetime.combine(date.fromisoformat(written.strip()), time(), UTC).timestamp()) * SECOND
    except ValueError:
        raise Invalid({"due": "Give a day, as 2027-05-31."}) from None


UPLOADS: list[Any] = [upload]
ROUTES: list[Any] = [
    answers,
    new_answer,
    add_answer,
    preview,
    answer,
    save_answer,
    put_away,
    take_out,
    restore,
    reviewed,
    remove,
]
