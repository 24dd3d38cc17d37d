"""What programs write: once, whatever the network does to their requests; and who else may ask. T34, T108; F28."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest
import sqlalchemy as sa

from sluss.api.again import forget_old_answers
from sluss.cases.actions import add_note
from sluss.cases.models import cases, messages, notes
from sluss.kernel.clock import DAY, TestClock
from sluss.outbox.models import operations
from tests.api.conftest import SHOP, Service
from tests.world import World

CASE = "/api/v1/cases/{number}"


def count(service: Service, table: sa.Table) -> int:
    return int(service.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


def post(service: Service, path: str, key: str, text: str) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return service.send("POST", (CASE + path).format(number=service.number), json={"text": text}, headers=headers)


@pytest.mark.parametrize(("path", "table"), [("/notes", notes), ("/replies", messages)], ids=["note", "reply"])
def test_the_same_request_is_done_once(service: Service, clock: TestClock, path: str, table: sa.Table) -> None:
    """F28: the first answer again, for a day; another request under the key is refused; without a key each counts."""
    before = count(service, table)
    first, again = post(service, path, "k-1", "Hej!"), post(service, path, "k-1", "Hej!")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.status_code == 201, first.text
    assert [one.headers.get("idempotent-replayed") for one in (first, again)] == [None, "true"]
    assert post(service, path, "k-1", "Något annat").status_code == 409
    assert count(service, table) == before + 1
    clock.move(DAY - 1)
    assert service.db.write_now(forget_old_answers) == 0
    assert post(service, path, "k-1", "Hej!").json() == first.json()
    assert [post(service, path, "", "Hej!").status_code for _ in range(2)] == [201, 201]
    assert count(service, table) == before + 3
    clock.move(2)
    assert service.db.write_now(forget_old_answers) == 1


def test_an_answer_over_unread_news_is_refused_where_the_program_says_what_it_read(service: Service, world: World) -> None:
    """F51: nothing is sent, the newest of what others said is told with a mark that covers it, and the same key sends it then."""
    path = CASE.format(number=service.number)
    seen, sent = service.send("GET", path).json()["seen"], count(service, operations)
    case_id = service.db.read_now(lambda tx: tx.value(sa.select(cases.c.id)))
    service.db.write_now(add_note, world.who("johan"), case_id, "Hon har den.")
    stale = service.send("POST", f"{path}/replies", json={"text": "Vi letar.", "seen": seen}, headers={"Idempotency-Key": "k"})
    assert (stale.status_code, stale.json()["news"]["text"], count(service, operations)) == (409, "Hon har den.", sent)
    for mark, status in (("rubbish", 409), (stale.json()["seen"], 201)):
        again = service.send("POST", f"{path}/replies", json={"text": "Vi letar.", "seen": mark}, headers={"Idempotency-Key": "k"})
        assert again.status_code == status, again.text


def test_one_key_for_two_places_is_refused(service: Service) -> None:
    assert post(service, "/notes", "k", "Hej!").status_code == 201
    assert post(service, "/replies", "k", "Hej!").status_code == 409


def test_what_failed_may_be_tried_again_under_its_key(service: Service) -> None:
    assert post(service, "/notes", "k", " ").status_code == 422
    assert post(service, "/notes", "k", "Hej!").status_code == 201


async def test_ten_at_once_are_one(service: Service) -> None:
    async with httpx.AsyncClient() as client:
        url = service.url + (CASE + "/replies").format(number=service.number)
        sent = [client.post(url, json={"text": "Hej!"}, headers=service.headers | {"Idempotency-Key": "k"}) for _ in range(10)]
        answers = await asyncio.gather(*sent)
    assert Counter(one.status_code for one in answers) == {201: 10}
    assert len({one.text for one in answers}) == 1
    assert count(service, operations) == 1


def test_an_answer_leaves_as_from_the_desk(service: Service) -> None:
    answer = service.send("POST", (CASE + "/replies").format(number=service.number), json={"text": "Löst!", "then": "solve"})
    assert answer.status_code == 201
    whole = service.send("GET", CASE.format(number=service.number)).json()
    assert whole["case"]["status"] == "solved"
    assert [(one["direction"], one["author"], one["text"]) for one in whole["messages"]] == [
        ("in", "Åsa Lindqvist", "Hej!"),
        ("out", "Maja Ek", "Löst!"),
    ]
    assert answer.json()["message_id"] == whole["messages"][-1]["id"]


def test_pages_hold_what_was_asked_for_and_no_more(service: Service) -> None:
    """T108: keyset pages, each message once, newest first."""
    for n in range(5):
        assert post(service, "/replies", "", f"Svar {n}").status_code == 201
    found, after, path = [], "", CASE.format(number=service.number) + "/messages?limit=2"
    while after is not None:
        page = service.send("GET", path + (f"&after={after}" if after else "")).json()
        assert len(page["messages"]) <= 2
        found += [one["text"] for one in page["messages"]]
        after = page["after"]
    assert found == [*(f"Svar {n}" for n in (4, 3, 2, 1, 0)), "Hej!"]


def test_a_search_finds_words_of_messages_and_notes(service: Service) -> None:
    post(service, "/notes", "", "Kunden har en röd resväska")
    numbers = [[one["number"] for one in service.send("GET", f"/api/v1/cases?q={q}").json()["cases"]] for q in ("resv", "hej", "blå")]
    assert numbers == [[service.number], [service.number], []]


def test_who_the_customer_is(service: Service) -> None:
    [case] = service.send("GET", "/api/v1/cases").json()["cases"]
    contact = service.send("GET", f"/api/v1/contacts/{case['contact_id']}").json()
    assert [(one["network"], one["address"]) for one in contact["identities"]] == [("email", "asa@kund.example")]
    assert contact["name"] == "Åsa Lindqvist"


def test_a_change_tells_how_the_case_stands_and_nothing_that_was_said(service: Service) -> None:
    """T6: whoever may change cases and not read them reads nothing by changing nothing."""
    answer = service.send("PATCH", CASE.format(number=service.number), json={"priority": "high"})
    assert set(answer.json()) == {"number", "status", "snoozed_until", "priority", "assignee_id", "tags"}
    assert "Hej" not in answer.text


ORIGINS = {
    SHOP: True,
    "https://shop.example.evil.example": False,
    "https://evilshop.example": False,
    "http://shop.example": False,
    "https://shop.example:8443": False,
    "https://SHOP.example": False,
    "https://shop.example/": False,
    "null": False,
    "*": False,
    "": False,
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_only_named_sites_are_told_anything(service: Service, origin: str) -> None:
    """T34: an exact list, no reflection, never with cookies; nothing outside the API."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for method, path, more in (("GET", "/api/v1/cases", {}), ("OPTIONS", "/api/v1/cases", asked), ("GET", "/api/v1/nothing", {})):
        answer = service.send(method, path, headers={"Origin": origin} | more)
        assert answer.headers.get("access-control-allow-origin") == (origin if ORIGINS[origin] else None), (method, path)
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in service.send("GET", "/me", headers={"Origin": origin}).headers
