"""What was set aside: looked at, downloaded, replayed after a mend, or discarded; counted all the while. I1."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from sluss.cases.models import messages
from sluss.channels.contract import Delivered, Unparsable
from sluss.intake.conservation import check_conservation, last_balance
from sluss.intake.models import envelopes
from sluss.intake.quarantine import access_quarantined, count_quarantined, discard_envelope, list_quarantined, replay_envelope
from sluss.intake.store import Kept, read_raw, store_envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import audit
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.files import digest_of
from tests.intake.conftest import Desk, mail
from tests.intake.test_admit import Reading
from tests.world import World

UNREADABLE = "The mail is built in a way that cannot be read."


@pytest.fixture
async def aside(desk: Desk) -> int:
    """The id of a mail that was set aside, with another one recorded."""
    await desk.bring(mail(1), mail(2))
    await desk.admit(Reading(b"Bokning 2", Unparsable(UNREADABLE)))
    return desk.envelopes()[1].id


async def test_an_administrator_sees_it_with_its_reason_and_its_bytes(desk: Desk, aside: int, world: World) -> None:
    ewa = world.who("ewa")
    listed = desk.db.read_now(list_quarantined, ewa)
    assert [(one.id, one.inbox, one.reason) for one in listed] == [(aside, "Kundtjänst", UNREADABLE)]
    one = desk.db.read_now(access_quarantined, ewa, aside)
    assert read_raw(desk.files, one.raw, one.digest) == mail(2)
    assert desk.db.read_now(count_quarantined, ewa) == 1


async def test_replayed_after_a_mend_it_is_read_as_if_it_had_just_come(desk: Desk, aside: int, world: World) -> None:
    desk.db.write_now(replay_envelope, world.who("ewa"), aside)
    assert await desk.admit() == 1
    assert desk.states() == ["message", "message"]
    assert len(desk.rows(sa.select(messages.c.id))) == 2
    with pytest.raises(Missing):
        desk.db.write_now(replay_envelope, world.who("ewa"), aside)


async def test_discarded_it_is_off_the_list_and_still_counted(desk: Desk, aside: int, world: World) -> None:
    ewa = world.who("ewa")
    desk.db.write_now(discard_envelope, ewa, aside)
    assert desk.db.read_now(list_quarantined, ewa) == []
    with pytest.raises(Conflict):
        desk.db.write_now(discard_envelope, ewa, aside)
    balance = desk.db.write_now(check_conservation, desk.who)
    assert (balance.acknowledged, balance.processed, balance.quarantined, balance.missing) == (2, 1, 1, 0)
    assert [row.action for row in desk.rows(sa.select(audit).where(audit.c.action.like("intake.%")))] == ["intake.discard"]


@pytest.mark.parametrize("key", ["maja", "johan", "karin", "erik"])
async def test_nobody_else_looks_or_touches(desk: Desk, aside: int, world: World, key: str) -> None:
    who: Actor = world.who(key)
    with pytest.raises(Forbidden):
        desk.db.read_now(list_quarantined, who)
    for act in (access_quarantined, replay_envelope, discard_envelope):
        with pytest.raises(Forbidden):
            desk.db.write_now(act, who, aside)


async def test_another_companys_administrator_finds_nothing(desk: Desk, aside: int, world: World) -> None:
    marek = world.who("marek")
    assert desk.db.read_now(list_quarantined, marek) == []
    for act in (access_quarantined, replay_envelope, discard_envelope):
        with pytest.raises(Missing):
            desk.db.write_now(act, marek, aside)


async def test_a_row_that_vanishes_is_noticed(desk: Desk, aside: int) -> None:
    desk.db.write_now(lambda tx: tx.run(sa.update(envelopes).where(envelopes.c.id == aside).values(state="lost")))
    assert desk.db.write_now(check_conservation, desk.who).missing == 1
    kept = desk.db.read_now(last_balance, desk.who)
    assert kept is not None
    assert kept.missing == 1


async def test_a_message_that_vanishes_is_noticed(desk: Desk, aside: int) -> None:
    desk.db.write_now(lambda tx: tx.run(sa.update(envelopes).where(envelopes.c.outcome == "message").values(message_id=1)))
    assert desk.db.write_now(check_conservation, desk.who).orphans == 1


async def test_what_comes_in_during_the_check_is_not_missed(desk: Desk) -> None:
    """Both sides are counted at one moment: an alarm that cries for nothing is soon not heard."""
    await desk.bring(mail(1))
    kept = [Kept(Delivered(external_key="2", raw=mail(2), received_at=0, recipients=()), digest_of(mail(2)), len(mail(2)), inline=True)]
    looked: list[str] = []

    def come_in(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        looked.append(statement)
        if "envelopes" in statement and len(looked) == 1 and desk.db.kind == "postgresql":
            desk.db.write_now(store_envelopes, desk.who, desk.connection.inbox_id, kept)

    event.listen(desk.db._engine, "after_cursor_execute", come_in)
    assert desk.db.write_now(check_conservation, desk.who).missing == 0
