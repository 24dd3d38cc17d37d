"""Answering a case: one transaction, stopped by news, sent once, only to whom it may go. T9, T10, T61; F51."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import add_note
from sluss.cases.models import attachments, notes
from sluss.channels.contract import Address
from sluss.kernel.actors import Role
from sluss.kernel.clock import HOUR, SECOND, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.search import find_cases
from sluss.outbox.queries import deliveries_of
from sluss.replies.drafts import DraftFields, find_draft, save_draft
from sluss.replies.news import mark_of
from sluss.replies.sending import Crowded, SendReply, Stopped, WriteNote, send_reply, write_note
from sluss.replies.targets import target_of
from tests.outbox.scene import LUKASZ, Scene, add_agent


def reply(scene: Scene, **given: Any) -> SendReply:
    values: dict[str, Any] = {"op": "op", "case_id": scene.case_id, "text": "Vi letar."} | given
    values.setdefault("seen", seen_now(scene, values["case_id"]))
    return SendReply(**values)


def seen_now(scene: Scene, case_id: int = 0) -> str:
    """The mark of a page that is read now."""
    return scene.db.read_now(mark_of, scene.maja, case_id or scene.case_id)


def fields_of(scene: Scene, **given: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        scene.db.write_now(send_reply, scene.maja, reply(scene, **given))
    return wrong.value.fields


def test_the_customer_no_longer_waits_and_owes_the_next_word(scene: Scene) -> None:
    scene.db.write_now(send_reply, scene.maja, reply(scene))
    case = scene.db.read_now(access_case, scene.maja, scene.case_id)
    assert (case.status, case.waiting_since, case.preview) == ("pending", None, "Vi letar.")


def test_send_and_solve(scene: Scene) -> None:
    scene.db.write_now(send_reply, scene.maja, reply(scene, then="solve"))
    assert scene.db.read_now(access_case, scene.maja, scene.case_id).status == "solved"


def test_the_draft_is_gone_and_the_deliveries_are_there(scene: Scene, clock: TestClock) -> None:
    scene.db.write_now(save_draft, scene.maja, scene.case_id, DraftFields(text="Vi letar."))
    departure = scene.db.write_now(send_reply, scene.maja, reply(scene))
    assert scene.db.read_now(find_draft, scene.maja, scene.case_id, "reply") is None
    delivery = scene.db.read_now(deliveries_of, scene.maja, [departure.message_id])[departure.message_id][0]
    assert (delivery.state, delivery.undo_until, departure.leaves_at) == ("queued", clock.now + 10 * SECOND, clock.now + 10 * SECOND)


def test_the_same_form_is_sent_once(scene: Scene) -> None:
    first, again = (scene.db.write_now(send_reply, scene.maja, reply(scene)) for _ in range(2))
    assert first == again
    assert len(scene.operations()) == 1


def test_what_was_written_can_be_found(scene: Scene) -> None:
    scene.db.write_now(send_reply, scene.maja, reply(scene, text="Väskan ligger i Gdańsk."))
    assert scene.db.read_now(find_cases, scene.maja, "gdansk") == [scene.case_id]


def test_news_from_the_customer_stops_the_send(scene: Scene) -> None:
    seen = seen_now(scene)
    token = scene.db.read_now(target_of, scene.maja, scene.case_id).thread_id
    scene.write("Jag hittade den!", thread_token=scene.token(token))
    with pytest.raises(Stopped) as stopped:
        scene.db.write_now(send_reply, scene.maja, reply(scene, seen=seen))
    assert (stopped.value.news.by, stopped.value.news.text) == ("Åsa Lindqvist", "Jag hittade den!")
    assert scene.operations() == []


def test_a_colleagues_answer_stops_the_send_until_anyway(scene: Scene) -> None:
    """F51: both were writing; the second is told, and nothing of the second's is lost."""
    seen = seen_now(scene)
    scene.answer("Maja hann först.")
    late = reply(scene, seen=seen, op="late")
    with pytest.raises(Stopped, match="not seen"):
        scene.db.write_now(send_reply, scene.johan, late)
    scene.db.write_now(send_reply, scene.johan, msgspec.structs.replace(late, anyway=True))
    assert len(scene.operations()) == 2


async def test_of_two_who_answer_at_once_one_is_stopped(scene: Scene) -> None:
    """F51."""
    seen = seen_now(scene)
    both = [scene.db.write(send_reply, who, reply(scene, seen=seen)) for who in (scene.maja, scene.johan)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(one, Stopped) for one in results) == [False, True]
    assert len(scene.operations()) == 1


def test_a_colleagues_note_is_news_too_and_ones_own_is_not(scene: Scene) -> None:
    seen = seen_now(scene)
    scene.db.write_now(add_note, scene.johan, scene.case_id, "Vänta med svaret.")
    with pytest.raises(Stopped):
        scene.db.write_now(send_reply, scene.maja, reply(scene, seen=seen))
    seen = seen_now(scene)
    scene.db.write_now(add_note, scene.maja, scene.case_id, "Jag svarar.")
    assert scene.db.write_now(send_reply, scene.maja, reply(scene, seen=seen))


