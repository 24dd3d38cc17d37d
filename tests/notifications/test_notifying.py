"""Who is told of what: by rule of holding, following and being called, once, never of one's own deeds. T6, T11."""

from __future__ import annotations

from sluss.cases.actions import assign_case, set_status
from sluss.cases.following import follow_case
from tests.notifications.conftest import Office


def test_holder_and_followers_hear_of_a_case_and_nobody_hears_of_themselves(office: Office) -> None:
    case = office.case()
    office.do("maja", assign_case, case.id, office.world.who("johan").id)
    office.do("karin", follow_case, case.id, following=True)
    assert office.hears("johan") == ["Maja Ek assigned this to you"]
    assert office.hears("maja") == office.hears("karin") == []
    office.note("karin", case, "Hon ringde också.")
    office.do("johan", set_status, case.id, "pending")
    assert office.hears("johan") == ["Karin Holm wrote a note", "Maja Ek assigned this to you"]
    assert office.hears("karin") == ["Johan Falk answered and waits for the customer"]
    office.do("maja", assign_case, case.id, office.world.who("maja").id)
    assert office.hears("johan")[0] == "Maja Ek took this over from you"
