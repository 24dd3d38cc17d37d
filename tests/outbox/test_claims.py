"""Who may send: claims that run out, fences, order within a thread, windows, holds. F1, F4, F27, F49."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels.contract import ResultUnknown
from sluss.channels.models import inboxes
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.kernel.errors import Forbidden
from sluss.kernel.workspaces import hold_outbox
from sluss.outbox.actions import cancel_operation, release_held, retry_operation
from sluss.outbox.claiming import WINDOW, claim_due, expire_claims, look, reap
from sluss.outbox.claims import HOLD, Claim, ClaimLost, hand_over, renew
from sluss.outbox.queries import deliveries_of, held_operations
from sluss.outbox.settling import settle
from sluss.outbox.states import Outcome
from tests.outbox.scene import LUKASZ, PaperPost, Scene, add_inbox, after_hand_over

UNDO = 10 * SECOND
SENT = Outcome("sent", reason="250")


def claim(scene: Scene, holder: str = "here") -> Claim:
    return scene.db.write_now(claim_due, holder, 1)[0]


@pytest.fixture
def due(scene: Scene, clock: TestClock) -> Scene:
    """One answer whose undo window is over."""
    scene.answer()
    clock.move(UNDO)
    return scene


def test_an_operation_is_claimed_once(due: Scene) -> None:
    claim(due)
    assert due.db.write_now(claim_due, "there", 5) == []


def test_killed_before_the_hand_over_it_is_queued_again(due: Scene, clock: TestClock) -> None:
    """F1: nothing had left, so trying again is safe."""
    claim(due)
    clock.move(HOLD + 1)
    assert due.db.read_now(look).expired
    due.db.write_now(reap)
    assert (due.states(), due.operations()[0].unknowns) == (["queued"], 0)


def test_killed_after_the_hand_over_it_is_unknown(due: Scene, clock: TestClock) -> None:
    """F1, F28: it may have arrived, so it waits its 15 minutes."""
    due.db.write_now(hand_over, claim(due))
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    operation = due.operations()[0]
    assert (operation.state, operation.due_at - clock.now) == ("unknown", 15 * MINUTE)


def test_a_restart_takes_back_at_once_what_its_predecessor_held(due: Scene) -> None:
    claim(due)
    due.db.write_now(expire_claims)
    due.db.write_now(reap)
    assert due.states() == ["queued"]


def test_a_claim_that_is_renewed_does_not_run_out(due: Scene, clock: TestClock) -> None:
    held = claim(due)
    for _ in range(3):
        clock.move(HOLD)
        due.db.write_now(renew, [held])
    assert (due.db.write_now(reap), due.states()) == (0, ["sending"])


def test_a_stale_holder_may_not_hand_over(due: Scene, clock: TestClock) -> None:
    """F4: paused before the hand-over, overtaken, woken: nothing leaves."""
    stale = claim(due)
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    with pytest.raises(ClaimLost):
        due.db.write_now(hand_over, stale)
    claim(due, "there")
    with pytest.raises(ClaimLost):
        due.db.write_now(hand_over, stale)


def test_a_stale_holders_result_is_refused_by_the_fence(due: Scene, clock: TestClock) -> None:
    """F4: somebody else is sending by now; only the attempt's own row keeps what the stale one saw."""
    stale = claim(due)
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    claim(due, "there")
    assert due.db.write_now(settle, stale, Outcome("refused", "550", "no")) is False
    assert (due.states(), due.attempts()[0].detail) == (["sending"], "late no")


def test_a_late_result_that_nobody_overtook_is_believed(due: Scene, clock: TestClock) -> None:
    """F4: paused for a minute in the middle of sending: knowing beats `unknown`, and no second copy leaves."""
    held = claim(due)
    due.db.write_now(hand_over, held)
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    assert due.db.write_now(settle, held, SENT) is True
    assert due.states() == ["sent"]


def test_a_late_result_spares_the_copy_that_a_person_asked_for(due: Scene, clock: TestClock) -> None:
    """F4: known to have arrived before the second copy was begun, none leaves."""
    held = claim(due)
    due.db.write_now(hand_over, held)
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    due.db.write_now(retry_operation, due.maja, due.operations()[0].id, anyway=True)
    assert due.db.write_now(settle, held, SENT) is True
    assert due.states() == ["sent"]
    assert due.db.write_now(claim_due, "there", 1) == []


def test_same_holder_again_does_not_revive_an_old_claim(due: Scene, clock: TestClock) -> None:
    """A restarted process may bear its predecessor's name; the fence still differs."""
    old = claim(due)
    clock.move(HOLD + 1)
    due.db.write_now(reap)
    claim(due)
    with pytest.raises(ClaimLost):
        due.db.write_now(hand_over, old)


async def test_a_thread_goes_in_order(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    first, second = (scene.answer(text) for text in ("Ett", "Två"))
    clock.move(UNDO)
    assert await scene.round() == 1
    assert await scene.round() == 1
    assert [one.text for one in post.taken] == ["Ett", "Två"]
    assert first.message_id < second.message_id


async def test_an_unknown_result_holds_back_the_thread_and_cancelling_lets_it_go(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    first = scene.answer("Ett")
    scene.answer("Två")
    clock.move(UNDO)
    post.script = [after_hand_over(ResultUnknown("cut"))]
    await scene.round()
    assert await scene.round() == 0
    scene.db.write_now(cancel_operation, scene.maja, first.operation_ids[0])
    assert await scene.round() == 1
    assert scene.states() == ["cancelled", "sent"]


async def test_another_thread_is_not_held_back(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    scene.answer("Ett")
    scene.answer("Till Łukasz", case_id=scene.case_of(scene.write(sender=LUKASZ)))
    clock.move(UNDO)
    assert await scene.round() == 2


def test_an_inbox_takes_no_more_than_its_window(scene: Scene, clock: TestClock) -> None:
    """F27: a slow account holds its own window and nobody else's."""
    cases = [scene.case_of(scene.write()) for _ in range(WINDOW + 2)]
    for case_id in cases:
        scene.answer(case_id=case_id)
    other_inbox = msgspec.structs.replace(scene, inbox_id=add_inbox(scene.db, scene.workspace_id, "press@norrsken.example"))
    scene.answer(case_id=other_inbox.case_of(other_inbox.write(sender=LUKASZ)))
    clock.move(UNDO)
    claims = scene.db.write_now(claim_due, "here", 50)
    assert sorted(one.inbox_id for one in claims) == [scene.inbox_id] * WINDOW + [other_inbox.inbox_id]


async def test_a_restored_workspace_sends_nothing_until_released(scene: Scene, clock: TestClock) -> None:
    """F49: after a restore everything waits for a person."""
    departure = scene.answer()
    scene.db.write_now(hold_outbox, scene.workspace_id, held=True)
    clock.move(UNDO)
    assert (await scene.round(), scene.db.read_now(held_operations, scene.maja)) == (0, 1)
    assert scene.db.read_now(deliveries_of, scene.maja, [departure.message_id])[departure.message_id][0].state == "held"
    with pytest.raises(Forbidden):
        scene.db.write_now(release_held, scene.maja)
    scene.db.write_now(release_held, msgspec.structs.replace(scene.maja, role="admin"))
    assert await scene.round() == 1


async def test_a_paused_inbox_sends_nothing(due: Scene) -> None:
    pause = sa.update(inboxes).where(inboxes.c.id == due.inbox_id).values(enabled=False)
    due.db.write_now(lambda tx: tx.run(pause))
    assert await due.round() == 0
