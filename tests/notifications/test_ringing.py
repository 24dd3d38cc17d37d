"""What open desks are told of the bell: each agent their own, as they want it, nothing in quiet hours. T6, T11."""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.cases.actions import assign_case
from sluss.cases.following import follow_case
from sluss.desk.live import make_render
from sluss.kernel.clock import HOUR
from sluss.kernel.live import Sight
from sluss.notifications.actions import read_all
from sluss.notifications.kinds import KINDS, Ways
from sluss.notifications.preferences import Alerts, hush, save_alerts
from sluss.web.assets import Assets
from sluss.web.templates import Templates
from tests.notifications.conftest import Office


class Desks:
    """`await desks.hear("johan")` is what his browser is told of all that has happened since the last time."""

    def __init__(self, office: Office) -> None:
        self.office, self.render = office, make_render(office.db, Templates(Assets()))
        self.told = 0

    async def hear(self, *keys: str) -> dict[str, list[Any]]:
        self.office.tell()
        new = [one for one in self.office.recorded() if one.id > self.told]
        self.told = max((one.id for one in new), default=self.told)
        return {key: await self._one(key, new) for key in keys}

    async def _one(self, key: str, new: list[Any]) -> list[Any]:
        who = self.office.world.who(key)
        mine = [one for one in new if one.workspace_id == who.workspace_id]
        pushes = await self.render(mine, Sight(who.workspace_id, who.inbox_ids, "en", "Europe/Stockholm")) if mine else []
        return [msgspec.json.decode(push.data) for push in pushes if push.name == "bell" and push.is_for(who.id)]


async def test_each_is_told_their_own(office: Office) -> None:
    desks, case = Desks(office), office.case("Väskan")
    office.note("maja", case, "@Johan Falk hemligt ord")
    heard = await desks.hear("johan", "karin", "petra", "maja", "ania")
    assert {key for key, bells in heard.items() if bells} == {"johan"}
    [bell] = heard["johan"]
    assert (bell["unread"], bell["quiet"], bell["how"]["sound"]) == (1, False, "drop")
    [ring] = bell["rings"]
    assert (ring["text"], ring["title"], ring["desktop"], ring["sound"]) == ("Maja Ek mentioned you", f"#{case.number} Väskan", True, True)
    assert "hemligt" not in str(bell)
    office.db.write_now(read_all, office.world.who("johan"))
    [bell] = (await desks.hear("johan"))["johan"]
    assert (bell["unread"], bell["rings"]) == (0, [])


async def test_what_was_read_meanwhile_and_what_is_quiet_does_not_ring(office: Office) -> None:
    desks, case = Desks(office), office.case()
    office.note("maja", case, "@Johan Falk")
    office.empty("johan")
    assert [bell["rings"] for bell in (await desks.hear("johan"))["johan"]] == [[]]
    office.do("johan", hush, office.clock() + HOUR)
    office.note("maja", case, "@Johan Falk igen")
    [bell] = (await desks.hear("johan"))["johan"]
    assert (bell["unread"], bell["quiet"], bell["rings"]) == (1, True, [])


async def test_kinds_ring_by_the_ways_that_were_chosen(office: Office) -> None:
    desks, case = Desks(office), office.case()
    office.do("johan", save_alerts, Alerts(sound="knock", volume=20, repeat_seconds=60), dict.fromkeys(KINDS, Ways(app=True)), {})
    office.do("karin", save_alerts, Alerts(), dict.fromkeys(KINDS, Ways(app=True, sound=True)), {})
    office.do("maja", assign_case, case.id, office.world.who("johan").id)
    office.do("karin", follow_case, case.id, following=True)
    office.note("maja", case, "Hej")
    heard = await desks.hear("johan", "karin")
    assert (heard["johan"][-1]["unread"], heard["johan"][-1]["rings"]) == (1, [])
    [ring] = heard["karin"][-1]["rings"]
    assert (ring["sound"], ring["desktop"]) == (True, False)


async def test_rows_say_whose_following_and_mentioned_they_stand_in(office: Office) -> None:
    """T6: a list that is one agent's is told to that agent alone."""
    case = office.case()
    office.note("maja", case, "@Johan Falk")
    office.tell()
    render = make_render(office.db, Templates(Assets()))

    async def told(key: str, name: str) -> list[Any]:
        who = office.world.who(key)
        mine = [one for one in office.recorded() if one.workspace_id == who.workspace_id]
        pushes = await render(mine, Sight(who.workspace_id, who.inbox_ids, "en", "UTC"))
        return [msgspec.json.decode(push.data) for push in pushes if push.name == name and push.is_for(who.id)]

    assert {"mentioned", "following"} <= set((await told("johan", "row"))[-1]["views"])
    assert {"mentioned", "following"}.isdisjoint((await told("karin", "row"))[-1]["views"])
    assert {"following": 1, "mentioned": 1} in await told("johan", "counts")
    assert not any("mentioned" in counts for counts in await told("karin", "counts"))
