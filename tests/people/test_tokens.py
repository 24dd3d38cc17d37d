"""Tokens of programs: made once, shown once, never more than their agent, dead when they should be. T12, T15, T27, T39, T106, T108."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from litestar import get
from litestar.exceptions import ImproperlyConfiguredException

from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.tokens import hash_of
from sluss.people import bearer
from sluss.people.access import READERS, SIGNED_IN
from sluss.people.actions import NewAgent, change_agent
from sluss.people.bearer import BURST, RATE, Buckets
from sluss.people.models import api_tokens
from sluss.people.scopes import CASES_READ, NOTES_WRITE, SCOPES, SETTINGS_READ, require_scopes
from sluss.people.tokens import (
    NewToken,
    create_token,
    find_holder,
    forget_old_tokens,
    hint_of,
    is_word,
    list_tokens,
    new_word,
    revoke_token,
)
from tests.world import Browser, Web, World

SHOWN = re.compile(r"sluss_[0-9A-Za-z]{49}")


async def ask(web: Web, word: str, path: str = "/api/v1/cases", **more: Any) -> httpx.Response:
    transport = httpx.ASGITransport(web.app, client=(more.pop("address", "127.0.0.1"), 4711))
    headers = {"Authorization": f"Bearer {word}"} | more.pop("headers", {})
    async with httpx.AsyncClient(transport=transport, base_url="http://norrsken.test") as client:
        return await client.request(more.pop("method", "GET"), path, headers=headers, **more)


def new(who_id: int, *scopes: str, **more: Any) -> tuple[str, NewToken]:
    word = new_word()
    return word, NewToken(
        token_hash=hash_of(word), hint=hint_of(word), name="Export", scopes=scopes or (CASES_READ,), agent_id=who_id, **more
    )


async def make(web: Web, key: str, *scopes: str, **more: Any) -> str:
    who = web.world.who(key)
    word, wanted = new(who.id, *scopes, **more)
    await web.db.write(create_token, who, wanted)
    return word


async def shown_to(browser: Browser, **fields: Any) -> str:
    await browser.get("/me/tokens")
    wanted: dict[str, Any] = {"name": "Export", "scope": (CASES_READ, NOTES_WRITE)} | fields
    answer = await browser.post("/me/tokens", **wanted)
    assert answer.status_code == 200, answer.text
    [word] = SHOWN.findall(answer.text)
    return str(word)


def test_words_are_long_random_and_carry_their_checksum() -> None:
    """T27: two hundred and fifty-six random bits; one wrong letter is no token, before any database is asked."""
    words = {new_word() for _ in range(2000)}
    assert len(words) == 2000
    assert all(SHOWN.fullmatch(word) and is_word(word) for word in words)
    letters = Counter(letter for word in words for letter in word[6:48])
    assert len(letters) == 62
    assert max(letters.values()) < 1.3 * min(letters.values())
    word = new_word()
    for place in range(6, len(word)):
        assert not is_word(word[:place] + ("a" if word[place] != "a" else "b") + word[place + 1 :])


@pytest.mark.parametrize("text", ["", " ", "\x00", "0", "[]", "null", "sluss_", "x" * 10_000, "sluss_" + "å" * 49])
def test_what_is_no_token_is_none(text: str) -> None:
    """T15"""
    assert not is_word(text)


async def test_a_token_is_shown_once_and_kept_as_its_hash(web: Web) -> None:
    """T27, T115: no table holds the word, nor does any page after the first."""
    johan = await web.sign_in("johan")
    word = await shown_to(johan)
    assert (await ask(web, word)).status_code == 200
    assert word not in (await johan.get("/me/tokens")).text
    rows = web.db.read_now(lambda tx: [repr(tuple(row)) for row in tx.rows(sa.select(api_tokens))])
    assert len(rows) == 1
    assert word not in rows[0]
    from sluss.kernel.schema import metadata  # noqa: PLC0415

    everything = web.db.read_now(lambda tx: "".join(repr(tx.rows(sa.select(table))) for table in metadata.sorted_tables))
    assert word not in everything
    assert [deed.action for deed in web.db.read_now(list_deeds, web.world.who("ewa"), None, 1)] == ["token.create"]


async def test_the_form_sent_twice_makes_one_token(web: Web) -> None:
    johan = await web.sign_in("johan")
    await johan.get("/me/tokens")
    fields: dict[str, Any] = {"name": "Export", "scope": CASES_READ, "op": "the same form"}
    first, second = [await johan.post("/me/tokens", **fields) for _ in range(2)]
    assert len(SHOWN.findall(first.text)) == 1
    assert not SHOWN.findall(second.text)
    assert len(web.db.read_now(list_tokens, web.world.who("johan"))) == 1


async def test_making_one_wants_fresh_proof(web: Web, clock: TestClock) -> None:
    """T28: after ten minutes the password is asked for again; nothing is made before."""
    johan = await web.sign_in("johan")
    await johan.get("/me/tokens")
    clock.move(11 * MINUTE)
    answer = await johan.post("/me/tokens", name="Export", scope=CASES_READ)
    assert answer.status_code == 403
    assert not SHOWN.findall(answer.text)
    assert web.db.read_now(list_tokens, web.world.who("johan")) == []


async def test_for_ever_is_said_twice(web: Web) -> None:
    johan = await web.sign_in("johan")
    assert '<option value="90" selected>90 days</option>' in (await johan.get("/me/tokens")).text
    answer = await johan.post("/me/tokens", name="Export", scope=CASES_READ, days="0")
    assert answer.status_code == 422
    assert "lost token" in answer.text
    word = await shown_to(johan, days="0", sure="1")
    assert "Never ends" in (await johan.get("/me/tokens")).text
    assert (await ask(web, word)).status_code == 200


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"scopes": ()}, "scope"),
    ({"scopes": ("cases:read", "everything")}, "scope"),
    ({"scopes": ("",)}, "scope"),
    ({"days": 91}, "days"),
    ({"days": -1}, "days"),
    ({"networks": "example.com"}, "networks"),
    ({"networks": ", ".join(f"10.0.{n}.0/24" for n in range(21))}, "networks"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_what_makes_no_sense_is_refused(db: Database, world: World, change: dict[str, Any], field: str) -> None:
    johan = world.who("johan")
    _, wanted = new(johan.id)
    with pytest.raises(Invalid) as refused:
        db.write_now(create_token, johan, msgspec.structs.replace(wanted, **change))
    assert list(refused.value.fields) == [field]


def test_whom_a_token_may_act_as(db: Database, world: World) -> None:
    """T17: oneself; for an administrator any agent of the workspace, with both in the audit log; nobody of another one."""
    ewa, johan, marek, ola = (world.who(key) for key in ("ewa", "johan", "marek", "ola"))
    with pytest.raises(Forbidden):
        db.write_now(create_token, johan, new(ewa.id)[1])
    with pytest.raises(Missing):
        db.write_now(create_token, marek, new(johan.id)[1])
    with pytest.raises(Conflict):
        db.write_now(create_token, ewa, new(ola.id)[1])
    word, wanted = new(johan.id)
    token_id = db.write_now(create_token, ewa, wanted)
    [deed] = db.read_now(list_deeds, ewa, None, 1)
    assert (deed.actor_id, deed.object_id) == (ewa.id, johan.id)
    holder = db.read_now(find_holder, hash_of(word))
    assert holder is not None
    assert holder.who == johan
    with pytest.raises(Forbidden):
        db.read_now(list_tokens, johan, everybody=True)
    with pytest.raises(Missing):
        db.write_now(revoke_token, world.who("petra"), token_id)
    with pytest.raises(Missing):
        db.write_now(revoke_token, marek, token_id)
    db.write_now(revoke_token, johan, token_id)
    assert db.read_now(find_holder, hash_of(word)) is None


async def test_a_token_ends(web: Web, clock: TestClock) -> None:
    """T12: by its day and by being revoked, at once and for good."""
    word = await make(web, "johan", days=30)
    clock.move(30 * DAY - 1)
    assert (await ask(web, word)).status_code == 200
    clock.move(1)
    assert (await ask(web, word)).status_code == 401
    other = await make(web, "johan")
    johan = await web.sign_in("johan")
    await johan.get("/me/tokens")
    token_id = web.db.read_now(list_tokens, web.world.who("johan"))[0].id
    assert (await johan.post(f"/me/tokens/{token_id}/revoke")).status_code == 303
    assert (await ask(web, other)).status_code == 401
    assert (await johan.post(f"/me/tokens/{token_id}/revoke")).status_code == 303
    clock.move(400 * DAY)
    assert await web.db.write(forget_old_tokens) == 2


async def test_rights_are_those_of_now(web: Web) -> None:
    """T12, T17: a role that was taken away is gone with the next request, whatever the scopes say."""
    word = await make(web, "maja", *SCOPES)
    assert (await ask(web, word, "/api/v1/inboxes")).json() != []
    maja = NewAgent(name="Maja Ek", email="maja@norrsken.test", role="field")
    await web.db.write(change_agent, web.world.who("ewa"), web.world.who("maja").id, maja)
    assert (await ask(web, word, "/api/v1/inboxes")).status_code == 403


async def test_a_missing_scope_is_named(web: Web) -> None:
    word = await make(web, "johan", SETTINGS_READ)
    answer = await ask(web, word)
    assert answer.status_code == 403
    assert "cases:read" in answer.json()["error"]
    assert 'scope="cases:read"' in answer.headers["www-authenticate"]


async def test_only_from_where_it_may(web: Web) -> None:
    word = await make(web, "johan", networks="192.0.2.0/24, 2001:db8::/32")
    assert (await ask(web, word, address="192.0.2.9")).status_code == 200
    assert (await ask(web, word, address="2001:db8::1")).status_code == 200
    assert (await ask(web, word, address="198.51.100.1")).status_code == 403
    forged = await ask(web, word, address="198.51.100.1", headers={"X-Forwarded-For": "192.0.2.9"})
    assert forged.status_code == 403


async def test_cookies_beside_a_token_count_for_nothing(web: Web) -> None:
    """T33: neither does a session make up for a bad token, nor does it lend its rights to a good one."""
    ewa = await web.sign_in("ewa")
    cookies = {"Cookie": f"sluss={ewa.client.cookies['sluss']}"}
    assert (await ask(web, new_word(), headers=cookies)).status_code == 401
    word = await make(web, "erik", *SCOPES)
    assert (await ask(web, word, headers=cookies)).status_code == 403
    poor = await make(web, "johan", SETTINGS_READ)
    assert (await ask(web, poor, headers=cookies)).status_code == 403


async def test_a_token_opens_the_api_and_nothing_else(web: Web) -> None:
    word = await make(web, "ewa", *SCOPES)
    for path in ("/me", "/settings", "/inbox/mine", "/live"):
        answer = await ask(web, word, path)
        assert answer.status_code == 401 or answer.headers["location"].startswith("/sign-in"), path


@pytest.mark.parametrize("name", ["access_token", "token", "q"])
async def test_a_token_in_the_address_is_refused(web: Web, name: str) -> None:
    """T39: also beside a good header; the answer says what to do."""
    word = await make(web, "johan")
    answer = await ask(web, word, f"/api/v1/cases?{name}={word}")
    assert answer.status_code == 400
    assert "Revoke" in answer.json()["error"]
    bare = await web.browser().client.get(f"/api/v1/cases?{name}={word}")
    assert bare.status_code == 400


async def test_who_is_nobody_is_told_how_to_be_somebody(web: Web) -> None:
    answer = await web.browser().client.get("/api/v1/cases")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="sluss"'
    basic = await web.browser().client.get("/api/v1/cases", headers={"Authorization": "Basic am9oYW46eA=="})
    assert basic.status_code == 401
    assert "set-cookie" not in answer.headers


async def test_its_use_is_noted_every_five_minutes(web: Web, clock: TestClock) -> None:
    johan = web.world.who("johan")
    word = await make(web, "johan")

    def line() -> tuple[int | None, str]:
        [one] = web.db.read_now(list_tokens, johan)
        return one.used_at, one.used_from

    assert line() == (None, "")
    first = clock()
    await ask(web, word, address="192.0.2.9")
    assert line() == (first, "192.0.2.9")
    clock.move(4 * MINUTE)
    await ask(web, word, address="192.0.2.10")
    assert line() == (first, "192.0.2.9")
    clock.move(MINUTE)
    await ask(web, word, address="192.0.2.10")
    assert line() == (first + 5 * MINUTE, "192.0.2.10")


def test_a_bucket_gives_what_it_holds_and_fills_up_again() -> None:
    """T108: a hundred at once, ten a second, each token for itself."""
    buckets = Buckets()
    assert [buckets.take(1, 0.0) for _ in range(int(BURST))] == [0] * int(BURST)
    assert buckets.take(1, 0.0) == 1
    assert buckets.take(2, 0.0) == 0
    assert buckets.take(1, 1 / RATE) == 0
    assert buckets.take(1, 1 / RATE) == 1
    assert [buckets.take(1, 1000.0) for _ in range(int(BURST) + 1)] == [0] * int(BURST) + [1]


async def test_too_many_requests_are_told_when_to_come_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """T108"""
    monkeypatch.setattr(bearer, "BURST", 3.0)
    monkeypatch.setattr(bearer, "RATE", 0.001)
    word = await make(web, "johan")
    answers = [await ask(web, word) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await ask(web, await make(web, "petra"))).status_code == 200


async def test_administrators_see_all_and_end_any(web: Web) -> None:
    word = await make(web, "johan")
    ewa = await web.sign_in("ewa")
    page = await ewa.get("/settings/tokens")
    assert "Johan Falk" in page.text
    made = await ewa.post("/settings/tokens", name="Web shop", scope=CASES_READ, agent=str(web.world.who("petra").id))
    [shown] = SHOWN.findall(made.text)
    assert (await ask(web, shown)).status_code == 200
    token_id = next(one.id for one in web.db.read_now(list_tokens, web.world.who("johan")))
    assert (await ewa.post(f"/settings/tokens/{token_id}/revoke")).status_code == 303
    assert (await ask(web, word)).status_code == 401
    petra = await web.sign_in("petra")
    assert "made by an administrator" in (await petra.get("/me/tokens")).text


def test_the_api_does_not_start_with_a_route_without_scope() -> None:
    from litestar import Litestar  # noqa: PLC0415

    @get("/api/v1/open", may=READERS)
    async def forgotten() -> None: ...

    @get("/api/v1/wrong", may=SIGNED_IN, scope="cases:everything")
    async def unknown() -> None: ...

    @get("/elsewhere", may=SIGNED_IN)
    async def elsewhere() -> None: ...

    for route in (forgotten, unknown):
        with pytest.raises(ImproperlyConfiguredException, match="add scope="):
            require_scopes(Litestar([route], openapi_config=None).routes)
    require_scopes(Litestar([elsewhere], openapi_config=None).routes)
