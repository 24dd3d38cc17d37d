"""What a token opens: one's own talk, and nothing of anybody else's, however it is asked for."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from sluss.channels.inboxes import pause_inbox
from sluss.channels.models import visitors
from sluss.kernel.actors import system
from tests.visitor.ground import FOREIGN_KEY, KEY, OTHER_KEY, SITE, Ground, Guest, make_chat, signed

ASKED = {
    "messages": ("GET", "messages", {}),
    "older": ("GET", "messages?before={after}", {}),
    "file": ("GET", "files/{file}", {}),
    "receipts": ("POST", "receipts", {"delivered": ["{answer}"], "read": "{answer}"}),
    "typing": ("POST", "typing", {"on": True, "text": "MINE"}),
    "page": ("POST", "page", {"url": "https://www.norrsken.example/MINE"}),
    "profile": ("POST", "profile", {"name": "MINE", "email": "mine@kund.example"}),
}


async def ask(guest: Guest, name: str, ids: dict[str, str]) -> httpx.Response:
    method, path, told = ASKED[name]
    more: dict[str, Any] = {"json": _filled(told, ids)} if method == "POST" else {}
    return await guest.ask(method, path.format(**ids), **more)


def _filled(told: Any, ids: dict[str, str]) -> Any:
    if isinstance(told, dict):
        return {name: _filled(one, ids) for name, one in told.items()}
    if isinstance(told, list):
        return [_filled(one, ids) for one in told]
    return told.format(**ids) if isinstance(told, str) else told


async def talk(ground: Ground) -> tuple[Guest, dict[str, str]]:
    """Somebody's talk with a file, answered; and the ids in it."""
    guest = ground.visitor()
    await guest.write("SECRET", files=(("SECRET.txt", b"SECRET", "text/plain"),), name="SECRET")
    await ground.admit()
    answer = await ground.answer("SECRET too")
    [item] = [one for one in (await guest.ask("GET", "messages")).json()["items"] if one["files"]]
    return guest, {"file": item["files"][0]["id"], "answer": str(answer), "after": str(answer + 1)}


async def test_nobody_reads_or_changes_the_talk_of_another(ground: Ground) -> None:
    """T70, T71, T2: another visitor, another inbox, another company, no token, junk: nothing is told, and nothing changes."""
    guest, ids = await talk(ground)
    stranger = ground.visitor(address="203.0.113.8")
    await stranger.write("Hej")
    await ground.admit()
    await ground.hub.marks.write()
    before = [tuple(row) for row in ground.rows(visitors.select().where(visitors.c.name == "SECRET"))]
    others = [stranger, guest.like(key=OTHER_KEY), guest.like(key=FOREIGN_KEY)]
    others += [guest.like(token=token) for token in ("", secrets.token_urlsafe(32), f"p.{before[0][1]}.99999999999.{'A' * 43}", "x" * 9000)]
    for other in others:
        for name in ASKED:
            answer = await ask(other, name, ids)
            assert "SECRET" not in answer.text, (name, other.token, answer.text)
            if other is not stranger:
                assert answer.status_code == 401, (name, other.token, answer.text)
        async with other.listening() as listener:
            assert "SECRET" not in str(listener.events), other.token
            assert (listener.status == 200) is (other is stranger)
    assert (await ask(stranger, "file", ids)).status_code == 404
    await ground.hub.marks.write()
    await ground.admit()
    assert [tuple(row) for row in ground.rows(visitors.select().where(visitors.c.name == "SECRET"))] == before
    [answer] = [one for one in (await guest.ask("GET", "messages")).json()["items"] if one["from"] == "agent"]
    assert answer["state"] == "sent"
    file = await ask(guest, "file", ids)
    assert (file.content, file.headers["content-disposition"].partition(";")[0]) == (b"SECRET", "attachment")
    assert (file.headers["content-type"], file.headers["x-content-type-options"]) == ("application/octet-stream", "nosniff")
    assert "sandbox" in file.headers["content-security-policy"]


