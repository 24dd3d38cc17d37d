"""What the desk shows and gives of mail: letterheads, warnings, originals, forwards, what was sent elsewhere. T2, T8, T13, T57."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.events import AnsweredElsewhere
from sluss.cases.models import conversations, messages
from sluss.cases.recording import StoredFile
from sluss.channels.contract import Address
from sluss.intake.models import envelopes
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.tx import Tx
from tests.desk.conftest import LUKASZ, Customers
from tests.desk.test_writes import HTMX, count, reply, seen_of, undo_of
from tests.world import Web, World

RAW = b"Received: from mx.kund.example\r\nFrom: =?utf-8?q?=C3=85sa?= <asa@kund.example>\r\nX-Odd: <script>\r\n\r\nHej!\r\n"


def keep_original(db: Database, message_id: int, raw: bytes = RAW) -> None:
    """The envelope that a message came in."""

    def insert(tx: Tx) -> None:
        row = tx.row(sa.select(messages.c.workspace_id, messages.c.envelope_id).where(messages.c.id == message_id))
        assert row is not None
        inbox = tx.value(sa.text("SELECT id FROM inboxes LIMIT 1"))
        values = {"workspace_id": row.workspace_id, "id": row.envelope_id, "inbox_id": inbox, "state": "done", "received_at": 0}
        values |= {"recipients": [], "size": len(raw), "digest": "", "raw": raw, "attempts": 0, "outcome": "", "reason": ""}
        tx.run(sa.insert(envelopes), values | {"message_id": message_id, "settled_at": 0})

    db.write_now(insert)


def elsewhere(db: Database, world: World, customers: Customers, no: int, text: str = "Det är ordnat.") -> int:
    """Maja answers by her mail program; Sluss finds it in the Sent folder."""

    def record(tx: Tx) -> int:
        case = customers.case(no)
        conversation = tx.value(sa.select(conversations.c.id).where(conversations.c.case_id == case.id))
        message_id = tx.new_id()
        row: dict[str, Any] = {"workspace_id": case.workspace_id, "id": message_id, "conversation_id": conversation, "direction": "out"}
        row |= {"identity_id": None, "agent_id": None, "external_id": "e@x", "subject": "Re", "text": text, "fresh": text, "html": ""}
        row |= {"to": [], "cc": [], "automatic": "", "at": tx.now, "files": 0, "origin": "sent folder", "author": "Maja Ek"}
        tx.run(sa.insert(messages), row)
        tx.emit(system(case.workspace_id), AnsweredElsewhere(case_id=case.id, message_id=message_id))
        return message_id

    return db.write_now(record)


async def test_to_and_cc_are_readable(web: Web, customers: Customers) -> None:
    no = customers.write(to=(Address("help@norrsken.test"),), cc=(Address("bo@kund.example", "Bo Ek"),))
    page = (await (await web.sign_in("johan")).get(f"/inbox/open/{no}")).text
    assert "Bo Ek &lt;bo@kund.example&gt;" in page
    assert "to help@norrsken.test" in page


async def test_both_dates_are_shown_where_they_lie_far_apart(web: Web, customers: Customers) -> None:
    """T57."""
    johan = await web.sign_in("johan")
    odd, fine = customers.write(sent_at=4_102_444_800_000_000), customers.write(sent_at=customers.clock())
    assert "The sender's clock says 1 January 2100" in (await johan.get(f"/inbox/open/{odd}")).text
    assert "clock says" not in (await johan.get(f"/inbox/open/{fine}")).text


@pytest.mark.parametrize(
    ("shown", "given"),
    [
        ("could not be proved", {"proof": "fail"}),
        ("It asks for answers at another address", {"warnings": ("reply-to-differs",)}),
        ("looks like one that you know", {"warnings": ("lookalike",)}),
        ("quotes an older case", {"warnings": ("claims-to-continue",)}),
        ("is unusual (brand-new)", {"warnings": ("brand-new",)}),
        ("is unusual (&lt;script&gt;)", {"warnings": ("<script>",)}),
        ("Sender proved", {"proof": "pass"}),
        ("Another copy of a message above", {"warnings": ("another-copy",)}),
    ],
)
async def test_what_is_odd_about_a_message_is_said(web: Web, customers: Customers, shown: str, given: dict[str, Any]) -> None:
    """T43, T45, T47: also a warning that this release does not know."""
    page = (await (await web.sign_in("johan")).get(f"/inbox/open/{customers.write(**given)}")).text
    assert shown in page


async def test_the_original_is_a_download_for_those_who_see_the_case(web: Web, db: Database, customers: Customers) -> None:
    """T2, T8, T13: never opened by a browser, never kept by a cache, missing for everybody else."""
    message = customers.message()
    keep_original(db, message)
    johan = await web.sign_in("johan")
    answer = await johan.get(f"/messages/{message}/raw")
    assert (answer.content, answer.headers["content-type"]) == (RAW, "application/octet-stream")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "no-store" in answer.headers["cache-control"]
    assert (answer.headers["x-content-type-options"], "sandbox" in answer.headers["content-security-policy"]) == ("nosniff", True)
    for key in ("petra", "ania", "erik"):
        assert (await (await web.sign_in(key)).get(f"/messages/{message}/raw")).status_code in {403, 404}


async def test_the_headers_alone_are_text(web: Web, db: Database, customers: Customers) -> None:
    message = customers.message()
    keep_original(db, message)
    johan = await web.sign_in("johan")
    plain = await johan.get(f"/messages/{message}/headers")
    assert (plain.headers["content-type"], plain.text.splitlines()[-1]) == ("text/plain; charset=utf-8", "X-Odd: <script>")
    dialog = await johan.get(f"/messages/{message}/headers", target="div#dialogs")
    assert "X-Odd: &lt;script&gt;" in dialog.text


async def test_an_original_that_is_no_longer_kept_is_missing(web: Web, customers: Customers) -> None:
    johan = await web.sign_in("johan")
    assert (await johan.get(f"/messages/{customers.message()}/raw")).status_code == 404


async def test_a_picture_is_shown_in_its_place_and_listed_nowhere(web: Web, customers: Customers) -> None:
    shot = StoredFile("skärm.png", "image/png", 90_000, "1" * 64, "shot@k")
    no = customers.write(text="Se [cid:shot@k] här", html='<p>Se <img src="cid:shot@k"></p>', files=(shot,))
    page = (await (await web.sign_in("johan")).get(f"/inbox/open/{no}")).text
    assert re.search(r'Se <a class="placed" href="/files/\d+"[^>]*><img src="/files/\d+/thumb" alt="skärm.png"[^>]*></a> här', page)
    assert 'class="file picture"' not in page


async def test_who_was_copied_in_stays_and_others_are_offered(web: Web, db: Database, customers: Customers) -> None:
    cc = (Address("bo@kund.example", "Bo"),)
    no = customers.write(to=(Address("help@norrsken.test"), Address("anna@kund.example")), cc=cc)
    page = (await (await web.sign_in("johan")).get(f"/inbox/open/{no}")).text
    assert 'name="cc" type="text" inputmode="email" value="&#34;Bo&#34; &lt;bo@kund.example&gt;"' in page
    assert re.search(r'data-everybody="[^"]*anna@kund.example', page)


async def test_many_new_people_are_confirmed_by_their_number(web: Web, db: Database, customers: Customers) -> None:
    """T61."""
    no = customers.write()
    johan = await web.sign_in("johan")
    cc = ", ".join(f"p{n}@kund.example" for n in range(11))
    asked = await reply(johan, no, "Till alla", cc=cc)
    assert (asked.status_code, "Send this to 11 new people?" in asked.text, 'name="crowd" value="11"' in asked.text) == (409, True, True)
    assert (await reply(johan, no, "Till alla", cc=cc, crowd="12")).status_code == 409
    assert (await reply(johan, no, "Till alla", cc=cc, crowd="11")).status_code == 200


async def test_an_answer_given_elsewhere_is_shown_and_stops_a_send(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    seen = await seen_of(johan, no)
    elsewhere(db, world, customers, no)
    fresh = (await johan.get(f"/cases/{no}/fresh?view=open&seen={seen}", target="div#items")).text
    assert "Maja Ek has answered already, outside Sluss" in fresh
    assert "Sent outside Sluss" in fresh
    assert "seen in the Sent folder" in fresh
    stopped = await reply(johan, no, "Mitt svar", seen=seen)
    assert (stopped.status_code, "Not sent: Maja Ek answered outside Sluss" in stopped.text) == (409, True)
    assert "Mitt svar</textarea>" in stopped.text


async def test_a_bare_solve_is_stopped_by_news_too(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    seen = await seen_of(johan, no)
    elsewhere(db, world, customers, no)
    stopped = await johan.post(f"/cases/{no}/status", target=HTMX, status="solved", seen=seen)
    assert (stopped.status_code, "Not solved: Maja Ek wrote" in stopped.text, customers.case(no).status) == (409, True, "open")
    done = await johan.post(f"/cases/{no}/status", target=HTMX, status="solved", seen=seen, anyway="1")
    assert (done.status_code, customers.case(no).status) == (200, "solved")


async def test_a_form_found_with_back_is_not_said_to_be_sent(web: Web, db: Database, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    await reply(johan, no, "Första.", op="a" * 26)
    again = await reply(johan, no, "Andra, efter Tillbaka.", op="a" * 26)
    assert (again.status_code, "used already" in again.text, "Andra, efter Tillbaka.</textarea>" in again.text) == (422, True, True)
    assert count(db, messages) == 2


async def test_a_draft_that_comes_after_its_answer_is_gone(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    await reply(johan, no, "Hej!", op="b" * 26)
    late = await johan.post(f"/cases/{no}/draft", kind="reply", body="Hej", revision="0", sheet="b" * 26)
    assert late.status_code == 409
    assert "Hej</textarea>" not in (await johan.get(f"/inbox/open/{no}")).text


async def test_a_message_is_passed_on_and_taken_back(web: Web, db: Database, customers: Customers) -> None:
    message = customers.message("Bokningen", "Jag ser den inte")
    no = customers.case_of(message).number
    johan = await web.sign_in("johan")
    form = await johan.get(f"/cases/{no}/forward?m={message}", target="div#dialogs")
    assert "Jag ser den inte" in form.text
    sent = await johan.post(f"/cases/{no}/forward", target=HTMX, to="drift@hotell.example", body="Se efter?", m=str(message))
    assert (sent.status_code, "Forwarded to drift@hotell.example" in sent.text) == (200, True)
    path, fields = undo_of(sent.text)
    back = await johan.post(path, target=HTMX, **fields)
    assert (back.status_code, "Se efter?</textarea>" in back.text, count(db, messages)) == (200, True, 1)


async def test_another_cases_message_is_not_passed_on(web: Web, customers: Customers) -> None:
    """T2."""
    message, other = customers.message(), customers.write("Annat", sender=LUKASZ)
    johan = await web.sign_in("johan")
    assert (await johan.get(f"/cases/{other}/forward?m={message}")).status_code == 404
    assert (await johan.post(f"/cases/{other}/forward", to="a@b.example", m=str(message))).status_code == 404


async def test_somebody_else_is_not_shown_as_the_customer(web: Web, customers: Customers) -> None:
    """T43: one in copy who answers is told apart."""
    first = customers.message(cc=(LUKASZ,))
    no = customers.case_of(first).number
    johan = await web.sign_in("johan")
    await reply(johan, no, "Hej!", cc=LUKASZ.address)
    customers.message(text="Jag också", sender=LUKASZ, references=("m1@kund.example",))
    assert "Not the customer" in (await johan.get(f"/inbox/open/{no}")).text
