"""Merging while a mail is being recorded, and two who do the same at once. F51; F21."""

from __future__ import annotations

import pytest

from sluss.cases import strands
from sluss.cases.recording import record_arrivals
from sluss.channels.contract import Address
from sluss.kernel.actors import system
from sluss.kernel.errors import Conflict, Trouble
from sluss.merging import merge, undo
from tests.cases.conftest import arrival
from tests.cases.test_at_once import Meanwhile
from tests.merging.conftest import Desk

BO = "bo@kund.example"


def test_a_mail_that_is_being_recorded_goes_where_the_conversation_went(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever comes first: the mail is in the conversation, the conversation in one case, and that one waits."""
    a, other = desk.case_of(desk.arrives()), desk.arrives(BO)
    b = desk.case_of(other)
    mail = arrival(desk.world, desk.clock, sender=Address(BO, "Bo"), references=(desk.key_of(other),))
    merging = Meanwhile(monkeypatch, strands, "_newest", lambda: desk.merge(a, b))
    [recorded] = desk.db.write_now(record_arrivals, system(desk.workspace_id), [mail])
    merging.end()
    assert desk.conversation_of(recorded.message_id) == desk.conversation_of(other)
    assert (desk.case_of(recorded.message_id), desk.case(b).merged_into_id) == (a, a)
    assert len(desk.look()) == 2


def test_a_mail_that_comes_while_cases_are_merged_is_not_left_behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a, other = desk.case_of(desk.arrives()), desk.arrives(BO)
    mail = arrival(desk.world, desk.clock, sender=Address(BO, "Bo"), references=(desk.key_of(other),))
    writing = Meanwhile(monkeypatch, merge, "carry_all", lambda: desk.db.write_now(record_arrivals, system(desk.workspace_id), [mail]))
    desk.merge(a, desk.case_of(other))
    writing.end()
    looked = desk.look()
    assert [len(case["messages"]) for case in looked.values()] == [3, 0]
    assert looked[a]["waiting_since"]


def test_two_who_merge_each_into_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wins, the other is told; no circle, no orphan."""
    a, b = desk.case_of(desk.arrives()), desk.case_of(desk.arrives(BO))
    told: list[str] = []

    def other_way() -> None:
        try:
            desk.merge(b, a, "ewa")
        except Trouble as trouble:
            told.append(trouble.sentence)

    merging = Meanwhile(monkeypatch, merge, "require_kept", other_way)
    try:
        desk.merge(a, b)
    except Conflict as conflict:
        told.append(conflict.sentence)
    merging.end()
    assert len(told) == 1
    assert sorted(bool(case["merged_into_id"]) for case in desk.look().values()) == [False, True]


def test_two_who_undo_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = desk.case_of(desk.arrives()), desk.case_of(desk.arrives(BO))
    move, told = desk.merge(a, b), list[str]()

    def also() -> None:
        try:
            desk.undo(move, "ewa")
        except Trouble as trouble:
            told.append(trouble.sentence)

    undoing = Meanwhile(monkeypatch, undo, "things_of", also)
    try:
        desk.undo(move)
    except Conflict as conflict:
        told.append(conflict.sentence)
    undoing.end()
    assert told == ["This was taken back already."]
    assert [len(case["messages"]) for case in desk.look().values()] == [1, 1]
