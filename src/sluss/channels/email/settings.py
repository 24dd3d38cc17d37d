"""What an administrator says about a mailbox. In: a form or a stored row. Out: `InboxSettings`, or a sentence for each wrong field."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Connection
from sluss.channels.email.reading.headers import fold_address
from sluss.channels.email.reading.understand import Ours
from sluss.channels.oauth.providers import NAMES, provider_named
from sluss.kernel.filling import unknown_fields
from sluss.kernel.words import say

Security = Literal["tls", "starttls", "plain"]
Auth = Literal["password", "google", "microsoft"]


class InboxSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One mailbox. `way_in` says how mail arrives, `auth` with what Sluss signs in: a password, or what a provider gave by consent.

    `folder` is read first and told of by push, `folders` are read beside it; `watch_sent` looks for answers given by other programs.
    Sizes in megabytes; `days_back` counts from the first connection (0: only what is new, -1: everything that is there).

    `sent_copy` puts a copy of each answer into the Sent folder; off where the provider does that itself.
    `signature` stands below each answer and may name `{{agent.name}}`, `{{brand.name}}` and `{{inbox.address}}`; `quote_history` puts
    the customer's message below that; `keep_cc` copies in again whom the customer had copied in.

    `authserv_id` is the name under which the inbox's own server says what it found out about senders; empty: nothing is believed.
    `delivery_tokens` gives each delivery a return address of its own, where the server takes mail to any detail after the separator.
    `confirm` answers a new case by itself, in the customer's language; an empty text is the usual one.
    """

    way_in: Literal["imap", "listener", "http"] = "imap"
    auth: Auth = "password"
    from_name: str = ""
    aliases: tuple[str, ...] = ()
    separator: Literal["+", "-"] = "+"
    user: str = ""
    imap_host: str = ""
    imap_port: int = 993
    imap_security: Security = "tls"
    folder: str = "INBOX"
    folders: tuple[str, ...] = ()
    days_back: int = 0
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Security = "starttls"
    smtp_user: str = ""
    sent_copy: bool = True
    sent_folder: str = ""
    watch_sent: bool = True
    largest_mail: int = 50
    poll_seconds: int = 60
    certificate: str = ""
    signature: str = ""
    quote_history: bool = True
    keep_cc: bool = True
    authserv_id: str = ""
    delivery_tokens: bool = False
    confirm: bool = False
    confirm_en: str = ""
    confirm_sv: str = ""
    confirm_pl: str = ""


CONFIRMATIONS = ("confirm_en", "confirm_sv", "confirm_pl")
CONFIRMATION = 2_000
"""Characters of a confirmation."""


class InboxSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed at rest. `smtp_password` is empty when it is the same; `http_secret` signs mail that a provider posts."""

    password: str = ""
    smtp_password: str = ""
    http_secret: str = ""

    def __repr__(self) -> str:
        return "InboxSecrets(…)"


class Preset(msgspec.Struct, frozen=True):
    """A provider's servers, and what its customers must know."""

    label: str
    values: dict[str, Any]
    note: str = ""


PRESETS: dict[str, Preset] = {
    "gmail": Preset(
        "Gmail, Google Workspace",
        {"auth": "google", "imap_host": "imap.gmail.com", "smtp_host": "smtp.gmail.com", "sent_copy": False},
        say(
            "Connect with Google and Sluss keeps no password. An app password works, too: "
            "turn on 2-step verification, then make one at myaccount.google.com/apppasswords."
        ),
    ),
    "outlook365": Preset(
        say("Microsoft 365, Outlook"),
        {"auth": "microsoft", "imap_host": "outlook.office365.com", "smtp_host": "smtp.office365.com", "sent_copy": False},
        say("Microsoft takes no passwords for IMAP. Connect with Microsoft instead; Sluss keeps no password then."),
    ),
    "fastmail": Preset(
        "Fastmail",
        {"imap_host": "imap.fastmail.com", "smtp_host": "smtp.fastmail.com", "smtp_port": 465, "smtp_security": "tls"},
        say("Fastmail wants an app password: Settings, Privacy & Security, Manage app passwords."),
    ),
    "one.com": Preset("one.com", {"imap_host": "imap.one.com", "smtp_host": "send.one.com", "smtp_port": 465, "smtp_security": "tls"}),
    "loopia": Preset("Loopia", {"imap_host": "mailcluster.loopia.se", "smtp_host": "mailcluster.loopia.se"}),
    "own": Preset("Another or our own server", {}),
}


