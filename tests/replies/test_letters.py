"""What leaves by a way that carries letters: signature, quotation, pictures in their places. T9, T61, T67, T94."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.actions import add_note
from sluss.cases.models import attachments, messages
from sluss.channels.contract import Address, Outbound
from sluss.channels.email.compose import compose
from sluss.channels.models import inboxes
from sluss.kernel.clock import MINUTE, TestClock
from sluss.kernel.errors import Invalid
from sluss.replies.sending import send_reply
from sluss.replies.signatures import read_signature, signature_html, signature_text
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from tests.outbox.scene import LUKASZ, PaperPost, Scene
from tests.replies.test_sending import reply

VALUES = {"agent.name": "Maja *Ek* [x](https://evil.example)", "brand.name": "Norrsken Air", "inbox.address": "help@norrsken.example"}


@pytest.fixture
def letters(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The scene, by a way that carries letters."""
    monkeypatch.setattr(PaperPost, "capabilities", msgspec.structs.replace(PaperPost.capabilities, is_letter=True))
    return scene


def set_up(scene: Scene, **settings: Any) -> None:
    scene.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == scene.inbox_id).values(settings=settings)))


async def sent(scene: Scene, clock: TestClock) -> Outbound:
    clock.move(MINUTE)
    assert await scene.round()
    return scene.post.taken[-1]


def parsed(outbound: Outbound) -> EmailMessage:
    found: Any = message_from_bytes(compose(outbound), policy=policy.default)
    return found


async def test_an_answer_carries_the_signature_and_quotes_the_customer(letters: Scene, clock: TestClock) -> None:
    set_up(letters, signature="Hälsningar\n*{{agent.name}}*, {{ brand.name }}")
    letters.answer("Vi letar.")
    outbound = await sent(letters, clock)
    body, signature, quoted = outbound.text.split("\n\n")
    assert (body, signature) == ("Vi letar.", "-- \nHälsningar\nMaja Ek, Norrsken Air")
    assert re.fullmatch(r"On .+, Åsa Lindqvist wrote:\n> Hej, var är min väska\?", quoted)
    assert "<strong>Maja Ek</strong>" in outbound.html
    assert re.search(r"<blockquote[^>]*>\s*<p>Hej, var är min väska\?</p>", outbound.html)


async def test_nothing_internal_and_nothing_of_others_is_quoted(letters: Scene, clock: TestClock) -> None:
    """Internal notes must never be quoted."""
    letters.db.write_now(add_note, letters.maja, letters.case_id, "Hon ljuger alltid.")
    letters.answer("Ett.")
    letters.answer("Två.")
    first, second = await sent(letters, clock), await sent(letters, clock)
    assert "ljuger" not in first.text + first.html + second.text + second.html
    assert (first.text[:4], second.text[:4], "Ett." in second.text) == ("Ett.", "Två.", False)


async def test_an_inbox_may_quote_nothing(letters: Scene, clock: TestClock) -> None:
    set_up(letters, quote_history=False)
    letters.answer("Vi letar.")
    assert (await sent(letters, clock)).text == "Vi letar."


def test_what_the_agent_wrote_is_kept_apart_and_the_rest_is_not_typed_again(letters: Scene) -> None:
    departure = letters.answer("Vi letar.")
    row = letters.db.read_now(lambda tx: tx.row(sa.select(messages).where(messages.c.id == departure.message_id)))
    assert row is not None
    assert (row.fresh, row.text.startswith("Vi letar.\n\nOn ")) == ("Vi letar.", True)
    draft: Any = letters.db.write_now(undo_send, letters.maja, departure.operation_ids[0])
    assert draft.text == "Vi letar."


async def test_a_picture_stands_in_the_answer(letters: Scene, clock: TestClock, attach: Callable[[str], int]) -> None:
    picture, paper = attach("bild.png"), attach("karta.pdf")
    letters.db.write_now(lambda tx: tx.run(sa.update(attachments).where(attachments.c.id == picture).values(media_type="image/png")))
    letters.answer("Se här: [bild.png]", attachment_ids=(picture, paper))
    mail = parsed(await sent(letters, clock))
    assert mail.get_content_type() == "multipart/mixed"
    related = next(part for part in mail.walk() if part.get_content_type() == "multipart/related")
    parts: Any = related.get_payload()
    page, image = parts
    assert f'src="cid:{image["Content-ID"][1:-1]}"' in page.get_content()
    assert [part.get_filename() for part in mail.walk() if part.get_content_disposition() == "attachment"] == ["karta.pdf"]


