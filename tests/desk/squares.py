"""A page on a network where people meet, and who writes there. In: a database and the cast. Out: messages, cases, news of them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from sluss.cases.access import CaseRow, access_case, access_message
from sluss.cases.audience import actor_of
from sluss.cases.news import News, apply_news
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.happenings import Happening, Post
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.who import Profile
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.sealing import Sealer
from tests.world import World

ANNA = Address("1029", "Anna Berg")
PIOTR = Address("2048", "Piotr Śliwa")
OURS = Address("104512345678901", "SkyLark")
POST = Post(key="77", ours=True, author=OURS, text="Vinterns resor är här!", url="https://facebook.example/77", at=1)
SETTINGS: dict[str, dict[str, Any]] = {
    "facebook": {"settings": {"page_id": OURS.address}, "secrets": {"token": "t", "app_secret": "s" * 32, "verify_token": "v" * 16}},
}


class Squares:
    """`m = squares.comments("Var är väskan?")`; `squares.writes("Hej!")` privately; `squares.tells(Changed(…))`."""

    def __init__(self, db: Database, world: World, clock: TestClock, folder: Path) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.us = system(world.norrsken.id)
        team_id = world.norrsken.teams["stockholm"]
        given = InboxFields(name="SkyLark", address=f"facebook-{OURS.address}", team_ids=(team_id,), **SETTINGS["facebook"])
        self.inbox_id = db.write_now(create_inbox, self.us, Sealer.of(folder), "facebook", given)

    def who(self, key: str) -> Actor:
        """Somebody as they sign in now, with the page among their inboxes if it is."""
        known = self.world.who(key)
        return self.db.read_now(actor_of, known.workspace_id, known.id) or known

    def comments(self, text: str = "Min väska är borta!", by: Address = ANNA, key: str = "", **more: Any) -> int:
        """Somebody says something under our post; the message's id."""
        key = key or f"77_{secrets.token_hex(4)}"
        given: dict[str, Any] = {"visibility": "public", "kind": "comment", "post": POST, "url": f"https://facebook.example/{key}"}
        given |= {"thread_key": f"p:77:{more.pop('top', key)}:{by.address}", "profile": Profile(handle=f"@{by.name.split()[0].lower()}")}
        return self._comes(key, text, by, given | more)

    def writes(self, text: str = "Hej!", by: Address = ANNA, **more: Any) -> int:
        """Somebody writes to us alone."""
        key = f"m_{secrets.token_hex(4)}"
        return self._comes(key, text, by, {"visibility": "private", "thread_key": f"dm:{by.address}"} | more)

    def tells(self, *news: Happening) -> None:
        """What the network says beside messages."""
        told = [News(inbox_id=self.inbox_id, network="facebook", value=one) for one in news]
        self.db.write_now(apply_news, self.us, told)

    def case_of(self, message_id: int) -> CaseRow:
        case_id = self.db.read_now(access_message, self.us, message_id).case_id
        return self.db.read_now(access_case, self.us, case_id)

    def conversation_of(self, message_id: int) -> int:
        return int(self.db.read_now(access_message, self.us, message_id).conversation_id)

    def _comes(self, key: str, text: str, by: Address, given: dict[str, Any]) -> int:
        self.clock.move(MINUTE)
        inbound = Inbound(external_id=key, dedupe_key=key, sender=by, subject="", text=text, fresh=text, **given)
        place: dict[str, Any] = {"envelope_id": 1, "inbox_id": self.inbox_id, "network": "facebook", "reopen_days": 14, "windowed": True}
        arrival = Arrival(visibility=given["visibility"], received_at=self.clock(), inbound=inbound, **place)
        return self.db.write_now(record_arrivals, self.us, [arrival])[0].message_id
