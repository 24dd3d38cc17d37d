"""Searching: what is found, quoted and counted is what the reader may see. T6, T66, T93."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sluss.cases.actions import add_note, set_status
from sluss.cases.recording import StoredFile
from sluss.desk.desk import Look, read_search
from sluss.desk.quick import suggest
from sluss.desk.search_screens import Found
from sluss.kernel.clock import DAY, SECOND
from sluss.kernel.db import Database
from sluss.web.locale import Voice
from tests.desk.conftest import ASA, LUKASZ, Customers
from tests.world import World


@pytest.fixture
def find(db: Database, world: World) -> Any:
    def search(query: str, key: str = "maja", after: str = "") -> Found:
        return db.read_now(read_search, world.who(key), Look(voice=Voice(), after=after), query)[0]

    return search


def test_words_names_addresses_and_numbers_are_found(find: Any, customers: Customers) -> None:
    no = customers.write("Försvunnen väska", "Min röda väska kom aldrig fram till Gdańsk.")
    customers.write("Annat", sender=LUKASZ)
    for query in ("röda väska", "RODA VASKA", "gdansk", "lindqv", "asa@kund.example", "försvunnen", str(no), f"#{no}", f"# {no}"):
        assert [hit.row.no for hit in find(query).hits] == [no], query


def test_the_words_around_a_match_are_quoted(find: Any, customers: Customers) -> None:
    customers.write("Sak", "ord " * 200 + "här låg den röda väskan kvar " + "mer " * 200)
    excerpt = find("vask").hits[0].excerpt
    assert "den röda \x02väskan\x03 kvar" in excerpt
    assert excerpt.startswith("…")
    assert len(excerpt) < 400


def test_a_note_is_found_and_quoted(find: Any, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    db.write_now(add_note, world.who("maja"), customers.case(no).id, "Kunden är guldmedlem")
    assert find("guldmedlem").hits[0].excerpt == "Kunden är \x02guldmedlem\x03"


def test_nothing_of_a_hidden_case_is_found(find: Any, customers: Customers) -> None:
    """T6: not by word, number, contact nor count."""
    hidden = customers.case(customers.write("Hemligt", "marker-ord", LUKASZ, "obsluga"))
    customers.write("Prom", "marker-ord", LUKASZ, "ferries")
    for query in ("marker", str(hidden.number), f"#{hidden.number}", f"contact:{hidden.contact_id}", "poczta"):
        found = find(query, "johan")
        assert (found.hits, found.total) == ((), 0), query
    assert find("marker", "maja").total == find("marker", "petra").total == find("marker", "marek").total == 1


def test_many_hits_of_others_do_not_hide_ones_own(find: Any, customers: Customers) -> None:
    no = customers.write("Sak", "nyckelord")
    customers.messages([{"text": "nyckelord", "sender": LUKASZ} for _ in range(1100)], "obsluga")
    assert [hit.row.no for hit in find("nyckelord", "johan").hits] == [no]


def test_pages_hold_every_hit_once(find: Any, customers: Customers) -> None:
    customers.messages([{"text": "nyckelord"} for _ in range(60)])
    first = find("nyckelord")
    second = find("nyckelord", after=first.after)
    third = find("nyckelord", after=second.after)
    numbers = [hit.row.no for page in (first, second, third) for hit in page.hits]
    assert len(set(numbers)) == len(numbers) == first.total == 60
    assert third.after == ""


def test_all_cases_of_a_contact(find: Any, customers: Customers) -> None:
    numbers = [customers.write(f"Sak {n}", sender=ASA) for n in range(3)]
    customers.write(sender=LUKASZ)
    assert [hit.row.no for hit in find(f"contact:{customers.case(numbers[0]).contact_id}").hits] == numbers[::-1]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "NEAR(a b)",
        "*",
        "a*",
        "-",
        "col:x",
        "%%%%",
        "' OR 1=1 --",
        "a AND",
        "(((",
        "\x00",
        "contact:" + "9" * 19,
        "#" + "9" * 15,
        "x " * 190,
    ],
)
def test_the_language_of_the_index_is_not_spoken(find: Any, customers: Customers, query: str) -> None:
    """T93."""
    customers.write()
    assert isinstance(find(query), Found)


def test_words_filters_days_and_names_go_together(find: Any, customers: Customers, db: Database, world: World) -> None:
    old = customers.write("Röd väska", "Faktura 4411", ASA)
    db.write_now(set_status, world.who("maja"), customers.case(old).id, "solved")
    customers.clock.move(3 * DAY)
    new = customers.write("Röd väska", "Faktura 4412, nyhetsbrev", ASA)
    other = customers.write("Väska röd", "Faktura", LUKASZ, "obsluga")
    today = datetime.fromtimestamp(db.clock() / SECOND, UTC).strftime("%Y-%m-%d")
    for query, expected in {
        "is:solved faktura": [old],
        '"röd väska" faktura': [new, old],
        "faktura -nyhetsbrev": [other, old],
        "from:lindqvist fakt": [new, old],
        "from:asa@kund.example is:open": [new],
        f"before:{today} faktura": [old],
        f'after:{today} -"väska röd" faktura': [new],
        "(is:solved OR inbox:Obsługa) faktura": [other, old],
        "is:solved OR inbox:Obsługa faktura": [other, old],
        "väska re:zebra": [],
        "is:open -faktura": [],
    }.items():
        assert sorted(hit.row.no for hit in find(query).hits) == sorted(expected), query
    assert find("is:nope").problem.startswith("After is: stands one of")
    assert find("before:soon x").problem.startswith("Write a day")
    best = find("röd väska", key="maja")
    assert {group.about for group in best.facets} >= {"status", "inbox", "time", "has"}
    chip = next(one for group in best.facets for one in group.facets if one.piece == "is:open")
    assert (chip.count, chip.href) == (2, "/search?q=r%C3%B6d+v%C3%A4ska+is%3Aopen")


def test_excerpts_tell_who_said_it_and_lead_there(find: Any, customers: Customers, db: Database, world: World) -> None:
    message = customers.message(
        "Sak", "min ros\u0301a ko\u0308p", files=(StoredFile("kvitto-ros.pdf", "application/pdf", 1, "d" * 64, ""),)
    )
    case = customers.case_of(message)
    note = db.write_now(add_note, world.who("maja"), case.id, "Ros står i lagret <b>")
    first, second = find("ros").hits[0].excerpts
    assert {(one.kind, one.by, one.href) for one in (first, second)} == {
        ("note", "Maja Ek", f"/c/{case.number}?m={note}"),
        ("message", "Åsa Lindqvist", f"/c/{case.number}?m={message}"),
    }
    assert [(one.kind, one.text) for one in find("kvitto").hits[0].excerpts] == [("file", "\x02kvitto\x03-ros.pdf")]


def test_only_customers_of_ones_own_cases_are_found(find: Any, customers: Customers, db: Database, world: World) -> None:
    """T6: as a contact, quickly, and when their number is typed in full."""
    customers.write(sender=LUKASZ, inbox="obsluga", text="Ring 070-123 45 67")
    seen = [find(query, key).contacts for query in ("wojcik", "poczta") for key in ("johan", "maja", "marek")]
    assert [len(one) for one in seen] == [0, 1, 0, 0, 1, 0]
    assert (seen[1][0].name, seen[4][0].details) == ("Łukasz \x02Wójcik\x03", ("lukasz@\x02poczta\x03.example",))
    quick = {key: db.read_now(suggest, world.who(key), Voice(), "wojcik") for key in ("johan", "petra", "ania")}
    assert {key: [one.kind for one in found] for key, found in quick.items()} == {"johan": [], "petra": ["contact", "case"], "ania": []}
    assert [find("+46 70 1234567", key).total for key in ("johan", "petra", "ania")] == [0, 1, 0]


async def test_a_number_alone_leads_to_its_case(web: Any, customers: Customers) -> None:
    no, hidden = customers.write(), customers.write(sender=LUKASZ, inbox="obsluga")
    johan = await web.sign_in("johan")
    assert (await johan.get(f"/search?q=%23{no}")).headers["location"] == f"/c/{no}"
    assert (await johan.get(f"/search?q={hidden}")).status_code == 200
    assert (await johan.get(f"/search/quick?q={no}")).json()["items"][0]["href"] == f"/c/{no}"


def test_a_search_for_nothing_says_so(find: Any) -> None:
    assert find("  ").query == ""
    assert find("!!!").problem == "Write letters or digits to search for."
    assert "400" in find("x" * 401).problem
