"""What the palette asks, and what a time in words means. In: words as they are typed. Out: JSON."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from sluss.desk.answers import voice_of
from sluss.desk.palette import answers, places
from sluss.desk.until import USUAL, understand
from sluss.desk.until_reading import Unclear
from sluss.kernel.actors import Actor
from sluss.people.access import AGENTS, READERS
from sluss.people.once import once
from sluss.people.own_keys import set_snooze
from sluss.people.routes_keys import redirected, show_keys
from sluss.people.sessions import Session
from sluss.web.edge import Asked, Edge
from sluss.web.formats import moment_of_week
from sluss.web.locale import gettext as _

LONGEST = 200


class Words(msgspec.Struct, frozen=True):
    """A time, as one would say it."""

    words: Annotated[str, msgspec.Meta(max_length=120)] = ""


@get("/palette", may=READERS)
async def palette(edge: Edge, asked: Asked, who: Actor, q: str = "") -> Response[Any]:
    """Places without words, else what the words mean."""
    words = " ".join(q.split())[:LONGEST]
    if words:
        items = await edge.db.read(answers, who, voice_of(asked), words)
    else:
        items = await edge.db.read(places, who, asked.reader.viewer, voice_of(asked))
    return asked.json({"items": items})


@get("/until", may=READERS)
async def until(edge: Edge, asked: Asked, q: str = "") -> Response[Any]:
    """When a time in words is, before anything is done with it."""
    try:
        now = edge.db.clock()
        instant = understand(q[:LONGEST], asked.reader.zone, now)
    except Unclear as unclear:
        return asked.json({"problem": _(unclear.sentence)})
    return asked.json({"text": moment_of_week(instant, now) if instant is not None else _("The customer answers")})


@post("/me/snooze", may=AGENTS, status_code=303)
async def choose_snooze(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """What the one key snoozes until."""
    words = (await asked.form(Words)).words.strip()
    try:
        if words and words != USUAL:
            understand(words, asked.reader.zone, edge.db.clock())
    except Unclear as unclear:
        told = msgspec.structs.replace(session, snooze_words=words)
        return show_keys(asked, told, 422, snooze_wrong=_(unclear.sentence))
    await edge.db.write(once, who, await asked.op(), set_snooze, "" if words == USUAL else words)
    return redirected(asked, "/me/keys?saved=snooze")


ROUTES: list[Any] = [palette, until, choose_snooze]
