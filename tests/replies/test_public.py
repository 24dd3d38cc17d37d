"""Answering where people meet: which side, within which window, how long, with what to hide, and privately once. T2, T9; F51."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.access import AttachmentRow
from sluss.cases.models import messages
from sluss.cases.news import News, apply_news
from sluss.cases.standings import open_windows
from sluss.channels.contract import Capabilities, Refused, TemplateUse
from sluss.channels.happenings import Changed
from sluss.channels.templating import Template, keep_templates
from sluss.kernel.clock import DAY, HOUR, SECOND, TestClock
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.outbox.models import sendings
from sluss.replies.attaching import describe_files
from sluss.replies.drafts import Draft
from sluss.replies.guarding import Exposed, require_discreet_edit
from sluss.replies.parting import measure_of, part_answer
from sluss.replies.private_reply import PrivateReply, reply_privately, why_not_privately
from sluss.replies.sending import SendReply, send_reply
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from sluss.replies.windows import why_shut, window_of
from tests.outbox.scene import Scene
from tests.outbox.square import AUTHOR, LOUD, QUIET, Square, comment, place_of, reply_to, set_inbox, write_privately

CARD = "Kortet är 4111 1111 1111 1111."
WINDOWS = [
    (QUIET, 0, 5 * DAY, "closed", None),
    (QUIET, 5 * DAY, 6 * DAY - 1, "open", 6 * DAY),
    (QUIET, 5 * DAY, 6 * DAY, "late", 12 * DAY),
    (QUIET, 5 * DAY, 12 * DAY, "closed", None),
    (LOUD, 0, 5 * DAY, "none", None),
    (msgspec.structs.replace(QUIET, late_hours=None, has_templates=True), 5 * DAY, 6 * DAY, "template", None),
    (msgspec.structs.replace(QUIET, has_templates=True), 0, 6 * DAY, "template", None),
]


def files(*sizes: int) -> list[AttachmentRow]:
    shared: dict[str, Any] = dict.fromkeys(("message_id", "note_id", "case_id", "uploader_id"))
    return [
        AttachmentRow(id=n, name=f"{n}.png", media_type="image/png", size=size, digest="", content_id="", **shared)
        for n, size in enumerate(sizes)
    ]


def parts(text: str, capabilities: Capabilities, *sizes: int) -> list[tuple[str, int]]:
    return [(one.text, len(one.files)) for one in part_answer(text, files(*sizes), capabilities, measure_of(capabilities, ""))]


def faults(text: str, capabilities: Capabilities, *sizes: int) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        parts(text, capabilities, *sizes)
    return wrong.value.fields


def exposed(scene: Scene, message_id: int, text: str, **given: Any) -> Exposed:
    with pytest.raises(Exposed) as stopped:
        reply_to(scene, message_id, text, **given)
    return stopped.value


def privately(scene: Scene, message_id: int, **given: Any) -> Any:
    values: dict[str, Any] = {"op": f"pr{scene.db.clock()}{len(scene.states())}", "case_id": place_of(scene, message_id).case_id}
    values |= {"message_id": message_id, "text": "Skicka ditt bokningsnummer.", "anyway": True}
    return scene.db.write_now(reply_privately, scene.maja, PrivateReply(**values | given))


def test_a_window_says_what_may_be_sent_now() -> None:
    found = [(window_of(can, opened, now), can) for can, opened, now, _, _ in WINDOWS]
    assert [(one.state, one.ends_at) for one, _ in found] == [(state, end) for *_, state, end in WINDOWS]
    said = [why_shut(can, one) for one, can in found]
    assert [bool(one) for one in said] == [state == "closed" for *_, state, _ in WINDOWS]
    assert "7 days" in said[3]


def test_an_answer_becomes_as_many_messages_as_its_network_wants() -> None:
    """Files go with words, or alone, so many at once; what is too large is named."""
    assert parts("Hej", LOUD, 1, 1, 1) == [("Hej", 2), ("", 1)]
    assert parts("ord " * 40, LOUD, 1)[0][1] == 1
    assert parts("Hej", QUIET, 1, 1) == [("Hej", 0), ("", 1), ("", 1)]
    assert parts("", QUIET, 1) == [("", 1)]
    assert parts("Hej", msgspec.structs.replace(LOUD, max_files=None)) == [("Hej", 0)]
    assert "1.png" in faults("Hej", LOUD, 1, 51)["file"]
    assert "1000 characters" in faults("o" * 1_001, QUIET)["body"]
    assert "several messages" in faults("ord " * 3_000, LOUD)["body"]
    assert "together" in faults("Hej", msgspec.structs.replace(LOUD, max_files=None), 26, 26)["file"]


async def test_the_side_is_chosen_and_only_one_of_the_case(scene: Scene, square: Square, clock: TestClock) -> None:
    """T2: another case's conversation is none at all."""
    asked, other = comment(scene), comment(scene, key="c9", thread_key="p:post9:c9:4711")
    case_id = place_of(scene, asked).case_id
    departure = privately(scene, asked)
    public = scene.db.read_now(target_of, scene.maja, case_id)
    assert (public.visibility, public.url, public.measure.most, public.answers_id) == ("public", "https://square.example/c1", 100, asked)
    quiet = scene.db.read_now(target_of, scene.maja, case_id, place_of(scene, departure.message_id).id)
    assert (quiet.visibility, quiet.to.address, quiet.capabilities) == ("private", AUTHOR.address, QUIET)
    assert "before the customer has" in quiet.closed
    with pytest.raises(Missing):
        scene.db.read_now(target_of, scene.maja, case_id, place_of(scene, other).id)
    draft = scene.db.write_now(undo_send, scene.maja, reply_to(scene, asked, "Vi letar").operation_ids[0])
    assert isinstance(draft, Draft)
    assert draft.apart is not None
    assert draft.apart.conversation_id == public.conversation_id