@pytest.mark.parametrize(
    "text",
    [
        '<img src="/files/{foreign}">',
        '<img src="cid:{content_id}">',
        "[{name}]",
        "[cid:{content_id}]",
        "[/files/{foreign}]",
    ],
)
async def test_no_text_makes_a_foreign_file_part_of_an_answer(
    letters: Scene, clock: TestClock, attach: Callable[[str], int], text: str
) -> None:
    """T9: the replay of a desk that copied whatever file an answer named."""
    foreign = attach("hemlig.png")
    values = {"media_type": "image/png", "content_id": "secret@x", "uploader_id": letters.johan.id}
    letters.db.write_now(lambda tx: tx.run(sa.update(attachments).where(attachments.c.id == foreign).values(**values)))
    letters.answer(text.format(foreign=foreign, content_id="secret@x", name="hemlig.png"))
    outbound = await sent(letters, clock)
    assert outbound.files == ()
    assert "<img" not in outbound.html


def test_a_picture_that_was_taken_back_is_an_ordinary_file_again(letters: Scene, attach: Callable[[str], int]) -> None:
    picture = attach("bild.png")
    letters.db.write_now(lambda tx: tx.run(sa.update(attachments).values(media_type="image/png")))
    departure = letters.answer("[bild.png]", attachment_ids=(picture,))
    letters.db.write_now(undo_send, letters.maja, departure.operation_ids[0])
    row = letters.db.read_now(lambda tx: tx.row(sa.select(attachments)))
    assert row is not None
    assert (row.content_id, row.message_id) == ("", None)


def test_a_signature_is_marked_before_it_is_filled_in() -> None:
    """T94: nobody's name becomes a mark, a link or a field."""
    lines = read_signature("*{{agent.name}}* [Hjälp](https://help.example/{{brand.name}}) {{agent.password}}", VALUES)
    assert signature_text(lines) == ("Maja *Ek* [x](https://evil.example) Hjälp (https://help.example/Norrsken Air) {{agent.password}}")
    assert "<strong>Maja *Ek* [x](https://evil.example)</strong>" in signature_html(lines)
    assert "evil" not in "".join(run.href for line in lines for run in line)


@pytest.mark.parametrize(
    "written", ["<script>x</script>", "[x](javascript:alert(1))", "*<img src=x onerror=y>*", '[a](https://x" onclick="y)']
)
def test_a_signature_is_escaped(written: str) -> None:
    """T67."""
    page = signature_html(read_signature(written, VALUES))
    assert set(re.findall(r"<(\w+)", page)) <= {"div", "br", "strong", "a"}
    assert not re.search(r'<[^>]* on\w+="', page)
    assert 'href="javascript' not in page


def test_who_was_copied_in_is_known(letters: Scene) -> None:
    bo, own = Address("bo@kund.example", "Bo"), Address("support@norrsken.example")
    case_id = letters.case_of(letters.write(to=(own, LUKASZ), cc=(bo, Address("support+c.abc@norrsken.example"))))
    target = letters.db.read_now(target_of, letters.maja, case_id)
    assert ([one.address for one in target.others], target.copied, target.keeps_copied) == (
        ["lukasz@poczta.example", "bo@kund.example"],
        (bo,),
        True,
    )


async def test_blind_copies_are_sent_and_named_nowhere(letters: Scene, clock: TestClock) -> None:
    letters.answer("Hej", cc="bo@kund.example", bcc="chef@norr.example")
    await sent(letters, clock)
    assert {one.recipient.address for one in letters.post.taken} == {"asa@kund.example", "bo@kund.example", "chef@norr.example"}
    assert all(b"chef@norr" not in compose(one) for one in letters.post.taken)


def test_bcc_is_checked_beside_its_own_field(letters: Scene) -> None:
    with pytest.raises(Invalid) as wrong:
        letters.db.write_now(send_reply, letters.maja, reply(letters, bcc="nej"))
    assert list(wrong.value.fields) == ["bcc"]
