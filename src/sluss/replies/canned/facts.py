"""What a canned answer may say of a case. In: a case, who answers, a language. Out: values of the fields, the customer's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import sqlalchemy as sa
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta

from sluss.cases.access import CaseRow
from sluss.cases.models import messages
from sluss.channels.handles import is_handle, is_made_up
from sluss.channels.inboxes import access_inbox
from sluss.contacts.models import contacts
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import Workspace, brands, get_workspace
from sluss.language.guess import guess_language
from sluss.replies.canned.filling import first_name
from sluss.replies.targets import in_case, target_of

LOOKED_AT = 3
"""Newest messages of the customer's by which the language is guessed."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a case, in no language yet. `language` is the customer's, as far as it can be told; `usual` the company's."""

    name: str
    address: str
    number: int
    subject: str
    waited: int
    agent: str
    inbox: str
    inbox_address: str
    workspace: str
    brand: str
    now: datetime
    language: str = ""
    usual: str = "en"

    def values(self, language: str) -> dict[str, str]:
        """The values of all fields, dates and spans told in a language."""
        locale = _locale(language)
        return {
            "contact.name": self.name,
            "contact.first_name": first_name(self.name),
            "contact.email": self.address,
            "case.number": str(self.number) if self.number else "",
            "case.subject": self.subject,
            "case.waiting": format_timedelta(timedelta(seconds=self.waited), locale=locale) if self.waited else "",
            "agent.name": self.agent,
            "agent.first_name": first_name(self.agent),
            "inbox.name": self.inbox,
            "inbox.address": self.inbox_address,
            "workspace.name": self.workspace,
            "brand.name": self.brand,
            "date.today": format_date(self.now, "long", locale=locale),
            "date.tomorrow": format_date(self.now + timedelta(days=1), "long", locale=locale),
            "time.now": format_time(self.now, "HH:mm", locale=locale),
        }


def facts_of(tx: Tx, who: Actor, case: CaseRow) -> Facts:
    """What is known of a case that the actor may see."""
    workspace = get_workspace(tx, who.workspace_id)
    inbox = access_inbox(tx, system(who.workspace_id), case.inbox_id)
    brand = tx.value(sa.select(brands.c.name).where(brands.c.workspace_id == who.workspace_id, brands.c.id == inbox.brand_id))
    name, address, language = _customer(tx, who, case)
    return Facts(
        name=name,
        address=address,
        number=case.number,
        subject=case.subject,
        waited=(tx.now - case.waiting_since) // SECOND if case.waiting_since is not None else 0,
        agent=who.name,
        inbox=inbox.name,
        inbox_address=inbox.address,
        workspace=workspace.name,
        brand=str(brand or ""),
        now=datetime.fromtimestamp(tx.now / SECOND, _zone(workspace)),
        language=_spoken(tx, case) or language,
        usual=workspace.language,
    )


def sample_facts(tx: Tx, who: Actor) -> Facts:
    """A made-up customer, to see how a text will read."""
    workspace = get_workspace(tx, who.workspace_id)
    return Facts(
        name="Åsa Lindqvist",
        address="asa.lindqvist@example.com",
        number=10482,
        subject="Sen väska",
        waited=2 * 3600,
        agent=who.name,
        inbox=workspace.name,
        inbox_address="help@example.com",
        workspace=workspace.name,
        brand=workspace.name,
        now=datetime.fromtimestamp(tx.now / SECOND, _zone(workspace)),
        usual=workspace.language,
    )


def _customer(tx: Tx, who: Actor, case: CaseRow) -> tuple[str, str, str]:
    c = contacts.c
    known = tx.row(sa.select(c.name, c.language).where(c.workspace_id == case.workspace_id, c.id == case.contact_id))
    name, language = (known.name, known.language) if known is not None else ("", "")
    try:
        to = target_of(tx, who, case.id).to
    except Missing:
        return name, "", language
    named = to.name or name
    return "" if is_made_up(named, to.address) else named, "" if is_handle(to.address) else to.address, language


def _spoken(tx: Tx, case: CaseRow) -> str:
    """What the customer last wrote in, if it can be told."""
    c = messages.c
    said = sa.select(sa.func.substr(c.fresh, 1, 2000).label("text")).where(in_case(case.workspace_id, case.id), c.direction == "in")
    newest = tx.rows(said.where(c.automatic == "").order_by((c.id + 0).desc()).limit(LOOKED_AT))
    return next(filter(None, (guess_language(row.text) for row in newest)), "")


def _locale(language: str) -> Locale:
    try:
        return Locale.parse("en_GB" if language == "en" else language, sep="-" if "-" in language else "_")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def _zone(workspace: Workspace) -> ZoneInfo:
    try:
        return ZoneInfo(workspace.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