def test_a_shut_window_and_what_cannot_be_answered_say_so(scene: Scene, square: Square, clock: TestClock) -> None:
    told = write_privately(scene)
    clock.move(7 * DAY - 1)
    reply_to(scene, told)
    clock.move(1)
    with pytest.raises(Conflict, match="more than 7 days ago"):
        reply_to(scene, told)
    asked = comment(scene, unanswerable="Only who is mentioned may answer by a program.")
    with pytest.raises(Conflict, match="Only who is mentioned"):
        reply_to(scene, asked)
    gone = comment(scene, key="c3", thread_key="p:post3:c3:4711")
    news = News(inbox_id=scene.inbox_id, network="paper", value=Changed(external_id="c3", what="removed", at=clock.now))
    scene.db.write_now(apply_news, scene.system, [news])
    with pytest.raises(Conflict, match="was removed"):
        reply_to(scene, gone)


def test_personal_data_stops_what_everybody_would_read(scene: Scene, square: Square) -> None:
    """The words, the content warning and the descriptions of pictures; confirmed for exactly that, and never asked in private."""
    asked = comment(scene)
    stopped = exposed(scene, asked, CARD)
    assert ([one.kind for one in stopped.found], "4111" in stopped.shown) == (["card"], False)
    assert exposed(scene, asked, f"{CARD} Ring 070-123 45 67.", confirmed=stopped.digest).digest != stopped.digest
    assert exposed(scene, asked, "Hej", spoiler=CARD).found == stopped.found
    set_inbox(scene, settings={"own_shapes": "AAA-999999, KUND9999"})
    assert [one.text for one in exposed(scene, asked, "Vi såg sky NRS-123456 och KUND1234.").found] == ["NRS-123456", "KUND1234"]
    assert len(reply_to(scene, asked, CARD, confirmed=stopped.digest).message_ids) == 1
    scene.db.write_now(open_windows, scene.system, {place_of(scene, (told := write_privately(scene))).thread_id: scene.db.clock()})
    reply_to(scene, told, CARD)
    ours = reply_to(scene, asked, "Vi letar.").message_id
    with pytest.raises(Invalid, match="correct"):
        scene.db.write_now(require_discreet_edit, scene.maja, ours, CARD)


def test_pictures_are_described_by_who_attached_them(scene: Scene, square: Square) -> None:
    """T9."""
    with pytest.raises(Invalid):
        scene.db.write_now(describe_files, scene.maja, scene.case_id, {4711: "En väska"})


def test_an_approved_text_goes_where_free_words_do_not(
    scene: Scene, square: Square, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(square, "capabilities", msgspec.structs.replace(QUIET, has_templates=True, late_hours=None))
    told = write_privately(scene)
    known = [
        Template(name="found", language="sv", status="APPROVED", header="Väska", body="Hej {{1}}, ring {{ name }}.", footer="Norrsken"),
        Template(name="old", language="sv", status="PAUSED", body="x"),
    ]
    scene.db.write_now(keep_templates, scene.system, scene.inbox_id, known)
    clock.move(24 * HOUR)
    with pytest.raises(Invalid) as wrong:
        reply_to(scene, told, "Hej!")
    assert "approved templates" in wrong.value.fields["body"]
    with pytest.raises(Conflict, match="does not allow this template"):
        reply_to(scene, told, "", template=TemplateUse(name="old", language="sv"))
    with pytest.raises(Invalid) as wrong:
        reply_to(scene, told, "", template=TemplateUse(name="found", language="sv", values={"1": "Åsa"}))
    assert "name" in wrong.value.fields["template"]
    use = TemplateUse(name="found", language="sv", values={"1": "Åsa {{name}}", "name": "Maja"})
    sent = reply_to(scene, told, "", template=use)
    text = scene.db.read_now(lambda tx: tx.value(sa.select(messages.c.text).where(messages.c.id == sent.message_id)))
    assert text == "Väska\n\nHej Åsa {{name}}, ring Maja.\n\nNorrsken"
    kept = scene.db.read_now(lambda tx: tx.value(sa.select(sendings.c.template).where(sendings.c.message_id == sent.message_id)))
    assert kept == {"name": "found", "language": "sv", "values": {"1": "Åsa {{name}}", "name": "Maja"}}


async def test_a_public_message_is_answered_privately_once_and_in_time(scene: Scene, square: Square, clock: TestClock) -> None:
    """What failed does not count; a private message and what is too old cannot be answered so."""
    asked = comment(scene)
    first = privately(scene, asked)
    with pytest.raises(Conflict, match="in private already"):
        privately(scene, asked)
    clock.move(10 * SECOND)
    square.script = [Refused("10900", "No", permanent=True)]
    await scene.round()
    assert scene.db.read_now(why_not_privately, scene.maja, asked) == ""
    second = privately(scene, asked)
    assert place_of(scene, second.message_id).id == place_of(scene, first.message_id).id
    with pytest.raises(Conflict, match="no private answer"):
        privately(scene, write_privately(scene))
    late = comment(scene, key="c7", thread_key="p:post7:c7:4711")
    with pytest.raises(Invalid, match="correct"):
        privately(scene, late, text="o" * 1_001)
    clock.move(7 * DAY)
    with pytest.raises(Conflict, match="older than 7 days"):
        privately(scene, late)


def test_programs_and_macros_are_stopped_alike(scene: Scene, square: Square) -> None:
    asked = comment(scene)
    blind = SendReply(op="macro-1", case_id=place_of(scene, asked).case_id, text=CARD, anyway=True, trust=True)
    with pytest.raises(Exposed):
        scene.db.write_now(send_reply, scene.maja, blind)
