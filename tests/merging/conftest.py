"""A small desk on which cases are merged and parted: arrivals, answers, and how everything stands."""

from __future__ import annotations

from itertools import count
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case, access_case_no
from sluss.cases.actions import WAKE
from sluss.cases.models import (
    attachments,
    case_followers,
    case_inboxes,
    case_tags,
    cases,
    conversations,
    message_references,
    messages,
    notes,
    tags,
)
from sluss.cases.recording import record_arrivals
from sluss.channels.contract import Address
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.jobs import jobs
from sluss.kernel.tx import Tx
from sluss.merging.merge import merge_cases
from sluss.merging.split import Moving, move_messages
from sluss.merging.undo import Undone, undo_move
from sluss.replies.models import departures, drafts
from sluss.replies.sending import SendReply, send_reply
from tests.cases.conftest import arrival
from tests.world import World

numbers = count(1)


class Desk:
    """What tests do and see. Cases and messages by their ids; `maja` leads and sees every inbox."""

    def __init__(self, db: Database, world: World, clock: TestClock) -> None:
        self.db, self.world, self.clock = db, world, clock
        self.maja = world.who("maja")
        self.workspace_id = world.norrsken.id

    def arrives(self, sender: str = "asa@kund.example", inbox: str = "kundtjanst", answers: int = 0, **given: Any) -> int:
        """A mail comes in; `answers` is the message that it refers to. Returns the message's id."""
        self.clock.move(1_000_000)
        if answers:
            given["references"] = (self.key_of(answers),)
        one = arrival(self.world, self.clock, sender=Address(sender, sender.partition("@")[0].title()), **given)
        placed = msgspec.structs.replace(one, inbox_id=self.world.norrsken.inboxes[inbox].id)
        [recorded] = self.db.write_now(record_arrivals, system(self.workspace_id), [placed])
        return recorded.message_id

    def key_of(self, message_id: int) -> str:
        c = message_references.c
        return str(self.db.read_now(lambda tx: tx.value(sa.select(c.external_id).where(c.message_id == message_id))))

    def case_of(self, message_id: int) -> int:
        joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
        found = sa.select(conversations.c.case_id).select_from(joined).where(messages.c.id == message_id)
        return int(self.db.read_now(lambda tx: tx.value(found)))

    def conversation_of(self, message_id: int) -> int:
        return int(self.db.read_now(lambda tx: tx.value(sa.select(messages.c.conversation_id).where(messages.c.id == message_id))))

    def case(self, case_id: int) -> CaseRow:
        return self.db.read_now(access_case, system(self.workspace_id), case_id)

    def case_no(self, number: int) -> CaseRow:
        return self.db.read_now(access_case_no, system(self.workspace_id), number)

    def answers(self, case_id: int, text: str = "Vi letar.", key: str = "maja", **given: Any) -> int:
        """Somebody of us answers. Returns the message's id."""
        self.clock.move(1_000_000)
        reply = SendReply(op=f"op{next(numbers)}", case_id=case_id, text=text, anyway=True, **given)
        return self.db.write_now(send_reply, self.world.who(key), reply).message_id

    def merge(self, target_id: int, source_id: int, key: str = "maja") -> int:
        return self.db.write_now(merge_cases, self.world.who(key), target_id, source_id)

    def move(self, message_id: int, key: str = "maja", **given: Any) -> int:
        moving = Moving(case_id=self.case_of(message_id), message_id=message_id, **given)
        return self.db.write_now(move_messages, self.world.who(key), moving)

    def undo(self, move_id: int, key: str = "maja") -> Undone:
        return self.db.write_now(undo_move, self.world.who(key), move_id)

    def look(self) -> dict[int, dict[str, Any]]:
        """Everything that hangs on cases, by their ids; without what only says when it was last written."""
        return self.db.read_now(self._look)

    def _look(self, tx: Tx) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        plain = [*(name for name in CaseRow.__struct_fields__ if name != "workspace_id"), "shared"]
        for row in tx.rows(sa.select(*(cases.c[name] for name in plain)).where(cases.c.workspace_id == self.workspace_id)):
            found[row.id] = dict(zip(plain, row, strict=True)) | {name: [] for name in _HUNG}
        for name, statement in _HUNG.items():
            for row in tx.rows(statement):
                found[row[0]][name].append(tuple(row[1:]))
        for timer in tx.rows(sa.select(jobs.c.key, jobs.c.due_at).where(jobs.c.kind == WAKE)):
            found[int(timer.key)]["timers"] = [(timer.due_at,)]
        return found


def _on_case(table: sa.Table, *names: str) -> sa.Select[Any]:
    return sa.select(table.c.case_id, *(table.c[name] for name in names)).order_by(table.c.case_id, *(table.c[name] for name in names))


_SAID = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
_TAGGED = case_tags.join(tags, tags.c.id == case_tags.c.tag_id)
_HUNG: dict[str, sa.Executable] = {
    "messages": sa.select(conversations.c.case_id, conversations.c.id, messages.c.id).select_from(_SAID).order_by(messages.c.id),
    "notes": _on_case(notes, "id"),
    "files": _on_case(attachments, "id").where(attachments.c.case_id.is_not(None)),
    "departures": _on_case(departures, "message_id"),
    "drafts": _on_case(drafts, "agent_id", "kind", "text", "cc", "attachment_ids"),
    "tags": sa.select(case_tags.c.case_id, tags.c.name).select_from(_TAGGED).order_by(tags.c.name),
    "followers": _on_case(case_followers, "agent_id"),
    "inboxes": _on_case(case_inboxes, "inbox_id"),
    "timers": sa.select(sa.literal(0)).where(sa.false()),
}


@pytest.fixture
def desk(db: Database, world: World, clock: TestClock) -> Desk:
    """The desk of Norrsken Air."""
    return Desk(db, world, clock)


__all__ = ["Desk", "desk"]
