"""Searching: what is found, quoted and counted is what the reader may see. T6, T66, T93."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.cases.actions import add_note
from sluss.desk.desk import Look, read_search
from sluss.desk.screens import Found
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


def test_a_search_for_nothing_says_so(find: Any) -> None:
    assert find("  ").query == ""
    assert find("!!!").problem == "Write letters or digits to search for."
    assert "400" in find("x" * 401).problem
