"""The contract between the pages of privacy and whoever fills them. Pure data; instants are µs UTC, ids strings.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /settings/privacy?q= | settings/privacy.html `screen=Privacy` | |
| POST /settings/privacy/rules | 303 back, or the page again | `read_months`, `two_admins` = 1 |
| GET /settings/privacy/contacts/{contact_id}?after= | settings/privacy_contact.html `screen=ContactPage` | |
| POST …/hold | 303 back | `reason`; empty lets go |
| POST …/export | 303 back | `notes` = 1 |
| GET, POST …/erase | settings/privacy_erase.html `screen=ErasePage` | `mode`, `typed` |
| POST /settings/privacy/erasures/{erasure_id}/approve, …/cancel | 303 back | |
| POST /settings/privacy/exports/{export_id}/take | the zip | |
| POST /settings/privacy/exports/{export_id}/drop | 303 back | |
| GET, POST /settings/privacy/inboxes/{inbox_id} | settings/privacy_inbox.html `screen=KeepingPage` | `case_days`, `spam_days`, `file_days`, `raw_days`; `look` = 1 only counts |
| GET /settings/privacy/register, …/register/table | settings/privacy_register.html `screen=Register`; the same as CSV | |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.contacts.proof import Level
from sluss.web.shell import Form


class FoundContact(msgspec.Struct, frozen=True, kw_only=True):
    """A contact that was searched for."""

    id: str
    name: str
    addresses: tuple[str, ...] = ()


class ErasureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure. `percent` says how many of its phases are over; `figures` are its proof. `contact` is empty once it is gone."""

    id: str
    contact_id: str
    contact: str
    state: Literal["asked", "waiting", "running", "done", "cancelled"]
    erases: bool
    asked_by: str
    asked_at: int
    starts_at: int
    ended_at: int | None = None
    percent: int = 0
    figures: str = ""
    mine: bool = False


class ExportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One export: being packed, ready to be taken by whoever asked, taken, or failed."""

    id: str
    state: Literal["asked", "ready", "taken", "failed"]
    asked_by: str
    at: int
    expires_at: int
    size: int
    notes: bool
    mine: bool


class KeepingLine(msgspec.Struct, frozen=True, kw_only=True):
    """How long one inbox keeps what; a sentence for each, or that it keeps all."""

    inbox_id: str
    inbox: str
    rules: tuple[str, ...] = ()


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One day's run of what was kept long enough."""

    at: int
    figures: str


class Privacy(msgspec.Struct, frozen=True, kw_only=True):
    """The first page: search, orders, how long things are kept."""

    query: str = ""
    found: tuple[FoundContact, ...] = ()
    erasures: tuple[ErasureLine, ...] = ()
    keeping: tuple[KeepingLine, ...] = ()
    runs: tuple[RunLine, ...] = ()
    rules: Form = Form()


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """An address of a contact, and how certain it is that it is theirs. `made`: nothing that one writes to, but a visitor of a web site."""

    channel: str
    address: str
    level: Level
    verified_by: str = ""
    made: bool = False


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How much hangs on a contact."""

    cases: int
    messages: int
    elsewhere: int
    notes: int
    files: int
    size: int
    pending: int
    exports: int


class ReadLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody opened something: first and last time within ten minutes."""

    agent: str
    what: str
    href: str
    at: int
    last_at: int
    times: int


class ContactPage(msgspec.Struct, frozen=True, kw_only=True):
    """One contact: what is kept, what was ordered, who looked."""

    id: str
    name: str
    first_seen: int
    addresses: tuple[Proven, ...]
    figures: Figures
    held: str = ""
    exports: tuple[ExportLine, ...] = ()
    erasure: ErasureLine | None = None
    reads: tuple[ReadLine, ...] = ()
    after: str = ""


class ErasePage(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure would do, and its form."""

    id: str
    name: str
    addresses: tuple[Proven, ...]
    figures: Figures
    two_admins: bool
    held: str = ""
    form: Form = Form()


class DueFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What would go now."""

    cases: int
    spam: int
    files: int
    raw: int


class KeepingPage(msgspec.Struct, frozen=True, kw_only=True):
    """How long one inbox keeps things. `due` is set when it was asked what would go."""

    inbox_id: str
    inbox: str
    form: Form
    due: DueFigures | None = None


class RegisterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One processing: a name and lines of label and value."""

    name: str
    lines: tuple[tuple[str, str], ...]


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The register of processing (Art. 30), made from how the inboxes are set."""

    controller: str
    at: int
    entries: tuple[RegisterEntry, ...] = ()
