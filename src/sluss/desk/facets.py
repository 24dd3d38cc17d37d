"""Chips that narrow a search. In: what was asked, what was found. Out: groups of chips; each is a link to the search with or without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sluss.cases.filtering.writing import quoted
from sluss.desk.around import Around
from sluss.desk.asking import Asked, typed_again
from sluss.desk.search_screens import Facet, FacetGroup

STATUSES = ("open", "pending", "snoozed", "solved", "closed", "spam")
INBOXES = 6
SPANS = (7, 30, 365)


def facets_of(around: Around, asked: Asked, found: Sequence[tuple[str, int]], today: datetime) -> tuple[FacetGroup, ...]:
    """Statuses and inboxes of what was found, times, and whether there is a file; what is chosen already can be taken away."""
    statuses = Counter(status for status, _inbox in found)
    inboxes = Counter(inbox for _status, inbox in found)
    known = [key for key, _count in inboxes.most_common(INBOXES) if key in around.inboxes]
    groups = (
        FacetGroup("status", tuple(_facet(asked, f"is:{one}", one, statuses[one]) for one in STATUSES if statuses[one])),
        FacetGroup("inbox", tuple(_facet(asked, _inbox(around, one), around.inboxes[one].name, inboxes[one]) for one in known)),
        FacetGroup("time", tuple(_facet(asked, f"after:{day}", str(days), 0) for days, day in _days(today))),
        FacetGroup("has", (_facet(asked, "has:file", "file", 0), _facet(asked, "has:note", "note", 0))),
    )
    shown = {facet.piece for group in groups for facet in group.facets}
    rest = FacetGroup("chosen", tuple(_facet(asked, one, one, 0) for one in asked.pieces if one not in shown))
    return tuple(group for group in (rest, *groups) if len(group.facets) > 1 or any(one.chosen for one in group.facets))


def _facet(asked: Asked, piece: str, label: str, count: int) -> Facet:
    chosen = piece in asked.pieces
    field = piece.partition(":")[0]
    kept = [one for one in asked.pieces if one != piece and (chosen or field in {"has", "tag"} or not one.startswith(f"{field}:"))]
    query = typed_again([*kept, *([] if chosen else [piece])], asked.words)
    return Facet(piece=piece, label=label, count=count, chosen=chosen, href=f"/search?{urlencode({'q': query})}")


def _inbox(around: Around, inbox_id: int) -> str:
    return f"inbox:{quoted(around.inboxes[inbox_id].name)}"


def _days(today: datetime) -> list[tuple[int, str]]:
    return [(days, f"{today - timedelta(days):%Y-%m-%d}") for days in SPANS]
