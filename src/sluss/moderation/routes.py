"""Pages and forms of moderation. In: requests of those who read cases. Out: pages, a table, redirects; see `screens.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.spreadsheet import csv_bytes
from sluss.kernel.tx import Tx
from sluss.moderation.answers import Word, access_answer, approve_answer, change_answer, return_answer, take_answer, withdraw_answer
from sluss.moderation.matters import access_matter
from sluss.moderation.queries import message_screen, queue_screen, reputation_screen
from sluss.moderation.reading import answers_screen, log_screen, report_screen
from sluss.moderation.screens import Begin
from sluss.moderation.spoken import access_spoken
from sluss.moderation.steps import Take, begin_moderation, confirm_step, refuse_step, stop_waiting, undo_line
from sluss.people.once import once
from sluss.replies.guarding import Exposed
from sluss.replies.sending import Stopped
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.policy import PUBLISHERS, READERS
from sluss.web.shell import Form

P = ParamSpec("P")
R = TypeVar("R")

Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Line = Annotated[str, msgspec.Meta(max_length=2_000)]
Text = Annotated[str, msgspec.Meta(max_length=200_000)]


class StepForm(msgspec.Struct, frozen=True):
    """A step."""

    step: Literal["", "ask", "hide", "delete", "block", "leave"] = ""
    rule: Line = ""
    reason: Line = ""
    text: Text = ""

    @property
    def take(self) -> Take:
        return Take(step=self.step, rule=self.rule, reason=self.reason, text=self.text)

    @property
    def typed(self) -> dict[str, str]:
        return {"rule": self.rule, "reason": self.reason, "text": self.text}


class AnswerForm(msgspec.Struct, frozen=True):
    """A colleague's word about a public answer."""

    deed: Literal["approve", "return", "take", "withdraw", "change"]
    revision: Number = 0
    text: Text = ""
    note: Line = ""
    anyway: Literal["", "1"] = ""


@get("/moderation", may=READERS)
async def queue(edge: Edge, asked: Asked, who: Actor, *, show: str = "open", rule: str = "", after: int | None = None) -> Response[str]:
    """What waits for a decision."""
    screen = await _read(edge, asked, queue_screen, who, show[:20], rule[:40], after)
    return asked.answer("moderation/queue.html", asked.page(_("Moderation"), "moderation"), queue=screen)


@get("/moderation/messages/{said_id:int}", may=READERS, reads=("message", "said_id"))
async def matter(edge: Edge, asked: Asked, who: Actor, said_id: int) -> Response[str]:
    """One matter; or a message of which there is none yet, about to be moderated."""
    return await _matter(edge, asked, who, said_id)


@post("/moderation/messages/{said_id:int}", may=READERS, status_code=200)
async def step(edge: Edge, asked: Asked, who: Actor, said_id: int) -> Response[Any]:
    """Take a step, or propose it."""
    await edge.db.read(access_spoken, who, said_id)
    form = await asked.form(StepForm)
    try:
        await edge.db.write(once, who, await asked.op(), begin_moderation, said_id, form.take)
    except (Invalid, Conflict) as error:
        return await _matter(edge, asked, who, said_id, _wrong(form.typed, error))
    return asked.go(f"/moderation/messages/{said_id}")


@post("/moderation/messages/{said_id:int}/undo", may=READERS)
async def undo(edge: Edge, asked: Asked, who: Actor, said_id: int) -> Redirect:
    """Take back what a line of the log did."""
    await edge.db.read(access_matter, who, said_id)
    line = await asked.field("line")
    if not line.isdecimal() or len(line) > 19:
        raise Missing
    await edge.db.write(once, who, await asked.op(), undo_line, said_id, int(line))
    return asked.go(f"/moderation/messages/{said_id}")


@post("/moderation/messages/{said_id:int}/stop", may=READERS)
async def stop(edge: Edge, asked: Asked, who: Actor, said_id: int) -> Redirect:
    """Wait no longer for the author."""
    await edge.db.write(once, who, await asked.op(), stop_waiting, said_id)
    return asked.go(f"/moderation/messages/{said_id}")


@post("/moderation/steps/{step_id:int}/confirm", may=PUBLISHERS)
async def confirm(edge: Edge, asked: Asked, who: Actor, step_id: int) -> Redirect:
    """Agree to a colleague's proposal."""
    await edge.db.write(once, who, await asked.op(), confirm_step, step_id)
    return await asked.back("/moderation")


@post("/moderation/steps/{step_id:int}/refuse", may=READERS)
async def refuse(edge: Edge, asked: Asked, who: Actor, step_id: int) -> Redirect:
    """Say no to it, or take one's own back."""
    await edge.db.write(once, who, await asked.op(), refuse_step, step_id, await asked.field("reason"))
    return await asked.back("/moderation")


