"""Recurring work on people: forgetting what nobody will ask for again. In: the clock. Out: fewer rows."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.invitations import forget_old_invitations
from sluss.people.letters import forget_old_letters
from sluss.people.links import forget_old_links
from sluss.people.models import sessions
from sluss.people.once import forget_old_forms
from sluss.people.passkeys import forget_old_challenges
from sluss.people.pending import forget_old_pending
from sluss.people.throttle import forget_old_tries


def tidy_people(tx: Tx, who: Actor) -> None:
    """Remove answers to old forms, used links, old failed sign-ins and sessions that have ended."""
    forget_old_forms(tx)
    forget_old_links(tx)
    forget_old_tries(tx)
    forget_old_letters(tx, who)
    forget_old_invitations(tx, who)
    forget_old_pending(tx)
    forget_old_challenges(tx)
    tx.run(sa.delete(sessions).where(sessions.c.expires_at < tx.now))
