"""Public talk at the desk: it says so everywhere, with the post around it; answers go where they are meant to; deeds and the sluice.

T2, T21, T61; what a network shows of a message is shown here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.happenings import Bystander, Changed, Reacted
from sluss.channels.who import Profile
from sluss.desk.desk import Look, read_desk
from sluss.desk.item_screens import Message
from sluss.desk.list_screens import Queue, View
from sluss.desk.screens import Case, Desk
from sluss.intake.models import fetches
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.db import Database
from sluss.merging.merge import merge_cases
from sluss.outbox.models import deeds, operations
from sluss.replies.drafts import find_draft
from sluss.web.assets import Assets
from sluss.web.locale import Voice
from sluss.web.shell import Page, Viewer
from sluss.web.templates import Templates
from tests.desk.squares import OURS, PIOTR, POST, Squares
from tests.world import Browser, Web, World

QUEUE = Queue(view=View(key="mine", label="Mine", icon="user"), rows=(), total=0)
JOHAN = Viewer(id="1", name="Johan Falk", email="johan@norrsken.test", role="agent")
CARD = "Kortet är 4111 1111 1111 1111."


@pytest.fixture
def squares(db: Database, world: World, clock: TestClock, tmp_path: Path) -> Squares:
    return Squares(db, world, clock, tmp_path)


def look(squares: Squares, message_id: int, key: str = "johan") -> Case:
    case = squares.db.read_now(read_desk, squares.who(key), Look(voice=Voice(), no=squares.case_of(message_id).number)).desk.case
    assert case is not None
    return case


def messages_of(case: Case) -> list[Message]:
    return [one for one in case.items if isinstance(one, Message)]


def both(squares: Squares) -> tuple[int, int]:
    """A case of Anna's with a public and a private conversation; she spoke in public last."""
    quiet = squares.writes()
    loud = squares.comments()
    squares.db.write_now(merge_cases, squares.who("maja"), squares.case_of(loud).id, squares.case_of(quiet).id)
    return loud, quiet


def test_everything_says_who_reads_along(squares: Squares) -> None:
    loud, quiet = both(squares)
    alone = squares.writes(by=PIOTR)
    rows = squares.db.read_now(read_desk, squares.who("johan"), Look(voice=Voice(), view="open")).desk.queue.rows
    marks = {row.no: (row.public, row.channel_label) for row in rows}
    assert marks[squares.case_of(loud).number] == ("both", "Messenger")
    assert marks[squares.case_of(alone).number] == ("", "Messenger")
    case = look(squares, loud)
    assert case.public == "both"
    assert [(one.public, one.channel_label) for one in messages_of(case)] == [(False, "Messenger"), (True, "Facebook")]
    assert [(side.visibility, side.conversation) for side in case.sides] == [
        ("public", str(squares.conversation_of(loud))),
        ("private", str(squares.conversation_of(quiet))),
    ]
    assert (case.composer.visibility, case.composer.account, case.composer.conversation) == (
        "public",
        "SkyLark",
        case.sides[0].conversation,
    )
    assert not look(squares, alone).public


