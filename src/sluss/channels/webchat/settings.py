"""What an administrator says about a chat. In: a form or a stored row. Out: `ChatSettings`, or a sentence for each wrong field.

Every field has a default, so that a chat works from the moment at which its web site is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.hours import Hours, HoursWrong, Span, check_hours, read_day, read_week
from sluss.channels.webchat.colours import is_colour, text_on
from sluss.channels.webchat.origins import OriginWrong, read_origin
from sluss.kernel.filling import unknown_fields
from sluss.kernel.tokens import new_token
from sluss.kernel.words import say

LANGUAGES = ("en", "sv", "pl")
"""In which a chat speaks to its visitors."""
TITLE = 60
WELCOME = 300
ORIGINS = 50

Asked = Literal["no", "optional", "required"]
_KEY = re.compile(r"chat-[a-z0-9]{16}")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class ChatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One chat. `origins` are the web sites that may show it; `accent` is its colour, `side`, offsets and `z` where its button stands.

    `title` and `welcome` by language; empty is the usual one. `name` and `email` say what a visitor is asked for before the first message.
    `preview` lets agents see what is being typed. `hours` are spans of local minutes for Monday to Sunday in `zone` (none at all: always
    open), `closed_days` dates on which it is closed. `mail_inbox_id` is the inbox by which it goes on by mail (0: it does not).

    `identify` says whether visitors that the company's own sign-in proves are known by it, or are the only ones.
    """

    origins: tuple[str, ...] = ()
    accent: str = "#0b5cad"
    side: Literal["right", "left"] = "right"
    offset_x: int = 20
    offset_y: int = 20
    z: int = 2_147_483_000
    theme: Literal["auto", "light", "dark"] = "auto"
    title: dict[str, str] = {}
    welcome: dict[str, str] = {}
    ask_name: Asked = "optional"
    ask_email: Asked = "optional"
    files: bool = True
    preview: bool = False
    hours: tuple[tuple[Span, ...], ...] = ()
    closed_days: tuple[str, ...] = ()
    zone: str = "UTC"
    mail_inbox_id: int = 0
    identify: Asked = "no"


class ChatSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed at rest; see `identity.turned_key`."""

    identity_key: str = ""
    identity_key_before: str = ""

    def __repr__(self) -> str:
        return "ChatSecrets(…)"


def new_chat_key() -> str:
    """The address of a new chat: public, and the same for as long as the chat lasts."""
    return f"chat-{new_token()[:16]}"


def is_chat_key(text: str) -> bool:
    """Whether it could be the address of a chat."""
    return _KEY.fullmatch(text) is not None


def settings_of(connection: Connection) -> ChatSettings:
    """The settings of a connected chat. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return read_settings(connection.settings)


def read_settings(stored: Mapping[str, Any]) -> ChatSettings:
    """See `settings_of`."""
    return msgspec.convert(stored, ChatSettings, strict=False)


