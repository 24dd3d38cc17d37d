"""What is too much, too long or nonsense. In: floods and junk. Out: sentences, in time; nothing breaks, and nobody else waits."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluss.channels.models import visitors
from sluss.intake.models import envelopes
from sluss.kernel.db import Database
from sluss.visitor.limits import Buckets, TooMuch, network_of
from sluss.visitor.receiving import PageTold, read_page
from tests.visitor.ground import KEY, Ground, make_chat

FLOOD = 400
PIECES = {"Content-Type": "multipart/form-data; boundary=x"}


async def test_a_flood_of_junk_costs_the_database_nothing(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """T91: made-up keys, made-up tokens, new visitors without end: the database is asked a bounded number of times, and real ones go on."""
    known = ground.visitor()
    await known.write("Före")
    asked: list[str] = []

    def counting(name: str) -> Any:
        original = getattr(Database, name)

        async def counted(self: Database, *args: Any, **more: Any) -> Any:
            asked.append(getattr(args[0], "__name__", ""))
            return await original(self, *args, **more)

        return counted

    for name in ("read", "write", "write_grouped"):
        monkeypatch.setattr(Database, name, counting(name))
    told: list[int] = []
    for n in range(FLOOD):
        junk = ground.visitor(KEY if n % 2 else f"chat-{secrets.token_hex(8)}")
        told.append((await junk.ask("GET", "messages")).status_code)
    told += [(await ground.visitor().write("Köp nu")).status_code for _ in range(40)]
    mine = [one for one in asked if one in {"visitor_of", "_place_of", "find_or_make_visitor", "store_envelopes"}]
    assert told.count(429) > FLOOD / 2
    assert len(mine) < 90
    assert (await known.write("Under")).status_code == 202
    assert (await ground.visitor(address="198.51.100.4").write("Hej")).status_code == 202


async def test_many_messages_and_many_visitors_are_told_when_to_come_back(ground: Ground) -> None:
    """T91"""
    guest = ground.visitor()
    answers = [await guest.write(str(n)) for n in range(22)]
    assert [one.status_code for one in answers] == [202] * 20 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "kept" in answers[-1].json()["error"]
    others = [await ground.visitor(address=f"2001:db8::{n:x}").write() for n in range(12)]
    assert [one.status_code for one in others] == [202] * 10 + [429] * 2
    assert len(ground.rows(sa.select(visitors.c.id))) == 11


async def test_bodies_that_never_end_take_little_of_us(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """T91: of a network only few large bodies are read at once, and none for ever; words without files go through meanwhile."""
    ended = asyncio.Event()

    async def half() -> AsyncGenerator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * 1_000
        await ended.wait()

    def parked() -> asyncio.Task[httpx.Response]:
        return asyncio.create_task(ground.visitor().ask("POST", "messages", content=half(), headers=PIECES))

    tasks = [parked() for _ in range(12)]
    large = ("a.bin", b"x" * 100_000)
    assert (await ground.visitor().write("Kort")).status_code == 202
    assert (await ground.visitor().write("Fil", files=(large,))).status_code == 429
    assert (await ground.visitor(address="198.51.100.4").write("Fil", files=(large,))).status_code == 202
    assert [(await one).status_code for one in tasks if one.done()] == [429] * 4
    monkeypatch.setattr("sluss.visitor.limits.AT_MOST", 0.01)
    assert (await ground.visitor(address="198.51.100.5").ask("POST", "messages", content=half(), headers=PIECES)).status_code == 429
    ended.set()
    assert [(await one).status_code for one in tasks].count(400) == 8
    assert (await ground.visitor().write("Fil", files=(large,))).status_code == 202


REFUSED: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("no key", {"key": "short"}, 422, "key"),
    ("nothing to see", {"text": "\u200b\u2060 \n"}, 422, "text"),
    ("too long", {"text": "å" * 10_001}, 422, "text"),
    ("too many bytes", {"text": "🧳" * 10_000 + "x" * 10}, 422, "text"),
    ("no address", {"email": "asa@"}, 422, "email"),
    ("two addresses", {"email": "asa@kund.example, bo@kund.example"}, 422, "email"),
    ("another field", {"admin": "1"}, 422, "admin"),
    ("six files", {"files": tuple((f"{n}.txt", b"x") for n in range(6))}, 422, "files"),
    ("a large file", {"files": (("a.bin", b"x" * 10_000_001),)}, 422, "files"),
    ("too much", {"files": tuple((f"{n}.bin", b"x" * 9_900_000) for n in range(3))}, 413, ""),
)


async def test_what_cannot_be_taken_is_told_in_the_language_of_the_visitor(ground: Ground) -> None:
    """T105: each with a sentence, and nothing of it is kept; a letter under a tower of marks loses the tower."""
    for name, told, status, field in REFUSED:
        guest = ground.visitor()
        answer = await guest.write(**({"text": "Hej", "key": secrets.token_urlsafe(18)} | told))
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True), (name, answer.text)
        assert list(answer.json().get("fields", {})) == ([field] if field else []), name
    assert ground.rows(sa.select(visitors.c.id)) == []
    swedish = await ground.visitor().ask("GET", "messages?before=1", headers={"Accept-Language": "sv"})
    assert swedish.status_code == 401
    guest = ground.visitor()
    assert (await guest.write("o" + "\u0301" * 10_000 + "\x00\u202e", files=(("../../CON", b"x"),))).status_code == 202
    await ground.admit()
    [item] = (await guest.ask("GET", "messages")).json()["items"]
    assert (item["text"][0], len(item["text"]) <= 9, item["files"][0]["name"]) == ("ó", True, "_CON")


async def test_what_the_company_wants_to_know_is_asked_for_first(ground: Ground) -> None:
    key = "chat-norrsken00000005"
    await make_chat(ground.web, ground.web.world.norrsken, "stockholm", key, ask_name="required", ask_email="required", files=False)
    guest = ground.visitor(key)
    answer = await guest.write("Hej")
    assert (answer.status_code, sorted(answer.json()["fields"])) == (422, ["email", "name"])
    assert (await guest.write("Hej", name="Åsa", email="asa@kund.example", files=(("a.txt", b"x"),))).json()["fields"].keys() == {"files"}
    assert (await guest.write("Hej", name="Åsa", email="Asa@Kund.example")).status_code == 202
    assert (await guest.write("Igen")).status_code == 202
    [row] = ground.rows(sa.select(visitors.c.name, visitors.c.email, visitors.c.email_proof))
    assert tuple(row) == ("Åsa", "asa@kund.example", "")


WRONG = b'{"on": 1, "text": 1, "url": 1, "delivered": 1, "name": 1, "jwt": 1}'
A_FILE_FOR_TEXT = b'--x\r\nContent-Disposition: form-data; name="text"; filename="a"\r\n\r\nx\r\n--x--\r\n'
BODIES = (b"", b"{", b"[1]", b"null", WRONG, b"--x\r\n\r\n", b"--x--", b"\xff" * 50, A_FILE_FOR_TEXT, b"[" * 5_000)
KINDS = ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "application/x-www-form-urlencoded", "")


async def test_junk_is_refused_in_words(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """T91, T105: whatever bytes come, the answer is a sentence, never a fault of ours."""
    for name in ("requests", "visits", "marks", "messages", "messages_a_day", "identities"):
        monkeypatch.setattr(ground.hub.limits, name, Buckets(name, 10_000, 1))
    guest = ground.visitor()
    await guest.write()
    kept = len(ground.rows(sa.select(envelopes.c.id)))
    for what in ("messages", "typing", "page", "receipts", "profile", "identify"):
        for body in BODIES:
            for kind in KINDS:
                answer = await guest.ask("POST", what, content=body, headers={"Content-Type": kind})
                assert answer.status_code in {400, 401, 413, 415, 422}, (what, body, kind, answer.text)
                assert answer.json()["error"]
    assert len(ground.rows(sa.select(envelopes.c.id))) == kept


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=80) | st.from_regex(r"https?://[^\s]{0,40}", fullmatch=True))
def test_no_page_tells_more_than_a_plain_address(url: str) -> None:
    """Query, fragment, name and password are cut, and nothing but http stays."""
    found = read_page(PageTold(url=url, referrer=url, zone=url, lang=url))
    for one in (found.url, found.referrer):
        assert one == "" or one.startswith(("http://", "https://"))
        assert not {"?", "#"} & set(one)
        assert "@" not in one.partition("://")[2].partition("/")[0]
        assert len(one) <= 500
    assert len(found.lang) <= 35


def test_buckets_fill_again_and_forget_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("sluss.visitor.limits.time.monotonic", lambda: now[0])
    monkeypatch.setattr("sluss.visitor.limits.REMEMBERED", 3)
    bucket = Buckets("test", 2, 60)
    for _ in range(2):
        bucket.take("a")
    with pytest.raises(TooMuch) as caught:
        bucket.take("a")
    assert caught.value.seconds == 30
    now[0] = 30
    bucket.take("a")
    for key in "bcd":
        bucket.take(key)
    bucket.take("a")
    assert [network_of(one) for one in ("192.0.2.7", "2001:db8:1:2:3::4", "::ffff:192.0.2.7", "x")] == [
        "192.0.2.7",
        "2001:db8:1:2::/64",
        "192.0.2.7",
        "unknown",
    ]
