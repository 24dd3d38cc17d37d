"""Rich sample screens for pictures and template tests: long names, ten tags, failed deliveries, empty and broken states. No database."""

from __future__ import annotations

from typing import Any

from sluss.customers import screens as c
from sluss.desk import item_screens as i
from sluss.desk import list_screens as l
from sluss.desk import screens as d
from sluss.web.shell import Banner, Form, Page, Toast, Viewer

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 1_795_266_300_000_000
"""Saturday 21 November 2026, 14:05 in Stockholm."""

JOHAN = c.Person("11", "Johan Falk")
MAJA = c.Person("12", "Maja Ek")
EWA = c.Person("13", "Ewa Nowak")
ASA = c.Person("101", "Åsa Lindqvist")
LUKASZ = c.Person("102", "Łukasz Wójcik")
MALGORZATA = c.Person("103", "Małgorzata Żak")
LONG = c.Person("104", "Maximiliana Konstancja Brzęczyszczykiewicz-Wawrzyniecka")
VIEWER = Viewer(id="11", name="Johan Falk", email="johan@norrsken.example", role="agent", may_configure=True)

VIEWS = (
    l.View(key="mine", label="Mine", icon="user", count=9),
    l.View(key="unassigned", label="Unassigned", icon="user-x", count=14),
    l.View(key="open", label="All open", icon="inbox", count=1204),
    l.View(key="solved", label="Solved", icon="circle-check"),
    l.View(key="inbox:7", label="Bokning", icon="mail", count=31, group="inboxes"),
    l.View(key="inbox:8", label="Bagage och försenat bagage", icon="mail", count=12, group="inboxes", failing=True),
    l.View(key="inbox:9", label="Obsługa klienta", icon="mail", count=22, group="inboxes"),
)


def page(title: str = "Mine", **changed: object) -> Page:
    """A page for Johan at Norrsken Air."""
    fields: dict[str, object] = {
        "title": title,
        "path": "/inbox/mine/10482",
        "workspace": "Norrsken Air",
        "zone": "Europe/Stockholm",
        "csrf": "csrf-token",
        "viewer": VIEWER,
        "section": "inbox",
        "unread": 3,
    }
    return Page(**{**fields, **changed})  # type: ignore[arg-type]


def row(no: int, contact: c.Person, subject: str, preview: str, **changed: object) -> l.Row:
    """One row, mail, a minute older for each number."""
    at = NOW - (no - 10480) * 7 * MINUTE
    fields: dict[str, object] = {
        "at": at,
        "sort": no,
        "channel_icon": "mail",
        "channel_label": "E-mail",
        "waiting_since": at,
        "inbox": "Bokning",
    }
    return l.Row(id=str(no), no=no, contact=contact, subject=subject, preview=preview, **{**fields, **changed})  # type: ignore[arg-type]


ROWS = (
    row(
        10482,
        ASA,
        "Bokningen syns inte i appen trots bekräftelse",
        "Tack! Går det att flytta båda biljetterna samtidigt?",
        priority="high",
        tags=("Bokning", "App"),
    ),
    row(
        10483,
        LUKASZ,
        "Gdzie jest moja przesyłka?",
        "Dzień dobry, bagaż nie dotarł do Gdańska, numer zgłoszenia GDNSK88213",
        unread=True,
        trouble="failed",
        tags=("Bagage",),
    ),
    row(
        10484,
        MALGORZATA,
        "Faktura 88213 stämmer inte",
        "Hej igen, ni har debiterat två gånger för samma resa",
        unread=True,
        priority="urgent",
        tags=tuple(f"Tagg {n}" for n in range(1, 11)),
    ),
    row(
        10485,
        LONG,
        "Re: Re: Fwd: Sv: Prośba o fakturę korygującą za przelot LO455 w dniu 14 listopada",
        "W załączeniu przesyłam dokumenty",
        assignee=MAJA,
        drafted=True,
    ),
    row(
        10486,
        c.Person("105", "Jörgen Öhman"),
        "Bagaget kom inte fram till Gdańsk",
        "Väskan är röd och har ett blått band",
        status="pending",
        waiting_since=None,
        tags=("Bagage", "Gdańsk"),
    ),
    row(
        10487,
        c.Person("106", "Sofia Bergström"),
        "Nie mogę zalogować się do konta",
        "Strona mówi, że hasło jest złe",
        due=NOW + 12 * MINUTE,
    ),
    row(
        10488,
        c.Person("107", "Piotr Śliwiński"),
        "Återbetalning efter inställd resa",
        "Det har gått tre veckor nu",
        due=NOW - 14 * MINUTE,
        unread=True,
        priority="high",
    ),
    row(10489, c.Person("108", "anna.nowak@poczta.example"), "", "Kan jag ändra namn på biljetten?", trouble="unknown", assignee=EWA),
    row(10490, c.Person("109", "Erik Sjöberg"), "Hallå?? Har ni somnat eller?", "Jag skrev i går", unread=True),
    row(
        10491,
        c.Person("110", "Katarzyna Dąbrowska"),
        "Kall måltid ombord på NA1423",
        "Personalen var trevlig men maten var kall",
        status="snoozed",
        waiting_since=None,
    ),
    row(10492, c.Person("111", "Mikael Åkerlund"), "Extra bagage", "Hur mycket kostar en andra väska?", tags=("Bagage",)),
    row(10493, c.Person("112", "Nina Hägg"), "Assistans på Arlanda", "Min mor behöver rullstol från incheckningen"),
    row(10494, c.Person("113", "Tomasz Kędra"), "Potwierdzenie rezerwacji", "Czy mogę prosić o ponowne wysłanie?"),
)
"""A list as a working day has it."""


