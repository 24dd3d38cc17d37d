"""Somebody who waits in a chat: all who could answer hear of it at their desks, until one does. Nothing depends on mail. T5, T6."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluss.cases.actions import assign_case
from sluss.notifications.digest import note_open_desks
from sluss.replies.sending import SendReply, send_reply
from tests.desk.chats import Chats
from tests.notifications.conftest import Office


@pytest.fixture
def chats(office: Office, tmp_path: Path) -> Chats:
    chats = Chats(office.db, office.world, office.clock, tmp_path)
    office.world.people.update({key: chats.who(key) for key in ("johan", "karin")})
    return chats


def test_a_talk_that_nobody_holds_is_heard_at_every_desk_until_somebody_answers(office: Office, chats: Chats) -> None:
    """T6: who has another team's inboxes, reads only, or has no desk open hears nothing."""
    keys = ("maja", "johan", "petra", "karin", "ewa")
    at_desks = [office.world.who(key).id for key in keys if key != "ewa"]
    office.db.write_now(note_open_desks, {office.world.norrsken.id: at_desks})
    visitor_id = chats.visitor()
    case = chats.says(visitor_id, wait=0)
    assert {key: len(office.hears(key)) for key in keys} == {"maja": 1, "johan": 1, "petra": 0, "karin": 0, "ewa": 0}
    office.db.write_now(send_reply, chats.who("johan"), SendReply(op="a" * 16, case_id=case.id, text="Hej!", anyway=True))
    assert {key: len(office.hears(key)) for key in keys[:2]} == {"maja": 0, "johan": 0}
    office.db.write_now(assign_case, chats.who("johan"), case.id, office.world.who("johan").id)
    chats.says(visitor_id, "Tack!", wait=0)
    assert {key: len(office.hears(key)) for key in keys} == {"maja": 0, "johan": 1, "petra": 0, "karin": 0, "ewa": 0}
