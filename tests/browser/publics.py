"""Rich samples of what is said in public: a comment under our post, its thread, every state of a message, every state of the composer."""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.customers import screens as c
from sluss.desk import item_screens as i
from sluss.desk import list_screens as l
from sluss.desk import public_screens as p
from sluss.desk import screens as d
from sluss.desk.deed_screens import DeedForm
from sluss.desk.sluice_screens import PassageShown, SluiceForm
from sluss.web.shell import Form
from tests.browser import samples as s

_FB: dict[str, Any] = {"channel_icon": "facebook", "channel_label": "Facebook"}
_DM: dict[str, Any] = {"channel_icon": "messenger", "channel_label": "Messenger"}
_OFFERS = (
    p.Offer(kind="like", icon="heart", label="Like", first=True),
    p.Offer(kind="hide", icon="eye-off", label="Hide", first=True),
    p.Offer(kind="react", icon="smile", label="React…", asks=True),
    p.Offer(kind="block", icon="ban", label="Block the author…", asks=True, danger=True),
    p.Offer(kind="delete", icon="trash-2", label="Delete for everybody…", asks=True, danger=True),
)
_URL = "https://facebook.example/123/comments/456"
_PICTURES = tuple(
    i.File(id=str(700 + n), name=f"bild-{n}.jpg", size=90_000, media_type="image/jpeg", picture=True, alt="En trasig väska")
    for n in range(5)
)
ITEMS: tuple[i.Item, ...] = (
    i.Message(
        id="801",
        at=s.NOW - 95 * s.MINUTE,
        direction="in",
        author=s.ASA,
        text="Min väska kom fram helt sönder, och ingen svarar. Bokning 7QK4ZP. Så här ser den ut 😡",
        files=_PICTURES,
        public=True,
        standing=p.Standing(
            kind="Comment",
            url=_URL,
            handle="@asa.lindqvist",
            verified=True,
            edited_at=s.NOW - 90 * s.MINUTE,
            versions=(p.Version("Min väska kom fram sönder.", s.NOW - 90 * s.MINUTE),),
            reactions=(p.Reaction("😡", 14), p.Reaction("👍", 1, ours=True)),
            offers=_OFFERS,
            missing=(
                p.Missing(name="film.mp4"),
                p.Missing(name="bild-6.jpg", picture=True, gone=True, reason="The address had expired when it was asked for."),
            ),
        ),
        **_FB,
    ),
    i.Message(
        id="802",
        at=s.NOW - 80 * s.MINUTE,
        direction="out",
        author=c.Person("", "SkyLark"),
        text="Hej Åsa! Det ska inte hända. Vi hör av oss.",
        public=True,
        origin="native",
        standing=p.Standing(
            kind="Reply", url=_URL, offers=(p.Offer(kind="delete", icon="trash-2", label="Delete…", asks=True, danger=True),)
        ),
        **_FB,
    ),
    i.Message(
        id="803",
        at=s.NOW - 60 * s.MINUTE,
        direction="in",
        author=s.ASA,
        text="Ni hör aldrig av er, era idioter.",
        public=True,
        standing=p.Standing(
            kind="Reply",
            hidden_at=s.NOW - 50 * s.MINUTE,
            removed_at=s.NOW - 40 * s.MINUTE,
            removed="Removed by its author. The words are kept here only.",
            ordered=(
                p.Ordered(
                    operation="5",
                    kind="unhide",
                    text="Not shown again",
                    state="failed",
                    at=s.NOW,
                    by="Maja Ek",
                    reason="(#200) Not allowed.",
                ),
            ),
        ),
        **_FB,
    ),
    i.Message(
        id="804",
        at=s.NOW - 30 * s.MINUTE,
        direction="in",
        author=s.LUKASZ,
        text="A w samolocie było to samo…",
        public=True,
        standing=p.Standing(
            kind="Reply",
            audience="Not in public lists",
            spoiler="Zdjęcia po wypadku",
            liked_at=s.NOW - 20 * s.MINUTE,
            handle="@lukasz@poczta.example",
            offers=(p.Offer(kind="unlike", icon="heart", label="Take back the like", first=True), _OFFERS[1]),
            ordered=(p.Ordered(operation="6", kind="delete", text="Being deleted", state="going", at=s.NOW, undo_until=s.NOW + 8_000_000),),
            unanswerable="X lets programs answer only where they are mentioned or quoted.",
        ),
        part="other",
        **_FB,
    ),
    i.Message(
        id="805",
        at=s.NOW - 12 * s.MINUTE,
        direction="out",
        author=s.JOHAN,
        text="Hej Åsa, hit kan du skriva utan att alla ser det.",
        standing=p.Standing(privately=True),
        deliveries=(i.Delivery(operation="7", recipient="1029", state="read", at=s.NOW - 10 * s.MINUTE),),
        **_DM,
    ),
)
POST = p.PostView(
    id="1",
    kind="post",
    author="SkyLark",
    ours=True,
    text="Nu släpper vi vinterns resor till Gdańsk, Kraków och Tromsø. Från 499 kr, incheckat bagage ingår.\nBoka senast söndag!",
    at=s.NOW - 20 * s.HOUR,
    url=_URL,
    icon="facebook",
    label="Facebook",
    others=3,
    more=12,
    said=(
        p.Uttered(key="1", author="Nina Hägg", text="Äntligen Tromsø!", at=s.NOW - 19 * s.HOUR),
        p.Uttered(key="2", author="SkyLark", text="Välkommen ombord, Nina!", at=s.NOW - 18 * s.HOUR, ours=True, depth=1),
        p.Uttered(
            key="3", author="Åsa Lindqvist", handle="@asa.lindqvist", text="Min väska kom fram helt sönder …", at=s.NOW, id="801", here=True
        ),
        p.Uttered(key="4", author="Tomasz Kędra", text="Mam to samo od zeszłego tygodnia.", at=s.NOW, id="9", no=10494, depth=1),
        p.Uttered(key="5", author="Erik Sjöberg", text="Skäms!", at=s.NOW, removed=True, depth=2, url=_URL),
    ),
)
SIDES = (
    p.Side(
        conversation="91", visibility="public", icon="facebook", label="Facebook", account="SkyLark", person="Åsa Lindqvist", said_at=s.NOW
    ),
    p.Side(conversation="92", visibility="private", icon="messenger", label="Messenger", account="SkyLark", person="Åsa Lindqvist"),
)
_TEMPLATES = (
    p.Approved(
        name="bag_found",
        language="sv",
        category="UTILITY",
        body="Hej {{1}}! Din väska är hittad och levereras {{2}}.",
        footer="SkyLark",
        variables=("1", "2"),
    ),
    p.Approved(name="call_back", language="pl", category="UTILITY", body="Dzień dobry! Prosimy o kontakt.", variables=()),
)


