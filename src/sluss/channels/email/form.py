"""The administrator's form of a mailbox.

In: fields by the names they have on the page. Out: settings and secrets, and back; faults by the page's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.email.settings import PRESETS
from sluss.channels.oauth.providers import NAMES, provider_named

SETTINGS = {
    "auth": "auth",
    "sender_name": "from_name",
    "imap_host": "imap_host",
    "imap_port": "imap_port",
    "imap_security": "imap_security",
    "imap_username": "user",
    "imap_folder": "folder",
    "watch_sent": "watch_sent",
    "sent_folder": "sent_folder",
    "largest_mail": "largest_mail",
    "smtp_host": "smtp_host",
    "smtp_port": "smtp_port",
    "smtp_security": "smtp_security",
    "smtp_username": "smtp_user",
    "signature": "signature",
    "quote_history": "quote_history",
    "keep_cc": "keep_cc",
    "authserv_id": "authserv_id",
    "delivery_tokens": "delivery_tokens",
    "confirm": "confirm",
    "confirm_en": "confirm_en",
    "confirm_sv": "confirm_sv",
    "confirm_pl": "confirm_pl",
}
"""Name on the page, and in the stored settings."""

FOLDERS = "imap_folders"
"""More folders to be read: a line for each."""

FLAGS = ("watch_sent", "quote_history", "keep_cc")
"""Chosen as `true` or `false`; on where nobody chose."""

OFF = ("delivery_tokens", "confirm")
"""The same, off where nobody chose."""

SECRETS = {"imap_password": "password", "smtp_password": "smtp_password", "http_secret": "http_secret"}
WAYS = {"imap": "imap", "lmtp": "listener", "http": "http"}
DEFAULTS = {
    "ways": "imap",
    "auth": "password",
    "imap_port": "993",
    "imap_security": "tls",
    "imap_folder": "INBOX",
    "smtp_port": "587",
    "smtp_security": "starttls",
}
HISTORY_DAYS = "90"
"""Offered to whoever brings in the last days."""


def read_fields(fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets as `check_settings` takes them. What is empty is left to its default."""
    given = {name: value.strip() for name, value in fields.items()}
    settings: dict[str, Any] = {stored: given[name] for name, stored in SETTINGS.items() if given.get(name)}
    settings["folders"] = [line.strip() for line in given.get(FOLDERS, "").splitlines() if line.strip()]
    settings["days_back"] = {"all": -1, "days": given.get("history_days", "")}.get(given.get("history", "new"), 0)
    settings["way_in"] = WAYS.get(given.get("ways", "imap"), given.get("ways"))
    if settings.get("auth") in NAMES:
        settings = _without_servers(settings)
    return settings, {stored: fields[name] for name, stored in SECRETS.items() if fields.get(name)}


def _without_servers(settings: dict[str, Any]) -> dict[str, Any]:
    """Who connects at a provider is not asked for servers: what the hidden fields still hold does not count."""
    kept = dict(settings)
    for way in ("imap", "smtp"):
        if kept.get(f"{way}_host", "").lower() not in provider_named(settings["auth"]).mail_hosts:
            for part in ("host", "port", "security"):
                kept.pop(f"{way}_{part}", None)
    return kept


def show_fields(settings: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of stored settings; secrets never."""
    back = {stored: name for name, stored in WAYS.items()}
    shown = {name: str(settings.get(stored, "") or "") for name, stored in SETTINGS.items()}
    shown |= {name: "false" if settings.get(SETTINGS[name]) is False else "true" for name in FLAGS}
    shown |= {name: "true" if settings.get(SETTINGS[name]) is True else "false" for name in OFF}
    shown["auth"] = shown["auth"] or DEFAULTS["auth"]
    days = int(settings.get("days_back") or 0)
    shown |= {FOLDERS: "\n".join(settings.get("folders") or ()), "history": "all" if days < 0 else "days" if days else "new"}
    shown["history_days"] = str(days) if days > 0 else HISTORY_DAYS
    return shown | {"ways": back.get(str(settings.get("way_in", "imap")), "imap")}


def rename_faults(faults: Mapping[str, str]) -> dict[str, str]:
    """Faults of settings under the names the page uses."""
    back = {stored: name for name, stored in (*SETTINGS.items(), *SECRETS.items())} | {
        "way_in": "ways",
        "folders": FOLDERS,
        "days_back": "history_days",
    }
    return {back.get(name, name): sentence for name, sentence in faults.items()}


def presets() -> list[tuple[str, str, str, dict[str, str]]]:
    """Known providers: key, label, what must be done there first, and the fields they fill."""
    return [(key, one.label, one.note, DEFAULTS | show_fields({"way_in": "imap", **_full(one.values)})) for key, one in PRESETS.items()]


def read_words(words: Mapping[str, str]) -> dict[str, Any]:
    """The command line speaks of settings by the names under which they are stored."""
    return dict(words)


def _full(values: Mapping[str, Any]) -> dict[str, Any]:
    base = {"imap_port": 993, "imap_security": "tls", "folder": "INBOX", "smtp_port": 587, "smtp_security": "starttls"}
    return base | dict(values)
