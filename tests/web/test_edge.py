"""What every answer has, and what answers to errors are."""

import asyncio
from typing import NoReturn

import pytest
from sqlalchemy.exc import OperationalError

from sluss.kernel.errors import Invalid
from sluss.kernel.writer import StorageFailed
from sluss.web.edge import local_path
from tests.world import Web

EVERYWHERE = ("/sign-in", "/nothing/here", "/healthz", "/me", "/static/none.css")


@pytest.mark.parametrize("path", EVERYWHERE)
async def test_every_answer_is_private_and_cannot_be_framed(web: Web, path: str) -> None:
    """T13, T39, T72"""
    headers = (await web.browser().get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 16


async def test_static_files_alone_may_be_kept(web: Web) -> None:
    answer = await web.browser().get(web.edge.assets.url("sluss.css"))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")


async def test_two_people_are_never_given_each_other_s_page(web: Web) -> None:
    """T13"""
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    for _ in range(3):
        pages = await asyncio.gather(johan.get("/me"), maja.get("/me"))
        assert ["Johan Falk" in pages[0].text, "Maja Ek" in pages[0].text] == [True, False]
        assert ["Johan Falk" in pages[1].text, "Maja Ek" in pages[1].text] == [False, True]
        assert "Cookie" in pages[0].headers["vary"]


async def _fails_with(web: Web, monkeypatch: pytest.MonkeyPatch, error: Exception, accept: str = "text/html"):
    def fail(*_: object) -> NoReturn:
        raise error

    johan = await web.sign_in("johan")
    monkeypatch.setattr("sluss.people.routes_me.list_sessions", fail)
    return await johan.get("/me", headers={"Accept": accept})


async def test_storage_that_fails_is_told_to_come_again(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """F7, F8, F19"""
    for error in (StorageFailed("disk full"), OperationalError("select", {}, Exception("gone"))):
        answer = await _fails_with(web, monkeypatch, error)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "disk full" not in answer.text


async def test_a_fault_shows_a_reference_and_nothing_of_itself(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """T118"""
    answer = await _fails_with(web, monkeypatch, RuntimeError("secret detail"))
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_program_is_told_in_json(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = await _fails_with(web, monkeypatch, Invalid({"name": "Please fill this in."}), "application/json")
    assert (answer.status_code, answer.json()["fields"]) == (422, {"name": "Please fill this in."})


async def test_a_script_without_a_session_is_told_401_and_keeps_its_text(web: Web) -> None:
    answer = await web.browser().post("/me/theme", theme="dark", target="div#x")
    assert (answer.status_code, answer.text) == (401, "")
    assert (await web.browser().get("/live/ping")).status_code == 401


async def test_a_form_without_scripts_and_session_is_told_in_words(web: Web) -> None:
    answer = await web.browser().post("/me/theme", theme="dark")
    assert (answer.status_code, "/sign-in" in answer.text) == (401, True)


async def test_measures_are_for_this_machine_or_whoever_has_the_token(web: Web) -> None:
    """T118"""
    assert (await web.browser().get("/metrics")).status_code == 200
    assert (await web.browser(address="198.51.100.7").get("/metrics")).status_code == 404
    assert (await web.browser().get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 404


async def test_what_is_too_large_is_refused_before_it_is_read(web: Web) -> None:
    johan = await web.sign_in("johan")
    assert (await johan.post("/me", name="x" * 1_100_000, locale="en")).status_code == 413


async def test_readiness_ends_with_the_beginning_of_the_shutdown(web: Web) -> None:
    """F3"""
    browser = web.browser()
    assert (await browser.get("/readyz")).json() == {"ready": True}
    web.edge.hub.end_all()
    assert (await browser.get("/readyz")).status_code == 503
    assert (await browser.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/inbox/mine?sort=newest", "/c/10001#m5", "/search?q=%2F%2Fevil.test"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path", ["", "x", "//evil.test", "/\\evil.test", "/a\\b", "/a\nb", "https://evil.test", "javascript:1", "/" + "x" * 2001]
)
def test_any_other_path_becomes_the_default(path: str) -> None:
    """T73"""
    assert local_path(path, "/safe") == "/safe"
