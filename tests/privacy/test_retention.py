"""How long things are kept: what is old enough goes, in small pieces, with a proof; what is held, or wanted for ever, stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.cases.access import Status
from sluss.cases.actions import set_status
from sluss.cases.models import attachments, cases, messages
from sluss.contacts.models import contacts
from sluss.intake.conservation import check_conservation
from sluss.intake.models import envelopes
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.errors import Forbidden, Invalid
from sluss.kernel.events import events
from sluss.privacy.emptying import AT_ONCE
from sluss.privacy.models import retention_runs
from sluss.privacy.orders import hold_contact
from sluss.privacy.retention import Due, Rule, preview, set_rule
from sluss.privacy.work import retain, some_work
from tests.privacy.conftest import HER, OTHER, Scene, mail


async def old(scene: Scene, clock: TestClock, status: Status = "solved") -> None:
    """Every case is done with, a hundred days ago."""
    for row in scene.rows(sa.select(cases.c.id)):
        scene.db.write_now(set_status, scene.who, row.id, status)
    clock.move(100 * DAY)


def run(scene: Scene) -> None:
    while some_work(scene.room):
        pass


def keep(scene: Scene, **days: int) -> Rule:
    rule = Rule(**days)
    scene.db.write_now(set_rule, scene.who, scene.connection.inbox_id, rule)
    return rule


async def test_without_a_rule_everything_stays(everywhere: Scene, clock: TestClock) -> None:
    await old(everywhere, clock)
    run(everywhere)
    assert len(everywhere.rows(sa.select(cases))) == 3
    assert all(row.counts == {} for row in everywhere.rows(sa.select(retention_runs)))


async def test_old_cases_go_with_their_contacts_and_held_ones_stay(everywhere: Scene, clock: TestClock) -> None:
    scene = everywhere
    her, ewa = scene.contact_of(HER), scene.world.who("ewa")
    await old(scene, clock)
    scene.db.write_now(hold_contact, ewa, her, "A claim")
    rule = keep(scene, case_days=90)
    assert scene.db.read_now(preview, scene.who, scene.connection.inbox_id, rule) == Due(1, 0, 0, 0)
    run(scene)
    assert {row.contact_id for row in scene.rows(sa.select(cases))} == {her}
    [proof] = [row.counts for row in scene.rows(sa.select(retention_runs)) if row.counts]
    assert (proof["cases"], proof["messages"]) == (1, 4)
    kinds = [row.kind for row in scene.rows(sa.select(events.c.kind))]
    assert kinds.count("case_erased") == 1
    scene.db.write_now(hold_contact, ewa, her, "")
    clock.move(DAY + 1)
    run(scene)
    assert scene.rows(sa.select(cases)) == scene.rows(sa.select(messages)) == []
    assert OTHER not in {row.name for row in scene.rows(sa.select(contacts))}
    balance = scene.db.write_now(check_conservation, scene.who)
    assert (balance.missing, balance.orphans) == (0, 0)


async def test_what_is_young_or_open_stays(everywhere: Scene, clock: TestClock) -> None:
    scene = everywhere
    await old(scene, clock)
    await scene.bring(mail("Ny <ny@kund.example>", "Ny", "Ny", message_id="ny@kund.example"))
    [fresh] = scene.cases_of(scene.contact_of("ny@kund.example"))
    keep(scene, case_days=90)
    run(scene)
    assert [row.id for row in scene.rows(sa.select(cases))] == [fresh.id]


async def test_spam_goes_sooner(everywhere: Scene, clock: TestClock) -> None:
    await old(everywhere, clock, "spam")
    keep(everywhere, spam_days=30)
    run(everywhere)
    assert everywhere.rows(sa.select(cases)) == []


async def test_files_and_raw_messages_go_before_their_cases(everywhere: Scene, clock: TestClock) -> None:
    scene = everywhere
    await old(scene, clock)
    keep(scene, file_days=60, raw_days=60)
    run(scene)
    assert len(scene.rows(sa.select(messages))) == 7
    assert {row.files for row in scene.rows(sa.select(messages.c.files))} == {0}
    assert scene.rows(sa.select(attachments).where(attachments.c.message_id.is_not(None))) == []
    left = [row for row in scene.rows(sa.select(envelopes)) if row.size]
    assert [row.state for row in left] == ["quarantined"]
    assert scene.db.write_now(check_conservation, scene.who).missing == 0


async def test_a_run_is_made_of_small_pieces(scene: Scene, clock: TestClock) -> None:
    """Nobody waits long to write, and a run goes on where a process ended."""
    raws = [
        mail(
            "Bo <bo@kund.example>",
            "Re: lång",
            f"nummer {n}",
            message_id=f"l{n}@kund.example",
            headers=["References: <l0@kund.example>"] if n else [],
        )
        for n in range(2 * AT_ONCE + 5)
    ]
    for start in range(0, len(raws), 50):
        await scene.bring(*raws[start : start + 50])
    await old(scene, clock)
    keep(scene, case_days=90)
    assert retain(scene.room, scene.who.workspace_id)
    assert len(scene.rows(sa.select(messages.c.id))) == AT_ONCE + 5
    run(scene)
    assert scene.rows(sa.select(messages.c.id)) == []


async def test_who_says_how_long(scene: Scene) -> None:
    inbox = scene.connection.inbox_id
    with pytest.raises(Forbidden):
        scene.db.write_now(set_rule, scene.world.who("maja"), inbox, Rule(case_days=1))
    with pytest.raises(Invalid):
        scene.db.write_now(set_rule, scene.world.who("ewa"), inbox, Rule(case_days=0))
