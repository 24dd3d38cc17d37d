"""The loader and what it is told: who gets it, what it weighs, what is noted."""

from __future__ import annotations

import gzip
import re

import httpx

from sluss.channels.sites import REFUSED, Site, list_sites, note_site
from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from sluss.visitor.embed import REFUSED_SECONDS, Notes
from sluss.visitor.loader import FOLDER, MODULES, loader
from tests.visitor.ground import KEY, SITE, Ground

KB = 1000
STRANGER = "https://evil.example"


async def _look(ground: Ground, origin: str, name: str = f"{KEY}.json", path: str = "/bags?token=1", **headers: str) -> httpx.Response:
    client = ground.web.browser("127.0.0.1", "203.0.113.9").client
    sent = {"Accept": "*/*", **({"Origin": origin} if origin else {}), **headers}
    return await client.get(f"/embed/{name}", params={"lang": "sv-SE", "path": path}, headers=sent)


def _sites(ground: Ground) -> list[Site]:
    return ground.db.read_now(list_sites, ground.web.world.who("ewa"), ground.inboxes[KEY])


async def test_a_listed_site_is_told_and_no_other(ground: Ground) -> None:
    """T70: to a page of another site nothing is readable, and the administrator sees that it asked."""
    told = await _look(ground, SITE)
    assert told.headers["access-control-allow-origin"] == SITE
    assert told.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "Origin" in told.headers["vary"]
    assert "set-cookie" not in told.headers
    assert told.json()["frame"] == f"/chat/{KEY}"
    assert told.json()["open"] is True
    assert ":host{right:calc(20px" in told.json()["style"]
    for origin in (STRANGER, "", "null", f"{SITE}.evil.example", SITE.replace("https", "http"), f"{SITE}:8443"):
        refused = await _look(ground, origin)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        assert refused.json().keys() == {"error"}
    noted = {one.origin: one for one in _sites(ground)}
    assert noted[SITE].path == "/bags"
    assert {one.origin for one in noted.values() if one.refused} == {STRANGER}
    for name in ("chat-aaaaaaaaaaaaaaaa.json", f"{KEY}.js", KEY, "x.json"):
        assert (await _look(ground, SITE, name)).status_code == 404


async def test_the_loader_stays_at_its_address_and_is_fetched_once(ground: Ground) -> None:
    client = ground.web.browser("127.0.0.1").client
    first = await client.get("/embed/v1.js", headers={"Accept": "*/*", "Accept-Encoding": "gzip"})
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["cache-control"] == "public, max-age=3600"
    assert first.headers["content-encoding"] == "gzip"
    assert "set-cookie" not in first.headers
    again = await client.get("/embed/v1.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get("/embed/v1.js", headers={"Accept-Encoding": "identity"})).text == first.text


def test_the_loader_is_small_and_says_whose_it_is() -> None:
    script = loader()
    assert len(script.squeezed) <= 4 * KB
    assert gzip.decompress(script.squeezed) == script.plain
    assert script.plain.startswith(b"/*! Sluss web chat \xc2\xb7 AGPL-3.0-or-later")
    for never in (b"innerHTML", b"eval(", b"document.cookie", b'"message",', b'"*"', b".style."):
        assert never not in script.plain


def test_its_modules_fit_into_one_scope() -> None:
    files = {name: (FOLDER / name).read_text() for name in MODULES}
    assert {path.name for path in FOLDER.glob("*.js")} == set(MODULES)
    assert [name for name, code in files.items() if len(code.splitlines()) > 150] == []
    made = [
        found
        for code in files.values()
        for found in re.findall(r"^(?:export )?(?:async )?(?:function|const|let) (\w+)", code, re.MULTILINE)
    ]
    assert sorted(made) == sorted(set(made))
    own = {name: set(re.findall(r"^export (?:async )?(?:function|const|let) (\w+)", code, re.MULTILINE)) for name, code in files.items()}
    for name, code in files.items():
        for names, source in re.findall(r'^import { (.*) } from "\./(.*)";$', code, re.MULTILINE):
            assert set(names.split(", ")) <= own[source], name
            assert MODULES.index(source) < MODULES.index(name)


def test_sites_are_noted_once_an_hour_and_made_up_ones_push_out_each_other(ground: Ground, clock: TestClock, db: Database) -> None:
    """T91: whoever makes up origins fills no table."""
    who, inbox_id = system(ground.web.world.norrsken.id), ground.inboxes[KEY]
    for path, seen in (("/", "/"), ("/later", "/"), ("/bags", "/bags")):
        db.write_now(note_site, who, inbox_id, (SITE, path), refused=False)
        assert [one.path for one in _sites(ground)] == [seen]
        clock.now += HOUR // 2
    for number in range(REFUSED + 5):
        clock.now += 1
        db.write_now(note_site, who, inbox_id, (f"https://{number}.evil.example", "/"), refused=True)
    refused = [one.origin for one in _sites(ground) if one.refused]
    assert len(refused) == REFUSED
    assert refused[0] == f"https://{REFUSED + 4}.evil.example"
    assert SITE in {one.origin for one in _sites(ground)}
    clock.now += HOUR
    db.write_now(note_site, who, inbox_id, (refused[0], "/"), refused=False)
    assert refused[0] not in {one.origin for one in _sites(ground) if one.refused}


async def test_a_process_writes_down_few_of_many(ground: Ground) -> None:
    """T91."""
    chat, notes = await ground.hub.chats.find(KEY, "203.0.113.9"), Notes()
    assert [notes.is_due(chat, SITE, refused=False, now=at) for at in (0.0, 3599.0, 3601.0)] == [True, False, True]
    due = [notes.is_due(chat, f"https://{number}.example", refused=True, now=number) for number in range(3 * REFUSED_SECONDS)]
    assert sum(due) == 3
