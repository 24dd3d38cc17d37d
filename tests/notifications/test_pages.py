"""The bell, followers and the page of choices through the running application. T1, T6; who may call what is in the matrix."""

from __future__ import annotations

import re
from typing import Any

from tests.notifications.conftest import Office
from tests.world import Web


async def test_from_a_call_to_a_bell_that_is_read_by_opening(web: Web, office: Office) -> None:
    case = office.case("Bokningen <b>syns</b> inte")
    maja, johan = await web.sign_in("maja"), await web.sign_in("johan")
    refused = await maja.post(f"/cases/{case.number}/note", target="composer", body="@Petra Lund kan du?")
    assert refused.status_code == 422
    assert "Petra Lund cannot see this case" in refused.text
    assert "@Petra Lund kan du?" in refused.text
    written = await maja.post(f"/cases/{case.number}/note", target="composer", body="@Johan Falk, <i>kan</i> du?")
    assert '<span class="mention">@Johan Falk</span>, &lt;i&gt;kan&lt;/i&gt; du?' in written.text
    office.tell()
    page = await johan.get("/notifications")
    assert "Maja Ek mentioned you" in page.text
    assert "Bokningen &lt;b&gt;syns&lt;/b&gt; inte" in page.text
    assert re.search(r'id="bell-count">1<', page.text)
    assert (await johan.get("/notifications/state")).json()["unread"] == 1
    assert "Mentioned" in (await johan.get("/inbox/mentioned")).text
    assert (await johan.post(f"/cases/{case.number}/read")).status_code == 204
    assert (await johan.get("/notifications/state")).json()["unread"] == 0


async def test_following_and_having_follow(web: Web, office: Office) -> None:
    """T1: a foreign case answers as one that does not exist."""
    case = office.case()
    maja, johan, ania = await web.sign_in("maja"), await web.sign_in("johan"), await web.sign_in("ania")
    told = await johan.post(f"/cases/{case.number}/follow", target="composer", follow="1")
    assert "You follow this case" in told.text
    assert (await maja.post(f"/cases/{case.number}/follow", target="composer", follow="1", agent=office.world.who("karin").id)).is_success
    assert (
        await johan.post(f"/cases/{case.number}/follow", target="composer", follow="1", agent=office.world.who("maja").id)
    ).status_code == 403
    assert (await ania.post(f"/cases/{case.number}/follow", target="composer", follow="1")).status_code == 404
    head = (await maja.get(f"/inbox/open/{case.number}")).text
    assert "2 followers" in head
    names = [one["name"] for one in (await johan.get(f"/cases/{case.number}/callable")).json()]
    assert names == ["Ewa Nowak", "Karin Holm", "Maja Ek", "Stockholm"]
    assert (await ania.get(f"/cases/{case.number}/callable")).status_code == 404


async def test_choices_are_kept_and_half_a_window_is_refused(web: Web, office: Office) -> None:
    johan = await web.sign_in("johan")
    week: dict[str, Any] = {"start": ("22:00", *[""] * 6), "stop": ("07:00", *[""] * 6)}
    wrong = await johan.post("/me/alerts", tell=("note:sound",), sound="chime", start=("22:00", *[""] * 6), stop=("",) * 7)
    assert wrong.status_code == 422
    assert "Quiet hours need a beginning and an end" in wrong.text
    assert 'value="22:00"' in wrong.text
    saved = await johan.post("/me/alerts", tell=("note:sound",), sound="chime", volume="30", zone="Europe/Warsaw", at_once="on", **week)
    assert saved.headers["location"] == "/me/alerts?saved=1"
    page = (await johan.get("/me/alerts?saved=1")).text
    assert len(re.findall(r'name="tell" value="(\S+)" checked', page)) == 2
    assert 'value="note:app" checked' in page
    assert 'value="Europe/Warsaw" selected' in page
    assert 'value="07:00"' in page
    assert (await johan.post("/me/alerts", tell=("note:smoke",), **week)).status_code == 422
    assert (await johan.post("/me/quiet", until="hour")).status_code == 303
    assert "Nothing is heard until" in (await johan.get("/me/alerts")).text
    assert "Nothing is heard until" not in (await (await web.sign_in("karin")).get("/me/alerts")).text