def settings_of(connection: Connection) -> InboxSettings:
    """The settings of a connected inbox. Raises `msgspec.ValidationError` when the row was not written through `check_settings`."""
    return msgspec.convert(connection.settings, InboxSettings, strict=False)


def folders_of(settings: InboxSettings) -> tuple[str, ...]:
    """Every folder that is read, the first one first."""
    return tuple(dict.fromkeys((settings.folder, *settings.folders)))


def secrets_of(connection: Connection) -> InboxSecrets:
    return msgspec.convert(connection.secrets, InboxSecrets)


def ours_of(connection: Connection) -> Ours:
    """The addresses of an inbox. Never raises: reading a mail must not depend on a form."""
    aliases = connection.settings.get("aliases")
    written: list[Any] = [connection.address, *aliases] if isinstance(aliases, (list, tuple)) else [connection.address]
    found = [fold_address(str(item)) for item in written]
    return Ours(
        tuple(dict.fromkeys(address for address in found if address)),
        authserv_id=str(connection.settings.get("authserv_id") or ""),
        names=tuple(dict.fromkeys((str(connection.settings.get("from_name") or connection.name), connection.address))),
    )


def check_settings(address: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> InboxSettings | dict[str, str]:
    """The settings, or for each wrong field one sentence that says what to do."""
    wrong: dict[str, str] = {}
    if not fold_address(address):
        wrong["address"] = "Write the mailbox's address, such as support@example.com."
    settings = _converted(_with_servers(values), wrong)
    if settings is None:
        return wrong
    wrong |= _wrong_limits(settings) | _wrong_servers(settings) | _wrong_secrets(settings, secrets)
    return wrong or settings


def _with_servers(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who connects at a provider need not write its servers; it keeps what was sent by itself."""
    auth = values.get("auth")
    if auth not in NAMES:
        return values
    provider = provider_named(auth)
    usual = {"imap_host": provider.imap_host, "smtp_host": provider.smtp_host, "sent_copy": False}
    return usual | {name: value for name, value in values.items() if value or name not in usual}


def _converted(values: Mapping[str, Any], wrong: dict[str, str]) -> InboxSettings | None:
    """Each field on its own, so that one sentence stands beside each wrong one."""
    good: dict[str, Any] = {}
    for field in msgspec.structs.fields(InboxSettings):
        if field.name not in values:
            continue
        try:
            good[field.name] = msgspec.convert(_trimmed(values[field.name]), field.type, strict=False)
        except msgspec.ValidationError:
            wrong[field.name] = _FORMS.get(field.name, say("This value has the wrong form."))
    return None if wrong else InboxSettings(**good)


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


_FORMS = {
    "imap_port": say("Write the port as a number, usually 993."),
    "smtp_port": say("Write the port as a number, usually 587 or 465."),
    "imap_security": say("Choose TLS, STARTTLS or none."),
    "smtp_security": say("Choose TLS, STARTTLS or none."),
    "days_back": say("Write the number of days, 0 for new mail only."),
    "largest_mail": say("Write the size in megabytes, such as 50."),
    "separator": say("Choose + or -."),
    "way_in": say("Choose how mail arrives: IMAP, the built-in listener, or HTTP."),
    "aliases": say("Write one address per line."),
    "quote_history": say("Choose yes or no."),
    "keep_cc": say("Choose yes or no."),
    "folders": say("Write one folder per line, at most 50."),
    "auth": say("Choose password, Google or Microsoft."),
}

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _wrong_limits(settings: InboxSettings) -> dict[str, str]:
    checks = {
        "days_back": (-1 <= settings.days_back <= 3650, say("Write a number of days from 0 to 3650.")),
        "largest_mail": (1 <= settings.largest_mail <= 150, say("Write a size from 1 to 150 megabytes.")),
        "poll_seconds": (10 <= settings.poll_seconds <= 540, say("Write a number of seconds from 10 to 540.")),
        "aliases": (all(fold_address(item) for item in settings.aliases), say("Each alias must be a mail address.")),
        "from_name": (not _CONTROL.search(settings.from_name), say("The name must be on one line.")),
        "folder": (bool(settings.folder) and not _CONTROL.search(settings.folder), say("Write the folder's name, usually INBOX.")),
        "folders": (
            len(settings.folders) <= 50 and all(one and not _CONTROL.search(one) for one in settings.folders),
            say("Write one folder per line, at most 50."),
        ),
        "sent_folder": (not _CONTROL.search(settings.sent_folder), say("Write the folder's name, or leave it empty to find it.")),
        "signature": _signature_holds(settings.signature),
        "authserv_id": (not re.search(r"[\s;]", settings.authserv_id), say("Write the server's name alone, such as mx.example.com.")),
        **{name: (len(getattr(settings, name)) <= CONFIRMATION, say("Write at most 2,000 characters.")) for name in CONFIRMATIONS},
        "certificate": (_is_certificate(settings.certificate), say("Paste a certificate that begins with -----BEGIN CERTIFICATE-----.")),
    }
    return {name: sentence for name, (holds, sentence) in checks.items() if not holds}


SIGNATURE = 4_000
SIGNATURE_FIELDS = ("agent.name", "brand.name", "inbox.address")


def _signature_holds(signature: str) -> tuple[bool, str]:
    if len(signature) > SIGNATURE:
        return False, say("A signature has at most %(most)s characters.", most=SIGNATURE)
    unknown = unknown_fields(signature, SIGNATURE_FIELDS)
    named = ", ".join(f"{{{{{name}}}}}" for name in SIGNATURE_FIELDS)
    return not unknown, say("%(field)s is no field. There are %(fields)s.", field=unknown[0] if unknown else "", fields=named)


def _is_certificate(pem: str) -> bool:
    if not pem:
        return True
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _wrong_servers(settings: InboxSettings) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if settings.way_in == "imap" and not _HOST.fullmatch(settings.imap_host):
        wrong["imap_host"] = "Write the name of the incoming server, such as imap.example.com."
    if not _HOST.fullmatch(settings.smtp_host):
        wrong["smtp_host"] = "Write the name of the outgoing server, such as smtp.example.com."
    for name, port in (("imap_port", settings.imap_port), ("smtp_port", settings.smtp_port)):
        if not 1 <= port <= 65535:
            wrong[name] = "Write a port from 1 to 65535."
    return _wrong_for_tokens(settings) | wrong


def _wrong_for_tokens(settings: InboxSettings) -> dict[str, str]:
    """What a provider gave is for its own servers alone (T81)."""
    if settings.auth == "password":
        return {}
    provider = provider_named(settings.auth)
    used = {"smtp_host": settings.smtp_host} | ({"imap_host": settings.imap_host} if settings.way_in == "imap" else {})
    sentence = say("Sluss connects with %(provider)s at its own servers only; leave this empty.", provider=provider.label)
    return {name: sentence for name, host in used.items() if host.lower() not in provider.mail_hosts}


def _wrong_secrets(settings: InboxSettings, secrets: Mapping[str, str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    by_password = settings.auth == "password"
    if by_password and settings.way_in == "imap" and not settings.user:
        wrong["user"] = "Write the user name of the mailbox, often its address."
    if by_password and settings.user and not secrets.get("password"):
        wrong["password"] = "Write the password, at many providers an app password."  # noqa: S105 - a sentence, not a password
    if settings.way_in == "http" and len(secrets.get("http_secret", "")) < 16:
        wrong["http_secret"] = "Write a secret of at least 16 characters; the sender signs with it."  # noqa: S105 - a sentence
    return wrong
