"""A chat at the desk: who is at its other end is told to whoever sees the case and to nobody else; a talk stands close together.

T2, T5, T6, T11, T91; F45.
"""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.actions import set_status
from sluss.channels.models import visitors
from sluss.customers.screens import Person
from sluss.desk.around import look_around
from sluss.desk.item_screens import Delivery, Message, Note
from sluss.desk.list_screens import Visit
from sluss.desk.presence import WRITING, Doing, mark_presence, writers
from sluss.desk.talk import PAUSE, close_together
from sluss.desk.timeline import read_timeline
from sluss.desk.visiting import RECENT, show_visitors, unseen_by_us, visits_at
from sluss.desk.whispers import Whispers
from sluss.kernel.clock import DAY, MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.live import Hub, Sight, Watcher
from sluss.replies.news import mark_of, news_since
from sluss.replies.sending import SendReply, Stopped, send_reply
from tests.desk.chats import PAGE, Chats
from tests.visitor.ground import KEY, make_chat, make_ground
from tests.world import Web, World

TAB = "a1b2c3d4e5"


@pytest.fixture
def chats(db: Database, world: World, clock: TestClock, tmp_path: Path) -> Chats:
    return Chats(db, world, clock, tmp_path)


def told(chunk: bytes) -> list[Any]:
    """What a chunk of the stream says of presence, by case, without the words that begin it."""
    lines = [msgspec.json.decode(line[6:]) for line in chunk.decode().splitlines() if line.startswith("data: ")]
    return [one["here"] for one in lines if one["here"]]


def answer(chats: Chats, key: str, case_id: int, text: str, **more: Any) -> int:
    reply = SendReply(op=secrets.token_hex(8), case_id=case_id, text=text, **more)
    return chats.db.write_now(send_reply, chats.who(key), reply).message_id


