"""What stands at the bell and on the page of choices, for pictures and checks."""

from __future__ import annotations

from sluss.notifications import screens as n
from sluss.notifications.kinds import KINDS
from sluss.notifications.telling import ICONS
from sluss.web.shell import Form
from tests.browser import samples as s

_WORDS = {
    "mentioned": "Maja Ek mentioned you",
    "message": "12 new messages from Małgorzata Żak-Brzęczyszczykiewicz",
    "failed": "Your answer was not delivered",
}


def _line(kind: str, excerpt: str = "", *, unread: bool = True) -> n.Line:
    return n.Line(icon=ICONS[kind], text=_WORDS[kind], excerpt=excerpt, at=s.NOW - 4 * s.MINUTE, href="/c/10482?m=1", unread=unread)


BELL = n.Bell(
    unread=2,
    quiet_until=s.NOW + 3 * s.HOUR,
    hushed=True,
    matters=(
        n.Matter(
            no=10482,
            subject="Bokningen syns inte i appen",
            customer="Åsa Lindqvist",
            unread=True,
            at=s.NOW,
            lines=(
                _line("mentioned", "Hej @Johan Falk, kan du ringa kunden innan klockan fyra? Hon väntar vid grind 14."),
                _line("failed"),
            ),
        ),
        n.Matter(
            no=10485,
            subject="Re: Re: Fwd: Sv: Prośba o fakturę korygującą za przelot LO455 w dniu 14 listopada 2026 oraz zwrot opłaty za bagaż",
            customer="Małgorzata Żak",
            unread=True,
            at=s.NOW,
            lines=(_line("message", "Gdzie jest moja walizka?"),),
        ),
        n.Matter(no=10470, subject="", customer="", unread=False, at=s.NOW, lines=(_line("mentioned", unread=False),)),
    ),
)
_TOLD = "\n".join(f"{kind}:{way}" for kind in KINDS for way in ("app", "sound"))
ALERTS = n.AlertsPage(
    form=Form({"tell": _TOLD, "volume": "60", "at_once": "on", "digest_hour": "8"}, {"quiet": "Quiet hours need a beginning and an end."}),
    kinds=tuple(
        n.KindLine(key=kind, icon=ICONS[kind], label=f"What {kind} means", help="In a case that I hold or follow.") for kind in KINDS
    ),
    days=tuple(n.Day(key=day, name=name, start="22:00", stop="07:00") for day, name in enumerate(("Monday", "Tuesday", "Wednesday"))),
    zones=("Europe/Stockholm", "Europe/Warsaw"),
    home_zone="Europe/Stockholm",
    email="johan@norrsken.example",
)
