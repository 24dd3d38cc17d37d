"""Never two answers: whatever others say stops whatever the sender does, again and again until it has been seen. F51, T7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import add_note
from sluss.cases.models import cases, notes
from sluss.channels.contract import Address
from sluss.desk.deeds import solve
from sluss.kernel.errors import Conflict
from sluss.merging.merge import merge_cases
from sluss.replies.drafts import DraftFields, find_draft, save_draft
from sluss.replies.forwarding import Forward, forward_message
from sluss.replies.news import mark_of
from sluss.replies.sending import Doubted, SendReply, Stopped, WriteNote, send_reply, write_note
from sluss.replies.targets import target_of
from tests.outbox.scene import LUKASZ, PaperPost, Scene

HOTEL = "drift@hotell.example"
Deed = Callable[[Scene, str], object]


@pytest.fixture
def letters(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(PaperPost, "capabilities", msgspec.structs.replace(PaperPost.capabilities, is_letter=True))
    return scene


def seen_now(scene: Scene) -> str:
    return scene.db.read_now(mark_of, scene.maja, scene.case_id)


def number_of(scene: Scene) -> int:
    return scene.db.read_now(access_case, scene.maja, scene.case_id).number


def reply(scene: Scene, seen: str, **given: Any) -> object:
    wanted = SendReply(op=f"r{seen}"[:32], case_id=scene.case_id, text="Vi letar.", seen=seen, **given)
    return scene.db.write_now(send_reply, scene.maja, wanted)


def forward(scene: Scene, seen: str, who: Any = None, op: str = "f") -> object:
    wanted = Forward(op=op, case_id=scene.case_id, to=HOTEL, text="Kan ni se efter?", seen=seen)
    return scene.db.write_now(forward_message, who or scene.maja, wanted)


DEEDS: dict[str, Deed] = {
    "reply": reply,
    "reply and solve": lambda scene, seen: reply(scene, seen, then="solve"),
    "solve": lambda scene, seen: scene.db.write_now(solve, scene.maja, number_of(scene), seen, False),
    "forward": forward,
}


def customer_writes(scene: Scene) -> None:
    thread_id = scene.db.read_now(target_of, scene.maja, scene.case_id).thread_id
    scene.write("Jag hittade den!", thread_token=scene.token(thread_id))


def answered_elsewhere(scene: Scene) -> None:
    """Johan answers from his own mail program; the copy lies among the sent."""
    first = scene.db.read_now(lambda tx: tx.value(sa.text("SELECT external_id FROM messages ORDER BY id LIMIT 1")))
    us, asa = Address("support@norrsken.example", "Support"), Address("asa@kund.example", "Åsa Lindqvist")
    given: dict[str, Any] = {"sender": us, "to": (asa,), "references": (first,), "author": Address("johan@norrsken.example", "Johan Falk")}
    scene.write("Den är på väg.", direction="out", origin="sent folder", **given)


def merged(scene: Scene) -> None:
    """Johan brings another case into this one; what was said there is older than anything the sender can be asked about."""
    other = scene.db.read_now(lambda tx: tx.value(sa.select(cases.c.id).where(cases.c.id != scene.case_id)))
    scene.db.write_now(merge_cases, scene.johan, scene.case_id, other)


NEWS: dict[str, tuple[Callable[[Scene], object], str]] = {
    "the customer's message": (customer_writes, "Jag hittade den!"),
    "a colleague's answer": (lambda scene: scene.db.write_now(send_reply, scene.johan, _johans(scene)), "Johan hann först."),
    "a colleague's note": (lambda scene: scene.db.write_now(add_note, scene.johan, scene.case_id, "Vänta."), "Vänta."),
    "an answer from elsewhere": (answered_elsewhere, "Den är på väg."),
    "a colleague's forward": (lambda scene: forward(scene, seen_now(scene), scene.johan, "jf"), "Kan ni se efter?"),
    "a merge": (merged, "Det gäller samma väska."),
}


def _johans(scene: Scene) -> SendReply:
    return SendReply(op="j", case_id=scene.case_id, text="Johan hann först.", anyway=True)


def test_every_kind_of_news_stops_every_kind_of_send_until_it_was_seen(letters: Scene) -> None:
    """F51: one after the other in one case, each told with its words; nothing is sent, and what was seen stops nothing."""
    letters.write("Det gäller samma väska.", sender=LUKASZ)
    for happens, words in NEWS.values():
        seen = seen_now(letters)
        happens(letters)
        sent = len(letters.operations())
        for deed in DEEDS.values():
            with pytest.raises(Stopped) as stopped:
                deed(letters, seen)
            assert (stopped.value.news.text, len(letters.operations())) == (words, sent)
    for deed in DEEDS.values():
        assert deed(letters, seen_now(letters))


def test_what_comes_while_the_question_is_open_stops_the_send_again(scene: Scene) -> None:
    """F51: “anyway” is said to what was shown, not to what nobody has read."""
    seen = seen_now(scene)
    customer_writes(scene)
    with pytest.raises(Stopped) as first:
        reply(scene, seen)
    scene.db.write_now(add_note, scene.johan, scene.case_id, "Jag ringer henne.")
    with pytest.raises(Stopped) as second:
        reply(scene, first.value.mark)
    assert second.value.news.text == "Jag ringer henne."
    assert reply(scene, second.value.mark)


def test_a_stopped_answer_becomes_a_note_and_its_draft_goes(scene: Scene, attach: Callable[[str], int]) -> None:
    file = attach("karta.pdf")
    fields = DraftFields(text="Hon sa det till mig.", attachment_ids=(file,))
    scene.db.write_now(save_draft, scene.maja, scene.case_id, fields)
    note = WriteNote(op="n", case_id=scene.case_id, text="Hon sa det till mig.", attachment_ids=(file,), of_reply=True)
    assert scene.db.write_now(write_note, scene.maja, note) == scene.db.write_now(write_note, scene.maja, note)
    assert scene.db.read_now(find_draft, scene.maja, scene.case_id, "reply") is None
    assert [row.text for row in scene.db.read_now(lambda tx: tx.rows(sa.select(notes.c.text)))] == ["Hon sa det till mig."]


def test_a_forged_sender_is_asked_about_before_anything_leaves(scene: Scene) -> None:
    """T7, T45: what could not be proved is answered only by somebody who knows that; a proven message ends the doubt."""
    token = scene.token(scene.db.read_now(target_of, scene.maja, scene.case_id).thread_id)
    scene.write("Skicka koden hit.", thread_token=token, proof="fail")
    with pytest.raises(Doubted):
        reply(scene, seen_now(scene))
    assert scene.operations() == []
    assert reply(scene, seen_now(scene), trust=True)
    scene.write("Det var verkligen jag.", thread_token=token, proof="pass")
    assert reply(scene, seen_now(scene))


def test_a_forward_sent_anyway_has_seen_what_was_shown(letters: Scene) -> None:
    seen = seen_now(letters)
    customer_writes(letters)
    with pytest.raises(Conflict) as stopped:
        forward(letters, seen)
    assert isinstance(stopped.value, Stopped)
    assert forward(letters, stopped.value.mark)