def test_an_automatic_message_is_no_news(scene: Scene) -> None:
    token = scene.token(scene.db.read_now(target_of, scene.maja, scene.case_id).thread_id)
    seen = seen_now(scene)
    scene.write("Jag är på semester.", thread_token=token, automatic="auto-submitted")
    assert scene.db.write_now(send_reply, scene.maja, reply(scene, seen=seen))


def test_copies_are_read_folded_and_never_our_own(scene: Scene) -> None:
    cc = '"Wójcik, Łukasz" <Lukasz@Poczta.example>; support@norrsken.example, support+c.abcd@norrsken.example, asa@kund.example'
    scene.db.write_now(send_reply, scene.maja, reply(scene, cc=cc))
    assert [row.recipient for row in scene.operations()] == ["asa@kund.example", "lukasz@poczta.example"]


@pytest.mark.parametrize(
    "cc", ["asa", "a@b", "a b@kund.example", "x@kund.example\r\nBcc: y@z.example", "<a@b.example", "a@b..example", "@b.example"]
)
def test_what_is_no_address_is_named_beside_its_field(scene: Scene, cc: str) -> None:
    assert list(fields_of(scene, cc=cc)) == ["cc"]


def test_at_most_a_hundred_people(scene: Scene) -> None:
    """T61."""
    people = [f"p{n}@kund.example" for n in range(100)]
    assert "101" in fields_of(scene, cc=", ".join(people))["cc"]
    with pytest.raises(Crowded, match="99"):
        scene.db.write_now(send_reply, scene.maja, reply(scene, cc=", ".join(people[:99])))
    assert scene.operations() == []
    scene.db.write_now(send_reply, scene.maja, reply(scene, cc=", ".join(people[:99]), crowd=99))
    assert len(scene.operations()) == 100


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b"])
def test_an_empty_answer_is_not_sent(scene: Scene, text: str) -> None:
    assert list(fields_of(scene, text=text)) == ["body"]


def test_only_ones_own_files_of_this_case_go_along(scene: Scene, attach: Callable[[str], int]) -> None:
    """T9, T10: another's file, another case's file, a file already sent."""
    file = attach("karta.pdf")
    with pytest.raises(Invalid, match="marked"):
        scene.db.write_now(send_reply, scene.johan, reply(scene, attachment_ids=(file,)))
    other = scene.case_of(scene.write(sender=LUKASZ))
    assert list(fields_of(scene, attachment_ids=(file,), case_id=other)) == ["file"]
    scene.db.write_now(send_reply, scene.maja, reply(scene, attachment_ids=(file,)))
    assert list(fields_of(scene, attachment_ids=(file,), op="op2")) == ["file"]


def test_too_large_files_are_refused_before_they_are_sent(scene: Scene, attach: Callable[[str], int]) -> None:
    file = attach("film.mp4")
    scene.db.write_now(lambda tx: tx.run(sa.update(attachments).values(size=1_000_001)))
    assert "1 MB" in fields_of(scene, attachment_ids=(file,))["file"]


@pytest.mark.parametrize(("role", "error"), [("reviewer", Forbidden), ("field", Missing)])
def test_who_may_not_answer(scene: Scene, role: Role, error: type[Exception]) -> None:
    with pytest.raises(error):
        scene.db.write_now(send_reply, add_agent(scene.db, scene.workspace_id, "Ewa Nowak", role), reply(scene))


def test_a_reviewer_may_note(scene: Scene) -> None:
    ewa = add_agent(scene.db, scene.workspace_id, "Ewa Nowak", "reviewer")
    note = WriteNote(op="n", case_id=scene.case_id, text="Bra svar.")
    assert scene.db.write_now(write_note, ewa, note) == scene.db.write_now(write_note, ewa, note)
    assert scene.db.read_now(lambda tx: len(tx.rows(sa.select(notes.c.id)))) == 1


def test_nothing_is_sent_to_a_sender_who_could_not_be_read(scene: Scene) -> None:
    case_id = scene.case_of(scene.write(sender=Address("unknown@sender.invalid")))
    with pytest.raises(Conflict, match="could not be read"):
        scene.db.write_now(send_reply, scene.maja, reply(scene, case_id=case_id))


def test_the_composer_says_where_it_goes(scene: Scene, clock: TestClock) -> None:
    clock.move(HOUR)
    case_id = scene.case_of(scene.write(subject="SV: Re: Väskan", cc=(LUKASZ, Address("support@norrsken.example"))))
    target = scene.db.read_now(target_of, scene.maja, case_id)
    assert (target.to.address, target.sender.address) == ("asa@kund.example", "support@norrsken.example")
    assert (target.subject, target.others, target.closed) == ("Re: Väskan", (LUKASZ,), "")
