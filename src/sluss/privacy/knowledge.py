"""What agents and other systems know of a contact, beside what was said. In: a contact that goes. Out: fewer rows."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cards.models import card_answers, pushed_cards
from sluss.contacts.models import attribute_values, consents, contact_notes
from sluss.kernel.tx import Tx
from sluss.privacy.reach import Order

KNOWLEDGE = (contact_notes, attribute_values, consents, card_answers, pushed_cards)


def forget_knowledge(tx: Tx, order: Order, contact_id: int) -> None:
    """Remove it, also where a contact without a name stays for the statistics."""
    for table in KNOWLEDGE:
        theirs = (table.c.workspace_id == order.who.workspace_id) & (table.c.contact_id == contact_id)
        order.tally[table.name] += tx.run(sa.delete(table).where(theirs)).rowcount
