"""The ladder: ask, hide, delete, block. Who decides, what stops it, what can be undone."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import DAY, HOUR, MINUTE
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.moderation.models import step_proposals
from sluss.moderation.rules import DEFAULTS, Rule, save_rule
from sluss.moderation.steps import Take, begin_moderation, confirm_step, expire_proposals, refuse_step, stop_waiting, take_step, undo_line
from sluss.outbox.events import DeedChanged
from sluss.replies.approval import set_approval
from tests.moderation.conftest import Street

ASK = Take(step="ask", reason="Idiot om en kollega")


def take(street: Street, key: str, message_id: int, step: str, **more: str) -> str:
    given = {"reason": "Kränker en kollega"} | more
    return street.db.write_now(take_step, street.who(key), message_id, Take(step=step, **given))


def waiting_since(street: Street, message_id: int) -> tuple[str, int | None]:
    case_id = street.case_of(message_id)
    row = street.db.read_now(lambda tx: tx.row(sa.select(cases.c.status, cases.c.waiting_since).where(cases.c.id == case_id)))
    assert row is not None
    return row.status, row.waiting_since


def proposal_of(street: Street, message_id: int) -> int:
    matter = street.matter(message_id)
    wanted = sa.select(step_proposals.c.id).where(step_proposals.c.matter_id == matter.id, step_proposals.c.state == "open")
    return int(street.db.read_now(lambda tx: tx.value(wanted)))


def test_an_author_is_asked_privately_first_and_then_it_is_hidden(street: Street) -> None:
    """Asked by a private reply in the author's language; the customer's own matter waits as before; each line has who, why and a copy."""
    one = street.comment("Du är en idiot och min väska är borta")
    before = waiting_since(street, one)
    assert take(street, "johan", one, "ask") == "done"
    (side, words) = street.said()[0]
    assert side == "private"
    assert "förolämpar" in words
    assert "2 timmar" in words
    assert waiting_since(street, one) == before
    assert before[1] is not None
    assert (street.matter(one).state, street.matter(one).due_at) == ("waiting", street.clock() + 2 * HOUR)
    street.ring(2 * HOUR - MINUTE)
    assert street.ordered(one) == []
    street.ring(MINUTE)
    assert street.ordered(one) == [("hide", "queued")]
    assert (street.matter(one).state, street.matter(one).outcome) == ("settled", "hidden")
    asked, hidden = street.lines(one)[1:]
    assert (asked.step, asked.agent_id, asked.reason) == ("ask", street.who("johan").id, "Kränker en kollega")
    assert (hidden.step, hidden.agent_id, hidden.said) == ("hide", None, "Du är en idiot och min väska är borta")
    deeds = [entry.action for entry in street.db.read_now(list_deeds, street.who("ewa"))]
    assert {"moderation.flag", "moderation.ask", "moderation.hide", "message.deed"} <= set(deeds)


def test_the_ladder_stops_by_itself(street: Street) -> None:
    """An answer, a change or a removal by the author ends the waiting, and the timer does nothing after it."""
    answered, softened, worse, removed, stopped = (street.comment(f"Du är en idiot {n}") for n in range(5))
    for one in (answered, softened, worse, removed, stopped):
        take(street, "johan", one, "ask")
    street.clock.move(MINUTE)
    street.changed(softened, "edited", "Jag är arg på er")
    street.changed(worse, "edited", "Du är en idiot och en skitstövel")
    street.changed(removed, "removed")
    street.db.write_now(stop_waiting, street.who("johan"), stopped)
    assert street.matter(answered).state == "waiting"
    street.comment("Varför då?", public=False)
    assert [street.steps(one)[-1] for one in (answered, softened, worse, removed, stopped)] == [
        "answer",
        "edited",
        "edited",
        "removed",
        "stop",
    ]
    ends = [(street.matter(one).state, street.matter(one).outcome) for one in (answered, softened, worse, removed, stopped)]
    assert ends == [("open", ""), ("settled", "softened"), ("open", ""), ("settled", "removed"), ("open", "")]
    street.ring(DAY)
    assert [street.ordered(one) for one in (answered, softened, worse, removed, stopped)] == [[]] * 5


def test_how_far_it_goes_by_itself_is_the_rule_s(street: Street) -> None:
    """Asking alone ends with a person; up to deleting goes on after a second wait; a block never comes by itself."""
    ours = DEFAULTS["abuse"]
    ladders: dict[Literal["ask", "delete"], list[str]] = {"ask": ["flag", "ask", "over"], "delete": ["flag", "ask", "hide", "delete"]}
    for up_to, expected in ladders.items():
        rule = Rule(name="abuse", title=ours.title, plain=ours.plain, up_to=up_to, wait_minutes=10)
        street.db.write_now(save_rule, street.who("ewa"), rule)
        one = street.comment(f"Du är en idiot, {up_to}")
        take(street, "johan", one, "ask")
        for _ in range(4):
            street.ring(10 * MINUTE)
        assert street.steps(one) == expected
    street.db.write_now(save_rule, street.who("ewa"), Rule(name="abuse", title=ours.title, plain=ours.plain, wait_minutes=0))
    one = street.comment("Du är en idiot igen")
    take(street, "johan", one, "ask")
    street.ring(DAY)
    assert (street.steps(one), street.matter(one).state) == (["flag", "ask"], "waiting")


def test_two_persons_decide_a_block_and_a_lead_what_an_agent_may_not(street: Street) -> None:
    """The proposer cannot agree, nor another agent; a proposal ends with its time; a refusal changes nothing at the network."""
    one = street.comment("Du är en idiot")
    assert take(street, "maja", one, "block") == "proposed"
    with pytest.raises(Conflict):
        take(street, "johan", one, "delete")
    for key, refused in (("maja", Conflict), ("johan", Forbidden)):
        with pytest.raises(refused):
            street.db.write_now(confirm_step, street.who(key), proposal_of(street, one))
    for key in ("petra", "marek"):
        with pytest.raises(Missing):
            street.db.write_now(confirm_step, street.who(key), proposal_of(street, one))
    first = proposal_of(street, one)
    street.db.write_now(refuse_step, street.who("karin"), first, "Fråga först")
    with pytest.raises(Conflict):
        street.db.write_now(confirm_step, street.who("karin"), first)
    assert street.ordered(one) == []
    assert take(street, "johan", one, "delete") == "proposed"
    street.clock.move(24 * HOUR)
    with pytest.raises(Conflict):
        street.db.write_now(confirm_step, street.who("karin"), proposal_of(street, one))
    street.db.write_now(expire_proposals, street.who("sluss"))
    assert take(street, "johan", one, "block") == "proposed"
    street.db.write_now(confirm_step, street.who("karin"), proposal_of(street, one))
    assert street.ordered(one) == [("block", "queued")]
    assert street.steps(one) == ["flag", "propose block", "refuse", "propose delete", "expire", "propose block", "confirm", "block"]
    assert street.matter(one).outcome == "blocked"


def test_what_the_network_gives_back_is_undone_from_the_log(street: Street) -> None:
    """Hiding and leaving at any time, deleting within its seconds; nothing twice, and not what another step was built on."""
    one, two, three = street.comment("Du är en idiot 1"), street.comment("Du är en idiot 2"), street.comment("Du är en idiot 3")
    take(street, "johan", one, "hide")
    hidden = street.lines(one)[-1]
    street.db.write_now(undo_line, street.who("johan"), one, hidden.id)
    with pytest.raises(Conflict):
        street.db.write_now(undo_line, street.who("johan"), one, hidden.id)
    assert (street.steps(one)[-1], street.matter(one).state) == ("unhide", "open")
    take(street, "maja", two, "delete")
    street.db.write_now(undo_line, street.who("maja"), two, street.lines(two)[-1].id)
    assert street.ordered(two) == [("delete", "cancelled")]
    take(street, "maja", two, "delete")
    street.clock.move(11_000_000)
    with pytest.raises(Conflict):
        street.db.write_now(undo_line, street.who("maja"), two, street.lines(two)[-1].id)
    take(street, "johan", three, "leave", reason="")
    street.db.write_now(undo_line, street.who("johan"), three, street.lines(three)[-1].id)
    assert street.steps(three) == ["flag", "leave", "reopen"]
    with pytest.raises(Missing):
        street.db.write_now(undo_line, street.who("johan"), three, hidden.id)


def test_what_the_network_refuses_comes_back_to_people(street: Street) -> None:
    one = street.comment("Du är en idiot")
    take(street, "johan", one, "hide")
    told: dict[str, Any] = {"case_id": street.case_of(one), "message_id": one, "operation_id": street.lines(one)[-1].operation_id}
    event = DeedChanged(deed="hide", state="failed", reason="Not yours to hide.", **told)
    street.db.write_now(lambda tx: tx.emit(street.who("sluss"), event))
    street.react()
    assert (street.steps(one)[-1], street.lines(one)[-1].reason, street.matter(one).state) == ("failed", "Not yours to hide.", "open")


def test_where_nothing_private_is_possible_it_is_asked_in_public(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where public answers are approved first, asking in public is proposed."""
    shut = msgspec.structs.replace(street.square.public_capabilities, can_reply_privately=False, max_length=1_000)
    monkeypatch.setattr(street.square, "public_capabilities", shut)
    one, two = street.comment("Du är en idiot 1"), street.comment("Du är en idiot 2")
    take(street, "johan", one, "ask")
    assert street.said()[-1][0] == "public"
    street.db.write_now(set_approval, street.who("ewa"), street.inbox_id, "agents")
    assert take(street, "johan", two, "ask") == "proposed"
    assert len(street.said()) == 1
    street.db.write_now(confirm_step, street.who("maja"), proposal_of(street, two))
    assert [side for side, _words in street.said()] == ["public", "public"]


