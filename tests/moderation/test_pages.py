"""The pages and forms of moderation, in a browser's way; and what the desk shows and does of it."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels import registry
from sluss.channels.models import inboxes
from sluss.kernel.clock import HOUR, TestClock
from sluss.moderation.answers import propose_answer
from sluss.moderation.rules import policy_of
from sluss.moderation.steps import Take, take_step
from sluss.replies.approval import set_approval
from sluss.replies.news import mark_of
from sluss.replies.sending import SendReply
from tests.moderation.conftest import BO, Street, forget_seen
from tests.outbox.square import Square
from tests.world import Web

BAD = "Du är en idiot <b>&"


@pytest.fixture
def site(web: Web, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> Street:
    square = Square()
    monkeypatch.setitem(registry._made, "paper", square)
    forget_seen(web.db)
    here = Street(web.db, web.world, clock, square)
    web.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == here.inbox_id).values(channel="paper")))
    return here


async def test_from_the_queue_to_the_report(web: Web, site: Street) -> None:
    """T100: the report is a table without formulas. Each number leads to its lines; forms twice are done once (T1, T5)."""
    one, two = site.comment(BAD), site.comment("=cmd|' /C calc'!A0 idiot", by=BO)
    johan, karin, petra = await web.sign_in("johan"), await web.sign_in("karin"), await web.sign_in("petra")
    queue = await johan.get("/moderation")
    assert "Du är en idiot &lt;b&gt;&amp;" in queue.text
    assert (await petra.get("/moderation")).text.count("mod-card") == 0
    path = f"/moderation/messages/{one}"
    assert (await petra.get(path)).status_code == 404
    matter = await johan.get(path)
    assert "Privately, by a private message to the author" in matter.text
    wrong = await johan.post(path, step="hide", rule="abuse", reason="")
    assert (wrong.status_code, "it stays in the log" in wrong.text) == (422, True)
    for _ in range(2):
        done = await johan.post(path, step="ask", rule="abuse", reason="Kränker", text="Snälla, ändra.", op="one-form")
        assert done.status_code == 303
    assert [text for _side, text in site.said()] == ["Snälla, ändra."]
    assert "The author was asked" in (await johan.get(path)).text
    assert (await johan.post(f"{path}/stop")).status_code == 303
    await johan.post(path, step="block", rule="abuse", reason="Igen")
    proposed = await karin.get(path)
    confirm = re.search(r"/moderation/steps/\d+/confirm", proposed.text)
    assert confirm is not None
    assert (await johan.post(confirm.group())).status_code == 403
    assert (await karin.post(confirm.group())).status_code == 303
    undo = re.search(r'name="line" value="(\d+)"', (await karin.get(path)).text)
    assert undo is not None
    assert (await karin.post(f"{path}/undo", line=undo.group(1))).status_code == 303
    assert site.steps(one) == ["flag", "ask", "stop", "propose block", "confirm", "block", "unblock"]
    report = await karin.get("/moderation/report?by=rule")
    link = re.search(r'href="(/moderation/log\?rule=abuse&amp;step=ask[^"]*)">1<', report.text)
    assert link is not None
    log = await karin.get(link.group(1).replace("&amp;", "&"))
    assert log.text.count("Author asked</span></a>") == 1
    site.db.write_now(take_step, site.who("maja"), two, Take(step="hide", reason="=1+1"))
    for by in ("rule", "inbox", "agent"):
        table = await karin.get(f"/moderation/report/table?by={by}")
        rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
        assert all(cell[:1] not in "=+-@" for row in rows for cell in row if cell)
    assert "No author is being waited for" in (await karin.get("/moderation?show=waiting")).text


async def test_an_answer_waits_and_is_approved(web: Web, site: Street) -> None:
    """What the agent sees in the case, and the reviewer in the queue; two at once lose nothing."""
    one = site.comment("Var är min väska?")
    site.db.write_now(set_approval, site.who("ewa"), site.inbox_id, "agents")
    johan, karin, maja = await web.sign_in("johan"), await web.sign_in("karin"), await web.sign_in("maja")
    number = site.number_of(one)
    await johan.get(f"/c/{number}")
    answered = await johan.post(f"/cases/{number}/reply", body="Vi letar, Åsa.", anyway="1")
    assert answered.status_code in {200, 303}
    assert site.said() == []
    assert "waits to be approved" in (await johan.client.get(f"/c/{number}", follow_redirects=True)).text
    page = (await karin.get("/moderation/answers")).text
    found = re.search(r'action="(/moderation/answers/\d+)"', page)
    assert found is not None
    assert (await johan.post(found.group(1), deed="approve", revision="1")).status_code == 403
    assert (await maja.post(found.group(1), deed="change", revision="1", text="Vi letar i dag.")).status_code == 303
    late = await karin.post(found.group(1), deed="approve", revision="1", text="Vi letar, Åsa.")
    assert late.status_code == 409
    assert (await karin.post(found.group(1), deed="return", revision="2", note="")).status_code == 422
    assert (await karin.post(found.group(1), deed="approve", revision="2", text="Vi letar i dag.")).status_code == 303
    assert site.said() == [("public", "Vi letar i dag.")]
    assert "Approved by Karin Holm" in (await karin.get("/moderation/answers")).text


async def test_the_desk_s_deeds_go_by_the_policy(web: Web, site: Street) -> None:
    """What hides, deletes or blocks at the message itself is in the log too, and a block is only proposed."""
    one = site.comment(BAD)
    johan = await web.sign_in("johan")
    number = site.number_of(one)
    shown = (await johan.client.get(f"/c/{number}", follow_redirects=True)).text
    assert f"/moderation/messages/{one}" in shown
    assert "Insults" in shown
    await johan.get("/me")
    assert (await johan.post(f"/messages/{one}/deeds", kind="hide")).status_code in {200, 303}
    assert (site.ordered(one), site.matter(one).outcome) == ([("hide", "queued")], "hidden")
    operation = site.lines(one)[-1].operation_id
    assert (await johan.post(f"/operations/{operation}/back")).status_code in {200, 303}
    assert (site.steps(one)[-1], site.ordered(one)) == ("unhide", [("hide", "cancelled")])
    for kind in ("block", "delete"):
        assert (await johan.post(f"/messages/{one}/deeds", kind=kind, reason="Nu räcker det")).status_code in {200, 303, 409}
    assert site.steps(one)[-1] == "propose block"
    assert site.ordered(one) == [("hide", "cancelled")]


async def test_the_policy_is_written_by_administrators(web: Web, site: Street) -> None:
    ewa, maja = await web.sign_in("ewa"), await web.sign_in("maja")
    page = await ewa.get("/settings/moderation")
    assert "Threats" in page.text
    rule = "/settings/moderation/rules/abuse"
    fields: dict[str, Any] = {
        "enabled": "1",
        "title": "Elakheter",
        "plain": "Vi skäller inte på varandra.",
        "by_itself": "hide",
        "up_to": "delete",
    }
    fields |= {"wait_minutes": "45", "words": "blåskjorta*\n", "text-sv": "den är elak.", "text-en": "", "text-pl": ""}
    assert (await maja.post(rule, **fields)).status_code == 403
    assert (await ewa.post(rule, **dict[str, Any](fields, wait_minutes="99999"))).status_code == 422
    assert (await ewa.post(rule, **fields)).status_code == 303
    assert (await ewa.get("/settings/moderation/rules/nothing")).status_code == 404
    saved = site.db.read_now(policy_of, site.who("johan")).rule("abuse")
    assert (saved.title, saved.by_itself, saved.up_to, saved.wait_minutes) == ("Elakheter", "hide", "delete", 45)
    assert (saved.words, saved.texts) == (("blåskjorta*",), {"sv": "den är elak."})
    habits: dict[str, Any] = {
        "hide": "leads",
        "delete": "leads",
        "sites": "https://www.norrsken.se/\n",
        "fine": "",
        "most": "5",
        "proposal_hours": "12",
        "reach": "500",
    }
    assert (await ewa.post("/settings/moderation", **dict[str, Any](habits, most="x"))).status_code == 422
    assert (await ewa.post("/settings/moderation", **habits)).status_code == 303
    kept = site.db.read_now(policy_of, site.who("johan"))
    assert (kept.habits.sites, kept.habits.most, kept.may_take("agent", "hide")) == (("norrsken.se",), 5, False)
    assert (await ewa.post("/settings/moderation/approval", inbox=str(site.inbox_id), whose="all")).status_code == 303
    assert "Hides at once" in (await ewa.get("/settings/moderation")).text


async def test_hot_posts_are_shown_to_the_reviewer(web: Web, site: Street) -> None:
    site.comment("SKANDAL!!! Ni är idioter, jävla skit!!!")
    case = site.comment("Hur lång tid tar det?", by=BO)
    reply = SendReply(
        op="r", case_id=site.case_of(case), text="Ett dygn.", seen=site.db.read_now(mark_of, site.who("johan"), site.case_of(case))
    )
    site.db.write_now(propose_answer, site.who("johan"), msgspec.structs.replace(reply, op="w"))
    site.clock.move(HOUR)
    page = (await (await web.sign_in("karin")).get("/moderation/reputation")).text
    assert "SKANDAL!!!" in page
    assert "Unanswered" in page
