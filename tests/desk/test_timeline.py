"""The timeline: nothing left out, nothing twice, quotes folded, deliveries with their messages."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.cases.actions import add_note, set_priority
from sluss.cases.recording import StoredFile
from sluss.desk.around import look_around
from sluss.desk.item_screens import Happenings, Message
from sluss.desk.timeline import Stretch, read_timeline, split_quoted
from sluss.kernel.db import Database
from sluss.replies.sending import SendReply, send_reply
from tests.desk.conftest import Customers
from tests.world import World


@pytest.fixture
def read(db: Database, world: World, customers: Customers) -> Any:
    def timeline(no: int, **where: Any) -> Stretch:
        case: Any = customers.case(no)
        return db.read_now(lambda tx: read_timeline(tx, look_around(tx, world.who("maja")), case, **where))

    return timeline


@pytest.mark.parametrize(
    ("text", "fresh", "shown", "quoted"),
    [
        ("Hej!", "Hej!", "Hej!", ""),
        ("Tack!\n\n> Hej Åsa", "Tack!", "Tack!", "> Hej Åsa"),
        ("> Hej Åsa\nTack!", "Tack!", "Tack!", "> Hej Åsa"),
        ("Hej", "", "Hej", ""),
        ("Hej", "   ", "Hej", ""),
        ("Annan text", "Sammandrag", "Sammandrag", "Annan text"),
    ],
)
def test_what_is_quoted_is_folded_and_nothing_is_lost(text: str, fresh: str, shown: str, quoted: str) -> None:
    assert split_quoted(text, fresh) == (shown, quoted)


def test_pages_meet_without_a_gap_or_a_repeat(read: Any, db: Database, world: World, customers: Customers) -> None:
    """Messages, notes and happenings in turns, more than any one page holds of each."""
    no = customers.case_of(customers.message(external_id="a@k")).number
    case_id, maja = customers.case(no).id, world.who("maja")
    for n in range(60):
        customers.message(references=("a@k",))
        for priority in ("high", "low", "urgent")[: n % 4]:
            db.write_now(set_priority, maja, case_id, priority)
        if n % 2:
            db.write_now(add_note, maja, case_id, f"Not {n}")
    stretch = read(no)
    items = list(stretch.items)
    while stretch.earlier:
        stretch = read(no, before=int(items[0].id))
        items = [*stretch.items, *items]
    ids = [int(part.id) for item in items for part in (item.events if isinstance(item, Happenings) else (item,))]
    assert ids == sorted(set(ids))
    assert sum(isinstance(item, Message) for item in items) == 61
    assert len(ids) == 61 + 30 + 75  # what is set to what it is already does not happen


def test_an_answer_shows_how_its_delivery_stands(read: Any, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    reply = SendReply(op="a" * 26, case_id=customers.case(no).id, text="Hej!", cc="bo@kund.example", anyway=True)
    db.write_now(send_reply, world.who("johan"), reply)
    answer = next(item for item in read(no).items if isinstance(item, Message) and item.direction == "out")
    assert [(one.recipient, one.state) for one in answer.deliveries] == [("asa@kund.example", "queued"), ("bo@kund.example", "queued")]
    assert all(one.undo_until for one in answer.deliveries)
    assert (answer.author.name, answer.letter.to, answer.letter.cc) == (
        "Johan Falk",
        ("Åsa Lindqvist <asa@kund.example>",),
        ("bo@kund.example",),
    )


def test_a_logo_is_left_to_the_frame_and_a_screenshot_is_not(read: Any, customers: Customers) -> None:
    logo = StoredFile("logo.png", "image/png", 900, "0" * 64, "logo@k")
    shot = StoredFile("skärm.png", "image/png", 90_000, "1" * 64, "shot@k")
    bill = StoredFile("kvitto.pdf", "application/pdf", 900, "2" * 64, "")
    no = customers.write(html='<img src="cid:logo@k"><img src="https://a.example/x.png">', files=(logo, shot, bill))
    message = read(no).items[0]
    assert [(file.name, file.picture) for file in message.files] == [("kvitto.pdf", False)]
    assert [one if isinstance(one, str) else one.name for one in message.body] == ["Hej!", "skärm.png"]
    assert (message.html, message.remote_images) == (True, True)


def test_an_automatic_message_says_why(read: Any, customers: Customers) -> None:
    assert read(customers.write(automatic="auto-replied")).items[0].automatic == "auto-replied"
