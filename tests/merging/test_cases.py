"""Two cases as one, a part of one as another, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import Merged
from sluss.cases.actions import add_note, assign_case, set_status, set_tags
from sluss.cases.models import conversations
from sluss.desk.around import look_around
from sluss.desk.timeline import read_timeline
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import metadata
from sluss.merging import contacts as contact_side
from sluss.merging.hanging import HANGING
from sluss.merging.queries import undoable
from sluss.migrations import every_table
from sluss.outbox.models import operations
from sluss.replies.drafts import DraftFields, find_draft, save_draft
from sluss.replies.news import mark_of, news_since
from sluss.replies.undoing import undo_send
from sluss.web.locale import Voice, speaking
from tests.merging.conftest import Desk

BO = "bo@kund.example"


def two(desk: Desk, **other: Any) -> tuple[int, int, int, int]:
    """Two cases with a message each: cases, then messages."""
    one, two_ = desk.arrives(), desk.arrives(**other)
    return desk.case_of(one), desk.case_of(two_), one, two_


def test_every_table_with_a_case_or_a_contact_is_thought_of() -> None:
    """A new table is written into one of the lists, or its rows would stay behind."""
    for name, known in (("cases", HANGING), ("contacts", contact_side.HANGING)):
        hanging = {
            table.name
            for table in every_table().sorted_tables
            for one in table.foreign_key_constraints
            if one.referred_table.name == name and table.name != name
        }
        assert hanging == set(known), name
    assert metadata is every_table()


def test_the_other_case_leads_here_and_takes_nothing_more(desk: Desk) -> None:
    """T5: what is merged is not written in, by no action."""
    a, b, _one, other = two(desk)
    desk.merge(a, b)
    assert desk.case_of(other) == a
    for deed in (
        lambda tx: set_status(tx, desk.maja, b, "open"),
        lambda tx: add_note(tx, desk.maja, b, "Hej"),
        lambda tx: save_draft(tx, desk.maja, b, DraftFields(text="Hej")),
    ):
        with pytest.raises(Merged, match=f"#{desk.case(a).number}"):
            desk.db.write_now(deed)
    with pytest.raises(Merged):
        desk.merge(b, a)


def test_an_answer_by_token_or_reference_goes_where_the_conversation_is(desk: Desk) -> None:
    a, b, _one, other = two(desk, sender=BO)
    desk.merge(a, b)
    later = desk.arrives(BO, answers=other)
    assert (desk.case_of(later), desk.conversation_of(later)) == (a, desk.conversation_of(other))


def test_who_waits_longest_and_what_is_most_urgent_count(desk: Desk) -> None:
    a, b, *_ = two(desk)
    desk.db.write_now(set_status, desk.maja, a, "solved")
    desk.db.write_now(assign_case, desk.maja, b, desk.maja.id)
    waited = desk.case(b).waiting_since
    desk.merge(a, b)
    case = desk.case(a)
    assert (case.status, case.waiting_since, case.assignee_id, case.solved_at) == ("open", waited, desk.maja.id, None)


def test_a_snooze_is_not_lost(desk: Desk) -> None:
    a, b, *_ = two(desk)
    desk.db.write_now(set_status, desk.maja, a, "pending")
    desk.db.write_now(set_status, desk.maja, b, "snoozed", desk.clock.now + HOUR)
    move = desk.merge(a, b)
    assert desk.look()[a]["timers"]
    desk.undo(move)
    assert (desk.case(a).status, desk.case(b).status, len(desk.look()[b]["timers"]), desk.look()[a]["timers"]) == (
        "pending",
        "snoozed",
        1,
        [],
    )


def test_a_draft_of_a_colleague_is_found_in_the_other_case_and_comes_back(desk: Desk) -> None:
    """Two drafts of one writer stand one below the other; taken apart again unless he went on."""
    a, b, *_ = two(desk)
    johan = desk.world.who("johan")
    for case_id, text in ((a, "Till Åsa"), (b, "Till Bo")):
        desk.db.write_now(save_draft, johan, case_id, DraftFields(text=text))
    move = desk.merge(a, b)
    both = desk.db.read_now(find_draft, johan, a, "reply")
    assert both is not None
    assert both.text == "Till Åsa\n\nTill Bo"
    desk.undo(move)
    texts = [getattr(desk.db.read_now(find_draft, johan, one, "reply"), "text", None) for one in (a, b)]
    assert texts == ["Till Åsa", "Till Bo"]


def test_an_answer_that_has_not_left_can_still_be_taken_back(desk: Desk) -> None:
    a, b, _one, other = two(desk)
    sent = desk.answers(b, "Strax!")
    desk.merge(a, b)
    operation = desk.db.read_now(lambda tx: tx.value(sa.select(operations.c.id).where(operations.c.message_id == sent)))
    desk.db.write_now(undo_send, desk.maja, int(operation))
    draft = desk.db.read_now(find_draft, desk.maja, a, "reply")
    assert (draft.text if draft else "", desk.case(a).waiting_since is not None) == ("Strax!", True)
    assert desk.case_of(other) == a


def test_what_a_merge_brings_is_news_for_whoever_is_writing(desk: Desk) -> None:
    """F51: a send is stopped by what came with a merge, however old it is."""
    b_message = desk.arrives(BO, text="Svara mig!", fresh="Svara mig!")
    a = desk.case_of(desk.arrives())
    johan = desk.world.who("johan")
    mark = desk.db.read_now(mark_of, johan, a)
    desk.merge(a, desk.case_of(b_message))
    news = desk.db.read_now(news_since, johan, a, mark)
    assert news is not None
    assert news.text == "Svara mig!"
    assert desk.db.read_now(news_since, desk.maja, a, mark) is None


def test_an_answer_in_the_merged_case_goes_home_with_its_conversation(desk: Desk) -> None:
    """Each case stands afterwards as if the same had been said in it alone."""
    a, b, _one, other = two(desk, sender=BO)
    move = desk.merge(a, b)
    answer = desk.answers(a)
    assert desk.case_of(answer) == a
    assert desk.conversation_of(answer) == desk.conversation_of(other)
    desk.undo(move)
    assert (desk.case_of(answer), desk.case(b).status, desk.case(b).waiting_since) == (b, "pending", None)
    assert (desk.case(a).status, desk.case(a).waiting_since is not None) == ("open", True)


def test_what_somebody_decided_meanwhile_stays_and_is_named(desk: Desk) -> None:
    a, b, *_ = two(desk)
    desk.db.write_now(set_tags, desk.maja, b, ["Gold"])
    move = desk.merge(a, b)
    desk.db.write_now(set_status, desk.maja, a, "solved")
    desk.db.write_now(assign_case, desk.maja, a, desk.world.who("johan").id)
    undone = desk.undo(move)
    assert undone.kept == ("status", "owner")
    assert (desk.case(a).status, desk.case(a).assignee_id) == ("solved", desk.world.who("johan").id)
    assert (desk.case(b).status, desk.look()[a]["tags"], desk.look()[b]["tags"]) == ("open", [], [("Gold",)])


def test_it_is_taken_back_once(desk: Desk) -> None:
    a, b, *_ = two(desk)
    move = desk.merge(a, b)
    desk.undo(move, "ewa")
    with pytest.raises(Conflict, match="already"):
        desk.undo(move)
    assert desk.db.read_now(undoable, desk.maja, [move]) == frozenset()


def test_nested_merges_go_back_in_any_order(desk: Desk) -> None:
    """B into A, A into C: B can come out of C while A stays there."""
    a, b, *_ = two(desk)
    c = desk.case_of(desk.arrives(BO))
    first, second = desk.merge(a, b), desk.merge(c, a)
    desk.undo(first)
    assert (desk.case(b).merged_into_id, desk.case(a).merged_into_id) == (None, c)
    desk.undo(second)
    assert desk.case(a).merged_into_id is None
    assert all(case["messages"] for case in desk.look().values())


def test_what_moved_on_must_come_back_first(desk: Desk) -> None:
    a, b, _one, other = two(desk)
    c = desk.case_of(desk.arrives(BO))
    merged = desk.merge(a, b)
    desk.move(other, reach="all", target_id=c)
    with pytest.raises(Conflict, match="Take that back first"):
        desk.undo(merged)


def test_a_later_answer_follows_the_messages_that_were_split_off(desk: Desk) -> None:
    """One thread in two cases: a mail goes where the message stands that it answers."""
    first = desk.arrives()
    second = desk.arrives(answers=first, text="En annan sak", fresh="En annan sak")
    a = desk.case_of(first)
    move = desk.move(second)
    d = desk.case_of(second)
    assert d != a
    assert desk.case(d).preview == "En annan sak"
    assert [desk.case_of(desk.arrives(answers=one)) for one in (first, second)] == [a, d]
    answer = desk.answers(d)
    later = desk.arrives(answers=answer)
    assert desk.case_of(later) == d
    desk.undo(move)
    assert {desk.case_of(one) for one in (first, second, answer, later)} == {a}
    assert desk.case(d).merged_into_id == a
    assert desk.db.read_now(lambda tx: len(tx.rows(sa.select(conversations.c.id)))) == 1


def test_notes_go_along_where_asked_and_nothing_is_confirmed(desk: Desk) -> None:
    first = desk.arrives()
    second = desk.arrives(answers=first)
    a = desk.case_of(first)
    notes = [desk.db.write_now(add_note, desk.maja, a, text) for text in ("Ring", "Vänta")]
    desk.move(second, note_ids=(notes[1],))
    looked = desk.look()
    assert ([one for (one,) in looked[a]["notes"]], [one for (one,) in looked[desk.case_of(second)]["notes"]]) == ([notes[0]], [notes[1]])


def test_all_of_a_case_cannot_be_split_off_it(desk: Desk) -> None:
    only = desk.arrives()
    with pytest.raises(Invalid):
        desk.move(only, reach="all")


def test_both_cases_must_be_the_actors_to_work_on(desk: Desk) -> None:
    """T5, T6, T7: what is not seen is as missing, and reading is not enough."""
    a, b, one, _ = two(desk, inbox="obsluga")
    for case_ids in ((a, b), (b, a)):
        with pytest.raises(Missing):
            desk.merge(*case_ids, key="johan")
    with pytest.raises(Missing):
        desk.move(one, key="petra")
    with pytest.raises(Forbidden):
        desk.merge(a, desk.case_of(desk.arrives()), key="karin")
    move = desk.merge(a, b)
    for key in ("marek", "erik"):
        with pytest.raises(Missing if key == "marek" else Forbidden):
            desk.undo(move, key)


def test_who_handles_either_inbox_sees_the_whole_until_it_is_undone(desk: Desk) -> None:
    a, b, *_ = two(desk, inbox="obsluga")
    petra = desk.world.who("petra")
    move = desk.merge(a, b)
    assert desk.db.read_now(lambda tx: len(read_timeline(tx, look_around(tx, petra), desk.case(a)).items)) >= 2
    desk.undo(move)
    assert desk.look()[a]["inboxes"] == []
    with pytest.raises(Missing):
        desk.merge(a, b, key="petra")


def test_the_timeline_tells_both_stories_in_order_with_the_way_back(desk: Desk) -> None:
    a, b, *_ = two(desk)
    desk.db.write_now(assign_case, desk.maja, b, desk.maja.id)
    move = desk.merge(a, b)

    def told(case_id: int) -> list[tuple[str, str]]:
        def read(tx):
            with speaking(Voice()):
                items = read_timeline(tx, look_around(tx, desk.maja), desk.case(case_id)).items
            return [(one.text, one.undo) for item in items if item.kind == "events" for one in item.events]

        return desk.db.read_now(read)

    assert told(a) == [("Maja Ek took this.", ""), (f"Maja Ek merged #{desk.case(b).number} into this.", f"/moves/{move}/undo")]
    desk.undo(move)
    assert told(a)[-1] == (f"Maja Ek took back the merge with #{desk.case(b).number}.", "")
    assert [text for text, _ in told(b)][:2] == ["Maja Ek took this.", f"Maja Ek merged this into #{desk.case(a).number}."]
    assert {one.action for one in desk.db.read_now(list_deeds, desk.maja)} >= {"case.merge", "case.move_undone"}
