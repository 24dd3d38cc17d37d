"""What the palette knows: places, times in words, cases that the reader may see; and how a row tells that its time is up."""

from __future__ import annotations

from sluss.cases.actions import set_status, wake_case
from sluss.desk.desk import Look, read_desk
from sluss.desk.palette import answers, places
from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR
from sluss.kernel.db import Database
from sluss.web.locale import Voice
from sluss.web.shell import Viewer
from tests.desk.conftest import Customers
from tests.world import Web, World

SWEDISH = Voice("sv", "Europe/Stockholm")


def test_words_are_times_places_and_cases(db: Database, world: World, customers: Customers) -> None:
    """T1, T12: nobody is told of a case that is not theirs to see."""
    no = customers.write("Försenat bagage", "Var är väskan?")
    johan = world.who("johan")

    def told(words: str, key: str = "johan") -> list[tuple[str, str]]:
        return [(item.group, item.href or item.until) for item in db.read_now(answers, world.who(key), SWEDISH, words)]

    for words in ("bagage", "vaskan", f"#{no}"):
        assert told(words) == [("cases", f"/c/{no}")]
        assert told(words, "marek") == []
    assert [group for group, _ in told("lindqvist")] == ["cases", "customers"]
    assert told("snooze i morgon kl 9") == [("snooze", "i morgon kl 9")]
    assert told("odłóż do odpowiedzi") == [("snooze", "reply")]
    unclear = db.read_now(answers, johan, SWEDISH, "snooze whenever")[0]
    assert unclear.wrong
    viewer = Viewer(id="1", name="Johan", email="", role="agent")
    hrefs = [item.href for item in db.read_now(places, johan, viewer, SWEDISH)]
    assert "/me/keys" in hrefs
    assert "/settings/agents" not in hrefs


def test_a_row_tells_that_its_time_is_up_until_somebody_does_something(db: Database, world: World, customers: Customers) -> None:
    maja, case = world.who("maja"), customers.case(customers.write("Sak"))

    def woken() -> list[bool]:
        look = Look(voice=SWEDISH, view="open")
        return [row.woken for row in db.read_now(read_desk, maja, look).desk.queue.rows]

    db.write_now(set_status, maja, case.id, "snoozed", customers.clock() + HOUR)
    customers.clock.move(HOUR)
    db.write_now(wake_case, system(world.norrsken.id), {"case_id": case.id})
    assert woken() == [True]
    customers.clock.move(HOUR)
    customers.write("Sak", "Hallå?", references=("m1@kund.example",))
    assert woken() == [False]


async def test_a_time_is_told_before_it_is_used(web: Web) -> None:
    johan = await web.sign_in("johan")
    told = (await johan.get("/until?q=i+morgon+kl+9")).json()["text"]
    assert told.endswith("09:00")
    assert "fri 14:30" in (await johan.get("/until?q=soon")).json()["problem"]
    assert (await johan.get("/palette")).json()["items"]
    refused = await johan.post("/cases/10001/status", status="snoozed", until="whenever", headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Write a time to come, like “tomorrow 9”" in refused.text