@get("/moderation/reputation", may=READERS)
async def reputation(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Public talks with reach or heat."""
    screen = await _read(edge, asked, reputation_screen, who)
    return asked.answer("moderation/reputation.html", asked.page(_("Hot posts"), "moderation"), hot=screen)


@get("/moderation/answers", may=READERS)
async def answers(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Public answers that wait for a word."""
    return await _answers(edge, asked, who)


@post("/moderation/answers/{waiting_id:int}", may=READERS, status_code=200)
async def word(edge: Edge, asked: Asked, who: Actor, waiting_id: int) -> Response[Any]:
    """Approve it, change it, send it back, take it over, or take one's own back."""
    waiting = await edge.db.read(access_answer, who, waiting_id)
    form = await asked.form(AnswerForm)
    said = Word(revision=form.revision or waiting.revision, text=form.text, note=form.note, anyway=form.anyway == "1")
    try:
        await edge.db.write(once, who, await asked.op(), _WORDS[form.deed], waiting_id, said)
    except (Invalid, Stopped, Exposed) as error:
        typed = {"text": form.text, "note": form.note, "anyway": "1" if isinstance(error, Stopped) else ""}
        return await _answers(edge, asked, who, waiting_id, _wrong(typed, error))
    return await asked.back("/moderation/answers")


@get("/moderation/log", may=READERS)
async def log(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """What was done, filtered."""
    screen = await _read(edge, asked, log_screen, who, _query(asked, "rule", "step", "agent", "inbox", "from", "to", "after"))
    return asked.answer("moderation/log.html", asked.page(_("Moderation log"), "moderation"), log=screen)


@get("/moderation/report", may=READERS)
async def report(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Numbers."""
    screen = await _read(edge, asked, report_screen, who, _query(asked, "by", "from", "to"))
    return asked.answer("moderation/report.html", asked.page(_("Moderation report"), "moderation"), report=screen)


@get("/moderation/report/table", may=READERS)
async def report_table(edge: Edge, asked: Asked, who: Actor) -> Response[bytes]:
    """The same for a spreadsheet (T100)."""
    screen = await _read(edge, asked, report_screen, who, _query(asked, "by", "from", "to"))
    rows = [(line.label, *(cell.number for cell in line.cells)) for line in screen.lines]
    headers = {"Content-Disposition": 'attachment; filename="moderation.csv"', "Content-Security-Policy": "sandbox"}
    return Response(csv_bytes((_("Moderated"), *screen.columns), rows), media_type="text/csv", headers=headers)


_WORDS: dict[str, Callable[[Tx, Actor, int, Word], Any]] = {
    "approve": approve_answer,
    "return": return_answer,
    "take": take_answer,
    "withdraw": withdraw_answer,
    "change": change_answer,
}


async def _matter(edge: Edge, asked: Asked, who: Actor, said_id: int, wrong: tuple[Form, int] = (Form(), 200)) -> Response[str]:
    screen = await _read(edge, asked, message_screen, who, said_id, wrong[0])
    page = asked.page(_("Moderation of #%(number)s") % {"number": screen.number}, "moderation")
    if isinstance(screen, Begin):
        return asked.answer("moderation/begin.html", page, wrong[1], begin=screen)
    return asked.answer("moderation/matter.html", page, wrong[1], matter=screen)


async def _answers(edge: Edge, asked: Asked, who: Actor, answer_id: int = 0, wrong: tuple[Form, int] = (Form(), 200)) -> Response[str]:
    screen = await _read(edge, asked, answers_screen, who, (answer_id, wrong[0]))
    return asked.answer("moderation/answers.html", asked.page(_("Waiting answers"), "moderation"), wrong[1], answers=screen)


async def _read(edge: Edge, asked: Asked, read: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A query that speaks the reader's language."""
    voice = Voice(asked.reader.locale, asked.reader.zone)

    def speak(tx: Tx) -> R:
        with speaking(voice):
            return read(tx, *args, **kwargs)

    return await edge.db.read(speak)


def _wrong(typed: dict[str, str], error: Invalid | Conflict) -> tuple[Form, int]:
    faults = error.fields if isinstance(error, Invalid) else {"": error.sentence}
    return Form(typed, {name: _(sentence) for name, sentence in faults.items()}), error.status


def _query(asked: Asked, *names: str) -> Form:
    given = asked.request.query_params
    return Form({name: str(given.get(name, ""))[:100] for name in names})


ROUTES: list[Any] = [
    *(queue, matter, step, undo, stop, confirm, refuse),
    *(reputation, answers, word, log, report, report_table),
]
