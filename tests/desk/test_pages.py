"""The desk's pages over HTTP: whole pages, fragments, links, and what is not there for whom."""

from __future__ import annotations

import re

import pytest

from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.kernel.clock import DAY
from sluss.kernel.db import Database
from tests.desk.conftest import LUKASZ, MALGORZATA, Customers
from tests.world import Web, World


async def test_the_desk_shows_list_case_and_customer(web: Web, customers: Customers) -> None:
    no = customers.write("Bokningen syns inte", "Jag har bokat men ser inget.")
    johan = await web.sign_in("johan")
    page = await johan.get(f"/inbox/unassigned/{no}")
    assert page.status_code == 200
    for words in (
        "Bokningen syns inte",
        "Jag har bokat men ser inget.",
        "Åsa Lindqvist",
        "asa@kund.example",
        f"#{no}",
        "help@norrsken.test",
    ):
        assert words in page.text
    assert "HX-Request-Type" in page.headers["vary"]
    assert 'data-live-after="' in page.text


async def test_everybody_begins_in_mine(web: Web) -> None:
    johan = await web.sign_in("johan")
    assert (await johan.get("/")).headers["location"] == "/inbox/mine"
    assert "Nothing waits for you" in (await johan.get("/inbox/mine")).text


async def test_a_row_that_is_opened_answers_with_the_pane_alone(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    pane = await johan.get(f"/inbox/open/{no}", target="div#panes")
    assert 'id="pane"' in pane.text
    assert "<html" not in pane.text
    assert f'data-no="{no}"' in pane.text


async def test_more_rows_come_without_the_page(web: Web, customers: Customers) -> None:
    customers.messages([{"subject": f"Sak {n}"} for n in range(55)])
    johan = await web.sign_in("johan")
    page = await johan.get("/inbox/open")
    more = re.search(r'hx-get="(/inbox/open\?sort=due&amp;after=[^"]+)"', page.text)
    assert more is not None
    rest = await johan.get(more[1].replace("&amp;", "&"), target="ul#rows")
    assert rest.text.count("<li id=") == 5
    assert "<html" not in rest.text
    assert "after=" not in rest.text


async def test_a_case_is_fetched_anew_without_its_composer(web: Web, customers: Customers) -> None:
    no = customers.write(text="Först")
    johan = await web.sign_in("johan")
    fresh = await johan.get(f"/cases/{no}/fresh?view=open", target="div#items")
    assert "Först" in fresh.text
    assert 'id="composer"' not in fresh.text
    assert f'value="/inbox/open/{no}"' in fresh.text


async def test_older_items_come_in_pages(web: Web, customers: Customers) -> None:
    customers.message(text="Meddelande 0", external_id="first@k")
    last = customers.messages([{"text": f"Meddelande {n}", "references": ("first@k",)} for n in range(1, 96)])[-1]
    no = customers.case_of(last).number
    johan = await web.sign_in("johan")
    page = await johan.get(f"/inbox/open/{no}")
    seen = re.findall(r"Meddelande \d+(?=</div>)", page.text)
    while link := re.search(rf'hx-get="(/cases/{no}/earlier\?before=\d+)"', page.text):
        page = await johan.get(link[1], target="p#earlier")
        seen = re.findall(r"Meddelande \d+(?=</div>)", page.text) + seen
    assert seen == [f"Meddelande {n}" for n in range(96)]


async def test_a_link_to_an_old_message_shows_it(web: Web, customers: Customers) -> None:
    first = customers.message(text="Allra först", external_id="first@k")
    last = customers.messages([{"references": ("first@k",)} for _ in range(80)])[-1]
    no = customers.case_of(last).number
    johan = await web.sign_in("johan")
    assert "Allra först" not in (await johan.get(f"/inbox/open/{no}")).text
    assert re.search(rf'class="msg in focus" id="i{first}"', (await johan.get(f"/inbox/open/{no}?m={first}")).text)


async def test_what_happened_is_told_in_sentences(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    maja, johan, case_id = world.who("maja"), world.who("johan"), customers.case(no).id
    db.write_now(assign_case, maja, case_id, johan.id)
    db.write_now(set_tags, maja, case_id, ["Bagage"])
    db.write_now(set_priority, johan, case_id, "high")
    db.write_now(add_note, johan, case_id, "Ring henne i morgon.")
    db.write_now(set_status, johan, case_id, "snoozed", customers.clock() + DAY)
    page = (await (await web.sign_in("johan")).get(f"/inbox/mine/{no}")).text
    for words in (
        "Maja Ek assigned this to Johan Falk.",
        "Maja Ek added the tag Bagage.",
        "Johan Falk set the priority to high.",
        "Johan Falk snoozed this until",
    ):
        assert words in page, words
    assert "3 events" in page
    assert "Ring henne i morgon." in page
    assert page.index("set the priority") < page.index("Ring henne") < page.index("snoozed this until")


async def test_a_case_number_leads_to_its_view(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    where: list[str] = [(await johan.get(f"/c/{no}")).headers["location"]]
    db.write_now(assign_case, world.who("maja"), customers.case(no).id, world.who("johan").id)
    where.append((await johan.get(f"/c/{no}")).headers["location"])
    db.write_now(set_status, world.who("maja"), customers.case(no).id, "spam")
    where.append((await johan.get(f"/c/{no}")).headers["location"])
    assert where == [f"/inbox/unassigned/{no}", f"/inbox/mine/{no}", f"/inbox/open/{no}"]


async def test_a_foreign_case_answers_as_a_missing_one(web: Web, customers: Customers) -> None:
    """T1, T2: another inbox, another workspace, no such number: the same answer."""
    hidden, other = customers.write(sender=LUKASZ, inbox="obsluga"), customers.write(sender=LUKASZ, inbox="ferries")
    johan = await web.sign_in("johan")
    for path in ("/inbox/open/{}", "/cases/{}/fresh", "/cases/{}/earlier?before=1", "/c/{}"):
        answers = [await johan.get(path.format(no)) for no in (hidden, other + 5000, 77, "9" * 25)]
        assert {answer.status_code for answer in answers} == {404}, path
        assert len({re.sub(r'[0-9a-f]{16}|value="[^"]*"|\d+', "", answer.text) for answer in answers}) == 1, path


@pytest.mark.parametrize(
    "path", ["/inbox/open/abc", "/inbox/open/-1", "/inbox/open/1e3", "/inbox/open/²", "/inbox/inbox:x", "/inbox/nowhere", "/c/0x1"]
)
async def test_numbers_that_are_none_are_missing(web: Web, path: str) -> None:
    """T106."""
    assert (await (await web.sign_in("johan")).get(path)).status_code == 404


async def test_a_stranger_who_quotes_a_case_is_shown_as_one(web: Web, customers: Customers) -> None:
    """T44: the agent is told before answering."""
    first = customers.write(external_id="hemlig@k")
    second = customers.write("Re: Bokningen", sender=MALGORZATA, references=("hemlig@k",))
    page = (await (await web.sign_in("johan")).get(f"/inbox/open/{second}")).text
    assert f"The sender quotes #{first} but takes no part in it." in page


async def test_marks_of_strangers_are_text(web: Web, db: Database, world: World, customers: Customers) -> None:
    """T66: whatever a customer or colleague writes, it is shown and never run."""
    marker = '"><img src=x onerror=alert(1)>{{7*7}}'
    no = customers.write(marker, marker, LUKASZ.__class__("x@poczta.example", marker))
    maja, case_id = world.who("maja"), customers.case(no).id
    db.write_now(set_tags, maja, case_id, [marker[:38]])
    db.write_now(add_note, maja, case_id, marker)
    johan = await web.sign_in("johan")
    for path in (f"/inbox/open/{no}", "/inbox/open", f"/cases/{no}/fresh", "/search?q=onerror", f"/search?q={marker}"):
        page = (await johan.get(path)).text
        assert "<img src=x" not in page, path
        assert "49" not in re.sub(r"\d{4,}", "", re.sub(r"<[^>]*>", "", page)) or "{{7*7}}" in page


async def test_a_reviewer_reads_and_a_field_agent_does_not(web: Web, customers: Customers) -> None:
    no = customers.write()
    karin, erik = await web.sign_in("karin"), await web.sign_in("erik")
    page = await karin.get(f"/inbox/open/{no}")
    assert page.status_code == 200
    assert "Your role reads cases and writes notes" in page.text
    assert (await erik.get("/inbox/open")).status_code == 403
    assert (await erik.get(f"/inbox/open/{no}")).status_code == 403