async def test_open_desks_are_told_of_the_customers_of_their_own_cases(chats: Chats, clock: TestClock) -> None:
    """T6, T11: neither who writes, nor on which page they are, nor what they type is told to another team or another company.

    What was kept while it might be seen is not told once the inbox says no (T91); who is gone is told as gone (F45).
    """
    visitor_id = chats.visitor()
    case = chats.says(visitor_id)
    hub = Hub(chats.db)
    whispers = Whispers(chats.db, hub)
    everyone = ("johan", "maja", "petra", "erik", "ania")
    async with AsyncExitStack() as opened:
        streams = {}
        for key in everyone:
            who = chats.who(key)
            streams[key] = await opened.enter_async_context(hub.opened(Watcher(who.id, who.id, Sight(who.workspace_id, who.inbox_ids)), 0))
        chats.marks(visitor_id, "Min väska är")
        await whispers.look_out()
        chats.settle(preview=False)
        await whispers.look_out()
        clock.move(6 * SECOND)
        await whispers.look_out()
        clock.move(3 * MINUTE)
        await whispers.look_out()
        clock.move(RECENT)
        await whispers.look_out()
        await whispers.look_out()
        heard = {key: told(b"".join(stream._waiting)) for key, stream in streams.items()}
    key, left = str(case.id), chats.db.read_now(lambda tx: tx.value(sa.select(visitors.c.last_seen_at)))
    expected = [
        {key: [["", "writing", 0, "Min väska är", PAGE.title, PAGE.url]]},
        {key: [["", "writing", 0, "", PAGE.title, PAGE.url]]},
        {key: [["", "here", 0, "", PAGE.title, PAGE.url]]},
        {key: [["", "gone", left // 1000, "", "", ""]]},
        {key: []},
    ]
    assert heard == {"johan": expected, "maja": expected, "petra": [], "erik": [], "ania": []}


def test_an_older_case_tells_nothing_of_what_happens_now(chats: Chats, clock: TestClock) -> None:
    """T5: who was given an old case to see does not look over the customer's shoulder in the new one."""
    visitor_id = chats.visitor(name="Åsa", email="asa@kund.example")
    old = chats.says(visitor_id)
    chats.db.write_now(set_status, chats.who("johan"), old.id, "solved")
    clock.move(30 * DAY)
    new = chats.says(visitor_id, "Hej igen")
    chats.marks(visitor_id, "psst")
    around = chats.db.read_now(look_around, chats.who("johan"))
    assert old.id != new.id
    assert chats.db.read_now(visits_at, around, [old.id, new.id]) == {new.id: Visit(state="writing", text="psst")}
    [before], [now] = (chats.db.read_now(show_visitors, around, one) for one in (old, new))
    assert (before.page_url, before.page_title, before.referrer) == ("", "", "")
    assert (now.page_url, now.page_title, now.referrer) == (PAGE.url, PAGE.title, PAGE.referrer)
    assert (before.email, before.email_proof, before.proven, before.browser, before.language) == (
        "asa@kund.example",
        "",
        "",
        "Firefox 142, Linux",
        "pl",
    )


def test_customers_learn_who_writes_an_answer_and_nothing_else_of_us(chats: Chats, clock: TestClock) -> None:
    case, other = chats.says(chats.visitor()), chats.says(chats.visitor())
    marks: tuple[tuple[str, int, Doing, str], ...] = (
        ("maja", case.number, "note", TAB),
        ("johan", case.number, "reading", TAB),
        ("maja", other.number, "reply", f"{TAB}a"),
    )
    for key, no, doing, tab in marks:
        chats.db.write_now(mark_presence, chats.who(key), no, tab, doing)
    assert chats.db.read_now(writers) == [(case.workspace_id, other.id, "Maja")]
    clock.move(WRITING)
    assert chats.db.read_now(writers) == []


def test_a_second_answer_stops_and_what_the_customer_says_meanwhile_does_not(chats: Chats) -> None:
    """T5: in a talk both write at once; but two of us never answer unseen, and nobody puts away what they have not read."""
    visitor_id, johan = chats.visitor(), chats.who("johan")
    case = chats.says(visitor_id)
    seen = chats.db.read_now(mark_of, johan, case.id)
    chats.says(visitor_id, "Hallå?")
    with pytest.raises(Stopped):
        answer(chats, "johan", case.id, "Nu.", seen=seen, then="solve")
    assert chats.db.read_now(lambda tx: news_since(tx, johan, case.id, seen, ours_alone=True)) is None
    answer(chats, "johan", case.id, "Hej!", seen=seen)
    chats.says(visitor_id, "Tack")
    with pytest.raises(Stopped, match="news") as stopped:
        answer(chats, "maja", case.id, "Hej hej!", seen=seen)
    assert (stopped.value.news.by, stopped.value.news.text) == ("Johan Falk", "Hej!")


def test_a_talk_stands_close_together(chats: Chats, clock: TestClock) -> None:
    """Whose turn it is is not told; who goes on has no head; how an answer stands is told once."""
    visitor_id = chats.visitor()
    case = chats.says(visitor_id)
    chats.says(visitor_id, "Är någon där?", 3 * SECOND)
    for text in ("Ja!", "Vad gäller det?"):
        answer(chats, "johan", case.id, text, anyway=True)
    chats.says(visitor_id, "Min väska", PAUSE)
    johan = chats.who("johan")
    stretch = chats.db.read_now(lambda tx: read_timeline(tx, look_around(tx, johan), case))
    assert [(one.text, one.goes_on, one.told_below) for one in stretch.items if isinstance(one, Message)] == [
        ("Hej!", False, False),
        ("Är någon där?", True, False),
        ("Ja!", False, True),
        ("Vad gäller det?", True, False),
        ("Min väska", False, False),
    ]
    assert len(stretch.items) == 5


def test_what_needs_a_hand_is_told_where_it_is() -> None:
    """An answer that failed says so below itself; a note parts what one person says; mail stays apart as ever."""
    asa, johan = Person("1", "Åsa"), Person("2", "Johan")

    def said(at: int, author: Person, state: Any = "read", *, live: bool = True) -> Message:
        deliveries = (Delivery(operation="1", recipient="visitor-1", state=state, at=at),) if author is johan else ()
        way: Any = "out" if author is johan else "in"
        return Message(
            id=str(at), at=at, direction=way, author=author, channel_icon="", channel_label="", text="x", live=live, deliveries=deliveries
        )

    note = Note(id="9", at=9, author=johan, text="?")
    talk = [
        said(1, asa),
        said(2, johan, "failed"),
        said(3, johan),
        said(4, johan, "failed"),
        note,
        said(10, johan),
        said(11, asa, live=False),
    ]
    stood = close_together([*talk, said(12, asa, live=False)])
    assert [one.goes_on for one in stood if isinstance(one, Message)] == [False, False, True, True, False, False, False]
    assert [one.told_below for one in stood if isinstance(one, Message)] == [False, False, True, False, False, False, False]


async def test_what_is_typed_is_kept_only_where_it_may_be_seen(web: Web) -> None:
    """T91: preview off means that the text is neither stored nor told; that somebody writes is told all the same."""
    ground = await make_ground(web)
    silent = "chat-norrsken00000003"
    await make_chat(web, web.world.norrsken, "stockholm", silent, preview=False)
    for key in (KEY, silent):
        guest = ground.visitor(key)
        await guest.write()
        assert (await guest.tell("typing", {"on": True, "text": "hemligt"})).status_code == 204
    await ground.hub.marks.write()
    rows = ground.rows(sa.select(visitors.c.typing_text, visitors.c.typing_until).order_by(visitors.c.id))
    assert [(one.typing_text, one.typing_until > ground.db.clock()) for one in rows] == [("hemligt", True), ("", True)]


async def test_a_page_shows_the_customer_on_the_web_site(web: Web) -> None:
    """T8, T9: what a page of a stranger's says of itself is text: neither a link nor markup. T2, T91: and it is nobody's outside."""
    ground = await make_ground(web)
    guest = ground.visitor()
    page = {
        "url": "https://www.norrsken.example/<b>x",
        "title": "<script>alert(1)</script>",
        "referrer": "",
        "zone": "Asia/Tokyo",
        "lang": "sv",
    }
    await guest.write("Hej, var är min väska?", name="Åsa", page=msgspec.json.encode(page).decode())
    await ground.admit()
    maja, petra = await web.sign_in("maja"), await web.sign_in("petra")
    [case] = ground.rows(sa.text("SELECT number, id FROM cases"))
    shown = (await maja.get(f"/inbox/open/{case.number}")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown
    assert 'href="https://www.norrsken.example' not in shown
    for words in ("On the web site", "Not signed in: nobody has proved who this is.", "Asia/Tokyo", "Swedish", "only your name is shown"):
        assert words in shown
    for mail in ('name="cc"', "Forward the conversation", "Original headers", "Below it:"):
        assert mail not in shown
    assert (await petra.get(f"/inbox/open/{case.number}")).status_code == 404
    assert (await petra.post(f"/cases/{case.number}/read")).status_code == 404
    message_id = ground.rows(sa.text("SELECT id FROM messages"))[0].id
    assert (await maja.get(f"/messages/{message_id}/raw")).status_code == 404
    assert (await maja.get(f"/messages/{message_id}/headers")).status_code == 404
    stored: Any = await web.db.read(lambda tx: tx.row(sa.text("SELECT * FROM cases")))
    unseen = await web.db.read(unseen_by_us, web.world.who("maja"), stored)
    assert len(unseen) == 1
    async with guest.listening() as listener:
        assert (await maja.post(f"/cases/{case.number}/read")).status_code == 204
        await listener.until(lambda: listener.named("seen"))
    assert (await guest.tell("profile", {"name": "Åsa", "email": "asa@kund.example"})).status_code == 204
    answered = await maja.post(f"/cases/{case.number}/reply", target="timeline", body="Hej Åsa!", seen="")
    assert answered.status_code == 200
    assert "Sent to" not in answered.text
    assert "The customer gave an e-mail address." in answered.text
    assert "asa@kund.example" in (await maja.get(f"/inbox/open/{case.number}")).text
