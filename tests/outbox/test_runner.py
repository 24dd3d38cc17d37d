"""The loop: woken by commits, shared by processes, alive after faults. F4, F15, F27, F54."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from sluss.channels.contract import Outbound, Sent
from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.metrics import value_of
from sluss.kernel.signals import Signals
from sluss.outbox import runner
from sluss.outbox.claims import HOLD, Claim
from sluss.outbox.runner import Outbox
from sluss.outbox.states import Outcome
from sluss.replies.sending import SendReply, send_reply
from tests.outbox.scene import PaperPost, Scene

ANSWERS = 30


@asynccontextmanager
async def running(*outboxes: Outbox) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(one.run()) for one in outboxes]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def all_taken(post: PaperPost, number: int) -> Callable[[Outbound, Callable[[], Awaitable[None]]], Awaitable[Sent]]:
    """A step that sets `post.done` with the last of so many."""

    async def take(outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        await hand_over()
        post.taken.append(outbound)
        if len(post.taken) == number:
            post.done.set()
        return Sent("250")

    return take


async def test_a_backlog_drains_by_itself_in_each_threads_order(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    cases = [scene.case_of(scene.write()) for _ in range(ANSWERS // 3)]
    for turn in ("Ett", "Två", "Tre"):
        for case_id in cases:
            scene.answer(turn, case_id=case_id)
    clock.move(10 * SECOND)
    post.script = [all_taken(post, ANSWERS)] * ANSWERS
    async with running(scene.outbox()):
        await post.done.wait()
    threads: dict[str, list[str]] = {}
    for one in post.taken:
        threads.setdefault(one.reply_to.address, []).append(one.text)
    assert list(threads.values()) == [["Ett", "Två", "Tre"]] * len(cases)


async def test_two_processes_share_the_work_and_send_nothing_twice(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    for _ in range(ANSWERS):
        scene.answer(case_id=scene.case_of(scene.write()))
    clock.move(10 * SECOND)
    post.script = [all_taken(post, ANSWERS)] * 2 * ANSWERS
    async with running(scene.outbox("a"), scene.outbox("b")):
        await post.done.wait()
    assert set(Counter(one.external_id for one in post.taken).values()) == {1}
    assert set(scene.states()) == {"sent"}


async def test_an_answer_wakes_the_loop(scene: Scene, post: PaperPost, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row is the queue; the hint only saves the wait, here an endless one."""
    monkeypatch.setattr(runner, "PAUSE", 3600)
    monkeypatch.setattr(post, "capabilities", msgspec.structs.replace(post.capabilities, undo_seconds=0))
    post.script = [all_taken(post, 1)]
    async with running(scene.outbox()):
        reply = SendReply(op="op", case_id=scene.case_id, text="Vi letar.", anyway=True)
        await scene.db.write(send_reply, scene.maja, reply)
        await post.done.wait()
    assert scene.states() == ["sent"]


async def test_the_loop_outlives_a_database_that_was_away(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F54."""
    scene.answer()
    clock.move(10 * SECOND)
    post.script = [all_taken(post, 1)]
    outbox = scene.outbox()
    send_due, failures = outbox.send_due, [OSError("gone"), OSError("gone")]

    async def flaky() -> int:
        if failures:
            outbox._signals.wake("operations")
            raise failures.pop()
        return await send_due()

    outbox.send_due = flaky
    async with running(outbox):
        await post.done.wait()
    assert failures == []


async def test_a_slow_send_keeps_its_claim(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F27: half an hour for a large file is no death."""
    go_on = asyncio.Event()

    async def slow(outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        await hand_over()
        await go_on.wait()
        return Sent("250")

    post.script = [slow]
    scene.answer()
    clock.move(10 * SECOND)
    outbox = scene.outbox()
    await outbox.send_due()
    for _ in range(3):
        clock.move(HOLD - SECOND)
        outbox._renewed_at -= HOLD
        await outbox._keep_claims()
        await outbox.send_due()
    go_on.set()
    await outbox.idle()
    assert (scene.states(), post.calls) == (["sent"], 1)


async def test_attempts_are_counted(scene: Scene, clock: TestClock) -> None:
    before = value_of("sluss_operation_attempts_total", channel="paper", result="sent") or 0
    scene.answer()
    clock.move(10 * SECOND)
    await scene.round()
    assert value_of("sluss_operation_attempts_total", channel="paper", result="sent") == before + 1


async def test_a_stop_that_comes_together_with_a_hint_is_heard(db: Database) -> None:
    """F3: neither of the two may swallow the other."""
    signals, turned = Signals(db.host), asyncio.Event()

    async def loop() -> None:
        async for _ in signals.rounds("operations", 3600):
            turned.set()

    task = asyncio.create_task(loop())
    await turned.wait()
    signals.wake("operations")
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()


@pytest.mark.usefixtures("no_grace")
async def test_a_result_that_is_being_written_is_written_to_the_end(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    """F3: stopped between the network's yes and its commit."""
    scene.answer()
    clock.move(10 * SECOND)
    outbox, reached, go_on = scene.outbox(), asyncio.Event(), asyncio.Event()
    settle_now = outbox._settle

    async def slow_settle(claim: Claim, outcome: Outcome) -> None:
        reached.set()
        await go_on.wait()
        await settle_now(claim, outcome)

    outbox._settle = slow_settle
    async with running(outbox):
        await reached.wait()
        asyncio.get_running_loop().call_later(0.1, go_on.set)
    assert scene.states() == ["sent"]
