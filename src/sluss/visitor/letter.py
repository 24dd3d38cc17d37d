"""The mail that takes a chat's answers along. In: unread answers of one case, and who they are for. Out: one delivery, queued.

Words and signature are the agent's, as in any mail of the inbox. What the visitor asked is quoted only to an address that is proven theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.cases.indexing import index_case
from sluss.cases.ways import Way, open_way
from sluss.channels.addressing import fold_address, new_external_id
from sluss.channels.contract import Address
from sluss.channels.inboxes import Inbox
from sluss.contacts.identities import add_identity
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.text import clean_line
from sluss.kernel.text_html import html_of_text
from sluss.kernel.tx import Tx
from sluss.merging.hanging import share
from sluss.outbox.actions import OtherForm, Queued, queue_otherwise
from sluss.people.models import agents
from sluss.replies.forming import Letter, letter_of
from sluss.replies.quoting import quoted_message, voice_for
from sluss.replies.signatures import signature_of, values_of
from sluss.web.locale import gettext as _
from sluss.web.locale import speaking


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """A visitor who is gone, or soon will be. `seen_at` is how far they have read; instants in microseconds UTC."""

    email: str
    proven: bool
    name: str
    locale: str
    zone: str
    online_until: int
    seen_at: int


class Said(msgspec.Struct, frozen=True):
    """An answer of ours in a chat."""

    id: int
    case_id: int
    conversation_id: int
    at: int
    text: str
    agent_id: int | None
    author: str


def send_letter(tx: Tx, who: Actor, mail: Inbox, case: CaseRow, what: tuple[Away, Sequence[Said]]) -> int:
    """Queue one mail with answers of a case, by a mail inbox. Returns the operation."""
    away, answers = what
    address = fold_address(away.email)
    name = clean_line(away.name) if away.proven else ""
    if away.proven:
        _add_to_customer(tx, who, case, address)
    to = Address(address, name if name != address else "")
    thread_id = open_way(tx, who, case, Way(mail.id, mail.channel, to))
    share(tx, who, case)
    index_case(tx, who, case.id)
    letter, subject = _letter(tx, who, mail, away, answers)
    form = OtherForm(external_id=new_external_id(mail.address), subject=subject, text=letter.text, html=letter.html)
    queued = Queued(inbox_id=mail.id, thread_id=thread_id, message_id=answers[-1].id, recipients=(to,), due_at=tx.now)
    return queue_otherwise(tx, who, queued, form, [one.id for one in answers])


def _add_to_customer(tx: Tx, who: Actor, case: CaseRow, address: str) -> None:
    """A proven address is the customer's own, unless it leads to somebody already: then a person decides whether those two are one."""
    with suppress(Invalid, Conflict):
        add_identity(tx, who, case.contact_id, address)


def _letter(tx: Tx, who: Actor, mail: Inbox, away: Away, answers: Sequence[Said]) -> tuple[Letter, str]:
    voice = voice_for(tx, who, away.locale)
    values = values_of(tx, who, mail.brand_id, mail.address)
    brand = clean_line(values["brand.name"]) or mail.name
    with speaking(msgspec.structs.replace(voice, zone=away.zone or voice.zone)):
        subject = _("Your chat with %(brand)s") % {"brand": brand}
        told = _("You had left the chat before this was answered. To go on, answer this mail.")
        stray = "" if away.proven else _("If you did not write to us, somebody mistook your address for theirs: do nothing.")
    below = "\n".join(one for one in (told, stray) if one)
    words = "\n\n".join(one.text.strip("\n") for one in answers if one.text.strip())
    signature = signature_of(tx, _in_the_name_of(tx, who, answers[-1]), mail)
    quoted = quoted_message(tx, who, answers[-1].conversation_id) if away.proven and mail.settings.get("quote_history", True) else None
    texts, pages = [below, *(quoted[:1] if quoted else ())], [html_of_text(below), *(quoted[1:] if quoted else ())]
    return letter_of(words, {}, signature, ("\n\n".join(texts), "\n<br>\n".join(pages))), subject


def _in_the_name_of(tx: Tx, who: Actor, answer: Said) -> Actor:
    """Whose signature it bears: the agent of the last answer, also one who has left since."""
    name = tx.value(sa.select(agents.c.name).where(agents.c.workspace_id == who.workspace_id, agents.c.id == (answer.agent_id or 0)))
    return msgspec.structs.replace(who, name=str(name or answer.author))