_MAIL: dict[str, Any] = {"channel_icon": "mail", "channel_label": "E-mail"}
_FIRST = (
    "Hej!\n\nJag bokade två biljetter till Gdańsk i fredags och fick bekräftelse, men resan syns inte i appen. "
    "Bokningsnumret slutar på 7QK. Se https://norrsken.example/min-bokning/7QK?lang=sv.\n\nMed vänlig hälsning\nÅsa Lindqvist"
)
MESSAGES: tuple[i.Item, ...] = (
    i.Message(
        id="1",
        at=NOW - 26 * HOUR,
        direction="in",
        author=ASA,
        text=_FIRST,
        letter=i.Letterhead(
            sender="Åsa Lindqvist <asa.l@example.se>",
            to=("bokning@norrskenair.se",),
            cc=("Per Lindqvist <per@example.se>",),
            raw=True,
            forward="/cases/10482/forward?m=1",
            said_at=NOW - 400 * HOUR,
            copies=("Kundtjänst",),
        ),
        proof="fail",
        warnings=("reply-to-differs", "lookalike"),
        html=True,
        remote_images=True,
        quoted="> Tack för din bokning!\n> Din resa: Stockholm till Gdańsk, 28 november.",
        **_MAIL,
    ),
    i.Message(
        id="2",
        at=NOW - 26 * HOUR + MINUTE,
        direction="out",
        author=c.Person("1", "Norrsken Air"),
        text="Vi har fått ditt mejl och svarar inom fyra timmar.",
        automatic="auto-reply",
        deliveries=(i.Delivery(operation="91", recipient="asa.l@example.se", state="delivered", at=NOW - 26 * HOUR + MINUTE),),
        **_MAIL,
    ),
    i.Happenings(
        id="3",
        at=NOW - 25 * HOUR,
        events=(
            i.Happening(id="31", at=NOW - 25 * HOUR, icon="route", text="Placed in Bokning"),
            i.Happening(id="32", at=NOW - 25 * HOUR, icon="user", text="Maja Ek assigned this to Johan Falk"),
            i.Happening(id="33", at=NOW - 25 * HOUR, icon="flag", text="Maja Ek set the priority to high"),
        ),
    ),
    i.Note(
        id="4",
        at=NOW - 25 * HOUR + 9 * MINUTE,
        author=MAJA,
        text="Samma kund ringde 13:40. Bokningen ligger på fel medlemsnummer. @Johan kan du släppa den?",
    ),
    i.Message(
        id="5",
        at=NOW - 80 * MINUTE,
        direction="out",
        author=JOHAN,
        text="Hej Åsa, tack för att du skrev! Jag ser bokningen och har flyttat den till ditt medlemsnummer. Den syns snart.",
        letter=i.Letterhead(
            sender="Bokning <bokning@norrskenair.se>",
            to=("Åsa Lindqvist <asa.l@example.se>",),
            cc=("per@example.se", "Resebyrån <resebyrå@example.se>"),
            forward="/cases/10482/forward?m=5",
        ),
        deliveries=(
            i.Delivery(operation="92", recipient="asa.l@example.se", state="delivered", at=NOW - 79 * MINUTE),
            i.Delivery(operation="93", recipient="per@example.se", state="sent", at=NOW - 79 * MINUTE),
        ),
        **_MAIL,
    ),
    i.Message(
        id="6",
        at=NOW - 31 * MINUTE,
        direction="in",
        author=ASA,
        text="Tack! Nu ser jag den. Går det att flytta båda biljetterna samtidigt? Bifogar kvittot och en bild på felet.",
        letter=i.Letterhead(sender="Åsa Lindqvist <asa.l@example.se>", to=("bokning@norrskenair.se",), raw=True),
        proof="pass",
        files=(
            i.File(id="51", name="Kvitto 88213 – Stockholm till Gdańsk, två vuxna.pdf", size=184_320, media_type="application/pdf"),
            i.File(id="52", name="skärmbild.png", size=1_204_000, media_type="image/png", picture=True),
            i.File(id="53", name="faktura.pdf.exe", size=90_000, media_type="application/octet-stream", scanned_out="Blocked: a program"),
        ),
        **_MAIL,
    ),
    i.Happenings(
        id="7",
        at=NOW - 20 * MINUTE,
        events=(i.Happening(id="71", at=NOW - 20 * MINUTE, icon="tag", text="Johan Falk added the tag App"),),
    ),
    i.Message(
        id="8",
        at=NOW - 12 * MINUTE,
        direction="out",
        author=JOHAN,
        text="Ja, det går bra. Jag har flyttat båda till den 29 november.",
        deliveries=(
            i.Delivery(
                operation="94",
                recipient="asa.l@example.se",
                state="failed",
                at=NOW - 11 * MINUTE,
                reason="550 5.2.2 Mailbox full. Ask the customer for another address, or try again later.",
                attempts=1,
            ),
        ),
        **_MAIL,
    ),
    i.Message(
        id="9",
        at=NOW - 6 * MINUTE,
        direction="out",
        author=JOHAN,
        text="Här kommer bekräftelsen igen.",
        deliveries=(i.Delivery(operation="95", recipient="asa.l@example.se", state="unknown", at=NOW - 5 * MINUTE),),
        **_MAIL,
    ),
    i.Message(
        id="10",
        at=NOW - MINUTE,
        direction="out",
        author=JOHAN,
        text="Hör av dig om något är oklart.",
        deliveries=(
            i.Delivery(
                operation="96",
                recipient="asa.l@example.se",
                state="queued",
                at=NOW - MINUTE,
                attempts=2,
                next_try=NOW + 4 * MINUTE,
                reason="421 Try again later.",
            ),
        ),
        **_MAIL,
    ),
)
"""Two days of a conversation with everything that can happen to a message."""

