"""What the palette asks, and what a time in words means. In: words as they are typed. Out: JSON."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from sluss.desk.answers import voice_of
from sluss.desk.palette import answers, places
from sluss.desk.until import understand
from sluss.desk.until_reading import Unclear
from sluss.kernel.actors import Actor
from sluss.people.access import READERS
from sluss.web.edge import Asked, Edge
from sluss.web.formats import moment_of_week
from sluss.web.locale import gettext as _

LONGEST = 200


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


ROUTES: list[Any] = [palette, until]
