"""What the palette knows from the server. In: the words typed so far. Out: places to go, a time to snooze until, cases.

Without words: every view and page that the reader may open, fetched once for a page.
"""

from __future__ import annotations

import msgspec

from sluss.desk.around import look_around
from sluss.desk.search_screens import Found
from sluss.desk.searching import search
from sluss.desk.until import understand
from sluss.desk.until_reading import Unclear
from sluss.desk.views import Counts, show_views
from sluss.kernel.actors import Actor
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.web.formats import moment_of_week
from sluss.web.keys import KEYS
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.places import places_of
from sluss.web.shell import Viewer

CASES, CUSTOMERS = 8, 4
SNOOZING = frozenset({"snooze", "wait", "remind", "snooza", "vanta", "vila", "odloz", "uspij", "drzemka", "czekaj"})


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. It opens `href` or snoozes `until`; `wrong` only tells why it cannot."""

    group: str
    words: str
    icon: str
    href: str = ""
    until: str = ""
    detail: str = ""
    wrong: bool = False


def places(tx: Tx, who: Actor, viewer: Viewer | None, voice: Voice) -> list[Item]:
    """Where the reader can go from anywhere."""
    with speaking(voice):
        shown = show_views(look_around(tx, who), Counts({}, 0)) if who.role != "field" else ()
        keyed = {key.go for key in KEYS}
        views = [Item(group="go", words=one.label, icon=one.icon, href=f"/inbox/{one.key}") for one in shown]
        pages = [Item(group="go", words=_(one.label), icon=one.icon, href=one.href) for one in places_of(viewer)]
        return [one for one in (*views, *pages) if one.href not in keyed]


def answers(tx: Tx, who: Actor, voice: Voice, words: str) -> list[Item]:
    """What some words mean."""
    with speaking(voice):
        found = [*_snoozes(words, voice.zone, tx.now)]
        return found if found and not found[0].wrong else [*found, *_found(search(tx, look_around(tx, who), words, ""))]


def _snoozes(words: str, zone: str, now: int) -> list[Item]:
    verb, _space, rest = words.strip().partition(" ")
    if fold(verb) not in SNOOZING or not rest.strip():
        return []
    try:
        until = understand(rest, zone, now)
    except Unclear as unclear:
        return [Item(group="snooze", words=_(unclear.sentence), icon="circle-alert", wrong=True)]
    if until is None:
        return [Item(group="snooze", words=_("Wait until the customer answers"), icon="message-circle", until="reply")]
    return [Item(group="snooze", words=_("Snooze until %(until)s") % {"until": moment_of_week(until, now)}, icon="alarm-clock", until=rest)]


def _found(found: Found) -> list[Item]:
    """Cases and customers, best first."""
    cases = [
        Item(
            group="cases",
            words=f"#{hit.row.no} {hit.row.subject or hit.row.preview}",
            icon=hit.row.channel_icon,
            href=f"/c/{hit.row.no}",
            detail=hit.row.contact.name,
        )
        for hit in found.hits[:CASES]
    ]
    people = [
        Item(group="customers", words=one.person.name, icon="user", href=one.href, detail=_unmarked(one.details))
        for one in found.contacts[:CUSTOMERS]
    ]
    return [*cases, *people]


def _unmarked(details: tuple[str, ...]) -> str:
    return details[0].replace("\x02", "").replace("\x03", "") if details else ""
