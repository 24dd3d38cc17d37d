"""The administrator's form of an inbox, told as data. In: `FIELDS` of an adapter's form.py. Out: what every such form does with them.

A field's name is the same on the page, on the command line and where it is stored: secrets are sealed, everything else is a setting.
A network's form.py is then

    FIELDS = (Field(name="page_id", label=say("Page ID"), required=True), Field(name="token", …, kind="secret"), *SHARED)
    FORM = FieldForm(FIELDS)
    DEFAULTS, read_fields, show_fields = FORM.defaults, FORM.read_fields, FORM.show_fields
    rename_faults, presets, read_words = FORM.rename_faults, FORM.presets, FORM.read_words

    def address_of(settings, secrets) -> str:  # the inbox's own address, from what was entered ("facebook-102938")

and its settings.py has `class FacebookSettings(NetworkSettings, frozen=True, kw_only=True)` and a `check_settings` that returns
`checked(FacebookSettings, FIELDS, values, secrets)`, and adds what it knows better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec

from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

FieldKind = Literal["text", "secret", "choice", "number", "check", "textarea", "money", "mail_inbox", "chat_inbox"]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to enter. `label`, `hint` and the labels of `choices` (value, label) are English sentences made by `say`.

    `made`: a secret that Sluss makes itself for a new inbox where nobody enters one, and shows to be pasted at the network where a person
    enters the hook there. `advanced` fields are folded away.
    `money` is written in dollars and stored in millionths of one; `mail_inbox` and `chat_inbox` are chosen among the workspace's, stored
    as ids, 0 for none.
    """

    name: str
    label: str
    hint: str = ""
    kind: FieldKind = "text"
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    default: str = ""
    example: str = ""
    group: Literal["", "advanced"] = ""
    made: bool = False

    @property
    def stored(self) -> Literal["settings", "secret"]:
        return "secret" if self.kind == "secret" else "settings"


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings of every network have. `handle` is what people call the account (`@sluss`, a page's name).

    `api` stands in for the network's own base address. The private inboxes are those by which a public matter may go on in private;
    `daily_cap` is what may be spent on a UTC day, in millionths of a dollar (0: no limit). `own_shapes` says what the company's own numbers
    look like that nobody should show in public (`AAA-999999, XXXXXX`).
    """

    handle: str = ""
    api: str = ""
    private_mail_inbox_id: int = 0
    private_chat_inbox_id: int = 0
    daily_cap: int = 0
    own_shapes: str = ""


HANDLE = Field(
    name="handle",
    label=say("Account’s name"),
    hint=say("As people know it, such as @sluss or the page’s name. It stands on the button of a public answer."),
)
PRIVATE_MAIL = Field(
    name="private_mail_inbox_id",
    label=say("Mail inbox for going private"),
    hint=say("By which a public matter can go on by e-mail."),
    kind="mail_inbox",
)
PRIVATE_CHAT = Field(
    name="private_chat_inbox_id",
    label=say("Chat for going private"),
    hint=say("On which web site’s chat a public matter can go on."),
    kind="chat_inbox",
)
DAILY_CAP = Field(
    name="daily_cap",
    label=say("Most to spend a day, in dollars"),
    hint=say("When it is reached, nothing more is sent until midnight UTC. Empty: no limit."),
    kind="money",
    example="5.00",
)
OWN_SHAPES = Field(
    name="own_shapes",
    label=say("Shapes of your own numbers"),
    hint=say("Booking or customer numbers that nobody should show in public, separated by commas: A is a letter, 9 a digit, X either."),
    example="AAA-999999, XXXXXX",
)
API = Field(
    name="api",
    label=say("Another base address"),
    hint=say("Only for tests against a stand-in. Empty: the network itself."),
    group="advanced",
    example="https://graph.facebook.com",
)
SHARED = (HANDLE, PRIVATE_MAIL, PRIVATE_CHAT, API)
"""For the end of every network's `FIELDS`; `DAILY_CAP` goes before them where the network charges."""

_S = TypeVar("_S", bound=NetworkSettings)

MICROS = 1_000_000
TRUE = frozenset({"true", "on", "1", "yes"})
LONGEST = 10_000


class FieldForm:
    """A form of declared fields, as the registry wants it from a channel's module `form`."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = tuple(fields)
        self.defaults = {one.name: one.default for one in fields if one.stored == "settings"}

    def read_fields(self, fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
        """Settings and secrets of a form as typed; a box that was not ticked is not sent. An empty secret is left as stored."""
        settings = {one.name: _read(one, fields.get(one.name, "")) for one in self.fields if one.stored == "settings"}
        secrets = {one.name: fields[one.name].strip() for one in self.fields if one.stored == "secret" and fields.get(one.name, "").strip()}
        return settings, secrets

    def show_fields(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """Stored settings as the form shows them; secrets never."""
        return {one.name: _shown(one, settings.get(one.name)) for one in self.fields if one.stored == "settings"}

    def rename_faults(self, faults: Mapping[str, str]) -> dict[str, str]:
        """Fields have the same names everywhere; an address is entered by nobody, so what is wrong with it is about the form."""
        found = {name: sentence for name, sentence in faults.items() if name != "address"}
        return found or ({"": faults["address"]} if faults else {})

    def presets(self) -> list[tuple[str, str, str, dict[str, str]]]:
        """A network is its own only provider."""
        return []

    def read_words(self, words: Mapping[str, str]) -> dict[str, Any]:
        """Settings from words of the command line such as `page_id=1029384756`. Raises `Invalid`."""
        known = {one.name: one for one in self.fields if one.stored == "settings"}
        unknown = sorted(set(words) - set(known))
        if unknown:
            names = ", ".join(sorted(known))
            raise Invalid({unknown[0]: say("This inbox has no such setting. It has: %(names)s.", names=names)})
        return {name: _read(known[name], value) for name, value in words.items()}


def checked(kind: type[_S], fields: Sequence[Field], values: Mapping[str, Any], secrets: Mapping[str, str]) -> _S | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do. Values that are no setting of `kind` are left out."""
    wrong = {one.name: say("Fill this in.") for one in fields if one.required and not _has(one, values, secrets)}
    good: dict[str, Any] = {}
    by_name = {one.name: one for one in fields}
    for part in msgspec.structs.fields(kind):
        value = values.get(part.name, "")
        if value in ("", None):
            continue
        try:
            good[part.name] = msgspec.convert(_trimmed(value), part.type, strict=False)
        except msgspec.ValidationError:
            wrong.setdefault(part.name, _form_of(by_name.get(part.name)))
    wrong |= {name: fault for name, fault in _wrong(by_name, good, secrets).items() if name not in wrong}
    return wrong or kind(**good)


def _wrong(fields: Mapping[str, Field], good: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, value in (*good.items(), *secrets.items()):
        if isinstance(value, str) and (len(value) > LONGEST or _CONTROL.search(value)):
            wrong[name] = say("Write this on one line, at most %(most)s characters.", most=LONGEST)
        elif name in fields and fields[name].choices and str(value) not in dict(fields[name].choices):
            wrong[name] = say("Choose one of the list.")
    if good.get("api") and not _is_base(good["api"]):
        wrong["api"] = say("Write an address such as https://graph.facebook.com, without a path.")
    if good.get("daily_cap", 0) < 0:
        wrong["daily_cap"] = _form_of(DAILY_CAP)
    return wrong


def _has(field: Field, values: Mapping[str, Any], secrets: Mapping[str, str]) -> bool:
    found = secrets.get(field.name) if field.stored == "secret" else values.get(field.name)
    return bool(str(found if found is not None else "").strip())


def _form_of(field: Field | None) -> str:
    kinds = {
        "number": say("Write a whole number."),
        "money": say("Write an amount in dollars, such as 5.00."),
        "check": say("Choose yes or no."),
        "choice": say("Choose one of the list."),
        "mail_inbox": say("Choose a mail inbox of the list."),
        "chat_inbox": say("Choose a chat of the list."),
    }
    return kinds.get(field.kind if field else "", say("This value has the wrong form."))


def _read(field: Field, text: str) -> Any:
    typed = text.strip()
    if field.kind == "check":
        return typed.rpartition("\n")[2].lower() in TRUE
    if field.kind == "money" and typed:
        try:
            amount = Decimal(typed.replace(",", "."))
            return int(amount * MICROS) if amount.is_finite() and abs(amount) < MICROS else typed
        except InvalidOperation:
            return typed
    return typed


def _shown(field: Field, value: Any) -> str:
    if value is None or value == "":
        return field.default
    if field.kind == "check":
        return "true" if value else ""
    if field.kind == "money":
        return f"{Decimal(value) / MICROS:.2f}" if value else ""
    return str(value)


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _is_base(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and not parts.query and not parts.fragment and not parts.username


_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