def test_a_message_stands_as_it_stands_at_its_network(squares: Squares) -> None:
    said = squares.comments("Ni är usla", key="c1", spoiler="Svordomar", audience="unlisted")
    now = squares.clock()
    squares.tells(
        Changed(external_id="c1", what="edited", at=now, text="Ni är inte bra", spoiler="Svordomar"),
        Changed(external_id="c1", what="hidden", at=now + 1),
        Reacted(external_id="c1", sender=PIOTR, emoji="👍", at=now + 2),
        Changed(external_id="c1", what="removed", at=now + 3, by="author"),
    )
    key = {"workspace_id": squares.us.workspace_id, "inbox_id": squares.inbox_id, "message_id": said, "identity_id": None, "tries": 5}
    key |= {"kind": "media", "ref": {}, "media_type": "image/jpeg", "size": 0, "due_at": now, "at": now}
    wanted = [
        {"id": 1, "key": "a", "name": "bild.jpg", "alt": "En väska", "state": "waiting", "reason": ""},
        {"id": 2, "key": "b", "name": "film.mp4", "alt": "", "state": "gone", "reason": "The address had expired."},
        {"id": 3, "key": "c", "name": "klar.jpg", "alt": "", "state": "done", "reason": ""},
    ]
    squares.db.write_now(lambda tx: tx.run(sa.insert(fetches), [key | one for one in wanted]) and None)
    [message] = messages_of(look(squares, said))
    standing = message.standing
    assert standing is not None
    assert (message.text, [one.text for one in standing.versions]) == ("Ni är inte bra", ["Ni är usla"])
    assert (standing.kind, standing.audience, standing.spoiler, standing.handle) == ("Comment", "Not in public lists", "Svordomar", "@anna")
    assert standing.hidden_at
    assert standing.removed.startswith("Removed by its author")
    assert [(one.emoji, one.count) for one in standing.reactions] == [("👍", 1)]
    assert [(one.name, one.gone, one.reason) for one in standing.missing] == [
        ("bild.jpg", False, ""),
        ("film.mp4", True, "The address had expired."),
    ]
    assert [one.kind for one in standing.offers] == ["block"]


def test_the_post_and_what_others_say_stand_around(squares: Squares) -> None:
    """T2: another's comment leads to its case only for those who may see that case."""
    first = squares.comments("Var är min väska?", key="c1")
    squares.comments("Samma här", by=PIOTR, key="c2", parent_key="c1", top="c1")
    squares.tells(
        Bystander(post=POST, external_id="b1", author=OURS, text="Vi tittar på det", at=squares.clock(), parent_key="c2", ours=True)
    )
    [post] = look(squares, first).posts
    assert (post.author, post.ours, post.text, post.others) == ("SkyLark", True, "Vinterns resor är här!", 1)
    assert [(one.text, one.depth, one.here, one.no != 0) for one in post.said] == [
        ("Var är min väska?", 0, True, False),
        ("Samma här", 1, False, True),
        ("Vi tittar på det", 2, False, False),
    ]
    hidden = sa.update(cases).where(cases.c.id == squares.case_of(first).id)
    elsewhere = squares.world.norrsken.inboxes["obsluga"].id
    squares.db.write_now(lambda tx: tx.run(hidden.values(inbox_id=elsewhere)) and None)
    [post] = next(
        case.posts
        for case in [squares.db.read_now(read_desk, squares.who("johan"), Look(voice=Voice(), no=post.said[1].no)).desk.case]
        if case
    )
    assert [one.text for one in post.said] == ["Samma här", "Vi tittar på det"]


async def johan_at(web: Web, squares: Squares, message_id: int) -> tuple[Browser, int]:
    johan, no = await web.sign_in("johan"), squares.case_of(message_id).number
    await johan.get(f"/c/{no}")
    return johan, no


async def test_an_answer_goes_where_it_is_meant_to(web: Web, squares: Squares) -> None:
    """The conversation that was chosen is kept with the draft, and decides; what personal everybody could read stops a public answer."""
    loud, quiet = both(squares)
    johan, no = await johan_at(web, squares, loud)
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert "Reply publicly as SkyLark on Facebook" in page
    to = str(squares.conversation_of(quiet))
    turned = await johan.post(f"/cases/{no}/way", target="div#composer", to=to, body="Hej Anna!", conversation_id="0")
    assert "Send privately" in turned.text
    assert "Hej Anna!" in turned.text
    draft = squares.db.read_now(find_draft, squares.who("johan"), squares.case_of(loud).id, "reply")
    assert draft is not None
    saved = await johan.post(f"/cases/{no}/draft", kind="reply", body="Hej Anna! Vi", revision=str(draft.revision), conversation_id=to)
    assert saved.status_code == 200
    again = (await johan.get(f"/inbox/open/{no}")).text
    assert "Send privately" in again
    assert 'formaction="/cases/' in again
    sent = await johan.post(f"/cases/{no}/reply", target="div#composer", body=CARD, conversation_id=to, anyway="1")
    assert sent.status_code == 200, sent.text
    assert "Sent to Anna Berg by messenger" in sent.text
    stopped = await johan.post(
        f"/cases/{no}/reply", target="div#composer", body=CARD, conversation_id=str(squares.conversation_of(loud)), anyway="1"
    )
    assert stopped.status_code == 409
    assert "4111 1111 1111 1111" in stopped.text
    confirmed = stopped.text.partition('name="confirmed" value="')[2].partition('"')[0]
    told = await johan.post(
        f"/cases/{no}/reply",
        target="div#composer",
        body=CARD,
        conversation_id=str(squares.conversation_of(loud)),
        anyway="1",
        confirmed=confirmed,
    )
    assert "Answered publicly on Facebook" in told.text
    plain = await johan.post(
        f"/cases/{no}/reply", body="Ring 070-123 45 67", conversation_id=str(squares.conversation_of(loud)), anyway="1"
    )
    assert plain.status_code == 422
    assert "everybody could read this" in plain.text