def hours_of(settings: ChatSettings) -> Hours:
    """When somebody is there."""
    return Hours(days=settings.hours, closed_days=settings.closed_days, zone=settings.zone)


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text of a language, else the English one; empty where nobody wrote one."""
    return texts.get(language) or texts.get("en", "")


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> ChatSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    wrong: dict[str, str] = {}
    if not is_chat_key(address):
        wrong["address"] = "The address of a chat is the key that Sluss made for it, such as chat-4f2kq7w5x3m6n2ab."
    settings = _converted(values, wrong)
    if settings is None:
        return wrong
    wrong |= _wrong_looks(settings) | _wrong_texts(settings) | _wrong_hours(settings) | _wrong_identity(settings, secrets)
    return wrong or settings


def _converted(values: Mapping[str, Any], wrong: dict[str, str]) -> ChatSettings | None:
    """Each field on its own, so that one sentence stands beside each wrong one."""
    good: dict[str, Any] = {}
    for field in msgspec.structs.fields(ChatSettings):
        if field.name not in values:
            continue
        try:
            good[field.name] = _READ[field.name](values[field.name]) if field.name in _READ else values[field.name]
            good[field.name] = msgspec.convert(good[field.name], field.type, strict=False)
        except (OriginWrong, HoursWrong) as error:
            wrong[field.name] = error.sentence
        except (msgspec.ValidationError, TypeError, AttributeError):
            wrong[field.name] = _FORMS.get(field.name, say("This value has the wrong form."))
    return None if wrong else ChatSettings(**good)


def _origins(written: Any) -> Any:
    """Each once, in the one spelling in which browsers name it."""
    return tuple(dict.fromkeys(read_origin(one) for one in written if one.strip()))


def _texts(written: Any) -> Any:
    return {language: text.strip() for language, text in written.items() if text.strip()}


def _lower(written: Any) -> Any:
    return written.strip().lower()


def _hours(written: Any) -> Any:
    """As stored; as a form has it, one line for each day; as the command line has it, the whole week in one."""
    if isinstance(written, str):
        return read_week(written)
    return [read_day(one) if isinstance(one, str) else one for one in written]


_READ: dict[str, Callable[[Any], Any]] = {"origins": _origins, "title": _texts, "welcome": _texts, "accent": _lower, "hours": _hours}
_FORMS = {
    "origins": say("Write one web site per line, such as https://www.example.com."),
    "accent": say("Write a colour as # and six digits, such as #0b5cad."),
    "side": say("Choose left or right."),
    "offset_x": say("Write the distance as a number of pixels, such as 20."),
    "offset_y": say("Write the distance as a number of pixels, such as 20."),
    "z": say("Write the layer as a whole number."),
    "theme": say("Choose light, dark, or as the visitor's device says."),
    "ask_name": say("Choose no, optional or required."),
    "ask_email": say("Choose no, optional or required."),
    "files": say("Choose yes or no."),
    "preview": say("Choose yes or no."),
    "hours": say("Write the hours as spans such as 08:00-17:00, for each of the seven days."),
    "closed_days": say("Write one date per line, such as 2026-12-24."),
    "mail_inbox_id": say("Choose a mail inbox of the list."),
    "identify": say("Choose no, optional or required."),
}


def _wrong_looks(settings: ChatSettings) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if len(settings.origins) > ORIGINS:
        wrong["origins"] = say("At most %(most)s web sites are taken. One line with https://*.example.com stands for many.", most=ORIGINS)
    if not is_colour(settings.accent):
        wrong["accent"] = _FORMS["accent"]
    elif not text_on(settings.accent):
        wrong["accent"] = "Neither white nor dark text could be read on this colour. Choose a darker or a lighter one."
    for name, offset in (("offset_x", settings.offset_x), ("offset_y", settings.offset_y)):
        if not 0 <= offset <= 400:
            wrong[name] = "Write a number of pixels from 0 to 400."
    if not 0 <= settings.z <= 2_147_483_647:
        wrong["z"] = "Write a number from 0 to 2147483647."
    return wrong


def _wrong_texts(settings: ChatSettings) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, texts, most in (("title", settings.title, TITLE), ("welcome", settings.welcome, WELCOME)):
        if set(texts) - set(LANGUAGES):
            wrong[name] = "A chat speaks English, Swedish and Polish."
        elif any(len(text) > most for text in texts.values()):
            wrong[name] = say("Write at most %(most)s characters.", most=most)
        elif any(_CONTROL.search(text) or (name == "title" and "\n" in text) for text in texts.values()):
            wrong[name] = "Write plain text, the title on one line."
        elif any(unknown_fields(text, ()) for text in texts.values()):
            wrong[name] = "There are no fields here: write the text as the visitor is to read it."
    return wrong


def _wrong_hours(settings: ChatSettings) -> dict[str, str]:
    wrong = check_hours(hours_of(settings))
    if "hours" not in wrong and settings.hours and not any(settings.hours):
        wrong["hours"] = "With these hours the chat would never be open. Write at least one span, or none to be always open."
    return wrong


def _wrong_identity(settings: ChatSettings, secrets: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if settings.mail_inbox_id < 0:
        wrong["mail_inbox_id"] = _FORMS["mail_inbox_id"]
    if settings.identify != "no" and not secrets.get("identity_key"):
        wrong["identify"] = "Make an identity key first: your own server signs with it who its visitors are."
    if secrets.get("identity_key") and len(secrets["identity_key"]) < 43:
        wrong["identity_key"] = "An identity key has at least 43 characters. Let Sluss make one."
    return wrong
