"""What an answer quotes: the message of the customer's that it answers, and nothing else. In: a conversation. Out: text and HTML below it.

Only a message that came in can be quoted, so that no note and no word to a third person is ever sent on.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from sluss.cases.models import conversations, messages
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.text_html import html_of_text
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.web.formats import moment
from sluss.web.locale import LOCALES, Voice, speaking
from sluss.web.locale import gettext as _

LONGEST = 8_000
MOST_LINES = 120


def quoted_message(tx: Tx, who: Actor, conversation_id: int) -> tuple[str, str] | None:
    """The newest message that came into a conversation, as text with `>` and as HTML. None where there is nothing to quote."""
    row = _newest(tx, who, conversation_id)
    said = _trimmed(clean_text((row.fresh or row.text) if row is not None else ""))
    if row is None or not said:
        return None
    intro = _intro(tx, who, row)
    below = html_of_text(said)
    style = "margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex"
    text = "\n".join(f"> {line}".rstrip() for line in said.split("\n"))
    return f"{intro}\n{text}", f'{html_of_text(intro)}\n<blockquote style="{style}">\n{below}\n</blockquote>'


def voice_for(tx: Tx, who: Actor, language: str) -> Voice:
    """How a customer is spoken to: in their language where we speak it, else in the workspace's."""
    workspace = get_workspace(tx, who.workspace_id)
    spoken = next((one for one in (language[:2], workspace.language) if one in LOCALES), "en")
    return Voice(spoken, workspace.time_zone)


def _newest(tx: Tx, who: Actor, conversation_id: int) -> sa.Row[Any] | None:
    m, v, i, c = messages.c, conversations.c, identities.c, contacts.c
    joined = messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
    joined = joined.join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    joined = joined.join(contacts, (c.workspace_id == i.workspace_id) & (c.id == i.contact_id))
    chosen = sa.select(m.fresh, m.text, m.at, i.name, i.address, c.language).select_from(joined)
    here = (m.workspace_id == who.workspace_id) & (m.conversation_id == conversation_id) & ~v.aside
    spoken = (m.direction == "in") & (m.automatic == "")
    return tx.row(chosen.where(here, spoken).order_by((m.id + 0).desc()).limit(1))


def _intro(tx: Tx, who: Actor, row: sa.Row[Any]) -> str:
    with speaking(voice_for(tx, who, row.language)):
        return _("On %(date)s, %(name)s wrote:") % {"date": moment(row.at), "name": clean_line(row.name or row.address)}


def _trimmed(said: str) -> str:
    """Its beginning: what it quotes itself, and what runs on for ever, is known to who wrote it."""
    lines = [line.rstrip() for line in said.strip()[:LONGEST].split("\n")]
    kept = [line for line in lines if not line.startswith(">")][:MOST_LINES]
    cut = len(said.strip()) > LONGEST or len(lines) > MOST_LINES
    return "\n".join([*kept, "…"] if cut else kept).strip()
