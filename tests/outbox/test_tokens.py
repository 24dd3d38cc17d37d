"""Reports believed only as far as they prove themselves, and what becomes of a case whose answer did not arrive. T59."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.actions import set_status
from sluss.channels.addressing import bounce_address, plain_address, read_delivery_token
from sluss.channels.contract import Connection, Receipt
from sluss.channels.models import inboxes
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.kernel.events import Recorded, events, from_row
from sluss.outbox.events import DeliveryChanged
from sluss.outbox.reactions import reopen_undelivered
from sluss.outbox.receipts import apply_receipt
from tests.outbox.scene import Scene

LUKASZ = "lukasz@poczta.example"


def connection(address: str = "help@norrsken.test", **settings: Any) -> Connection:
    return Connection(workspace_id=1, inbox_id=1, name="", address=address, settings={"delivery_tokens": True} | settings, secrets={})


@pytest.fixture
async def sent(scene: Scene, clock: TestClock) -> Scene:
    """An answer to Åsa and Łukasz by an inbox that gives each delivery an address of its own."""
    settings = sa.update(inboxes).where(inboxes.c.id == scene.inbox_id).values(settings={"delivery_tokens": True})
    scene.db.write_now(lambda tx: tx.run(settings).rowcount)
    scene.answer(cc=LUKASZ)
    clock.move(10 * SECOND)
    await scene.round()
    return scene


def token_of(scene: Scene, number: int = 0) -> str:
    """As it stands in the envelope that the network was given."""
    local = scene.post.taken[number].bounces_to.partition("@")[0]
    return local.partition("+b.")[2]


def tell(scene: Scene, state: Any = "failed", **given: Any) -> str:
    known = {"external_id": scene.external_id(scene.operations()[0].message_id), "recipient": "asa@kund.example"}
    values: dict[str, Any] = known | {"state": state, "code": "5.1.1"} | given
    return scene.db.write_now(apply_receipt, scene.system, Receipt(**values))


def states(scene: Scene) -> dict[str, str]:
    return {row.recipient: row.state for row in scene.operations()}


async def test_each_delivery_leaves_with_an_address_of_its_own(sent: Scene) -> None:
    """T59: 120 random bits that stand in the envelope only, for each recipient others."""
    assert len({one.bounces_to for one in sent.post.taken}) == 2
    rows = {row.recipient: row for row in sent.operations()}
    for one in sent.post.taken:
        row = rows[one.recipient.address]
        assert read_delivery_token(one.bounces_to.partition("@")[0].partition("+b.")[2]) == (row.id, row.token)
        assert plain_address(one.bounces_to) == one.sender.address
        assert len(row.token) * 5 >= 64


async def test_the_token_says_which_delivery_failed_whatever_the_report_names(sent: Scene) -> None:
    """A server that forwards names another recipient, and some leave out our id."""
    number = next(n for n, one in enumerate(sent.post.taken) if one.recipient.address == LUKASZ)
    assert tell(sent, external_id="", recipient="other@forwarded.example", token=token_of(sent, number)) == "applied"
    assert states(sent) == {"asa@kund.example": "sent", LUKASZ: "failed"}


@pytest.mark.parametrize("how", ["none", "cut", "changed", "of another", "odd"])
async def test_a_forged_report_changes_nothing(sent: Scene, how: str) -> None:
    """T59: who knows the id and the recipient, but not the token, is not believed."""
    token = token_of(sent)
    others, secret = token_of(sent, 1).partition(".")[0], token.partition(".")[2]
    forged = {"none": "", "cut": token[:-1], "changed": token[:-1] + "!", "of another": f"{others}.{secret}", "odd": "é.²"}[how]
    assert tell(sent, token=forged) == "unproven"
    assert set(states(sent).values()) == {"sent"}


async def test_a_failure_at_somebody_we_did_not_write_to_changes_nothing(scene: Scene, clock: TestClock) -> None:
    """T59: also where there is only one recipient."""
    scene.answer()
    clock.move(10 * SECOND)
    await scene.round()
    assert tell(scene, recipient="ewa@annan.example") == "unknown recipient"
    assert tell(scene, recipient="") == "applied"


async def test_a_complaint_is_told_and_moves_nothing(sent: Scene) -> None:
    assert tell(sent, "complained", token=token_of(sent)) == "applied"
    kinds = [row.kind for row in sent.db.read_now(lambda tx: tx.rows(sa.select(events.c.kind)))]
    assert kinds.count("delivery_complained") == 1
    assert set(states(sent).values()) == {"sent"}


def test_an_address_that_would_be_too_long_is_not_made() -> None:
    """RFC 5321: 64 characters before the @."""
    assert bounce_address(connection(), 1 << 62, "a" * 24).startswith("help+b.")
    assert bounce_address(connection("a" * 40 + "@x.example"), 1 << 62, "a" * 24) == ""
    assert bounce_address(connection(delivery_tokens=False), 1, "a") == ""


def the_case(scene: Scene) -> CaseRow:
    return scene.db.read_now(access_case, scene.system, scene.case_id)


def react(scene: Scene) -> None:
    """What the wiring does after each change of a delivery."""
    found = [one for row in scene.db.read_now(lambda tx: tx.rows(sa.select(events).order_by(events.c.id))) if (one := from_row(row))]
    for one in found:
        if isinstance(one.event, DeliveryChanged):
            scene.db.write_now(reopen_undelivered, one)


@pytest.mark.parametrize("status", ["pending", "solved"])
async def test_a_case_whose_answer_failed_is_open_and_waits_as_before(scene: Scene, clock: TestClock, status: Any) -> None:
    """The owner keeps it, and the customer's clock goes on from where it began."""
    began = the_case(scene).waiting_since
    clock.move(MINUTE)
    scene.answer(then="solve" if status == "solved" else "stay")
    clock.move(10 * SECOND)
    await scene.round()
    before = the_case(scene)
    assert (before.status, before.waiting_since) == (status, None)
    tell(scene)
    react(scene)
    after = the_case(scene)
    assert (after.status, after.waiting_since, after.assignee_id) == ("open", began, before.assignee_id)


async def test_a_failed_copy_opens_the_case_and_starts_no_clock(sent: Scene) -> None:
    """The customer has the answer; only who was copied in has not."""
    number = next(n for n, one in enumerate(sent.post.taken) if one.recipient.address == LUKASZ)
    tell(sent, token=token_of(sent, number))
    react(sent)
    assert (the_case(sent).status, the_case(sent).waiting_since) == ("open", None)


async def test_what_is_spam_stays_so(scene: Scene, clock: TestClock) -> None:
    scene.answer()
    clock.move(10 * SECOND)
    await scene.round()
    scene.db.write_now(set_status, scene.system, scene.case_id, "spam")
    tell(scene)
    react(scene)
    assert (the_case(scene).status, the_case(scene).waiting_since) == ("spam", None)


def test_other_events_are_nothing_to_it(scene: Scene) -> None:
    event = DeliveryChanged(case_id=scene.case_id, message_id=1, operation_id=1, state="sent")
    scene.db.write_now(reopen_undelivered, Recorded(1, scene.workspace_id, 1, "system", 0, event))
    assert the_case(scene).status == "open"