async def test_what_would_be_sent_is_foretold(web: Web, squares: Squares) -> None:
    loud = squares.comments()
    johan, no = await johan_at(web, squares, loud)
    told = (await johan.post(f"/cases/{no}/parts", body=f"{CARD} " + "ord " * 3_000)).json()
    assert len(told["parts"]) == 2
    assert told["found"] == [{"kind": "a card number", "text": "4111 1111 1111 1111"}]
    assert (await johan.post(f"/cases/{no}/parts", body="Hej!")).json() == {"parts": [], "found": [], "error": ""}


def ordered(squares: Squares) -> list[tuple[str, str]]:
    o, d = operations.c, deeds.c
    wanted = sa.select(o.kind, o.state).join(deeds, d.operation_id == o.id).order_by(o.id)
    return [(row.kind, row.state) for row in squares.db.read_now(lambda tx: tx.rows(wanted))]


async def test_deeds_are_done_at_one_press_and_taken_back(web: Web, squares: Squares) -> None:
    """Of two who reach for the same the second is told; what hurts asks first, and waits for a moment."""
    said = squares.comments("Era idioter")
    johan, _ = await johan_at(web, squares, said)
    maja = await web.sign_in("maja")
    hid = await johan.post(f"/messages/{said}/deeds", target="div#timeline", kind="hide")
    assert "Being hidden" in hid.text
    assert ordered(squares) == [("hide", "queued")]
    assert "Johan Falk has just done the same." in (await maja.post(f"/messages/{said}/deeds", target="div#timeline", kind="hide")).text
    operation = hid.text.partition('action="/operations/')[2].partition("/")[0]
    assert "Called off before it was done" in (await maja.post(f"/operations/{operation}/back", target="div#timeline")).text
    assert ordered(squares) == [("hide", "cancelled")]
    question = await johan.get(f"/messages/{said}/deed?kind=delete", target="div#dialogs")
    assert "Delete what Anna Berg wrote on Facebook" in question.text
    assert "<main" in (await johan.get(f"/messages/{said}/deed?kind=block")).text
    gone = await johan.post(f"/messages/{said}/deeds", target="div#timeline", kind="delete", reason="Hot")
    assert "a second person has to agree" in gone.text
    assert (await johan.post(f"/messages/{said}/deeds", target="div#timeline", kind="react", emoji="👍")).status_code == 409
    assert (await johan.post(f"/messages/{said}/deeds", kind="hide")).status_code == 303


