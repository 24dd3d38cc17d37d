"""Proof that is fresh: what matters most wants whoever acts to have shown within ten minutes who they are.

In: a session. Out: nothing, or a page in place of the answer that asks for the password or a passkey, and then goes on where one was.

    async def new_token(asked: Asked, session: Session) -> ...:
        await require_fresh(asked, session)

Call it before anything else, for the page with the form as well as for the form; what was typed is kept and sent again after the proof.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from sluss.kernel.clock import MINUTE
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.factor_screens import Fresh, Resume
from sluss.people.models import credentials
from sluss.people.passkeys import Asking, ask_for
from sluss.people.sessions import Session
from sluss.web.edge import SAFE, Asked
from sluss.web.troubles import Detour

LASTS = 10 * MINUTE
PATH = "/me/fresh"
LONGEST_KEPT = 200_000
NOT_KEPT = frozenset({"csrf"})

WHO_ARE_YOU = say("Please show once more that it is you.")


def is_fresh(session: Session, now: int) -> bool:
    """Whether the agent has proved who they are within the last ten minutes, by signing in or here."""
    return session.fresh_at is not None and now - session.fresh_at < LASTS


async def require_fresh(asked: Asked, session: Session) -> None:
    """Return if the proof is fresh; else raise what shows the page that asks for it. Programs are told 403."""
    if is_fresh(session, asked.edge.db.clock()):
        return
    reading = asked.request.method in SAFE
    path = asked.path if reading else await asked.field("back")
    screen = await fresh_screen(asked, session, path, "" if reading else await _kept(asked))
    raise Detour(WHO_ARE_YOU, f"{PATH}?{urlencode({'next': path})}", "people/fresh.html", screen)


async def fresh_screen(asked: Asked, session: Session, onward: str, kept: str = "") -> Fresh:
    """The page that asks for the proof."""
    has_password = await asked.edge.db.read(_has_password, session.credential_id)
    passkey = await ask_for(asked, Asking("fresh", str(session.id), session.credential_id))
    return Fresh(email=session.email, next=onward, kept=kept, has_password=has_password, passkey=passkey)


async def _kept(asked: Asked) -> str:
    """The text fields of a form, to be sent again; files have to be chosen anew, and what is very long typed anew."""
    items = (await asked.request.form()).multi_items()
    fields = tuple((name, value) for name, value in items if isinstance(value, str) and name not in NOT_KEPT)
    kept = msgspec.json.encode(Resume(action=asked.path, fields=fields)).decode()
    return kept if len(kept) <= LONGEST_KEPT else ""


def _has_password(tx: Tx, credential_id: int) -> bool:
    return bool(tx.value(sa.select(credentials.c.password_hash).where(credentials.c.id == credential_id)))