ASIDE = (
    i.Message(
        id="21",
        at=NOW - 50 * MINUTE,
        direction="in",
        author=ASA,
        text="Så här ser det ut: [image: skärm.png] Kan ni hjälpa mig?",
        body=(
            "Så här ser det ut: ",
            i.File(id="61", name="skärm.png", size=204_000, media_type="image/png", picture=True),
            " Kan ni hjälpa mig?",
        ),
        quoted="> Hej Åsa",
        letter=i.Letterhead(
            sender="Åsa Lindqvist <asa.l@example.se>", to=("bokning@norrskenair.se",), raw=True, forward="/cases/10482/forward?m=21"
        ),
        proof="pass",
        **_MAIL,
    ),
    i.Message(
        id="22",
        at=NOW - 40 * MINUTE,
        direction="out",
        author=JOHAN,
        text="Kan ni se efter varför bokningen inte syns?",
        quoted="---------- Forwarded message ----------\nFrom: Åsa Lindqvist <asa.l@example.se>",
        letter=i.Letterhead(sender="Bokning <bokning@norrskenair.se>", to=("Hotell Amber <drift@amber.example>",)),
        part="aside",
        passed_to=("Hotell Amber <drift@amber.example>",),
        deliveries=(i.Delivery(operation="97", recipient="drift@amber.example", state="delivered", at=NOW - 39 * MINUTE),),
        **_MAIL,
    ),
    i.Message(
        id="23",
        at=NOW - 20 * MINUTE,
        direction="in",
        author=c.Person("77", "Hotell Amber"),
        text="Den ligger under fel namn, vi rättar det nu.",
        letter=i.Letterhead(sender="Hotell Amber <drift@amber.example>", to=("bokning+c.abc@norrskenair.se",), raw=True),
        part="aside",
        **_MAIL,
    ),
    i.Message(
        id="24",
        at=NOW - 5 * MINUTE,
        direction="out",
        author=MAJA,
        text="Hej Åsa, det är ordnat. Hälsningar Maja",
        origin="sent folder",
        letter=i.Letterhead(sender="Bokning <bokning@norrskenair.se>", to=("asa.l@example.se",), raw=True),
        **_MAIL,
    ),
)
"""A picture in its place, something passed on and its answer, and an answer by another program."""
NEWS = d.News(id="24", by="Maja Ek", at=NOW - 5 * MINUTE, text="Hej Åsa, det är ordnat. Hälsningar Maja", ours=True, origin="sent folder")