def test_a_reviewer_decides_here_and_answers_nowhere(street: Street) -> None:
    """Whose role reads cases only still moderates; field staff and other inboxes do not (T2)."""
    one = street.comment("Helt orimligt")
    street.db.write_now(begin_moderation, street.who("karin"), one, Take(step="hide", reason="Sprids", rule="off_topic"))
    assert street.ordered(one) == [("hide", "queued")]
    assert street.matter(one).rule == "off_topic"
    for key in ("petra", "erik", "marek"):
        with pytest.raises(Missing):
            street.db.write_now(begin_moderation, street.who(key), one, Take(step="hide", reason="Nej"))
    private = street.comment("Du är en idiot", public=False)
    with pytest.raises(Conflict):
        street.db.write_now(begin_moderation, street.who("johan"), private, Take(step="hide", reason="Nej"))
    with pytest.raises(Invalid):
        take(street, "johan", street.comment("Du är en idiot igen"), "hide", reason=" ")


def test_what_is_gone_needs_no_step(street: Street) -> None:
    one = street.comment("Du är en idiot")
    street.changed(one, "removed")
    assert street.matter(one).outcome == "removed"
    for step in ("ask", "hide", "delete"):
        with pytest.raises(Conflict):
            take(street, "maja", one, step)
    assert take(street, "maja", one, "block") == "proposed"
