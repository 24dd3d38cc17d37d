"""An inbox whose network is away: the breaker opens, probes and closes, and says so. F26."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from sluss.channels.contract import Refused, Unreachable
from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.outbox.breaker import FAILURES, resume_sending
from sluss.outbox.queries import paused_inboxes
from tests.outbox.scene import PaperPost, Scene

AWAY = Unreachable("Connection refused")


@pytest.fixture
async def down(scene: Scene, post: PaperPost, clock: TestClock) -> Scene:
    """Eight answers in eight threads, and a network that has been away for as long as the breaker wants."""
    for _ in range(8):
        scene.answer(case_id=scene.case_of(scene.write()))
    clock.move(10 * SECOND)
    while scene.inbox().send_failures < FAILURES:
        post.script = [AWAY] * 8
        await scene.round()
    return scene


async def test_it_opens_after_failures_in_a_row(down: Scene, clock: TestClock, kinds: Callable[[], list[str]]) -> None:
    assert (await down.round(), kinds().count("inbox_sending_paused")) == (0, 1)
    paused = down.db.read_now(paused_inboxes, down.maja)
    assert [(one.name, one.until - clock.now, one.reason) for one in paused] == [("Support", 30 * SECOND, "Connection refused")]


async def test_it_probes_with_one_and_the_pause_grows_to_ten_minutes(down: Scene, post: PaperPost, clock: TestClock) -> None:
    pauses = []
    for _ in range(7):
        clock.now = down.inbox().paused_until
        calls, post.script = post.calls, [AWAY] * 8
        await down.round()
        assert post.calls == calls + 1
        pauses.append((down.inbox().paused_until - clock.now) // SECOND)
    assert pauses == [60, 120, 240, 480, 600, 600, 600]


async def test_a_probe_that_arrives_closes_it_and_everything_drains(
    down: Scene, post: PaperPost, clock: TestClock, kinds: Callable[[], list[str]]
) -> None:
    clock.move(6 * HOUR)
    post.script = []
    await down.round()
    assert (down.inbox().send_failures, down.inbox().paused_until, kinds().count("inbox_sending_resumed")) == (0, None, 1)
    while await down.round():
        pass
    assert set(down.states()) == {"sent"}


async def test_a_refusal_is_an_answer_and_opens_nothing(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    for _ in range(2 * FAILURES):
        scene.answer(case_id=scene.case_of(scene.write()))
    clock.move(10 * SECOND)
    post.script = [Refused("450", "later", permanent=False)] * 2 * FAILURES
    while await scene.round():
        pass
    assert (scene.inbox().send_failures, scene.inbox().paused_until) == (0, None)


async def test_an_administrator_can_resume_at_once(down: Scene, post: PaperPost) -> None:
    post.script = []
    down.db.write_now(resume_sending, msgspec.structs.replace(down.maja, role="admin"), down.inbox_id)
    while await down.round():
        pass
    assert set(down.states()) == {"sent"}


async def test_one_success_forgets_the_failures(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    scene.answer()
    clock.move(10 * SECOND)
    post.script = [AWAY]
    await scene.round()
    clock.move(MINUTE)
    await scene.round()
    assert (scene.inbox().send_failures, scene.inbox().last_sent_at) == (0, clock.now)
