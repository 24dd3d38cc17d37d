"""Who is told of what: by holding, following and being called, counted, never of one's own deeds. T6, T11."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import assign_case, set_status
from sluss.cases.audience import Member
from sluss.cases.following import add_follower, count_near, follow_case, follower_ids, followers_of
from sluss.cases.models import case_followers, case_mentions, notes
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.notifications.actions import forget_old, read_case
from sluss.notifications.mentions import mentions_in
from sluss.notifications.models import notifications
from sluss.notifications.preferences import Alerts, save_alerts
from sluss.notifications.reactions import tell_concerned
from sluss.notifications.telling import count_unread
from sluss.outbox.events import DeliveryChanged
from sluss.people.actions import disable_agent
from sluss.people.sessions import inboxes_of
from sluss.people.teams import TeamChange, change_team
from sluss.replies.sending import SendReply, send_reply
from tests.desk.conftest import ASA
from tests.notifications.conftest import Office


def again(case: sa.Row[Any]) -> dict[str, Any]:
    """Åsa answers in the case that her first mail opened."""
    return {"sender": ASA, "references": ("m1@kund.example",), "subject": "Re: " + case.subject}


def test_holder_and_followers_hear_of_a_case_and_nobody_of_themselves(office: Office) -> None:
    case = office.case()
    johan = office.world.who("johan").id
    office.do("maja", assign_case, case.id, johan)
    office.do("karin", follow_case, case.id, following=True)
    assert office.hears("johan") == ["Maja Ek assigned this to you"]
    office.note("karin", case, "Hon ringde också.")
    office.do("johan", set_status, case.id, "pending")
    assert office.hears("johan") == ["Karin Holm wrote a note", "Maja Ek assigned this to you"]
    assert office.hears("karin") == ["Johan Falk answered and waits for the customer"]
    office.customers.write(**again(case))
    assert office.hears("karin")[0] == office.hears("johan")[0] == "Åsa Lindqvist wrote"
    office.do("maja", assign_case, case.id, office.world.who("maja").id)
    assert office.hears("johan")[0] == "Maja Ek took this over from you"
    assert office.hears("maja") == []


def test_a_snooze_wakes_whoever_set_it_and_an_answer_that_failed_its_writer(office: Office) -> None:
    case = office.case()
    office.do("johan", set_status, case.id, "snoozed", until=office.clock() + HOUR)
    office.clock.move(2 * HOUR)
    office.ring_timers()
    assert office.hears("johan") == ["The time is up: this is open again"]
    office.empty("johan")
    sent = office.do("johan", send_reply, SendReply(op="a", case_id=case.id, text="Vi letar.", anyway=True))
    for state in ("failed", "unknown"):
        event = DeliveryChanged(case_id=case.id, message_id=sent.message_id, operation_id=sent.operation_ids[0], state=state)
        office.db.write_now(lambda tx, event=event: tx.emit(system(case.workspace_id), event) and None)
        office.tell()
    assert office.hears("johan") == ["Not known whether your answer arrived"]
    assert [one.times for one in office.news("johan") if one.kind == "failed"] == [2]


def test_five_hundred_mails_are_one_line(office: Office) -> None:
    """No flood: what is unread already is counted, and open desks are told once."""
    case = office.case()
    office.do("maja", assign_case, case.id, office.world.who("johan").id)
    office.empty("johan")
    office.customers.messages([{"text": f"Hallå {n}", **again(case)} for n in range(500)])
    before = len([one for one in office.recorded() if type(one.event).__name__ == "BellChanged"])
    assert office.hears("johan") == ["500 new messages from Åsa Lindqvist"]
    assert len([one for one in office.recorded() if type(one.event).__name__ == "BellChanged"]) == before + 1
    assert office.rows() == 2
    office.db.write_now(read_case, office.world.who("johan"), case.id)
    office.customers.write(**again(case))
    assert office.hears("johan") == ["Åsa Lindqvist wrote"]


def test_an_event_that_is_told_twice_counts_once(office: Office) -> None:
    """Reactions run at least once; read or unread, the second time changes nothing."""
    case = office.case()
    office.do("maja", assign_case, case.id, office.world.who("johan").id)
    office.customers.write(**again(case))
    office.note("maja", case, "@Johan Falk titta")
    office.tell()

    def rows() -> list[tuple[Any, ...]]:
        return [tuple(row) for row in office.db.read_now(lambda tx: tx.rows(sa.select(notifications).order_by(notifications.c.kind)))]

    def run_again() -> None:
        for one in office.recorded():
            if isinstance(one.event, tuple(type(each.event) for each in office.recorded() if each.event.case_id)):
                office.db.write_now(lambda tx, one=one: (type(one.event).__name__ in TOLD and tell_concerned(tx, one)) or None)

    before = rows()
    run_again()
    assert rows() == before
    office.empty("johan")
    run_again()
    assert office.hears("johan") == []


TOLD = {"CaseAssigned", "MessageReceived", "NoteAdded", "StatusChanged", "DeliveryChanged"}


def test_who_is_called_in_a_note_is_told_and_follows(office: Office) -> None:
    case = office.case()
    note_id = office.note("maja", case, "Hej @johan falk och @Karin, kan ni? Skriv till asa@kund.example")
    assert office.hears("johan") == office.hears("karin") == ["Maja Ek mentioned you"]
    found = office.db.read_now(mentions_in, office.world.who("maja"), [note_id])[note_id]
    assert [(one.start, one.length, one.name) for one in found] == [(4, 11, "Johan Falk"), (20, 6, "Karin Holm")]
    following = office.db.read_now(follower_ids, office.world.who("maja"), case.id)
    assert following == {office.world.who(key).id for key in ("maja", "johan", "karin")}
    office.do("johan", follow_case, case.id, following=False)
    office.note("maja", case, "@Johan Falk igen")
    assert office.world.who("johan").id not in office.db.read_now(follower_ids, office.world.who("maja"), case.id)
    assert office.hears("johan") == ["You were mentioned 2 times, last by Maja Ek"]


def test_a_team_is_called_as_one_and_a_new_name_shows_in_old_notes(office: Office) -> None:
    case = office.case()
    note_id = office.note("ewa", case, "@Stockholm, vem tar den?")
    assert office.hears("johan") == office.hears("karin") == ["Ewa Nowak mentioned you"]
    assert office.hears("maja") == office.hears("ola") == []
    team_id = office.world.norrsken.teams["stockholm"]
    members = tuple(office.world.who(key).id for key in ("johan", "karin"))
    kept = TeamChange(name="Arlanda", agent_ids=members, inbox_ids=(office.world.norrsken.inboxes["kundtjanst"].id,))
    office.do("ewa", change_team, team_id, kept)
    assert office.db.read_now(mentions_in, office.world.who("ewa"), [note_id])[note_id][0].name == "Arlanda"


@pytest.mark.parametrize("name", ["Petra Lund", "petra", "Gdansk", "Ola Berg", "Erik Sand"])
def test_who_cannot_see_the_case_is_refused_with_a_sentence(office: Office, name: str) -> None:
    """T6: no note, no row, and the writer knows why."""
    case = office.case()
    with pytest.raises(Invalid) as refused:
        office.note("johan", case, f"@{name} kan du?")
    assert "cannot see this case" in refused.value.fields["body"]
    assert office.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(notes))) == 0


def test_leads_choose_followers_who_may_see_it(office: Office) -> None:
    case = office.case()
    of = {key: office.world.who(key).id for key in ("johan", "karin", "petra")}
    office.do("maja", add_follower, case.id, of["johan"])
    assert [one.name for one in office.db.read_now(lambda tx: following(tx, office, case.id))] == ["Johan Falk"]
    with pytest.raises(Invalid):
        office.do("maja", add_follower, case.id, of["petra"])
    with pytest.raises(Forbidden):
        office.do("johan", add_follower, case.id, of["karin"])
    with pytest.raises(Missing):
        office.do("petra", follow_case, case.id, following=True)
    with pytest.raises(Missing):
        office.do("ania", add_follower, case.id, of["johan"])


def test_what_one_may_see_no_more_is_neither_told_nor_counted(office: Office) -> None:
    """T6: Johan left the team; what he was told before is gone with it."""
    case = office.case()
    office.note("maja", case, "@Johan Falk se här")
    assert len(office.hears("johan")) == 1
    team_id, inbox_id = office.world.norrsken.teams["stockholm"], office.world.norrsken.inboxes["kundtjanst"].id
    karin = office.world.who("karin").id
    office.do("ewa", change_team, team_id, TeamChange(name="Stockholm", agent_ids=(karin,), inbox_ids=(inbox_id,)))
    outside = office.world.people["johan"] = replaced(office, "johan")
    assert office.hears("johan") == []
    assert office.db.read_now(lambda tx: count_unread(tx, outside, [outside])) == {outside.id: 0}
    assert office.db.read_now(count_near, outside, [outside.id])[outside.id] == {"following": 0, "mentioned": 0}
    office.note("maja", case, "Mer")
    office.tell()
    assert office.db.read_now(lambda tx: tx.rows(sa.select(notifications.c.kind).where(notifications.c.agent_id == outside.id))) == [
        ("mentioned",)
    ]


def test_a_disabled_agent_is_told_nothing(office: Office) -> None:
    case = office.case()
    office.do("karin", follow_case, case.id, following=True)
    office.db.write_now(disable_agent, system(case.workspace_id), office.world.who("karin").id)
    office.note("maja", case, "Hej")
    office.tell()
    assert office.rows() == 0
    assert office.db.read_now(lambda tx: following(tx, office, case.id)) == [
        one for one in office.db.read_now(lambda tx: following(tx, office, case.id)) if one.name == "Maja Ek"
    ]


def test_what_nobody_wants_is_not_kept(office: Office) -> None:
    case = office.case()
    office.do("karin", follow_case, case.id, following=True)
    office.do("karin", save_alerts, Alerts(follow_notes=False), {}, {})
    office.note("maja", case, "Hej")
    office.tell()
    assert office.rows() == 0


def test_old_news_and_old_followers_go(office: Office) -> None:
    case = office.case()
    office.note("maja", case, "@Johan Falk se")
    office.do("maja", set_status, case.id, "solved")
    assert office.hears("johan")
    office.clock.move(91 * DAY)
    office.db.write_now(forget_old, system(case.workspace_id))
    assert office.rows() == 0
    assert office.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(case_followers))) == 2
    office.clock.move(100 * DAY)
    office.db.write_now(forget_old, system(case.workspace_id))
    for table in (case_followers, case_mentions):
        assert office.db.read_now(lambda tx, table=table: tx.value(sa.select(sa.func.count()).select_from(table))) == 0


def following(tx: Tx, office: Office, case_id: int) -> list[Member]:
    maja = office.world.who("maja")
    return followers_of(tx, maja, access_case(tx, maja, case_id))


def replaced(office: Office, key: str) -> Any:
    """Somebody as they are known after their teams changed."""
    who = office.world.who(key)
    return msgspec.structs.replace(who, inbox_ids=office.db.read_now(inboxes_of, who.workspace_id, who.id, "agent"))
