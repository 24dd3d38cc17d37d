"""A rich sample of a talk: forty short messages in half an hour, a customer who writes just now, rows of others who wait."""

from __future__ import annotations

from typing import Any

from sluss.desk import item_screens as i
from sluss.desk import list_screens as l
from sluss.desk import screens as d
from sluss.desk.talk import close_together
from tests.browser import samples as s

SECOND = 1_000_000
_WORDS = """
<Hej!
<Jag har en fråga om min hund
<Får han åka med till Gdańsk?
>Hej Åsa, välkommen!
>Ja, små hundar får resa i kabinen.
<Toppen
<Han väger 6 kilo
>Upp till 8 kg inklusive väskan går bra.
<Vad kostar det
>450 kr per sträcka.
>Ska jag lägga till honom på din bokning?
<Ja tack
<bokningen är 7QK4ZP
>Ett ögonblick, jag tittar.
<Ingen fara
>Klart! Pelle står på båda flygningarna. Ha vaccinationsintyget med dig; väskan får vara högst 40 × 25 × 20 cm.
<Oj vad snabbt
<tack!!
<en sak till
<https://www.norrsken.example/bagage/husdjur säger 6 kg inklusive väska, är det fel?
""".strip().splitlines()


def _said(n: int, line: str) -> i.Message:
    ours, at = line[0] == ">", s.NOW - 30 * s.MINUTE + n * 40 * SECOND
    state: Any = "delivered" if n > 34 else "read"
    delivered = (i.Delivery(operation=str(n), recipient="visitor-1", state=state, at=at + SECOND),)
    mailed = i.Delivery(operation=f"9{n}", recipient="asa@kund.example", state="sent", at=at + 200 * SECOND, by_mail=True)
    return i.Message(
        id=str(1_000 + n),
        at=at,
        direction="out" if ours else "in",
        author=s.JOHAN if ours else s.ASA,
        channel_icon="message-circle",
        channel_label="Web chat",
        text=line[1:],
        letter=i.Letterhead(move=f"/cases/10482/move?m={1_000 + n}"),
        live=True,
        deliveries=() if not ours else (*delivered, mailed) if n == 35 else delivered,
    )


_GAVE = i.Happening(id="1520", at=s.NOW, icon="at-sign", text="The customer gave an e-mail address.")
_BETWEEN = i.Happenings(id="1521", at=s.NOW - 16 * s.MINUTE, events=(_GAVE,))
_BEFORE, _AFTER = ([_said(n + first, one) for n, one in enumerate(_WORDS)] for first in (0, 20))
ITEMS = tuple(close_together([*_BEFORE, _BETWEEN, *_AFTER]))
VISITOR = d.Visitor(
    id="1",
    email="asa@kund.example",
    email_proof="code",
    proven="asa-4711",
    language="sv",
    zone="America/New_York",
    local_time="08:05",
    browser="Firefox 142, Windows",
    page_title="Resa med husdjur och andra levande djur – Norrsken Air",
    page_url="https://www.norrsken.example/bagage/husdjur/villkor-for-transport-av-levande-djur",
    referrer="https://www.google.com/",
)
_WAY = {"channel_icon": "message-circle", "channel_label": "Web chat", "can_cc": False, "signature": (), "quotes": False, "undo_seconds": 0}
_HERE = l.Visit(state="writing", text="Och en fråga till om resväskan, går det att")
TALK = s.case(
    items=ITEMS,
    live=True,
    visit=_HERE,
    visitors=(VISITOR,),
    channel_icon="message-circle",
    channel_label="Web chat",
    composer=s.composer(live=True, as_name="Johan Falk", **_WAY),
    waiting_since=s.NOW - 95 * SECOND,
    earlier=0,
)


def _row(no: int, person: Any, text: str, waits: int, visit: l.Visit | None) -> l.Row:
    more: dict[str, object] = {"channel_icon": "message-circle", "channel_label": "Web chat", "live": True, "visit": visit}
    return s.row(no, person, text, text, waiting_since=s.NOW - waits * SECOND, unread=True, **more)


ROWS = (
    _row(10482, s.ASA, "Hej!", 95, _HERE),
    _row(10583, s.LUKASZ, "Dzień dobry, gdzie jest moja walizka?", 20, l.Visit(state="here")),
    _row(10584, s.LONG, "Chcę zmienić datę lotu", 400, l.Visit(state="gone", at=s.NOW - 3 * s.MINUTE)),
    s.ROWS[1],
)
