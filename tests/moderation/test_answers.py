"""Public answers that a second person sees before they leave."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.moderation.answers import (
    Word,
    answers_of,
    approve_answer,
    change_answer,
    propose_answer,
    return_answer,
    take_answer,
    withdraw_answer,
)
from sluss.moderation.jobs import keep_files
from sluss.moderation.models import waiting_answers
from sluss.moderation.reputation import WORTH, hot_talks, score_of
from sluss.outbox.models import operations
from sluss.people.actions import disable_agent
from sluss.replies.approval import Unapproved, set_approval, whose_answers_wait
from sluss.replies.attaching import NewFile, attach_file
from sluss.replies.jobs import tidy_uploads
from sluss.replies.news import mark_of
from sluss.replies.sending import SendReply, Stopped, send_reply
from tests.moderation.conftest import BO, Street

FIRST = Word(revision=1)


def reply(street: Street, message_id: int, text: str = "Vi beklagar, Åsa.", **given: Any) -> SendReply:
    case_id = street.case_of(message_id)
    seen = street.db.read_now(mark_of, street.who("johan"), case_id)
    usual: dict[str, Any] = {"op": f"o{message_id}", "case_id": case_id, "text": text, "seen": seen}
    return SendReply(**usual | given)


def propose(street: Street, message_id: int, text: str = "Vi beklagar, Åsa.", op: str = "") -> int:
    given = {"op": op} if op else {}
    return street.db.write_now(propose_answer, street.who("johan"), reply(street, message_id, text, **given))


def row(street: Street, answer_id: int) -> Any:
    return street.db.read_now(lambda tx: tx.row(sa.select(waiting_answers).where(waiting_answers.c.id == answer_id)))


def wait_at(street: Street, whose: str) -> None:
    street.db.write_now(set_approval, street.who("ewa"), street.inbox_id, whose)


def test_whose_public_answers_wait(street: Street) -> None:
    """Nobody's at first; agents' or everybody's where the policy says so; private ones never; no role gets round it."""
    first, second, third = (street.comment(f"Var är min väska {n}?") for n in range(3))
    private = street.comment("Var är den?", public=False, by=BO)
    assert street.db.read_now(whose_answers_wait, street.who("johan"), street.inbox_id) == "none"
    street.db.write_now(send_reply, street.who("johan"), reply(street, first))
    wait_at(street, "agents")
    with pytest.raises(Unapproved):
        street.db.write_now(send_reply, street.who("johan"), reply(street, second))
    street.db.write_now(send_reply, street.who("johan"), reply(street, private))
    street.db.write_now(send_reply, street.who("maja"), reply(street, second, anyway=True))
    wait_at(street, "all")
    with pytest.raises(Unapproved):
        street.db.write_now(send_reply, street.who("maja"), reply(street, third))
    own = street.who("maja").id
    with pytest.raises(Unapproved):
        street.db.write_now(send_reply, street.who("maja"), reply(street, third, approved_by=own))
    with pytest.raises(Forbidden):
        street.db.write_now(set_approval, street.who("maja"), street.inbox_id, "none")
    assert [side for side, _text in street.said()] == ["public", "private", "public"]


def test_a_reviewer_approves_as_it_stands_or_edited(street: Street) -> None:
    """It leaves once, in the agent's name; the words are the reviewer's last ones; nobody approves their own."""
    wait_at(street, "agents")
    one, two = street.comment("Var är min väska?"), street.comment("Var är min hund?")
    plain, edited = propose(street, one), propose(street, two)
    assert propose(street, one) == plain, "the same form twice is one"
    assert street.said() == []
    for key in ("johan", "petra", "erik", "marek"):
        with pytest.raises((Forbidden, Missing)):
            street.db.write_now(approve_answer, street.who(key), plain, FIRST)
    street.db.write_now(approve_answer, street.who("karin"), plain, FIRST)
    street.db.write_now(approve_answer, street.who("karin"), edited, Word(revision=1, text="Din hund mår bra."))
    assert street.said() == [("public", "Vi beklagar, Åsa."), ("public", "Din hund mår bra.")]
    with pytest.raises(Conflict):
        street.db.write_now(approve_answer, street.who("maja"), plain, FIRST)
    states = [(row(street, n).state, row(street, n).settled_by, row(street, n).text) for n in (plain, edited)]
    karin = street.who("karin").id
    assert states == [("approved", karin, "Vi beklagar, Åsa."), ("approved", karin, "Din hund mår bra.")]
    sent = street.db.read_now(lambda tx: tx.rows(sa.select(operations.c.state).where(operations.c.kind == "send")))
    assert [one.state for one in sent] == ["queued", "queued"]


