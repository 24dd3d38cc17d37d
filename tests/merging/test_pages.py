"""Merging from the desk: asked before, done once per form, taken back; live lists and old links follow. T5, F51."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.desk.live import make_render
from sluss.kernel.events import events, from_row
from sluss.kernel.live import Sight
from sluss.web.assets import Assets
from sluss.web.templates import Templates
from tests.merging.conftest import Desk
from tests.world import Web


@pytest.fixture
def numbers(desk: Desk) -> tuple[int, int]:
    """Numbers of a case of Åsa's and one of Bo's at another inbox."""
    for sender, inbox in (("asa@kund.example", "kundtjanst"), ("bo@kund.example", "obsluga")):
        desk.arrives(sender, inbox, text=f"Från {sender}", fresh=f"Från {sender}")
    one, other = desk.db.read_now(lambda tx: [row.number for row in tx.rows(sa.select(cases.c.number).order_by(cases.c.id))])
    return one, other


async def test_from_the_question_to_the_way_back(web: Web, desk: Desk, numbers: tuple[int, int]) -> None:
    one, other = numbers
    maja = await web.sign_in("maja")
    asked = await maja.get(f"/cases/{one}/merge?other={other}", target="dialogs")
    for told in ("two customers", "Kundtjänst, Obsługa klienta", "bo@kund.example", "1 message moves"):
        assert told in asked.text
    sent: dict[str, Any] = {"other": str(other), "keep": str(one), "op": "one-form", "back": f"/inbox/open/{one}"}
    merged = await maja.post(f"/cases/{one}/merge", target="dialogs", **sent)
    again = await maja.post(f"/cases/{one}/merge", target="dialogs", **sent)
    assert (merged.status_code, again.status_code) == (200, 200)
    assert f"merged #{other} into this." in merged.text
    assert (await maja.get(f"/c/{other}")).headers["location"].endswith(f"/{one}?was={other}")
    assert f"#{other} was merged into #{one}" in (await maja.get(f"/cases/{other}/fresh", target="items")).text
    assert (await maja.post(f"/cases/{other}/status", status="open")).status_code == 409
    draft = await maja.post(f"/cases/{other}/draft", kind="reply", body="Hej Bo")
    assert (draft.status_code, desk.look()[desk.case_no(one).id]["drafts"][0][2]) == (200, "Hej Bo")
    way_back = merged.text.partition('action="/moves/')[2].partition("/undo")[0]
    undone = await maja.post(f"/moves/{way_back}/undo", target="dialogs", back=f"/inbox/open/{one}")
    assert (undone.status_code, desk.case_no(other).merged_into_id) == (200, None)
    assert (await maja.post(f"/moves/{way_back}/undo")).status_code == 409


async def test_what_is_pushed_takes_the_merged_row_away_and_brings_it_back(desk: Desk, numbers: tuple[int, int]) -> None:
    one, other = (desk.case_no(number) for number in numbers)
    render = make_render(desk.db, Templates(Assets()))

    async def pushed() -> dict[int, bool]:
        """By number, whether the row stands in All open now."""
        rows = desk.db.read_now(lambda tx: tx.rows(sa.select(events).order_by(events.c.id)))
        recorded = [found for row in rows if (found := from_row(row)) and found.event.case_id in {one.id, other.id}]
        pushes = await render(recorded, Sight(desk.workspace_id, None, "en", "UTC"))
        told = [msgspec.json.decode(push.data) for push in pushes if push.name == "row"]
        return {row["no"]: "open" in row["views"] for row in told}

    move = desk.merge(one.id, other.id)
    assert await pushed() == {one.number: True, other.number: False}
    desk.undo(move)
    assert await pushed() == {one.number: True, other.number: True}


async def test_a_message_moves_to_a_new_case_and_a_wrong_number_is_said(web: Web, desk: Desk) -> None:
    first = desk.arrives()
    second = desk.arrives(answers=first)
    number = desk.case(desk.case_of(first)).number
    maja = await web.sign_in("maja")
    assert "all after it in this conversation (1)" in (await maja.get(f"/cases/{number}/move?m={second}", target="dialogs")).text
    wrong = await maja.post(f"/cases/{number}/move", target="dialogs", m=str(second), where="there", to="tio")
    assert (wrong.status_code, "Write the number of a case" in wrong.text) == (422, True)
    assert (await maja.post(f"/cases/{number}/move", m=str(second))).status_code == 303
    assert desk.case_of(second) != desk.case_of(first)
