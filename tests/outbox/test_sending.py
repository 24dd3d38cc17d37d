"""One answer on its way: handed over, settled, tried again, given up. F3, F26, F28, F29, F30."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from sluss.channels.contract import Capabilities, Outbound, Refused, ResultUnknown, Sent, Unreachable
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.errors import Conflict
from sluss.outbox.actions import cancel_operation, retry_operation
from sluss.outbox.queries import deliveries_of
from tests.outbox.scene import ASA, PaperPost, Scene, after_hand_over

UNDO = 10 * SECOND
BUSY = Refused("450", "4.2.0 Try later", permanent=False)
GONE = Refused("550", "5.1.1 No such mailbox", permanent=True)
CUT = after_hand_over(ResultUnknown("The connection died."))


async def test_an_answer_leaves_after_the_undo_window(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    scene.answer("Vi letar.")
    assert await scene.round() == 0
    clock.move(UNDO)
    assert await scene.round() == 1
    assert scene.states() == ["sent"]
    assert [(one.recipient, one.text) for one in post.taken] == [(ASA, "Vi letar.")]


async def test_it_says_what_it_answers(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    first = scene.write()
    departure = scene.answer(case_id=scene.case_of(first))
    clock.move(UNDO)
    await scene.round()
    sent = post.taken[0]
    assert sent.external_id == scene.external_id(departure.message_id)
    assert sent.in_reply_to == scene.external_id(first)
    assert sent.references == (scene.external_id(first),)
    assert sent.subject == "Re: Min väska"
    assert sent.reply_to.address.startswith("support+c.")


async def test_each_recipient_is_a_delivery_of_its_own(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    scene.answer(cc="Łukasz <lukasz@poczta.example>")
    clock.move(UNDO)
    post.script = ["ok", GONE]
    await scene.round()
    assert sorted(scene.states()) == ["failed", "sent"]
    assert len({one.external_id for one in post.taken}) == 1


async def test_a_refusal_for_good_fails_with_the_networks_words(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    departure = scene.answer()
    clock.move(UNDO)
    post.script = [GONE]
    await scene.round()
    found = scene.db.read_now(deliveries_of, scene.maja, [departure.message_id])[departure.message_id][0]
    assert (found.state, found.code, found.reason) == ("failed", "550", "5.1.1 No such mailbox")


async def test_waits_grow_until_it_is_given_up(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F30: no retry storm; four days in all."""
    scene.answer()
    clock.move(UNDO)
    started, waits = clock.now, []
    while scene.states() != ["failed"]:
        post.script = [BUSY]
        assert await scene.round() == 1
        due_at = scene.operations()[0].due_at
        waits.append(due_at - clock.now)
        clock.now = min(due_at, clock.now + DAY)
    assert [wait // SECOND for wait in waits[:9]] == [30, 60, 120, 300, 600, 1200, 2400, 3600, 7200]
    assert max(waits[:-1]) == 2 * HOUR
    assert clock.now - started >= 4 * DAY


async def test_an_hour_of_waiting_is_told_once(scene: Scene, post: PaperPost, clock: TestClock, kinds: Callable[[], list[str]]) -> None:
    scene.answer()
    clock.move(UNDO)
    for _ in range(10):
        post.script = [BUSY]
        await scene.round()
        clock.now = scene.operations()[0].due_at
    assert kinds().count("delivery_delayed") == 1


async def test_an_unknown_result_is_tried_once_more_and_then_waits_for_a_person(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F28: after 15 minutes, with the same id, and never a third time by itself."""
    scene.answer()
    clock.move(UNDO)
    post.script = [CUT, CUT]
    await scene.round()
    clock.move(15 * MINUTE - 1)
    assert (await scene.round(), scene.states()) == (0, ["unknown"])
    clock.move(1)
    assert await scene.round() == 1
    clock.move(30 * DAY)
    assert (await scene.round(), scene.states(), post.calls) == (0, ["unknown"], 2)


async def test_a_network_that_can_be_asked_is_asked(
    scene: Scene, post: PaperPost, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "capabilities", can_look_up(post))
    departure = scene.answer()
    clock.move(UNDO)
    post.known[scene.external_id(departure.message_id)] = Sent("found")
    post.script = [CUT]
    await scene.round()
    assert (scene.states(), post.calls) == (["sent"], 1)


async def test_one_copy_that_left_proves_nothing_about_another(
    scene: Scene, post: PaperPost, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "capabilities", can_look_up(post))
    departure = scene.answer(cc="lukasz@poczta.example")
    clock.move(UNDO)
    post.known[scene.external_id(departure.message_id)] = Sent("found")
    post.script = [CUT, CUT]
    await scene.round()
    assert scene.states() == ["unknown", "unknown"]


async def test_a_refusal_of_the_second_try_leaves_the_first_unknown(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    scene.answer()
    clock.move(UNDO)
    post.script = [CUT, GONE]
    await scene.round()
    clock.move(15 * MINUTE)
    await scene.round()
    assert (scene.states(), scene.operations()[0].code) == (["unknown"], "550")


async def test_unknown_is_sent_again_only_when_a_person_accepts_it(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    departure = scene.answer()
    clock.move(UNDO)
    post.script = [CUT, CUT, CUT]
    await scene.round()
    with pytest.raises(Conflict, match="Nobody knows"):
        scene.db.write_now(retry_operation, scene.maja, departure.operation_ids[0])
    scene.db.write_now(retry_operation, scene.maja, departure.operation_ids[0], anyway=True)
    await scene.round()
    clock.move(DAY)
    assert (await scene.round(), scene.states(), post.calls) == (0, ["unknown"], 2)


async def test_a_failed_delivery_is_retried_with_one_click(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    departure = scene.answer()
    clock.move(UNDO)
    post.script = [GONE]
    await scene.round()
    scene.db.write_now(retry_operation, scene.maja, departure.operation_ids[0])
    await scene.round()
    assert scene.states() == ["sent"]


async def test_what_waits_can_be_cancelled_and_what_has_left_cannot(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    departure = scene.answer()
    scene.db.write_now(cancel_operation, scene.maja, departure.operation_ids[0])
    clock.move(UNDO)
    assert (await scene.round(), scene.states()) == (0, ["cancelled"])
    again = scene.answer()
    clock.move(UNDO)
    await scene.round()
    with pytest.raises(Conflict, match="has left"):
        scene.db.write_now(cancel_operation, scene.maja, again.operation_ids[0])


@pytest.mark.parametrize(("left", "state"), [(False, "queued"), (True, "unknown")])
async def test_a_fault_of_ours_leaves_an_honest_state(scene: Scene, post: PaperPost, clock: TestClock, left: bool, state: str) -> None:
    """F29: an answer that makes no sense is not “sent”."""
    scene.answer()
    clock.move(UNDO)
    fault = ValueError("no JSON")
    post.script = [after_hand_over(fault) if left else fault]
    await scene.round()
    assert scene.states() == [state]


async def test_a_missing_file_is_said_and_nothing_leaves(
    scene: Scene, post: PaperPost, clock: TestClock, attach: Callable[[str], int]
) -> None:
    scene.answer(attachment_ids=(attach("karta.pdf"),))
    for path in scene.files.folder.glob("*/*/*"):
        path.unlink()
    clock.move(UNDO)
    await scene.round()
    assert (scene.states(), scene.operations()[0].code, post.calls) == (["failed"], "file", 0)


async def test_files_are_read_and_sent_along(scene: Scene, post: PaperPost, clock: TestClock, attach: Callable[[str], int]) -> None:
    scene.answer(attachment_ids=(attach("karta.pdf"),))
    clock.move(UNDO)
    await scene.round()
    assert [(one.name, one.media_type, one.data) for one in post.taken[0].files] == [("karta.pdf", "application/pdf", b"karta.pdf")]


@pytest.mark.usefixtures("no_grace")
@pytest.mark.parametrize(("left", "state"), [(False, "queued"), (True, "unknown")])
async def test_stopping_leaves_what_was_under_way_honest(scene: Scene, post: PaperPost, clock: TestClock, left: bool, state: str) -> None:
    """F3: the network hangs while Sluss is stopped."""
    reached = asyncio.Event()

    async def hang(_outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        if left:
            await hand_over()
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    post.script = [hang]
    scene.answer()
    clock.move(UNDO)
    running = asyncio.create_task(scene.outbox().run())
    await reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert scene.states() == [state]


async def test_a_result_is_worth_waiting_for_when_stopping(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F3: a network that answers within the grace is believed."""
    reached, answer = asyncio.Event(), asyncio.Event()

    async def slow(_outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        await hand_over()
        reached.set()
        await answer.wait()
        return Sent("250")

    post.script = [slow]
    scene.answer()
    clock.move(UNDO)
    running = asyncio.create_task(scene.outbox().run())
    await reached.wait()
    running.cancel()
    await asyncio.sleep(0)
    answer.set()
    await asyncio.gather(running, return_exceptions=True)
    assert scene.states() == ["sent"]


async def test_an_unreachable_network_is_tried_again(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F26."""
    scene.answer()
    clock.move(UNDO)
    post.script = [Unreachable("Connection refused")]
    await scene.round()
    assert (scene.states(), scene.operations()[0].reason) == (["queued"], "Connection refused")
    clock.move(30 * SECOND)
    await scene.round()
    assert scene.states() == ["sent"]


def can_look_up(post: PaperPost) -> Capabilities:
    return msgspec.structs.replace(post.capabilities, can_look_up=True)
