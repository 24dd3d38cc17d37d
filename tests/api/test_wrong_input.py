"""Wrong input: the right status, a sentence that names the field, and nothing changed. T3, T4, T87, T106."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages, notes
from tests.api.conftest import Service

CASE = "/api/v1/cases/{number}"
DEEP = "[" * 100_000 + "]" * 100_000
JSON = {"Content-Type": "application/json"}


def answer_to(service: Service, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and body; the database must be as it was."""
    before = service.everything()
    answer = service.send(method, path.format(number=service.number), **more)
    assert service.everything() == before
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["error"]
    return answer.status_code, body


OURS = {"status", "priority", "assignee_id", "snoozed_until"}
FOREIGN = [
    *(column.name for column in cases.c if column.name not in OURS),
    "tenant_id",
    "account_id",
    "owner_id",
    "role",
    "password",
    "email",
]


def test_a_field_that_is_nobodys_business_is_refused(service: Service) -> None:
    """T3, T4: every column of the table, and what others call theirs."""
    answers = {name: answer_to(service, "PATCH", CASE, json={name: "1", "status": "solved"}) for name in FOREIGN}
    assert {name: (status, list(body["fields"])) for name, (status, body) in answers.items()} == {name: (422, [name]) for name in FOREIGN}


WRITES: list[tuple[str, sa.Table, set[str]]] = [("/notes", notes, {"text"}), ("/replies", messages, {"text", "cc", "then"})]


def test_no_column_is_written_from_outside(service: Service) -> None:
    """T3, T4: every column of the table that a write fills, one after the other, beside what the write takes."""
    for path, table, ours in WRITES:
        for name in sorted({column.name for column in table.c} - ours | {"workspace", "role", "password", "scope", "op"}):
            status, body = answer_to(service, "POST", CASE + path, json={name: "1", "text": "Hej"})
            assert (status, list(body["fields"])) == (422, [name]), (path, name)


WRONG_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"status": "gone"}, "status"),
    ({"status": None}, "status"),
    ({"status": ["open"]}, "status"),
    ({"priority": 3}, "priority"),
    ({"assignee_id": 12}, "assignee_id"),
    ({"assignee_id": "-1"}, "assignee_id"),
    ({"assignee_id": "1e9"}, "assignee_id"),
    ({"assignee_id": "1 "}, "assignee_id"),
    ({"assignee_id": "9223372036854775808"}, "assignee_id"),
    ({"assignee_id": "9" * 40}, "assignee_id"),
    ({"tags": "vip"}, "tags"),
    ({"tags": ["x" * 41]}, "tags[0]"),
    ({"tags": ["x"] * 31}, "tags"),
    ({"status": "snoozed", "snoozed_until": "tomorrow"}, "snoozed_until"),
    ({"status": "snoozed", "snoozed_until": 1e400}, ""),
    ({"snoozed_until": "2026-12-01T08:00:00+00:00"}, "snoozed_until"),
    ({"status": "snoozed", "snoozed_until": "0001-01-01T00:00:00+14:00"}, "snoozed_until"),
]


def test_a_wrong_value_is_named(service: Service) -> None:
    for given, field in WRONG_FIELDS:
        status, body = answer_to(service, "PATCH", CASE, content=json.dumps(given), headers=JSON)
        assert (status, list(body.get("fields", []))) == ((422, [field]) if field else (400, [])), given


WRONG_BODIES: list[tuple[bytes, str, int]] = [
    (b"", "application/json", 422),
    (b"{", "application/json", 400),
    (b"null", "application/json", 422),
    (b"[]", "application/json", 422),
    (b'{"text": NaN}', "application/json", 400),
    (b'{"text": 1e400}', "application/json", 400),
    (b'{"text": "Hej", "text": "Hej"}', "application/json", 400),
    (b'\xef\xbb\xbf{"text": "Hej"}', "application/json", 400),
    (b'{"text": ' + b"9" * 5000 + b"}", "application/json", 400),
    (b'{"text": "\xff"}', "application/json", 400),
    ('{"text": "hej"}'.encode("utf-16"), "application/json", 400),
    (b'{"text": "' + b"x" * 20_001 + b'"}', "application/json", 422),
    (b'{"text": ' + DEEP.encode() + b"}", "application/json", 400),
    (b'{"text": "' + b"x" * 2_000_000 + b'"}', "application/json", 413),
    (b"text=hej", "application/x-www-form-urlencoded", 415),
    (b"<text>hej</text>", "text/xml", 415),
]


def test_a_body_that_cannot_be_read_is_refused(service: Service) -> None:
    for body, kind, expected in WRONG_BODIES:
        status, _ = answer_to(service, "POST", CASE + "/notes", content=body, headers={"Content-Type": kind})
        assert status == expected, body[:80]


WRONG_PLACES = [
    ("/api/v1/cases/0", 422),
    ("/api/v1/cases/-1", 422),
    ("/api/v1/cases/9223372036854775808", 422),
    ("/api/v1/cases/" + "9" * 400, 422),
    ("/api/v1/cases?limit=1e9", 422),
    ("/api/v1/cases?q=", 422),
    ("/api/v1/cases?q=%21%3F", 422),
    ("/api/v1/cases?q=" + "x" * 401, 422),
    ("/api/v1/cases/999999/messages", 404),
    ("/api/v1/cases/{number}/messages?limit=101", 422),
    ("/api/v1/cases/{number}/messages?after=-1", 422),
    ("/api/v1/contacts/0", 422),
    ("/api/v1/contacts/999999", 404),
    ("/api/v1/contacts/9223372036854775808", 422),
    ("/api/v1/cases/999999", 404),
    ("/api/v1/cases/1e9", 404),
    ("/api/v1/cases/one", 404),
    ("/api/v1/cases?limit=0", 422),
    ("/api/v1/cases?limit=101", 422),
    ("/api/v1/cases?limit=ten", 422),
    ("/api/v1/cases?after=9223372036854775808", 422),
    ("/api/v1/cases?inbox_id=1e9", 422),
    ("/api/v1/cases?status=gone", 422),
    ("/api/v1/nothing", 404),
]


def test_a_place_that_cannot_be_is_refused(service: Service) -> None:
    for path, expected in WRONG_PLACES:
        assert answer_to(service, "GET", path)[0] == expected, path


def test_a_method_that_a_place_does_not_take_is_answered_with_those_it_takes(service: Service) -> None:
    answer = service.send("PUT", CASE.format(number=service.number))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS, PATCH")
    assert service.send("OPTIONS", CASE.format(number=service.number)).status_code == 204


WRONG_KEYS = ["", "å", "a b", "x" * 256]


def test_a_key_that_is_none_is_refused(service: Service) -> None:
    """T106"""
    for key in WRONG_KEYS:
        headers: Any = {"Idempotency-Key": key.encode("latin-1")}
        assert answer_to(service, "POST", CASE + "/notes", json={"text": "Hej"}, headers=headers)[0] == 422, key


@pytest.mark.parametrize("service", ["session"], indirect=True)
def test_without_the_token_nothing_is_written(service: Service) -> None:
    assert answer_to(service, "POST", CASE + "/notes", json={"text": "Hej"}, headers={"X-CSRF-Token": "wrong"})[0] == 403
    assert answer_to(service, "POST", CASE + "/notes", json={"text": "Hej"}, headers={"Cookie": ""})[0] == 401
