"""Asking aside from the desk: the form, its draft, the conversation in the timeline, and what it must not show. T2, T3, T5, T6."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from sluss.cases.models import conversations, messages, threads
from sluss.channels.contract import Address
from sluss.kernel.db import Database
from sluss.outbox.models import operations
from tests.desk.conftest import LUKASZ, Customers
from tests.desk.test_writes import HTMX, undo_of
from tests.world import Web

HOTEL = Address("drift@hotell.example", "Hotell Amber")
ASKED: dict[str, Any] = {"to": "Hotell Amber <drift@hotell.example>, Maja Ek", "about": "Rum 12", "body": "Är rummet ledigt?"}


def token_of(db: Database) -> str:
    wanted = sa.select(threads.c.token).join(conversations, conversations.c.thread_id == threads.c.id).where(conversations.c.aside)
    return str(db.read_now(lambda tx: tx.value(wanted)))


async def test_a_question_its_answer_and_the_next_word_stand_apart_in_the_timeline(web: Web, db: Database, customers: Customers) -> None:
    no = customers.write("Bokningen", "Mitt rum?")
    first = db.read_now(lambda tx: tx.value(sa.select(messages.c.id)))
    johan = await web.sign_in("johan")
    asked = await johan.post(f"/cases/{no}/side", target=HTMX, quote=str(first), **ASKED)
    assert (asked.status_code, "Asked aside." in asked.text) == (200, True)
    page = (await johan.get(f"/inbox/open/{no}")).text
    thread = page[page.index('<details class="side-thread"') :]
    assert "Waiting for an answer" in thread
    assert "Hotell Amber, Maja Ek" in thread
    customers.message("Re: Rum 12", "Ja, från fredag.", HOTEL, thread_token=token_of(db))
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert page.count('<details class="side-thread') == 1
    assert 'class="side-thread answered"' in page
    assert customers.case(no).waiting_since is not None
    conversation = re.search(r'data-side-answer="(\d+)"', page)
    assert conversation is not None
    form = (await johan.get(f"/inbox/open/{no}?tab=side&thread={conversation[1]}")).text
    assert re.search(r'id="tab-side"[^>]*aria-selected="true"', form)
    assert f'name="thread" value="{conversation[1]}"' in form
    more = await johan.post(f"/cases/{no}/side", thread=conversation[1], to=HOTEL.address, body="Tack!", back=f"/inbox/open/{no}")
    assert more.status_code == 303
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(conversations))) == 2


async def test_what_was_asked_is_drafted_refused_and_taken_back_without_losing_a_word(web: Web, db: Database, customers: Customers) -> None:
    no = customers.write()
    first = str(db.read_now(lambda tx: tx.value(sa.select(messages.c.id))))
    johan = await web.sign_in("johan")
    saved = await johan.post(f"/cases/{no}/draft", kind="side", quote=first, **ASKED)
    assert saved.json()["revision"] == 1
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert 'value="Rum 12"' in page
    assert re.search(rf'name="quote" value="{first}" checked', page)
    to_the_customer: dict[str, Any] = {"to": "asa@kund.example", "quote": first}
    wrong = await johan.post(f"/cases/{no}/side", target=HTMX, **ASKED | to_the_customer)
    assert (wrong.status_code, "is the customer" in wrong.text, "Är rummet ledigt?" in wrong.text) == (422, True, True)
    sent = await johan.post(f"/cases/{no}/side", target=HTMX, quote=first, **ASKED)
    url, fields = undo_of(sent.text)
    back = await johan.post(url, target=HTMX, **fields)
    assert re.search(r'id="tab-side"[^>]*aria-selected="true"', back.text)
    assert all(word in back.text for word in ("Är rummet ledigt?", 'value="Rum 12"', f'value="{first}" checked'))
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(operations))) == 0


async def test_nobody_asks_about_what_is_not_theirs(web: Web, db: Database, customers: Customers) -> None:
    """T2, T3, T5, T6: neither in another team's case, nor in its conversations, nor with fields that the form has not."""
    hidden, own = customers.write(sender=LUKASZ, inbox="obsluga"), customers.write()
    petra, johan, karin = await web.sign_in("petra"), await web.sign_in("johan"), await web.sign_in("karin")
    assert (await petra.post(f"/cases/{hidden}/side", target=HTMX, **ASKED)).status_code == 200
    conversation = str(db.read_now(lambda tx: tx.value(sa.select(conversations.c.id).where(conversations.c.aside))))
    assert (await johan.post(f"/cases/{hidden}/side", target=HTMX, **ASKED)).status_code == 404
    assert (await johan.post(f"/cases/{own}/side", target=HTMX, thread=conversation, **ASKED)).status_code == 404
    assert "Rum 12" not in (await johan.get(f"/inbox/open/{own}?tab=side&thread={conversation}")).text
    assert (await johan.post(f"/cases/{own}/side", target=HTMX, cc="x@y.example", **ASKED)).status_code == 422
    assert (await karin.post(f"/cases/{own}/side", target=HTMX, **ASKED)).status_code == 403
    assert 'id="tab-side"' not in (await karin.get(f"/inbox/open/{own}")).text
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(conversations).where(conversations.c.aside))) == 1