async def test_the_sluice_is_one_dialog_and_one_press_back(web: Web, squares: Squares) -> None:
    """T21: nothing of the matter is said in public; both sides are taken back at one press."""
    said = squares.comments("Bokning QX7T2P är borta! Ring mig på 070-123 45 67")
    johan, no = await johan_at(web, squares, said)
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert "where everybody can read it" in page
    dialog = (await johan.get(f"/cases/{no}/sluice?m={said}", target="div#dialogs")).text
    assert "070-123" not in dialog
    assert "Private answer by Messenger" in dialog
    seen = dialog.partition('name="seen" value="')[2].partition('"')[0]
    form: dict[str, Any] = {"by": "reply", "public": str(said), "seen": seen, "told": "Hej Anna! Vilken bokning?"}
    wrong = await johan.post(f"/cases/{no}/sluice", target="div#dialogs", **dict[str, Any](form, said="Ring 070-123 45 67"))
    assert wrong.status_code == 409
    assert "a phone number" in wrong.text
    empty = await johan.post(f"/cases/{no}/sluice", target="div#dialogs", **dict[str, Any](form, told="", said="Tack!"))
    assert empty.status_code == 422
    moved = await johan.post(
        f"/cases/{no}/sluice", target="div#composer", **dict[str, Any](form, said="Vi har skrivit till dig.", hide="1")
    )
    assert moved.status_code == 200, moved.text
    assert "It goes on in private" in moved.text
    assert ("hide", "queued") in ordered(squares)
    case = look(squares, said)
    assert [(one.direction, one.public) for one in messages_of(case)] == [("in", True), ("out", False), ("out", True)]
    undo = moved.text.partition('action="/sluices/')[2].partition('"')[0]
    back = await johan.post(f"/sluices/{undo}", target="div#composer")
    assert "Taken back: nothing was sent." in back.text
    assert "Hej Anna! Vilken bokning?</textarea>" in back.text.partition('id="sluice-title"')[2]
    assert squares.db.read_now(find_draft, squares.who("johan"), squares.case_of(said).id, "reply") is None
    assert ("hide", "cancelled") in ordered(squares)
    assert [one.direction for one in messages_of(look(squares, said))] == ["in"]


async def test_after_a_private_answer_one_press_says_so_in_public(web: Web, squares: Squares) -> None:
    loud, quiet = both(squares)
    johan, no = await johan_at(web, squares, loud)
    assert "In public nobody knows yet" not in (await johan.get(f"/inbox/open/{no}")).text
    await johan.post(f"/cases/{no}/reply", body="Vi har den!", conversation_id=str(squares.conversation_of(quiet)), anyway="1")
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert "In public nobody knows yet" in page
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    told = await johan.post(f"/cases/{no}/back", target="div#composer", seen=seen)
    assert "Answered publicly" in told.text
    assert "In public nobody knows yet" not in (await johan.get(f"/inbox/open/{no}")).text


def test_a_shut_window_says_until_when_and_what_is_left(squares: Squares) -> None:
    told = squares.writes()
    assert (open_ := look(squares, told).composer.window)
    assert open_.state == "open"
    squares.clock.move(2 * DAY)
    late = look(squares, told).composer
    assert late.window
    assert (late.window.state, late.closed) == ("late", "")
    squares.clock.move(7 * DAY)
    shut = look(squares, told).composer
    assert "more than 7 days ago" in shut.closed
    asked = squares.comments(by=PIOTR, unanswerable="Only who is mentioned may answer by a program.")
    elsewhere = look(squares, asked).composer
    assert (elsewhere.closed, elsewhere.url.startswith("https://facebook.example/")) == (
        "Only who is mentioned may answer by a program.",
        True,
    )


def test_the_panel_tells_of_the_account_and_no_link_leads_astray(squares: Squares) -> None:
    """T63: an address that a stranger's server gave is a link only where it is one of the web."""
    profile = Profile(handle="@anna", url="https://facebook.example/anna", followers=4100, verified=True)
    said = squares.comments(profile=profile, url="javascript:alert(1)")
    case = look(squares, said)
    [account] = case.contact.identities
    assert (account.address, account.href, account.followers, account.known) == ("@anna", "https://facebook.example/anna", 4100, True)
    html = Templates(Assets()).render("desk/pane.html", Page(title="", path="/", viewer=JOHAN), desk=Desk(views=(), queue=QUEUE, case=case))
    assert "4,100 followers" in html
    assert "javascript:" not in html
