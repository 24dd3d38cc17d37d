"""Letters to who is away: one with all that is unread, at a time that suits, never twice, with nothing a customer wrote. T6."""

from __future__ import annotations

import msgspec
import pytest

from sluss.cases.actions import assign_case
from sluss.kernel.actors import system
from sluss.kernel.clock import HOUR, MINUTE
from sluss.notifications.actions import read_all
from sluss.notifications.digest import AWAY, GRACE, note_open_desks
from sluss.notifications.kinds import KINDS, Kind, Ways
from sluss.notifications.preferences import Alerts, allow_quotes, hush, save_alerts
from sluss.people.actions import disable_agent
from sluss.people.letters import Mail
from sluss.wiring import TELLERS
from tests.notifications.conftest import Office
from tests.people.post_office import PostOffice

BY_MAIL: dict[Kind, Ways] = dict.fromkeys(KINDS, Ways(app=True, mail=True))


class Post:
    """`await post.after(HOUR)` is what the postman brings within that time."""

    def __init__(self, office: Office) -> None:
        self.office, self.office_of_post = office, PostOffice(office.db)
        self.office_of_post.postman._tellers = TELLERS

    async def after(self, span: int) -> list[Mail]:
        self.office.tell()
        self.office.clock.move(span)
        self.office.ring_timers()
        return await self.office_of_post.deliver()


@pytest.fixture
def post(office: Office) -> Post:
    return Post(office)


async def test_a_call_by_name_is_written_at_once_and_only_once(office: Office, post: Post) -> None:
    case = office.case("Bokningen syns inte", text="hemligt 4711")
    office.note("maja", case, "@Johan Falk ring kunden")
    [mail] = await post.after(GRACE)
    assert mail.email == "johan@norrsken.test"
    assert f"#{case.number} Bokningen syns inte\nMaja Ek mentioned you\nhttps://norrsken.test/c/{case.number}" in mail.text
    assert "hemligt" not in mail.text
    assert "ring kunden" not in mail.text
    assert "/me/alerts" in mail.text
    office.note("maja", case, "@Johan Falk igen")
    assert await post.after(5 * HOUR) == []


async def test_an_hour_is_one_letter_with_what_is_unread_by_then(office: Office, post: Post) -> None:
    office.do("johan", save_alerts, Alerts(digest_pace="hourly"), BY_MAIL, {})
    first, second = office.case("Ett"), office.case("Två")
    for case in (first, second):
        office.do("maja", assign_case, case.id, office.world.who("johan").id)
    assert await post.after(50 * MINUTE) == []
    [mail] = await post.after(15 * MINUTE)
    assert mail.subject == "2 things wait for you: Norrsken Air"
    assert await post.after(3 * HOUR) == []


async def test_who_has_read_it_is_not_written_to_even_if_the_letter_waits_already(office: Office, post: Post) -> None:
    case = office.case()
    office.note("maja", case, "@Johan Falk och @Karin Holm")
    office.tell()
    office.clock.move(GRACE)
    office.ring_timers()
    office.db.write_now(read_all, office.world.who("johan"))
    assert [mail.email for mail in await post.after(0)] == ["karin@norrsken.test"]


async def test_who_is_at_a_desk_is_left_in_peace_until_they_go(office: Office, post: Post) -> None:
    case, johan = office.case(), office.world.who("johan")
    office.db.write_now(note_open_desks, {johan.workspace_id: {johan.id}})
    office.note("maja", case, "@Johan Falk")
    assert await post.after(GRACE) == []
    assert len(await post.after(AWAY)) == 1


async def test_quiet_hours_are_waited_out(office: Office, post: Post) -> None:
    """The test's clock begins on Saturday 21 November 2026 at 12:00 UTC, which is one in Stockholm."""
    nights = dict.fromkeys(range(7), (11 * 60, 15 * 60))
    office.do("johan", save_alerts, Alerts(), BY_MAIL, nights)
    case = office.case()
    office.note("maja", case, "@Johan Falk")
    assert await post.after(HOUR) == []
    assert len(await post.after(HOUR)) == 1
    office.empty("johan")
    office.do("johan", hush, office.clock() + 3 * HOUR)
    office.note("maja", case, "@Johan Falk")
    assert await post.after(2 * HOUR) == []
    assert len(await post.after(2 * HOUR)) == 1


@pytest.mark.parametrize(
    ("alerts", "letters"), [(Alerts(digest_pace="never"), 1), (Alerts(digest_pace="never", mentions_at_once=False), 0)]
)
async def test_never_leaves_the_calls_by_name(office: Office, post: Post, alerts: Alerts, letters: int) -> None:
    office.do("johan", save_alerts, alerts, BY_MAIL, {})
    case = office.case()
    office.do("maja", assign_case, case.id, office.world.who("johan").id)
    office.note("maja", case, "@Johan Falk")
    mails = [*await post.after(GRACE), *await post.after(30 * HOUR)]
    assert len(mails) == letters
    assert not any("assigned" in mail.text for mail in mails)


async def test_the_daily_one_comes_at_its_hour(office: Office, post: Post) -> None:
    office.do("johan", save_alerts, Alerts(digest_pace="daily", digest_hour=16, mentions_at_once=False), BY_MAIL, {})
    case = office.case()
    office.note("maja", case, "@Johan Falk")
    assert await post.after(2 * HOUR) == []
    assert len(await post.after(HOUR)) == 1


async def test_words_of_notes_and_customers_only_where_the_company_allows_it(office: Office, post: Post) -> None:
    case = office.case()
    office.db.write_now(allow_quotes, office.world.who("ewa"), excerpts=True)
    office.note("maja", case, "@Johan Falk ring kunden")
    [mail] = await post.after(GRACE)
    assert "ring kunden" in mail.text


async def test_in_the_language_of_who_reads_and_not_to_who_is_shut_out(office: Office, post: Post) -> None:
    case = office.case()
    office.note("maja", case, "@Johan Falk och @Karin Holm")
    office.tell()
    office.clock.move(GRACE)
    office.ring_timers()
    office.db.write_now(disable_agent, system(case.workspace_id), office.world.who("johan").id)
    [mail] = await post.after(GRACE)
    assert mail.email == "karin@norrsken.test"
    assert msgspec.structs.asdict(mail)["company"] == "Norrsken Air"
