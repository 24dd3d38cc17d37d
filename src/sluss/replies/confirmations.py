"""Confirming by itself that a message has come.

In: a case that was opened. Out: at most one message through the outbox, which says nothing that the customer wrote and is no answer: the
clock runs on. Whoever lets us write to a stranger reaches that one three times a day at most, with words of our own (T49).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.actions import OutgoingMessage, record_outbound
from sluss.cases.events import CaseOpened
from sluss.cases.models import conversations, messages
from sluss.channels.addressing import fold_address, new_external_id, plain_address
from sluss.channels.contract import Address
from sluss.channels.inboxes import Inbox, access_inbox, own_addresses
from sluss.contacts.models import identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY
from sluss.kernel.events import Recorded
from sluss.kernel.filling import fill
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import workspaces
from sluss.language.guess import guess_language
from sluss.outbox.actions import Queued, queue_deliveries
from sluss.replies.models import automatic_answers
from sluss.replies.recipients import can_be_written_to

CONFIRMATION = "confirmation"
LANGUAGES = ("en", "sv", "pl")
PER_ADDRESS = 3
"""Automatic answers that one address is sent within a day, by all inboxes together."""
DOUBTFUL = frozenset({"proof-failed", "several-from", "unclear-from", "claims-our-address", "claims-to-continue", "lookalike"})

SUBJECTS = {
    "en": "We have received your message (#{{case.number}})",
    "sv": "Vi har tagit emot ditt meddelande (#{{case.number}})",
    "pl": "Otrzymaliśmy Twoją wiadomość (#{{case.number}})",
}
TEXTS = {
    "en": (
        "Hello!\n\nWe have received your message and will answer as soon as we can. Its number is #{{case.number}}.\n\n"
        "If you want to add something, answer this mail.\n\n{{inbox.name}}"
    ),
    "sv": (
        "Hej!\n\nVi har tagit emot ditt meddelande och svarar så snart vi kan. Det har nummer #{{case.number}}.\n\n"
        "Vill du lägga till något, så svara på det här mejlet.\n\n{{inbox.name}}"
    ),
    "pl": (
        "Dzień dobry!\n\nOtrzymaliśmy Twoją wiadomość i odpowiemy najszybciej, jak to możliwe. Ma numer #{{case.number}}.\n\n"
        "Jeśli chcesz coś dodać, odpowiedz na tę wiadomość.\n\n{{inbox.name}}"
    ),
}


def confirm_case(tx: Tx, recorded: Recorded) -> None:
    """Tell the customer that the message has come, where the inbox wants it and nothing speaks against it."""
    if not isinstance(recorded.event, CaseOpened):
        return
    who = system(recorded.workspace_id)
    case = access_case(tx, who, recorded.event.case_id)
    inbox = access_inbox(tx, who, case.inbox_id)
    if not inbox.settings.get("confirm") or not inbox.enabled or inbox.archived_at is not None:
        return
    first = _first_message(tx, case)
    if first is None or not _may_be_answered(tx, who, case, first):
        return
    address = fold_address(first.return_path or first.address)
    if not _within_limits(tx, who, inbox.id, case.id, {address, first.address}):
        return
    language = guess_language(f"{first.subject}\n{first.fresh}") or _usual_language(tx, who)
    _send(tx, who, case, (inbox, first, language), address)


def confirmation(settings: Mapping[str, Any], language: str, number: int, name: str) -> tuple[str, str]:
    """Subject and text as they leave; only we have written them."""
    values = {"case.number": str(number), "inbox.name": name}
    written = str(settings.get(f"confirm_{language}") or "").strip() or TEXTS[language]
    return fill(SUBJECTS[language], values), fill(written, values)


def _first_message(tx: Tx, case: CaseRow) -> sa.Row[Any] | None:
    """The one that opened the case; None when one of us wrote first."""
    m, v, i = messages.c, conversations.c, identities.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.outerjoin(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    columns = (m.id, m.direction, m.at, m.subject, m.fresh, m.automatic, m.proof, m.warnings, m.return_path, m.conversation_id)
    chosen = sa.select(*columns, v.thread_id, i.address).select_from(joined)
    rows = tx.rows(chosen.where(v.workspace_id == case.workspace_id, v.case_id == case.id).order_by(m.id + 0).limit(1))
    return rows[0] if rows and rows[0].direction == "in" else None


def _may_be_answered(tx: Tx, who: Actor, case: CaseRow, first: sa.Row[Any]) -> bool:
    """No machine, nobody whose name was taken in vain, none of ours, and nothing from long ago."""
    if case.status == "spam" or first.automatic or first.proof == "fail" or DOUBTFUL & set(first.warnings):
        return False
    if first.at < tx.now - DAY or not can_be_written_to(first.address):
        return False
    own = own_addresses(tx, who)
    return plain_address(first.address) not in own and plain_address(first.return_path) not in own


def _within_limits(tx: Tx, who: Actor, inbox_id: int, case_id: int, addresses: set[str]) -> bool:
    """One for each case, one a day by each inbox, and few by all together."""
    c = automatic_answers.c
    if tx.row(sa.select(c.case_id).where(c.workspace_id == who.workspace_id, c.case_id == case_id)) is not None:
        return False
    today = (c.workspace_id == who.workspace_id) & c.address.in_(addresses) & (c.at > tx.now - DAY)
    sent = [row.inbox_id for row in tx.rows(sa.select(c.inbox_id).where(today))]
    return inbox_id not in sent and len(sent) < PER_ADDRESS


def _usual_language(tx: Tx, who: Actor) -> str:
    language = str(tx.value(sa.select(workspaces.c.language).where(workspaces.c.id == who.workspace_id)))
    return language if language in LANGUAGES else "en"


def _send(tx: Tx, who: Actor, case: CaseRow, what: tuple[Inbox, sa.Row[Any], str], address: str) -> None:
    inbox, first, language = what
    name = str(inbox.settings.get("from_name") or inbox.name)
    subject, text = confirmation(inbox.settings, language, case.number, name)
    to = Address(address)
    outgoing = OutgoingMessage(
        case_id=case.id,
        conversation_id=first.conversation_id,
        thread_id=first.thread_id,
        external_id=new_external_id(inbox.address),
        subject=subject,
        text=text,
        to=(to,),
        automatic=CONFIRMATION,
        author=name,
    )
    message_id = record_outbound(tx, who, outgoing)
    queued = Queued(inbox_id=inbox.id, thread_id=first.thread_id, message_id=message_id, recipients=(to,), due_at=tx.now)
    queue_deliveries(tx, who, queued)
    row = {"workspace_id": who.workspace_id, "case_id": case.id, "inbox_id": inbox.id, "address": address, "at": tx.now}
    tx.run(sa.insert(automatic_answers), row)