def composer(**changed: object) -> d.Composer:
    """Publicly on Facebook, with everything that a network may have."""
    fields: dict[str, object] = {
        "to_name": "Åsa Lindqvist",
        "to_address": "1029384756",
        "from_name": "SkyLark",
        "from_address": "facebook-1029",
        "undo_seconds": 10,
        "visibility": "public",
        "sides": SIDES,
        "conversation": "91",
        "account": "SkyLark",
        "can_attach": True,
        "max_length": 280,
        "counts": "x",
        "splits": True,
        "has_alt": True,
        "has_spoiler": True,
        "url": _URL,
        "way": "7",
        **_FB,
    }
    return d.Composer(**{**fields, **changed})  # type: ignore[arg-type]


PRIVATE: dict[str, Any] = {
    "visibility": "private",
    "conversation": "92",
    "max_length": 2000,
    "counts": "characters",
    "has_spoiler": False,
} | _DM
_DRAFT = d.Draft(
    body="Hej Åsa! Vi ersätter väskan. Ring 070-123 45 67.",
    files=(msgspec.structs.replace(_PICTURES[0], alt="", name="karta.png"),),
    saved_at=s.NOW,
    revision=2,
)


def case(**changed: object) -> d.Case:
    """Åsa's public complaint."""
    fields: dict[str, object] = {
        "items": ITEMS,
        "composer": composer(),
        "sides": SIDES,
        "public": "both",
        "posts": (POST,),
        "earlier": 0,
        "inbox": "SkyLark",
        "exposed": d.ExposedHere(message="801", kinds=("a booking number",), can_hide=True),
        **_FB,
    }
    return msgspec.structs.replace(s.case(**{**fields, **changed}), subject="Min väska kom fram helt sönder, och ingen svarar")


