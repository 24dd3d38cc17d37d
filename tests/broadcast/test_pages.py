"""The pages of notices in a browser's hands: written, counted, published, gathered, answered. T1, T2, T10."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.broadcast.models import notice_cases, notices, publications
from sluss.channels.contract import Address
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.kernel.actors import system
from sluss.kernel.clock import TestClock
from sluss.kernel.sealing import Sealer
from tests.desk.conftest import Customers
from tests.world import Web

ALL: dict[str, Any] = {"answer-all": "1"}
EVIL = "Klarna <script>alert(1)</script>"


def page_of(answer: Any) -> str:
    assert answer.status_code in {200, 422}, answer.status_code
    return html.unescape(answer.text)


async def test_a_notice_from_the_first_word_to_the_last_answer(web: Web, clock: TestClock, tmp_path: Path) -> None:
    """T10: what people wrote stands there as text. A reviewer publishes and answers nobody, an agent gathers and publishes nothing."""
    db, world = web.db, web.world
    fields = InboxFields(name="X", address="x-4711", settings={"user_id": "4711"}, secrets={"token": "t"})
    inbox_id = db.write_now(create_inbox, system(world.norrsken.id), Sealer.of(tmp_path), "x", fields)
    no = Customers(db, world, clock).write(EVIL, "Betalningen går inte")
    karin, johan, maja = [await web.sign_in(who) for who in ("karin", "johan", "maja")]
    assert "No notice yet" in page_of(await johan.get("/notices"))
    assert (await johan.get("/notices/new")).status_code == 403
    typed: dict[str, Any] = {
        "title": "Betalningar",
        "words": "Klarna",
        "answer": "Löst.",
        "place": str(inbox_id),
        "text": "Kort går inte. " * 30,
    }
    shown = page_of(await maja.post("/notices/preview", **typed))
    assert "449 / 280" in shown
    refused = await maja.post("/notices/new", **typed)
    assert (refused.status_code, "too long for X" in page_of(refused)) == (422, True)
    typed |= {"text": "Kort går inte.", f"text-{inbox_id}": "Kort: nej."}
    made = await maja.post("/notices/new", **typed)
    at = made.headers["location"]
    [publication] = db.read_now(lambda tx: list(tx.rows(sa.select(publications))))
    assert (made.status_code, publication.text) == (303, "Kort: nej.")
    page = page_of(await johan.get(at))
    assert [word in page for word in ("Kort går inte.", "On its way", "Gather here", "Publish as an update")] == [True, True, True, False]
    assert "<script>alert(1)" not in (await johan.get(at)).text
    case = page_of(await johan.get(f"/inbox/open/{no}"))
    assert "May be about the notice Betalningar" in case
    assert (await karin.post(f"{at}/link", no=str(no))).status_code == 403
    assert (await johan.post(f"{at}/link", no=str(no))).status_code == 303
    assert "About the notice Betalningar" in page_of(await johan.get(f"/inbox/open/{no}"))
    assert (await karin.post(f"{at}/say", kind="gossip", text="x")).status_code == 422
    assert (await karin.post(f"{at}/say", kind="update", text="Snart.", **ALL)).status_code == 303
    assert (await karin.post(f"{at}/say", kind="solved", text="Allt fungerar igen.", **ALL)).status_code == 403
    assert (await karin.post(f"{at}/say", kind="solved", text="Allt fungerar igen.")).status_code == 303
    assert (await karin.post(f"{at}/answer", answer="Hej")).status_code == 403
    assert (await johan.post(f"{at}/answer", answer="")).status_code == 422
    assert (await johan.post(f"{at}/answer", answer="Allt fungerar igen.", solve="1")).status_code == 303
    assert "1 answer is leaving" in page_of(await johan.get(at))
    assert [row.state for row in db.read_now(lambda tx: list(tx.rows(sa.select(notice_cases))))] == ["waiting"]
    assert (await maja.post(at, title="", kind="outage")).status_code == 422
    assert (await maja.post(at, title="Kort", kind="information")).status_code == 303
    second = (await maja.post("/notices/new", **dict[str, Any](typed, title="Igen"))).headers["location"]
    other = Customers(db, world, clock).write("Klarna", "Betalning", Address("b@kund.example"))
    assert (await maja.post(f"{second}/link", no=str(other))).status_code == 303
    assert "answer the case that is gathered here, too" in page_of(await maja.get(second))
    assert (await maja.post(f"{second}/say", kind="solved", text="Klart.", **ALL)).status_code == 303
    assert [row.state for row in db.read_now(lambda tx: list(tx.rows(sa.select(notice_cases))))] == ["waiting", "waiting"]
    draft = await karin.post("/notices/new", title="Sedan", deed="draft")
    assert "Publish it" in page_of(await maja.get(draft.headers["location"]))
    assert (await maja.post(f"{draft.headers['location']}/withdraw")).status_code == 303
    assert {row.state for row in db.read_now(lambda tx: list(tx.rows(sa.select(notices))))} == {"solved", "withdrawn"}
    listed = page_of(await johan.get("/notices"))
    assert ["Kort" in listed, "Withdrawn" in listed, "Solved" in listed] == [True, True, True]
