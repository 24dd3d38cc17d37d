"""News about what we sent moves deliveries forward, never backward, and only the recipient's own. F34."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from sluss.channels.contract import Receipt
from sluss.kernel.clock import SECOND, TestClock
from sluss.outbox.receipts import apply_receipt
from tests.outbox.scene import Scene

RANK = {"sent": 0, "delivered": 1, "read": 2}


@pytest.fixture
async def sent(scene: Scene, clock: TestClock) -> Scene:
    """One answer to Åsa with a copy to Łukasz, both taken by the network."""
    scene.answer(cc="lukasz@poczta.example")
    clock.move(10 * SECOND)
    await scene.round()
    return scene


def tell(scene: Scene, state: Any, recipient: str = "asa@kund.example") -> str:
    external_id = scene.external_id(scene.operations()[0].message_id)
    receipt = Receipt(external_id=external_id, recipient=recipient, state=state, code="5.1.1", reason="words")
    return scene.db.write_now(apply_receipt, scene.system, receipt)


def states(scene: Scene) -> dict[str, str]:
    return {row.recipient: row.state for row in scene.operations()}


async def test_a_bounce_fails_the_right_recipient_only(sent: Scene) -> None:
    assert tell(sent, "failed", "LUKASZ@poczta.example") == "applied"
    assert states(sent) == {"asa@kund.example": "sent", "lukasz@poczta.example": "failed"}


@pytest.mark.parametrize("order", list(itertools.permutations(["delivered", "read", "delivered"])))
async def test_no_order_of_arrival_moves_it_backward(sent: Scene, order: tuple[str, ...]) -> None:
    seen = [states(sent)["asa@kund.example"]]
    for state in order:
        tell(sent, state)
        seen.append(states(sent)["asa@kund.example"])
    assert [RANK[one] for one in seen] == sorted(RANK[one] for one in seen)
    assert seen[-1] == "read"


async def test_a_bounce_after_it_was_read_changes_nothing(sent: Scene) -> None:
    tell(sent, "read")
    assert (tell(sent, "failed"), states(sent)["asa@kund.example"]) == ("unchanged", "read")


async def test_a_delay_is_noted_and_is_no_failure(sent: Scene) -> None:
    assert (tell(sent, "delayed"), states(sent)["asa@kund.example"]) == ("applied", "sent")


async def test_a_stranger_among_several_recipients_is_nobodys(sent: Scene) -> None:
    assert tell(sent, "failed", "ewa@annan.example") == "unknown recipient"


async def test_a_message_we_never_sent_is_said_to_be_unknown(sent: Scene) -> None:
    receipt = Receipt(external_id="nobody@knows", recipient="", state="failed")
    assert sent.db.write_now(apply_receipt, sent.system, receipt) == "unknown message"


def test_news_of_what_was_never_tried_changes_nothing(scene: Scene) -> None:
    """F34."""
    scene.answer()
    assert (tell(scene, "delivered"), scene.states()) == ("unchanged", ["queued"])