ROWS = (
    s.row(
        10482,
        s.ASA,
        "Min väska kom fram helt sönder",
        "och ingen svarar",
        channel_icon="facebook",
        channel_label="Facebook",
        public="public",
    ),
    s.row(10483, s.LUKASZ, "Gdzie jest moja przesyłka?", "Dzień dobry", channel_icon="instagram", channel_label="Instagram", public="both"),
    s.row(10484, s.MALGORZATA, "Hej!", "Är ni öppna?", channel_icon="whatsapp", channel_label="WhatsApp"),
    s.row(10485, s.LONG, "", "@skylark hallå?", channel_icon="x-network", channel_label="X", public="public", unread=True),
    s.row(10486, s.MALGORZATA, "Fråga", "Kan ni hjälpa mig?", channel_icon="mastodon", channel_label="Mastodon", public="public"),
    s.row(10487, s.LUKASZ, "Pytanie", "Czy pies może lecieć?", channel_icon="telegram", channel_label="Telegram"),
)
DESK = s.desk(case(), queue=l.Queue(view=s.VIEWS[0], rows=ROWS, total=6))
WRITING = s.desk(case(composer=composer(reply=_DRAFT)))
CALM = s.desk(case(composer=composer(window=p.Window(state="late", until=s.NOW + 30 * s.HOUR), **PRIVATE)))
TEMPLATES = s.desk(
    case(
        composer=composer(
            window=p.Window(state="closed"), templates=_TEMPLATES, must_template=True, **{**PRIVATE, "channel_label": "WhatsApp"}
        )
    )
)
CLOSED = s.desk(
    case(
        composer=composer(
            closed="X lets programs answer only where they are mentioned or quoted.", channel_label="X", channel_icon="x-network"
        )
    )
)
DEED = DeedForm(
    message="801",
    no=10482,
    kind="delete",
    title="Delete what Åsa Lindqvist wrote on Facebook",
    effect="Nobody sees it there any more, and no network gives it back. The words stay here. To hide it is gentler, and can be undone.",
    button="Delete",
    said="Min väska kom fram helt sönder",
    by="Åsa Lindqvist",
    asks="reason",
    danger=True,
)
REACT = msgspec.structs.replace(
    DEED, kind="react", title="React on Facebook", asks="emoji", danger=False, signs=("👍", "❤️", "😂", "😮", "😢", "🙏")
)
SLUICE = SluiceForm(
    no=10482,
    public="801",
    author="Åsa Lindqvist",
    words="Min väska kom fram helt sönder, och ingen svarar. Bokning ••••••.",
    network="Facebook",
    account="SkyLark",
    language="sv",
    chosen="reply",
    can_hide=True,
    hide=True,
    passages=(
        PassageShown(
            by="reply",
            icon="messenger",
            title="Private answer by Messenger",
            detail="One message, straight to the author of the comment.",
            said="Tack för att du hör av dig. Vi har skickat ett privat meddelande till dig, så att inget personligt behöver stå här.",
        ),
        PassageShown(
            by="link",
            icon="link-2",
            title="Private page",
            detail="A link in public, which only its first reader can open. A call-back can be asked for there.",
            said="Tack för att du hör av dig. Fortsätt gärna här, där bara du och vi kan läsa: {link}",
            wants_words=False,
        ),
        PassageShown(
            by="talk",
            icon="messenger",
            title="Go on in Messenger",
            detail="There is a private talk with this person already.",
            said="",
            why="The customer last wrote more than 7 days ago; Messenger takes an answer only after they write again.",
        ),
    ),
)
SLUICE_WRONG = msgspec.structs.replace(
    SLUICE,
    said="Ring Åsa på 070-123 45 67",
    told="Hej Åsa!",
    found=(("a phone number", "070-123 45 67"),),
    confirmed="0" * 16,
    form=Form(
        {"told": "Hej Åsa!", "said": "Ring"},
        {"said": "Everybody could read what is marked. Take it out, or press once more if it may stand there."},
    ),
)
EXPOSED = d.Stopped(
    no=10482,
    op="0" * 26,
    draft=_DRAFT,
    exposed=(p.Exposed("a phone number", "070-123 45 67"), p.Exposed("a booking number", "7QK4ZP")),
    account="SkyLark",
    network="Facebook",
    told={"conversation_id": "91", "confirmed": "0" * 16},
)