async def test_who_was_proven_is_served_to_the_person_alone(ground: Ground) -> None:
    """T71: what was said before the sign-in belongs to the person afterwards, on every device; the token from before opens nothing."""
    phone = ground.visitor()
    await phone.write("Från telefonen")
    await ground.admit()
    async with phone.listening() as listener:
        proven = await phone.identify("kund 17", name="Åsa", email="asa@kund.example")
        await listener.until(lambda: listener.over)
    assert await phone.texts() == ["401"]
    laptop = await ground.visitor(address="203.0.113.9").identify("kund 17")
    assert await laptop.texts() == await proven.texts() == ["Från telefonen"]
    assert await (await ground.visitor().identify("Kund 17")).texts() == []
    await laptop.write("Från datorn")
    await ground.admit()
    async with proven.listening() as listener:
        await ground.answer("Hej Åsa")
        await listener.until(lambda: listener.named("item"))
    assert await proven.texts() == ["Från telefonen", "Från datorn", "Hej Åsa"]
    await phone.write("Igen, utan namn")
    assert await phone.texts() == []
    forged = proven.like(token=proven.token[:-2] + ("AA" if proven.token[-2:] != "AA" else "BB"))
    for other in (proven.like(key=OTHER_KEY), proven.like(key=FOREIGN_KEY), forged):
        assert await other.texts() == ["401"]


@pytest.mark.parametrize("wrong", ["another key", "expired", "no token"])
async def test_who_is_not_proven_gets_nothing(ground: Ground, wrong: str) -> None:
    """T71"""
    now = ground.db.clock() // 1_000_000
    told = {"another key": signed("of another company, long enough", sub="a", exp=now + 60), "expired": signed(sub="a", exp=now - 100)}
    answer = await ground.visitor().tell("identify", {"jwt": told.get(wrong, "")})
    assert (answer.status_code, "token" in answer.json()) == (401, False)
    assert ground.rows(visitors.select()) == []


async def test_a_chat_for_customers_alone_lets_nobody_else_write(ground: Ground) -> None:
    """T71"""
    key = "chat-norrsken00000003"
    await make_chat(ground.web, ground.web.world.norrsken, "stockholm", key, identify="required")
    guest = ground.visitor(key)
    assert [(await guest.write()).status_code, await guest.texts()] == [401, ["401"]]
    proven = await guest.identify("kund 17")
    assert (await proven.write("Hej")).status_code == 202
    await ground.admit()
    assert await proven.texts() == ["Hej"]


async def test_the_frame_is_for_the_listed_sites_alone(ground: Ground) -> None:
    """T70: exactly the list; a message from another site's page is refused, and nothing is kept of it."""
    frame = await ground.web.browser("127.0.0.1").client.get(f"/chat/{KEY}")
    policy = [part.strip() for part in frame.headers["content-security-policy"].split(";")]
    assert (frame.status_code, [one for one in policy if one.startswith("frame-ancestors")]) == (200, [f"frame-ancestors {SITE}"])
    assert "script-src 'self'" in policy
    assert "x-frame-options" not in frame.headers
    assert "set-cookie" not in frame.headers
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": SITE}):
        guest = ground.visitor()
        answer = await guest.ask("POST", "messages", headers=headers, files={"key": (None, "k" * 16), "text": (None, "Hej")})
        assert (answer.status_code, "error" in answer.json()) == (403, True)
    assert ground.rows(visitors.select()) == []
    await make_chat(ground.web, ground.web.world.norrsken, "stockholm", "chat-norrsken00000004", origins=())
    nobody = await ground.web.browser("127.0.0.1").client.get("/chat/chat-norrsken00000004")
    assert "frame-ancestors 'none'" in nobody.headers["content-security-policy"]


async def test_a_paused_chat_says_so_and_an_unknown_one_nothing(ground: Ground) -> None:
    guest = ground.visitor()
    await guest.write()
    company = ground.web.world.norrsken
    unknown, foreign = [await guest.like(key=key).ask("GET", "state") for key in ("chat-nobody0000000000", "help@norrsken.test")]
    assert (unknown.status_code, unknown.json()["error"]) == (foreign.status_code, foreign.json()["error"])
    async with guest.listening() as listener:
        await ground.db.write(pause_inbox, system(company.id), ground.inboxes[KEY])
        await listener.until(lambda: listener.over)
        assert listener.events[-1][0] == "bye"
    paused = await guest.ask("GET", "state")
    assert paused.status_code == 404
    assert paused.json()["error"] not in {"", unknown.json()["error"]}
    assert (await guest.write()).status_code == 404