def test_of_two_at_once_one_is_told_and_nothing_is_lost(street: Street) -> None:
    """A changed text is approved only by whoever has seen it; sending back keeps the words and says why; it is written anew once."""
    wait_at(street, "agents")
    one = street.comment("Var är min väska?")
    answer = propose(street, one)
    with pytest.raises(Conflict):
        propose(street, one, "En till", op="another")
    street.db.write_now(change_answer, street.who("johan"), answer, Word(revision=1, text="Vi letar, Åsa."))
    for deed in (approve_answer, return_answer, take_answer, withdraw_answer):
        with pytest.raises(Conflict):
            street.db.write_now(deed, street.who("karin"), answer, Word(revision=1, text="x", note="x"))
    with pytest.raises(Invalid):
        street.db.write_now(return_answer, street.who("karin"), answer, Word(revision=2))
    street.db.write_now(return_answer, street.who("karin"), answer, Word(revision=2, note="Skriv när."))
    shown = street.db.read_now(answers_of, street.who("johan"), street.case_of(one))
    assert [(w.state, w.text, w.note) for w in shown] == [("returned", "Vi letar, Åsa.", "Skriv när.")]
    again = propose(street, one, "Vi svarar i dag.", op="again")
    assert [(w.id, w.state) for w in street.db.read_now(answers_of, street.who("johan"), street.case_of(one))] == [(again, "waiting")]
    with pytest.raises(Forbidden):
        street.db.write_now(withdraw_answer, street.who("karin"), again, FIRST)
    street.db.write_now(withdraw_answer, street.who("johan"), again, FIRST)
    assert street.said() == []


def test_taking_over_answers_in_the_reviewers_own_name(street: Street) -> None:
    wait_at(street, "all")
    one = street.comment("Var är min väska?")
    answer = propose(street, one)
    street.db.write_now(take_answer, street.who("karin"), answer, Word(revision=1, text="Karin här. Väskan är hittad."))
    assert street.said() == [("public", "Karin här. Väskan är hittad.")]
    assert (row(street, answer).state, row(street, answer).text) == ("taken", "Vi beklagar, Åsa.")


def test_news_in_the_case_stop_an_approval_until_they_are_seen(street: Street) -> None:
    """As they stop a sending; and whoever has left cannot be spoken for."""
    wait_at(street, "agents")
    one = street.comment("Var är min väska?", thread_key="p:post1:x:4711")
    answer = propose(street, one)
    street.clock.move(1_000_000)
    street.comment("Glöm det, den är här.", thread_key="p:post1:x:4711")
    with pytest.raises(Stopped):
        street.db.write_now(approve_answer, street.who("karin"), answer, FIRST)
    assert row(street, answer).state == "waiting"
    street.db.write_now(disable_agent, street.who("sluss"), street.who("johan").id)
    with pytest.raises(Conflict):
        street.db.write_now(approve_answer, street.who("karin"), answer, Word(revision=1, anyway=True))
    street.db.write_now(take_answer, street.who("karin"), answer, Word(revision=1, text="Vad skönt!", anyway=True))
    assert street.said() == [("public", "Vad skönt!")]


def test_posts_with_reach_or_heat_come_first(street: Street) -> None:
    """Followers, other voices under the same post, reactions and anger; what is calm and alone is left out, as what is not ours to see."""
    street.comment("Tack för hjälpen!")
    angry = street.comment("Du är en idiot!!! Vi ses utanför!!!", by=BO)
    found = street.db.read_now(hot_talks, street.who("karin"), 1_000)
    assert [one.spoken.message_id for one in found] == [angry]
    assert found[0].others == 1
    assert street.db.read_now(hot_talks, street.who("petra"), 1_000) == []
    calm: dict[str, Any] = {"heat": 0, "followers": None, "others": 0, "reactions": 0}
    assert score_of(reach=1_000, **calm) == 0
    assert score_of(reach=1_000, **dict[str, Any](calm, followers=1_000)) == 50
    assert score_of(reach=1_000, **dict[str, Any](calm, followers=5_000_000, heat=100, others=90, reactions=900)) == 100
    assert score_of(reach=1_000, **dict[str, Any](calm, others=500)) == 20 < WORTH


def test_files_of_an_answer_that_waits_stay(street: Street) -> None:
    """What hangs on nothing for a week is removed; a holiday of the approver is longer than that."""
    message_id = street.comment("Var är min väska?")
    wait_at(street, "all")
    case_id, johan = street.case_of(message_id), street.who("johan")
    kept, loose = (
        street.db.write_now(attach_file, johan, case_id, NewFile(name, "application/pdf", 3, "a" * 64)) for name in ("karta.pdf", "lös.pdf")
    )
    street.db.write_now(propose_answer, johan, reply(street, message_id, attachment_ids=(kept,)))
    for _ in range(3):
        street.clock.move(6 * DAY)
        street.db.write_now(keep_files, system(johan.workspace_id))
        street.db.write_now(tidy_uploads, system(johan.workspace_id))
    left = street.db.read_now(lambda tx: {row.id for row in tx.rows(sa.select(attachments.c.id))})
    assert (kept in left, loose in left) == (True, False)