def composer(**changed: object) -> d.Composer:
    """By e-mail from Bokning to Åsa."""
    fields: dict[str, object] = {
        "to_name": "Åsa Lindqvist",
        "to_address": "asa.l@example.se",
        "channel_icon": "mail",
        "channel_label": "E-mail",
        "from_name": "Bokning",
        "from_address": "bokning@norrsken.example",
        "can_cc": True,
        "can_place": True,
        "everybody": 'per@example.se, "Resebyrån" <resebyra@example.se>, anna@example.se',
        "others": ("per@example.se", "Resebyrån", "anna@example.se"),
        "signature": (
            (d.Run("Vänliga hälsningar"),),
            (d.Run("Johan Falk", strong=True), d.Run(", Norrsken Air")),
            (d.Run("norrsken.example", href="https://norrsken.example"),),
        ),
        "quotes": True,
        "can_attach": True,
        "max_file_bytes": 20_000_000,
        "undo_seconds": 10,
    }
    return d.Composer(**{**fields, **changed})  # type: ignore[arg-type]


def aside() -> i.SideThread:
    """A hotel and a colleague were asked about Åsa's room, and have answered."""
    apart: dict[str, Any] = {"channel_icon": "mail", "channel_label": "E-mail", "part": "aside", "aside": "77"}
    asked = i.Message(id="901", at=NOW - 40 * MINUTE, direction="out", author=JOHAN, text="Är rummet ledigt från fredag?", **apart)
    hotel = c.Person("88", "Hotell Amber, Małgorzata Wiśniewska-Kowalczykowa")
    back = i.Message(id="902", at=NOW - 12 * MINUTE, direction="in", author=hotel, text="Ja, från fredag klockan 15.", **apart)
    return i.SideThread(
        id="902",
        at=back.at,
        conversation="77",
        subject="Rum 12 den 28 november",
        people=(hotel.name, MAJA.name),
        addresses="drift@hotell.example",
        waiting=False,
        since=back.at,
        total=3,
        items=(asked, back),
        open=True,
    )


def case(**changed: object) -> d.Case:
    """Åsa's case, #10482."""
    fields: dict[str, object] = {
        "status": "open",
        "priority": "high",
        "inbox": "Bokning",
        "team": "Bokning",
        "channel_icon": "mail",
        "channel_label": "E-mail",
        "opened_at": NOW - 26 * HOUR,
        "items": MESSAGES,
        "composer": composer(),
        "waiting_since": NOW - 31 * MINUTE,
        "assignee": JOHAN,
        "tags": ("Bokning", "App"),
        "agents": (EWA, JOHAN, MAJA),
        "all_tags": ("App", "Bagage", "Bokning", "Faktura", "Gdańsk", "Återbetalning"),
        "earlier": 12,
        "seen": "1-1",
        "next_no": 10483,
        "contact": c.Contact(
            person=ASA,
            identities=(
                c.Identity(icon="mail", label="E-mail", address="asa.l@example.se", level="verified", id="1"),
                c.Identity(icon="mail", label="E-mail", address="asa.charlotta.lindqvist-bergstrom@fornamn-efternamn.example.se", id="2"),
                c.Identity(icon="phone", label="Phone", address="+46 70 000 00 00", id="3"),
            ),
            language="sv",
            first_seen=NOW - 400 * DAY,
            past=(
                c.Past(no=10311, subject="Kvitto på resan i juni", status="solved", at=NOW - 40 * DAY),
                c.Past(no=9870, subject="Vill byta sittplats på återresan till fönsterplats", status="closed", at=NOW - 390 * DAY),
            ),
            past_total=5,
            may_change=True,
        ),
    }
    return d.Case(id="10482", no=10482, subject="Bokningen syns inte i appen trots bekräftelse", **{**fields, **changed})  # type: ignore[arg-type]


def desk(open_case: d.Case | None = None, **changed: object) -> d.Desk:
    """The desk on Mine."""
    fields: dict[str, object] = {"views": VIEWS, "queue": l.Queue(view=VIEWS[0], rows=ROWS, total=9, after="c9"), "unassigned": 14}
    return d.Desk(**{**fields, "case": open_case, **changed})  # type: ignore[arg-type]


HOLD = Banner(
    kind="warn",
    text="Sending is on hold since the restore at 09:12. 4 answers wait; nothing is lost.",
    action="Look and release",
    href="/settings/health",
)
FAILING = Banner(
    kind="bad",
    text="Bagage cannot send since 13:41: the server does not take the password. Answers are kept and leave when it works again.",
    action="Put it right",
    href="/settings/inboxes/8",
)
UNDO = Toast(text="Sent to Åsa Lindqvist by e-mail", undo_url="/cases/10482/undo", fields={"operation": "96"}, until=NOW + 8_000_000)
ERRORS = Form(
    values={},
    errors={"body": "Write something to send, or attach a file.", "cc": "“per@” is not an address. Write it like name@example.com."},
)
