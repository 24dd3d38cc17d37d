"""Chats of the cast: a chat that Stockholm answers, and who sits at its other end. In: a database and the cast. Out: cases, visitors."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.audience import actor_of
from sluss.cases.models import conversations, messages
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.models import inboxes
from sluss.channels.visitors import Mark, Newcomer, Page, find_or_make_visitor, write_marks
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from tests.world import World

SITE = "https://www.norrsken.example"
PAGE = Page(f"{SITE}/bagage", "Bagage", f"{SITE}/", "Europe/Warsaw", "pl")


class Chats:
    """`case = chats.says(visitor, "Hej!")`; `chats.marks(visitor, typing="Jag undrar")`; `chats.who("johan")` sees the chat, too."""

    def __init__(self, db: Database, world: World, clock: TestClock, folder: Path) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.us = system(world.norrsken.id)
        self._numbers = count(1)
        settings: dict[str, Any] = {"origins": [SITE], "preview": True}
        team_id = world.norrsken.teams["stockholm"]
        given = InboxFields(name="Webbchatt", address="chat-norrsken00000001", settings=settings, secrets={}, team_ids=(team_id,))
        self.inbox_id = db.write_now(create_inbox, self.us, Sealer.of(folder), "webchat", given)

    def who(self, key: str) -> Actor:
        """Somebody as they sign in now, with the chat among their inboxes if it is."""
        known = self.world.who(key)
        found = self.db.read_now(actor_of, known.workspace_id, known.id)
        return found or known

    def visitor(self, **more: Any) -> int:
        """Somebody on the company's web site."""
        new = Newcomer(b"%032d" % next(self._numbers), browser="Firefox 142, Linux", page=PAGE, **more)
        return self.db.write_now(find_or_make_visitor, self.us, self.inbox_id, new).id

    def says(self, visitor_id: int, text: str = "Hej!", wait: int = MINUTE) -> CaseRow:
        """One message of theirs; the case that it is in."""
        self.clock.move(wait)
        key = f"key-{next(self._numbers)}"
        inbound = Inbound(
            external_id=key,
            dedupe_key=key,
            sender=Address(f"visitor-{visitor_id}", "Åsa"),
            subject="",
            text=text,
            fresh=text,
            thread_key=str(visitor_id),
        )
        place: dict[str, Any] = {"envelope_id": next(self._numbers), "inbox_id": self.inbox_id, "network": "webchat"}
        arrival = Arrival(inbound=inbound, visibility="private", reopen_days=14, received_at=self.clock(), **place)
        [recorded] = self.db.write_now(record_arrivals, self.us, [arrival])
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        chosen = sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == recorded.message_id)
        return self.db.read_now(access_case, self.us, self.db.read_now(lambda tx: tx.value(chosen)))

    def marks(self, visitor_id: int, typing: str | None = None, online: int = 2 * MINUTE) -> None:
        """They are there for a while, and perhaps type."""
        now = self.clock()
        typed = None if typing is None else (now + 5 * SECOND, typing)
        self.db.write_now(write_marks, [Mark(self.world.norrsken.id, visitor_id, typing=typed, online_until=now + online)])

    def settle(self, **settings: Any) -> None:
        """Change the chat's settings."""
        row = self.db.read_now(lambda tx: tx.row(sa.select(inboxes.c.settings).where(inboxes.c.id == self.inbox_id)))
        assert row is not None
        changed = sa.update(inboxes).where(inboxes.c.id == self.inbox_id).values(settings=row.settings | settings)
        self.db.write_now(lambda tx: tx.run(changed) and None)
