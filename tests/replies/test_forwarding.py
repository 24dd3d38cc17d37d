"""Passing on to a third person, and the answer that comes back. T2, T9, T61, T113."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import add_note
from sluss.cases.models import attachments, conversations, messages, threads
from sluss.cases.recording import StoredFile
from sluss.channels.contract import Address
from sluss.kernel.clock import HOUR, MINUTE, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.replies.departing import Departure
from sluss.replies.forwarding import PER_HOUR, Forward, forward_message
from sluss.replies.quoting import quoted_message
from sluss.replies.sending import Crowded
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from tests.outbox.scene import LUKASZ, PaperPost, Scene, add_agent

HOTEL = Address("drift@hotell.example", "Hotell Amber")


@pytest.fixture
def letters(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(PaperPost, "capabilities", msgspec.structs.replace(PaperPost.capabilities, is_letter=True))
    return scene


def wanted(scene: Scene, **given: Any) -> Forward:
    values: dict[str, Any] = {"op": "op", "case_id": scene.case_id, "to": "Hotell Amber <drift@hotell.example>", "text": "Kan ni se efter?"}
    return Forward(**values | given)


def forward(scene: Scene, **given: Any) -> Departure:
    return scene.db.write_now(forward_message, scene.maja, wanted(scene, **given))


def message(scene: Scene, message_id: int) -> Any:
    return scene.db.read_now(lambda tx: tx.row(sa.select(messages).where(messages.c.id == message_id)))


def answer_from(scene: Scene, departure: Departure, sender: Address = HOTEL, **given: Any) -> int:
    reference = scene.external_id(departure.message_id)
    return scene.write("Vi rättar det.", sender=sender, references=(reference,), **given)


def test_a_forward_says_what_the_customer_said_and_changes_nothing(letters: Scene) -> None:
    before = letters.db.read_now(access_case, letters.maja, letters.case_id)
    sent = message(letters, forward(letters).message_id)
    assert [one["address"] for one in sent.to] == ["drift@hotell.example"]
    assert (sent.subject, sent.fresh) == ("Fwd: Min väska", "Kan ni se efter?")
    assert "Hej, var är min väska?" in sent.text
    assert "From: Åsa Lindqvist <asa@kund.example>" in sent.text
    assert letters.db.read_now(access_case, letters.maja, letters.case_id) == before


def test_notes_are_never_passed_on(letters: Scene) -> None:
    letters.db.write_now(add_note, letters.maja, letters.case_id, "Hon ljuger alltid.")
    sent = message(letters, forward(letters).message_id)
    assert "ljuger" not in sent.text + sent.html


def test_the_answer_comes_back_aside(letters: Scene) -> None:
    """The third person's words are in the case, in a conversation of their own; answers still go to the customer and quote nobody else."""
    departure = forward(letters)
    back = answer_from(letters, departure)
    assert letters.case_of(back) == letters.case_id
    target = letters.db.read_now(target_of, letters.maja, letters.case_id)
    assert target.to.address == "asa@kund.example"
    quoted = letters.db.read_now(quoted_message, letters.maja, target.conversation_id)
    assert quoted is not None
    assert "rättar" not in quoted[0]
    aside = letters.db.read_now(lambda tx: tx.rows(sa.select(conversations.c.aside).order_by(conversations.c.id)))
    assert [row.aside for row in aside] == [False, True]


def test_the_answer_wakes_the_case_and_starts_no_clock(letters: Scene) -> None:
    departure = forward(letters)
    letters.answer("Vi återkommer.")
    answer_from(letters, departure)
    case = letters.db.read_now(access_case, letters.maja, letters.case_id)
    assert (case.status, case.waiting_since) == ("open", None)


def test_the_whole_conversation_leaves_out_what_others_said(letters: Scene) -> None:
    departure = forward(letters)
    answer_from(letters, departure)
    sent = message(letters, forward(letters, op="op2", to="bo@kund.example").message_id)
    assert "Hej, var är min väska?" in sent.text
    assert "rättar" not in sent.text


def test_a_second_word_to_the_same_person_stays_in_one_thread(letters: Scene) -> None:
    for number in range(2):
        forward(letters, op=f"op{number}")
    assert letters.db.read_now(lambda tx: len(tx.rows(sa.select(threads.c.id)))) == 2


def test_only_files_of_what_is_passed_on_go_along(letters: Scene) -> None:
    """T2, T9: another message's file, another case's, one that is nowhere."""
    digest = letters.files.put(b"bild")
    file = StoredFile("karta.pdf", "application/pdf", 4, digest, "")
    own = letters.write(files=()), letters.db
    letters.db.write_now(
        lambda tx: tx.run(
            sa.insert(attachments),
            {"workspace_id": letters.workspace_id, "id": 77, "message_id": own[0], "case_id": letters.case_of(own[0]), "at": 0}
            | msgspec.structs.asdict(file),
        )
    )
    with pytest.raises(Invalid, match="marked"):
        forward(letters, attachment_ids=(77,))
    departure = forward(letters, case_id=letters.case_of(own[0]), message_id=own[0], attachment_ids=(77,), op="op3")
    copies = letters.db.read_now(lambda tx: tx.rows(sa.select(attachments).where(attachments.c.message_id == departure.message_id)))
    assert [(row.name, row.digest) for row in copies] == [("karta.pdf", digest)]


def test_a_message_of_another_case_is_missing(letters: Scene) -> None:
    """T2."""
    other = letters.write(sender=LUKASZ)
    with pytest.raises(Missing):
        forward(letters, message_id=other)


def test_it_can_be_taken_back_as_it_was_asked_for(letters: Scene) -> None:
    departure = forward(letters)
    taken = letters.db.write_now(undo_send, letters.maja, departure.operation_ids[0])
    assert taken == wanted(letters)
    assert message(letters, departure.message_id) is None
    assert letters.operations() == []


def test_an_hour_has_a_measure(letters: Scene, clock: TestClock) -> None:
    """T113: nobody makes the desk a relay."""
    for number in range(PER_HOUR):
        forward(letters, op=f"op{number}")
    with pytest.raises(Conflict, match="within an hour"):
        forward(letters, op="more")
    clock.move(HOUR + MINUTE)
    assert forward(letters, op="later")


def test_who_may_not_answer_may_not_pass_on(letters: Scene) -> None:
    """T113."""
    reviewer = add_agent(letters.db, letters.workspace_id, "Karin Holm", "reviewer")
    with pytest.raises(Forbidden):
        letters.db.write_now(forward_message, reviewer, wanted(letters))


@pytest.mark.parametrize("to", ["", "nej", "support@norrsken.example", "x@y.example\r\nBcc: z@y.example"])
def test_it_goes_to_somebody_outside(letters: Scene, to: str) -> None:
    with pytest.raises(Invalid) as wrong:
        forward(letters, to=to)
    assert list(wrong.value.fields) == ["to"]


def test_many_new_people_are_asked_about(letters: Scene) -> None:
    """T61."""
    to = ", ".join(f"p{number}@kund.example" for number in range(11))
    with pytest.raises(Crowded):
        forward(letters, to=to)
    assert forward(letters, to=to, crowd=11)
    with pytest.raises(Invalid, match="marked"):
        forward(letters, to=", ".join(f"p{number}@kund.example" for number in range(101)), op="op2")
