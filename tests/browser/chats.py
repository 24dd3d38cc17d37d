"""Rich sample screens of chats in the settings: one that is installed, refused elsewhere, with a new key; forms new and wrong."""

from __future__ import annotations

from sluss.channels.webchat.form import DAYS, DEFAULTS
from sluss.settings import chat_screens as t
from sluss.settings.screens import CheckLine, Checks, InboxLine, Setting
from sluss.settings.wanted import Kind
from sluss.web.shell import Form
from tests.browser import office as o
from tests.browser import samples as s

KEY = "chat-4f2kq7w5x3m6n2ab"
KINDS = (
    Kind(name="email", icon="mail", label="E-mail", detail="A mailbox that customers write to."),
    Kind(name="webchat", icon="message-circle", label="Web chat", detail="A window on your web site, answered live.", chosen=True),
)
LOOK = t.Look(
    accent="#0b5cad",
    on="light",
    ratio="6.7",
    title="Chat with Norrsken Air",
    welcome="Hello! How can we help you?",
    says="Closed until Monday 08:00",
)
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TEXTS = tuple(
    t.Texts(language=language, label=label, title="Chat with Norrsken Air", welcome="Hello!")
    for language, label in (("en", "English"), ("sv", "Svenska"), ("pl", "Polski"))
)
_WRONG = DEFAULTS | {
    "name": "Webbplatsen",
    "origins": "http://www.norrsken.example",
    "accent": "#7c7c7c",
    "mon": "8",
    "when": "hours",
    "title_sv": "Chatta med oss på Norrsken Air",
}
FAULTS = {
    "origins": "http://www.norrsken.example must begin with https://: over http anybody on the way could read along.",
    "accent": "Neither white nor dark text could be read on this colour. Choose a darker or a lighter one.",
    "hours": "“8” is no span of time. Write it as 08:00-17:00; a whole day is 00:00-24:00.",
    "title_en": "Write at most 60 characters.",
}


def form(values: Form, look: t.Look = LOOK, **more: object) -> t.ChatForm:
    """A form with everything that there is to choose from."""
    fields: dict[str, object] = {
        "form": values,
        "teams": o.TEAMS,
        "mail_inboxes": (("0", "None: whoever has left gets no answer"), ("7", "Bokning")),
        "zones": ("Europe/Stockholm", "Europe/Warsaw"),
        "days": tuple(t.Day(name=name, label=label) for name, label in zip(DAYS, NAMES, strict=True)),
        "texts": TEXTS,
        "look": look,
    }
    return t.ChatForm(**{**fields, **more})  # type: ignore[arg-type]


NEW = form(Form(values=DEFAULTS), kinds=KINDS, says="Closed until Monday 08:00", weekly="45")
WRONG = form(
    Form(
        values=_WRONG,
        errors=FAULTS | {"": "Somebody changed this inbox while you were writing. Save again to put yours in place of theirs."},
    ),
    t.Look(accent="#7c7c7c", wrong=FAULTS["accent"], side="left", themes=("dark",), title="Chatta med oss", welcome="", says=""),
    id="12",
    seen="1f2e",
)
LINE = InboxLine(
    id="12",
    name="Webbplatsen",
    address=KEY,
    channel_icon="message-circle",
    channel_label="Web chat",
    state="ok",
    received_at=s.NOW - 2 * s.MINUTE,
    sent_at=s.NOW - s.MINUTE,
)
SITES = t.ChatSites(
    id="12",
    listed=(
        t.SiteLine(origin="https://www.norrsken.example", path="/sv/bagage/forsenat", seen_at=s.NOW - 3 * s.MINUTE),
        t.SiteLine(origin="https://www.norrsken.shop"),
    ),
    refused=(t.SiteLine(origin="https://preview.byra.example", path="/", seen_at=s.NOW - s.HOUR),),
)
PAGE = t.ChatPage(
    line=LINE,
    says="Open until 17:00",
    snippet=f'<script async src="https://desk.norrsken.example/embed/v1.js" data-key="{KEY}"></script>',
    policy="script-src https://desk.norrsken.example; connect-src https://desk.norrsken.example; frame-src https://desk.norrsken.example",
    sites=SITES,
    standing=(
        CheckLine(
            name="mail",
            state="warn",
            detail="Who has left the page does not get an answer by e-mail.",
            fix="Choose a mail inbox in the settings.",
        ),
    ),
    settings=(Setting(label="Web sites", value="https://www.norrsken.example, https://www.norrsken.shop"),),
    teams=("Bokning",),
    checks=Checks(id="1", lines=(CheckLine(name="Web sites", state="ok"),), at=s.NOW - s.HOUR),
    proves="optional",
    key="6r0yJ1n3gD7s0mWqk2E9xZbVtHf4LpAuQcRjYiNoK8w",
)
EMPTY = t.ChatPage(
    line=InboxLine(id="12", name="Webb", address=KEY, channel_icon="message-circle", channel_label="Web chat", state="warn", paused=True),
    says="Closed",
    snippet=PAGE.snippet,
    policy=PAGE.policy,
    sites=t.ChatSites(id="12"),
    twice=True,
)
