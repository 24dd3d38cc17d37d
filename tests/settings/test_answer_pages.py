"""The pages about canned answers and macros, and what a file carries from one place to another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.errors import Invalid
from sluss.replies.canned.actions import Content, create_answer
from sluss.replies.canned.audience import Audience
from sluss.replies.canned.queries import list_answers
from sluss.replies.macros.actions import MacroContent, create_macro
from sluss.replies.macros.carrying import Brought, Carried, CarriedAnswer, ForWhom, bring_in_answers, carry_out_answers
from sluss.replies.macros.queries import list_macros
from sluss.replies.macros.steps import Assign, Send, Tag
from tests.world import Web, World

SV = "Hej {{contact.first_name|du}}! Väskan är på väg till dig."


def answer(**given: str) -> dict[str, Any]:
    """The form of an answer, with other fields or more of them."""
    values: dict[str, Any] = {"name": "Väska", "text-sv": SV, "whom": "everybody", "shortcut": "bag"}
    return values | {name.replace("_", "-"): value for name, value in given.items()}


async def test_an_answer_is_written_copied_changed_by_two_and_put_away(web: Web) -> None:
    """T94: a field that there is none of is refused where it is written."""
    maja, ewa = await web.sign_in("maja"), await web.sign_in("ewa")
    refused = await maja.post("/settings/answers/new", **answer(text_sv="Hej {{kund}}"))
    assert (refused.status_code, "There is no field {{kund}}." in refused.text) == (422, True)
    made = await maja.post("/settings/answers/new", **answer())
    page = made.headers["location"]
    similar = await maja.post("/settings/answers/new", **answer(name="Annan", shortcut=""))
    assert (similar.status_code, "This is said already" in similar.text) == (422, True)
    assert (await maja.post("/settings/answers/new", **answer(name="Annan", shortcut="", anyway="1"))).status_code == 303
    shown = await maja.post("/settings/answers/preview", **answer(shown="sv"))
    assert "Hej Åsa! Väskan" in shown.text
    assert (await maja.post(page, **answer(text_en="Hello!", revision="1"))).status_code == 303
    late = await ewa.post(page, **answer(text_sv="Ewas ord", revision="1"))
    assert late.status_code == 409
    assert "Not saved: Maja Ek has changed this meanwhile." in late.text
    assert "Ewas ord" in late.text
    gone = await maja.post(f"{page}/archive")
    listed = await maja.get(gone.headers["location"])
    assert "“Väska” is archived" in listed.text
    await maja.post(f"{page}/unarchive")
    johan = await web.sign_in("johan")
    assert "Shared answers are kept by leads" in (await johan.get(page)).text
    assert (await johan.post(page, **answer(revision="2"))).status_code == 403
    assert (await johan.post("/settings/macros/new", name="Hemlighet", tags="väska", whom="owner")).status_code == 303
    assert "Hemlighet" not in (await maja.get("/settings/macros")).text


def test_what_is_shared_is_carried_by_names(db: Database, world: World) -> None:
    maja, there = world.who("maja"), system(world.ferries.id)
    team = Audience(whom="chosen", team_ids=(world.norrsken.teams["stockholm"],), owner_id=maja.id)
    answer_id = db.write_now(create_answer, maja, Content(name="Väska", texts={"sv": SV}, shortcut="bag", audience=team))
    db.write_now(create_answer, world.who("johan"), Content(name="Egen", texts={"sv": SV}, audience=Audience(whom="owner")))
    db.write_now(create_macro, maja, MacroContent(name="Svara", steps=(Send(answer_id), Assign(str(maja.id)), Tag(("väska",)))))
    carried = db.read_now(carry_out_answers, system(maja.workspace_id))
    told = msgspec.json.encode(carried)
    assert str(answer_id).encode() not in told
    assert db.write_now(bring_in_answers, system(maja.workspace_id), msgspec.json.decode(told, type=Carried)) == Brought(0, 0, 2)
    with pytest.raises(Invalid) as refused:
        db.write_now(bring_in_answers, there, carried)
    assert "no team or inbox Stockholm here" in refused.value.fields["file"]
    assert db.read_now(list_answers, there) == []
    [answer] = [msgspec.structs.replace(one, for_whom=ForWhom()) for one in carried.answers]
    [macro] = [msgspec.structs.replace(one, steps=one.steps[:1], for_whom=ForWhom()) for one in carried.macros]
    assert db.write_now(bring_in_answers, there, Carried(answers=(answer,), macros=(macro,))) == Brought(2, 0, 0)
    changed = Carried(answers=(CarriedAnswer(name="Väska", texts={"pl": "Jedzie."}),))
    assert db.write_now(bring_in_answers, there, changed) == Brought(0, 1, 0)
    assert [one.name for one in db.read_now(list_macros, there)] == ["Svara"]
