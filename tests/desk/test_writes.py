"""What is done from the desk: once per form, told in the answer, with a way back, and nobody does it to what is not theirs."""

from __future__ import annotations

import asyncio
import html
import re
import secrets
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases, messages, notes
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import HOUR
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.kernel.workspaces import hold_outbox
from sluss.outbox.models import operations
from sluss.replies.drafts import find_draft
from tests.desk.conftest import LUKASZ, Customers
from tests.world import Browser, Web, World

HTMX = "form"


def undo_of(answer: str) -> tuple[str, dict[str, Any]]:
    """Address and fields of the Undo that a toast offers."""
    toast = answer[answer.index('class="toast') :]
    form = re.search(r'<form method="post" action="([^"]+)"[^>]*hx-swap="none">(.*?)</form>', toast, re.DOTALL)
    assert form is not None
    return form[1], {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[2])}


def count(db: Database, table: sa.Table) -> int:
    return int(db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


async def seen_of(browser: Browser, no: int) -> str:
    """The mark of the case's page as it is now."""
    found = re.search(r'id="items" data-seen="([^"]+)"', (await browser.get(f"/inbox/open/{no}")).text)
    return found[1] if found else ""


async def reply(browser: Browser, no: int, body: str = "Hej Åsa!", **fields: Any) -> httpx.Response:
    """As from a page that is opened now, unless `seen` is given."""
    seen = fields.get("seen") or await seen_of(browser, no)
    given: dict[str, Any] = {"body": body} | fields | {"seen": seen}
    return await browser.post(f"/cases/{no}/reply", target=HTMX, **given)


async def test_a_case_is_assigned_and_given_back(web: Web, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    answer = await johan.post(f"/cases/{no}/assign", target=HTMX, agent="me", back=f"/inbox/unassigned/{no}")
    assert answer.status_code == 200
    assert customers.case(no).assignee_id == world.who("johan").id
    assert 'hx-target="#case-head"' in answer.text
    assert "Johan Falk took this." in answer.text
    assert 'href="/inbox/unassigned"' in answer.text
    url, fields = undo_of(answer.text)
    assert (await johan.post(url, target=HTMX, **fields)).status_code == 200
    assert customers.case(no).assignee_id is None


async def test_without_scripts_a_form_leads_back(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    answer = await johan.post(f"/cases/{no}/status", status="solved", back="/inbox/mine?sort=newest")
    assert (answer.status_code, answer.headers["location"]) == (303, "/inbox/mine?sort=newest")
    answer = await johan.post(f"/cases/{no}/status", status="open", back="https://evil.example/")
    assert answer.headers["location"] == f"/c/{no}"


async def test_the_same_form_twice_works_once(web: Web, db: Database, customers: Customers) -> None:
    """Finding 6: a bad line sends a form three times."""
    no, op = customers.write(), secrets.token_hex(13)
    johan = await web.sign_in("johan")
    answers = [await johan.post(f"/cases/{no}/reply", target=HTMX, body="Hej!", anyway="1", op=op) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (count(db, messages), count(db, operations)) == (2, 1)


async def test_an_answer_is_queued_and_can_be_taken_back(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    answer = await reply(johan, no, "Vi tittar på det.")
    assert "Sent to Åsa Lindqvist by e-mail" in answer.text
    assert "Vi tittar på det." in answer.text
    assert customers.case(no).status == "pending"
    url, fields = undo_of(answer.text)
    back = await johan.post(url, target=HTMX, **fields)
    assert back.status_code == 200
    assert re.search(r"<textarea[^>]*>\s*Vi tittar på det.</textarea>", back.text)
    assert (count(db, messages), count(db, operations), customers.case(no).status) == (1, 0, "open")


async def test_an_undo_of_another_cases_answer_is_missing(web: Web, customers: Customers) -> None:
    """T2: the child is looked for through its parent."""
    one, two = customers.write(), customers.write("Annat", sender=LUKASZ)
    johan = await web.sign_in("johan")
    _, fields = undo_of((await reply(johan, one)).text)
    assert (await johan.post(f"/cases/{two}/undo", target=HTMX, operation=fields["operation"])).status_code == 404


async def test_a_send_over_unseen_news_is_stopped(web: Web, db: Database, customers: Customers) -> None:
    """F51: two agents answer at once; the second is shown what the first wrote, and keeps every word."""
    no = customers.write()
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    seen = await seen_of(johan, no)
    first = await reply(maja, no, "Maja svarar.", seen=seen)
    stopped = await reply(johan, no, 'Johan "svarar" också.', seen=seen)
    assert (first.status_code, stopped.status_code) == (200, 409)
    assert "Not sent: Maja Ek has answered" in stopped.text
    assert "Maja svarar." in stopped.text
    assert "Johan &#34;svarar&#34; också.</textarea>" in stopped.text
    assert count(db, operations) == 1
    sent = await reply(johan, no, "Johan svarar ändå.", anyway="1")
    assert sent.status_code == 200
    assert count(db, operations) == 2


async def test_two_answers_at_the_same_moment_are_not_both_sent(web: Web, db: Database, customers: Customers) -> None:
    """F51."""
    no = customers.write()
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    seen = await seen_of(johan, no)
    answers = await asyncio.gather(*(reply(browser, no, f"Svar {n}", seen=seen) for n, browser in enumerate((johan, maja))))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert count(db, operations) == 1


async def test_two_agents_take_a_case_at_the_same_moment(web: Web, db: Database, world: World, customers: Customers) -> None:
    """F51: one owner, both told, both in the log."""
    no = customers.write()
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    answers = await asyncio.gather(*(browser.post(f"/cases/{no}/assign", target=HTMX, agent="me") for browser in (johan, maja)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert customers.case(no).assignee_id in {world.who("johan").id, world.who("maja").id}
    assert ["Taken over from" in answer.text for answer in answers].count(True) == 1
    taken = [deed for deed in db.read_now(list_deeds, world.who("ewa")) if deed.action == "case.assign"]
    assert len(taken) == 2


async def test_a_wrong_form_comes_back_with_what_was_typed(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    empty = await reply(johan, no, "  ")
    assert empty.status_code == 422
    assert "Write the answer first." in empty.text
    assert 'hx-target="#composer"' in empty.text
    wrong = await reply(johan, no, "Mitt långa svar", cc="inte en adress")
    assert wrong.status_code == 422
    assert "Mitt långa svar" in wrong.text
    assert "is not an address" in wrong.text
    assert 'value="inte en adress"' in wrong.text
    page = await johan.post(f"/cases/{no}/reply", body="Mitt långa svar", cc="inte en adress", seen="")
    assert page.status_code == 422
    assert "<html" in page.text
    assert "Mitt långa svar" in page.text


async def test_fields_that_a_form_does_not_have_are_refused(web: Web, db: Database, customers: Customers) -> None:
    """T3: nothing of a row can be set by naming its column."""
    no = customers.write()
    johan = await web.sign_in("johan")
    before = customers.case(no)
    columns = dict.fromkeys(set(cases.c.keys()) - {"status", "priority"}, "1")
    good: dict[str, dict[str, str]] = {"assign": {"agent": "me"}, "status": {"status": "solved"}, "priority": {"priority": "high"}}
    good |= {"reply": {"body": "x"}, "note": {"body": "x"}, "draft": {"kind": "note", "body": "x"}, "undo": {"operation": "1"}}
    for path, fields in (good | {"tags": {}, "read": {}}).items():
        given: dict[str, Any] = fields | columns
        answer = await johan.post(f"/cases/{no}/{path}", headers={"Accept": "application/json"}, **given)
        assert (answer.status_code, set(answer.json()["fields"])) == (422, set(columns)), path
    assert customers.case(no) == before


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("assign", {"agent": "abc"}),
        ("assign", {"agent": "77"}),
        ("assign", {"agent": "9" * 20}),
        ("status", {"status": "gone"}),
        ("status", {"status": "snoozed"}),
        ("status", {"status": "snoozed", "until": "2020-01-01T08:00"}),
        ("status", {"status": "snoozed", "until": "2999-01-01T08:00"}),
        ("priority", {"priority": "highest"}),
        ("tags", {"new": "x" * 41}),
        ("reply", {"body": "x", "file": "1"}),
        ("reply", {"body": "x", "file": "99999999999999999999"}),
        ("reply", {"body": "x" * 200_001}),
        ("note", {"body": ""}),
        ("draft", {"kind": "poem", "body": "x"}),
        ("undo", {"operation": "-1"}),
    ],
)
async def test_wrong_choices_are_told_and_change_nothing(
    web: Web, db: Database, customers: Customers, path: str, fields: dict[str, Any]
) -> None:
    """T106: a sentence, never a failure."""
    no = customers.write()
    johan = await web.sign_in("johan")
    before = count(db, events)
    answer = await johan.post(f"/cases/{no}/{path}", target=HTMX, **fields)
    assert answer.status_code in {404, 422}
    assert count(db, events) == before


async def test_nobody_acts_on_what_is_not_theirs(web: Web, db: Database, customers: Customers) -> None:
    """T5: every side action has the gate of the main one, and the answer of a missing case."""
    hidden = customers.write(sender=LUKASZ, inbox="obsluga")
    johan, before = await web.sign_in("johan"), count(db, events)
    deeds: dict[str, dict[str, Any]] = {
        "assign": {"agent": "me"},
        "status": {"status": "solved"},
        "priority": {"priority": "high"},
        "tags": {"new": "x"},
        "read": {},
    }
    deeds |= {"reply": {"body": "x"}, "note": {"body": "x"}, "draft": {"kind": "note", "body": "x"}, "undo": {"operation": "1"}}
    for path, fields in deeds.items():
        for no in (hidden, 99_999):
            assert (await johan.post(f"/cases/{no}/{path}", target=HTMX, **fields)).status_code == 404, path
    assert (await johan.post("/cases/bulk", target=HTMX, no=(str(hidden),), action="solve")).status_code == 404
    was = f'[{{"no":{hidden},"status":"spam","until":null,"assignee_id":null}}]'
    assert (await johan.post("/cases/bulk", target=HTMX, action="restore", was=was)).status_code == 404
    assert (count(db, events), count(db, notes)) == (before, 0)


async def test_a_delivery_of_a_hidden_case_is_missing(web: Web, db: Database, customers: Customers) -> None:
    """T2, T5."""
    hidden = customers.write(sender=LUKASZ, inbox="obsluga")
    petra, johan = await web.sign_in("petra"), await web.sign_in("johan")
    _, fields = undo_of((await reply(petra, hidden)).text)
    for deed in ("retry", "cancel"):
        assert (await johan.post(f"/operations/{fields['operation']}/{deed}", target=HTMX)).status_code == 404
    assert (await petra.post(f"/operations/{fields['operation']}/cancel", target=HTMX)).status_code == 200
    assert db.read_now(lambda tx: tx.value(sa.select(operations.c.state))) == "cancelled"


async def test_a_reviewer_writes_notes_and_nothing_else(web: Web, db: Database, customers: Customers) -> None:
    no = customers.write()
    karin = await web.sign_in("karin")
    assert (await karin.post(f"/cases/{no}/note", target=HTMX, body="Ser bra ut.")).status_code == 200
    deeds: dict[str, dict[str, Any]] = {
        "reply": {"body": "x"},
        "assign": {"agent": "me"},
        "status": {"status": "solved"},
        "tags": {"new": "x"},
    }
    for path, fields in deeds.items():
        assert (await karin.post(f"/cases/{no}/{path}", target=HTMX, **fields)).status_code == 403
    assert (count(db, notes), count(db, messages)) == (1, 1)


async def test_a_draft_is_kept_and_an_older_window_is_told(web: Web, db: Database, world: World, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    saved = await johan.post(f"/cases/{no}/draft", kind="reply", body="Hej Ås", revision="0")
    assert saved.json()["revision"] == 1
    assert saved.json()["saved_at"].endswith("Z")
    await johan.post(f"/cases/{no}/draft", kind="reply", body="Hej Åsa,", revision="1")
    stale = await johan.post(f"/cases/{no}/draft", kind="reply", body="Hallå", revision="1")
    assert (stale.status_code, stale.json()) == (409, {"revision": 2, "body": "Hej Åsa,", "by": "", "sent": False})
    draft = db.read_now(find_draft, world.who("johan"), customers.case(no).id, "reply")
    assert draft is not None
    assert draft.text == "Hej Åsa,"
    assert "Draft</span>" in (await johan.get("/inbox/open")).text
    assert "Draft</span>" not in (await (await web.sign_in("maja")).get("/inbox/open")).text
    assert (await johan.post(f"/cases/{no}/reply", target=HTMX, body="Hej Åsa,", anyway="1", op="skickat")).status_code == 200
    late = await johan.post(f"/cases/{no}/draft", kind="reply", body="Hej Åsa,", revision="2", sheet="skickat")
    assert (late.status_code, late.json()["sent"]) == (409, True)


async def test_snoozing_counts_in_the_companys_zone(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    now = customers.clock()
    answer = await johan.post(f"/cases/{no}/status", target=HTMX, status="snoozed", until="hour")
    assert customers.case(no).snoozed_until == now + HOUR
    assert "Snoozed until" in answer.text
    await johan.post(f"/cases/{no}/status", target=HTMX, status="snoozed", until="reply")
    assert (customers.case(no).status, customers.case(no).snoozed_until) == ("pending", None)


async def test_many_are_solved_and_all_restored(web: Web, world: World, customers: Customers) -> None:
    """An undo that restores one of three is a known kind of fault."""
    numbers = [customers.write(f"Sak {n}") for n in range(3)]
    johan = await web.sign_in("johan")
    await johan.post(f"/cases/{numbers[1]}/status", target=HTMX, status="pending")
    before = [customers.case(no)[3:] for no in numbers]
    for action, text in (("solve", "3 solved"), ("assign-me", "3 are yours now"), ("spam", "3 marked as spam")):
        answer = await johan.post("/cases/bulk", target=HTMX, no=tuple(map(str, numbers)), action=action)
        assert text in answer.text
        url, fields = undo_of(answer.text)
        restored = await johan.post(url, target=HTMX, **fields)
        assert "3 cases are as they were" in restored.text
        assert [customers.case(no)[3:] for no in numbers] == before


async def test_a_forged_form_does_nothing(web: Web, db: Database, customers: Customers) -> None:
    """T33."""
    no, before = customers.write(), count(db, events)
    johan = await web.sign_in("johan")
    assert (await johan.post(f"/cases/{no}/status", status="solved", csrf="x" * 32)).status_code == 403
    assert (await johan.post(f"/cases/{no}/status", status="solved", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    for path in ("status?status=solved", "assign?agent=me", "read"):
        assert (await johan.get(f"/cases/{no}/{path}")).status_code == 405
    assert count(db, events) == before


async def test_held_answers_are_let_go_by_an_administrator(web: Web, db: Database, world: World) -> None:
    db.write_now(hold_outbox, world.norrsken.id, held=True)
    johan, ewa = await web.sign_in("johan"), await web.sign_in("ewa")
    assert "Nothing is sent since a backup was restored" in (await johan.get("/inbox/mine")).text
    assert (await johan.post("/operations/release", target=HTMX)).status_code == 403
    assert (await ewa.post("/operations/release", target=HTMX)).status_code == 200
    assert "Nothing is sent since" not in (await johan.get("/inbox/mine")).text
