"""Asking somebody beside the customer, and the answer that comes back: neither learns of the other. T2, T5, T9, T113; F51."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import add_note
from sluss.cases.models import attachments, conversations, messages, threads
from sluss.channels.contract import Address
from sluss.kernel.actors import Role
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.outbox.queries import deliveries_of
from sluss.people.models import credentials
from sluss.replies.departing import Departure
from sluss.replies.drafts import Apart, find_draft
from sluss.replies.forwarding import PER_HOUR, Forward, forward_message
from sluss.replies.news import mark_of
from sluss.replies.quoting import quoted_message
from sluss.replies.sending import SendReply, Stopped, send_reply
from sluss.replies.siding import Side, people_of, send_side
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from tests.outbox.scene import LUKASZ, PaperPost, Scene, add_agent

HOTEL = Address("drift@hotell.example", "Hotell Amber")


@pytest.fixture
def letters(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(PaperPost, "capabilities", msgspec.structs.replace(PaperPost.capabilities, is_letter=True))
    return scene


def question(scene: Scene, **given: Any) -> Side:
    apart = Apart(**{"to": "Hotell Amber <drift@hotell.example>", "subject": "Rum 12"} | given.pop("apart", {}))
    values: dict[str, Any] = {"op": "op", "case_id": scene.case_id, "text": "Är rummet ledigt?", "apart": apart}
    return Side(**values | given)


def ask(scene: Scene, **given: Any) -> Departure:
    return scene.db.write_now(send_side, scene.maja, question(scene, **given))


def fields_of(scene: Scene, **given: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        ask(scene, **given)
    return wrong.value.fields


def message(scene: Scene, message_id: int) -> Any:
    return scene.db.read_now(lambda tx: tx.row(sa.select(messages).where(messages.c.id == message_id)))


def answer_to(scene: Scene, departure: Departure, text: str = "Ja, från fredag.", **given: Any) -> int:
    sent = message(scene, departure.message_id)
    wanted = sa.select(threads.c.token).join(conversations, conversations.c.thread_id == threads.c.id)
    token = scene.db.read_now(lambda tx: tx.value(wanted.where(conversations.c.id == sent.conversation_id)))
    return scene.write(text, sender=HOTEL, thread_token=token, references=(sent.external_id,), **given)


def first_message(scene: Scene) -> int:
    return scene.db.read_now(lambda tx: tx.value(sa.select(sa.func.min(messages.c.id))))


def test_a_question_has_a_subject_and_a_thread_of_its_own_and_changes_nothing(letters: Scene) -> None:
    """The customer's clock runs on, and nothing of the customer's words goes along unasked."""
    before = letters.db.read_now(access_case, letters.maja, letters.case_id)
    sent = message(letters, ask(letters).message_id)
    assert ([one["address"] for one in sent.to], sent.subject, sent.fresh) == ([HOTEL.address], "Rum 12", "Är rummet ledigt?")
    assert "väska" not in sent.text + sent.html + sent.subject
    assert letters.db.read_now(access_case, letters.maja, letters.case_id) == before
    second = message(letters, ask(letters, op="op2", apart={"subject": "Rum 14"}).message_id)
    assert second.conversation_id != sent.conversation_id


def test_the_answer_comes_back_into_its_own_conversation_and_the_next_word_goes_on_in_it(letters: Scene) -> None:
    first, other = ask(letters), ask(letters, op="op2", apart={"subject": "Frukost"})
    letters.answer("Vi återkommer.")
    back = message(letters, answer_to(letters, first))
    sent = message(letters, first.message_id)
    assert (back.conversation_id, letters.case_of(back.id)) == (sent.conversation_id, letters.case_id)
    case = letters.db.read_now(access_case, letters.maja, letters.case_id)
    assert (case.status, case.waiting_since) == ("open", None)
    assert [one.address for one in letters.db.read_now(people_of, letters.maja, sent.conversation_id)] == [HOTEL.address]
    more = message(letters, ask(letters, op="op3", apart={"conversation_id": sent.conversation_id, "subject": "egalt"}).message_id)
    assert (more.conversation_id, more.subject) == (sent.conversation_id, "Re: Rum 12")
    assert message(letters, other.message_id).conversation_id != sent.conversation_id


def test_neither_the_customer_nor_who_is_asked_learns_of_the_other(letters: Scene) -> None:
    """No recipient, no copy, no quotation and no suggestion crosses over, in either direction."""
    departure = ask(letters)
    answer_to(letters, departure)
    target = letters.db.read_now(target_of, letters.maja, letters.case_id)
    assert (target.to.address, target.others, target.copied) == ("asa@kund.example", (), ())
    quoted = letters.db.read_now(quoted_message, letters.maja, target.conversation_id)
    assert quoted is not None
    assert "fredag" not in quoted[0]
    for name in ("cc", "bcc"):
        with pytest.raises(Invalid) as wrong:
            letters.answer("Hej!", **{name: HOTEL.address})
        assert list(wrong.value.fields) == [name]
    reply = letters.answer("Rummet är ledigt.")
    reached = letters.db.read_now(deliveries_of, letters.maja, [reply.message_id])[reply.message_id]
    assert [one.recipient for one in reached] == ["asa@kund.example"]
    assert "hotell" not in message(letters, reply.message_id).text
    assert "customer" in fields_of(letters, op="c", apart={"to": "Asa@Kund.example, drift@hotell.example"})["to"]


def test_only_what_was_chosen_goes_along(letters: Scene, attach: Callable[[str], int]) -> None:
    """T2, T9: messages of the customer's conversation and their files; never notes, other questions, other cases or others' uploads."""
    letters.db.write_now(add_note, letters.maja, letters.case_id, "Hon ljuger alltid.")
    asked, foreign = ask(letters), letters.write("Marker", sender=LUKASZ)
    sent = message(letters, ask(letters, op="q", apart={"quoted": (first_message(letters),)}).message_id)
    assert "Hej, var är min väska?" in sent.text
    assert "ljuger" not in sent.text + sent.html
    for wrong in (asked.message_id, foreign, 4711):
        assert list(fields_of(letters, op="w", apart={"quoted": (wrong,)})) == ["quote"]
    file = attach("karta.pdf")
    assert list(fields_of(letters, op="w", apart={"passed": (file,)})) == ["file"]
    own = ask(letters, op="f", attachment_ids=(file,))
    assert message(letters, own.message_id).files == 1
    other = letters.case_of(foreign)
    with pytest.raises(Missing):
        ask(letters, op="w", case_id=other, apart={"conversation_id": message(letters, asked.message_id).conversation_id})


def test_colleagues_are_asked_by_name(letters: Scene) -> None:
    address = letters.db.read_now(
        lambda tx: tx.value(sa.select(credentials.c.email).where(credentials.c.email.contains("@")).order_by(credentials.c.id.desc()))
    )
    sent = message(letters, ask(letters, apart={"to": "johan falk; drift@hotell.example"}).message_id)
    assert [(one["address"], one["name"]) for one in sent.to] == [(address, "Johan Falk"), (HOTEL.address, "")]
    add_agent(letters.db, letters.workspace_id, "Johan Falk")
    assert "Several" in fields_of(letters, op="w", apart={"to": "Johan Falk"})["to"]
    assert "neither" in fields_of(letters, op="w", apart={"to": "Nobody"})["to"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " "}, "body"),
        ({"apart": {"subject": " "}}, "subject"),
        ({"apart": {"to": ""}}, "to"),
        ({"apart": {"to": "a@b\r\nBcc: c@d.e"}}, "to"),
    ],
)
def test_what_is_missing_is_named_beside_its_field(letters: Scene, given: dict[str, Any], field: str) -> None:
    assert list(fields_of(letters, **given)) == [field]


def test_it_can_be_taken_back_as_it_was_written_and_leaves_nothing(letters: Scene, attach: Callable[[str], int]) -> None:
    file = attach("karta.pdf")
    given: dict[str, Any] = {"attachment_ids": (file,), "apart": {"quoted": (first_message(letters),)}}
    departure = ask(letters, **given)
    letters.db.write_now(undo_send, letters.maja, departure.operation_ids[0])
    draft = letters.db.read_now(find_draft, letters.maja, letters.case_id, "side")
    assert draft is not None
    assert (draft.text, draft.attachment_ids, draft.apart) == ("Är rummet ledigt?", (file,), question(letters, **given).apart)
    assert letters.operations() == []
    count = lambda table: letters.db.read_now(lambda tx: len(tx.rows(sa.select(table.c.id))))  # noqa: E731
    assert [count(table) for table in (messages, conversations, threads, attachments)] == [1, 1, 1, 1]
    assert ask(letters, op="again", **given).message_id != departure.message_id
    assert letters.db.read_now(find_draft, letters.maja, letters.case_id, "side") is None


def test_it_is_sent_once_and_news_stop_it(letters: Scene) -> None:
    """F51, F28."""
    seen = letters.db.read_now(mark_of, letters.maja, letters.case_id)
    assert ask(letters, seen=seen) == ask(letters, seen=seen)
    letters.db.write_now(send_reply, letters.johan, SendReply(op="j", case_id=letters.case_id, text="Klart.", anyway=True))
    with pytest.raises(Stopped):
        ask(letters, op="late", seen=seen)
    assert len(letters.operations()) == 2


def test_a_colleagues_question_is_news_to_who_answers_the_customer(letters: Scene) -> None:
    """F51: and so is what comes back; whoever answers should know it."""
    for happens in (lambda: ask(letters).message_id, lambda: answer_to(letters, ask(letters, op="op2"))):
        seen = letters.db.read_now(mark_of, letters.johan, letters.case_id)
        happens()
        with pytest.raises(Stopped):
            letters.db.write_now(send_reply, letters.johan, SendReply(op="late", case_id=letters.case_id, text="Hej!", seen=seen))


@pytest.mark.parametrize(("role", "error"), [("reviewer", Forbidden), ("field", Missing)])
def test_who_may_not_answer_asks_nobody(letters: Scene, role: Role, error: type[Exception]) -> None:
    """T5, T113."""
    agent = add_agent(letters.db, letters.workspace_id, "Karin Holm", role)
    with pytest.raises(error):
        letters.db.write_now(send_side, agent, question(letters))


def test_questions_and_forwards_share_one_measure_and_no_thread(letters: Scene) -> None:
    """T113: nobody makes the desk a relay."""
    ask(letters)
    passed = letters.db.write_now(
        forward_message, letters.maja, Forward(op="f", case_id=letters.case_id, to="drift@hotell.example", text="Se nedan.")
    )
    assert letters.db.read_now(lambda tx: len(tx.rows(sa.select(threads.c.id)))) == 3
    assert message(letters, passed.message_id).subject == "Fwd: Min väska"
    for number in range(PER_HOUR - 2):
        ask(letters, op=f"op{number}")
    with pytest.raises(Conflict, match="within an hour"):
        ask(letters, op="more")
